"""History: how builds of the past go, drawn from the shares that a test asks for."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random

from buildkite_api.types import kind_of

from ..definition.checks import check_name

__all__ = ["OUTCOMES", "PastBuild", "plan"]

OUTCOMES = ("passed", "failed", "canceled", "blocked")
"""Outcomes that builds of the past can have."""


@dataclass(frozen=True, slots=True)
class PastBuild:
    """Plan of a build of the past.

    Attributes:
        branch: its branch.
        outcome: its outcome; None for what the pipeline's steps say.
        retried: whether one of its jobs fails and passes when it is retried.
        chance: a number from 0 to 1 that chooses the job that fails, or the moment of the cancellation.
    """

    branch: str
    outcome: str | None
    retried: bool
    chance: float


def plan(
    count: int,
    *,
    branches: Sequence[str],
    outcomes: Mapping[str, float] | None,
    retried: float,
    random: Random,
) -> list[PastBuild]:
    """Return the plans of builds, in the order of their creation.

    The number of builds of each outcome follows from the shares; their order and branches are drawn.

    Args:
        count: the number of builds.
        branches: the branches to draw from.
        outcomes: the outcomes with their shares; None for what the pipeline's steps say.
        retried: the share of the passed builds that have a job that was retried.
        random: the source of chance.

    Raises:
        TypeError: `outcomes` isn't a map of names to numbers, or `retried` isn't a number.
        ValueError: an outcome is unknown, a share is negative, all are 0, `retried` isn't from 0 to 1, or there is no branch.

    Example:
        >>> drawn = plan(4, branches=["main"], outcomes={"passed": 3, "failed": 1}, retried=0.0, random=Random(1))
        >>> sorted(str(each.outcome) for each in drawn)
        ['failed', 'passed', 'passed', 'passed']
    """
    if not branches:
        raise ValueError("branch is an empty sequence: give at least one branch")
    if not isinstance(retried, int | float) or isinstance(retried, bool):
        raise TypeError(f"retried is {kind_of(retried)}: give a share from 0 to 1, as a number")
    if not 0 <= retried <= 1:
        raise ValueError(f"retried={retried}: it is the share of the passed builds, from 0 to 1")
    shares = {"passed": 1.0} if outcomes is None and retried else outcomes
    if shares is None:
        return [PastBuild(random.choice(branches), None, False, random.random()) for _ in range(count)]
    if not isinstance(shares, Mapping):
        raise TypeError(f"outcomes is {kind_of(shares)}: give a map of shares, such as {{'passed': 9, 'failed': 1}}")
    for name, share in shares.items():
        check_name("outcomes", name, OUTCOMES, "outcome")
        if not isinstance(share, int | float) or isinstance(share, bool):
            raise TypeError(f"outcomes[{name!r}] is {kind_of(share)}: give the share of these builds, a number")
        if not (share >= 0 and math.isfinite(share)):
            raise ValueError(f"outcomes={dict(shares)!r}: the share of {name} is negative or infinite")
    numbers = _numbers(count, shares)
    retries = round(numbers.get("passed", 0) * retried)
    ends = [(name, name == "passed" and index < retries) for name, number in numbers.items() for index in range(number)]
    random.shuffle(ends)
    return [PastBuild(random.choice(branches), outcome, again, random.random()) for outcome, again in ends]


def _numbers(count: int, shares: Mapping[str, float]) -> dict[str, int]:
    """Return how many of `count` fall to each name, by the method of the largest remainders."""
    total = sum(shares.values())
    if total <= 0:
        raise ValueError(f"outcomes={dict(shares)!r}: give at least one outcome a share above 0")
    exact = {name: count * share / total for name, share in shares.items()}
    numbers = {name: math.floor(value) for name, value in exact.items()}
    by_remainder = sorted(exact, key=lambda name: numbers[name] - exact[name])
    for name in by_remainder[: count - sum(numbers.values())]:
        numbers[name] += 1
    return numbers
