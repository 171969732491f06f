"""How long to wait before trying again, as arithmetic."""

from __future__ import annotations

from ...backoff import full_jitter


def growing_pause(tries: int, *, base: float, maximum: float, random: float) -> float:
    """Seconds to wait after so many tries failed: about base, 2 base, 4 base, … up to `maximum`.

    At least half of it is always waited, since what failed is rarely well again at once; the rest is jitter.

    Args:
        tries: how many tries failed, from 1.
        base: the ceiling of the first pause in seconds.
        maximum: the ceiling of every pause in seconds.
        random: a number from 0 to 1.

    Example:
        >>> [growing_pause(tries, base=1, maximum=60, random=1.0) for tries in (1, 2, 3, 9)]
        [1.0, 2.0, 4.0, 60.0]
        >>> growing_pause(3, base=1, maximum=60, random=0.0)
        2.0
    """
    return full_jitter(max(tries, 1), base=base, maximum=maximum, random=0.5 + 0.5 * random)
