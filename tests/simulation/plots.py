"""
Plots and tables from results: `python -m tests.simulation.plots` writes `docs/plots/*.svg`.

Drawn by hand, since a plotting library is larger than the program.
"""

from __future__ import annotations

import json
import math
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bitdust.blocks.shapes import k_of

_HERE = Path(__file__).parent
RESULTS, PLOTS = _HERE / "results", _HERE.parent.parent / "docs/plots"
#: days from a death until the pieces lie elsewhere: a day of absence, the roll call, the copying
REPAIR = 1.06
INK = ("#1f5a99", "#b3541e", "#3a7d44", "#7a4a93", "#8a6d1d", "#555555", "#b02a4c")

Point = tuple[float, float]


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


@dataclass
class Plot:
    """Lines and dots over two axes, each linear or of powers of ten."""

    title: str
    across: str
    up: str
    log_x: bool = False
    log_y: bool = False
    lines: list[tuple[str, Sequence[Point]]] = field(default_factory=list)
    #: (name of its line, point, least, most)
    dots: list[tuple[str, Point, float, float]] = field(default_factory=list)

    def svg(self) -> str:
        """The picture."""
        points = [point for _, line in self.lines for point in line] + [dot for _, dot, _, _ in self.dots]
        x, xs = _axis([point[0] for point in points], self.log_x, 70, 560)
        y, ys = _axis([point[1] for point in points], self.log_y, 350, 40)
        parts = [
            '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 720 400"'
            ' font-family="sans-serif" font-size="12">',
            '<rect width="720" height="400" fill="white"/>',
            f'<text x="70" y="22" font-size="14">{self.title}</text>',
            f'<text x="315" y="390" text-anchor="middle">{self.across}</text>',
            f'<text x="16" y="195" text-anchor="middle" transform="rotate(-90 16 195)">{self.up}</text>',
        ]
        for at in xs:
            parts.append(f'<path d="M{x(at):.1f} 40V350" stroke="#ddd"/>')
            parts.append(f'<text x="{x(at):.1f}" y="366" text-anchor="middle">{_short(at)}</text>')
        for at in ys:
            parts.append(f'<path d="M70 {y(at):.1f}H560" stroke="#ddd"/>')
            parts.append(f'<text x="64" y="{y(at) + 4:.1f}" text-anchor="end">{_short(at)}</text>')
        ink = {}
        for number, (name, line) in enumerate(self.lines):
            ink[name] = INK[number % len(INK)]
            path = "L".join(f"{x(px):.1f} {y(py):.1f}" for px, py in line)
            parts.append(f'<path d="M{path}" fill="none" stroke="{ink[name]}" stroke-width="2"/>')
            parts.append(f'<path d="M572 {60 + 20 * number}h22" stroke="{ink[name]}" stroke-width="2"/>')
            parts.append(f'<text x="600" y="{64 + 20 * number}">{name}</text>')
        for name, (px, py), least, most in self.dots:
            colour = ink.get(name, "#000")
            parts.append(f'<path d="M{x(px):.1f} {y(least):.1f}V{y(most):.1f}" stroke="{colour}"/>')
            parts.append(f'<circle cx="{x(px):.1f}" cy="{y(py):.1f}" r="5" fill="{colour}"/>')
        return "\n".join([*parts, "</svg>\n"])


def _axis(
    values: Sequence[float], log: bool, first: float, last: float
) -> tuple[Callable[[float], float], list[float]]:
    """Where a value is drawn, and the marks."""
    if log:
        low, high = math.floor(math.log10(min(values))), math.ceil(math.log10(max(values)))
        step = max(1, (high - low) // 8)
        marks = [10.0**power for power in range(low, high + 1, step)]

        def place(value: float) -> float:
            at = max(low, math.log10(value)) if value > 0 else low
            return first + (last - first) * (at - low) / (high - low)

        return place, marks
    most = max(values)
    unit = 10.0 ** math.floor(math.log10(most))
    step_ = unit / 2 if most / unit < 3 else unit
    top = step_ * math.ceil(most / step_)
    return lambda value: first + (last - first) * value / top, [
        step_ * number for number in range(int(top / step_) + 1)
    ]


def _short(value: float) -> str:
    return f"1e{round(math.log10(value))}" if value and (value < 0.001 or value >= 1e5) else f"{value:g}"


def between(lost: int, sets: int) -> tuple[float, float]:
    """Where the share of lost sets lies with 19 of 20: Wilson's interval."""
    z, share = 1.96, lost / sets
    middle = (share + z * z / (2 * sets)) / (1 + z * z / sets)
    wide = z / (1 + z * z / sets) * math.sqrt(share * (1 - share) / sets + z * z / (4 * sets * sets))
    return max(0.0, middle - wide), min(1.0, middle + wide)


def rows() -> list[dict[str, float]]:
    """The runs of `churn`."""
    return [json.loads(line) for line in (RESULTS / "churn.jsonl").read_text().splitlines()]


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
    for row in found:
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
    four = [row for row in found if row["n"] == 4 and "repair" in row]
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
        "| shape | mean life, days | sets | deaths at them | lost | model | moved in all | by repair |",
        "|---|---|---|---|---|---|---|---|",
    ]
    groups: dict[tuple[int, float], list[dict[str, float]]] = defaultdict(list)
    for row in found:
        groups[int(row["n"]), row["life"]].append(row)
    for (n, life), runs in sorted(groups.items()):
        sets, lost = sum(row["sets"] for row in runs), sum(row["lost"] for row in runs)
        model = loss_in(30, n, k_of(n), life)
        moved = sum(row["moved"] for row in runs) / 1e6
        mended = [row["repair"] / 1e6 for row in runs if "repair" in row]
        again = f"{sum(mended):.1f} MB in {len(mended)} of {len(runs)} runs" if mended else "–"
        lines.append(
            f"| {k_of(n)} of {n} | {life:g} | {sets:g} | {sum(row['hits'] for row in runs):g} |"
            f" {lost:g} ({lost / sets:.0%}) | {model:.0%} | {moved:.0f} MB | {again} |"
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
