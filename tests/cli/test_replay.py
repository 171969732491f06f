"""`buildkite-ext replay`: a program of another process against a cassette, over real HTTP."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from buildkite_ext import BuildkiteClient
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
    simulator.clock.advance(60)
    with (
        running(simulator, real_time=False) as url,
        Recorder(path),
        BuildkiteClient("acme", token=TOKEN, base_url=url) as buildkite,
    ):
        list(buildkite.builds.list("web", per_page=1))
        buildkite.artifacts.read(next(iter(buildkite.artifacts.list("web", 1))))
        job = (buildkite.builds.get("web", 1).jobs or ())[0]
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
    assert result.err == "Recorded, never sent: POST /v2/organizations/acme/pipelines/web/builds.\n"


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
