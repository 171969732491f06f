"""Pacing of the polls of one build: the seconds until the next one, without input and output.

A build ends soon after it has begun, or about as late as the builds before it, or at any time. So polls are frequent while a
build is young and when its usual end is near, and rarer in between. Buildkite allows a user few requests a minute:
https://buildkite.com/docs/apis/rest-api/rate-limits
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = [
    "LONGEST_PAUSE",
    "PAUSE_WITH_WEBHOOKS",
    "READS_AFTER_WEBHOOK",
    "Pacing",
    "next_interval",
    "next_pause",
]

LONGEST_PAUSE = 15.0
"""Seconds between two polls of a build that has run for a while: four requests a minute."""

PAUSE_WITH_WEBHOOKS = 60.0
"""Seconds between two polls of a build of which webhooks tell."""

READS_AFTER_WEBHOOK = (1.0, 2.0, 4.0, 8.0)
"""Pauses before further reads of a build of which a webhook told, while the API still shows it as active."""

_BASE = 5.0
"""Seconds between two polls of a young build, once its first seconds are over."""

_FIRST = 1.0
_GROWTH = 0.5
"""Seconds that each second of a build's age adds to its first pauses, so that each is half as long again as the one before."""

_YOUNG, _TWICE = 20.0, 60.0
"""Ages up to which pauses are once and twice `_BASE`."""

_BLOCKED = 5 / 3
"""Times of the longest pause between two polls of a build that waits for a user."""

_STRETCH = 0.2
"""Part of the longest pause that is added to it, until the frequent polls of the young build are made up for."""

_RESERVED = 3
"""Requests that are made up for in advance: the first poll, the one that sees the end, and the one that reads the jobs."""

_JITTER = 0.2
"""Part by which a pause may be shorter, so that waits that began together don't poll together."""

_LEAST_MARGIN, _MOST_MARGIN, _MARGIN = 15.0, 45.0, 0.05
"""Seconds around the usual end in which polls are frequent: a part of the usual duration within bounds."""


_POLL_GROWTH = 1.5

_LAST_POLL = 1.0
"""Seconds before the end of the time allowed that are kept for one last poll."""


def next_interval(interval: float, poll_interval: float) -> float:
    """Return the interval after an interval: longer, up to `poll_interval` seconds."""
    return min(poll_interval, interval * _POLL_GROWTH)


def next_pause(interval: float, left: float | None) -> tuple[float, bool]:
    """Return the seconds to wait before the next poll, and whether that poll is the last.

    Args:
        interval: seconds between two polls.
        left: seconds left of the time allowed; None for no limit.

    Example:
        >>> next_pause(5, None), next_pause(5, 60), next_pause(5, 3)
        ((5, False), (5, False), (2.0, True))
    """
    if left is None or left > interval:
        return interval, False
    return left - min(_LAST_POLL, left / 2), True


@dataclass(frozen=True, slots=True)
class Pacing:
    """Pacing of the polls of one build.

    Attributes:
        longest: seconds of the longest pause. A build that waits for a user is polled even less often: five thirds of it.
        stretch: part that may be added to the longest pause, until the wait has taken no more requests than one in each
            `longest` seconds.
        expected: seconds that the build usually runs; None if that isn't known.

    Example:
        >>> pacing = Pacing.of(None)
        >>> [pacing.pause(requests=9, elapsed=age, age=age) for age in (0, 3, 15, 30, 300)]
        [1.0, 2.5, 5.0, 10.0, 15.0]
        >>> Pacing.of(4).pause(requests=9, elapsed=30, age=30)
        4.0
    """

    longest: float
    stretch: float = 0.0
    expected: float | None = None

    @classmethod
    def of(cls, poll_interval: float | None, expected: float | None = None) -> Pacing:
        """Return the pacing that a caller asks for.

        Args:
            poll_interval: seconds of the longest pause. None: 15, and up to 18 until the polls of
                the young build are made up for.
            expected: seconds that the build usually runs; None if that isn't known.
        """
        if poll_interval is None:
            return cls(LONGEST_PAUSE, _STRETCH, expected)
        return cls(poll_interval, 0.0, expected)

    def pause(
        self,
        *,
        requests: int,
        elapsed: float,
        age: float,
        ran: float | None = None,
        blocked: bool = False,
        chance: float = 1.0,
    ) -> float:
        """Return the seconds until the next poll.

        Args:
            requests: requests that the wait has taken.
            elapsed: seconds since it began.
            age: seconds since the build was created, or since it continued at a user's request.
            ran: seconds since it began to run; None if it hasn't.
            blocked: True if it waits for a user.
            chance: a number from 0 to 1, which makes the pause shorter or not.
        """
        jitter = 1 - _JITTER * (1 - chance)
        if blocked:
            return self.longest * _BLOCKED * jitter
        pause = min(self._interval(age, ran), self.longest)
        if pause < self.longest:
            return pause * jitter
        due = (requests + _RESERVED) * self.longest - elapsed  # until then the wait takes more than one request a pause
        owed = min(max(0.0, due - self.longest), self.longest * self.stretch)
        return self.longest + owed * jitter if self.stretch else self.longest * jitter

    def _interval(self, age: float, ran: float | None) -> float:
        """Return the seconds between two polls by the build's age alone."""
        if self.expected is not None and ran is not None:
            margin = min(max(_LEAST_MARGIN, _MARGIN * self.expected), _MOST_MARGIN)
            left = self.expected - margin - ran
            if -2 * margin <= left <= 0:
                return _BASE
            if 0 < left < self._by_age(age):
                return max(left, _FIRST)
        return self._by_age(age)

    def _by_age(self, age: float) -> float:
        if age < _YOUNG:
            return min(_BASE, _FIRST + _GROWTH * age)
        return 2 * _BASE if age < _TWICE else self.longest
