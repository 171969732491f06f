"""The ASGI adapter: alone, and in Starlette and FastAPI."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from typing import Any

import fastapi
import httpx
import pytest
import trio
from starlette.applications import Starlette
from starlette.middleware.base import BaseHTTPMiddleware
from starlette.routing import Mount, Route

from buildkite_ext.webhooks import (
    AllowedIPs,
    BuildFinished,
    DeliveryEvent,
    DeliveryRefused,
    MemoryDeduplicationStore,
    MemoryQueue,
    WebhookHandler,
)

from .posting import NOW, SECRET, build_body, signed


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


def handler(**more: Any) -> WebhookHandler:
    return WebhookHandler(secret=SECRET, now=lambda: NOW, **more)


def scope(headers: dict[str, str], method: str = "POST", version: str = "1.1") -> dict[str, Any]:
    pairs = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
    return {
        "type": "http",
        "method": method,
        "headers": pairs,
        "http_version": version,
        "path": "/",
        "client": ("192.0.2.7", 4),
    }


class Exchange:
    """One request as a server gives it to an app, with its messages in both directions."""

    def __init__(self, *messages: dict[str, Any]) -> None:
        self.incoming = list(messages)
        self.sent: list[dict[str, Any]] = []

    async def receive(self) -> dict[str, Any]:
        if not self.incoming:
            await asyncio.Event().wait()
        return self.incoming.pop(0)

    async def send(self, message: Any) -> None:
        self.sent.append(dict(message))

    @property
    def status(self) -> int:
        return int(self.sent[0]["status"])

    @property
    def headers(self) -> dict[bytes, bytes]:
        return dict(self.sent[0]["headers"])


def body(*chunks: bytes) -> list[dict[str, Any]]:
    last = len(chunks) - 1
    return [{"type": "http.request", "body": chunk, "more_body": index < last} for index, chunk in enumerate(chunks)]


async def exchange(app: Any, a_scope: dict[str, Any], messages: Iterable[dict[str, Any]]) -> Exchange:
    done = Exchange(*messages)
    await app(a_scope, done.receive, done.send)
    return done


@asynccontextmanager
async def served(app: Any) -> AsyncIterator[httpx.AsyncClient]:
    """Run an app as a server does, from its startup to its shutdown."""
    events: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
    told: asyncio.Queue[Any] = asyncio.Queue()
    life = asyncio.create_task(app({"type": "lifespan", "asgi": {"version": "3.0"}, "state": {}}, events.get, told.put))
    await events.put({"type": "lifespan.startup"})
    assert (await told.get())["type"] == "lifespan.startup.complete"
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://hooks.test") as client:
        yield client
    await events.put({"type": "lifespan.shutdown"})
    assert (await told.get())["type"] == "lifespan.shutdown.complete"
    await life


async def test_a_body_in_many_chunks_is_one_delivery() -> None:
    hooks = handler(respond_after="handled")
    seen: list[bytes] = []
    hooks.on("*")(lambda event: seen.append(event.raw))
    posted = build_body()
    done = await exchange(hooks.asgi(), scope(signed(posted)), body(*(bytes([byte]) for byte in posted), b""))
    assert (done.status, seen) == (200, [posted])
    assert b"connection" not in done.headers


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"X-Buildkite-Signature": "timestamp=1,signature=00"}, 401),
        ({"Content-Type": "text/plain"}, 415),
        ({"Content-Length": "1048577"}, 413),
        ({"Content-Length": "many"}, 400),
    ],
)
async def test_the_body_of_a_refused_head_is_not_read(change: dict[str, str], status: int) -> None:
    headers = {**signed(build_body()), **change}
    if status == 401:
        del headers["X-Buildkite-Signature"]
    done = await exchange(handler(body_timeout=0.01).asgi(), scope(headers), [])
    assert done.status == status
    assert done.headers[b"connection"] == b"close"


async def test_over_http_2_there_is_no_connection_to_close() -> None:
    headers = {**signed(build_body()), "Content-Type": "text/plain"}
    done = await exchange(handler().asgi(), scope(headers, version="2"), [])
    assert (done.status, b"connection" in done.headers) == (415, False)


async def test_a_request_without_a_body_keeps_its_connection() -> None:
    done = await exchange(handler().asgi(), scope({"Host": "hooks.test"}, "GET"), body(b""))
    assert (done.status, done.headers[b"allow"], b"connection" in done.headers) == (405, b"POST", False)


async def test_a_small_body_without_a_length_is_accepted() -> None:
    posted = build_body()
    headers = {**signed(posted), "Transfer-Encoding": "chunked"}
    del headers["Content-Length"]
    done = await exchange(handler(max_body=len(posted)).asgi(), scope(headers), body(posted[:9], posted[9:]))
    assert done.status == 200
    endless = [{"type": "http.request", "body": b"x" * 1000, "more_body": True}] * 1000
    done = Exchange(*endless)
    await handler(max_body=5000).asgi()(scope(headers), done.receive, done.send)
    # The rest of the body is discarded for a bounded time, so that the response can arrive.
    assert (done.status, len(done.incoming)) == (413, 988)
    assert [message.get("more_body") for message in done.sent] == [None, True, None]


async def test_a_body_that_stops_is_answered_408() -> None:
    posted = build_body()
    reports: list[DeliveryEvent] = []
    app = handler(body_timeout=0.02, on_delivery_event=reports.append).asgi()
    done = await exchange(app, scope(signed(posted)), body(posted, b"")[:1])
    assert (done.status, done.headers[b"connection"]) == (408, b"close")
    (report,) = reports
    assert isinstance(report, DeliveryRefused)
    assert (report.reason, report.client) == ("too_slow", "192.0.2.7")


async def test_a_client_that_disconnects_gets_no_response() -> None:
    hooks = handler()
    posted = build_body()
    done = await exchange(hooks.asgi(), scope(signed(posted)), [*body(posted, b"")[:1], {"type": "http.disconnect"}])
    assert (done.sent, dict(hooks.counts)) == ([], {})


async def test_a_websocket_is_closed() -> None:
    done = await exchange(handler().asgi(), {"type": "websocket"}, [])
    assert done.sent == [{"type": "websocket.close", "code": 1003}]


async def test_the_end_of_the_server_waits_for_accepted_deliveries() -> None:
    hooks = handler()
    release, seen = asyncio.Event(), []

    @hooks.on("build.finished")
    async def slow(event: BuildFinished) -> None:
        await release.wait()
        seen.append(event.build.number)

    async with served(hooks.asgi()) as client:
        for number in (1, 2, 3):
            posted = build_body(number=number)
            assert (await client.post("/", content=posted, headers=signed(posted))).status_code == 200
        assert seen == []
        release.set()
    assert sorted(seen) == [1, 2, 3]


async def test_a_body_that_comes_after_the_end_is_not_accepted() -> None:
    # Its head was admitted before the end; nobody would wait for its handlers now.
    hooks = handler()
    seen: list[object] = []
    hooks.on("*")(seen.append)
    posted = build_body()
    done = Exchange()
    arriving = asyncio.Event()

    async def receive() -> dict[str, Any]:
        await arriving.wait()
        return body(posted)[0]

    request = asyncio.create_task(hooks.asgi()(scope(signed(posted)), receive, done.send))
    await asyncio.sleep(0)
    await hooks.aclose()
    arriving.set()
    await request
    assert (done.status, dict(hooks.counts), seen) == (503, {"refused": 1}, [])


@pytest.mark.parametrize(
    ("kind", "path"), [("starlette", "/hooks/"), ("fastapi", "/hooks/"), ("starlette", "/hook"), ("fastapi", "/hook")]
)
async def test_within_another_app(kind: str, path: str) -> None:
    hooks = handler()
    seen: list[int | None] = []

    @hooks.on("build.finished", state="failed")
    async def note(event: BuildFinished) -> None:
        await asyncio.sleep(0)
        seen.append(event.build.number)

    if kind == "starlette":
        routes = [Mount("/hooks", hooks.asgi()), Route("/hook", hooks.asgi())]
        app: Any = Starlette(routes=routes, lifespan=hooks.lifespan)
    else:
        app = fastapi.FastAPI(lifespan=hooks.lifespan)
        app.mount("/hooks", hooks.asgi())
        app.router.routes.append(Route("/hook", hooks.asgi()))
    posted = build_body(number=7)
    async with served(app) as client:
        answer = await client.post(path, content=posted, headers=signed(posted))
        other = await client.get("/elsewhere")
    assert (answer.status_code, answer.json(), other.status_code) == (200, {"message": "Accepted."}, 404)
    assert seen == [7]


async def test_behind_a_middleware_that_cancels_the_delivery_can_be_sent_again() -> None:
    class Distant(MemoryDeduplicationStore):
        async def settle(self, key: str, seconds: float, /) -> None:
            await asyncio.sleep(0)
            await super().settle(key, seconds)

    started = asyncio.Event()
    hooks = handler(respond_after="handled", deduplication=Distant())

    @hooks.on("*")
    async def slow(event: object) -> None:
        started.set()
        await asyncio.sleep(0 if again else 60)

    async def passing(request: Any, call_next: Any) -> Any:
        return await call_next(request)

    app = Starlette(routes=[Mount("/", hooks.asgi())])
    app.add_middleware(BaseHTTPMiddleware, dispatch=passing)
    posted, again = build_body(), False
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://hooks.test") as client:
        first = asyncio.create_task(client.post("/", content=posted, headers=signed(posted)))
        await started.wait()
        first.cancel()
        with pytest.raises(asyncio.CancelledError):
            await first
        again = True
        assert (await client.post("/", content=posted, headers=signed(posted))).status_code == 200
    assert hooks.counts["handled"] == 1


def test_on_trio_handlers_run_before_the_answer() -> None:
    # As in hypercorn with `-k trio`: a request may leave no task behind.
    sources = AllowedIPs(lambda: ["192.0.2.0/24"])
    hooks = handler(respond_after="handled", allowed_ips=sources)
    seen: list[str] = []

    @hooks.on("build.finished")
    def sync(event: BuildFinished) -> None:
        seen.append(threading.current_thread().name)

    @hooks.on("build.finished", timeout=0.01)
    async def forever(event: BuildFinished) -> None:
        await trio.sleep_forever()

    async def post(number: int) -> int:
        posted = build_body(number=number)
        return (await exchange(hooks.asgi(), scope(signed(posted)), body(posted))).status

    async def several() -> list[int]:
        async with hooks.lifespan():
            return [await post(number) for number in range(3)]

    assert trio.run(several) == [500, 500, 500]
    assert seen == ["buildkite-webhooks-handler"] * 3
    assert hooks.counts["failed"] == 3


async def test_after_a_second_startup_deliveries_are_accepted() -> None:
    hooks = handler(sink=MemoryQueue(workers=1))
    for number in (1, 2):
        posted = build_body(number=number)
        async with served(hooks.asgi()) as client:
            assert (await client.post("/", content=posted, headers=signed(posted))).status_code == 200
        assert (await exchange(hooks.asgi(), scope(signed(posted)), body(posted))).status == 503
    assert hooks.counts["handled"] == 2


# --- The lifespan round another app -------------------------------------------------------------------------------------


async def without_lifespan(scope: Any, receive: Any, send: Any) -> None:
    """What Django's ASGI app does with a lifespan."""
    if scope["type"] != "http":
        raise ValueError(f"Django can only handle ASGI/HTTP connections, not {scope['type']}.")
    await send({"type": "http.response.start", "status": 204, "headers": []})
    await send({"type": "http.response.body", "body": b""})


async def without_a_word(scope: Any, receive: Any, send: Any) -> None:
    """An app that reads the first message of a lifespan and returns."""
    if scope["type"] == "lifespan":
        await receive()
    else:
        await without_lifespan(scope, receive, send)


def with_its_own(log: list[str]) -> Starlette:
    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        log.append("begins")
        yield
        log.append("ends")

    return Starlette(lifespan=lifespan)


@pytest.mark.parametrize("kind", ["raises", "returns", "has its own"])
def test_an_app_in_with_lifespan_ends_when_the_deliveries_are_handled(kind: str) -> None:
    log: list[str] = []
    apps: dict[str, Any] = {"raises": without_lifespan, "returns": without_a_word, "has its own": with_its_own(log)}
    hooks = handler()
    loops: list[object] = []

    @hooks.on("*")
    async def slow(event: object) -> None:
        await asyncio.sleep(0.01)
        loops.append(asyncio.get_running_loop())

    async def scenario() -> object:
        async with served(hooks.with_lifespan(apps[kind])) as client:
            for number in range(5):
                sent = build_body(number=number)
                assert (await hooks.receive("POST", signed(sent), sent)).status == 200
            assert (await client.get("/")).status_code in (204, 404)
        return asyncio.get_running_loop()

    loop = asyncio.run(scenario())
    assert loops == [loop] * 5
    assert log == (["begins", "ends"] if kind == "has its own" else [])


def test_an_app_whose_start_fails_says_so_to_the_server() -> None:
    @asynccontextmanager
    async def broken(app: Starlette) -> AsyncIterator[None]:
        raise RuntimeError("no database")
        yield

    async def scenario() -> list[dict[str, Any]]:
        done = Exchange({"type": "lifespan.startup"})
        with pytest.raises(RuntimeError, match="no database"):
            await handler().with_lifespan(Starlette(lifespan=broken))(
                {"type": "lifespan", "asgi": {"version": "3.0"}, "state": {}}, done.receive, done.send
            )
        return done.sent

    assert [message["type"] for message in asyncio.run(scenario())] == ["lifespan.startup.failed"]
