"""Error answers whose body is faulty: the status says what has happened, whatever becomes of the body."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from typing import Any

import anyio
import httpx
import pytest

from buildkite_ext import AsyncBuildkiteClient, BuildkiteClient, errors
from buildkite_ext.events import WriteAudited

from ..core.fakes import TOKEN, App, Body, FakeClock, Flavor
from .servers import Server, answers, heads

CUT = httpx.RemoteProtocolError("peer closed connection without sending complete message body")
WHOLE = b'{"message": "No build found"}'
JSON = {"Content-Type": "application/json"}

Faulty = Callable[[FakeClock], tuple[Body, dict[str, str]]]

FAULTS: dict[str, Faulty] = {
    "truncated": lambda _: (Body(WHOLE[:9], CUT), JSON),
    "without any of it": lambda _: (Body(CUT), JSON),
    "reset": lambda _: (Body(WHOLE[:9], httpx.ReadError("reset")), JSON),
    "timeout": lambda _: (Body(WHOLE[:9], httpx.ReadTimeout("slow")), JSON),
    "br": lambda _: (Body(b"\x8b\x02\x80no\x03"), {**JSON, "Content-Encoding": "br"}),
    "zstd": lambda _: (Body(b"\x28\xb5\x2f\xfd"), {**JSON, "Content-Encoding": "zstd"}),
    "two codings": lambda _: (Body(b"x"), {**JSON, "Content-Encoding": "gzip, gzip"}),
    "broken gzip": lambda _: (Body(b"\x1f\x8b nothing"), {**JSON, "Content-Encoding": "gzip"}),
    "cut gzip": lambda _: (Body(gzip.compress(WHOLE)[:-9]), {**JSON, "Content-Encoding": "gzip"}),
    "too large": lambda _: (Body(b" " * 600, b" " * 600), JSON),
    "a bomb": lambda _: (Body(gzip.compress(b" " * 1_000_000)), {**JSON, "Content-Encoding": "gzip"}),
    "not JSON": lambda _: (Body(b"{"), JSON),
    "not UTF-8": lambda _: (Body(b"\xff\xfe\xff"), JSON),
    "a page": lambda _: (Body(b"<html>"), {"Content-Type": "text/html"}),
    "of an unknown charset": lambda _: (Body(b"no"), {"Content-Type": "text/plain; charset=none"}),
    "dripping": lambda clock: (Body(b" ", *[lambda: clock.advance(70), b" "] * 3), JSON),
}
STATUSES: dict[int, type[errors.ApiError]] = {
    400: errors.InvalidRequest,
    401: errors.Unauthorized,
    403: errors.AccessDenied,
    404: errors.PipelineNotFound,
    409: errors.ApiError,
    422: errors.InvalidRequest,
    500: errors.ServerError,
    503: errors.ServiceUnavailable,
}


def faulty(status: int, fault: Faulty, clock: FakeClock) -> Callable[[httpx.Request], httpx.Response]:
    def respond(_: httpx.Request) -> httpx.Response:
        body, headers = fault(clock)
        return httpx.Response(status, headers=headers, stream=body)

    return respond


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
async def test_a_write_that_is_refused_is_refused_whatever_its_body_is(flavor: Flavor, fault: Faulty) -> None:
    for status, kind in STATUSES.items():
        clock, events = FakeClock(), list[Any]()
        app = App(faulty(status, fault, clock))
        client = flavor.client(app, clock=clock, max_body=1000, on_event=events.append)
        with pytest.raises(errors.ApiError) as caught:
            await flavor.call(client.builds.create, "web", branch="main")
        assert type(caught.value) is kind
        assert caught.value.response.status_code == status
        (audited,) = (event for event in events if isinstance(event, WriteAudited))
        assert (audited.status, audited.result) == (status, "refused" if status < 500 else "unknown")
        assert len(app.requests) == 1


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
async def test_a_read_that_is_refused_is_refused_at_once(flavor: Flavor, fault: Faulty) -> None:
    clock = FakeClock()
    app = App(faulty(404, fault, clock))
    client = flavor.client(app, clock=clock, max_body=1000)
    with pytest.raises(errors.BuildNotFound):
        await flavor.call(client.builds.get, "web", 7)
    with pytest.raises(errors.ApiError):
        await flavor.call(client.pipelines.get, "web")
    assert len(app.requests) == 2


async def test_what_has_arrived_of_a_body_is_kept(flavor: Flavor) -> None:
    app = App(lambda _: httpx.Response(422, headers=JSON, stream=Body(WHOLE, b" ", CUT)))
    with pytest.raises(errors.InvalidRequest, match="No build found") as caught:
        await flavor.call(flavor.client(app).builds.create, "web", branch="main")
    assert caught.value.response.content == WHOLE + b" "


async def test_a_limit_whose_body_is_cut_is_waited_out_by_its_headers(flavor: Flavor) -> None:
    headers = {**JSON, "RateLimit-Remaining": "0", "RateLimit-Limit": "200", "RateLimit-Reset": "7"}
    clock = FakeClock()
    app = App(
        lambda _: httpx.Response(429, headers=headers, stream=Body(b'{"res', CUT)),
        httpx.Response(201, json={"id": "b", "number": 7}),
    )
    assert (await flavor.call(flavor.client(app, clock=clock).builds.create, "web", branch="main")).number == 7
    assert clock.sleeps[0] >= 7


@pytest.mark.parametrize("fault", ["truncated", "br", "broken gzip", "too large", "dripping"])
async def test_an_answer_that_is_no_error_still_needs_its_body(flavor: Flavor, fault: str) -> None:
    for status in (200, 201):
        clock = FakeClock()
        app = App(faulty(status, FAULTS[fault], clock))
        with pytest.raises((errors.ResponseLost, errors.InvalidResponse, errors.DeadlineExceeded)):
            await flavor.call(flavor.client(app, clock=clock, max_body=1000).builds.create, "web", branch="main")
        assert len(app.requests) == 1


CUT_404 = b"HTTP/1.1 404 Not Found\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n" + WHOLE[:9]
BR_404 = b"HTTP/1.1 404 Not Found\r\nContent-Encoding: br\r\nContent-Length: 3\r\n\r\n\x8b\x02\x80"
SOUND = b'HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\n{"id": "u1"}'


@pytest.mark.parametrize("first", [CUT_404, BR_404], ids=["truncated", "br"])
def test_a_client_is_usable_afterwards(first: bytes) -> None:
    def serve(connection: Any) -> None:
        for head in heads(connection):
            reply = first if head.startswith(b"PUT ") else SOUND
            connection.sendall(reply)
            if reply is CUT_404:
                return

    for kind in (BuildkiteClient, AsyncBuildkiteClient):
        server = Server(serve)
        try:
            if kind is BuildkiteClient:
                with BuildkiteClient("acme", token=TOKEN, base_url=server.url) as client:
                    with pytest.raises(errors.BuildNotFound):
                        client.builds.cancel("web", 7)
                    assert client.user.get().id == "u1"
            else:

                async def use(url: str = server.url) -> None:
                    async with AsyncBuildkiteClient("acme", token=TOKEN, base_url=url) as client:
                        with pytest.raises(errors.BuildNotFound):
                            await client.builds.cancel("web", 7)
                        assert (await client.user.get()).id == "u1"

                anyio.run(use)
        finally:
            server.close()


def test_an_error_answer_that_never_ends_is_over_with_the_call() -> None:
    server = Server(answers(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 99\r\n\r\n{"))
    try:
        with (
            BuildkiteClient("acme", token=TOKEN, base_url=server.url, timeout=0.2) as client,
            pytest.raises(errors.AccessDenied),
        ):
            client.builds.rebuild("web", 7)

        async def use() -> None:
            async with AsyncBuildkiteClient("acme", token=TOKEN, base_url=server.url, timeout=0.2) as client:
                with pytest.raises(errors.AccessDenied):
                    await client.builds.rebuild("web", 7)

        anyio.run(use)
    finally:
        server.close()
