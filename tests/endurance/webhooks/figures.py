"""Counts and times of the load tests, as a table that is printed after the tests and never asserted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from statistics import quantiles
from typing import Any

from .crowd import Answered

PROPERTY = "load"
"""The property of a test that holds a row of the table."""
LINE = "line"
"""The property of a test that holds a line of text."""


def row(name: str, answers: Sequence[Answered], handled: int) -> list[str]:
    """One line of the table."""
    statuses = Counter(each.status for each in answers)
    accepted = statuses.pop(200, 0)
    refused = " ".join(f"{number}×{status or 'none'}" for status, number in sorted(statuses.items(), key=str))
    times = [each.seconds * 1000 for each in answers if each.status is not None]
    cuts = quantiles(times, n=100, method="inclusive") if len(times) > 1 else times * 99
    return [name, *map(str, (len(answers), accepted, handled)), refused or "-", f"{cuts[49]:.1f}", f"{cuts[98]:.1f}"]


def table(rows: Sequence[Sequence[Any]]) -> list[str]:
    """Return the lines of the table."""
    head = ["under load", "sent", "accepted", "handled", "others×status", "p50 ms", "p99 ms"]
    widths = [max(len(str(line[column])) for line in [head, *rows]) for column in range(len(head))]
    return [
        "  ".join(
            str(cell).ljust(width) if not column else str(cell).rjust(width)
            for column, (cell, width) in enumerate(zip(line, widths, strict=True))
        )
        for line in [head, *rows]
    ]
