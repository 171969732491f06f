"""`buildkite-ext record`, and `simulate --scenario`, which plays what it has written."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from buildkite_ext.simulation import Scenario, Simulator

from .conftest import TOKEN, Ended, ended

Run = Callable[..., Ended]
Start = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def over(web: Simulator) -> Simulator:
    """Return a simulator with a build of acme/web that failed, and one of acme/slow that runs."""
    pipeline = web.pipeline("web").job("lint", log=f"token {TOKEN}\nby ada@acme.test\n" + "x" * 500, after=0.01)
    pipeline.job("test", exit_status=[1, 2], automatic_retries=1, after=0.01, artifacts={"report.xml": b"<x/>"})
    pipeline.history(1, branch="main")
    web.pipeline("slow").job("test", after=600).build()
    return web


def test_a_build_is_recorded_into_a_file(over: Simulator, command: Run, tmp_path: Path) -> None:
    path = tmp_path / "scenario.yml"
    result = command("record", "acme/web/1", "--to", str(path))
    assert (result.code, result.out) == (0, "")
    assert "Recorded build web #1, failed: 2 jobs with 3 attempts." in result.err
    assert "aren't recorded" in result.err
    text = path.read_text()
    assert TOKEN not in text
    scenario = Scenario.load(text)
    lint, test = scenario.jobs
    assert (scenario.state, [each.exit_status for each in test.attempts]) == ("failed", [1, 2])
    assert lint.attempts[0].log.startswith("token REDACTED\n")
    assert test.attempts[0].artifacts == ("report.xml",)


@pytest.mark.parametrize(
    "words",
    [
        ("web", "1"),
        ("https://buildkite.com/acme/web/builds/1",),
        ("https://buildkite.com/acme/web/builds/1#0199b4d2-3c1f-4b6e-9f00-0123456789ab",),
        ("web", "--branch", "main"),
        ("-p", "acme/web", "--latest"),
    ],
)
def test_a_build_is_named_as_everywhere_and_goes_to_the_standard_output(
    over: Simulator, command: Run, words: tuple[str, ...]
) -> None:
    result = command("record", *words)
    assert result.code == 0
    assert Scenario.load(result.out).pipeline == "web"


def test_a_file_is_not_replaced_unless_told(over: Simulator, command: Run, tmp_path: Path) -> None:
    path = tmp_path / "scenario.yml"
    path.write_text("mine")
    result = command("record", "web", "1", "--to", str(path))
    assert (result.code, path.read_text(), over.requests) == (2, "mine", [])
    assert "exists already. Name another file, or give --force to replace it." in result.err
    assert command("record", "web", "1", "--to", str(path), "--force").code == 0
    assert Scenario.load(path.read_text()).pipeline == "web"


def test_what_is_left_out_is_told(over: Simulator, command: Run) -> None:
    result = command("record", "web", "1", "--log-bytes", "100")
    assert "The log of 'lint' has" in result.err
    assert "The first 100 are kept." in result.err
    assert "x" * 100 not in result.out
    assert command("record", "web", "1", "--log-bytes", "0").out.count("log:") == 0


def test_secrets_of_a_file_and_addresses_are_replaced(over: Simulator, command: Run, tmp_path: Path) -> None:
    secrets = tmp_path / "secrets"
    secrets.write_text("xxxxxxxxxx\n\nanother\n")
    result = command("record", "web", "1", "--secrets-file", str(secrets), "--emails")
    assert result.code == 0
    assert "xxxxxxxxxx" not in result.out
    assert "ada@acme.test" not in result.out


def test_the_token_of_a_file_is_not_recorded(
    over: Simulator, command: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for each in ("BUILDKITE_API_TOKEN", "BUILDKITE_TOKEN", "BUILDKITE_API_ACCESS_TOKEN"):
        monkeypatch.delenv(each, raising=False)
    over.pipeline("leaky").job("test", log=f"{TOKEN.encode().hex()}\n", after=0.01).history(1, branch="main")
    token, path = tmp_path / "token", tmp_path / "scenario.yml"
    token.write_text(f"{TOKEN}\n")
    token.chmod(0o600)
    result = command("record", "leaky", "1", "--token-file", str(token), "--to", str(path))
    assert "holds a secret of" in result.err
    assert (result.code, path.exists()) == (1, False)


def test_a_secret_that_is_part_of_words_is_refused(over: Simulator, command: Run, tmp_path: Path) -> None:
    secrets = tmp_path / "secrets"
    secrets.write_text("xxxxxxxxxx\nabc12\n")
    result = command("record", "web", "1", "--secrets-file", str(secrets))
    assert (result.code, result.out) == (2, "")
    assert "--secrets-file: text 2 has 5 characters." in result.err


def test_a_secret_that_still_stands_is_refused(over: Simulator, command: Run, tmp_path: Path) -> None:
    over.pipeline("leaky").job("print", log="aHVudGVyMiBodW50ZXIyIGh1bnRlcjI=\n").history(1)
    secrets, path = tmp_path / "secrets", tmp_path / "scenario.yml"
    secrets.write_text("hunter2 hunter2")
    result = command("record", "leaky", "1", "--secrets-file", str(secrets), "--to", str(path))
    assert (result.code, path.exists()) == (1, False)
    assert "the scenario isn't written: give it in --secrets-file as it stands there, or --log-bytes 0." in result.err


def test_a_build_that_runs_is_refused(over: Simulator, command: Run) -> None:
    result = command("record", "slow", "1")
    assert (result.code, result.out) == (1, "")
    assert re.search(r"Build 1 of slow is \w+: record it when it has ended or is blocked\.", result.err)
    assert "buildkite-ext watch slow 1 waits for it." in result.err


REFUSED = {
    "nothing": ([], 2, "missing argument BUILD"),
    "no build": (["web", "99"], 3, "answered 404"),
    "a negative size": (["web", "1", "--log-bytes", "-1"], 2, "--log-bytes -1: give 0 or more."),
    "no such secrets": (
        ["web", "1", "--secrets-file", "/nowhere/at/all"],
        2,
        "--secrets-file: '/nowhere/at/all' can't",
    ),
    "no such folder": (["web", "1", "--to", "/nowhere/at/all.yml"], 2, "--to: '/nowhere/at/all.yml' can't be written"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_done_is_refused(over: Simulator, command: Run, name: str) -> None:
    words, code, said = REFUSED[name]
    result = command("record", *words)
    assert (result.code, result.out) == (code, "")
    assert said in result.err


def test_a_token_without_the_scope_for_logs(over: Simulator, command: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    over.add_token("bkua_reader_0123456789", scopes={"read_builds", "read_artifacts"})
    monkeypatch.setenv("BUILDKITE_API_TOKEN", "bkua_reader_0123456789")
    result = command("record", "web", "1")
    assert (result.code, result.out) == (3, "")
    assert "read_build_logs" in result.err
    assert command("record", "web", "1", "--log-bytes", "0").code == 0


def test_simulate_plays_a_scenario_once(command: Run, tmp_path: Path) -> None:
    (tmp_path / "scenario.yml").write_text("pipeline: web\njobs: [{kind: script}]\n")
    given = ("--scenario", str(tmp_path / "scenario.yml"))
    result = command("simulate", "--port", "0", *given, *given)
    assert (result.code, result.out) == (2, "")
    assert "is given twice: a pipeline has the builds of one scenario" in result.err


def test_simulate_plays_what_record_has_written(over: Simulator, command: Run, start: Start, tmp_path: Path) -> None:
    path = tmp_path / "scenario.yml"
    assert command("record", "web", "1", "--to", str(path)).code == 0
    process = start("simulate", "--port", "0", "--scenario", str(path), "--at-once")
    assert process.stdout is not None
    head = "".join(process.stdout.readline() for _ in range(7))
    environment = dict(re.findall(r"^  export (\w+)=(\S+)$", head, re.MULTILINE))
    assert "(pipelines: web)" in head
    watched = ended(start("watch", "web", "1", **environment))
    assert watched.code == 1, watched.err
    headers = {"Authorization": f"Bearer {environment['BUILDKITE_API_TOKEN']}"}
    url = f"{environment['BUILDKITE_REST_API_ENDPOINT']}/v2/organizations/acme/pipelines/web/builds/1"
    with httpx.Client(trust_env=False) as http:
        build = http.get(url, params={"include_retried_jobs": "true"}, headers=headers).json()
    assert [(job["name"], job["exit_status"]) for job in build["jobs"]] == [("lint", 0), ("test", 1), ("test", 2)]
    process.send_signal(signal.SIGINT)
    assert ended(process).code == 0


FULL = """
import resource, sys
from buildkite_ext.cli import main

sys.dont_write_bytecode = True  # Python would keep what it can't write whole
resource.setrlimit(resource.RLIMIT_FSIZE, (512, resource.RLIM_INFINITY))
sys.exit(main(["record", "web", "1", "--simulate", "--force", "--to", "a.yml"]))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="a limit of POSIX stands for a full disk")
@pytest.mark.parametrize("before", ["precious", None])
def test_a_full_disk_leaves_what_was_there(tmp_path: Path, before: str | None) -> None:
    if before is not None:
        (tmp_path / "a.yml").write_text(before)
    done = subprocess.run([sys.executable, "-c", FULL], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "--to: 'a.yml' can't be written: File too large" in done.stderr
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == ({"a.yml": before} if before else {})


def test_a_link_is_followed_if_told(over: Simulator, command: Run, tmp_path: Path) -> None:
    path, link = tmp_path / "a.yml", tmp_path / "link.yml"
    link.symlink_to(path)
    refused = command("record", "web", "1", "--to", str(link))
    assert (refused.code, path.exists()) == (2, False)
    path.touch(0o600)
    assert command("record", "web", "1", "--to", str(link), "--force").code == 0
    assert link.is_symlink()
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.read_text().startswith("pipeline: web")


SCENARIOS = {
    "no file": (["--scenario", "/nowhere/at/all.yml"], "--scenario: '/nowhere/at/all.yml' can't be read"),
    "no scenario": (["--scenario", "FILE"], "isn't a scenario: "),
    "twice": (["--scenario", "GOOD", "--scenario", "SAME"], "has steps already"),
    "at once alone": (["--at-once"], "--at-once is for --scenario."),
}


@pytest.mark.parametrize("name", SCENARIOS)
def test_scenarios_that_cannot_be_played(command: Run, tmp_path: Path, name: str) -> None:
    texts = {"FILE": "steps: []", "GOOD": "pipeline: web\njobs: [{kind: waiter}]"}
    texts["SAME"] = texts["GOOD"]
    for word, text in texts.items():
        (tmp_path / word).write_text(text)
    words, said = SCENARIOS[name]
    result = command("simulate", "--port", "0", *(str(tmp_path / each) if each in texts else each for each in words))
    assert (result.code, result.out) == (2, "")
    assert said in result.err
