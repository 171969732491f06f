"""`buildkite-ext logs`: logs as they are, as they grow, their ends, and what matches a pattern."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from buildkite_ext.simulation import Fault, Simulator

from .conftest import Ended
from .test_terminal import Terminal

Run = Callable[..., Ended]

LINT = "--- Lint\nall \x1b[32mgood\x1b[0m\n"
TEST = "--- Setup\none\ntwo\n+++ Tests\nerror: a\nmiddle\nerror: b\nlast\n"


@pytest.fixture
def org(web: Simulator) -> Simulator:
    """Return a simulator whose build 1 of acme/web is over."""
    pipeline = web.pipeline("web").job("lint", key="lint", log=LINT, after=0.01)
    pipeline.job("unit tests", key="unit", log=TEST, exit_status=1, after=0.01).wait().job("never", key="never")
    pipeline.history(1, branch="main")
    return web


ALL = [
    *("lint | --- Lint", "lint | all good", "unit tests | --- Setup", "unit tests | one", "unit tests | two"),
    *(
        "unit tests | +++ Tests",
        "unit tests | error: a",
        "unit tests | middle",
        "unit tests | error: b",
        "unit tests | last",
    ),
]


@pytest.mark.parametrize(
    ("words", "lines"),
    [
        ((), ALL),
        (("--follow",), ALL),
        (("--job", "unit"), ALL[2:]),
        (("-j", "lint", "-j", "never"), ALL[:2]),
        (("--state", "failed"), ALL[2:]),
        (("--state", "failed", "--follow"), ALL[2:]),
        (("--job", "unit*", "--follow"), ALL[2:]),
        (("--tail", "1"), [ALL[1], ALL[-1]]),
        (("--tail", "1", "--follow"), [ALL[1], ALL[-1]]),
        (("--tail", "0"), []),
        (("--grep", "error"), [ALL[6], ALL[8]]),
        (("--grep", "error", "--follow"), [ALL[6], ALL[8]]),
        (("--grep", "o", "--job", "lint"), [ALL[1]]),
        (("--grep", "error", "--tail", "2"), [ALL[8]]),
        (("--grep", "error: a", "--context", "1"), ALL[5:8]),
        (("--grep", "error", "--tail", "2", "--follow"), [ALL[8]]),
        (("--grep", "error: a", "--context", "1", "--follow"), ALL[5:8]),
        (("--grep", "last", "--context", "1", "--follow"), ALL[8:]),
        (("--grep", "error", "-C", "1"), ALL[5:10]),
        (("--grep", "one|last|good", "-C", "1"), [*ALL[:2], "--", *ALL[2:5], "--", *ALL[8:]]),
    ],
    ids=lambda value: " ".join(value[:4]) if isinstance(value, tuple) else "",
)
def test_lines(org: Simulator, command: Run, words: tuple[str, ...], lines: list[str]) -> None:
    result = command("logs", "web", "1", *words)
    assert (result.code, result.err) == (0, "")
    assert sorted(result.lines) == sorted(lines) if "--follow" in words else result.lines == lines


def test_nothing_that_matches_has_a_code_of_its_own(org: Simulator, command: Run) -> None:
    assert command("logs", "web", "1", "--grep", "nowhere") == Ended(1, "", "")


def test_the_url_of_a_job_names_it(org: Simulator, command: Run) -> None:
    jobs = command("jobs", "list", "web", "1", "--job", "unit", "--json")
    identity = json.loads(jobs.out)["id"]
    url = f"https://buildkite.com/acme/web/builds/1#{identity}"
    assert command("logs", url).lines == ALL[2:]
    assert command("logs", url, "--job", "lint").lines == ALL[:2]
    assert command("logs", "web", "--latest", "--tail", "1", "--job", identity).lines == ALL[-1:]


def test_as_json_lines(org: Simulator, command: Run) -> None:
    result = command("logs", "web", "1", "--job", "unit", "--json")
    assert result.out.isascii()
    told = [json.loads(line) for line in result.lines]
    assert [(each["type"], each["job"], each["group"], each["text"]) for each in told][4] == (
        *("line", "unit tests", "Tests"),
        "error: a",
    )
    found = [json.loads(line) for line in command("logs", "web", "1", "--grep", "error", "-C", "1", "--json").lines]
    assert [(each["type"], each["number"], each["before"], each["after"]) for each in found] == [
        ("match", 5, ["+++ Tests"], ["middle"]),
        ("match", 7, ["middle"], ["last"]),
    ]
    assert found[0]["text"][found[0]["start"] : found[0]["end"]] == "error"


def test_a_log_that_grows_is_followed(web: Simulator, command: Run) -> None:
    web.pipeline("web").job("test", log=[(0.05, "one\n"), (0.1, "two\n")], after=0.2)
    with web.client() as client:
        client.builds.create("web", branch="main", commit="HEAD")
    result = command("logs", "web", "1", "--follow")
    assert (result.code, result.lines, result.err) == (0, ["test | one", "test | two"], "")


def test_colours_mark_what_matches_and_nothing_else_passes(web: Simulator, command: Run) -> None:
    log = "\x1b]0;title\x07\x1b[2Jan \x1b[31merror\x1b[0m\n"
    web.pipeline("web").job("test\x1b[2J", log=log, after=0.01).history(1)
    plain = command("logs", "web", "1")
    assert plain.lines == ["test | an error"]
    coloured = command("logs", "web", "1", "--color", "always", "--grep", "err")
    assert "an \x1b[1;31merr\x1b[0mor" in coloured.out
    for text in (coloured.out, command("logs", "web", "1", "--color", "always").out):
        assert "title" not in text
        assert "\x1b[2J" not in text
    terminal = Terminal("logs", "web", "1")
    assert terminal.end() == 0
    assert "title" not in terminal.text
    assert "\x1b[2J" not in terminal.text


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        ((), 2, "missing argument BUILD"),
        (("web",), 2, "missing argument NUMBER"),
        (("web", "1", "--tail", "-1"), 2, "--tail -1: give 0 or more."),
        (("web", "1", "--tail", "x"), 2, "--tail 'x': give a whole number."),
        (("web", "1", "--context", "2"), 2, "--context is for --grep."),
        (("web", "1", "--grep", "a", "--context", "-2"), 2, "--context -2: give 0 or more."),
        (("web", "1", "--grep", "("), 2, "--grep isn't a regular expression: missing ), unterminated subpattern"),
        (("web", "1", "--state", "done"), 2, "--state"),
        (("web", "1", "--job", ""), 2, "--job is empty."),
        (("web", "1", "--job", "gone"), 3, "--job 'gone' names no job of build #1. Its jobs: 'lint'"),
        (("web", "9"), 3, "builds/9"),
        (("web", "--branch", "gone"), 3, "The pipeline web has no build of the branch gone."),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_errors(org: Simulator, command: Run, words: tuple[str, ...], code: int, said: str) -> None:
    result = command("logs", *words)
    assert (result.code, result.out) == (code, "")
    assert said in result.err
    assert code == 3 or org.requests == []


def test_a_token_without_the_scope_of_logs(org: Simulator, command: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    org.add_token("bkua_reader_0123456789", scopes={"read_builds"})
    monkeypatch.setenv("BUILDKITE_API_TOKEN", "bkua_reader_0123456789")
    for words in ((), ("--follow",), ("--tail", "3")):
        result = command("logs", "web", "1", *words)
        assert (result.code, result.out) == (3, "")
        assert "read_build_logs" in result.err


def test_simulated(command: Run) -> None:
    result = command("logs", "web", "1", "--simulate", "--job", "lint", "--grep", "check")
    assert result.code == 0
    assert all(line.startswith("lint | ") for line in result.lines)


def test_attempts_that_were_retried_are_shown_or_said_to_be_left_out(web: Simulator, command: Run) -> None:
    web.pipeline("web").job("unit", key="unit", log="again\n", exit_status=[1, 0], after=0.01)
    with web.client() as client:
        first = client.builds.run("web", branch="main").failed_jobs[0]
        client.jobs.retry(first, wait=True)
    last = command("logs", "web", "1")
    assert (last.lines, last.err) == (
        ["unit (attempt 2) | again"],
        "1 attempt that was retried is left out. --retried shows all.\n",
    )
    shown = command("logs", "web", "1", "--retried", "--json")
    assert shown.err == ""
    assert json.loads(shown.lines[0])["job_id"] == first.id
    assert len(shown.lines) == 2
    assert len(command("logs", "web", "1", "--follow").lines) == 2
    one = command("logs", "web", "1", "--job", first.id, "--json")
    assert ([json.loads(line)["job_id"] for line in one.lines], one.err) == ([first.id], "")


def test_no_direction_of_text_is_changed_on_the_terminal(web: Simulator, command: Run) -> None:
    web.pipeline("web").job("te\u202est\u2028x", log="ok \u202etxt.exe\u2066\n", after=0.01).history(1, branch="main")
    out = command("logs", "web", "1").out
    assert out.endswith("| ok txt.exe\n")
    assert not any(character in out for character in "\u202e\u2066\u2028")


@pytest.mark.parametrize("states", [("canceled",), ("canceled", "timed_out")], ids=" or ".join)
def test_a_state_that_no_job_has_is_said(org: Simulator, command: Run, states: tuple[str, ...]) -> None:
    words = [word for state in states for word in ("--state", state)]
    result = command("logs", "web", "1", *words)
    assert (result.code, result.out) == (0, "")
    assert result.err == f"No job of build #1 is {' or '.join(states)}, so there is no log to show.\n"


@pytest.mark.parametrize("words", [("--follow",), ("--follow", "--grep", "x"), ("--follow", "--grep", "nowhere")])
def test_the_end_of_the_time_allowed_has_its_code(
    buildkite_simulator: Simulator, command: Run, words: tuple[str, ...]
) -> None:
    buildkite_simulator.pipeline("web").job("test", log="x\n", after=500)
    with buildkite_simulator.client() as client:
        client.builds.create("web")
    result = command("logs", "web", "1", *words, "--timeout", "10")
    assert result.code == 6
    assert result.lines == ([] if "nowhere" in words else ["test | x"])
    assert result.err == (
        "buildkite-ext: Build web #1 is still running after 10 s. It continues; only following it ended. Follow it again, or "
        "allow more with --timeout.\n"
    )


def test_more_logs_than_the_time_allows_to_read_have_that_code_too(
    buildkite_simulator: Simulator, command: Run
) -> None:
    buildkite_simulator.pipeline("web").job("test", log="x\n", after=1, parallelism=100)
    with buildkite_simulator.client() as client:
        client.builds.run("web")
    for words in (("--follow",), ("--follow", "--grep", "nowhere")):
        result = command("logs", "web", "1", *words, "--timeout", "10")
        assert (result.code, len(result.lines) > 10) == (6, "--grep" not in words)
        assert result.err.endswith("not all of its logs were read in 10 s. Allow more with --timeout.\n")


@pytest.mark.parametrize("words", [(), ("--follow",), ("--follow", "--grep", "x"), ("--grep", "x"), ("--tail", "5")])
@pytest.mark.parametrize("status", [410, 500])
def test_a_log_that_can_not_be_read_comes_after_those_that_can(
    buildkite_simulator: Simulator, command: Run, words: tuple[str, ...], status: int
) -> None:
    buildkite_simulator.pipeline("web").job("bad", log="x\n", after=1).job("good", log="x\n", after=1)
    with buildkite_simulator.client() as client:
        bad = client.builds.run("web").build.jobs[0].id
    buildkite_simulator.faults.add(Fault("error", status=status, path=f"*/{bad}/log"))
    result = command("logs", "web", "1", *words)
    assert (result.code, result.lines) == (3, ["good | x"])
    lines = result.err.splitlines()
    at, note = next((at, line) for at, line in enumerate(lines) if "can't be read" in line)
    pauses, error = lines[:at], lines[at + 1 :]
    assert note.startswith("buildkite-ext: The log of job 'bad' can't be read: GET /v2/organizations/acme/jobs/")
    assert all(line.endswith(" s.") and ": answered 500. Trying again in " in line for line in pauses)
    assert (status == 500) >= bool(pauses)
    assert error[0].startswith("buildkite-ext: GET /v2/organizations/acme/jobs/")
    assert error[-1] == "Not all of these logs could be read: 'bad'. The others were."
