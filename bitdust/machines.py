"""
The only code that looks inside Automat.

Every machine of a node is watched by one `Machines`, which knows its name and present state (`automats_list`)
and logs each move in one form: `supplier_connector(bob): Asking --accepted--> Connected`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from twisted.logger import Logger, LogLevel


@dataclass
class Row:
    """One machine, or one straight piece of work that reports its step, as `automats_list` shows it."""

    index: int
    name: str
    state: str


@dataclass
class Machines:
    """Every machine of one node, oldest first."""

    rows: dict[int, Row] = field(default_factory=dict)
    #: whether each step is written to the log, however little that tells
    tells: Callable[[], bool] = lambda: False
    _numbers: Iterator[int] = field(default_factory=lambda: count(1))
    _log: Logger = field(default_factory=lambda: Logger(namespace="bitdust.machines"))

    def watch(self, machine: Any, name: str) -> Row:
        """Follow an Automat machine until its row is forgotten."""
        transitioner = machine.__automat_transitioner__
        row = self.begin(name, transitioner._state.name)

        def moved(old: Any, event: str, new: Any) -> None:
            if old is not new:
                self._moved(row, event, new.name)

        transitioner.setTrace(moved)
        return row

    def begin(self, name: str, state: str) -> Row:
        """A row for straight work, which tells its steps with `report`."""
        row = Row(next(self._numbers), name, state)
        self.rows[row.index] = row
        return row

    def report(self, row: Row, state: str) -> None:
        """The straight work behind `row` has come to another step."""
        if row.state != state:
            self._moved(row, "", state)

    def forget(self, row: Row) -> None:
        """The machine is over."""
        self.rows.pop(row.index, None)

    def _moved(self, row: Row, event: str, state: str) -> None:
        asked_for = self.tells()
        level = LogLevel.info if asked_for else LogLevel.debug
        self._log.emit(
            level, "{name}: {old} --{event}--> {new}", name=row.name, old=row.state, event=event, new=state,
            asked_for=asked_for,
        )  # fmt: skip
        row.state = state


def cells(machine: Any) -> Iterator[tuple[str, str]]:
    """Every (state, input) for which a built machine has a move: for the tests that ask which are missing."""
    automaton = machine.__automat_transitioner__._automaton
    for old, event, _new, _outputs in automaton.allTransitions():
        yield old.name, event
