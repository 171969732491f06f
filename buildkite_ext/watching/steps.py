"""Steps of a watcher: its requests, its pauses, and what the answers show of builds. `sweeps` decides which step comes next.

Times of builds are seconds since the epoch on Buildkite's clock.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

__all__ = [
    "Answer",
    "Key",
    "ListBuilds",
    "Narrowing",
    "Pause",
    "ReadBuild",
    "SeenBuild",
    "Step",
    "Traits",
]

Key = tuple[str, int]
"""A build: the slug of its pipeline, and its number."""

_Purpose = Literal["look", "search", "check", "quiet"]
"""Why a list is asked for. `quiet` is the sweep of what may end without a time."""


@dataclass(frozen=True, slots=True)
class Traits:
    """What lists can be narrowed by, of one build. Meta-data isn't part of it: a build may change its own while it runs."""

    creator: str | None = None
    branch: str | None = None
    commit: str | None = None


@dataclass(frozen=True, slots=True)
class SeenBuild:
    """Build as an answer shows it.

    Attributes:
        key: the build.
        over: the wait for it ends with what is seen here. Builds that nobody waits for may have any value.
        created_at, finished_at: its times.
        latest: the latest of all its times, which Buildkite's clock has passed.
        traits: what lists can be narrowed by.
    """

    key: Key
    over: bool
    created_at: float | None = None
    finished_at: float | None = None
    latest: float | None = None
    traits: Traits | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """Answer to a request.

    Attributes:
        rows: the builds.
        time: Buildkite's time, by the `Date` of the answer; None if it has none.
        more: the list has a further page.
        pages_left: the number of further pages; None if nothing tells it.
    """

    rows: Sequence[SeenBuild]
    time: float | None = None
    more: bool = False
    pages_left: int | None = None


@dataclass(frozen=True, slots=True)
class Narrowing:
    """Filter that leaves no build out that is waited for."""

    creator: str | None = None
    branches: tuple[str, ...] = ()
    commits: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ListBuilds:
    """Request for a page of the list of a pipeline, or of the organization."""

    purpose: _Purpose
    pipeline: str | None
    states: tuple[str, ...] = ()
    finished_from: float | None = None
    created_from: float | None = None
    created_to: float | None = None
    narrowing: Narrowing = Narrowing()
    page: int = 1


@dataclass(frozen=True, slots=True)
class ReadBuild:
    """Request for one build."""

    key: Key


@dataclass(frozen=True, slots=True)
class Pause:
    """Pause until a time."""

    until: float


Step = ListBuilds | ReadBuild | Pause
"""What a watcher does next."""
