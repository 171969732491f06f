"""`buildkite-ext why`: why a build failed."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from buildkite_ext.simulation import Simulator

from .conftest import TOKEN, Ended

Run = Callable[..., Ended]

LOG = "--- Setup\nok\n+++ Tests\nE       assert 3 == 4\nFAILED tests/test_cart.py::test_total\n"


@pytest.fixture
def failed(web: Simulator) -> Simulator:
    """Return a simulator whose builds 1 to 3 of acme/web are over: of main and of dev they failed, the last one of main passed."""
    pipeline = web.pipeline("web").job("lint", log="ok\n", after=0.01)
    pipeline.job("test", log=LOG, exit_status=1, after=0.01)
    pipeline.history(1, branch="main").history(1, branch="dev")
    web.pipeline("api").job("test", after=0.01).history(1, branch="main")
    return web


def test_the_reasons_are_printed(failed: Simulator, command: Run) -> None:
    result = command("why", "web", "1")
    assert (result.code, result.err) == (0, "")
    assert result.lines[0].startswith("Build acme/web #1 failed after ")
    assert (
        result.lines[1] == f"{failed.base_url.replace('api.', '')}/acme/web/builds/1"
        or "/acme/web/builds/1" in result.out
    )
    assert "1. test: tests failed, exit status 1" in result.out
    assert "   | E       assert 3 == 4" in result.out
    # Whose token it is is asked for when the process has used another one.
    sent = [request for request in failed.requests if request.path != "/v2/access-token"]
    assert [request.method for request in sent] == ["GET"] * 4


@pytest.mark.parametrize(
    "words",
    [
        ("acme/web/1",),
        ("web", "1"),
        ("1", "-p", "web"),
        ("1", "--pipeline", "acme/web"),
        ("https://buildkite.com/acme/web/builds/1",),
        ("https://buildkite.com/acme/web/builds/1#0199b4d2-3c1f-4b6e-9f00-0123456789ab",),
        ("web", "--branch", "main"),
        ("-p", "web", "-b", "main"),
    ],
)
def test_a_build_is_named_as_everywhere(failed: Simulator, command: Run, words: tuple[str, ...]) -> None:
    result = command("why", *words)
    assert result.code == 0
    assert result.out.startswith("Build acme/web #1 failed")


def test_the_newest_build(failed: Simulator, command: Run) -> None:
    assert command("why", "web", "--latest").out.startswith("Build acme/web #2 failed")
    assert command("why", "web", "--branch", "dev").out.startswith("Build acme/web #2 failed")
    assert command("why", "web", "--branch", "main", "--latest").out.startswith("Build acme/web #1 failed")
    passed = command("why", "api", "--latest")
    assert (passed.code, passed.lines[0].endswith("Nothing failed.")) == (0, True)
    missing = command("why", "web", "--branch", "gone")
    assert (missing.code, missing.out) == (3, "")
    assert missing.err == "buildkite-ext: The pipeline web has no build of the branch gone.\n"


def test_as_json(failed: Simulator, command: Run) -> None:
    result = command("why", "web", "1", "--json")
    told = json.loads(result.out)
    assert (result.code, result.err, result.out.count("\n")) == (0, "", 1)
    assert (told["outcome"], told["number"], told["requests"]) == ("failed", 1, 4)
    assert [(each["kind"], each["error"]) for each in told["jobs"]] == [("tests", "E       assert 3 == 4")]
    assert TOKEN not in result.out


def test_the_maxima(failed: Simulator, command: Run) -> None:
    none = command("why", "web", "1", "--max-jobs", "0", "--json")
    assert (json.loads(none.out)["jobs"], json.loads(none.out)["left_out"]) == ([], 1)
    assert len(command("why", "web", "1", "--max-bytes", "1024").out) <= 1025


REFUSED = {
    "nothing": ([], "missing argument BUILD: write PIPELINE NUMBER"),
    "a number alone": (["1"], "buildkite-ext why web 1"),
    "a pipeline alone": (["web"], "missing argument NUMBER"),
    "a number and a branch": (
        ["web", "1", "--branch", "main"],
        "NUMBER '1' and --branch, --latest or --mine: give one of them.",
    ),
    "a build and the newest": (["acme/web/1", "--latest"], "the address names build 1"),
    "the newest of nothing": (["--latest"], "missing argument PIPELINE"),
    "too few bytes": (["web", "1", "--max-bytes", "100"], "--max-bytes 100: give at least 1024."),
    "negative jobs": (["web", "1", "--max-jobs", "-1"], "--max-jobs -1: give 0 or more."),
    "no number": (["web", "1", "--max-jobs", "many"], "--max-jobs 'many': give a whole number."),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_meant_is_refused(failed: Simulator, command: Run, name: str) -> None:
    words, said = REFUSED[name]
    result = command("why", *words)
    assert (result.code, result.out) == (2, "")
    assert said in result.err
    assert failed.requests == []


def test_a_build_that_does_not_exist(failed: Simulator, command: Run) -> None:
    result = command("why", "web", "99")
    assert (result.code, result.out) == (3, "")
    assert "99" in result.err


def test_a_token_without_a_scope_still_tells_the_rest(
    failed: Simulator, command: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    failed.add_token("bkua_reader_0123456789", scopes={"read_builds"})
    monkeypatch.setenv("BUILDKITE_API_TOKEN", "bkua_reader_0123456789")
    result = command("why", "web", "1")
    assert result.code == 0
    assert "1. test: the command failed, exit status 1" in result.out
    assert "not read: its log: " in result.out
    assert "read_build_logs" in result.out


def test_simulated(command: Run) -> None:
    result = command("why", "api", "--latest", "--simulate")
    assert result.code == 0
    assert result.out.startswith("Build acme/api #12 ")
