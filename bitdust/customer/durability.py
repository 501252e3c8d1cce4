"""
How long what we keep will last: the chance that too many suppliers are lost before others have their pieces.

A chain of births and deaths: of n suppliers so many are lost; each of the others is lost once in a mean life,
each lost one is replaced within the time of a repair.  All blocks lie at the same n, so their number does not
matter.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

#: days of a supplier that count as seen before anything was, with one loss in them: people's machines
BEFORE = 365.0
#: a chance of loss in a year below which it is green, and yellow
GREEN, YELLOW = 1e-4, 1e-2
#: below this, suppliers failing one by one are not what destroys data
COMMON = 1e-9
YEAR = 365.0


@dataclass(frozen=True)
class Durability:
    """
    @param light: "green", "yellow" or "red".
    @param loss: the chance of losing something within a year.
    @param life: days that a supplier lasts, as measured: of `watched` days of suppliers, in which `lost` were
        lost, and a year with one loss that counts before anything was seen.
    @param repair: days from a loss until the pieces lie elsewhere.
    """

    light: str
    sentence: str
    loss: float
    life: float
    repair: float
    watched: float
    lost: int


def life_of(watched: float, lost: int) -> float:
    """Days that a supplier lasts."""
    return (BEFORE + watched) / (1 + lost)


def loss_within(days: float, n: int, k: int, life: float, repair: float, gone: int = 0) -> float:
    """
    The chance that more than n - k of n suppliers are lost at once within so many days, when `gone` are now.

    That is: before the `gone` are replaced, or else later.
    """
    time, step = 0.0, life / n
    ways = [1.0]
    for lost in range(n - k + 1):
        if lost:
            falls = (n - lost) / life
            step = 1 / falls + (lost / repair) / falls * step
            ways.append(ways[-1] * (lost / repair) / falls)
        time += step
    now = sum(ways[:gone]) / sum(ways)
    return now - (1 - now) * math.expm1(-days / time)


def judge(n: int, k: int, survives: int, watched: float, lost: int, repair: float) -> Durability:
    """
    @param survives: how many more suppliers the worst block may lose now.
    @param watched: days of suppliers, in all, in which somebody looked; @param lost: how many were lost in
        them.
    @param repair: days.
    """
    life = life_of(watched, lost)
    gone = max(0, n - k - survives)
    loss = loss_within(YEAR, n, k, life, repair, gone)
    if survives < 0:
        light, loss = "red", 1.0
        sentence = "Too few pieces are left for some of it: see what is wrong."
    else:
        light = "green" if loss < GREEN else "yellow" if loss < YELLOW else "red"
        if not survives:
            light = "red"
        seen = (
            f"suppliers last {life:.0f} days as far as is known ({lost} lost in {watched:.0f} days of them)"
        )
        if loss < COMMON:
            sentence = f"Suppliers failing one by one will not lose it: {seen}; common causes matter more."
        else:
            sentence = f"One in {_round(1 / loss)} such backups is lost in a year: {seen}."
        if light != "green":
            sentence += " More suppliers keep it longer: services/customer/suppliers-number."
    return Durability(light, sentence, loss, life, repair, watched, lost)


def _round(number: float) -> str:
    """Two digits."""
    digits = max(0, int(math.log10(number)) - 1) if number >= 1 else 0
    return f"{round(number / 10**digits) * 10**digits:,}"
