"""Rate limits: a window of a minute for the organization, and one for each user.

https://buildkite.com/docs/apis/rest-api/rate-limits
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from .api.request import Pairs, Refused
from .times import written

SECONDS = 60.0
GENEROUS = 100_000
"""The limit of both windows unless told otherwise: more than a test needs. Buildkite's own are 200 and 50."""


@dataclass(slots=True)
class Window:
    """A number of requests a minute. The minute begins with the first request after the last one's end."""

    scope: str
    limit: int
    current: int = 0
    _began: float | None = None

    def count(self, now: float) -> None:
        """A request has come."""
        self._roll(now)
        if self._began is None:
            self._began = now
        self.current += 1

    def reset(self, now: float) -> int:
        """Seconds until the minute is over."""
        self._roll(now)
        return math.ceil(SECONDS if self._began is None else self._began + SECONDS - now)

    @property
    def exceeded(self) -> bool:
        return self.current > self.limit

    def headers(self, prefix: str, now: float) -> Pairs:
        """Its headers: `RateLimit-` or `RateLimit-User-`, and the warning once nothing is left."""
        reset = self.reset(now)
        remaining = max(0, self.limit - self.current)
        pairs = (
            (f"{prefix}Scope", self.scope),
            (f"{prefix}Limit", str(self.limit)),
            (f"{prefix}Remaining", str(remaining)),
            (f"{prefix}Reset", str(reset)),
        )
        if remaining:
            return pairs
        return (
            *pairs,
            (f"{prefix}Warning", f"The limit of the scope {self.scope} is used up for {reset} seconds."),
        )

    def refusal(self, now: float) -> Refused:
        """The answer to a request too many."""
        reset = self.reset(now)
        return Refused(
            429,
            f"You have used up your API requests. Wait {reset} seconds before you send more.",
            scope=self.scope,
            limit=self.limit,
            current=self.current,
            reset=reset,
        )

    def report(self, now: float) -> dict[str, object]:
        """What the organization's own page about its limits says."""
        reset = self.reset(now)
        return {
            "limit": self.limit,
            "current": self.current,
            "reset": reset,
            "reset_at": written(now + reset),
            "enforced": True,
        }

    def _roll(self, now: float) -> None:
        if self._began is not None and now >= self._began + SECONDS:
            self._began = None
            self.current = 0
