"""Ctrl-C, SIGTERM and a closed output: the build is left alone, and the message says how to cancel it."""

from __future__ import annotations

import json
import os
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from buildkite_ext.simulation import Simulator

from .conftest import COMMAND, Ended, ended
from .slow_server import JOBS, slow_server

Start = Callable[..., subprocess.Popen[str]]
FOLLOW = ("run", "web", "--branch", "main", "--poll-interval", "0.1")


def until(process: subprocess.Popen[str], line: str) -> None:
    """Read the output of a process up to a line."""
    assert process.stdout is not None
    for said in process.stdout:
        if said == f"{line}\n":
            return
    raise AssertionError(f"{line!r} never came")


def test_ctrl_c_leaves_the_build_alone_and_says_how_to_cancel_it(web: Simulator, start: Start) -> None:
    web.pipeline("web").job("test", log=[(0.05, "begun\n")], after=60)
    process = start(*FOLLOW)
    until(process, "test | begun")
    process.send_signal(signal.SIGINT)
    result = ended(process)
    assert result.code == 130
    assert result.err.splitlines() == [
        "buildkite-ext: Stopped following. Build web #1 still runs: https://buildkite.test/acme/web/builds/1",
        "This cancels it: buildkite-ext cancel web 1",
    ]
    build = web.pipeline("web").builds[0]
    assert build.state == "running"

    advice = shlex.split(result.err.splitlines()[1].partition(": ")[2])
    assert advice[0] == "buildkite-ext"
    canceled = ended(start(*advice[1:]))
    assert canceled.code == 0
    assert build.state in ("canceling", "canceled")


def test_sigterm_does_the_same(web: Simulator, start: Start) -> None:
    web.pipeline("web").job("test", log=[(0.05, "begun\n")], after=60)
    process = start(*FOLLOW, "--organization", "acme")
    until(process, "test | begun")
    process.terminate()
    result = ended(process)
    assert result.code == 143
    assert result.err.endswith("This cancels it: buildkite-ext cancel web 1 --organization acme\n")
    assert web.pipeline("web").builds[0].state == "running"


def test_ctrl_c_with_json_still_prints_the_object(web: Simulator, start: Start) -> None:
    web.pipeline("web").job("test", after=60)
    process = start(*FOLLOW, "--json")
    assert process.stderr is not None
    assert process.stderr.readline().startswith("* created build #1: ")
    process.send_signal(signal.SIGINT)
    result = ended(process)
    assert result.code == 130
    told = json.loads(result.out)
    assert (told["exit_code"], told["outcome"], told["number"]) == (130, None, 1)
    assert told["error"]["type"] == "Interrupted"


def test_ctrl_c_under_simulate_says_that_the_build_ends(start: Start) -> None:
    process = start("run", "web", "--branch", "main", "--simulate")
    until(process, "* lint: running")
    process.send_signal(signal.SIGINT)
    result = ended(process)
    assert result.code == 130
    assert result.err == "buildkite-ext: Stopped following. Build web #41 ends now, with the simulator.\n"


def test_a_reader_that_goes_away(web: Simulator) -> None:
    web.pipeline("web").job("test", log=[(at / 10, f"line {at}\n") for at in range(600)], after=60)
    process = subprocess.Popen([*COMMAND, *FOLLOW], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.readline()
    process.stdout.close()
    err = process.stderr.read()
    process.stderr.close()
    assert process.wait(60) == 141
    assert "buildkite-ext: Stopped following. Build web #1 still runs" in err
    assert "Traceback" not in err
    assert "Exception ignored" not in err


INTERRUPTED = {
    "while the build is created": (
        {"state": "running"},
        lambda method, _: method == "POST",
        "Stopped while the build was being created: it may exist.",
    ),
    "while the build is asked for": (
        {"state": "running"},
        lambda method, path: method == "GET" and path.endswith("/builds/1"),
        "Stopped following. Build web #1 still runs",
    ),
    "while logs are asked for at once": (
        {"state": "running", "jobs": JOBS},
        lambda _, path: path.endswith("/log"),
        "Stopped following. Build web #1 still runs",
    ),
}


@pytest.mark.parametrize(("build", "hangs", "said"), INTERRUPTED.values(), ids=INTERRUPTED)
def test_ctrl_c_waits_for_no_answer(
    start: Start, build: dict[str, object], hangs: Callable[[str, str], bool], said: str
) -> None:
    with slow_server(build, hangs) as server:
        process = start(*FOLLOW, **environment(server.url))
        assert server.hanging.wait(60)
        time.sleep(0.2)
        began = time.monotonic()
        process.send_signal(signal.SIGINT)
        result = ended(process)
        assert time.monotonic() - began < 60
    assert result.code == 130
    assert said in result.err
    assert "Traceback" not in result.err


def test_ctrl_c_leaves_no_half_downloads(start: Start, tmp_path: Path) -> None:
    with slow_server({"state": "passed"}) as server:
        words = ("--artifacts", "*.bin", "--to", str(tmp_path / "got"))
        process = start(*FOLLOW, *words, **environment(server.url))
        assert server.hanging.wait(60)
        time.sleep(0.3)
        process.send_signal(signal.SIGINT)
        result = ended(process)
    assert result.code == 130
    assert result.out.splitlines()[-1].startswith("Build web #1 passed in 0:0")
    assert result.err == "buildkite-ext: Stopped fetching artifacts.\n"
    assert list((tmp_path / "got").iterdir()) == []


ID = "0199b4d2-3c1f-4b6e-9f00-0123456789ab"
HELD = {
    "id": ID,
    "type": "manual",
    "state": "blocked",
    "label": "Ship it?",
    "unblockable": True,
    "unblock_url": f"https://api.buildkite.com/v2/organizations/acme/pipelines/web/builds/1/jobs/{ID}/unblock",
}
FAILED = {"id": ID, "type": "script", "name": "test", "state": "failed", "started_at": "2026-01-05T09:00:00Z"}
JOB_URL = f"https://buildkite.com/acme/web/builds/1#{ID}"
ACTING = {
    "retry-failed": (["retry-failed", "web", "1"], {"state": "failed"}, "the jobs were being retried: some may be"),
    "retry-failed, waiting": (
        ["retry-failed", "web", "1", "--wait"],
        {"state": "failed"},
        "the jobs were being retried: some may be",
    ),
    "jobs retry": (["jobs", "retry", JOB_URL], {"jobs": [FAILED]}, "the jobs were being retried: some may be"),
    "unblock": (["unblock", "web", "1"], {"jobs": [HELD]}, "the step was being unblocked: it may be"),
    "jobs unblock": (["jobs", "unblock", JOB_URL], {"jobs": [HELD]}, "the step was being unblocked: it may be"),
    "cancel": (["cancel", "web", "1"], {}, "the build was being canceled: it may be"),
    "builds cancel": (["builds", "cancel", "web", "1"], {}, "the build was being canceled: it may be"),
    "annotate": (["annotate", "web", "1", "--body", "x"], {}, "the annotation was being created: it may exist"),
    "annotations add": (
        ["annotations", "add", "web", "1", "--body", "x"],
        {},
        "the annotation was being created: it may exist",
    ),
    "api": (["api", "POST", "user"], {}, "POST /v2/user was on its way: it may have acted"),
    "api with options": (["api", "PUT", "user", "-f", "a=b"], {}, "PUT /v2/user was on its way: it may have acted"),
    "webhooks send": (["webhooks", "send"], {}, "a delivery was on its way: the receiver may have it"),
}


@pytest.mark.skipif(sys.platform == "win32", reason="a signal to this process")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize(("words", "build", "may"), ACTING.values(), ids=ACTING)
def test_what_may_have_acted_is_told(
    command: Callable[..., Ended],
    monkeypatch: pytest.MonkeyPatch,
    number: signal.Signals,
    words: list[str],
    build: dict[str, object],
    may: str,
) -> None:
    def hangs(method: str, _: str) -> bool:
        if method != "GET":
            os.kill(os.getpid(), number)
        return method != "GET"

    with slow_server({"state": "running", **build}, hangs) as server:
        for name, value in environment(server.url).items():
            monkeypatch.setenv(name, value)
        monkeypatch.setenv("BUILDKITE_WEBHOOK_SECRET", "secret")
        result = command(*words, *([server.url] if words[0] == "webhooks" else []))
    assert result.code == 128 + number
    assert f"Stopped while {may}. " in result.err
    assert result.err.count("\n") == 1
    assert result.out == ""


@pytest.mark.skipif(sys.platform == "win32", reason="a signal to this process")
def test_a_read_that_is_stopped_has_nothing_to_tell(
    command: Callable[..., Ended], monkeypatch: pytest.MonkeyPatch
) -> None:
    def hangs(_: str, __: str) -> bool:
        os.kill(os.getpid(), signal.SIGINT)
        return True

    for words in (["api", "user"], ["builds", "get", "web", "1"], ["unblock", "web", "--latest"]):
        with slow_server({}, hangs) as server:
            for name, value in environment(server.url).items():
                monkeypatch.setenv(name, value)
            assert command(*words) == Ended(130, "", "")


def environment(url: str) -> dict[str, str]:
    return {
        "BUILDKITE_API_TOKEN": "bkua_slow",
        "BUILDKITE_ORGANIZATION_SLUG": "acme",
        "BUILDKITE_REST_API_ENDPOINT": url,
    }
