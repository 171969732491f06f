"""Builds whose logs can't be read, or not in the time left: the build's own end decides what the command says."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from buildkite_ext.cli.connection import ConnectionOptions
from buildkite_ext.cli.run.options import RunOptions
from buildkite_ext.cli.run.state import RunState
from buildkite_ext.errors import DeadlineExceeded
from buildkite_ext.models import Build
from buildkite_ext.simulation import Fault, Simulator

from .conftest import Ended

Run = Callable[..., Ended]


def broken(status: int = 200, **more: Any) -> Fault:
    return Fault("answer", path="*/log", status=status, **more)


UNREADABLE = {
    "500": Fault("error", status=500, path="*/log"),
    "410": Fault("error", status=410, path="*/log"),
    "no place": broken(206, body=b"abc", headers={"Content-Range": "bytes */3"}),
    "broken gzip": Fault("broken_gzip", path="*/log"),
}


@pytest.mark.parametrize("fault", UNREADABLE.values(), ids=UNREADABLE)
@pytest.mark.parametrize("status", [0, 1])
def test_a_log_that_can_not_be_read_is_a_note(
    buildkite_simulator: Simulator, command: Run, fault: Fault, status: int
) -> None:
    pipeline = buildkite_simulator.pipeline("web")
    pipeline.job("a", log="hello\n", after=5).job("b", log="x\n", after=100, exit_status=status)
    buildkite_simulator.faults.add(fault)
    result = command("run", "web", "--branch", "main")
    assert (result.code, result.err) == (status, "")
    assert result.lines[-1].startswith(f"Build web #1 {'failed after' if status else 'passed in'} 1:40")
    assert sum(line.startswith("* The log of job ") and " can't be read: " in line for line in result.lines) == 2
    (note,) = (line for line in result.lines if "Incomplete: " in line)
    assert note.startswith("* The build has ended, but not all of its logs were read. Incomplete: ")
    assert note.endswith(". To read them: buildkite-ext logs web 1")
    assert "still runs" not in result.out
    assert buildkite_simulator.clock.time() - pipeline.builds[0].created_at < 400


@pytest.fixture
def many(buildkite_simulator: Simulator) -> Simulator:
    """Return a simulator with a build of 100 jobs that all fail after 10 s, so that their logs take minutes."""
    pipeline = buildkite_simulator.pipeline("many")
    pipeline.job("t", log="a\nb\n", after=10, parallelism=100, exit_status=1, artifacts={"r.xml": "x"})
    return buildkite_simulator


def test_more_logs_than_can_be_read_in_the_time_left(many: Simulator, command: Run, tmp_path: Path) -> None:
    words = ("run", "many", "--branch", "main", "--timeout", "60", "--json")
    result = command(*words, "--artifacts", "*.xml", "--by-job", "--to", str(tmp_path))
    told = json.loads(result.out)
    assert (result.code, told["exit_code"], told["outcome"], told["state"]) == (1, 1, "failed", "failed")
    assert told["error"] is None
    assert len(told["failed_jobs"]) == len(told["artifacts"]) == 100
    assert [job["last_lines"] for job in told["failed_jobs"]].count(["a", "b"]) > 25
    (note,) = (line for line in result.err.splitlines() if "Incomplete: " in line)
    assert " more. To read them: buildkite-ext logs many 1" in note
    assert "still runs" not in result.err


def test_a_large_log_that_arrives_slowly(buildkite_simulator: Simulator, command: Run) -> None:
    log = "".join(f"{number:099}\n" for number in range(100_000))
    buildkite_simulator.pipeline("big").job("a", log=log, after=10, exit_status=3)
    buildkite_simulator.faults.add(Fault("dripping", path="*/log", seconds=2, pieces=40))
    result = command("run", "big", "--branch", "main", "--timeout", "60", "--json")
    told = json.loads(result.out)
    assert (result.code, told["outcome"], told["error"]) == (1, "failed", None)
    assert [job["exit_status"] for job in told["failed_jobs"]] == [3]
    assert "Incomplete: a. To read them: buildkite-ext logs big 1" in result.err
    assert "tail" not in result.err


def test_a_build_that_has_not_ended_in_time_still_runs(buildkite_simulator: Simulator, command: Run) -> None:
    buildkite_simulator.pipeline("web").job("a", log="x\n", after=300)
    result = command("run", "web", "--branch", "main", "--timeout", "20")
    assert result.code == 6
    assert "still runs" in result.err
    assert "Incomplete" not in result.out


@pytest.mark.parametrize("options", [(), ("--json",)])
def test_ctrl_c_while_logs_of_an_ended_build_are_read(
    many: Simulator, command: Run, monkeypatch: pytest.MonkeyPatch, options: tuple[str, ...]
) -> None:
    began = many.clock.time()
    sleep = many.clock.sleep

    def interrupted(seconds: float) -> None:
        if many.clock.time() - began > 40:
            raise KeyboardInterrupt
        sleep(seconds)

    monkeypatch.setattr(many.clock, "sleep", interrupted)
    result = command("run", "many", "--branch", "main", *options)
    assert result.code == 130
    if options:
        told = json.loads(result.out)
        assert (told["outcome"], told["state"], len(told["failed_jobs"])) == ("failed", "failed", 100)
        assert told["error"] == {"type": "Interrupted", "message": "Stopped reading logs."}
    else:
        assert result.err == "buildkite-ext: Stopped reading logs.\n"
        assert result.lines[-1].startswith("Build many #1 failed after 0:1")


@pytest.mark.parametrize("timeout", [None, 20.0])
@pytest.mark.parametrize("state", ["running", "passed"])
def test_a_run_does_not_advise_an_option_that_it_does_not_have(state: str, timeout: float | None) -> None:
    build = Build.from_dict(
        {"id": "b", "number": 1, "state": state, "web_url": "https://buildkite.com/acme/web/builds/1"}
    )
    run = RunState(
        options=RunOptions(timeout=timeout),
        connection=ConnectionOptions(),
        phase="watching",
        pipeline="web",
        build=build,
    )
    late = DeadlineExceeded(
        "The log of job 'test' was still arriving when the time allowed was over. Allow more with timeout=, or leave out old "
        "lines with tail=."
    )
    said = run.explained(late).text
    assert "was over. Allow more with --timeout." in said
    assert "tail" not in said
