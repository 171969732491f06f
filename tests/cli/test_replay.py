"""`buildkite-ext replay`: a program of another process against a cassette, over real HTTP."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path

import pytest

from buildkite_ext import BuildkiteClient
from buildkite_ext.cli.problem import Terminated
from buildkite_ext.cli.programs import run_program
from buildkite_ext.options import TOKEN_VARIABLES
from buildkite_ext.simulation import Recorder, Simulator
from buildkite_ext.simulation.server import running

from .conftest import TOKEN, Ended, ended

Run = Callable[..., Ended]
Start = Callable[..., subprocess.Popen[str]]

PROGRAM = """
import sys
from buildkite_ext import BuildkiteClient

with BuildkiteClient() as buildkite:
    for word in sys.argv[1:]:
        if word == "builds":
            print([build.number for build in buildkite.builds.list("web", per_page=1)])
        elif word == "artifact":
            print(buildkite.artifacts.read(next(iter(buildkite.artifacts.list("web", 1)))))
        elif word == "size":
            job = buildkite.builds.get("web", 1).jobs[0]
            print(buildkite.jobs.log_size("web", 1, job.id))
        elif word == "exit":
            sys.exit(9)
        else:
            print(buildkite.builds.create("web", branch=word, commit="HEAD").number)
"""


@pytest.fixture(scope="session")
def cassette(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Record two pages of builds, an artifact, the size of a log, and two builds that are created."""
    path = tmp_path_factory.mktemp("cassettes") / "web.yaml"
    simulator = Simulator(token=TOKEN, log_timestamps=False)
    web = simulator.pipeline("web").job("test", log="12345", artifacts={"a.bin": bytes(range(256))})
    web.build()
    web.build()
    simulator.clock.sleep(60)
    with (
        running(simulator, real_time=False) as url,
        Recorder(path),
        BuildkiteClient("acme", token=TOKEN, base_url=url) as buildkite,
    ):
        list(buildkite.builds.list("web", per_page=1))
        buildkite.artifacts.read(next(iter(buildkite.artifacts.list("web", 1))))
        job = next(iter(buildkite.builds.get("web", 1).jobs or ()))
        buildkite.jobs.log_size("web", 1, job.id)
        for branch in ("main", "dev"):
            buildkite.builds.create("web", branch=branch, commit="HEAD")
    return path


@pytest.fixture
def replay(start: Start, cassette: Path, tmp_path: Path) -> Callable[..., Ended]:
    """Return a function that runs the program with words, and `replay` with options."""
    (tmp_path / "program.py").write_text(PROGRAM)

    def do(*words: str, options: tuple[str, ...] = ("--check",)) -> Ended:
        return ended(start("replay", str(cassette), *options, "--", sys.executable, "program.py", *words))

    return do


ALL = ("builds", "artifact", "size", "main", "dev")


def test_a_program_that_asks_what_was_recorded(replay: Callable[..., Ended]) -> None:
    result = replay(*ALL)
    assert result.out.splitlines() == ["[2, 1]", str(bytes(range(256))), "5", "3", "4"], result.err
    assert (result.code, result.err) == (0, "All requests are those of the cassette.\n")


def test_differences_are_told_and_are_the_exit_code(replay: Callable[..., Ended]) -> None:
    result = replay("builds", "artifact", "size", "dev")
    assert result.code == 1
    path = "/v2/organizations/acme/pipelines/web/builds"
    assert result.err == f'Recorded, never sent: POST {path} with {{"branch": "main"}}.\n'


def test_lenient_answers_another_body_and_tells_it(replay: Callable[..., Ended]) -> None:
    result = replay(*ALL, "next", options=("--check", "--lenient"))
    assert (result.code, result.lines[-1]) == (1, "4")
    assert "Sent otherwise than recorded: POST /v2/organizations/acme/pipelines/web/builds: the branch" in result.err


def test_the_exit_code_is_that_of_the_program(replay: Callable[..., Ended]) -> None:
    assert replay("exit").code == 9


def test_a_request_that_was_not_recorded_fails_with_what_is_nearest(replay: Callable[..., Ended]) -> None:
    result = replay("next", options=())
    assert result.code == 1
    assert "answered 501: the cassette doesn't answer POST" in result.err
    assert 'the branch in its body is "dev", not "next"' in result.err


def test_without_a_program_it_is_served_until_ctrl_c(start: Start, cassette: Path) -> None:
    process = start("replay", str(cassette), "--check")
    assert process.stdout is not None
    head = [process.stdout.readline() for _ in range(7)]
    assert f"The cassette '{cassette}' answers at http://127.0.0.1:" in head[0]
    assert "BUILDKITE_ORGANIZATION_SLUG=acme" in "".join(head)
    process.send_signal(signal.SIGINT)
    result = ended(process)
    assert result.code == 1
    assert result.err.count("Recorded, never sent: ") >= 5


RAW = """
import os, socket, sys
from urllib.parse import urlsplit

root = urlsplit(os.environ["BUILDKITE_REST_API_ENDPOINT"])
with socket.create_connection((root.hostname, root.port)) as connection:
    connection.settimeout(30)
    connection.sendall(sys.argv[1].encode().decode("unicode_escape").encode("latin-1"))
    sys.stdout.write(b"".join(iter(lambda: connection.recv(65536), b"")).decode())
"""

USER = "GET /v2/organizations/acme/pipelines/web/builds?per_page=1 HTTP/1.1\\r\\n"
END = "Connection: close\\r\\n\\r\\n"
REQUESTS = {
    "two at once": (f"{USER}Host: localhost\\r\\n\\r\\n{USER}Host: 127.0.0.1\\r\\n{END}", ["200 OK", "200 OK"]),
    "of a proxy": (f"{USER.replace('/v2', 'http://127.0.0.1/v2', 1)}Host: localhost\\r\\n{END}", ["200 OK"]),
    "of another host": (f"{USER}Host: evil.test\\r\\n{END}", ["403 Forbidden"]),
    "of a web page": (f"{USER}Host: localhost\\r\\nOrigin: https://evil.test\\r\\n{END}", ["403 Forbidden"]),
    "no path": (f"GET [ HTTP/1.1\\r\\nHost: localhost\\r\\n{END}", ["400 Bad Request"]),
    "no size": ("POST / HTTP/1.1\\r\\nHost: localhost\\r\\nContent-Length: abc\\r\\n\\r\\n", ["400 Bad Request"]),
    "less than nothing": (
        "POST / HTTP/1.1\\r\\nHost: localhost\\r\\nContent-Length: -5\\r\\n\\r\\n",
        ["400 Bad Request"],
    ),
    "no chunks": (
        "POST / HTTP/1.1\\r\\nHost: localhost\\r\\nTransfer-Encoding: chunked\\r\\n\\r\\nzz\\r\\n",
        ["400 Bad Request"],
    ),
}


@pytest.mark.parametrize("name", REQUESTS)
def test_requests_of_any_kind(start: Start, cassette: Path, tmp_path: Path, name: str) -> None:
    (tmp_path / "raw.py").write_text(RAW)
    sent, statuses = REQUESTS[name]
    result = ended(start("replay", str(cassette), "--", sys.executable, "raw.py", sent))
    assert re.findall(r"HTTP/1\.1 (\d+ .*)", result.out) == statuses
    assert (result.code, result.err) == (0, "")


CHUNKED = """
import httpx, os
from buildkite_ext import BuildkiteClient

root = os.environ["BUILDKITE_REST_API_ENDPOINT"]
with httpx.Client(base_url=root, trust_env=False) as client:
    for branch in ("main", "dev"):
        body = iter([b'{"branch": "%s",' % branch.encode(), b'"commit": "HEAD"}'])
        answer = client.post("/v2/organizations/acme/pipelines/web/builds", content=body)
        print(answer.request.headers["Transfer-Encoding"], answer.status_code, answer.json()["number"])
print([name for name in os.environ if "TOKEN" in name])
"""


def test_bodies_in_chunks_and_no_token_of_the_environment(
    start: Start, cassette: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in TOKEN_VARIABLES:
        monkeypatch.setenv(name, TOKEN)
    (tmp_path / "program.py").write_text(CHUNKED)
    result = ended(start("replay", str(cassette), "--", sys.executable, "program.py"))
    assert result.lines == ["chunked 201 3", "chunked 201 4", "['BUILDKITE_API_TOKEN']"], result.err


ENDING = """
import os, signal, sys, time

def end(number, _):
    time.sleep(0.1)  # longer than a command needs that doesn't wait for its program
    os.write(1, b"has cleaned up\\n")  # print must not be called inside of itself
    sys.exit(7)

signal.signal(signal.SIGINT, end)
signal.signal(signal.SIGTERM, end)
print(os.getpid(), flush=True)
signal.pause()
"""


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 7), (signal.SIGTERM, 143)])
def test_a_program_may_clean_up(
    start: Start, cassette: Path, tmp_path: Path, number: signal.Signals, code: int
) -> None:
    (tmp_path / "program.py").write_text(ENDING)
    process = start("replay", str(cassette), "--", sys.executable, "program.py")
    assert process.stdout is not None
    process.stdout.readline()
    process.send_signal(number)
    result = ended(process)
    assert (result.code, result.out) == (code, "has cleaned up\n")


@pytest.mark.skipif(sys.platform == "win32", reason="process groups of POSIX")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_what_the_program_has_started_ends_with_it(start: Start, cassette: Path, number: signal.Signals) -> None:
    process = start("replay", str(cassette), "--", "sh", "-c", "sh -c 'echo ready; sleep 600; echo'; echo")
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    process.send_signal(number)
    result = ended(process)  # when all processes have closed the output
    assert result.code == {signal.SIGHUP: -signal.SIGHUP}.get(number, 128 + number)


@pytest.mark.skipif(sys.platform == "win32", reason="process groups of POSIX")
@pytest.mark.parametrize(("number", "ends"), [(signal.SIGINT, 128 + signal.SIGINT), (signal.SIGTERM, Terminated)])
def test_a_signal_that_comes_while_the_program_is_started_leaves_nothing_running(
    tmp_path: Path, number: signal.Signals, ends: int | type[BaseException]
) -> None:
    def terminate(*_: object) -> None:
        raise Terminated

    kept = signal.signal(signal.SIGTERM, terminate)
    try:
        for round_ in range(15):
            program = f"kill -{number:d} $PPID; echo $$ > {tmp_path}/{round_}; exec sleep 600"
            with pytest.raises(ends) if isinstance(ends, type) else nullcontext():
                assert run_program(["sh", "-c", program], os.environ) == ends
    finally:
        signal.signal(signal.SIGTERM, kept)
    for written in tmp_path.iterdir():
        if number_of_process := written.read_text().strip():
            with pytest.raises(ProcessLookupError):
                os.kill(int(number_of_process), 0)


@pytest.mark.skipif(sys.platform == "win32", reason="process groups of POSIX")
def test_a_second_signal_ends_all_at_once(start: Start, cassette: Path) -> None:
    script = (
        "trap 'echo has heard' TERM; sh -c 'trap \"\" TERM; echo ready; while :; do sleep 0.1; done' & wait; wait; wait"
    )
    process = start("replay", str(cassette), "--", "sh", "-c", script)
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    process.send_signal(signal.SIGTERM)
    assert process.stdout.readline() == "has heard\n"
    process.send_signal(signal.SIGTERM)
    assert ended(process).code == 143


REFUSED = {
    "no file": (["/nowhere/at/all.yaml"], "CASSETTE: '/nowhere/at/all.yaml' can't be read"),
    "no cassette": (["FILE"], "isn't a cassette"),
    "no program": (["EMPTY", "--", "/nowhere/at/all"], "PROGRAM '/nowhere/at/all' can't be started"),
    "no port": (["EMPTY", "--port", "70000"], "--port 70000: ports go from 0 to 65535."),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_meant_is_refused(command: Run, tmp_path: Path, name: str) -> None:
    texts = {"FILE": "[3]", "EMPTY": "interactions: []\nversion: 1\n"}
    for word, text in texts.items():
        (tmp_path / word).write_text(text)
    words, said = REFUSED[name]
    result = command("replay", *(str(tmp_path / each) if each in texts else each for each in words))
    assert (result.code, result.out) == (2, "")
    assert said in result.err
