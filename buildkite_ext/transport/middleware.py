"""Stages of a request's path, composed into one function.

    RaiseForStatus · TraceCall · ReadOnly · Deadline · CircuitBreaker · Retry · Budget · Sign · TraceAttempt · wire

Every request takes this path, also those of the generated functions.
"""

from __future__ import annotations

from collections.abc import Coroutine, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

import httpx

from ..errors import InvalidResponse, WriteRefused
from ..urls import path_of
from .context import context_of

if TYPE_CHECKING:
    from ..runtime import Runtime, Send
    from .context import Match

__all__ = ["RaiseForStatus", "ReadOnly", "Stage", "compose"]


class Stage(Protocol):
    """Stage of a request's path. It may change the request, pass it on (once, repeatedly, or not at all), and read the
    answer. The state of a request is in its context, not in the stage."""

    def __call__(self, request: httpx.Request, send: Send, runtime: Runtime) -> Coroutine[Any, Any, httpx.Response]: ...


def compose(stages: Sequence[Stage], wire: Send, runtime: Runtime) -> Send:
    """Return one function that runs the stages, the first one outermost."""
    send = wire
    for stage in reversed(stages):
        send = partial(stage, send=send, runtime=runtime)
    return send


class ReadOnly:
    """Stage that refuses requests which could change something."""

    def __repr__(self) -> str:
        return "ReadOnly()"

    async def __call__(self, request: httpx.Request, send: Send, runtime: Runtime) -> httpx.Response:  # noqa: ARG002
        if request.method not in ("GET", "HEAD", "OPTIONS"):
            raise WriteRefused(
                f"{request.method} {path_of(request)}: the client is read-only, so nothing was sent. "
                "with_options(read_only=False) allows it."
            )
        return await send(request)


class RaiseForStatus:
    """Stage that raises error answers as errors.

    It is outermost: the stages below see plain answers, and the parser above sees only success.
    """

    def __init__(self, match: Match) -> None:
        self._match = match

    def __repr__(self) -> str:
        return "RaiseForStatus()"

    async def __call__(self, request: httpx.Request, send: Send, runtime: Runtime) -> httpx.Response:
        context = context_of(request, self._match)
        operation = context.operation
        response = await send(request)
        status = response.status_code
        if status < 300:
            return response
        if status >= 400:
            from ..error_responses import error_of  # here: most answers are no errors

            raise error_of(response, request, operation, context.path_values(request, self._match))
        if operation is not None and status != operation.success:
            await runtime.close(response)
            raise InvalidResponse(
                f"{request.method} {path_of(request)} was redirected ({status}), which Buildkite's API doesn't document. "
                "Redirects aren't followed, since they could send the token elsewhere. Check base_url."
            )
        return response
