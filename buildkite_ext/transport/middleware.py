"""Stages of a request's path, composed into one function.

    RaiseForStatus · ReadOnly · TraceCall · Additions · Deadline · the user's stages, in UserStages · Closing · Invalidation ·
    Cache · CircuitBreaker · Retry · Budget · Sign · TraceAttempt · wire

Every request to the API takes this path, also those of the generated functions.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping, Sequence
from inspect import isawaitable, iscoroutine
from typing import TYPE_CHECKING, Any, Protocol

import httpx

from ..errors import InvalidResponse, WriteRefused
from ..urls import READS, path_of
from .context import context_of

if TYPE_CHECKING:
    from ..runtime import Runtime, Send
    from ..stores.base import Store
    from .context import Match

__all__ = ["Additions", "Invalidation", "RaiseForStatus", "ReadOnly", "Stage", "UserStages", "compose"]


_DECODED_OR_HTML = frozenset({"application/json", "text/html"})
"""Types of answers that need no check: a web page isn't JSON, which the decoder says."""


class Stage(Protocol):
    """Stage of a request's path. It may change the request, pass it on (once, repeatedly, or not at all), and read the
    answer. The state of a request is in its context, not in the stage.

    Stages of users, `BuildkiteClient(stages=[...])`, see each call once, before its token is added and outside of its retries.
    They are written with `async def` for both clients. In a blocking client they may await `send` and the methods of
    `runtime`, and nothing else.

    Example:
        >>> import httpx
        >>> async def traced(request: httpx.Request, send: Send, runtime: Runtime) -> httpx.Response:
        ...     request.headers["X-Team"] = "platform"
        ...     return await send(request)
        >>> from buildkite_ext.simulation import Simulator
        >>> simulator = Simulator()
        >>> with simulator.client(stages=[traced]) as buildkite:
        ...     _ = buildkite.organizations.get()
        >>> simulator.requests[0].headers["x-team"]
        'platform'
    """

    def __call__(self, request: httpx.Request, send: Send, runtime: Runtime) -> Coroutine[Any, Any, httpx.Response]: ...


def compose(stages: Sequence[Stage], wire: Send, runtime: Runtime) -> Send:
    """Return one function that runs the stages, the first one outermost."""
    send = wire
    for stage in reversed(stages):
        send = _bound(stage, send, runtime)
    return send


def _bound(stage: Stage, send: Send, runtime: Runtime) -> Send:
    return lambda request: stage(request, send, runtime)


class Additions:
    """Stage that adds the headers and the query parameters of the client's options to each request."""

    def __init__(self, headers: Mapping[str, str], query: Mapping[str, str]) -> None:
        self._headers = dict(headers)
        self._query = dict(query)

    def __repr__(self) -> str:
        return f"Additions(headers={sorted(self._headers)}, query={sorted(self._query)})"  # the values may be secrets

    async def __call__(self, request: httpx.Request, send: Send, runtime: Runtime) -> httpx.Response:  # noqa: ARG002
        request.headers.update(self._headers)
        if self._query:
            request.url = request.url.copy_merge_params(self._query)
        return await send(request)


class ReadOnly:
    """Stage that refuses requests which could change something.

    It is above the stage that tells how calls end: what it refuses is no call.

    Args:
        refused: is told what is refused.
    """

    def __init__(self, refused: Callable[[httpx.Request], None]) -> None:
        self._refused = refused

    def __repr__(self) -> str:
        return "ReadOnly()"

    async def __call__(self, request: httpx.Request, send: Send, runtime: Runtime) -> httpx.Response:  # noqa: ARG002
        if request.method not in READS:
            self._refused(request)
            raise _refusal(request)
        return await send(request)


class UserStages:
    """Stage that runs the stages of the user.

    They may change a request or make another one: what is sent in the end is what counts for the stages below, for
    `read_only` and for the audit.

    Args:
        stages: the stages, the first one outermost.
        match: finds the operation of a request.
        read_only: refuse what could change something.
    """

    def __init__(self, stages: Sequence[Stage], match: Match, *, read_only: bool) -> None:
        self._stages = tuple(map(_checked, stages))
        self._match = match
        self._read_only = read_only

    def __repr__(self) -> str:
        return f"UserStages({len(self._stages)})"

    async def __call__(self, request: httpx.Request, send: Send, runtime: Runtime) -> httpx.Response:
        context = context_of(request)
        method = request.method

        async def passed(changed: httpx.Request) -> httpx.Response:
            nonlocal method
            context.attach(changed)
            if changed.method != method:  # the path may be that of a gateway, behind which the operation is the same
                method = changed.method
                context.match(changed, self._match)
            if context.passed is None or changed.method not in READS:
                context.passed = changed
            if self._read_only and changed.method not in READS:
                raise _refusal(changed)
            return await send(changed)

        return await compose(self._stages, passed, runtime)(request)


def _checked(stage: Stage) -> Stage:
    """Return a stage that raises a TypeError if a stage of the user returns something else than an answer."""

    async def checked(request: httpx.Request, send: Send, runtime: Runtime) -> httpx.Response:
        answering: object = stage(request, send, runtime)
        answer = await answering if isawaitable(answering) else answering
        if isinstance(answer, httpx.Response) and answer is not answering:
            return answer
        if iscoroutine(answer):
            answer.close()
        what = (
            "isn't written with `async def`"
            if answer is answering
            else f"returned {'None' if answer is None else f'a {type(answer).__name__}'} instead of an httpx.Response"
        )
        name = getattr(stage, "__qualname__", type(stage).__qualname__)
        raise TypeError(f"stages=: {name} {what}. End it with `return await send(request)`.")

    return checked


def _refusal(request: httpx.Request) -> WriteRefused:
    return WriteRefused(
        f"{request.method} {path_of(request)}: the client is read-only, so nothing was sent. "
        "with_options(read_only=False) allows it."
    )


class Invalidation:
    """Stage that drops what a write may have changed of the answers that are kept. Any client of the store may keep some.

    Args:
        store: keeps the answers.
        root: the root of the API.
        prefix: the path of the root, which the paths of requests begin with.
        keeps: the client itself keeps or shares answers, so that a write counts before the first of them.
    """

    def __init__(self, store: Store, root: str, prefix: str, *, keeps: bool) -> None:
        self._keeps = keeps
        self._store = store
        self._root = root
        self._prefix = prefix

    def __repr__(self) -> str:
        return "Invalidation()"

    def __call__(self, request: httpx.Request, send: Send, runtime: Runtime) -> Coroutine[Any, Any, httpx.Response]:
        if request.method in READS or not (self._keeps or self._store.caches):
            return send(request)
        return self._write(request, send, runtime)

    async def _write(self, request: httpx.Request, send: Send, runtime: Runtime) -> httpx.Response:
        """Send a write, and drop what it changes, also if it failed, since it may have acted."""
        from ..stores.entries import change_of  # here: most clients keep nothing

        change = change_of(self._root, request.method, path_of(request).removeprefix(self._prefix))
        known = False
        try:
            response = await send(request)
            known = response.status_code < 500
            return response
        finally:
            await self._store.change(change if known else change.unknown(), runtime)


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
            if operation is not None and operation.accept not in _DECODED_OR_HTML and _is_html(response):
                await runtime.close(response)
                raise InvalidResponse(
                    f"{request.method} {path_of(request)}: the answer is a web page (text/html) instead of text. A proxy may "
                    "have sent it. Check base_url and the proxies of the environment."
                )
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


def _is_html(response: httpx.Response) -> bool:
    return bool(response.headers.get("Content-Type", "").partition(";")[0].strip().lower() == "text/html")
