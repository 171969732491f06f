"""Kinds of faults, by each door; the requests that a fault affects; and the admin route."""

from __future__ import annotations

import gzip
import json
import socket
from collections.abc import Callable, Iterator
from contextlib import closing
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from buildkite_ext import ArtifactUnavailable, ConfigurationError, DeadlineExceeded, ResponseLost
from buildkite_ext.simulation import Fault, Simulator
from buildkite_ext.simulation.server import running

from .helpers import ORG, WEB, connect

HEADERS = {"Authorization": "Bearer bkua_simulator"}


# By each door -----------------------------------------------------------------------------------------------------------


@pytest.fixture(params=["in process", "asgi", "server"])
def door(request: pytest.FixtureRequest, simulator: Simulator) -> Iterator[Callable[..., httpx.Response]]:
    """A function that sends a request through one of the doors, on a connection of its own."""
    simulator.pipeline("web").job("test", log="a\n", artifacts={"a.txt": b"hello " * 20}).history(3)
    if request.param == "in process":
        with connect(simulator) as client:
            yield client.request
    elif request.param == "asgi":

        def send(method: str, url: str, **options: Any) -> httpx.Response:
            import anyio

            async def sent() -> httpx.Response:
                transport = httpx.ASGITransport(simulator.app())
                async with httpx.AsyncClient(
                    transport=transport, base_url=simulator.base_url, headers=HEADERS
                ) as client:
                    return await client.request(method, url, **options)

            return anyio.run(sent)

        yield send
    else:
        with running(simulator, real_time=False) as url, httpx.Client(base_url=url, headers=HEADERS) as client:
            yield client.request


def test_a_latency_is_time_of_the_clock(simulator: Simulator, door: Callable[..., httpx.Response]) -> None:
    simulator.faults.add(Fault("latency", seconds=40, times=1))
    before = simulator.clock.time()
    assert door("GET", "/v2/user", timeout=60).status_code == 200
    assert simulator.clock.time() - before == 40
    assert door("GET", "/v2/user").status_code == 200
    assert simulator.clock.time() - before == 40
    assert [each.faults for each in simulator.requests] == [("latency",), ()]


@pytest.mark.parametrize(
    ("kind", "pauses"), [("slow_headers", 9), ("dripping", 9), ("slow_headers, dripping", 18), ("latency", 1)]
)
def test_slow_pieces_come_whole(
    simulator: Simulator, door: Callable[..., httpx.Response], kind: str, pauses: int
) -> None:
    for each in kind.split(", "):
        simulator.faults.add(Fault(each, seconds=3, times=1))
    before = simulator.clock.time()
    answer = door("GET", f"{WEB}/builds/1")
    assert (answer.json()["number"], simulator.clock.time() - before) == (1, 3 * pauses)
    assert door("GET", f"{WEB}/builds/1").json() == answer.json()


@pytest.mark.parametrize("whose", ["organization", "user"])
def test_either_limit_is_refused_as_buildkite_does(
    simulator: Simulator, door: Callable[..., httpx.Response], whose: Any
) -> None:
    simulator.faults.add(Fault("rate_limit", limit=whose, seconds=7, times=1))
    answer = door("GET", f"{WEB}/builds")
    scope, prefix, other = (
        ("rest_user", "RateLimit-User-", "RateLimit-") if whose == "user" else ("rest", "RateLimit-", "RateLimit-User-")
    )
    assert answer.status_code == 429
    body = answer.json()
    assert (body["scope"], body["reset"], body["current"]) == (scope, 7, body["limit"] + 1)
    assert "7 seconds" in body["message"]
    assert answer.headers.get_list(f"{prefix}Remaining") == ["0"]
    assert answer.headers.get_list(f"{prefix}Reset") == ["7"]
    assert answer.headers.get_list(f"{prefix}Scope") == [scope]
    assert f"{prefix}Warning" in answer.headers
    assert int(answer.headers[f"{other}Remaining"]) > 0
    assert f"{other}Warning" not in answer.headers
    assert door("GET", f"{WEB}/builds").status_code == 200


def test_a_server_error_is_json_or_html(simulator: Simulator, door: Callable[..., httpx.Response]) -> None:
    simulator.faults.add(Fault("error", times=1))
    simulator.faults.add(Fault("error", status=502, html=True, times=1))
    simulator.faults.add(Fault("error", status=504, body={"message": "late"}, headers={"Retry-After": "3"}, times=1))
    first, second, third = (door("GET", "/v2/user") for _ in range(3))
    assert (first.status_code, first.json()) == (503, {"message": "Service Unavailable"})
    assert (second.status_code, second.headers["Content-Type"]) == (502, "text/html; charset=utf-8")
    assert "<h1>502 Bad Gateway</h1>" in second.text
    assert (third.status_code, third.json(), third.headers["Retry-After"]) == (504, {"message": "late"}, "3")
    assert "X-Request-Id" in third.headers


@pytest.mark.parametrize(("acting", "builds"), [(False, 3), (True, 4)])
def test_an_error_comes_instead_of_acting_or_after_it(
    simulator: Simulator, door: Callable[..., httpx.Response], acting: bool, builds: int
) -> None:
    simulator.faults.add(Fault("error", status=500, after_acting=acting, times=1))
    body = {"commit": "HEAD", "branch": "main"}
    assert door("POST", f"{WEB}/builds", json=body).status_code == 500
    assert len(simulator.pipeline("web").builds) == builds


@pytest.mark.parametrize(("acting", "builds"), [(False, 3), (True, 4)])
def test_a_reset_comes_before_or_after_acting(
    simulator: Simulator, door: Callable[..., httpx.Response], acting: bool, builds: int
) -> None:
    simulator.faults.add(Fault("reset", after_acting=acting, times=1))
    with pytest.raises(
        (httpx.TransportError, AssertionError)
    ):  # httpx's ASGI transport asserts that an answer is whole
        door("POST", f"{WEB}/builds", json={"commit": "HEAD", "branch": "main"})
    assert len(simulator.pipeline("web").builds) == builds


def test_a_truncated_body_is_noticed(simulator: Simulator, door: Callable[..., httpx.Response]) -> None:
    simulator.faults.add(Fault("truncated", times=1))
    with pytest.raises((httpx.RemoteProtocolError, AssertionError)):
        door("GET", f"{WEB}/builds/1")
    assert door("GET", f"{WEB}/builds/1").json()["number"] == 1


@pytest.mark.parametrize(("kind", "fails"), [("gzip", False), ("broken_gzip", True)])
def test_gzip_is_sound_or_broken(
    simulator: Simulator, door: Callable[..., httpx.Response], kind: str, fails: bool
) -> None:
    proper = door("GET", f"{WEB}/builds/1").json()
    simulator.faults.add(Fault(kind, times=1))
    if fails:
        with pytest.raises(httpx.DecodingError):
            door("GET", f"{WEB}/builds/1")
    else:
        answer = door("GET", f"{WEB}/builds/1")
        assert (answer.headers["Content-Encoding"], answer.json()) == ("gzip", proper)


def test_a_content_type_is_another_one(simulator: Simulator, door: Callable[..., httpx.Response]) -> None:
    simulator.faults.add(Fault("content_type", times=1))
    simulator.faults.add(Fault("content_type", content_type="application/octet-stream", times=1))
    answers = [door("GET", "/v2/user") for _ in range(3)]
    assert [each.headers.get_list("Content-Type") for each in answers] == [
        ["text/html; charset=utf-8"],
        ["application/octet-stream"],
        ["application/json; charset=utf-8"],
    ]
    assert len({each.text for each in answers}) == 1


@pytest.mark.parametrize("skew", [3600, -120, 0.0])
def test_the_date_is_that_of_the_clock_or_skewed(
    simulator: Simulator, door: Callable[..., httpx.Response], skew: float
) -> None:
    simulator.faults.add(Fault("clock_skew", seconds=skew, times=1))
    dates = [parsedate_to_datetime(door("GET", "/v2/user").headers["Date"]).timestamp() for _ in range(2)]
    assert dates == [simulator.clock.time() + skew, simulator.clock.time()]


@pytest.mark.parametrize(("skew", "year"), [(1e11, 9999), (-1e11, 5194)])
def test_the_furthest_skew_is_a_date(
    simulator: Simulator, door: Callable[..., httpx.Response], skew: float, year: int
) -> None:
    simulator.clock.advance(1e11)
    simulator.clock.advance(1e11)
    simulator.faults.add(Fault("clock_skew", seconds=skew))
    assert parsedate_to_datetime(door("GET", "/v2/user").headers["Date"]).year == year


@pytest.mark.parametrize("body", [None, b""])
@pytest.mark.parametrize("status", [204, 304])
def test_an_answer_of_a_status_without_a_body_has_none(
    simulator: Simulator, door: Callable[..., httpx.Response], status: int, body: bytes | None
) -> None:
    simulator.faults.add(Fault("answer", status=status, headers={"X-Mine": "1"}, body=body, times=1))
    answer = door("GET", "/v2/user")
    assert (answer.status_code, answer.content, answer.headers["X-Mine"]) == (status, b"", "1")
    assert "Content-Type" not in answer.headers
    assert door("GET", "/v2/user").status_code == 200


def test_a_true_length_may_stand_among_the_headers(simulator: Simulator, door: Callable[..., httpx.Response]) -> None:
    simulator.faults.add(Fault("answer", body=b"abc", headers={"content-length": "3"}, times=1))
    answer = door("GET", "/v2/user")
    assert (answer.content, answer.headers["Content-Length"]) == (b"abc", "3")


def test_sockets_stay_usable_after_answers_without_a_body(
    simulator: Simulator, caplog: pytest.LogCaptureFixture
) -> None:
    simulator.faults.add(Fault("answer", status=204, times=1))
    simulator.faults.add(Fault("answer", status=304, times=1))
    with running(simulator, real_time=False) as url, httpx.Client(base_url=url, headers=HEADERS) as client:
        assert [client.get("/v2/user").status_code for _ in range(3)] == [204, 304, 200]
    assert not caplog.records


def test_lists_are_stale_and_reordered_for_a_while(simulator: Simulator, door: Callable[..., httpx.Response]) -> None:
    web = simulator.pipeline("web")
    web.build()
    simulator.clock.sleep(2)
    for _ in range(20):
        web.build()

    def listed() -> list[tuple[int, str]]:
        return [(each["number"], each["state"]) for each in door("GET", f"{WEB}/builds").json()]

    proper = listed()
    stale, reordered = Fault("stale_lists", seconds=1e6, times=1), Fault("reordered_lists", seconds=1e6, times=1)
    simulator.faults.add(stale)
    simulator.faults.add(reordered)
    door("GET", f"{WEB}/builds/1")  # no list
    assert simulator.faults.affected(stale) == 0
    faulty = listed()
    assert sorted(number for number, _ in faulty) == sorted(number for number, _ in proper)
    assert [number for number, _ in faulty] != [number for number, _ in proper]
    assert dict(faulty) != dict(proper)
    assert listed() == proper


def test_a_token_expires_in_the_middle(simulator: Simulator, door: Callable[..., httpx.Response]) -> None:
    simulator.add_token("bkua_other")
    simulator.faults.add(Fault("expired_token", after=2, times=1))
    assert [door("GET", "/v2/user").status_code for _ in range(4)] == [200, 200, 401, 401]
    assert door("GET", "/v2/user", headers={"Authorization": "Bearer bkua_other"}).status_code == 200
    simulator.add_token(simulator.token)
    assert door("GET", "/v2/user").status_code == 200


# The storage of artifacts -----------------------------------------------------------------------------------------------

CONTENT = b"hello " * 50


@pytest.fixture
def download(simulator: Simulator) -> Callable[[], bytes]:
    simulator.pipeline("web").job("test", artifacts={"a.txt": CONTENT, "b.gz": gzip.compress(CONTENT)}).history(1)
    client = simulator.client()

    def content(path: str = "a.txt") -> bytes:
        (artifact,) = [each for each in client.artifacts.list("web", 1) if each.path == path]
        return client.artifacts.read(artifact)

    return content


@pytest.mark.parametrize(
    "fault",
    [
        Fault("redirect", on="artifacts", times=3),
        Fault("gzip", on="artifacts", times=1),
        Fault("latency", on="artifacts", seconds=5, times=1),
        Fault("dripping", on="artifacts", seconds=2, times=1),
        Fault("error", on="artifacts", status=503, times=1),
        Fault("truncated", on="artifacts", times=1),
    ],
    ids=lambda fault: fault.kind,
)
def test_a_download_survives_what_passes(simulator: Simulator, download: Callable[..., bytes], fault: Fault) -> None:
    simulator.faults.add(fault)
    assert download() == CONTENT
    assert simulator.faults.affected(fault) == fault.times
    assert sum(each.faults == (fault.kind,) for each in simulator.artifact_requests) == fault.times
    assert len(simulator.faults) == 0


@pytest.mark.parametrize("status", [403, 404])
def test_a_storage_refuses(simulator: Simulator, download: Callable[..., bytes], status: int) -> None:
    simulator.faults.add(Fault("error", on="artifacts", status=status))
    with pytest.raises(ArtifactUnavailable, match=str(status)):
        download()


def test_a_file_that_is_gzip_already_is_only_declared(simulator: Simulator) -> None:
    web = simulator.pipeline("web").job("test", artifacts={"b.gz": gzip.compress(CONTENT)}).history(1)
    simulator.faults.add(Fault("gzip", on="artifacts"))
    artifact = web.builds[0].jobs[0].artifacts[0]
    with connect(simulator) as api:
        path = f"{WEB}/builds/1/jobs/{artifact.job.id}/artifacts/{artifact.id}/download"
        location = api.get(path)
        with httpx.Client(transport=simulator.transport()) as storage:
            answer = storage.get(location.headers["Location"])
    assert (answer.headers["Content-Encoding"], answer.content) == ("gzip", CONTENT)
    assert int(answer.headers["Content-Length"]) == len(artifact.data)


# What a client makes of them --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["slow_headers", "dripping"])
def test_a_slow_answer_is_cut_off_by_the_deadline_of_the_client(simulator: Simulator, kind: str) -> None:
    simulator.faults.add(Fault(kind, seconds=8, operation="user.get"))
    with simulator.client(timeout=60, retry=None) as client:
        before = simulator.clock.time()
        with pytest.raises(DeadlineExceeded):
            client.user.get()  # nine pauses of 8 s, of which none is too long for a read
        assert simulator.clock.time() - before <= 72


def test_a_pause_that_is_longer_than_a_read_may_take_is_a_timeout(simulator: Simulator, api: httpx.Client) -> None:
    for kind in ("latency", "slow_headers", "dripping"):
        fault = Fault(kind, seconds=31, times=1)
        simulator.faults.add(fault)
        before = simulator.clock.time()
        with pytest.raises(httpx.ReadTimeout):
            api.get("/v2/user", timeout=30)
        assert simulator.clock.time() - before == 30


async def test_async_clients_see_the_same(simulator: Simulator) -> None:
    simulator.faults.add(Fault("dripping", seconds=2, times=1))
    simulator.faults.add(Fault("latency", seconds=5, times=1))
    async with simulator.async_client() as client:
        before = simulator.clock.time()
        assert (await client.user.get()).name == "Ada Byron"
        assert simulator.clock.time() - before == 5 + 9 * 2
        simulator.faults.add(Fault("truncated", operation="builds.create"))
        simulator.pipeline("web").job("test")
        with pytest.raises(ResponseLost, match="may have acted"):
            await client.builds.create("web", commit="HEAD", branch="main")
    assert len(simulator.pipeline("web").builds) == 1


def test_a_client_gets_over_faults_of_each_kind(simulator: Simulator) -> None:
    simulator.pipeline("web").job("test").history(2)
    for fault in (
        Fault("rate_limit", seconds=5, times=1),
        Fault("error", html=True, times=1),
        Fault("reset", times=1),
        Fault("truncated", times=1),
        Fault("broken_gzip", after=3, times=1),
    ):
        simulator.faults.add(fault)
    with simulator.client() as client:
        assert [build.number for build in client.builds.list("web")] == [2, 1]
    assert len(simulator.faults) == 0


# Raw sockets ------------------------------------------------------------------------------------------------------------


def exchange(url: str, path: str) -> list[bytes]:
    """Return what a connection receives, piece by piece; the last is b"RST" if it was reset."""
    parts = urlsplit(url)
    received: list[bytes] = []
    with closing(socket.create_connection((parts.hostname, parts.port))) as bound:
        bound.sendall(
            f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer bkua_simulator\r\n\r\n".encode()
        )
        try:
            while data := bound.recv(1 << 16):
                received.append(data)
        except ConnectionResetError:
            received.append(b"RST")
    return received


def test_sockets_are_reset_cut_and_dripped(simulator: Simulator, caplog: pytest.LogCaptureFixture) -> None:
    for fault in (
        Fault("reset", times=1),
        Fault("reset", after_acting=True, times=1),
        Fault("truncated", after=2, times=1),
        Fault("slow_headers", seconds=0.01, pieces=5, after=2, times=1),
    ):
        simulator.faults.add(fault)
    with running(simulator) as url:
        assert exchange(url, "/v2/user") == [b"RST"]
        assert exchange(url, "/v2/user") == [b"RST"]
        slow = exchange(url, "/v2/user")
        head, _, body = b"".join(slow).partition(b"\r\n\r\n")
        announced = next(line for line in head.split(b"\r\n") if line.startswith(b"Content-Length: "))
        assert 0 < len(body) < int(announced.partition(b": ")[2])
        assert head.startswith(b"HTTP/1.1 200 OK\r\n")
        assert len(slow) > 1  # several pieces, of which the network may have put some together
        assert httpx.get(f"{url}/v2/user", headers=HEADERS).json()["name"] == "Ada Byron"
    assert not caplog.records


# Which requests ---------------------------------------------------------------------------------------------------------


def test_a_fault_may_be_for_a_path(simulator: Simulator, api: httpx.Client) -> None:
    simulator.pipeline("web").job("test").history(1)
    simulator.pipeline("api").job("test").history(1)
    simulator.faults.add(Fault("error", path="*/pipelines/web/*"))
    assert [api.get(f"{ORG}/pipelines/{slug}/builds").status_code for slug in ("web", "api", "web")] == [503, 200, 503]


def test_a_fault_begins_after_some_requests_and_ends_after_some(simulator: Simulator, api: httpx.Client) -> None:
    fault = Fault("error", after=2, times=2)
    simulator.faults.add(fault)
    assert [api.get("/v2/user").status_code for _ in range(6)] == [200, 200, 503, 503, 200, 200]
    assert (len(simulator.faults), simulator.faults.affected(fault)) == (0, 2)


def test_the_chance_of_a_fault_is_that_of_its_seed() -> None:
    def statuses(seed: int) -> list[int]:
        simulator = Simulator()
        simulator.faults.add(Fault("error", probability=0.5, seed=seed))
        with connect(simulator) as api:
            return [api.get("/v2/user").status_code for _ in range(40)]

    assert statuses(1) == statuses(1) != statuses(2)
    assert 5 < statuses(1).count(503) < 35


def test_a_fault_has_a_schedule(simulator: Simulator, api: httpx.Client) -> None:
    now = simulator.clock.time()
    simulator.faults.add(Fault("error", schedule=[(now + 10, now + 20), (now + 30, now + 31)]))
    found = []
    for _ in range(7):
        found.append(api.get("/v2/user").status_code)
        simulator.clock.sleep(5)
    assert found == [200, 200, 503, 503, 200, 200, 503]


def test_one_fault_of_a_group_and_each_group_affects_a_request(simulator: Simulator, api: httpx.Client) -> None:
    for fault in (
        Fault("error", status=500, times=1),
        Fault("error", status=502, times=1),
        Fault("latency", seconds=1, times=2),
        Fault("latency", seconds=3),
    ):
        simulator.faults.add(fault)
    before = simulator.clock.time()
    assert [api.get("/v2/user").status_code for _ in range(3)] == [500, 502, 200]
    assert simulator.clock.time() - before == 1 + 1 + 3


def test_faults_are_removed(simulator: Simulator, api: httpx.Client) -> None:
    error, late = Fault("error"), Fault("latency", seconds=1)
    simulator.faults.add(error)
    simulator.faults.add(late)
    assert list(simulator.faults) == [error, late]
    simulator.faults.remove(error)
    assert api.get("/v2/user").status_code == 200
    with pytest.raises(ValueError, match="the fault 'error' isn't there"):
        simulator.faults.remove(error)
    simulator.faults.clear()
    assert list(simulator.faults) == []


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"kind": "latncy"}, "kind='latncy': there is no such fault; did you mean 'latency'?"),
        ({"kind": "error", "operation": "builds.crate"}, "did you mean 'builds.create'"),
        ({"kind": "error", "on": "artefacts"}, "did you mean 'artifacts'"),
        ({"kind": "reset", "seconds": 3}, "seconds: a fault 'reset' doesn't have this argument; it has after_acting"),
        ({"kind": "truncated", "status": 500}, "it has no arguments of its own"),
        ({"kind": "error", "status": 200}, "status=200: give a status from 400 to 599; answer_next gives other"),
        ({"kind": "redirect", "status": 200}, "status=200: give a status from 300 to 399"),
        ({"kind": "error", "times": 0}, "times=0"),
        ({"kind": "error", "after": -1}, "after=-1"),
        ({"kind": "error", "probability": 1.5}, "probability=1.5: give a number from 0 to 1"),
        ({"kind": "latency", "seconds": -1}, "seconds=-1"),
        ({"kind": "dripping", "pieces": 1}, "pieces=1"),
        ({"kind": "rate_limit", "limit": "team"}, "limit='team'"),
        ({"kind": "rate_limit", "on": "artifacts"}, "affects requests to the API alone"),
        ({"kind": "stale_lists", "operation": "builds.get"}, "affects lists of builds alone"),
        ({"kind": "error", "on": "artifacts", "operation": "builds.get"}, "give path instead"),
        ({"kind": "error", "schedule": [(2, 1)]}, "schedule[0] ends at 1.0 and begins at 2.0"),
        ({"kind": "error", "schedule": [(1,)]}, "schedule[0] has 1 times"),
        ({"kind": "error", "html": True, "body": {}}, "leave html out"),
        ({"kind": "content_type", "content_type": "a\r\nb"}, "control character"),
        ({"kind": "error", "headers": {"a b": "c"}}, "headers has the name 'a b'"),
        ({"kind": "answer", "status": 204, "body": {}}, "body: an answer with the status 204 has none; leave body out"),
        (
            {"kind": "answer", "status": 304, "body": "x"},
            "body: an answer with the status 304 has none; leave body out",
        ),
        ({"kind": "answer", "status": 100, "body": {}}, "status=100: give a status from 200 to 599"),
        ({"kind": "answer", "body": {}, "headers": {"content-length": "99"}}, "is '99', and the body has 2 bytes"),
        ({"kind": "error", "body": "ä", "headers": {"Content-Length": "3"}}, "is '3', and the body has 4 bytes"),
        ({"kind": "error", "headers": {"Content-Length": "many"}}, "headers['Content-Length'] is given without a body"),
        ({"kind": "answer", "status": 204, "headers": {"Content-Length": "5"}}, "is given without a body"),
        (
            {"kind": "answer", "body": {}, "headers": {"Transfer-Encoding": "gzip"}},
            "headers['Transfer-Encoding']: the server",
        ),
        ({"kind": "clock_skew", "seconds": 1e18}, "seconds=1e+18: give seconds from -100000000000 to 100000000000"),
        ({"kind": "clock_skew", "seconds": -1e12}, "give seconds from -100000000000 to 100000000000"),
        ({"kind": "clock_skew", "seconds": 10**400}, "seconds"),
    ],
    ids=lambda value: json.dumps(value) if isinstance(value, dict) else "",
)
def test_a_fault_that_can_not_be_meant_is_refused(arguments: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        Fault(**arguments)
    assert said in str(caught.value)


@pytest.mark.parametrize(
    "arguments", [{"times": "1"}, {"schedule": 3}, {"probability": "often"}, {"body": object()}, {"html": 1}]
)
def test_an_argument_of_another_type_is_refused(arguments: dict[str, Any]) -> None:
    with pytest.raises(TypeError, match=next(iter(arguments))):
        Fault("error", **arguments)
    with pytest.raises(TypeError, match="give a Fault"):
        Simulator().faults.add("error")  # type: ignore[arg-type]


@given(
    st.lists(
        st.builds(
            lambda times, after, probability, seed: Fault(
                "error", times=times, after=after, probability=probability, seed=seed
            ),
            st.none() | st.integers(1, 5),
            st.integers(0, 5),
            st.floats(0, 1),
            st.integers(0, 9),
        ),
        max_size=4,
    ),
    st.integers(0, 20),
)
def test_counts_hold_for_any_faults(faults: list[Fault], requests: int) -> None:
    simulator = Simulator()
    for fault in faults:
        simulator.faults.add(fault)
    with connect(simulator) as api:
        failed = sum(api.get("/v2/meta").status_code == 503 for _ in range(requests))
    different = [fault for index, fault in enumerate(faults) if fault not in faults[:index]]
    assert failed == sum(simulator.faults.affected(fault) for fault in different)
    for fault in different:
        if fault.times is not None:
            assert simulator.faults.affected(fault) <= min(requests, fault.times * faults.count(fault))


# The admin route --------------------------------------------------------------------------------------------------------


@pytest.fixture
def admin(simulator: Simulator) -> Iterator[httpx.Client]:
    with running(simulator, admin=True, real_time=False) as url, httpx.Client(base_url=url, headers=HEADERS) as client:
        yield client


def test_a_client_in_another_language_adds_and_removes_faults(simulator: Simulator, admin: httpx.Client) -> None:
    given = {"kind": "error", "status": 502, "text": "<html>", "operation": "user.get", "times": 2}
    added = admin.post("/_simulator/faults", json=given)
    assert added.status_code == 201
    assert list(simulator.faults) == [Fault("error", status=502, body=b"<html>", operation="user.get", times=2)]
    answer = admin.get("/v2/user")
    assert (answer.status_code, answer.text) == (502, "<html>")
    listed = admin.get("/_simulator/faults").json()
    assert listed["now"] == simulator.clock.time()
    assert listed["faults"] == [{"index": 0, "affected": 1, **given}]
    now = listed["now"]
    admin.post("/_simulator/faults", json={"kind": "latency", "seconds": 1, "schedule": [[now, now + 9]]})
    assert admin.delete("/_simulator/faults/0").status_code == 204
    assert [fault.kind for fault in simulator.faults] == ["latency"]
    assert admin.delete("/_simulator/faults/1").status_code == 404
    assert admin.delete("/_simulator/faults").status_code == 204
    assert not list(simulator.faults)
    assert [each.path for each in simulator.requests] == ["/v2/user"]  # those of the route aren't recorded


@pytest.mark.parametrize(
    ("body", "status", "said"),
    [
        (b"{", 400, "isn't JSON"),
        (b"[]", 422, "Give a JSON object with a kind"),
        (b'{"kind": "eror"}', 422, "did you mean 'error'"),
        (b'{"kind": "error", "tims": 2}', 422, "did you mean 'times'"),
        (b'{"kind": "error", "times": "2"}', 422, "times is a str"),
        (b'{"kind": "error", "text": 5}', 422, "text: give a text"),
        (b'{"kind": "error", "html": true, "body": 5}', 422, "leave html out"),
    ],
)
def test_what_the_route_can_not_use_is_refused(
    simulator: Simulator, admin: httpx.Client, body: bytes, status: int, said: str
) -> None:
    answer = admin.post("/_simulator/faults", content=body)
    assert (answer.status_code, said in answer.json()["message"]) == (status, True)
    assert not list(simulator.faults)


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_the_route_does_not_exist_unless_it_is_asked_for(simulator: Simulator, method: str) -> None:
    simulator.faults.add(Fault("latency", seconds=0))
    with running(simulator) as url, httpx.Client(base_url=url, headers=HEADERS) as client:
        answer = client.request(method, "/_simulator/faults", content=b'{"kind": "error"}')
        assert (answer.status_code, answer.json()) == (404, {"message": "Not Found"})
    with connect(simulator) as api:
        assert api.request(method, "/_simulator/faults", content=b'{"kind": "error"}').status_code == 404
    assert [fault.kind for fault in simulator.faults] == ["latency"]


def test_web_pages_can_not_use_the_route(simulator: Simulator, admin: httpx.Client) -> None:
    answer = admin.post("/_simulator/faults", json={"kind": "error"}, headers={"Origin": "https://evil.test"})
    assert (answer.status_code, len(simulator.faults)) == (403, 0)
    assert admin.put("/_simulator/faults").status_code == 405
    assert admin.get("/_simulator/clocks").status_code == 404
