"""The command in this process through `main`, and in a process of its own. Both use real HTTP."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import pytest

from buildkite_ext.cli import main
from buildkite_ext.simulation import Simulator, SystemClock, Timing
from buildkite_ext.simulation.asgi import App, Pause
from buildkite_ext.simulation.server import running

TOKEN = "bkua_simulator_0123456789"
COMMAND = [sys.executable, "-c", "import sys; from buildkite_ext.cli import main; sys.exit(main())"]
PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "all_proxy", "no_proxy")
ELSEWHERE = (*PROXIES, "SSL_CERT_FILE", "SSL_CERT_DIR", "NO_COLOR", "FORCE_COLOR", "COLUMNS", "LINES")


@dataclass(frozen=True)
class Ended:
    """Exit code and output of the command."""

    code: int
    out: str
    err: str

    @property
    def lines(self) -> list[str]:
        return self.out.splitlines()


@pytest.fixture(autouse=True)
def plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ELSEWHERE:
        monkeypatch.delenv(name, raising=False)


class SharedServer:
    """Server that all tests share. Each test puts its own simulator behind it."""

    def __init__(self) -> None:
        self.simulator = Simulator()
        self.clock = SystemClock()
        self.base_url = self.artifacts_url = ""

    @contextmanager
    def _served_at(self, base_url: str, artifacts_url: str) -> Iterator[None]:
        self.base_url, self.artifacts_url = base_url, artifacts_url
        yield

    def put_behind(self, simulator: Simulator) -> None:
        self._take_in_what_was_sent()
        simulator.move_to(self.base_url, self.artifacts_url)
        self.simulator = simulator

    def _take_in_what_was_sent(self) -> None:
        # A process that the test before killed may have sent a request just before. It is not one of the next test.
        host, port = self.base_url.removeprefix("http://").split(":")
        with socket.create_connection((host, int(port)), timeout=30) as connection:
            connection.sendall(f"GET / HTTP/1.1\r\nHost: {host}:{port}\r\nConnection: close\r\n\r\n".encode())
            while connection.recv(65536):
                pass

    def app(self, *, allowed_hosts: Iterable[str], admin: bool, pause: Pause) -> App:
        return self._current(lambda: self.simulator.app(allowed_hosts=allowed_hosts, admin=admin, pause=pause))

    def artifacts_app(self, *, allowed_hosts: Iterable[str], pause: Pause) -> App:
        return self._current(lambda: self.simulator.artifacts_app(allowed_hosts=allowed_hosts, pause=pause))

    def _current(self, made: Callable[[], App]) -> App:
        async def app(scope: Any, receive: Any, send: Any) -> None:
            await made()(scope, receive, send)

        return app


@pytest.fixture(scope="session")
def server() -> Iterator[SharedServer]:
    shared = SharedServer()
    with running(cast("Simulator", shared)):
        yield shared


@pytest.fixture
def web(server: SharedServer, monkeypatch: pytest.MonkeyPatch) -> Simulator:
    """Serve a simulated organization, and set the environment variables that connect the command to it."""
    simulator = Simulator(token=TOKEN, clock=SystemClock(), timing=Timing(pickup=0.02, canceling=0.05))
    server.put_behind(simulator)
    monkeypatch.setenv("BUILDKITE_API_TOKEN", TOKEN)
    monkeypatch.setenv("BUILDKITE_ORGANIZATION_SLUG", "acme")
    monkeypatch.setenv("BUILDKITE_REST_API_ENDPOINT", server.base_url)
    return simulator


@pytest.fixture
def command(capsys: pytest.CaptureFixture[str]) -> Callable[..., Ended]:
    """Return a function that runs the command in this process."""

    def run(*words: str) -> Ended:
        capsys.readouterr()
        code = main(words)
        captured = capsys.readouterr()
        return Ended(code, captured.out, captured.err)

    return run


@pytest.fixture
def run(command: Callable[..., Ended]) -> Callable[..., Ended]:
    """Return a function that runs `run PIPELINE --branch main` with a short poll interval."""

    def do(pipeline: str, *words: str) -> Ended:
        return command("run", pipeline, "--branch", "main", "--poll-interval", "0.05", *words)

    return do


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Return a function that starts the command in a process of its own."""
    started: list[subprocess.Popen[str]] = []

    def begin(*words: str, **environment: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [*COMMAND, *words],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            cwd=tmp_path,
            env={**os.environ, **environment},
        )
        started.append(process)
        return process

    yield begin
    for process in started:
        if process.poll() is None:
            process.kill()
        process.wait()
        for stream in (process.stdout, process.stderr):  # not read to its end: what it has started may keep that open
            if stream is not None:
                stream.close()


def ended(process: subprocess.Popen[str], timeout: float = 90) -> Ended:
    """Wait for a process."""
    out, err = process.communicate(timeout=timeout)
    return Ended(process.returncode, out, err)
