"""Streams that are closed, full, without a reader, or in an encoding with few characters."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from buildkite_ext.cli import main
from buildkite_ext.cli.streams import READABLE
from buildkite_ext.simulation import Fault, Simulator, SystemClock, Timing

from .conftest import COMMAND, TOKEN, Ended, SharedServer, ended

Start = Callable[..., subprocess.Popen[str]]

POSIX_SHELL = pytest.mark.skipif(sys.platform == "win32", reason="redirections of a POSIX shell")
FULL_DISK = pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")

RUN = ["run", "web", "--branch", "main", "--poll-interval", "0.1"]
SECRET = "a secret"
COMMANDS = {
    "version": ["--version"],
    "help": ["--help"],
    "help of a command": ["webhooks", "listen", "--help"],
    "run": RUN,
    "run --quiet": [*RUN, "--quiet"],
    "run --json": [*RUN, "--json"],
    "api": ["api", "GET", "user"],
    "api --include": ["api", "GET", "user", "--include"],
    "api --paginate": ["api", "GET", "organizations/{org}/pipelines", "--paginate"],
    "api of text": ["api", "GET", "organizations/{org}/pipelines/web", "--select", "slug", "--raw-output"],
    "cancel": ["cancel", "web", "1"],
    "completion": ["completion", "bash"],
    "simulate": ["simulate", "--port", "0"],
    "listen": ["webhooks", "listen", "--port", "0"],
    "verify": ["webhooks", "verify", "--signature", "timestamp=1,signature=0", __file__],
    "send --show": ["webhooks", "send", "http://127.0.0.1:1/", "--show"],
}


REPRESENTATIVE = [COMMANDS[name] for name in ("help", "run", "run --json", "api", "listen")]
"""A command for each way of printing."""


def redirected(words: list[str], redirection: str, **environment: str) -> Ended:
    """Run the command in a shell with a redirection of its streams."""
    done = subprocess.run(
        ["sh", "-c", f'"$@" {redirection}', "sh", *COMMAND, *words],
        env={**os.environ, "BUILDKITE_WEBHOOK_SECRET": SECRET, **environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=90,
        check=False,
    )
    return Ended(done.returncode, done.stdout.decode(), done.stderr.decode())


@pytest.fixture
def organization(web: Simulator) -> Simulator:
    """Serve a pipeline that can be built, with a build that can be canceled."""
    web.pipeline("web").job("test", log="ok\n", after=0.1)
    with web.client() as client:
        client.builds.create("web", commit="HEAD", branch="main")
    return web


@POSIX_SHELL
@pytest.mark.parametrize("words", REPRESENTATIVE, ids=" ".join)
def test_a_closed_output_is_refused_before_anything_is_sent(organization: Simulator, words: list[str]) -> None:
    sent = len(organization.requests)
    result = redirected(words, ">&-")
    assert result.err == (
        "buildkite-ext: The standard output is closed. To run the command without its output, redirect it to the null device: "
        f">{os.devnull}\n"
    )
    assert (result.code, result.out) == (2, "")
    assert len(organization.requests) == sent


@POSIX_SHELL
@pytest.mark.parametrize(
    ("words", "code"),
    [
        (RUN, 0),
        ([*RUN, "--json"], 0),
        (["run", "wob", "--branch", "main"], 3),
        (["cancel"], 2),
        (["webhooks", "verify", "--signature", "timestamp=1,signature=0", __file__], 1),
    ],
)
def test_closed_errors_are_lost_and_change_nothing_else(organization: Simulator, words: list[str], code: int) -> None:
    usual = redirected(words, "2>/dev/null")
    result = redirected(words, "2>&-")
    assert (result.code, result.err) == (code, "") == (usual.code, usual.err)
    assert bool(result.out) == bool(usual.out)


@POSIX_SHELL
def test_no_file_or_connection_gets_the_number_of_a_closed_stream(organization: Simulator) -> None:
    words = ["run", "web", "--branch", "main", "--poll-interval", "0.1", "--json"]
    result = redirected(words, "<&- 2>&-")
    assert json.loads(result.out)["outcome"] == "passed"
    assert (result.code, result.err) == (0, "")


@POSIX_SHELL
@pytest.mark.parametrize(
    ("words", "option"),
    [
        (["api", "POST", "user", "--input", "-"], "--input"),
        (["api", "POST", "user", "--field", "a=@-"], "--field a"),
        ([*RUN, "--token-file", "-"], "--token-file"),
        (["webhooks", "verify", "--signature", "timestamp=1,signature=0"], "BODY_FILE"),
        (["webhooks", "send", "http://127.0.0.1:1/", "--body", "-"], "--body"),
        (["webhooks", "listen", "--port", "0", "--secret-file", "-"], "--secret-file"),
    ],
)
def test_a_closed_input_names_the_option_that_reads_it(organization: Simulator, words: list[str], option: str) -> None:
    sent = len(organization.requests)
    result = redirected(words, "<&-")
    assert (result.code, result.out) == (2, "")
    assert result.err == f"buildkite-ext: {option}: the standard input can't be read: it is closed\n"
    assert len(organization.requests) == sent


@FULL_DISK
@pytest.mark.parametrize(
    "words",
    [words for name, words in COMMANDS.items() if name != "run"],
    ids=[name for name in COMMANDS if name != "run"],
)
def test_a_full_disk_has_its_own_exit_code(organization: Simulator, words: list[str]) -> None:
    result = redirected(words, ">/dev/full")
    assert "buildkite-ext: The output can't be written: No space left on device" in result.err
    assert "error in buildkite-ext itself" not in result.err
    assert "Traceback" not in result.err
    assert "Exception ignored" not in result.err
    assert result.code == 74


@FULL_DISK
def test_a_full_disk_leaves_the_build_alone(organization: Simulator) -> None:
    organization.pipeline("slow").job("test", after=60)
    result = redirected(["run", "slow", "--branch", "main"], ">/dev/full")
    assert result.code == 74
    assert organization.pipeline("slow").builds[0].state == "running"
    assert result.err.startswith("buildkite-ext: The output can't be written: No space left on device\n")
    assert "Build slow #1 still runs: https://" in result.err


@FULL_DISK
@pytest.mark.parametrize(
    ("words", "code"),
    [([*RUN, "--json"], 0), (["run", "wob", "--branch", "main"], 3), (["cancel", "wob", "1"], 3), (["cancel"], 2)],
)
def test_a_full_disk_for_errors_changes_no_exit_code(organization: Simulator, words: list[str], code: int) -> None:
    result = redirected(words, "2>/dev/full")
    assert (result.code, result.err) == (code, "")
    if "--json" in words:
        assert json.loads(result.out)["outcome"] == "passed"
    else:
        assert result.out == ""


@POSIX_SHELL
@pytest.mark.parametrize("words", COMMANDS.values(), ids=COMMANDS)
def test_a_reader_that_is_gone_is_no_news(organization: Simulator, words: list[str]) -> None:
    read, write = os.pipe()
    os.close(read)
    process = subprocess.Popen(
        [*COMMAND, *words],
        stdin=subprocess.DEVNULL,
        stdout=write,
        stderr=subprocess.PIPE,
        env={**os.environ, "BUILDKITE_WEBHOOK_SECRET": SECRET},
    )
    os.close(write)
    err = process.communicate(timeout=90)[1].decode()
    assert process.returncode == 141
    assert "Traceback" not in err
    assert "Exception ignored" not in err
    if words == RUN:
        assert "Build web #2 still runs" in err
    elif "--json" not in words:
        assert err == ""


@POSIX_SHELL
def test_a_reader_of_errors_that_is_gone_costs_nothing_else(organization: Simulator) -> None:
    read, write = os.pipe()
    os.close(read)
    process = subprocess.Popen([*COMMAND, *RUN, "--json"], stdout=subprocess.PIPE, stderr=write)
    os.close(write)
    told = json.loads(process.communicate(timeout=90)[0])
    assert (process.returncode, told["exit_code"], told["outcome"]) == (0, 0, "passed")


# --- Encodings ------------------------------------------------------------------------------------------------------------

ENCODINGS = ["ascii", "cp1252"]


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize(
    "words",
    [words for name, words in COMMANDS.items() if name not in ("simulate", "listen")],
    ids=[name for name in COMMANDS if name not in ("simulate", "listen")],
)
def test_each_command_prints_in_any_encoding(
    organization: Simulator, words: list[str], encoding: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BUILDKITE_WEBHOOK_SECRET", SECRET)
    organization.pipeline("web").job("tést ✓ 🚀", log="── 日本 “quoted” … 🚀\n", after=0.1)
    done = subprocess.run(
        [*COMMAND, *words],
        env={**os.environ, "PYTHONIOENCODING": encoding},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=90,
        check=False,
    )
    assert done.returncode in (0, 1)
    assert b"Traceback" not in done.stderr
    assert b"Error" not in done.stderr
    assert done.stdout.decode(encoding)
    if words == RUN:
        text = done.stdout.decode(encoding)
        assert ('"quoted" ... ?' if encoding == "ascii" else "“quoted” … ?") in text


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_help_has_boxes_of_characters_that_the_encoding_has(encoding: str) -> None:
    done = subprocess.run(
        [*COMMAND, "run", "--help"],
        env={**os.environ, "PYTHONIOENCODING": encoding},
        capture_output=True,
        check=True,
    )
    text = done.stdout.decode(encoding)
    assert "?" not in text.replace("$?", "")
    assert "+- The build" in text


@pytest.mark.parametrize(("encoding", "name"), [("ascii", "test +"), ("cp1252", "tést +")])
def test_errors_are_printed_in_any_encoding(web: Simulator, encoding: str, name: str) -> None:
    done = subprocess.run(
        [*COMMAND, "run", "tést ✓", "--branch", "…"],
        env={**os.environ, "PYTHONIOENCODING": encoding},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=90,
        check=False,
    )
    assert done.returncode == 3
    assert f"pipeline '{name}'" in done.stderr.decode(encoding)


@pytest.mark.parametrize(
    ("text", "encoding", "expected"),
    [
        ("done … ✓ – “so”", "ascii", 'done ... + - "so"'),
        ("│ ─ ╭╮╰╯ ━ █", "ascii", "| - ++++ - #"),
        ("│ ─ ╭╮╰╯ ━ █", "cp437", "│ ─ ++++ - █"),
        ("tést Åse ½ ﬁ", "ascii", "test Ase 1/2 fi"),
        ("tést – ✗ → ∅", "cp1252", "tést – x -> o"),
        ("🚀 日本", "ascii", "? ??"),
        ("❤️ 👩‍🚀", "cp1252", "? ??"),  # neither variation selectors nor joiners count
        ("a\u200bb\ud800c", "ascii", "ab?c"),
        ("plain", "ascii", "plain"),
    ],
)
def test_characters_that_an_encoding_lacks(text: str, encoding: str, expected: str) -> None:
    assert text.encode(encoding, READABLE).decode(encoding) == expected


def test_no_output_holds_the_token_in_any_encoding(web: Simulator, start: Start) -> None:
    result = ended(start("cancel", TOKEN, "1", "--debug", PYTHONIOENCODING="ascii"))
    assert result.code == 2  # it was refused before anything was sent
    assert TOKEN not in result.out + result.err


class Output(io.StringIO):
    """Standard output that takes so many lines, and then fails with an error until it is redirected."""

    def __init__(self, lines: int, error: OSError) -> None:
        super().__init__()
        self._left = lines
        self._error = error
        self._null = os.open(os.devnull, os.O_WRONLY)

    def fileno(self) -> int:
        self._left = 1000  # the command redirects it
        return self._null

    def write(self, text: str) -> int:
        if not self._left:
            raise self._error
        self._left -= text.count("\n")
        return super().write(text)


GONE = {
    "several builds": (1, ["watch", "web", "1", "2"]),
    "several builds as JSON": (1, ["watch", "web", "1", "2", "--json"]),
    "one build": (2, ["watch", "web", "1"]),
    "requests that are sent again": (2, ["run", "web", "--branch", "main"]),
    "requests that are sent again as JSON": (2, ["watch", "web", "1", "--json"]),
}


@pytest.mark.parametrize(("lines", "words"), GONE.values(), ids=GONE)
@pytest.mark.parametrize(
    ("error", "code"), [(BrokenPipeError(32, "Broken pipe"), 141), (OSError(28, "No space left on device"), 74)]
)
def test_an_event_that_can_not_be_printed_ends_the_command(
    buildkite_simulator: Simulator,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
    lines: int,
    words: list[str],
    error: OSError,
    code: int,
) -> None:
    """An error of a hook is logged, and nothing else, so the command would poll on until it prints something else."""
    buildkite_simulator.pipeline("web").job("test", after=3000)
    with buildkite_simulator.client() as client:
        for _ in range(2):
            client.builds.create("web")
    if "2" not in words:
        buildkite_simulator.faults.add(
            Fault("error", status=503, path="*/builds/*", after=1, headers={"Retry-After": "5"})
        )
    began = buildkite_simulator.clock.time()
    monkeypatch.setattr(sys, "stdout", Output(lines, error))
    assert main(words) == code
    assert buildkite_simulator.clock.time() - began < 300
    said = capsys.readouterr().err
    assert ("They continue." if "2" in words else "still runs") in said
    assert ("output can't be written" in said) == (code == 74)
    assert "Traceback" not in caplog.text


@pytest.mark.parametrize(("status", "code"), [(0, 74), (1, 1)])
def test_a_full_disk_does_not_make_an_ended_build_run(
    buildkite_simulator: Simulator,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    status: int,
    code: int,
) -> None:
    buildkite_simulator.pipeline("web").job("test", exit_status=status)
    with buildkite_simulator.client() as client:
        client.builds.run("web")
    monkeypatch.setattr(sys, "stdout", Output(0, OSError(28, "No space left on device")))
    assert main(["watch", "web", "1"]) == code
    assert capsys.readouterr().err == "buildkite-ext: The output can't be written: No space left on device\n"


@pytest.mark.usefixtures("web")
def test_the_old_end_of_a_build_that_is_retried_is_not_its_end(
    server: SharedServer, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    simulator = Simulator(token=TOKEN, clock=SystemClock(), timing=Timing(pickup=0.02, retrying=600))
    server.put_behind(simulator)
    simulator.pipeline("web").job("test", exit_status=1, after=0.01)
    with simulator.client() as client:
        client.builds.run("web", poll_interval=0.02)
    monkeypatch.setattr(sys, "stdout", Output(0, BrokenPipeError(32, "Broken pipe")))
    assert main(["retry-failed", "web", "1", "--wait"]) == 141
    assert "Build web #1 still runs: " in capsys.readouterr().err
