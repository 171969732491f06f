"""Bounds of connections: how many there are by default, and the least rate of uploads and downloads."""

from __future__ import annotations

import math
from dataclasses import dataclass

from ..clock import check_seconds
from ..errors import ConfigurationError

__all__ = ["DEFAULT_LIMITS", "ConnectionLimits", "RateMeter", "TransferRate"]

_TOLERANCE = 0.001
"""Seconds by which a wait may end before its timeout."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionLimits:
    """Limits of a client's connections: those to the API, and likewise those to the storage of artifacts.

    A call for which there is no connection waits for one. It has begun no attempt, and only its timeout ends the wait. An async
    client has so many connections in each event loop.

    Attributes:
        max_connections: the maximum of connections; None for no limit.
        max_keepalive_connections: the maximum of connections that are kept for the next request; None for no limit.
        keepalive_expiry: seconds for which such a connection is kept; None for no limit.

    Example:
        >>> ConnectionLimits(max_connections=10).keepalive_expiry
        5.0
    """

    max_connections: int | None = 100
    max_keepalive_connections: int | None = 20
    keepalive_expiry: float | None = 5.0

    def __post_init__(self) -> None:
        for name, least in (("max_connections", 1), ("max_keepalive_connections", 0)):
            number = getattr(self, name)
            if number is not None and (isinstance(number, bool) or not isinstance(number, int) or number < least):
                raise ConfigurationError(
                    f"{name}={number!r}: give a whole number of {least} or more, or None for no limit."
                )
        if self.keepalive_expiry is not None:
            check_seconds("keepalive_expiry", self.keepalive_expiry, zero=True, also=", or None for no limit")


DEFAULT_LIMITS = ConnectionLimits()


@dataclass(frozen=True, slots=True)
class TransferRate:
    """Least rate of uploads and downloads: so many bytes in so many seconds.

    Time counts while a request waits for its socket, and not while your code handles what came. The time until an answer
    begins doesn't count. A transfer in which nothing moves ends after 30 s in any case.

    Attributes:
        bytes: the bytes that must move in each period.
        seconds: the length of the period.

    Example:
        >>> TransferRate(bytes=10_000, seconds=30)
        TransferRate(bytes=10000, seconds=30)
    """

    bytes: int
    seconds: float

    def __post_init__(self) -> None:
        if not isinstance(self.bytes, int) or isinstance(self.bytes, bool) or self.bytes < 1:
            raise ConfigurationError(f"bytes={self.bytes!r}: give a whole number of 1 or more.")
        check_seconds("seconds", self.seconds)


class RateMeter:
    """Meter of one direction of a transfer, which counts period after period.

    Example:
        >>> meter = RateMeter()
        >>> meter.is_too_slow(TransferRate(bytes=100, seconds=10), moved=60, waited=6.0)
        False
        >>> meter.is_too_slow(TransferRate(bytes=100, seconds=10), moved=30, waited=6.0)
        True
    """

    __slots__ = ("_moved", "_waited")

    def __init__(self) -> None:
        self._moved = 0
        self._waited = 0.0

    def reset(self) -> None:
        """Begin a new transfer."""
        self._moved = 0
        self._waited = 0.0

    def left(self, least: TransferRate) -> float:
        """Return the seconds until the period ends with too few bytes; infinite if it has enough already."""
        return math.inf if self._moved >= least.bytes else max(0.0, least.seconds - self._waited)

    def is_too_slow(self, least: TransferRate, *, moved: int, waited: float) -> bool:
        """Count bytes and the seconds that they took, and return True if a period has ended with too few bytes."""
        self._moved += moved
        self._waited += waited
        if self._waited < least.seconds - _TOLERANCE:
            return False
        slow = self._moved < least.bytes
        self.reset()
        return slow
