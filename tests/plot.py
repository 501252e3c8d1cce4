"""
Plots as SVG, drawn by hand, since a plotting library is larger than the program.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

INK = ("#1f5a99", "#b3541e", "#3a7d44", "#7a4a93", "#8a6d1d", "#555555", "#b02a4c")

Point = tuple[float, float]


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
