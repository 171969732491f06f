"""Output: plain lines, JSON, colours, and the removal of control characters from the server's text."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from buildkite_ext.cli.run.job_table import rows_of
from buildkite_ext.models import Build
from buildkite_ext.simulation import Simulator

from .conftest import Ended, ended

Run = Callable[..., Ended]
Start = Callable[..., subprocess.Popen[str]]
CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
SGR = re.compile(r"\x1b\[[0-9;:]*m")


def test_plain_lines_show_the_run_in_order(web: Simulator, run: Run) -> None:
    web.pipeline("web").job("lint", log="clean\n", after=0.1).wait().job("test", log="--- Tests\nok\n", after=3)
    result = run("web")
    at = result.lines.index
    assert at("* created build #1: https://buildkite.test/acme/web/builds/1") == 0
    assert at("lint | clean") < at("* lint: passed after 0:00")  # though the state is known before the lines
    assert at("test | --- Tests") < at("test | ok") < at("* test: passed after 0:03")
    assert at("* test: running") < at("test | ok")
    assert result.lines[-1].startswith("Build web #1 passed")


def test_what_is_asked_for_is_what_the_build_has(web: Simulator, command: Run) -> None:
    web.pipeline("web").job("test", after=0.05)
    result = command(
        *(
            "run",
            "web",
            "--branch",
            "feature",
            "--commit",
            "abc123",
            "--message",
            "--- hello",
            "--poll-interval",
            "0.1",
        ),
        *("--env", "A=1", "--env", "B=x=y", "--meta-data", "release=1.2", "--quiet"),
    )
    assert result.code == 0
    created = next(request for request in web.requests if request.operation == "create_build")
    assert json.loads(created.body) == {
        "branch": "feature",
        "commit": "abc123",
        "message": "--- hello",
        "env": {"A": "1", "B": "x=y"},
        "meta_data": {"release": "1.2"},
    }


def test_parallel_jobs_and_attempts_have_names_of_their_own(web: Simulator, run: Run) -> None:
    web.pipeline("web").job("test", log="hi\n", after=0.1, parallelism=2)
    web.pipeline("flaky").job("test", log="hi\n", after=0.1, exit_status=[1, 0], automatic_retries=1)
    assert {"test 1/2 | hi", "test 2/2 | hi"} <= set(run("web").lines)
    result = run("flaky")
    assert result.code == 0
    assert {"test | hi", "test (attempt 2) | hi"} <= set(result.lines)


def test_quiet_shows_the_result_alone(web: Simulator, run: Run) -> None:
    web.pipeline("web").job("test", log="boom\n", exit_status=2, after=0.1)
    result = run("web", "--quiet")
    assert result.code == 1
    assert len(result.lines) == 2
    assert result.lines[0].startswith("test failed (exit status 2): https://")
    assert result.lines[1].startswith("Build web #1 failed")
    assert not any("log" in (request.operation or "") for request in web.requests)


@pytest.mark.parametrize("words", [["--quiet"], ["--no-follow"]], ids=" ".join)
def test_the_time_shown_is_the_build_s_own_and_not_the_wait_s(web: Simulator, command: Run, words: list[str]) -> None:
    web.pipeline("web").job("test", after=0.1)
    result = command("run", "web", "--branch", "main", "--poll-interval", "1.5", *words)
    assert result.code == 0
    assert result.lines[-1].startswith("Build web #1 passed in 0:00: https://")


def test_json_is_one_object_and_logs_are_on_the_standard_error(web: Simulator, run: Run, tmp_path: Path) -> None:
    web.pipeline("web").job("test", log="ok\n", after=0.1, artifacts={"a.txt": b"a"})
    result = run("web", "--json", "--artifacts", "*.txt", "--to", str(tmp_path), "--message", "Nightly")
    assert result.code == 0
    told = json.loads(result.out)
    assert told["exit_code"] == 0
    assert told["outcome"] == told["state"] == "passed"
    assert (told["organization"], told["pipeline"], told["number"]) == ("acme", "web", 1)
    assert told["url"] == "https://buildkite.test/acme/web/builds/1"
    assert (told["branch"], told["commit"], told["message"]) == ("main", "HEAD", "Nightly")
    assert told["artifacts"] == [str(tmp_path / "a.txt")]
    assert told["failed_jobs"] == told["blocked_by"] == []
    assert told["error"] is None
    assert told["elapsed"] > 0
    assert "test | ok" in result.err


def test_json_of_a_failure_a_block_and_an_error(web: Simulator, run: Run) -> None:
    web.pipeline("web").job("test", log="boom\n", exit_status=3, after=0.1)
    web.pipeline("release").block("Ship it?")
    failed = json.loads(run("web", "--json").out)
    assert failed["outcome"] == "failed"
    job = failed["failed_jobs"][0]
    assert (job["name"], job["state"], job["exit_status"]) == ("test", "failed", 3)
    assert job["last_lines"] == ["boom"]

    blocked = json.loads(run("release", "--json", "--quiet").out)
    assert blocked["exit_code"] == 5
    assert blocked["outcome"] == "blocked"
    assert blocked["blocked_by"][0]["label"] == "Ship it?"

    unknown = run("wob", "--json")
    assert unknown.code == 3
    error = json.loads(unknown.out)
    assert (error["exit_code"], error["outcome"], error["number"]) == (3, None, None)
    assert error["error"]["type"] == "PipelineNotFound"
    assert "answered 404" in error["error"]["message"]


def test_json_when_there_is_no_token(command: Run) -> None:
    result = command("run", "web", "--branch", "main", "--json", "--organization", "acme")
    assert result.code == 2
    assert json.loads(result.out)["error"]["type"] == "UsageError"


COLOURS = {
    "piped": ([], {}, False),
    "always": (["--color", "always"], {}, True),
    "FORCE_COLOR": ([], {"FORCE_COLOR": "1"}, True),
    "NO_COLOR beats FORCE_COLOR": ([], {"FORCE_COLOR": "1", "NO_COLOR": "1"}, False),
    "the option beats NO_COLOR": (["--color", "always"], {"NO_COLOR": "1"}, True),
    "never beats FORCE_COLOR": (["--color", "never"], {"FORCE_COLOR": "1"}, False),
    "an empty NO_COLOR": ([], {"NO_COLOR": "", "FORCE_COLOR": "1"}, True),
}


@pytest.mark.parametrize(("words", "environment", "coloured"), COLOURS.values(), ids=COLOURS)
def test_colours(
    web: Simulator,
    run: Run,
    monkeypatch: pytest.MonkeyPatch,
    words: list[str],
    environment: dict[str, str],
    coloured: bool,
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    web.pipeline("web").job("test", log="\x1b[32mok\x1b[0m\n", after=0.1)
    result = run("web", *words)
    assert ("\x1b[" in result.out) is coloured
    assert "test | ok" in SGR.sub("", result.out)
    if coloured:
        assert "\x1b[32mok\x1b[0m" in result.out


HOSTILE_NAME = "evil\x1b]0;title\x07\x1b[2J[red]na\x07me\nfake | line\u202egnp"
HOSTILE_LOG = (
    "\x1b[2J\x1b[H\x1b]8;;https://evil.example\x07link\x1b]8;;\x07\n"
    "[bold red]markup[/bold red]\n"
    "one\u2028test | forged\n"
    "\x1b]52;c;ZXZpbA==\x07clipboard\x9b31m\n"
    "50%\r100%\n"
)


@pytest.mark.parametrize("color", ["never", "always"])
def test_hostile_names_and_logs(web: Simulator, run: Run, color: str) -> None:
    web.pipeline("web").job(HOSTILE_NAME, log=HOSTILE_LOG, exit_status=1, after=0.1).block("x\x1b[2Jy")
    result = run("web", "--color", color)
    assert result.code == 1
    text = SGR.sub("", result.out)
    assert not CONTROL.search(text)
    assert "\u2028" not in text
    name = "evil[red]name fake | linegnp"
    for said in ("[bold red]markup[/bold red]", "link", "one test | forged", "clipboard31m", "100%"):
        assert f"{name} | {said}" in text.splitlines()
    assert f"{name} failed (exit status 1): " in text


def test_hostile_messages_in_errors(web: Simulator, run: Run) -> None:
    web.pipeline("web").job("test")
    web.fail_next(status=422, operation="create_build", body={"message": "\x1b[2Jno\x07 [red]way[/red]\u202e"})
    result = run("web")
    assert result.code == 3
    assert not CONTROL.search(result.err)
    assert r"answered 422: \x1b[2Jno\x07 [red]way[/red]\u202e" in result.err


def test_the_environment_can_ask_for_a_log_of_the_requests(
    web: Simulator, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    web.pipeline("web").job("test", after=0.1)
    monkeypatch.setenv("BUILDKITE_EXT_LOG", "debug")
    result = run("web")
    assert result.code == 0
    lines = [line for line in result.err.splitlines() if " buildkite_ext: " in line and " answered " in line]
    assert "POST" in lines[0]
    assert "/v2/organizations/acme/pipelines/web/builds answered 201 after" in lines[0]
    assert len(lines) == len([request for request in web.requests if request.method])
    assert web.token not in result.err


def test_json_of_hostile_names_is_ascii(web: Simulator, run: Run) -> None:
    web.pipeline("web").job(HOSTILE_NAME, log=HOSTILE_LOG, exit_status=1, after=0.1)
    result = run("web", "--json")
    assert result.out.isascii()
    assert not CONTROL.search(result.out)
    assert json.loads(result.out)["failed_jobs"][0]["last_lines"][1] == "[bold red]markup[/bold red]"


def test_lines_arrive_while_the_build_runs(web: Simulator, start: Start) -> None:
    web.pipeline("web").job("test", log=[(0.1, "early\n"), (19, "late\n")], after=20)
    process = start("run", "web", "--branch", "main", "--poll-interval", "0.1")
    assert process.stdout is not None
    for line in process.stdout:
        if line == "test | early\n":
            break
    assert process.poll() is None


def test_an_encoding_without_the_character_ends_nothing(web: Simulator, start: Start) -> None:
    web.pipeline("web").job("tést ✓", log="日本 ✓\n", after=0.1)
    result = ended(start("run", "web", "--branch", "main", "--poll-interval", "0.1", PYTHONIOENCODING="ascii"))
    assert result.code == 0
    assert "test + | ?? +" in result.out


def test_one_look_is_one_request_for_the_build_and_one_for_each_running_job(web: Simulator, run: Run) -> None:
    web.pipeline("web").job("test", log="ok\n", after=0.3)
    assert run("web").code == 0
    operations = [request.operation for request in web.requests]
    assert operations.count("create_build") == 1
    assert set(operations) == {"create_build", "get_build", "get_job_log"}
    assert len(operations) <= 2 * operations.count("get_build") + 1


def test_a_rate_limit_is_waited_for(web: Simulator, start: Start) -> None:
    web.pipeline("web").job("test", log="ok\n", after=0.1)
    web.fail_next(status=429, operation="create_build", headers={"RateLimit-Remaining": "0", "RateLimit-Reset": "1"})
    result = ended(start("run", "web", "--branch", "main"))  # a process that knows of no window yet
    assert result.code == 0


def test_a_job_with_a_time_at_which_it_finished_is_done_whatever_its_state_is_called() -> None:
    jobs: list[dict[str, object]] = [
        {"id": "1", "type": "script", "state": "a state of tomorrow", "finished_at": "2026-01-05T09:00:00Z"},
        {"id": "2", "type": "script", "state": "a state of tomorrow"},
        {"id": "3", "type": "script", "state": "platform_limited"},
        {"id": "4", "type": "script", "state": "waiting"},
    ]
    rows = rows_of(
        Build.from_dict({"id": "b", "url": "", "web_url": "", "number": 1, "state": "running", "jobs": jobs})
    )
    assert [row.finished for row in rows] == [True, False, False, False]
    assert [row.rank for row in rows] == [4, 2, 2, 3]
