"""Limits: what Buildkite's rate limits still allow, learned from its answers.

There are two limits at once, one of the organization and one of the user. No limit is built in: each answer tells both. The
decisions need no clock: a `Window` is what is known of one limit, and its `room` tells if a request may go at a time.

https://buildkite.com/docs/apis/rest-api/rate-limits
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from msgspec import Struct
from msgspec.structs import replace

from ..clock import check_seconds
from ..errors import ConfigurationError
from ..rate_limits import LIMITS, LONGEST, is_users_limit, number_of, rate_limit_headers, refusal_in

if TYPE_CHECKING:
    import httpx

    from .status import LimitStatus

__all__ = [
    "FLIGHT_LEASE",
    "GUARD",
    "PATIENCE",
    "ROUNDING",
    "Budget",
    "Limits",
    "Observation",
    "Priority",
    "Reported",
    "Wait",
    "Window",
    "observation_of",
]

Priority = Literal["foreground", "background"]
"""Priority of a request. Background requests, such as the polls of a wait, are spread over the window of a limit."""

GUARD = 0.5
"""Seconds after the end of a window before its successor is opened: clocks and rounding differ."""

PATIENCE = 5.0
"""Seconds for which the answer to the request that opens a window is waited for. Then another request may open it."""

FLIGHT_LEASE = 60.0
"""Seconds for which a request counts as being on its way. One whose process or event loop has ended never tells its end."""

ROUNDING = 1.0
"""Seconds by which a reset may be rounded, in either direction."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """Policy of a client towards the rate limits of the organization and of the user.

    A request goes at once while there is room, and otherwise waits for the limit to be reset. Requests of equal priority go in
    the order in which they came.

    Attributes:
        reserve: requests of each window that are left to others, such as people in a browser with the same token.
        max_wait: seconds that a call may wait for the limits in all, before it is sent and after a 429; a longer wait is a
            `BudgetExhausted` at once. None: only the timeout of the call ends it.

    Example:
        >>> Budget(reserve=10, max_wait=120).reserve
        10
    """

    reserve: int = 0
    max_wait: float | None = None

    def __post_init__(self) -> None:
        if isinstance(self.reserve, bool) or not isinstance(self.reserve, int) or self.reserve < 0:
            raise ConfigurationError(f"reserve={self.reserve!r}: give a whole number of requests, 0 or more.")
        if self.max_wait is not None:
            check_seconds("max_wait", self.max_wait, zero=True, endless=True, also=", or None for no limit")


class Limits(Struct, frozen=True):
    """Names of the two rate limits that a request counts for.

    Attributes:
        organization: that of the organization, at its API.
        user: that of the user, who is told by the token.
    """

    organization: str
    user: str


class Reported(Struct, frozen=True):
    """One limit as an answer reports it.

    Attributes:
        limit: requests that a window allows.
        remaining: requests that are left in it. It may be negative.
        reset: seconds until it ends.
        scope: the name of the limit, such as `rest` or `rest_user`; empty if the answer has none.
    """

    limit: int
    remaining: int
    reset: float
    scope: str = ""


class Observation(Struct, frozen=True):
    """What an answer tells of both limits.

    Attributes:
        sent: the time at which its request was sent.
        arrived: the time at which it arrived.
        organization: the limit of the organization; None if the answer doesn't tell.
        user: the limit of the user; None if the answer doesn't tell.
    """

    sent: float
    arrived: float
    organization: Reported | None = None
    user: Reported | None = None


class Wait(Struct, frozen=True):
    """Wait before a request may ask again.

    Attributes:
        until: the time at which to ask again; an answer to another request may come earlier.
        for_answer: True if the answer to another request decides.
        polls: True if that answer may come to another process, so that only asking again tells of it.
        spread: True if the limit has room, and the request only leaves a gap behind the one before it in the background.
    """

    until: float
    for_answer: bool = False
    polls: bool = False
    spread: bool = False


class Window(Struct):
    """What is known of one limit.

    Attributes:
        limit: requests that a window allows; None until an answer tells.
        remaining: requests that were left after the last answer; None while the window isn't known.
        ends: the time at which the window ends, at the latest.
        in_flight: requests whose answer hasn't come.
        opened: the time at which a request was sent into a window that isn't known; None if its answer has come.
        silent: the last answer told nothing of this limit, and none before it did.
        background: the time at which the last background request was sent; None if none was in this window.
        scope: the name of the limit.
    """

    limit: int | None = None
    remaining: int | None = None
    ends: float = 0.0
    in_flight: int = 0
    opened: float | None = None
    silent: bool = False
    background: float | None = None
    scope: str = ""

    def roll(self, now: float) -> None:
        """Forget a window that has ended."""
        if self.remaining is not None and now >= self.ends + GUARD:
            self.remaining, self.opened, self.background = None, None, None

    def room(self, now: float, *, reserve: int, priority: Priority = "foreground") -> Wait | None:
        """Return None if a request may be sent at a time, else how long to wait.

        Example:
            >>> window = Window(limit=50, remaining=3, ends=60.0, in_flight=2)
            >>> window.room(10.0, reserve=0) is None, window.room(10.0, reserve=1).until
            (True, 60.5)
        """
        self.roll(now)
        if self.remaining is None:
            if self.silent or self.opened is None or now >= self.opened + PATIENCE:
                return None
            return Wait(self.opened + PATIENCE, for_answer=True)
        left = self._left(reserve)
        if left <= 0:
            # Some of the requests on their way may have been counted already, so their answers may tell of room.
            return Wait(self.ends + GUARD, for_answer=left + self.in_flight > 0)
        if priority == "background" and self.background is not None:
            # By what is left to this request: one with a reserve leaves a longer gap, and holds up no other by it.
            due = self.background + max(0.0, self.ends - self.background) / (left + 1)
            if now < due:
                return Wait(due, spread=True)
        return None

    def sent(self, now: float, *, priority: Priority = "foreground") -> None:
        """Count a request that is sent at a time."""
        if self.remaining is None:
            self.opened = now
        elif priority == "background":
            self.background = now
        self.in_flight += 1

    def answered(self, reported: Reported | None, *, sent: float, arrived: float) -> None:
        """Take in the answer to a request that was sent. None: it doesn't tell of this limit."""
        self.in_flight = max(0, self.in_flight - 1)
        self.opened = None
        if reported is None:
            # A window of a limit that was told before stays unknown, and the next request opens it.
            self.silent = self.limit is None
            return
        ends = arrived + min(reported.reset, LONGEST)
        if self.remaining is None or sent + reported.reset - ROUNDING > self.ends:
            self.remaining, self.ends, self.background = reported.remaining, ends, None
        elif ends + ROUNDING >= self.ends:
            # Answers arrive out of order, so nothing that one of them says raises what is left of a window.
            self.remaining, self.ends = min(self.remaining, reported.remaining), min(self.ends, ends)
        else:
            return  # an answer from a window that has ended
        self.limit, self.silent, self.scope = reported.limit, False, reported.scope or self.scope

    def lost(self, *, counted: bool) -> None:
        """Take in that a request ended without an answer.

        Args:
            counted: Buildkite may have counted it.
        """
        self.in_flight = max(0, self.in_flight - 1)
        self.opened = None
        if counted and self.remaining is not None:
            self.remaining -= 1

    def status(self, now: float) -> LimitStatus:
        """Return what is known at a time."""
        from .status import LimitStatus  # here: most programs never ask

        if self.remaining is None or now >= self.ends + GUARD:
            return LimitStatus(limit=self.limit, scope=self.scope)
        return LimitStatus(self.limit, self.remaining - self.in_flight, max(0.0, self.ends - now), self.scope)

    def _left(self, reserve: int) -> int:
        # A reserve leaves one request of a window at least, or no request could ever go.
        return (self.remaining or 0) - self.in_flight - min(reserve, max(0, (self.limit or 1) - 1))


def observation_of(response: httpx.Response, *, sent: float, arrived: float) -> Observation:
    """Read both limits from an answer: from its headers, and from the body of a 429.

    A 429 names its limit in its body. If it doesn't, the warning that stands only while a limit is exhausted does; if no
    limit can be told, both are taken to be exhausted.
    """
    headers = rate_limit_headers(response)
    if not headers and response.status_code != 429:
        return Observation(sent, arrived)
    organization, user = (_of_headers(headers, prefix) for prefix in LIMITS)
    if response.status_code == 429:
        refusal = refusal_in(response)
        body = _of_body(refusal)
        of_user = is_users_limit(headers, refusal.get("scope"))
        if of_user is not True:
            organization = _exhausted(organization, body)
        if of_user is not False:
            user = _exhausted(user, body)
    return Observation(sent, arrived, organization, user)


def _of_headers(headers: Mapping[bytes, bytes], prefix: bytes) -> Reported | None:
    limit, remaining, reset = (number_of(headers.get(prefix + name)) for name in (b"limit", b"remaining", b"reset"))
    if limit is None or remaining is None or reset is None:
        return None
    scope = headers.get(prefix + b"scope", b"").decode("latin-1")[:100]
    # Buildkite documents whole numbers. A proxy may send fractions. They count, since without them there would be no limit.
    return Reported(math.floor(limit), math.floor(remaining), max(0.0, reset), scope)


def _of_body(body: Mapping[str, object]) -> Reported | None:
    limit, current, reset = (number_of(body.get(name)) for name in ("limit", "current", "reset"))
    scope = body.get("scope")
    if reset is None:
        return None
    limit = 0 if limit is None else limit
    left = 0 if current is None else min(0, int(limit - current))
    return Reported(int(limit), left, max(0.0, reset), scope[:100] if isinstance(scope, str) else "")


def _exhausted(reported: Reported | None, body: Reported | None) -> Reported | None:
    if reported is not None:
        reset = reported.reset if body is None else max(reported.reset, body.reset)
        return replace(reported, remaining=min(0, reported.remaining), reset=reset)
    return body
