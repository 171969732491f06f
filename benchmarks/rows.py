"""Rows of the benchmarks: what a piece of work costs, beside what a user would use instead, with a goal.

Each way is run in turn, several times, so that a busy moment of the machine falls on all of them. A ratio is the median of the
ratios of the rounds.
"""

from __future__ import annotations

import gc
import resource
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

__all__ = [
    "HEADINGS",
    "Goal",
    "Row",
    "Taken",
    "at_least",
    "at_most",
    "compared",
    "cpu_seconds",
    "medians",
    "peak_kilobytes",
    "rounds_of",
]

ROUNDS = 7
"""Rounds of each way, if a benchmark has no reason for more."""

HEADINGS = ("Work", "Ours", "Beside", "It takes", "CPU ratio", "Wall ratio", "Goal", "Reached")
"""Columns of the table."""


@dataclass(frozen=True)
class Goal:
    """Bound of a figure, and the figure that it bounds: the ratio of CPU time, that of wall time, or the figure of ours."""

    bound: float
    sign: Literal["≤", "≥"]
    of: Literal["cpu", "wall", "figure"]

    def reached(self, value: float) -> bool:
        """Tell if a value is within the bound."""
        return value <= self.bound if self.sign == "≤" else value >= self.bound


def at_most(bound: float, of: Literal["cpu", "wall", "figure"] = "cpu") -> Goal:
    """Return a goal that a figure is at most a bound."""
    return Goal(bound, "≤", of)


def at_least(bound: float, of: Literal["cpu", "wall", "figure"] = "figure") -> Goal:
    """Return a goal that a figure is at least a bound."""
    return Goal(bound, "≥", of)


@dataclass(frozen=True)
class Taken:
    """Seconds that one run of a way took."""

    cpu: float
    wall: float


@dataclass(frozen=True)
class Row:
    """One line of the table.

    Args:
        work: what is done.
        ours: the figure of ours, in `unit`.
        unit: the unit of `ours` and `peer`, as it is printed behind them.
        beside: what ours is compared with; empty if with a bound alone.
        peer: the figure of that.
        cpu: how many times the CPU time of the peer ours takes.
        wall: how many times its wall time.
        goal: the bound, if there is one.
    """

    work: str
    ours: float
    unit: str
    beside: str = ""
    peer: float | None = None
    cpu: float | None = None
    wall: float | None = None
    goal: Goal | None = None

    @property
    def reached(self) -> bool | None:
        """Tell if the goal is reached. None: the row has no goal."""
        if self.goal is None:
            return None
        value = {"cpu": self.cpu, "wall": self.wall, "figure": self.ours}[self.goal.of]
        assert value is not None, f"{self.work}: nothing was measured for its goal"
        return self.goal.reached(value)

    @property
    def cells(self) -> tuple[str, ...]:
        """The texts of the row, a cell for each heading."""
        goal = ""
        if self.goal is not None:
            unit = f" {self.unit}" if self.goal.of == "figure" else f" × {self.goal.of}"
            goal = f"{self.goal.sign} {self.goal.bound:,.10g}{unit}"
        return (
            self.work,
            _figure(self.ours, self.unit),
            self.beside,
            "" if self.peer is None else _figure(self.peer, self.unit),
            "" if self.cpu is None else f"{self.cpu:.2f}",
            "" if self.wall is None else f"{self.wall:.2f}",
            goal,
            {None: "", True: "yes", False: "no"}[self.reached],
        )

    def __str__(self) -> str:
        work, ours, beside, peer, cpu, wall, goal, reached = self.cells
        parts = [f"  {work:<58} {ours:>12}"]
        if beside:
            parts.append(f"beside {beside} {peer}".rstrip())
        if cpu or wall:
            parts.append(f"CPU × {cpu or '–'}, wall × {wall or '–'}")
        if goal:
            parts.append(f"goal {goal}: {'reached' if reached == 'yes' else 'NOT REACHED'}")
        return "   ".join(parts)


def cpu_seconds() -> float:
    """Return the CPU seconds of this process and of its children that have ended."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime


def peak_kilobytes() -> int:
    """Return the kilobytes of memory that this process had at most. On Linux, `ru_maxrss` begins with those of its parent."""
    status = Path("/proc/self/status")
    if status.exists():
        return next(int(line.split()[1]) for line in status.read_text().splitlines() if line.startswith("VmHWM:"))
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def rounds_of(
    ways: Mapping[str, Callable[[], object]], rounds: int = ROUNDS, *, often: int = 1
) -> dict[str, list[Taken]]:
    """Run each way in turn, and return what each of its runs took.

    Args:
        ways: functions without arguments, by name.
        rounds: how often each is run and measured. One run before that isn't measured.
        often: how often a way is called in one run; the times are those of one call.
    """
    taken: dict[str, list[Taken]] = {name: [] for name in ways}
    for turn in range(rounds + 1):
        for name, way in ways.items():
            gc.collect()
            cpu, wall = cpu_seconds(), time.perf_counter()
            for _ in range(often):
                result = way()
            spent = Taken((cpu_seconds() - cpu) / often, (time.perf_counter() - wall) / often)
            del result
            if turn:
                taken[name].append(spent)
    return taken


def medians(taken: Sequence[Taken]) -> Taken:
    """Return the median CPU and wall seconds of some runs."""
    return Taken(statistics.median(run.cpu for run in taken), statistics.median(run.wall for run in taken))


def compared(
    work: str,
    taken: Mapping[str, Sequence[Taken]],
    ours: str,
    peer: str,
    *,
    goal: Goal | None = None,
    by: Literal["cpu", "wall"] = "cpu",
) -> Row:
    """Return the row of a way and its peer, which were run in turns.

    Args:
        work: what is done.
        taken: what `rounds_of` returned.
        ours: the name of our way in `taken`.
        peer: the name of the way that it is compared with.
        goal: the bound of a ratio.
        by: which time stands in the columns "Ours" and "It takes".
    """
    pairs = list(zip(taken[ours], taken[peer], strict=True))
    seconds = {name: getattr(medians(taken[name]), by) for name in (ours, peer)}
    unit, factor = next(
        ((unit, factor) for unit, factor in (("s", 1.0), ("ms", 1e3)) if seconds[peer] * factor >= 1), ("µs", 1e6)
    )
    return Row(
        work,
        seconds[ours] * factor,
        unit,
        peer,
        seconds[peer] * factor,
        statistics.median(one.cpu / other.cpu for one, other in pairs if other.cpu),
        statistics.median(one.wall / other.wall for one, other in pairs),
        goal,
    )


def _figure(value: float, unit: str) -> str:
    digits = 0 if value >= 100 else 1 if value >= 10 else 2
    return f"{value:,.{digits}f} {unit}".rstrip()
