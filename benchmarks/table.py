"""One measured way of doing something, beside the way that it is compared with."""

from __future__ import annotations

from typing import NamedTuple


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
