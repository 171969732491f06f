"""Served simulator: its addresses, its time, the hosts that may use it, and the size of what it reads."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, MutableMapping
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

import anyio
import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from buildkite_ext.simulation import Simulator, SystemClock, Timing, VirtualClock
from buildkite_ext.simulation.api.request import RefusedRequest
from buildkite_ext.simulation.hosts import AllowedHosts
from buildkite_ext.simulation.server import running

from .helpers import ORG, WEB, create, refusal

HEADERS = {"Authorization": "Bearer bkua_simulator"}
MIB = 1024 * 1024


def has_ipv6() -> bool:
    try:
        with socket.socket(socket.AF_INET6) as tried:
            tried.bind(("::1", 0))
    except OSError:
        return False
    return True


ipv6 = pytest.mark.skipif(not has_ipv6(), reason="this computer has no IPv6")


# Addresses --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("host", "base_url", "expected"),
    [
        ("127.0.0.1", None, ("127.0.0.1", "localhost")),
        ("0.0.0.0", None, ("127.0.0.1", "localhost")),
        ("localhost", None, ("localhost", "127.0.0.1")),
        ("127.0.0.1", "http://localhost:1234", ("localhost", "127.0.0.1")),
        ("127.0.0.1", "http://sim.test", ("sim.test", "localhost")),
        ("127.0.0.2", None, ("127.0.0.2", "127.0.0.2")),
        pytest.param("::1", None, ("::1", "localhost"), marks=ipv6),
        pytest.param("::1", "http://localhost", ("localhost", "::1"), marks=ipv6),
    ],
)
def test_the_artifacts_have_another_host_name_than_the_api(
    host: str, base_url: str | None, expected: tuple[str, str]
) -> None:
    simulator = Simulator()
    web = simulator.pipeline("web").job("test", artifacts={"a.txt": b"hello"}).history(1)
    with running(simulator, host=host, base_url=base_url) as url:
        names = urlsplit(url).hostname, urlsplit(simulator.artifacts_url).hostname
        assert names == expected
        if base_url is None:
            artifact = web.builds[0].jobs[0].artifacts[0]
            path = f"{url}{WEB}/builds/1/jobs/{artifact.job.id}/artifacts/{artifact.id}/download"
            location = httpx.get(path, headers=HEADERS).headers["Location"]
            assert urlsplit(location).hostname == expected[1]
            assert httpx.get(location).content == b"hello"


@ipv6
def test_both_addresses_of_localhost_are_served() -> None:
    simulator = Simulator()
    with running(simulator):
        for root in (simulator.base_url, simulator.artifacts_url):
            for host in ("127.0.0.1", "[::1]"):
                assert httpx.get(f"http://{host}:{urlsplit(root).port}/v2/meta").status_code in (200, 403)


def test_the_artifacts_can_be_given_a_url() -> None:
    simulator = Simulator()
    with running(simulator, base_url="http://sim.test", artifacts_url="http://files.test/"):
        assert (simulator.base_url, simulator.artifacts_url) == ("http://sim.test", "http://files.test")
    assert simulator.artifacts_url == "https://artifacts.buildkite.test"


# Time -------------------------------------------------------------------------------------------------------------------


def poll(condition: Callable[[], bool]) -> None:
    """Wait until a condition holds. The time limit of the test ends it."""
    pause = threading.Event()
    while not condition():
        pause.wait(0.02)


def test_virtual_time_passes_while_the_simulator_is_served() -> None:
    simulator = Simulator(timing=Timing(pickup=0.05))
    simulator.pipeline("web").job("test", after=0.1, artifacts={"a.txt": b"a"})
    with running(simulator) as url, httpx.Client(base_url=url, headers=HEADERS) as api:
        create(api)
        poll(lambda: api.get(f"{WEB}/builds/1").json()["state"] == "passed")
        found = api.get(f"{WEB}/builds/1").json()
    assert found["started_at"] > found["created_at"]
    assert found["finished_at"] > found["started_at"]


def test_virtual_time_can_still_be_advanced_while_it_passes() -> None:
    clock = VirtualClock()
    simulator = Simulator(clock=clock)
    simulator.pipeline("web").job("test", after=3600)
    with running(simulator) as url, httpx.Client(base_url=url, headers=HEADERS) as api:
        create(api)
        clock.advance(1800)
        assert api.get(f"{WEB}/builds/1").json()["state"] == "running"
        clock.advance(3600)
        assert api.get(f"{WEB}/builds/1").json()["state"] == "passed"
    after = clock.time()
    with simulator.client() as buildkite:
        assert buildkite.builds.get("web", 1).state == "passed"
    assert clock.time() == after  # without a server, only a sleep moves it


def test_the_times_are_exact_where_the_test_moves_the_clock() -> None:
    def times() -> list[str]:
        simulator = Simulator()
        simulator.pipeline("web").job("test", after=3600)
        with running(simulator, real_time=False) as url, httpx.Client(base_url=url, headers=HEADERS) as api:
            create(api)
            for _ in range(3):
                assert api.get(f"{WEB}/builds/1").json()["state"] == "scheduled"
            simulator.clock.sleep(4000)
            found = api.get(f"{WEB}/builds/1").json()
            return [found[name] for name in ("created_at", "started_at", "finished_at")]

    assert times() == ["2026-01-05T09:00:00.000Z", "2026-01-05T09:00:01.000Z", "2026-01-05T10:00:01.000Z"]


def test_a_download_lets_time_pass_too() -> None:
    simulator = Simulator()
    web = simulator.pipeline("web").job("test", artifacts={"a.txt": b"a"}).history(1)
    artifact = web.builds[0].jobs[0].artifacts[0]
    with running(simulator) as url, httpx.Client(base_url=url, headers=HEADERS) as api:
        path = f"{WEB}/builds/1/jobs/{artifact.job.id}/artifacts/{artifact.id}/download"
        location = api.get(path).headers["Location"]
        before = simulator.clock.time()
        poll(lambda: httpx.get(location).status_code == 200 and simulator.clock.time() > before)


# Hosts ------------------------------------------------------------------------------------------------------------------


FOREIGN = [
    {"Host": "evil.example"},
    {"Host": "evil.example:8080"},
    {"Host": "127.0.0.1.evil.example"},
    {"Host": "localhost.evil.example"},
    {"Host": "127.0.0.1@evil.example"},
    {"Host": ""},
    {"Origin": "https://evil.example"},
    {"Origin": "http://203.0.113.7"},
    {"Origin": "null"},
    {"Origin": "file://"},
]


def test_requests_of_foreign_web_pages_are_refused() -> None:
    simulator = Simulator(clock=SystemClock())
    web = simulator.pipeline("web").job("test", artifacts={"a.txt": b"a"}).history(1)
    with running(simulator) as url, httpx.Client(base_url=url, headers=HEADERS) as api:
        for foreign in FOREIGN:
            response = api.post(f"{WEB}/builds", json={"commit": "HEAD", "branch": "main"}, headers=foreign)
            assert response.status_code == 403, foreign
            message = response.json()["message"]
            assert "allowed_hosts=" in message
            assert "--allow-host" in message
            assert response.headers["X-Request-Id"]
            stored = httpx.get(f"{simulator.artifacts_url}/x/a.txt", headers=foreign)
            assert (stored.status_code, stored.json()["message"]) == (403, message), foreign
    assert len(web.builds) == 1
    assert simulator.requests == []
    assert simulator.artifact_requests == []


OWN: list[dict[str, str]] = [
    {},
    {"Host": "localhost:9"},
    {"Host": "[::1]:9"},
    {"Host": "192.0.2.1"},
    {"Host": "web.localhost"},
    {"Host": "LOCALHOST"},
    {"Origin": "http://localhost:3000"},
    {"Origin": "http://127.0.0.1"},
    {"Origin": "http://[::1]:3000"},
]


def test_requests_of_this_computer_are_answered() -> None:
    with running(Simulator()) as url:
        for own in OWN:
            assert httpx.get(f"{url}/v2/user", headers={**HEADERS, **own}).status_code == 200, own


@pytest.mark.parametrize(
    ("allowed", "foreign", "status"),
    [
        (["sim.test"], {"Host": "sim.test:80"}, 200),
        (["sim.test"], {"Host": "SIM.test", "Origin": "https://sim.test"}, 200),
        (["sim.test", "other.test"], {"Origin": "https://other.test:8443"}, 200),
        (["203.0.113.7"], {"Origin": "http://203.0.113.7"}, 200),
        (["::1"], {"Host": "[::1]"}, 200),
        (["*"], {"Host": "evil.example", "Origin": "null"}, 200),
        (["sim.test"], {"Host": "evil.test"}, 403),
        (["sim.test"], {"Host": "sub.sim.test"}, 403),
        (["sim.test"], {"Host": "sim.test", "Origin": "https://evil.test"}, 403),
    ],
)
def test_further_hosts_can_be_allowed(allowed: list[str], foreign: dict[str, str], status: int) -> None:
    with running(Simulator(), allowed_hosts=allowed) as url:
        assert httpx.get(f"{url}/v2/user", headers={**HEADERS, **foreign}).status_code == status


def test_the_host_of_a_given_base_url_is_allowed() -> None:
    simulator = Simulator()
    with running(simulator) as url:
        simulator.move_to("http://sim.test", url)
        assert httpx.get(f"{url}/v2/user", headers={**HEADERS, "Host": "sim.test"}).status_code == 200


@pytest.mark.anyio
async def test_the_asgi_application_refuses_foreign_hosts_too(simulator: Simulator) -> None:
    async def status(url: str, *, origin: str | None = None, **options: Any) -> int:
        headers = HEADERS if origin is None else {**HEADERS, "Origin": origin}
        transport = httpx.ASGITransport(simulator.app(**options))
        async with httpx.AsyncClient(transport=transport, headers=headers) as client:
            return (await client.get(f"{url}/v2/user")).status_code

    assert await status(simulator.base_url) == 200
    assert await status("http://localhost:1") == 200
    assert await status("http://testserver") == 403
    assert await status("http://testserver", allowed_hosts=["testserver"]) == 200
    assert await status(simulator.base_url, origin="https://evil.example") == 403
    assert await status(simulator.base_url, origin="https://evil.example", allowed_hosts={"*"}) == 200


@pytest.mark.parametrize("wrong", ["http://sim.test", "sim.test:80", "sim.test/x", "", "a b", "me@sim.test"])
def test_a_name_that_is_no_host_is_refused(simulator: Simulator, wrong: str) -> None:
    for make in (simulator.app, simulator.artifacts_app):
        with pytest.raises(ValueError, match="isn't the name of a host alone"):
            make(allowed_hosts=[wrong])


def test_a_single_string_of_hosts_is_refused(simulator: Simulator) -> None:
    with pytest.raises(TypeError, match=r"give a list of names, such as \['sim.test'\]"):
        simulator.app(allowed_hosts="sim.test")
    with pytest.raises(TypeError, match="give a list"), running(simulator, allowed_hosts="sim.test"):
        pytest.fail("it isn't served")


LABELS = st.from_regex(r"[a-z][a-z0-9-]{0,8}", fullmatch=True)


@given(labels=st.lists(LABELS, min_size=2, max_size=4), port=st.one_of(st.none(), st.integers(1, 65535)))
def test_no_domain_name_is_allowed_by_itself(labels: list[str], port: int | None) -> None:
    name = ".".join(labels)
    named = f"{name}:{port}" if port else name
    hosts = AllowedHosts([], lambda: "http://127.0.0.1:8080")
    for header, value in ((b"Host", named), (b"origin", f"https://{named}")):
        if labels[-1] != "localhost":
            with pytest.raises(RefusedRequest):
                hosts.check([(b"host", b"localhost"), (header, value.encode())])
    AllowedHosts([name], lambda: "http://127.0.0.1:8080").check([(b"host", named.encode())])


@given(header=st.sampled_from([b"host", b"origin"]), value=st.binary(max_size=40))
def test_any_bytes_are_allowed_or_refused(header: bytes, value: bytes) -> None:
    with suppress(RefusedRequest):
        AllowedHosts([], lambda: "http://127.0.0.1:8080").check([(header, value)])


# Bodies -----------------------------------------------------------------------------------------------------------------


def connect(url: str) -> socket.socket:
    parts = urlsplit(url)
    assert parts.hostname
    assert parts.port
    return socket.create_connection((parts.hostname, parts.port), timeout=30)


def answer_of(connection: socket.socket) -> bytes:
    found = b""
    with suppress(ConnectionResetError):  # the server closes with unread bytes, after its answer
        while part := connection.recv(65536):
            found += part
    return found


@pytest.mark.parametrize("length", [10 * MIB + 1, 10**18])
def test_a_long_body_is_refused_before_it_is_sent(length: int) -> None:
    simulator = Simulator()
    with running(simulator) as url:
        for root in (url, simulator.artifacts_url):
            with connect(root) as connection:
                head = f"POST {WEB}/builds HTTP/1.1\r\nHost: localhost\r\nContent-Length: {length}\r\n\r\n"
                connection.sendall(head.encode())
                answer = answer_of(connection)
            assert answer.startswith(b"HTTP/1.1 413 ")
            assert b"longer than 10 MiB" in answer


def test_a_body_without_an_announced_length_is_bounded_before_authentication() -> None:
    simulator = Simulator()
    chunk = b"10000\r\n" + b"a" * 65536 + b"\r\n"
    with running(simulator) as url:
        for root in (url, simulator.artifacts_url):
            sent = 0
            with connect(root) as connection:
                head = f"POST {WEB}/builds HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
                connection.sendall(head.encode())
                with suppress(OSError):  # the server closes the connection
                    while sent < 1000 * MIB:
                        connection.sendall(chunk)
                        sent += len(chunk)
                assert sent < 100 * MIB  # what it read, and what the buffers of both sockets hold
    assert simulator.requests == []


def test_a_request_that_is_cut_off_does_nothing() -> None:
    simulator = Simulator()
    web = simulator.pipeline("web").job("test", after=600)
    body = b'{"commit": "HEAD", "branch": "main"}'
    with running(simulator) as url, httpx.Client(base_url=url, headers=HEADERS) as api:
        create(api)
        for path, given in ((f"{WEB}/builds/1/rebuild", b""), (f"{WEB}/builds", body[:-1])):
            with connect(url) as connection:
                method = "PUT" if path.endswith("rebuild") else "POST"
                head = f"{method} {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: {HEADERS['Authorization']}\r\n"
                connection.sendall(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + given)
                connection.shutdown(socket.SHUT_WR)
                assert b" 201 " not in answer_of(connection)
        assert api.get(f"{WEB}/builds").json()[0]["number"] == 1
    assert [request.operation for request in simulator.requests] == ["create_build", "list_pipeline_builds"]
    assert len(web.builds) == 1


@pytest.mark.anyio
@pytest.mark.parametrize("authorized", [False, True])
async def test_the_asgi_application_reads_no_more_than_it_must(simulator: Simulator, authorized: bool) -> None:
    web = simulator.pipeline("web").job("test")
    received = 0
    sent: list[MutableMapping[str, Any]] = []

    async def receive() -> MutableMapping[str, Any]:
        nonlocal received
        received += 1
        await anyio.lowlevel.checkpoint()
        return {"type": "http.request", "body": bytes(MIB), "more_body": True}

    async def send(message: MutableMapping[str, Any]) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "method": "POST",
        "path": f"{WEB}/builds",
        "query_string": b"",
        "headers": [(b"host", b"localhost"), *([(b"authorization", b"Bearer bkua_simulator")] if authorized else [])],
    }
    await simulator.app()(scope, receive, send)
    assert received == 11
    assert sent[0]["status"] == 413
    assert dict(sent[0]["headers"])[b"x-request-id"]
    assert web.builds == []


def test_recorded_bodies_are_bounded(simulator: Simulator) -> None:
    body = bytes(9 * MIB)
    with httpx.Client(transport=simulator.transport(), base_url=simulator.base_url) as api:
        for _ in range(60):
            assert refusal(api.post(f"{ORG}/teams", content=body))[0] == 401
    assert sum(len(request.body) for request in simulator.requests) <= 200_000_000
    assert simulator.requests[-1].body == body


@pytest.mark.parametrize("host", ["api", "artifacts"])
def test_its_end_says_nothing_of_a_request_that_is_half_sent(host: str, caplog: pytest.LogCaptureFixture) -> None:
    simulator = Simulator()
    with socket.socket() as client, running(simulator):
        parts = urlsplit(simulator.base_url if host == "api" else simulator.artifacts_url)
        client.connect(("127.0.0.1", parts.port))
        client.sendall(b"POST /v2/x HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\nExpect: 100-continue\r\n\r\n")
        assert client.recv(100).startswith(b"HTTP/1.1 100 ")  # the application reads the body
    assert not [record.getMessage() for record in caplog.records if record.levelname in ("WARNING", "ERROR")]
