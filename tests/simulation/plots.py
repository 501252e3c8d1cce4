"""
Plots and tables from results: `python -m tests.simulation.plots` writes `docs/plots/*.svg`.
"""

from __future__ import annotations

import json
import math
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

from bitdust.blocks.shapes import k_of
from tests.plot import Plot

_HERE = Path(__file__).parent
RESULTS, PLOTS = _HERE / "results", _HERE.parent.parent / "docs/plots"
#: days from a death until the pieces lie elsewhere: a day of absence, the roll call, the copying
REPAIR = 1.06


def loss_in(days: float, n: int, k: int, life: float, repair: float = REPAIR) -> float:
    """The chance that a set of n loses more than n - k at once within so many days: a birth-death chain."""
    time = 0.0
    step = life / n
    for lost in range(n - k + 1):
        if lost:
            falls = (n - lost) / life
            step = 1 / falls + (lost / repair) / falls * step
        time += step
    return -math.expm1(-days / time)


def between(lost: int, sets: int) -> tuple[float, float]:
    """Where the share of lost sets lies with 19 of 20: Wilson's interval."""
    z, share = 1.96, lost / sets
    middle = (share + z * z / (2 * sets)) / (1 + z * z / sets)
    wide = z / (1 + z * z / sets) * math.sqrt(share * (1 - share) / sets + z * z / (4 * sets * sets))
    return max(0.0, middle - wide), min(1.0, middle + wide)


def rows() -> list[dict[str, float]]:
    """The runs of `churn`."""
    return [json.loads(line) for line in (RESULTS / "churn.jsonl").read_text().splitlines()]


def _of_a_month(row: dict[str, float]) -> bool:
    """Was it a run of 30 days, with suppliers who are always there?"""
    return row["days"] == 30 and row.get("there", 1.0) == 1


def losses(found: Sequence[dict[str, float]]) -> Plot:
    """Simulated losses in 30 days beside the model's."""
    plot = Plot(
        "Sets lost within 30 days: model (lines), whole nodes (dots, 95 %)", "mean life of a supplier, days",
        "share of sets", log_x=True,
    )  # fmt: skip
    lives = [3 * 1.1**step for step in range(30)]
    for n in (2, 4, 7, 13):
        line = [(life, loss_in(30, n, k_of(n), life)) for life in lives]
        plot.lines.append((f"{n}, any {k_of(n)}", line))
    groups: dict[tuple[int, float], list[dict[str, float]]] = defaultdict(list)
    for row in filter(_of_a_month, found):
        groups[int(row["n"]), row["life"]].append(row)
    for (n, life), runs in sorted(groups.items()):
        lost, sets = sum(row["lost"] for row in runs), sum(row["sets"] for row in runs)
        least, most = between(int(lost), int(sets))
        plot.dots.append((f"{n}, any {k_of(n)}", (life, lost / sets), least, most))
    return plot


def years() -> Plot:
    """The model over years for the (k, n) table, suppliers living a year, three days to repair."""
    plot = Plot(
        "Data lost: the model, L = 365 days, R = 3 days", "years", "chance of loss", log_x=True, log_y=True
    )
    for n in (2, 4, 7, 13, 18):
        spread = [0.1 * 1.35**step for step in range(20)]
        line = [(year, max(1e-14, loss_in(365 * year, n, k_of(n), 365, 3))) for year in spread]
        plot.lines.append((f"{n}, any {k_of(n)}", line))
    return plot


def repair(found: Sequence[dict[str, float]]) -> Plot:
    """What repair moved over churn, for each byte kept."""
    plot = Plot(
        "Repair of four-supplier sets", "suppliers' deaths for each set in 30 days",
        "bytes moved for each byte kept, 30 days",
    )  # fmt: skip
    four = [row for row in found if row["n"] == 4 and "repair" in row and _of_a_month(row)]
    dots = [
        (
            30 * row["hits"] / row["set_days"],
            30 * row["repair"] / row["set_days"] * row["sets"] / row["stored"],
        )
        for row in four
    ]
    most = max(deaths for deaths, _ in dots)
    # A piece is made again from k others, and goes out: k + 1 of n pieces for each death.
    plot.lines.append(("k + 1 pieces", [(0.0, 0.0), (most, most * 3 / 4)]))
    plot.lines.append(("twice that", [(0.0, 0.0), (most, most * 3 / 2)]))
    plot.dots += [("k + 1 pieces", dot, dot[1], dot[1]) for dot in dots]
    return plot


def table(found: Sequence[dict[str, float]]) -> str:
    """The same in figures."""
    lines = [
        "| shape | mean life, days | there | days | sets | deaths at them | lost | model | moved in all"
        " | by repair |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    groups: dict[tuple[int, float, float, float], list[dict[str, float]]] = defaultdict(list)
    for row in found:
        groups[int(row["n"]), row["life"], row.get("there", 1.0), row["days"]].append(row)
    for (n, life, there, days), runs in sorted(groups.items()):
        sets, lost = sum(row["sets"] for row in runs), sum(row["lost"] for row in runs)
        model = loss_in(days, n, k_of(n), life)
        moved = sum(row["moved"] for row in runs) / 1e6
        mended = [row["repair"] / 1e6 for row in runs if "repair" in row]
        again = f"{sum(mended):.1f} MB in {len(mended)} of {len(runs)} runs" if mended else "–"
        lines.append(
            f"| {k_of(n)} of {n} | {life:g} | {there:.0%} | {days:g} | {sets:g} |"
            f" {sum(row['hits'] for row in runs):g} | {lost:g} ({lost / sets:.0%}) | {100 * model:.2g}% |"
            f" {moved:.0f} MB | {again} |"
        )
    return "\n".join(lines)


def main() -> None:
    """Write them all."""
    PLOTS.mkdir(exist_ok=True)
    found = rows()
    for name, plot in (("losses", losses(found)), ("years", years()), ("repair", repair(found))):
        (PLOTS / f"{name}.svg").write_text(plot.svg())
    print(table(found))


if __name__ == "__main__":
    main()
