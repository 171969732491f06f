"""Picture of a plan as SVG: its steps in columns, from left to right, and an arrow for each dependency."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from ..terminal_text import fitted, printable
from .planned_steps import PlannedStep

__all__ = ["draw_svg"]

_WIDTH, _HEIGHT, _GAP_X, _GAP_Y, _MARGIN, _TOP = 190, 40, 60, 16, 20, 52
_NAME_CELLS = 24
_STYLE = """
text{font:13px system-ui,sans-serif;fill:#1f2328}
.small{font-size:11px;fill:#59636e}
rect{fill:#fff;stroke:#59636e;stroke-width:1.5}
.passed rect{fill:#dafbe1;stroke:#1a7f37}
.failed rect{fill:#ffebe9;stroke:#cf222e}
.soft_failed rect{fill:#fff1e5;stroke:#bc4c00}
.canceled rect,.held_back rect{fill:#f6f8fa;stroke:#cf222e;stroke-dasharray:4 3}
.left_out rect{fill:#f6f8fa;stroke:#aeb4ba;stroke-dasharray:4 3}
.left_out text{fill:#818b98}
.blocked rect,.waiting rect{fill:#fff8c5;stroke:#9a6700}
path{fill:none;stroke:#818b98;stroke-width:1.5}
.background{fill:#fff;stroke:none}
"""

_ARROW_HEAD = (
    '<defs><marker id="end" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="8" markerHeight="8" orient="auto">'
    '<path d="M0 0L8 4L0 8z" style="fill:#818b98;stroke:none"/></marker></defs>'
)


def draw_svg(title: str, steps: Sequence[PlannedStep]) -> str:
    """Return the picture of a plan: one file that needs no other. Names are escaped."""
    columns = _columns(steps)
    rows = [0] * (max(columns, default=0) + 1)
    places: list[tuple[int, int]] = []
    for column in columns:
        places.append((_MARGIN + column * (_WIDTH + _GAP_X), _TOP + rows[column] * (_HEIGHT + _GAP_Y)))
        rows[column] += 1
    width = _MARGIN * 2 + len(rows) * (_WIDTH + _GAP_X) - _GAP_X
    height = _TOP + max(*rows, 1) * (_HEIGHT + _GAP_Y) - _GAP_Y + _MARGIN
    title = escape(printable(title))
    size = f'width="{width}" height="{height}"'
    waits = [frozenset(step.waits_for) for step in steps]
    arrows = [
        _arrow(places[source], places[index])
        for index, step in enumerate(steps)
        for source in _shown_sources(step, index, waits)
    ]
    boxes = [_box(step, x, y) for step, (x, y) in zip(steps, places, strict=True)]
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" {size} viewBox="0 0 {width} {height}" role="img" aria-label="{title}">',
            f"<title>{title}</title>",
            f"<style>{_STYLE}</style>",
            _ARROW_HEAD,
            f'<rect class="background" {size}/>',
            f'<text x="{_MARGIN}" y="30">{title}</text>',
            *arrows,
            *boxes,
            "</svg>",
            "",
        ]
    )


def _columns(steps: Sequence[PlannedStep]) -> list[int]:
    """Return the column of each step: behind all that it waits for. Steps that wait for each other share the last one."""
    left = [len(step.waits_for) for step in steps]
    waiting: list[list[int]] = [[] for _ in steps]
    for index, step in enumerate(steps):
        for source in step.waits_for:
            waiting[source].append(index)
    found: list[int | None] = [None] * len(steps)
    column = 0
    ready = [index for index, count in enumerate(left) if not count]
    while ready:
        following: list[int] = []
        for index in ready:
            found[index] = column
            for other in waiting[index]:
                left[other] -= 1
                if not left[other]:
                    following.append(other)
        ready = following
        column += 1
    return [column if each is None else each for each in found]


def _shown_sources(step: PlannedStep, index: int, waits: Sequence[frozenset[int]]) -> list[int]:
    """Return what a step waits for, without what these wait for themselves. `waits` has what each step waits for."""
    indirect: set[int] = set()
    for source in step.waits_for:
        if source != index:
            indirect |= waits[index] & waits[source]
    return [source for source in step.waits_for if source not in indirect or source in step.depends_on]


def _arrow(start: tuple[int, int], end: tuple[int, int]) -> str:
    x1, y1, x2, y2 = start[0] + _WIDTH, start[1] + _HEIGHT // 2, end[0], end[1] + _HEIGHT // 2
    bend = max(_GAP_X // 2, (x2 - x1) // 2)
    return f'<path d="M{x1} {y1}C{x1 + bend} {y1} {x2 - bend} {y2} {x2} {y2}" marker-end="url(#end)"/>'


def _box(step: PlannedStep, x: int, y: int) -> str:
    name = printable(step.title)
    count = f" × {len(step.jobs)}" if len(step.jobs) > 1 else ""
    about = step.kind if step.outcome == "passed" else f"{step.kind}: {step.outcome.replace('_', ' ')}"
    return (
        f'<g class="{step.outcome}"><title>{escape(name)}</title>'
        f'<rect x="{x}" y="{y}" width="{_WIDTH}" height="{_HEIGHT}" rx="6"/>'
        f'<text x="{x + 10}" y="{y + 17}">{escape(fitted(name, _NAME_CELLS))}{count}</text>'
        f'<text class="small" x="{x + 10}" y="{y + 32}">{escape(about)}</text></g>'
    )
