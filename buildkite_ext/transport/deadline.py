"""Deadline of a call: one end for its attempts, its pauses and its body."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..errors import DeadlineExceeded, NetworkError
from ..urls import path_of
from .context import context_of

if TYPE_CHECKING:
    import httpx

    from ..runtime import Runtime, Send

__all__ = ["Deadline", "DeadlineStage"]


@dataclass(frozen=True, slots=True)
class Deadline:
    """End of a call."""

    ends: float
    """Time on the runtime's clock."""
    seconds: float
    """Seconds allowed for the whole call."""

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

    def __init__(self, seconds: float | None) -> None:
        self._seconds = seconds

    def __repr__(self) -> str:
        return f"Deadline({self._seconds!r})"

    async def __call__(self, request: httpx.Request, send: Send, runtime: Runtime) -> httpx.Response:
        context = context_of(request)
        now = runtime.now()
        deadline = None if self._seconds is None else Deadline(now + self._seconds, self._seconds)
        if context.ends is not None and (deadline is None or context.ends < deadline.ends):
            deadline = Deadline(context.ends, max(0.0, context.ends - now))
        context.deadline = deadline
        if deadline is None:
            return await send(request)
        try:
            return await send(request)
        except NetworkError as lost:
            if runtime.now() >= deadline.ends - 0.01:  # the narrowed timeout was the deadline's
                raise deadline.exceeded(request) from lost
            raise
