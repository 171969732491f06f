"""One measured way of doing something, beside the way that it is compared with."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, NamedTuple


class Row(NamedTuple):
    """What was measured, the seconds it took, and the seconds of what it is compared with."""

    name: str
    seconds: float
    baseline: float

    @property
    def ratio(self) -> float:
        return self.seconds / self.baseline

    def __str__(self) -> str:
        return f"  {self.name:<44}{self.seconds * 1000:>9.1f} ms   {self.ratio:>6.2f} x"


def best_of(rounds: int, ways: dict[str, Callable[[], Any]]) -> dict[str, float]:
    """The best of some rounds of each way, in seconds, beside one another in one run."""
    best = dict.fromkeys(ways, float("inf"))
    for _ in range(rounds):
        for name, way in ways.items():
            begun = time.perf_counter()
            result = way()
            best[name] = min(best[name], time.perf_counter() - begun)
            del result
    return best
