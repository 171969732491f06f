"""`buildkite-ext builds` and `jobs`: lists, one build, retries, and unblocked steps."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from buildkite_ext.cli.exit_codes import ExitCode
from buildkite_ext.cli.hints import in_options
from buildkite_ext.cli.render.lines import summary
from buildkite_ext.cli.run.result import BlockingStep, RunResult
from buildkite_ext.models import Job, JobType
from buildkite_ext.simulation import Simulator

from .conftest import TOKEN, Ended

Run = Callable[..., Ended]


@pytest.fixture
def org(web: Simulator) -> Simulator:
    """Return a simulator with builds 1 (main) and 2 (dev) of acme/web, which failed, and build 1 of acme/api, which passed."""
    pipeline = web.pipeline("web").job("lint", key="lint", log="ok\n", after=0.01)
    pipeline.job("unit tests", key="unit", log="boom\n", exit_status=[1, 1, 0], after=0.01)
    pipeline.history(1, branch="main").history(1, branch="dev")
    web.pipeline("api").job("test", after=0.01).history(1, branch="main")
    return web


def objects(result: Ended) -> list[dict[str, Any]]:
    assert (result.code, result.err) == (0, "")
    assert result.out.isascii()
    return [json.loads(line) for line in result.lines]


def test_builds_of_a_pipeline_are_listed_for_programs(org: Simulator, command: Run) -> None:
    result = command("builds", "list", "web")
    assert (result.code, result.err) == (0, "")
    rows = [line.split("\t") for line in result.lines]
    assert [row[:3] for row in rows] == [["failed", "web/2", "dev"], ["failed", "web/1", "main"]]
    assert all(len(row) == 6 for row in rows)
    assert len(org.requests) == 1


@pytest.mark.parametrize(
    ("words", "names"),
    {
        ("web",): ["web/2", "web/1"],
        ("acme/web", "--limit", "1"): ["web/2"],
        ("https://buildkite.com/acme/web/builds/7",): ["web/2", "web/1"],
        ("-p", "web", "--branch", "main"): ["web/1"],
        ("web", "--branch", "main", "--branch", "dev"): ["web/2", "web/1"],
        ("--state", "passed"): ["api/1"],
        ("web", "--state", "passed"): [],
        ("web", "--meta-data", "a=b"): [],
    }.items(),
)
def test_builds_are_filtered(org: Simulator, command: Run, words: tuple[str, ...], names: list[str]) -> None:
    found = objects(command("builds", "list", *words, "--json"))
    assert [f"{each['url'].split('/')[-3]}/{each['number']}" for each in found] == names
    assert [line.split("\t")[1] for line in command("builds", "list", *words).lines] == names


def test_builds_of_the_user_of_the_token(org: Simulator, command: Run) -> None:
    created = command("run", "api", "--branch", "main", "--quiet", "--poll-interval", "0.05")
    assert created.code == 0
    assert [line.split("\t")[1] for line in command("builds", "list", "--mine", "--limit", "1").lines] == ["api/2"]
    assert command("builds", "get", "--mine").out.startswith("Build api #2 is passed")
    assert command("builds", "get", "api", "--mine").out.startswith("Build api #2 is passed")


def test_a_build_and_its_jobs(org: Simulator, command: Run) -> None:
    result = command("builds", "get", "web", "1")
    assert (result.code, result.err) == (0, "")
    assert result.lines[0].startswith("Build web #1 is failed after 0:0")
    assert result.lines[1].startswith("Branch main, commit ")
    assert [line.split("\t")[:3] for line in result.lines if "\t" in line] == [
        ["passed", "lint", ""],
        ["failed", "unit tests", "exit status 1"],
    ]
    (found,) = objects(command("builds", "get", "acme/web/1", "--json"))
    assert (found["number"], found["state"], len(found["jobs"])) == (1, "failed", 2)
    assert command("builds", "get", "web", "--branch", "dev").out.startswith("Build web #2 ")
    assert command("builds", "get", "web", "--latest").out.startswith("Build web #2 ")


@pytest.mark.parametrize(
    ("words", "said"),
    {
        ("get",): "missing argument BUILD: write PIPELINE NUMBER",
        ("get", "web"): "missing argument NUMBER",
        ("get", "web", "1", "2"): "too many arguments: '2'",
        ("get", "1"): "buildkite-ext builds get web 1",
        ("get", "web", "1", "--latest"): "--branch, --latest or --mine: give one of them.",
        ("list", "web", "--pipeline", "web"): "PIPELINE and --pipeline: give one of them.",
        ("list", "--limit", "0"): "--limit 0: give a number above 0.",
        ("list", "--state", "done"): "--state",
        ("list", "--meta-data", "a"): "--meta-data 'a': give NAME=VALUE.",
        ("cancel",): "missing argument BUILD",
    }.items(),
)
def test_builds_refuses_what_cannot_be_meant(org: Simulator, command: Run, words: tuple[str, ...], said: str) -> None:
    result = command("builds", *words)
    assert (result.code, result.out) == (2, "")
    assert said in result.err
    assert org.requests == []


@pytest.mark.parametrize(
    "words", [("builds", "get", "web", "99"), ("builds", "get", "gone", "--latest"), ("jobs", "list", "web", "99")]
)
def test_a_build_that_does_not_exist(org: Simulator, command: Run, words: tuple[str, ...]) -> None:
    result = command(*words)
    assert (result.code, result.out) == (3, "")
    assert result.err.startswith("buildkite-ext: ")
    assert TOKEN not in result.err


def test_no_text_of_others_reaches_the_terminal(org: Simulator, command: Run) -> None:
    org.pipeline("odd").job("a\x1b]0;title\x07b\tc\nd", after=0.01).history(1, branch="m\x1b[2Jain")
    for words in (("builds", "list", "odd"), ("builds", "get", "odd", "1"), ("jobs", "list", "odd", "1")):
        result = command(*words)
        assert result.code == 0
        assert "\x1b" not in result.out
        assert "title" not in result.out
    assert command("builds", "list", "odd").lines[0].split("\t")[2] == "main"


def test_builds_cancel_is_cancel(org: Simulator, command: Run) -> None:
    assert command("builds", "cancel", "web", "1") == command("cancel", "web", "1")
    (found,) = objects(command("builds", "cancel", "web", "1", "--json"))
    assert found["state"] == "failed"


def test_jobs_are_listed(org: Simulator, command: Run) -> None:
    result = command("jobs", "list", "web", "1")
    assert (result.code, result.err) == (0, "")
    rows = [line.split("\t") for line in result.lines]
    assert [row[:3] for row in rows] == [["passed", "lint", ""], ["failed", "unit tests", "exit status 1"]]
    identity = rows[1][4]
    for words in (
        ("web", "1", "--state", "failed"),
        ("web", "1", "--job", "unit"),
        ("web", "1", "-j", "unit *"),
        ("web", "1", "--job", identity),
        (f"https://buildkite.com/acme/web/builds/1#{identity}",),
    ):
        assert [each["id"] for each in objects(command("jobs", "list", *words, "--json"))] == [identity]


def test_a_job_is_retried_and_waited_for(org: Simulator, command: Run) -> None:
    identity = objects(command("jobs", "list", "web", "1", "--job", "unit", "--json"))[0]["id"]
    first = command("jobs", "retry", "web", "1", "--job", "unit", "--wait")
    assert (first.code, first.err) == (1, "")
    assert first.lines[0].startswith("Job unit tests (attempt 2) is retried: ")
    assert first.lines[1].startswith("Job unit tests (attempt 2) failed: ")
    again = command("jobs", "retry", f"acme/web/1#{identity}".replace("#", "/"), "--wait")
    assert again.code == 2
    attempts = objects(command("jobs", "list", "web", "1", "--job", "unit", "--retried", "--json"))
    assert {each["id"] for each in attempts} > {identity}
    second = command("jobs", "retry", "web", "1", "--job", "unit", "--wait", "--json")
    (ended,) = objects(second)
    assert ended["state"] == "passed"


def test_a_job_is_retried_by_its_url(org: Simulator, command: Run) -> None:
    identity = objects(command("jobs", "list", "web", "2", "--job", "unit", "--json"))[0]["id"]
    org.requests.clear()
    (new,) = objects(command("jobs", "retry", f"https://buildkite.com/acme/web/builds/2#{identity}", "--json"))
    assert new["id"] != identity
    assert [request.method for request in org.requests] == ["PUT"]


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("retry", "web", "1"), 2, "missing option --job"),
        (("retry", "web", "--latest"), 2, "missing option --job"),
        (("unblock", "web", "1"), 2, "missing option --job"),
        (("retry", "web", "1", "--job", ""), 2, "--job is empty."),
        (("retry", "--mine", "--job", ""), 2, "--job is empty."),
        (("retry", "web", "1", "--job", "unit", "--timeout", "1m"), 2, "--timeout is for --wait."),
        (
            ("retry", "web", "1", "--job", "gone"),
            3,
            "--job 'gone' names no job of build #1. Its jobs: 'lint', 'unit tests'.",
        ),
        (("unblock", "web", "1", "--job", "*"), 2, "--job '*' names 2 jobs: give the id of one of them"),
        (("unblock", "web", "1", "--job", "lint", "--field", "a"), 2, "--field: give NAME=VALUE."),
        (("unblock", "web", "1", "--job", "lint"), 3, "Job 'lint' is a command step"),
    ],
)
def test_jobs_refuses_what_cannot_be_meant(
    org: Simulator, command: Run, words: tuple[str, ...], code: int, said: str
) -> None:
    result = command("jobs", *words)
    assert (result.code, result.out) == (code, "")
    assert said in result.err
    assert {request.method for request in org.requests} <= {"GET"}


@pytest.fixture
def release(web: Simulator, run: Run) -> Simulator:
    """Return a simulator whose build 1 of acme/release waits at a block step."""
    pipeline = web.pipeline("release").job("package", after=0.01)
    pipeline.block("Ship it?", ["version", {"key": "notes", "required": False}], key="ship").job("deploy", after=0.01)
    assert run("release", "--quiet").code == 5
    web.requests.clear()
    return web


def test_a_step_is_unblocked(release: Simulator, command: Run) -> None:
    result = command("unblock", "release", "1", "--field", "version=1.4.2")
    assert (result.code, result.err) == (0, "")
    assert result.out.startswith("Build release #1 is unblocked, and ")
    assert [request.method for request in release.requests] == ["GET", "PUT", "GET"]
    assert json.loads(release.requests[1].body or b"") == {"fields": {"version": "1.4.2"}}


@pytest.mark.parametrize(
    "words",
    [("release", "1", "--step", "ship"), ("release", "--latest", "--step", "Ship it?"), ("acme/release/1",)],
    ids=" ".join,
)
def test_a_step_is_named(release: Simulator, command: Run, words: tuple[str, ...]) -> None:
    (found,) = objects(command("unblock", *words, "-f", "version=1", "-f", "notes=a=b", "--json"))
    assert found["number"] == 1
    sent = next(request for request in release.requests if request.method == "PUT")
    assert json.loads(sent.body or b"") == {"fields": {"version": "1", "notes": "a=b"}}


def test_the_url_of_the_job_of_a_step_names_it(release: Simulator, command: Run) -> None:
    identity = objects(command("jobs", "list", "release", "1", "--job", "ship", "--json"))[0]["id"]
    url = f"https://buildkite.com/acme/release/builds/1#{identity}"
    release.requests.clear()
    result = command("jobs", "unblock", url, "--field", "version=1")
    assert (result.code, result.err) == (0, "")
    assert result.out.startswith("Job Ship it? is unblocked: ")
    assert [request.method for request in release.requests] == ["PUT"]
    assert command("unblock", url, "--field", "version=1").code == 3  # it is unblocked already


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("release", "1"), 3, "missing: version\nGive their values by the keys of the fields, with --field KEY=VALUE."),
        (("release", "1", "--step", "gone"), 3, "has no step 'gone'. Nothing was sent. Name one in --step: 'ship'."),
        (("release", "1", "--step", "package"), 3, "--step 'package' of build release #1 is a command step"),
        (("release", "1", "--step", " "), 2, "--step is empty."),
        (("release", "1", "--field", "version"), 2, "--field: give NAME=VALUE."),
        ((), 2, "missing argument BUILD"),
    ],
)
def test_what_cannot_be_unblocked(
    release: Simulator, command: Run, words: tuple[str, ...], code: int, said: str
) -> None:
    result = command("unblock", *words)
    assert (result.code, result.out) == (code, "")
    assert said in result.err
    assert "step=" not in result.err


def test_of_several_blocked_steps_one_has_to_be_named() -> None:
    said = in_options(
        "Build two #1 waits at 2 block steps, and step= names none of them. Nothing was sent. Name one in step=: 'a', 'b'."
    )
    assert said.endswith("and --step names none of them. Nothing was sent. Name one in --step: 'a', 'b'.")
    steps = tuple(BlockingStep(identity, identity, "https://x") for identity in ("id-1", "id-2"))
    result = RunResult(code=ExitCode.BLOCKED, pipeline="two", outcome="blocked", blocked=steps)
    assert [line.text for line in summary(result)][-1].endswith("buildkite-ext unblock two 0 --step id-1")


def test_the_command_that_unblocks_names_a_step_by_its_key() -> None:
    jobs = (Job(id="id-1", type=JobType.MANUAL, step_key="ship"), Job(id="id-2", type=JobType.MANUAL))
    steps = tuple(map(BlockingStep.of, jobs))
    said = [
        list(summary(RunResult(code=ExitCode.BLOCKED, pipeline="two", outcome="blocked", blocked=order)))[-1].text
        for order in (steps, steps[::-1])
    ]
    assert [text.rpartition(" ")[2] for text in said] == ["ship", "id-2"]
