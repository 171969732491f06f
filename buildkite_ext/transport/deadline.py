"""Deadline of a call: one end for its attempts, its pauses and its body."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from .._sleeps import sleeps_of
from ..errors import DeadlineExceeded, NetworkError
from ..urls import path_of
from .context import context_of

if TYPE_CHECKING:
    import httpx

    from .._sleeps import Sleeps
    from ..runtime import Runtime, Send

__all__ = ["DEFAULT_TIMEOUT", "Deadline", "DeadlineStage"]

DEFAULT_TIMEOUT = 120.0
"""Seconds allowed for a call. This object, and no other that is equal, stands for a timeout that nobody gave: then the time in
which a request waits for the rate limit doesn't count, before it is sent and after a 429."""


class Deadline(Struct, frozen=True):
    """End of a call."""

    ends: float
    """Time on the runtime's clock."""
    seconds: float
    """Seconds allowed for the whole call."""
    from_admission: bool = False
    """True if the time in which the call waits for the rate limit doesn't count."""

    def later(self, seconds: float, *, latest: float | None) -> Deadline:
        """Return the deadline moved by some seconds, but not past `latest`."""
        if not seconds and latest is None:
            return self
        ends = self.ends + seconds
        return replace(self, ends=ends if latest is None else min(ends, latest))

    def ended_attempt(self, now: float) -> bool:
        """Tell if an attempt that was lost at a time was ended by this deadline: it narrows the timeouts of the attempt."""
        return now >= self.ends - 0.01

    def exceeded(self, request: httpx.Request, *, doing: str = "") -> DeadlineExceeded:
        """Return the error of a call that took longer.

        Args:
            request: its request.
            doing: what took the time, if that is known.
        """
        return DeadlineExceeded(
            f"{request.method} {path_of(request)} took longer than the {self.seconds:g} s allowed for the call"
            f"{f': {doing}' if doing else ''}. A longer timeout= allows more."
        )


class DeadlineStage:
    """Stage that gives each request a deadline.

    It cancels nothing itself: Retry refuses pauses that reach past the deadline, and the wire carries it to each read of the
    socket. So blocking and async code behave alike.
    """

    def __init__(self, seconds: float | None, *, from_admission: bool = False) -> None:
        self._seconds = seconds
        self._from_admission = from_admission

    def __repr__(self) -> str:
        return f"Deadline({self._seconds!r})"

    async def __call__(self, request: httpx.Request, send: Send, runtime: Runtime) -> httpx.Response:
        sleeps = sleeps_of(runtime)
        if sleeps is None:
            return await self._send(request, send, runtime, None)
        with sleeps.call():
            return await self._send(request, send, runtime, sleeps)

    async def _send(
        self, request: httpx.Request, send: Send, runtime: Runtime, sleeps: Sleeps | None
    ) -> httpx.Response:
        context = context_of(request)
        context.begin(sleeps)
        now = runtime.now()
        deadline = None
        if self._seconds is not None:
            deadline = Deadline(now + self._seconds, self._seconds, from_admission=self._from_admission)
        if context.ends is not None and (deadline is None or context.ends < deadline.ends):
            deadline = Deadline(context.ends, max(0.0, context.ends - now))
        context.deadline = deadline
        if deadline is None:
            return await send(request)
        try:
            return await send(request)
        except NetworkError as lost:
            now = runtime.now()
            deadline = context.deadline or deadline  # it moves while a request waits for the rate limit
            if deadline.ended_attempt(now):
                raise deadline.exceeded(request) from lost
            raise
