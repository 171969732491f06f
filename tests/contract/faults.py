"""Faults of a network and of a server, and what each has to come to for an operation.

A cell of the matrix is an operation and the faults of its first requests. The next request is answered soundly, unless the last
fault stays. Which requests have to be sent and what the call has to end in follows from two facts alone: whether a fault may
have acted, and whether the operation may act twice.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import product
from typing import Any

import httpx
from buildkite_api.operations import OPERATIONS as RECORDS

from buildkite_ext import AsyncBuildkiteClient, BuildkiteClient, Stage, errors
from buildkite_ext._sync import run

from ..core.fakes import LONGEST, Body, FakeClock
from .answers import content, headers_of
from .calls import least, module
from .description import API, OPERATIONS, Described
from .wire import TOKEN, Buildkite, Sent

HTML = b"<html><body><h1>502 Bad Gateway</h1></body></html>"
TIMEOUT = 120.0
"""Seconds that the client allows for a call by default."""


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault, and what it means for a request."""

    name: str
    answer: Callable[[Described, FakeClock], httpx.Response]
    """Answers a request, or raises what a transport would."""
    acts: bool
    """True if the request may have acted."""
    final: type[Exception]
    """The error of a call that ends with this fault."""
    transient: bool = True
    """True if the same request may have another answer soon."""
    lasting: int = 5
    """Requests of a call that may be repeated while the fault stays."""
    lasting_final: type[Exception] | None = None
    """The error of that call, if it is another one."""

    def __str__(self) -> str:
        return self.name


def _raised(error: type[httpx.TransportError], *, seconds: float = 0.0) -> Any:
    def answer(_: Described, clock: FakeClock) -> httpx.Response:
        clock.advance(seconds)
        raise error("fault")

    return answer


def _answered(status: int, body: bytes = b"{}", **headers: str) -> Any:
    named = {"Content-Type": "application/json", **{name.replace("_", "-"): value for name, value in headers.items()}}
    return lambda *_: httpx.Response(status, headers=named, stream=Body(body))


def _limited(scope: str, prefix: str) -> Any:
    body = b'{"message": "Slow down", "scope": "%s", "limit": 200, "current": 201, "reset": 3}' % scope.encode()
    return _answered(429, body, **{f"{prefix}_{name}": value for name, value in _LIMIT.items()})


_LIMIT = {"Remaining": "0", "Limit": "200", "Reset": "3"}


def _success(operation: Described, *pieces: Any, **headers: str) -> httpx.Response:
    return httpx.Response(
        operation.success,
        headers={**headers_of(operation), **{name.replace("_", "-"): value for name, value in headers.items()}},
        stream=Body(*pieces),
    )


def _truncated(operation: Described, _: FakeClock) -> httpx.Response:
    half = content(operation)[: len(content(operation)) // 2]
    return _success(operation, half, httpx.RemoteProtocolError("peer closed connection without sending complete body"))


def _cut(status: int) -> Any:
    """Return an error answer whose body is cut off."""
    cut = httpx.RemoteProtocolError("peer closed connection without sending complete body")
    return lambda *_: httpx.Response(status, headers={"Content-Type": "application/json"}, stream=Body(b'{"mess', cut))


def _dripped(seconds: float) -> Any:
    def answer(operation: Described, clock: FakeClock) -> httpx.Response:
        body = content(operation)
        pieces = [body[:1], lambda: clock.advance(seconds), body[1:]]
        return _success(operation, *pieces)

    return answer


def _wrong_type(operation: Described, _: FakeClock) -> httpx.Response:
    return _success(operation, b"<html>Please log in</html>", Content_Type="text/html; charset=utf-8")


FAULTS = [
    Fault("reset before sending", _raised(httpx.ConnectError), acts=False, final=errors.ConnectionFailed),
    Fault("reset after sending", _raised(httpx.ReadError), acts=True, final=errors.ResponseLost),
    Fault(
        "timeout",
        _raised(httpx.ReadTimeout, seconds=30.0),
        acts=True,
        final=errors.ResponseLost,
        lasting=4,  # 4 attempts of 30 s, and the pauses of 1, 2 and 4 s between them
        lasting_final=errors.DeadlineExceeded,
    ),
    Fault("429 org", _limited("rest", "RateLimit"), acts=False, final=errors.RateLimited),
    Fault("429 user", _limited("rest_user", "RateLimit_User"), acts=False, final=errors.RateLimited),
    Fault("500", _answered(500), acts=True, final=errors.ServerError),
    Fault("502 HTML", _answered(502, HTML, Content_Type="text/html"), acts=True, final=errors.ServerError),
    Fault("503", _answered(503), acts=True, final=errors.ServiceUnavailable),
    Fault("truncated body", _truncated, acts=True, final=errors.ResponseLost),
    Fault("401 truncated", _cut(401), acts=False, final=errors.Unauthorized, transient=False),
    Fault(
        "403 br",
        _answered(403, b"\x8b\x02", Content_Encoding="br"),
        acts=False,
        final=errors.AccessDenied,
        transient=False,
    ),
    Fault("500 truncated", _cut(500), acts=True, final=errors.ServerError),
    Fault("slow body", _dripped(TIMEOUT + 1), acts=True, final=errors.DeadlineExceeded, transient=False),
    Fault("wrong content type", _wrong_type, acts=True, final=errors.InvalidResponse, transient=False),
]


@dataclass(frozen=True, slots=True)
class Cell:
    """One call of the matrix."""

    operation: Described
    faults: tuple[Fault, ...]
    stays: bool = False

    def __str__(self) -> str:
        return f"{self.operation.id}: {', '.join(map(str, self.faults))}{' that stays' if self.stays else ''}"

    def fault(self, request: int) -> Fault | None:
        """Return the fault of a request, counted from 1; None for a sound answer."""
        if request <= len(self.faults):
            return self.faults[request - 1]
        return self.faults[-1] if self.stays else None

    def expected(self) -> tuple[int, type[Exception] | None]:
        """Return the number of requests that have to be sent, and the error that they have to end in; None for an answer."""
        for number, fault in enumerate(self.faults, 1):
            if self._is_harmless(fault):
                return number, None
            if not self._may_repeat(fault):
                return number, fault.final
        if not self.stays:
            return len(self.faults) + 1, None
        return self.faults[-1].lasting, self.faults[-1].lasting_final or self.faults[-1].final

    def _is_harmless(self, fault: Fault) -> bool:
        """Return True if the fault leaves the answer as it is: it has no content, or the operation answers HTML."""
        answers_html = self.operation.media == "text/html"
        return fault.name == "wrong content type" and (answers_html or not content(self.operation))

    def _may_repeat(self, fault: Fault) -> bool:
        """Return True if the request may be sent again after this fault."""
        return fault.transient and (not fault.acts or acts_twice(self.operation))


def acts_twice(operation: Described) -> bool:
    """Return True if an operation may be sent again although the first request may have acted."""
    return operation.method in ("GET", "HEAD") or operation.repeatable


PASSING = [Cell(operation, (fault,)) for operation, fault in product(OPERATIONS.values(), FAULTS)]
STAYING = [Cell(operation, (fault,), stays=True) for operation, fault in product(OPERATIONS.values(), FAULTS)]


class Api(Buildkite):
    """Answers requests as a cell says."""

    def __init__(self, cell: Cell, clock: FakeClock) -> None:
        super().__init__()
        self._cell = cell
        self._clock = clock
        self.answer = self._next

    def _next(self, _: Sent) -> httpx.Response:
        operation, fault = self._cell.operation, self._cell.fault(len(self.requests))
        return _success(operation, content(operation)) if fault is None else fault.answer(operation, self._clock)


async def outcome(cell: Cell, *, blocking: bool, stages: Sequence[Stage] = ()) -> tuple[Any, Api]:
    """Return what a call ends in, an error too, and the server with the requests that it got."""
    clock = FakeClock()
    api = Api(cell, clock)
    kind: Any = BuildkiteClient if blocking else AsyncBuildkiteClient
    client = kind("acme", token=TOKEN, base_url=API, transport=api, clock=clock, retry=LONGEST, stages=stages)
    call = least(cell.operation)
    try:
        found = client.call(module(cell.operation), *call.args, **call.kwargs)
        return (await found if inspect.isawaitable(found) else found), api
    except errors.BuildkiteError as error:
        return error, api


@cache
def _sound(operation: Described) -> Any:
    """Return what a call ends in without any fault."""
    return run(outcome(Cell(operation, ()), blocking=True))[0]


async def check(cell: Cell, *, blocking: bool, stages: Sequence[Stage] = ()) -> None:
    """Check that a call sends what it has to send, and ends in what it has to end in."""
    requests, error = cell.expected()
    found, api = await outcome(cell, blocking=blocking, stages=stages)
    assert len(api.requests) == requests, f"{len(api.requests)} requests instead of {requests}, and {found!r}"
    assert len({sent.raw_path for sent in api.requests}) == 1
    if error is None:
        assert not isinstance(found, Exception), repr(found)
        assert cell.fault(requests) is not None or found == _sound(cell.operation)
    else:
        assert type(found) is error, repr(found)
        refused = isinstance(found, errors.ServiceUnavailable) and RECORDS[cell.operation.id].unavailable
        if isinstance(found, errors.ResponseLost | errors.ServerError) and not acts_twice(cell.operation):
            assert ("may have acted" in str(found)) is not refused
