"""Fakes of Buildkite, of time and of storage. Clients take all of them by public arguments."""

from __future__ import annotations

import inspect
import json
import threading
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from typing import Any

import anyio.lowlevel
import httpx

from buildkite_ext import AsyncBuildkiteClient, BuildkiteClient, Retry

TOKEN = "bkua_0123456789abcdef"
API = "https://api.buildkite.com"
LONGEST = Retry(random=lambda: 1.0)
"""The default policy without jitter: every pause has its maximum."""

Answer = httpx.Response | Exception | Callable[[httpx.Request], httpx.Response]


class FakeClock:
    """Time that passes by sleeping only."""

    def __init__(self, now: float = 1000.0) -> None:
        self._now = now
        self._lock = threading.Lock()
        self.sleeps: list[float] = []

    def monotonic(self) -> float:
        return self._now

    def advance(self, seconds: float) -> None:
        with self._lock:
            self._now += seconds

    def sleep(self, seconds: float) -> None:
        self.sleeps.append(seconds)
        self.advance(seconds)

    async def asleep(self, seconds: float) -> None:
        self.sleep(seconds)
        await anyio.lowlevel.checkpoint()


class App:
    """A server for `httpx.MockTransport`: answers in the order given, the last one for ever, and remembers requests."""

    def __init__(self, *answers: Answer) -> None:
        self._answers = [_master(answer) if isinstance(answer, httpx.Response) else answer for answer in answers]
        self.requests: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        answer = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer(request) if callable(answer) else answer

    @property
    def paths(self) -> list[str]:
        return [request.url.raw_path.decode() for request in self.requests]


def _master(response: httpx.Response) -> Callable[[httpx.Request], httpx.Response]:
    """Return a function that copies a response, since a client owns the response that it gets."""
    status, headers = response.status_code, [pair for pair in response.headers.raw if pair[0] != b"Transfer-Encoding"]
    if hasattr(response, "_content"):
        return lambda _: httpx.Response(status, headers=headers, stream=Body(response.content))
    stream = response.stream
    return lambda _: httpx.Response(status, headers=headers, stream=stream)


class _Async(AsyncIterator[bytes]):
    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces

    async def __anext__(self) -> bytes:
        for piece in self._pieces:
            return piece
        raise StopAsyncIteration


class Body(httpx.SyncByteStream, httpx.AsyncByteStream):
    """A body that arrives in pieces; an exception among them is raised, a function called."""

    def __init__(self, *pieces: bytes | Exception | Callable[[], object]) -> None:
        self._pieces = pieces
        self.closed = False

    def _next(self) -> Iterator[bytes]:
        for piece in self._pieces:
            if isinstance(piece, Exception):
                raise piece
            if isinstance(piece, bytes):
                yield piece
            else:
                piece()

    def __iter__(self) -> Iterator[bytes]:
        return self._next()

    def __aiter__(self) -> AsyncIterator[bytes]:
        return _Async(self._next())

    def close(self) -> None:
        self.closed = True

    async def aclose(self) -> None:
        self.closed = True


class Flavor:
    """One way of using the library: blocking, on asyncio or on trio."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.blocking = name == "blocking"

    def __repr__(self) -> str:
        return self.name

    def client(
        self,
        app: Callable[[httpx.Request], httpx.Response],
        organization: str | None = "acme",
        *,
        token: Any = TOKEN,
        clock: Any = None,
        retry: Retry = LONGEST,
        **options: Any,
    ) -> Any:
        """Return a client of this flavor whose server is `app` and whose sleeps take no time."""
        kind: Any = BuildkiteClient if self.blocking else AsyncBuildkiteClient
        return kind(
            organization,
            token=token,
            transport=httpx.MockTransport(app),
            clock=clock or FakeClock(),
            retry=retry,
            **options,
        )

    async def call(self, function: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
        """Call it, and await what comes back where there is something to await."""
        result = function(*args, **kwargs)
        return await result if inspect.isawaitable(result) else result

    async def iterate(self, items: Any) -> AsyncIterator[Any]:
        """Yield the items, by `for` or by `async for`."""
        if self.blocking:
            for item in items:
                yield item
        else:
            async for item in items:
                yield item

    async def list(self, items: Any, found: list[Any] | None = None) -> list[Any]:
        """Return all items; `found` holds those that came before an error."""
        found = [] if found is None else found
        async for item in self.iterate(items):
            found.append(item)
        return found

    def iterator(self, items: Any) -> Any:
        """Return the iterator that a `for` loop would make."""
        return iter(items) if self.blocking else aiter(items)

    async def next(self, iterator: Any) -> Any:
        return next(iterator) if self.blocking else await anext(iterator)

    async def close(self, closable: Any) -> None:
        """Close a client or an iterator."""
        if self.blocking:
            closable.close()
        else:
            await closable.aclose()


def answer(body: object = None, status: int = 200, **headers: str) -> httpx.Response:
    """Return a JSON answer; `RateLimit_Reset=` becomes the header `RateLimit-Reset`."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return (
        httpx.Response(status, json=body, headers=named) if body is not None else httpx.Response(status, headers=named)
    )


def build(number: int, **changes: Any) -> dict[str, Any]:
    """Return a build as Buildkite answers it, with the fields that the tests need."""
    return {
        "id": f"build-{number}",
        "number": number,
        "state": "running",
        "blocked": False,
        "url": f"{API}/v2/organizations/acme/pipelines/web/builds/{number}",
        "web_url": f"https://buildkite.com/acme/web/builds/{number}",
        "jobs": [],
        **changes,
    }


def job(name: str, **changes: Any) -> dict[str, Any]:
    """Return a job as Buildkite answers it, with the fields that the tests need."""
    return {"id": f"job-{name}", "name": name, "type": "script", "state": "running", "soft_failed": False, **changes}


def agents(numbers: Iterable[int]) -> list[dict[str, Any]]:
    """Return agents as Buildkite answers them, with the fields that the tests need."""
    return [{"id": f"agent-{number}", "name": f"agent {number}"} for number in numbers]


def body_of(request: httpx.Request) -> Any:
    """Return the decoded body of a request."""
    return json.loads(request.content)
