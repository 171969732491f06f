"""Timeouts of the operations of a socket, which carry the limits on the whole attempt."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from .rates import TransferRate

__all__ = ["BoundedTimeout", "bounded_timeouts"]

_PHASES = ("connect", "read", "write", "pool")


class BoundedTimeout(float):
    """Timeout of one operation in seconds, together with the limits on the whole attempt.

    Example:
        >>> timeout = BoundedTimeout(30.0, ends=1_000.0)
        >>> timeout, timeout.ends
        (30.0, 1000.0)
    """

    __slots__ = ("ends", "rate")

    ends: float
    """End of the attempt, on the monotonic clock of the transport; infinite if it has none."""
    rate: TransferRate | None
    """Least rate of its transfers."""

    def __new__(cls, seconds: float, ends: float, rate: TransferRate | None = None) -> Self:
        """Create a timeout of `seconds` that never reaches past `ends`."""
        timeout = float.__new__(cls, seconds)
        timeout.ends = ends
        timeout.rate = rate
        return timeout


def bounded_timeouts(
    timeouts: Mapping[str, float | None], *, ends: float, now: float, rate: TransferRate | None = None
) -> dict[str, float | None]:
    """Return `timeouts` with the limits of the attempt in each of them, for a request's `timeout` extension.

    Args:
        timeouts: seconds for each phase; None for no limit of its own.
        ends: end of the attempt on the transport's clock; infinite for none.
        now: the time on that clock.
        rate: least rate of the attempt's transfers. Without an end, a phase without a timeout has no rate.

    Example:
        >>> bounded_timeouts({"connect": 10.0, "read": 30.0}, ends=120.0, now=100.0)
        {'connect': 10.0, 'read': 20.0, 'write': 20.0, 'pool': 20.0}
    """
    left = max(0.0, ends - now)
    bounded: dict[str, float | None] = {}
    for phase in _PHASES:
        limit = timeouts.get(phase)
        seconds = left if limit is None or limit > left else limit
        bounded[phase] = None if seconds == math.inf else BoundedTimeout(seconds, ends, rate)
    return bounded
