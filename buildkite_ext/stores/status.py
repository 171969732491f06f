"""Status of the rate limits, as a client tells it."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["BudgetStatus", "LimitStatus"]


@dataclass(frozen=True, slots=True)
class LimitStatus:
    """What is known of a limit.

    Attributes:
        limit: requests that a window allows; None if no answer has told yet.
        remaining: requests that are left in the window, less those that are on their way; None if it isn't known.
        reset: seconds until the window ends; None if it isn't known.
        scope: the name that Buildkite gives the limit; empty if it isn't known.
    """

    limit: int | None = None
    remaining: int | None = None
    reset: float | None = None
    scope: str = ""


@dataclass(frozen=True, slots=True)
class BudgetStatus:
    """What is known of both rate limits.

    Attributes:
        organization: the limit of the organization.
        user: the limit of the user.
        waiting: requests of this process that wait for them.
    """

    organization: LimitStatus
    user: LimitStatus
    waiting: int = 0
