"""Going on where Buildkite refuses to list any deeper.

A list of builds ends far down with 400 "Listing builds this deep is not supported": builds come newest first, so the
rest is asked for anew as those created before the last one that was seen.
https://buildkite.com/docs/apis/rest-api/builds
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from ..errors import InvalidRequest

OVERLAP = timedelta(seconds=1)
"""How far a slice reaches into the one before: `created_to` is exclusive, builds share instants, and the precision it
is compared with is not documented. What is read twice is given out once."""

NARROWING = "narrow it with created_from/created_to or with branch="


def too_deep(error: InvalidRequest) -> bool:
    """Whether an answer refuses the depth, and not something else."""
    return error.status == 400 and "this deep" in error.reason.lower()


def next_bound(oldest: datetime | None, current: datetime | None) -> datetime | None:
    """The `created_to` of the next slice; None where it would not get any further.

    Args:
        oldest: when the last build seen was created.
        current: the bound of the slice that just ended; None where it had none.

    Example:
        >>> next_bound(datetime(2026, 1, 2, tzinfo=UTC), None)
        datetime.datetime(2026, 1, 2, 0, 0, 1, tzinfo=datetime.timezone.utc)
        >>> next_bound(datetime(2026, 1, 2, tzinfo=UTC), datetime(2026, 1, 2, 0, 0, 1, tzinfo=UTC)) is None
        True
    """
    if oldest is None:
        return None
    bound = oldest.astimezone(UTC) + OVERLAP
    return None if current is not None and bound >= current else bound


def still_bound(newest: datetime | None, oldest: datetime | None, current: datetime | None) -> datetime | None:
    """A `created_to` below which nothing is created any more; None where what was seen doesn't tell of one.

    New builds shift every page by one. Read one after another, the pages then overlap, which does no harm; fetched at
    once, a page may be read before the one in front of it, and a build between the two be lost.

    Args:
        newest: when the first build seen was created: an instant that has passed on Buildkite's clock.
        oldest: when the last one was.
        current: the bound of the list that is being read; None where it has none.

    Example:
        >>> still_bound(datetime(2026, 1, 2, tzinfo=UTC), datetime(2026, 1, 1, tzinfo=UTC), None)
        datetime.datetime(2026, 1, 1, 0, 0, 1, tzinfo=datetime.timezone.utc)
        >>> still_bound(datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 1, tzinfo=UTC), None) is None
        True
    """
    bound = next_bound(oldest, current)
    return None if bound is None or newest is None or bound > newest else bound
