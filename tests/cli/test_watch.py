"""`buildkite-ext watch` and `retry-failed`: builds that exist are waited for, one or several."""

from __future__ import annotations

import json
import signal
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from buildkite_ext.simulation import Simulator

from .conftest import TOKEN, Ended, ended
from .test_terminal import HIDE_CURSOR, SHOW_CURSOR, Terminal

Run = Callable[..., Ended]
Start = Callable[..., subprocess.Popen[str]]
QUICK = ("--poll-interval", "0.05")


def created(web: Simulator, slug: str, count: int = 1, *, over: bool = False) -> None:
    with web.client() as client:
        for _ in range(count):
            build = client.builds.create(slug, branch="main", commit="HEAD")
            if over:
                client.builds.wait(build, poll_interval=0.02)
    web.requests.clear()


@pytest.fixture
def org(web: Simulator) -> Simulator:
    """Return a simulator whose pipelines end in each way: good, bad, held."""
    web.pipeline("good").job("lint", after=0.05).job("test", after=0.1)
    web.pipeline("bad").job("lint", after=0.01).job(
        "test", key="test", log="no\nboom\n", exit_status=[1, 0], after=0.05
    )
    web.pipeline("held").job("package", after=0.01).block("Ship it?", key="ship").job("deploy")
    return web


def events(result: Ended) -> list[dict[str, Any]]:
    assert result.err == ""
    assert result.out.isascii()
    return [json.loads(line) for line in result.lines]


def test_a_build_is_watched(org: Simulator, command: Run) -> None:
    created(org, "good")
    result = command("watch", "good", "1", *QUICK)
    assert (result.code, result.err) == (0, "")
    assert result.lines[0] == "* watching build good #1: https://buildkite.test/acme/good/builds/1"
    assert "* lint: passed after 0:00" in result.lines
    assert result.lines[-1] == "Build good #1 passed in 0:00: https://buildkite.test/acme/good/builds/1"
    assert {request.method for request in org.requests} == {"GET"}


@pytest.mark.parametrize(
    "words",
    [
        ("bad", "--latest"),
        ("bad", "--branch", "main"),
        ("bad", "--mine"),
        ("--mine",),
        ("acme/bad/1",),
        ("1", "-p", "bad"),
        ("https://buildkite.com/acme/bad/builds/1#0199b4d2-3c1f-4b6e-9f00-0123456789ab",),
        ("bad", "1", "acme/bad/1"),
    ],
    ids=" ".join,
)
def test_the_build_is_named_as_everywhere(org: Simulator, command: Run, words: tuple[str, ...]) -> None:
    created(org, "bad")
    result = command("watch", *words, "--quiet")
    assert (result.code, result.err) == (1, "")
    assert result.lines == [
        f"test failed (exit status 1): {next(line for line in result.lines if line.startswith('test')).split(': ', 1)[1]}",
        "Build bad #1 failed after 0:00: https://buildkite.test/acme/bad/builds/1",
    ]


def test_the_last_lines_of_failed_jobs_are_shown(org: Simulator, command: Run) -> None:
    created(org, "bad")
    result = command("watch", "bad", "1", *QUICK)
    assert result.lines[-3:-1] == ["  | no", "  | boom"]


def test_the_last_lines_are_short_and_without_tokens(web: Simulator, command: Run) -> None:
    log = f"leaked {'bkua_' + '0123456789' * 4}\n{'x' * 1_000_000}\n"
    web.pipeline("long").job("test", log=log, exit_status=1, after=0.01)
    created(web, "long", over=True)
    shown = command("watch", "long", "1")
    assert "leaked bkua_REDACTED" in shown.out
    assert f"{'x' * 399}…" in shown.out
    assert len(shown.out) < 2000


def test_a_blocked_build(org: Simulator, command: Run) -> None:
    created(org, "held")
    result = command("watch", "held", "1", *QUICK)
    assert (result.code, result.err) == (5, "")
    assert result.lines[-1] == "Unblock it on that page, or with: buildkite-ext unblock held 1"
    assert command(*result.lines[-1].partition("with: ")[2].split()[1:]).code == 0


def test_changes_as_json_lines(org: Simulator, command: Run) -> None:
    created(org, "good")
    result = command("watch", "good", "1", "--json", *QUICK)
    told = events(result)
    assert result.code == 0
    assert {each["type"] for each in told} == {"build", "job", "end"}
    assert {each["pipeline"] for each in told} == {"good"}
    assert told[0]["type"] == "build"
    assert [each for each in told if each["type"] == "job" and each["state"] == "passed"][-1]["name"] == "test"
    end = told[-1]
    assert (end["type"], end["outcome"], end["exit_code"], end["number"]) == ("end", "passed", 0, 1)


@pytest.mark.parametrize("words", [("good", "1"), ("good", "1", "2")], ids=["one build", "several builds"])
def test_json_tells_how_long_a_build_took_by_its_own_times(
    org: Simulator, command: Run, words: tuple[str, ...]
) -> None:
    created(org, "good", 2, over=True)
    ends = [
        each
        for each in events(command("watch", *words, "--json", *(QUICK if len(words) == 2 else ())))
        if each["type"] == "end"
    ]
    assert len(ends) == len(words) - 1
    for end in ends:
        took = datetime.fromisoformat(end["finished_at"]) - datetime.fromisoformat(end["created_at"])
        assert end["elapsed"] == pytest.approx(took.total_seconds(), abs=0.001)
        assert end["elapsed"] > 0


@pytest.mark.parametrize("others", [(), ("good", "1")], ids=["one build", "several builds"])
def test_the_time_of_a_build_that_continues_is_counted_from_its_creation(
    org: Simulator, command: Run, others: tuple[str, ...]
) -> None:
    created(org, "held", over=True)
    created(org, "good", over=True)
    began = datetime.now(UTC)
    told = events(command("watch", "held", "1", *others, "--json"))
    (end,) = (each for each in told if each["type"] == "end" and each["outcome"] == "blocked")
    assert end["elapsed"] > (began - datetime.fromisoformat(end["created_at"])).total_seconds() - 0.5
    assert end["elapsed"] > 0


def test_several_builds_share_their_requests(org: Simulator, command: Run) -> None:
    created(org, "good", 2, over=True)
    created(org, "bad", over=True)
    created(org, "held", over=True)
    result = command("watch", "good", "1", "2", "bad", "1", "acme/held/1")
    assert (result.code, result.err) == (1, "")
    assert result.lines[0] == "* watching 4 builds"
    for said in (
        "Build good #1 passed in 0:00",
        "Build good #2 passed in 0:00",
        "Build bad #1 failed after 0:00",
        'Build held #1 waits at "Ship it?" after 0:00',
    ):
        assert f"\n{said}: https://buildkite.test/acme/" in result.out
    assert len(org.requests) < 12


def test_several_builds_as_json_lines(org: Simulator, command: Run) -> None:
    created(org, "good", over=True)
    created(org, "held", over=True)
    result = command("watch", "held", "1", "good", "1", "--json")
    told = events(result)
    assert result.code == 5
    assert {(each["pipeline"], each["outcome"]) for each in told if each["type"] == "end"} == {
        ("good", "passed"),
        ("held", "blocked"),
    }
    assert all(each["pipeline"] in ("good", "held") for each in told)


@pytest.mark.parametrize(
    ("ends", "code"),
    [
        (("good", "nothing"), 7),
        (("nothing", "held"), 5),
        (("held", "stopped", "nothing"), 4),
        (("held", "stopped", "bad", "nothing"), 1),
        (("bad", "held", "slow"), 6),
    ],
)
def test_the_code_of_several_builds_is_that_of_the_worst(
    org: Simulator, command: Run, ends: tuple[str, ...], code: int
) -> None:
    org.pipeline("nothing").job("test", skip=True)
    org.pipeline("stopped").job("test", after=1000)
    org.pipeline("slow").job("test", after=1000)
    words = []
    for slug in ends:
        created(org, slug, over=slug not in ("stopped", "slow"))
        words += [slug, "1"]
        if slug == "stopped":
            with org.client() as client:
                client.builds.cancel(slug, 1)
    assert command("watch", *words, *(("--timeout", "1s") if "slow" in ends else ())).code == code


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "missing argument BUILD: write PIPELINE NUMBER"),
        (("web",), "missing argument NUMBER after 'web'"),
        (("web", "1", "api"), "missing argument NUMBER after 'api'"),
        (("web", "api", "1"), "missing argument NUMBER after 'web'"),
        (("1",), "buildkite-ext watch web 1"),
        (("web", "1", "--latest"), "--branch, --latest or --mine: give one of them."),
        (("web", "1", "2", "--poll-interval", "1"), "--poll-interval is for a single build"),
        (("acme/web/1", "other/web/2"), "the builds are of the organizations acme and other"),
        (("acme/web/1", "--organization", "other"), "--organization 'other': give one of them."),
        (("web", "1", "--timeout", "0"), "--timeout '0': give a duration above 0"),
    ],
)
def test_what_cannot_be_meant_is_refused(org: Simulator, command: Run, words: tuple[str, ...], said: str) -> None:
    result = command("watch", *words)
    assert (result.code, result.out) == (2, "")
    assert said in result.err
    assert org.requests == []


def test_a_build_that_does_not_exist(org: Simulator, command: Run) -> None:
    created(org, "held")
    for words in (("held", "99"), ("held", "1", "99")):
        result = command("watch", *words)
        assert result.code == 3
        assert "99" in result.err
    assert command("watch", "good", "--latest").err == "buildkite-ext: The pipeline good has no build.\n"


@pytest.mark.parametrize("numbers", [("1",), ("1", "2")], ids=len)
def test_a_timeout_leaves_the_builds_alone(web: Simulator, command: Run, numbers: tuple[str, ...]) -> None:
    web.pipeline("slow").job("test", after=600)
    created(web, "slow", 2)
    result = command("watch", "slow", *numbers, "--timeout", "0.2")
    assert result.code == 6
    assert "of --timeout" in result.err
    assert "slow #1" in result.err
    assert {request.method for request in web.requests} == {"GET"}


@pytest.mark.parametrize("numbers", [("1",), ("1", "2")], ids=len)
def test_ctrl_c_leaves_the_builds_alone(web: Simulator, start: Start, numbers: tuple[str, ...]) -> None:
    web.pipeline("slow").job("test", after=600)
    created(web, "slow", 2)
    process = start("watch", "slow", *numbers)
    assert process.stdout is not None
    for line in process.stdout:
        if line.endswith(": running\n"):
            break
    process.send_signal(signal.SIGINT)
    result = ended(process)
    assert result.code == 130
    assert result.err.startswith("buildkite-ext: Stopped ")
    assert "slow #1" in result.err
    assert {request.method for request in web.requests} == {"GET"}


@pytest.mark.parametrize("words", [("good", "1", *QUICK), ("good", "1", "2")], ids=len)
def test_a_table_on_a_terminal(org: Simulator, words: tuple[str, ...]) -> None:
    created(org, "good", 2, over="2" in words)
    terminal = Terminal("watch", *words)
    assert terminal.end() == 0
    assert terminal.text.rfind(SHOW_CURSOR) > terminal.text.rfind(HIDE_CURSOR) > -1
    assert "Build good #1 passed in 0:00" in terminal.text
    assert "Ctrl-C leaves" in terminal.text
    assert "✓" in terminal.text


def test_simulated(command: Run) -> None:
    result = command("watch", "release", "--latest", "api", "--simulate")
    assert (result.code, result.out) == (2, "")
    result = command("watch", "api", "1", "web", "1", "--simulate", "--quiet")
    assert result.code in (0, 1, 4)
    assert sum(line.startswith("Build ") for line in result.lines) == 2


def test_failed_jobs_are_retried_and_waited_for(org: Simulator, command: Run) -> None:
    created(org, "bad")
    assert command("watch", "bad", "1", "--quiet").code == 1
    org.requests.clear()
    result = command("retry-failed", "bad", "1", "--wait", *QUICK)
    assert (result.code, result.err) == (0, "")
    assert result.lines[-1].startswith("Build bad #1 passed in ")
    assert "* test (attempt 2): passed after 0:00" in result.lines
    assert [request.method for request in org.requests].count("PUT") == 1


def test_failed_jobs_are_retried(org: Simulator, command: Run) -> None:
    created(org, "bad")
    assert command("watch", "bad", "1", "--quiet").code == 1
    org.requests.clear()
    none = command("retry-failed", "bad", "1", "--state", "canceled")
    assert none.lines == ["0 jobs will be retried in build bad #1: https://buildkite.test/acme/bad/builds/1"]
    assert json.loads(org.requests[0].body or b"") == {"states": "canceled"}
    done = command("retry-failed", "acme/bad/1", "--json")
    assert (done.code, done.err, json.loads(done.out)["retried_jobs_count"]) == (0, "", 1)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "missing argument BUILD"),
        (("web", "1", "--timeout", "1m"), "--timeout is for --wait."),
        (("web", "1", "--poll-interval", "1m"), "--poll-interval is for --wait."),
        (("web", "1", "--state", "passed"), "--state"),
    ],
)
def test_retries_that_cannot_be_meant(org: Simulator, command: Run, words: tuple[str, ...], said: str) -> None:
    result = command("retry-failed", *words)
    assert (result.code, result.out) == (2, "")
    assert said in result.err
    assert org.requests == []


def test_a_token_that_may_not_retry(org: Simulator, command: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    created(org, "bad")
    org.add_token("bkua_reader_0123456789", scopes={"read_builds"})
    monkeypatch.setenv("BUILDKITE_API_TOKEN", "bkua_reader_0123456789")
    for words in (("retry-failed", "bad", "1"), ("retry-failed", "bad", "1", "--wait")):
        result = command(*words)
        assert (result.code, result.out) == (3, "")
        assert "write_builds" in result.err
        assert TOKEN not in result.err
