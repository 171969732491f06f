"""Errors: one clear paragraph on the standard error, without secrets."""

from __future__ import annotations

import re
import socket
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from buildkite_ext.simulation import Fault, Simulator

from .conftest import COMMAND, TOKEN, Ended, ended

Run = Callable[..., Ended]
Start = Callable[..., subprocess.Popen[str]]

USAGE = {
    "no pipeline": (
        ["run", "--branch", "main"],
        "buildkite-ext: missing argument PIPELINE: a slug, ORG/PIPELINE, or a URL.",
    ),
    "no value of an option": (["run", "web", "--branch"], "buildkite-ext: option --branch needs a value."),
    "no value of a short option": (["api", "GET", "user", "-H"], "buildkite-ext: option -H needs a value."),
    "no signature": (["webhooks", "verify"], "buildkite-ext: missing option --signature."),
    "no value of the branch's short option": (["run", "web", "-b"], "buildkite-ext: option -b needs a value."),
    "unknown option": (["run", "web", "--brunch", "x"], "unknown option --brunch. Did you mean --branch?"),
    "unknown option with a value": (
        ["run", "web", "--brunch=s3cret"],
        "unknown option --brunch. Did you mean --branch?",
    ),
    "unknown option beside the missing one": (
        ["webhooks", "verify", "--signatur", "x"],
        "unknown option --signatur. Did you mean --signature?",
    ),
    "unknown option in place of a file": (["webhooks", "verify", "--signature", "x", "--at-"], "unknown option --at-."),
    "unknown letter": (["webhooks", "listen", "-b", "main"], "unknown option -b. Did you mean --branch?"),
    "unknown letter of the other case": (["run", "web", "-B", "main"], "unknown option -B. Did you mean -b?"),
    "unknown letter with a value": (["cancel", "web", "1", "-bs3cret"], "unknown option -b.\n"),
    "gh's option for the branch": (["run", "web", "--ref", "main"], "unknown option --ref. Did you mean --branch?"),
    "gh's option to follow": (
        ["run", "web", "--watch"],
        "unknown option --watch. The command follows the build by default",
    ),
    "gh's letter for inputs": (
        ["run", "web", "-F", "a=s3cret"],
        "unknown option -F. Values for the build are --env K=V",
    ),
    "an option like no other": (["run", "web", "--tag", "x"], "unknown option --tag.\n"),
    "a number alone": (
        ["cancel", "1"],
        "missing argument PIPELINE: write PIPELINE 1 (buildkite-ext cancel web 1), or --pipeline web 1.",
    ),
    "an option twice": (["run", "web", "-b", "x", "--branch", "y"], "is given twice."),
    "unknown command": (["ran"], 'Did you mean "run"?'),
    "a word too many": (["run", "web", "--branch", "main", "extra"], "too many arguments: 'extra'."),
    "env without a value": (["run", "web", "--branch", "main", "--env", "SECRET"], "--env 'SECRET': give NAME=VALUE"),
    "env without a name": (["run", "web", "--branch", "main", "--env", "=s3cret"], "--env '': give NAME=VALUE"),
    "meta-data": (["run", "web", "--branch", "main", "--meta-data", "x"], "--meta-data 'x': give NAME=VALUE"),
    "timeout": (
        ["run", "web", "--branch", "main", "--timeout", "soon"],
        "--timeout 'soon': give a duration, such as 90s, 10m, 1.5h",
    ),
    "timeout 0": (
        ["run", "web", "--branch", "main", "--timeout", "0"],
        "--timeout '0': give a duration above 0, such as 90s",
    ),
    "timeout nan": (["run", "web", "--branch", "main", "--timeout", "nan"], "--timeout 'nan': give a duration"),
    "color": (["run", "web", "--branch", "main", "--color", "blue"], 'Choose from: "auto", "always", "never"'),
    "to without artifacts": (["run", "web", "--branch", "main", "--to", "x"], "select them with --artifacts"),
    "to a file": (["run", "web", "--branch", "main", "--artifacts", "*", "--to", __file__], "is a file"),
    "to with a name that is too long": (
        ["run", "web", "--branch", "main", "--artifacts", "*", "--to", "x" * 300],
        "can't be a folder",
    ),
    "by job without artifacts": (["run", "web", "--branch", "main", "--by-job"], "select them with --artifacts"),
    "an empty glob": (["run", "web", "--branch", "main", "--artifacts", ""], "--artifacts is empty"),
    "an empty branch": (["run", "web", "--branch", " "], "--branch is empty"),
    "no slug": (["run", "..", "--branch", "main"], "'..' can't be a slug"),
    "no number": (["cancel", "web", "latest"], "NUMBER 'latest': give a whole number."),
    "a number of other digits": (["cancel", "web", "\u0661"], "NUMBER '\u0661': give a whole number."),
    "an address with other digits": (["cancel", "acme/web/\u0661"], "can't be a build's number"),
    "a port of other digits": (["simulate", "--port", "\u0661\u0662"], "give a whole number."),
    "half a port": (["simulate", "--port", "1.5"], "--port '1.5': give a whole number."),
    "a port with an underscore": (["webhooks", "listen", "--port", "1_0"], "--port '1_0': give a whole number."),
    "a limit that is none": (
        ["api", "GET", "user", "--paginate", "--limit", "ten"],
        "--limit 'ten': give a whole number.",
    ),
    "a duration of other digits": (["cancel", "web", "1", "--timeout", "\u0661"], "give a duration"),
    "watch without a number": (["watch", "web"], "with --branch, --latest or --mine."),
    "watch of a pipeline's URL": (["watch", "https://buildkite.com/acme/web"], "with --branch, --latest or --mine."),
    "watch without a build": (["watch"], "with --branch, --latest or --mine."),
    "record without a number": (["record", "api"], "with --branch, --latest or --mine."),
    "logs without a number": (["logs", "api"], "with --branch, --latest or --mine."),
    "bytes as a branch": (["run", "web", "--branch", "\udcff"], "--branch isn't UTF-8 text."),
    "bytes as a branch in short": (["run", "web", "-bma\udcffin"], "--branch isn't UTF-8 text."),
    "bytes as a message": (["run", "web", "-b", "main", "-m", "\udcff"], "--message isn't UTF-8 text."),
    "bytes in env": (["run", "web", "--env", "A=\udcff"], "--env A: its value isn't UTF-8 text."),
    "bytes in the name of meta-data": (["run", "web", "-M", "\udcff=1"], "--meta-data: its name isn't UTF-8 text."),
    "bytes as a glob": (["run", "web", "--artifacts", "\udcff"], "--artifacts isn't UTF-8 text."),
    "bytes as a pipeline": (["run", "\udcff"], "PIPELINE isn't UTF-8 text."),
    "bytes as --pipeline": (["cancel", "1", "--pipeline", "\udcff"], "--pipeline isn't UTF-8 text."),
    "bytes as a number": (["cancel", "web", "\udcff"], "NUMBER isn't UTF-8 text."),
    "bytes as an organization": (
        ["cancel", "web", "1", "--organization", "\udcff"],
        "--organization isn't UTF-8 text.",
    ),
    "bytes as a host": (["simulate", "--host", "\udcff"], "--host isn't UTF-8 text."),
    "bytes as an allowed host": (["simulate", "--allow-host", "\udcff"], "--allow-host isn't UTF-8 text."),
    "bytes in a path": (["api", "GET", "organizations/\udcff"], "PATH isn't UTF-8 text."),
    "bytes in a header": (["api", "GET", "user", "-H", "A:\udcff"], "--header isn't UTF-8 text."),
    "bytes in jq": (["api", "GET", "user", "--jq", ".\udcff"], "--jq isn't UTF-8 text."),
    "bytes as an event": (["webhooks", "listen", "--event", "\udcff"], "--event isn't UTF-8 text."),
    "bytes in a URL": (["webhooks", "send", "http://127.0.0.1/\udcff"], "URL isn't UTF-8 text."),
    "bytes in --set": (
        ["webhooks", "send", "http://127.0.0.1/", "--set", "a=\udcff"],
        "--set a: its value isn't UTF-8",
    ),
    "bytes as a signature": (["webhooks", "verify", "--signature", "\udcff"], "--signature isn't UTF-8 text."),
    "number 0": (["cancel", "web", "0"], "can't be a build's number"),
    "port": (["simulate", "--port", "99999"], "ports go from 0 to 65535"),
    "a token": (["run", "web", "--branch", "main", "--token", "bkua_pasted_here"], "There is no --token"),
    "a token with =": (["cancel", "web", "1", "--token=bkua_pasted_here"], "There is no --token"),
}


@pytest.mark.parametrize(("words", "said"), USAGE.values(), ids=USAGE)
def test_usage(command: Run, web: Simulator, words: list[str], said: str) -> None:
    result = command(*words)
    assert result.code == 2
    assert result.out == ""
    assert result.err.startswith("buildkite-ext: ")
    assert said in result.err
    assert "Traceback" not in result.err
    assert "bkua_pasted_here" not in result.err
    assert "s3cret" not in result.err
    assert web.requests == []


def test_no_token(command: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BUILDKITE_ORGANIZATION_SLUG", "acme")
    result = command("run", "web", "--branch", "main")
    assert result.code == 2
    assert "No API token: set $BUILDKITE_API_TOKEN" in result.err
    assert "--token-file" in result.err


def test_no_organization(command: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BUILDKITE_API_TOKEN", TOKEN)
    result = command("cancel", "web", "1")
    assert result.code == 2
    assert "No organization: give its slug with --organization" in result.err


def test_a_token_from_a_file_or_the_standard_input(
    web: Simulator, command: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("BUILDKITE_API_TOKEN")
    web.pipeline("web").job("test", after=0.1)
    file = tmp_path / "token"
    file.write_text(f"{TOKEN}\n")
    words = ("run", "web", "--branch", "main", "--poll-interval", "0.1", "--quiet")
    assert command(*words, "--token-file", str(file)).code == 0

    process = subprocess.run(
        [*COMMAND, *words, "--token-file", "-"],
        input=TOKEN,
        text=True,
        capture_output=True,
        timeout=90,
        check=False,
    )
    assert (process.returncode, process.stderr) == (0, "")

    file.write_text("two words\n")
    bad = command(*words, "--token-file", str(file))
    assert bad.code == 2
    assert "doesn't hold a token" in bad.err
    assert "two words" not in bad.err
    gone = command(*words, "--token-file", str(tmp_path / "gone"))
    assert gone.code == 2
    assert "No such file" in gone.err


def test_a_pipeline_that_does_not_exist(web: Simulator, run: Run) -> None:
    result = run("wob")
    assert result.code == 3
    assert result.out == ""
    path = "/v2/organizations/acme/pipelines/wob/builds"
    *lines, last = result.err.splitlines()
    assert lines == [
        f"buildkite-ext: No build was created. POST {path} answered 404: No pipeline found",
        "One of these doesn't exist, or the token can't see it: organization 'acme', pipeline 'wob'.",
    ]
    assert last.startswith("Request id for Buildkite's support: ")


def test_a_refused_token(web: Simulator, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BUILDKITE_API_TOKEN", "bkua_some_other_token")
    result = run("web")
    assert result.code == 3
    assert "answered 401" in result.err
    assert "bkua_some_other_token" not in result.err


def test_a_lost_answer_says_that_the_build_may_exist(web: Simulator, run: Run) -> None:
    web.pipeline("web").job("test")
    web.drop_next(operation="create_build", after_acting=True)
    result = run("web")
    assert result.code == 3
    assert "It may have acted: check before you send it again." in result.err
    assert "No build was created" not in result.err
    assert len(web.pipeline("web").builds) == 1


def test_a_503_says_that_the_build_may_exist(web: Simulator, run: Run) -> None:
    web.pipeline("web").job("test")
    web.faults.add(Fault("error", status=503, operation="builds.create", times=1, after_acting=True))
    result = run("web", "--quiet")
    assert result.code == 3
    assert "answered 503" in result.err
    assert "It may have acted: check before you send it again." in result.err
    assert "No build was created" not in result.err
    assert len(web.pipeline("web").builds) == 1


def test_nobody_listens(command: Run, web: Simulator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.sleep", lambda _: None)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    monkeypatch.setenv("BUILDKITE_REST_API_ENDPOINT", f"http://127.0.0.1:{port}")
    result = command("run", "web", "--branch", "main")
    assert result.code == 3
    assert "No build was created." in result.err
    assert f"no connection to 127.0.0.1:{port}: " in result.err
    assert (
        "Nothing was sent. Check the network, the proxy ($HTTPS_PROXY), and the address: $BUILDKITE_REST_API_ENDPOINT"
        in result.err
    )


@pytest.mark.parametrize(
    "words",
    [
        ("builds", "list", "web"),
        ("annotations", "list", "web", "1"),
        ("why", "web", "1"),
        ("logs", "web", "1"),
        ("logs", "web", "1", "--follow"),
        ("watch", "web", "1", "2"),
    ],
    ids=" ".join,
)
def test_every_command_says_that_it_tries_again(
    command: Run, web: Simulator, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...]
) -> None:
    monkeypatch.setattr("time.sleep", lambda _: None)
    web.pipeline("web").job("test").history(2)
    web.fail_next(status=503, headers={"Retry-After": "2"})
    result = command(*words)
    assert result.code == 0
    assert re.search(r"buildkite-ext: GET /v2/\S+: answered 503. Trying again in 2 s\.\n", result.err)


@pytest.mark.parametrize("words", [("watch", "web", "1"), ("watch", "web", "1", "2"), ("logs", "web", "1", "--follow")])
def test_that_nothing_is_sent_for_a_while_is_said(
    buildkite_simulator: Simulator, command: Run, words: tuple[str, ...]
) -> None:
    buildkite_simulator.pipeline("web").job("test", log="x\n", after=600)
    with buildkite_simulator.client() as client:
        client.builds.create("web")
        client.builds.create("web")
    # All requests fail, also those for logs, and only when the builds have been seen: the number of requests differs by chance.
    now = buildkite_simulator.clock.time()
    buildkite_simulator.faults.add(Fault("error", status=503, schedule=[(now + 60, now + 540)]))
    result = command(*words)
    assert "Several requests failed in a row, so none is sent for a while." in result.out + result.err
    assert result.code == 0


def test_an_error_while_following_says_that_the_build_goes_on(web: Simulator, run: Run) -> None:
    web.pipeline("web").job("test", after=30)
    web.fail_next(status=403, operation="get_build")
    result = run("web", "--organization", "acme")
    assert result.code == 3
    assert "The build can't be followed any longer. GET" in result.err
    assert result.err.endswith(
        "Build web #1 still runs: https://buildkite.test/acme/web/builds/1\n"
        "This cancels it: buildkite-ext cancel web 1 --organization acme\n"
    )


def test_a_token_that_may_not_see_logs_waits_all_the_same(
    web: Simulator, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    web.add_token("bkua_without_logs", scopes={"read_builds", "write_builds"})
    monkeypatch.setenv("BUILDKITE_API_TOKEN", "bkua_without_logs")
    web.pipeline("web").job("test", log="hidden\n", after=0.2)
    result = run("web")
    assert result.code == 0
    assert "lacks the scope read_build_logs" in result.out
    assert "hidden" not in result.out


def test_retries_are_told_of(web: Simulator, run: Run) -> None:
    web.pipeline("web").job("test", after=0.1)
    web.fail_next(status=503, operation="get_build", headers={"Retry-After": "1"})
    result = run("web")
    assert result.code == 0
    assert "builds/1: answered 503. Trying again in 1 s." in result.out


def test_a_retry_says_what_was_lost_once(command: Run, web: Simulator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BUILDKITE_REST_API_ENDPOINT", "http://127.0.0.1:9")
    result = command("api", "GET", "user", "--timeout", "1")
    assert result.code == 3
    assert result.err.count("GET /v2/user") == len(result.err.splitlines())
    assert ".." not in result.err


def test_cancel(web: Simulator, command: Run) -> None:
    web.pipeline("web").job("test", after=30)
    with web.client() as client:
        client.builds.create("web", commit="HEAD", branch="main")
    result = command("cancel", "web", "1")
    assert result.code == 0
    assert result.out.startswith("Build web #1 is cancel")
    missing = command("cancel", "web", "99")
    assert missing.code == 3
    assert "answered 404" in missing.err
    assert "Traceback" not in missing.err
    assert "Traceback" in command("cancel", "web", "99", "--debug").err


def test_canceling_what_has_ended_is_no_error(web: Simulator, command: Run, run: Run) -> None:
    web.pipeline("web").job("test", after=0.05)
    assert run("web").code == 0
    result = command("cancel", "web", "1")
    assert result.code == 0
    assert result.out == "Build web #1 had ended before: passed: https://buildkite.test/acme/web/builds/1\n"


def test_no_output_holds_the_token(web: Simulator, start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    web.pipeline("web").job("test", exit_status=1, after=0.1)
    for words in (
        ("run", "web", "--branch", "main", "--poll-interval", "0.1", "--debug"),
        ("run", "wob", "--branch", "main", "--debug"),
        ("run", "wob", "--branch", "main", "--json", "--debug"),
        ("run", "web", "--branch", "main", TOKEN, "--debug"),  # somebody pastes it where it doesn't belong
        ("cancel", TOKEN, "1", "--debug"),
        ("run", "web", "--branch", "main", "--timeout", TOKEN),
    ):
        result = ended(start(*words))
        assert result.code != 0
        assert TOKEN not in result.out
        assert TOKEN not in result.err


@pytest.mark.parametrize(
    ("package", "words"),
    [
        ("rich", ["--help"]),
        ("cyclopts", ["run", "--help"]),
        ("cyclopts", ["run", "web"]),
        ("cyclopts", ["api", "user", "-i"]),
    ],
    ids=str,
)
def test_a_missing_extra_says_what_to_type(start: Start, tmp_path: Path, package: str, words: list[str]) -> None:
    (tmp_path / f"{package}.py").write_text(f"raise ModuleNotFoundError('No module named {package}', name='{package}')")
    result = ended(start(*words, PYTHONPATH=str(tmp_path)))
    assert result.code == 2
    assert result.err == "buildkite-ext: the command needs an extra: pip install 'buildkite-ext[cli]'\n"


@pytest.mark.parametrize("to", [[], ["--to", "sub"], ["--to", "./a/b"]], ids=" ".join)
def test_a_current_folder_that_is_gone_is_said_before_there_is_a_build(
    web: Simulator, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, to: list[str]
) -> None:
    web.pipeline("web").job("test", after=0.05, artifacts={"a.txt": b"a"})
    folder = tmp_path / "gone"
    folder.mkdir()
    monkeypatch.chdir(folder)
    folder.rmdir()
    result = run("web", "--artifacts", "*.txt", *to)
    assert (result.code, result.out) == (2, "")
    assert "the current folder, which artifacts would be written to, can't be used: No such file" in result.err
    assert web.requests == []
    assert run("web", "--artifacts", "*.txt", "--to", str(tmp_path / "there")).code == 0
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("following", [(), ("--no-follow",)], ids=["followed", "waited for"])
def test_a_new_build_that_is_not_found_at_first_is_waited_for(
    web: Simulator, run: Run, following: tuple[str, ...]
) -> None:
    web.pipeline("web").job("test", after=0.2)
    web.fail_next(status=404, operation="get_build")
    assert run("web", *following).code == 0
