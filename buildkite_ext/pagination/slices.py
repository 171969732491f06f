"""Slices: the continuation of a list of builds where Buildkite refuses to list deeper.

Deep in a list, Buildkite answers 400 "Listing builds this deep is not supported". Builds come newest first, so the rest
is requested as the builds created before the last one that was read.
https://buildkite.com/docs/apis/rest-api/builds
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from ..errors import InvalidRequest
from ..timestamps import parse_http_date

__all__ = ["is_still", "next_bound", "not_continued", "passed_time", "still_bound", "too_deep"]

_OVERLAP = timedelta(seconds=1)
"""Time that a slice reaches into the one before. `created_to` is exclusive, builds can have the same time, and the
precision of the comparison isn't documented. A build that is read twice is given out once."""

_MARGIN = timedelta(seconds=10)
"""Difference between the clocks of Buildkite's servers that loses no build."""

_BY_TIME = "narrow it with created_from/created_to or with branch="


def too_deep(error: InvalidRequest) -> bool:
    """Return True if an answer refuses the depth, and nothing else."""
    return error.status == 400 and "this deep" in error.reason.lower()


def next_bound(oldest: datetime | None, current: datetime | None) -> datetime | None:
    """Return the `created_to` of the next slice; None if that slice would begin where this one began.

    Args:
        oldest: when the last build that was read was created.
        current: the bound of the slice that ended; None if it had none.

    Example:
        >>> next_bound(datetime(2026, 1, 2, tzinfo=UTC), None)
        datetime.datetime(2026, 1, 2, 0, 0, 1, tzinfo=datetime.timezone.utc)
        >>> next_bound(datetime(2026, 1, 2, tzinfo=UTC), datetime(2026, 1, 2, 0, 0, 1, tzinfo=UTC)) is None
        True
    """
    if oldest is None:
        return None
    bound = oldest.astimezone(UTC) + _OVERLAP
    return None if current is not None and bound >= current else bound


def passed_time(newest: datetime | None, answered: str) -> datetime | None:
    """Return a time that has passed on Buildkite's clock; None if an answer tells none.

    Args:
        newest: when the newest build of the answer was created.
        answered: the `Date` header of the answer. Buildkite's servers may differ a little, so it counts with a margin.

    Example:
        >>> passed_time(datetime(2026, 1, 2, tzinfo=UTC), "Fri, 02 Jan 2026 00:01:00 GMT")
        datetime.datetime(2026, 1, 2, 0, 0, 50, tzinfo=datetime.timezone.utc)
        >>> passed_time(datetime(2026, 1, 2, tzinfo=UTC), "")
        datetime.datetime(2026, 1, 2, 0, 0, tzinfo=datetime.timezone.utc)
    """
    date = parse_http_date(answered)
    if date is None:
        return newest
    return date - _MARGIN if newest is None else max(newest, date - _MARGIN)


def is_still(passed: datetime | None, current: datetime | None) -> bool:
    """Return True if a list has a bound below which no build is created any more.

    Args:
        passed: a time that has passed on Buildkite's clock: see `passed_time`.
        current: the bound of the list; None if it has none.
    """
    return passed is not None and current is not None and current <= passed


def still_bound(passed: datetime | None, oldest: datetime | None, current: datetime | None) -> datetime | None:
    """Return a `created_to` below which no build is created any more; None if the builds that were read don't tell one.

    New builds shift every page by one. Pages that are read one after another then overlap, which does no harm. Of pages
    that are fetched at the same time, one may be read before the page in front of it, and a build between them is lost.

    Args:
        passed: a time that has passed on Buildkite's clock: see `passed_time`.
        oldest: when the last build that was read was created.
        current: the bound of the list that is being read; None if it has none.

    Example:
        >>> still_bound(datetime(2026, 1, 2, tzinfo=UTC), datetime(2026, 1, 1, tzinfo=UTC), None)
        datetime.datetime(2026, 1, 1, 0, 0, 1, tzinfo=datetime.timezone.utc)
        >>> still_bound(datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 1, tzinfo=UTC), None) is None
        True
    """
    bound = next_bound(oldest, current)
    return None if bound is None or passed is None or bound > passed else bound


def not_continued(
    refused: InvalidRequest, name: str, *, takes_created_to: bool, oldest: datetime | None
) -> InvalidRequest:
    """Return the error of a list that can't be continued, with the reason and the advice.

    Args:
        refused: the refusal of the depth.
        name: the list, in the words of the user's code.
        takes_created_to: the list can be read in slices.
        oldest: when the last item that was read was created; None if no item says so.
    """
    if not takes_created_to:
        advice = "it has no filter created_to: narrow it with the filters that it has"
    elif oldest is None:
        advice = f"its items don't say when they were created (created_at): {_BY_TIME}"
    else:
        advice = f"too many builds were created at the same time: {_BY_TIME}"
    return InvalidRequest(
        f"{refused}\nThe list {name} can't be continued from here, because {advice}.",
        response=refused.response,
        reason=refused.reason,
        errors=refused.errors,
        operation=refused.operation,
        method=refused.method,
        path=refused.path,
    )
