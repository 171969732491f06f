"""Clients of the simulator: httpx transports, the ASGI application, the server and BuildkiteClient."""

from __future__ import annotations

import builtins
import signal
import socket
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import anyio
import httpx
import pytest

from buildkite_ext import BuildkiteClient
from buildkite_ext.simulation import MockBuildkiteClient, SimRequest, Simulator, SystemClock
from buildkite_ext.simulation.demo import demo_organization
from buildkite_ext.simulation.server import running

from .helpers import ORG, WEB, build, connect, create

HEADERS = {"Authorization": "Bearer bkua_simulator"}


@pytest.mark.anyio
async def test_the_async_transport_answers_the_same(simulator: Simulator) -> None:
    simulator.pipeline("web").job("test").history(3)
    async with httpx.AsyncClient(
        transport=simulator.async_transport(), base_url=simulator.base_url, headers=HEADERS
    ) as async_api:
        with connect(simulator) as api:
            for path in ("/v2/builds", WEB, "/v2/none"):
                assert (await async_api.get(path)).json() == api.get(path).json()
        simulator.drop_next()
        with pytest.raises(httpx.ConnectError):
            await async_api.get("/v2/user")


@pytest.mark.anyio
async def test_an_async_request_can_be_cancelled_before_it_acts(simulator: Simulator) -> None:
    web = simulator.pipeline("web").job("test")
    async with httpx.AsyncClient(
        transport=simulator.async_transport(), base_url=simulator.base_url, headers=HEADERS
    ) as api:
        with anyio.CancelScope() as scope:
            scope.cancel()
            await api.post(f"{WEB}/builds", json={"commit": "HEAD", "branch": "main"})
    assert scope.cancelled_caught
    assert web.builds == []


def test_other_hosts_cannot_be_reached(simulator: Simulator, api: httpx.Client) -> None:
    for url in (
        "https://api.buildkite.com/v2/user",
        "http://api.buildkite.test/v2/user",
        "https://api.buildkite.test:81/",
    ):
        with pytest.raises(httpx.ConnectError, match="the simulator is at"):
            api.get(url)
    assert api.get("https://api.buildkite.test:443/v2/user").status_code == 200


@pytest.mark.anyio
async def test_the_asgi_application_answers_the_same(simulator: Simulator) -> None:
    simulator.pipeline("a/b").job("test").history(2)
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(simulator.app()),
        base_url=simulator.base_url,
        headers=HEADERS,
    ) as app:
        with connect(simulator) as api:
            for path in (f"{ORG}/pipelines/a%2Fb/builds?per_page=1", "/v2/user", "/v2/none"):
                over, direct = await app.get(path), api.get(path)
                assert (over.status_code, over.json()) == (direct.status_code, direct.json())
                assert over.headers.get("Link") == direct.headers.get("Link")
        made = await app.post(f"{ORG}/pipelines/a%2Fb/builds", json={"commit": "HEAD", "branch": "main"})
        assert made.status_code == 201


def test_a_server_serves_the_api_and_the_artifacts_from_two_ports() -> None:
    simulator = Simulator(clock=SystemClock())
    simulator.pipeline("web").job("test", log="hello\n", artifacts={"a.txt": b"a" * 200_000}).history(3)
    with running(simulator) as url, httpx.Client(base_url=url, headers=HEADERS) as api:
        assert url == simulator.base_url
        assert build(api)["url"] == f"{url}{WEB}/builds/1"
        first = api.get(f"{WEB}/builds", params={"per_page": "2"})
        assert len(api.get(first.links["next"]["url"]).json()) == 1
        artifact = api.get(f"{WEB}/builds/1/artifacts").json()[0]
        location = api.get(artifact["download_url"]).headers["Location"]
        assert httpx.URL(location).port != httpx.URL(url).port
        assert httpx.get(location).content == b"a" * 200_000
        assert httpx.get(location, headers=HEADERS).status_code == 400
        head = api.head(f"{WEB}/builds/1/jobs/{artifact['job_id']}/log")
        assert int(head.headers["Content-Length"]) > len("hello\n")
        assert api.delete(f"{WEB}/builds/1/jobs/{artifact['job_id']}/log").status_code == 204
        create(api)
    assert simulator.base_url == "https://api.buildkite.test"
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{url}/v2/meta")


def test_a_dropped_connection_is_reset(caplog: pytest.LogCaptureFixture) -> None:
    simulator = Simulator()
    web = simulator.pipeline("web").job("test")
    with running(simulator) as url, httpx.Client(base_url=url, headers=HEADERS) as api:
        for acting in (False, True):
            simulator.drop_next(after_acting=acting)
            with pytest.raises(httpx.ReadError):
                create(api)
            assert len(web.builds) == int(acting)
        create(api)
    assert not caplog.records


def test_many_connections_at_once() -> None:
    simulator = Simulator()
    web = simulator.pipeline("web").job("test")
    with running(simulator) as url, httpx.Client(base_url=url, headers=HEADERS) as api, ThreadPoolExecutor(8) as pool:
        numbers = list(pool.map(lambda _: create(api)["number"], range(80)))
    assert sorted(numbers) == list(range(1, 81))
    assert len(web.builds) == 80


def test_many_threads_at_once(simulator: Simulator, api: httpx.Client) -> None:
    simulator.pipeline("web").job("test", after=1)

    def go(_: int) -> int:
        number: int = create(api)["number"]
        simulator.clock.sleep(1)
        assert build(api, number)["number"] == number
        return number

    with ThreadPoolExecutor(8) as pool:
        assert sorted(pool.map(go, range(80))) == list(range(1, 81))


def test_serving_ends_with_ctrl_c() -> None:
    script = (
        "from buildkite_ext.simulation import Simulator\n"
        "from buildkite_ext.simulation.server import serve\n"
        "serve(Simulator(), port=0, started=lambda url: print(url, flush=True))\n"
        "print('bye', flush=True)"
    )
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        url = server.stdout.readline().strip()
        assert httpx.get(f"{url}/v2/meta").status_code == 200
        server.send_signal(signal.SIGINT)
        assert server.communicate(timeout=60)[0] == "bye\n"
        assert server.returncode == 0


def test_a_port_that_is_taken_is_an_error() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(OSError, match="in use"), running(Simulator(), taken.getsockname()[1]):
            pytest.fail("nobody can listen there")


def test_a_missing_extra_is_named_with_its_installation(monkeypatch: pytest.MonkeyPatch) -> None:
    original = builtins.__import__

    def without_uvicorn(name: str, *args: Any, **kwargs: Any) -> Any:
        if name == "uvicorn":
            raise ImportError(name)
        return original(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", without_uvicorn)
    with pytest.raises(ImportError, match=r"pip install 'buildkite-ext\[server\]'"), running(Simulator()):
        pytest.fail("there is no server")


def test_importing_the_simulator_loads_neither_a_client_nor_a_server() -> None:
    script = "import buildkite_ext.simulation, sys; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout.split()
    assert not {"httpx", "uvicorn", "anyio", "trio", "buildkite_ext.client", "buildkite_api.models"} & set(loaded)


def test_a_request_is_a_plain_value(simulator: Simulator) -> None:
    response = simulator.handle(
        SimRequest.of("get", "/v2/user?a=1&a=2", headers=[("AUTHORIZATION", "Bearer bkua_simulator")])
    )
    assert response.status == 200
    assert response.header("content-TYPE") == "application/json; charset=utf-8"
    assert simulator.requests[0].query == (("a", "1"), ("a", "2"))


def test_our_own_client_is_connected_to_it(simulator: Simulator) -> None:
    simulator.pipeline("web").job("test", log="boom\n", exit_status=1, after=90)
    with simulator.client() as buildkite:
        made = buildkite.builds.create("web", commit="HEAD", branch="main")
        assert buildkite.builds.wait("web", made.number).outcome == "failed"
    assert simulator.clock.time() >= 1_767_603_600 + 91


@pytest.mark.anyio
async def test_our_own_async_client_is_connected_to_it(simulator: Simulator) -> None:
    simulator.pipeline("web").job("test", after=90)
    async with simulator.async_client() as buildkite:
        made = await buildkite.builds.create("web", commit="HEAD", branch="main")
        assert (await buildkite.builds.wait("web", made.number)).outcome == "passed"


def test_the_demo_has_something_to_see() -> None:
    simulator = demo_organization()
    with connect(simulator) as api:
        numbers = {slug: create(api, slug)["number"] for slug in ("web", "api", "release")}
        simulator.clock.sleep(12)
        states = {slug: build(api, number, slug) for slug, number in numbers.items()}
        assert [(found["state"], found["blocked"]) for found in states.values()] == [
            ("passed", False),
            ("failed", False),
            ("passed", True),
        ]
        wheels = api.get(f"{WEB}/builds/{numbers['web']}/artifacts", params={"path": "dist/*.whl"}).json()
        assert len(wheels) == 1
        log = api.get(f"{WEB}/builds/{numbers['web']}/jobs/{states['web']['jobs'][0]['id']}/log.txt").text
        assert "--- :ruff: Lint" in log
        assert "\x1b[32m" in log
        assert api.put(f"{ORG}/pipelines/api/builds/{numbers['api']}/retry_failed_jobs").status_code == 202
        simulator.clock.sleep(10)
        assert build(api, numbers["api"], "api")["state"] == "passed"


def test_meta_data_and_fields_of_any_scalar_are_kept_as_texts() -> None:
    simulator = Simulator()
    fields = ["force", {"key": "percent"}, {"key": "regions"}]
    simulator.pipeline("web").block("Ship?", fields).job("ship")
    with simulator.client() as client:
        given = {"release": "1.4", "canary": True, "shard": 3}
        build = client.builds.create("web", commit="HEAD", branch="main", meta_data=given)
        assert {key: build.meta_data[key] for key in given} == {"release": "1.4", "canary": "true", "shard": "3"}
        for filters in ({"canary": True}, {"shard": 3}, {"release": "1.4"}, given):
            assert [each.number for each in client.builds.list("web", meta_data=filters)] == [1]
        assert list(client.builds.list("web", meta_data={"canary": False})) == []
        simulator.clock.sleep(1)
        [step] = client.jobs.list("web", 1, state="blocked")
        client.jobs.unblock("web", 1, step.id, fields={"force": True, "percent": 25, "regions": ["eu", "us"]})
        kept = client.builds.get("web", 1).meta_data
        assert (kept["force"], kept["percent"], kept["regions"]) == ("true", "25", "eu\nus")


def test_the_names_of_a_test_kit_are_in_one_place_and_load_no_client_before_they_are_used() -> None:
    program = """
import sys
from buildkite_ext.simulation import BuildSimulator, Recorder, Replayer, Simulator
print(BuildSimulator is Simulator, [name for name in ("buildkite_ext.client", "vcr") if name in sys.modules])
"""
    shown = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert shown.stdout == "True []\n"


def test_a_mock_client_has_a_simulator_of_its_own_or_one_that_exists() -> None:
    with MockBuildkiteClient() as buildkite, MockBuildkiteClient() as other:
        buildkite.simulator.pipeline("web").job("test", exit_status=1)
        assert buildkite.builds.wait("web", buildkite.builds.create("web").number).outcome == "failed"
        assert list(other.pipelines.list()) == []
    with MockBuildkiteClient(buildkite.simulator) as again:
        assert [build.state for build in again.builds.list("web")] == ["failed"]
    assert isinstance(again, BuildkiteClient)


@pytest.mark.parametrize(
    ("give", "said"),
    [
        ("'globex'", r"simulator is a str: give a Simulator, such as MockBuildkiteClient\(Simulator\('globex'\)\)"),
        ("5", "simulator is an int: give a Simulator$"),
        ("agents=0", r"'agents'. Give it to the simulator: MockBuildkiteClient\(Simulator\(agents=...\)\)"),
        ("read_only=True", r"'read_only'. Give it to a client of a simulator: Simulator\(\).client\(read_only=...\)"),
        ("hue='red'", "'hue'. It takes a simulator alone"),
    ],
)
def test_a_mock_client_says_where_an_option_belongs(give: str, said: str) -> None:
    with pytest.raises(TypeError, match=said):
        eval(f"MockBuildkiteClient({give})")
