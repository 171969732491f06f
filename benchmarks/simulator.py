"""The simulator: requests that its server answers, and builds that it runs in virtual time.

The server and each run have a process of their own: `python -m benchmarks.simulator BUILDS AGENTS DOOR` is one run.
"""

from __future__ import annotations

import hmac
import json
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Self

from .rows import Row, Taken, at_least, at_most, compared, medians, peak_kilobytes, rounds_of

__all__ = ["TITLE", "measure"]

TITLE = "Simulator"

BUILDS = "/v2/organizations/acme/pipelines/web/builds"
DIAMOND = """
steps:
  - {label: Lint, command: make lint, key: lint}
  - {label: Unit, command: make unit, key: unit, depends_on: lint, if: build.branch == "main"}
  - {label: Browser, command: make browser, key: browser, depends_on: lint}
  - {label: Wheel, command: make wheel, key: wheel, depends_on: [unit, browser], if: build.tag == null || build.message =~ /x/}
  - {label: Deploy, command: make deploy, depends_on: wheel}
"""

_DELIVERED = 200
"""Builds whose webhooks are sent in one run."""

_EVENTS = 18
"""Webhooks of a build of five jobs."""

LENGTH = re.compile(rb"\r\ncontent-length: (\d+)\r\n", re.IGNORECASE)


def measure() -> list[Row]:
    """Return the rows: a start, requests over sockets and without, runs of many builds, and their webhooks."""
    return [*_started(), *_served(), *_requested(), *_run(), *_run_text(), *_delivered()]


def _started() -> Iterator[Row]:
    """Yield the rows of what each test of a user's pays: a new simulator, a client, and the first answer."""
    from buildkite_ext import BuildkiteClient
    from buildkite_ext.simulation import Simulator

    def given() -> None:
        with Simulator().client() as buildkite:
            buildkite.organizations.get()

    def connected() -> None:
        with Simulator().connected() as simulator, BuildkiteClient() as buildkite:
            simulator.pipeline("web").job("test").ends("failed")
            buildkite.builds.create("web", commit="HEAD", branch="main")

    for name, taken in rounds_of({"first answer": given, "first build, connected": connected}, often=50).items():
        each = medians(taken)
        goal = at_most(5, of="figure")
        yield Row(f"A new simulator: {name}", each.cpu * 1e3, "ms", "by wall time", each.wall * 1e3, goal=goal)


def _served() -> Iterator[Row]:
    """Yield the rows of a server as `buildkite-ext simulate` starts it. The rate is that by the server's CPU time."""
    created = b'{"commit": "HEAD", "branch": "main"}'
    with _server() as (process, port), _Connection(port) as connection:
        loads = {
            "GET of a build of 5 jobs": [connection.message("GET", f"{BUILDS}/1")],
            "GET of a page of 30 builds": [connection.message("GET", BUILDS)],
            "POST of a build, then GET of it": [
                connection.message("POST", BUILDS, created),
                connection.message("GET", f"{BUILDS}/41"),
            ],
        }
        taken: dict[str, list[Taken]] = {name: [] for name in loads}
        for turn in range(6):
            for name, messages in loads.items():
                often = 400 // len(messages)
                cpu, wall = _cpu_of(process), time.perf_counter()
                for _ in range(often):
                    for message in messages:
                        connection.send(message)
                count = often * len(messages)
                if turn:
                    spent = time.perf_counter() - wall
                    taken[name].append(Taken((_cpu_of(process) - cpu) / count, spent / count))
    for name, runs in taken.items():
        each = medians(runs)
        yield Row(f"Served: {name}", 1 / each.cpu, "/s", "by wall time", 1 / each.wall, goal=at_least(2000))


def _requested() -> Iterator[Row]:
    """Yield the row of requests without sockets, as tests send them."""
    from buildkite_ext.simulation import Simulator

    simulator = Simulator()
    simulator.pipeline("web").job("lint").job("test").build()
    simulator.clock.sleep(60)
    with simulator.client() as buildkite:
        taken = rounds_of({"ours": lambda: buildkite.builds.get("web", 1)}, often=200)["ours"]
    yield Row("In process: builds.get of a simulator's client", 1 / medians(taken).cpu, "/s")


def _run() -> Iterator[Row]:
    for builds, agents, door, seconds in (
        (10_000, "50", "builder", 10),
        (10_000, "unlimited", "builder", 10),
        (2_000, "50", "requests", None),
    ):
        spent = _in_a_process(builds, agents, door)
        created = "created by requests" if door == "requests" else "run"
        work = f"{builds:,} builds × 5 jobs {created}, {agents} agents"
        goal = None if seconds is None else at_most(seconds, of="figure")
        yield Row(work, spent["cpu"], "s", "by wall time", spent["wall"], goal=goal)
        if builds == 10_000:
            yield Row(f"{work}: memory", spent["memory"], "MB", goal=at_most(300, of="figure"))
            if agents == "50":
                yield _of_50_000(work, spent)


def _run_text() -> Iterator[Row]:
    """Yield the rows of builds of a pipeline.yml, whose 5 jobs are a diamond of dependencies with two conditions."""
    for door, seconds in (("engine", 2), ("client", 10)):
        few, spent = (_in_a_process(builds, "unlimited", door) for builds in (1_000, 10_000))
        done = "run by the engine alone" if door == "engine" else "created and read through the client"
        work = f"10,000 builds of a pipeline.yml, {done}"
        yield Row(work, spent["cpu"], "s", "by wall time", spent["wall"], goal=at_most(seconds, of="figure"))
        yield Row(f"{work}: memory", spent["memory"], "MB", goal=at_most(300, of="figure"))
        if door == "client":
            yield _of_50_000(work, spent)
        growth = spent["cpu"] / few["cpu"] / 10
        yield Row(f"{work}: time of a build beside that of 1,000 builds", growth, "×", goal=at_most(1.5, of="figure"))


def _of_50_000(work: str, spent: Mapping[str, float]) -> Row:
    """Return the row of 50,000 builds at the rate of 10,000. To run them all would take a minute."""
    seconds = (5 * spent[name] for name in ("cpu", "wall"))
    return Row(
        f"{work}: 50,000 at this rate", next(seconds), "s", "by wall time", next(seconds), goal=at_most(60, of="figure")
    )


def _delivered() -> Iterator[Row]:
    """Yield the rows of webhooks: those of builds, to a function that verifies each and to a `WebhookHandler`."""
    from buildkite_ext.simulation import Simulator
    from buildkite_ext.webhooks import WebhookHandler, verify

    bodies: list[bytes] = []

    def run(builds: int, *, handled: bool) -> None:
        simulator = Simulator(agents=50)
        hooks = WebhookHandler(secret="s3cret", now=simulator.clock.time)
        bodies.clear()

        def receive(body: bytes, headers: Mapping[str, str]) -> int:
            verify(body, headers, "s3cret", now=simulator.clock.time)
            bodies.append(body)
            return 200

        simulator.webhook(hooks if handled else receive, secret="s3cret")
        web = simulator.pipeline("web").job("lint").job("unit").job("browser").wait().job("wheel").job("deploy")
        for _ in range(builds):
            web.build()
        simulator.clock.sleep(10_000_000)
        hooks.close()
        assert not handled or hooks.counts["accepted"] == 1 + _EVENTS * builds  # with the ping

    def sign() -> None:
        for event in events:
            hmac.digest(b"s3cret", b"1790000000." + json.dumps(event).encode(), "sha256").hex()

    run(_DELIVERED, handled=False)
    events = [json.loads(body) for body in bodies]
    verified, peer = "webhooks, verified", "json.dumps and hmac"
    taken = rounds_of({verified: lambda: run(_DELIVERED, handled=False), peer: sign}, 3)
    each = medians(taken[verified])
    scale = 10_000 / _DELIVERED
    yield Row(
        f"{_EVENTS * 10_000:,} webhooks of 10,000 builds × 5 jobs, verified, by the rate of {_DELIVERED}",
        each.cpu * scale,
        "s",
        "by wall time",
        each.wall * scale,
        goal=at_most(60, of="figure"),
    )
    yield compared(f"Webhooks of {_DELIVERED} builds × 5 jobs, verified", taken, verified, peer)
    each = medians(rounds_of({"handler": lambda: run(20, handled=True)}, 3)["handler"])
    sent = 20 * _EVENTS
    yield Row("Webhooks of builds to a WebhookHandler", sent / each.cpu, "/s", "by wall time", sent / each.wall)


def _in_a_process(builds: int, agents: str, door: str) -> dict[str, float]:
    command = [sys.executable, "-m", "benchmarks.simulator", str(builds), agents, door]
    found: dict[str, float] = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    return found


def _run_builds(builds: int, agents: int | None, door: str) -> dict[str, float]:
    """Create builds and run them to their ends, and return the seconds and the largest size of the process."""
    import httpx

    from buildkite_ext.simulation import Simulator

    if door in ("engine", "client"):
        return _run_text_builds(builds, door)
    simulator = Simulator(agents=agents)
    web = simulator.pipeline("web").job("lint").job("unit").job("browser").wait().job("wheel").job("deploy")
    cpu, wall = time.process_time(), time.perf_counter()
    if door == "requests":
        headers = {"Authorization": f"Bearer {simulator.token}"}
        with httpx.Client(transport=simulator.transport(), base_url=simulator.base_url, headers=headers) as api:
            for _ in range(builds):
                api.post(BUILDS, json={"commit": "HEAD", "branch": "main"})
    else:
        for _ in range(builds):
            web.build()
    simulator.clock.sleep(10_000_000)
    assert all(build.state == "passed" for build in web.builds)
    return {
        "cpu": time.process_time() - cpu,
        "wall": time.perf_counter() - wall,
        "memory": peak_kilobytes() / 1024,
    }


def _run_text_builds(builds: int, door: str) -> dict[str, float]:
    """Create builds of a pipeline.yml and run them to their ends, and return the seconds and the size of the process."""
    from buildkite_ext.simulation import Simulator
    from buildkite_ext.simulation.state.builds import BuildRequest

    simulator = Simulator()
    web = simulator.pipeline("web").configure(DIAMOND)
    cpu, wall = time.process_time(), time.perf_counter()
    if door == "engine":
        engine, request = simulator._engine, BuildRequest(commit="HEAD", branch="main", message="Nightly")
        for _ in range(builds):
            engine.create(web.state, request, source="api", creator=web.state.created_by)
        engine.drain()
        passed = sum(build.state == "passed" for build in simulator.state.builds)
    else:
        with simulator.client() as buildkite:
            for _ in range(builds):
                buildkite.builds.create("web", commit="HEAD", branch="main")
            simulator.clock.sleep(10_000_000)
            passed = sum(build.state == "passed" for build in buildkite.builds.list("web", per_page=100))
    assert passed == builds
    return {
        "cpu": time.process_time() - cpu,
        "wall": time.perf_counter() - wall,
        "memory": peak_kilobytes() / 1024,
    }


@contextmanager
def _server() -> Iterator[tuple[int, int]]:
    """Run `buildkite-ext simulate` during a `with` block, and yield its process id and port."""
    command = [str(Path(sys.executable).with_name("buildkite-ext")), "simulate", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        assert process.stdout is not None
        try:
            port = next(found for line in process.stdout if (found := re.search(r"http://127\.0\.0\.1:(\d+)", line)))
            yield process.pid, int(port[1])
        finally:
            process.terminate()


def _cpu_of(process: int) -> float:
    """Return the CPU seconds of a process, from the 14th and 15th field of its line in /proc."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class _Connection:
    """Connection that sends prepared requests and reads each answer to its end."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._socket = socket.create_connection(("127.0.0.1", port))
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def message(self, method: str, path: str, body: bytes = b"") -> bytes:
        """Return the bytes of a request."""
        lines = (
            f"{method} {path} HTTP/1.1",
            f"Host: 127.0.0.1:{self._port}",
            "Authorization: Bearer bkua_simulator",
            "Accept: application/json",
            "User-Agent: benchmark",
            *((f"Content-Length: {len(body)}", "Content-Type: application/json") if body else ()),
        )
        return "\r\n".join((*lines, "", "")).encode() + body

    def send(self, message: bytes) -> None:
        """Send a request and read its answer."""
        self._socket.sendall(message)
        answer = bytearray()
        while (end := answer.find(b"\r\n\r\n")) < 0:
            answer += self._socket.recv(1 << 18)
        assert answer.startswith(b"HTTP/1.1 20"), answer[:200]
        length = LENGTH.search(answer, 0, end + 2)
        assert length is not None
        left = end + 4 + int(length[1]) - len(answer)
        while left > 0:
            left -= len(self._socket.recv(1 << 18))


if __name__ == "__main__":
    wanted, given, entrance = sys.argv[1:]
    print(json.dumps(_run_builds(int(wanted), None if given == "unlimited" else int(given), entrance)))
