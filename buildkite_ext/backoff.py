"""Backoff: the pauses between attempts."""

from __future__ import annotations

__all__ = ["equal_jitter", "full_jitter"]


def full_jitter(attempt: int, *, base: float, maximum: float, random: float) -> float:
    """Return the seconds to wait after a failure: a random part of base, 2 base, 4 base, … up to `maximum`.

    Full jitter spreads clients that failed together:
    https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/

    Args:
        attempt: the attempt that failed, counted from 1.
        base: the maximum of the first pause, in seconds.
        maximum: the maximum of all pauses, in seconds.
        random: a number from 0 to 1.

    Example:
        >>> [full_jitter(attempt, base=1, maximum=30, random=1.0) for attempt in (1, 2, 3, 9)]
        [1.0, 2.0, 4.0, 30.0]
    """
    ceiling = min(maximum, base * 2.0 ** min(attempt - 1, 60))
    return float(ceiling * random)


def equal_jitter(attempt: int, *, base: float, maximum: float, random: float) -> float:
    """Return the seconds to wait after a failure: half of base, 2 base, 4 base, … up to `maximum`, and jitter.

    Unlike full jitter this always waits at least half of the pause, because Redis or a handler seldom recovers at once.

    Args:
        attempt: the attempt that failed, from 1.
        base: the maximum of the first pause, in seconds.
        maximum: the maximum of all pauses, in seconds.
        random: a number from 0 to 1.

    Example:
        >>> [equal_jitter(attempt, base=1, maximum=60, random=1.0) for attempt in (1, 2, 3, 9)]
        [1.0, 2.0, 4.0, 60.0]
        >>> equal_jitter(3, base=1, maximum=60, random=0.0)
        2.0
    """
    return full_jitter(max(attempt, 1), base=base, maximum=maximum, random=0.5 + 0.5 * random)
