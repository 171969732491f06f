"""One clock over a whole call: its attempts, its pauses and its body."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..errors import DeadlineExceeded, NetworkError, path_of

if TYPE_CHECKING:
    import httpx

    from ..runtime import Runtime, Send

DEADLINE = "buildkite.deadline"
"""The extension under which a request carries its `Until`."""

ENDS = "buildkite.ends"
"""The extension under which a request carries the end, on the runtime's clock, of what it is a part of: a wait, say."""


@dataclass(frozen=True, slots=True)
class Until:
    """When a call has to be over."""

    ends: float
    """On the runtime's clock."""
    seconds: float
    """What was allowed for the whole."""

    def exceeded(self, request: httpx.Request) -> DeadlineExceeded:
        return DeadlineExceeded(
            f"{request.method} {path_of(request)} took longer than the {self.seconds:g} s allowed for the call. "
            "A longer timeout= allows more."
        )


class DeadlineStage:
    """Gives each request an end. It cancels nothing: Retry refuses pauses past it, the wire narrows each attempt's
    timeouts to what is left and looks at the clock between chunks, so blocking and async code behave alike."""

    def __init__(self, seconds: float | None) -> None:
        self._seconds = seconds

    def __repr__(self) -> str:
        return f"Deadline({self._seconds!r})"

    async def __call__(self, request: httpx.Request, send: Send, runtime: Runtime) -> httpx.Response:
        now = runtime.now()
        ends: float | None = request.extensions.get(ENDS)
        limits = [
            *([] if self._seconds is None else [Until(now + self._seconds, self._seconds)]),
            *([] if ends is None else [Until(ends, max(0.0, ends - now))]),
        ]
        if not limits:
            return await send(request)
        until = min(limits, key=lambda limit: limit.ends)
        request.extensions[DEADLINE] = until
        try:
            return await send(request)
        except NetworkError as lost:
            if runtime.now() >= until.ends - 0.01:  # the narrowed timeout was the deadline's
                raise until.exceeded(request) from lost
            raise
