"""Help and version, and what they load."""

from __future__ import annotations

import io
import itertools
import re
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from buildkite_ext.cli.app import app
from buildkite_ext.cli.command_table import (
    ANNOTATIONS_EXAMPLES,
    API_EXAMPLES,
    ARTIFACTS_EXAMPLES,
    BUILDS_EXAMPLES,
    EXAMPLES,
    JOBS_EXAMPLES,
    PIPELINE_EXAMPLES,
    WEBHOOKS_EXAMPLES,
)
from buildkite_ext.cli.env import ENVIRONMENT_HELP, WEBHOOK_SECRET_VARIABLE, WEBHOOK_TOKEN_VARIABLE
from buildkite_ext.cli.exit_codes import ExitCode
from buildkite_ext.cli.render.console import ClampedConsole
from buildkite_ext.options import ENDPOINT_VARIABLE, ORGANIZATION_VARIABLE, TOKEN_VARIABLES
from buildkite_ext.version import __version__

from .conftest import Ended

Run = Callable[..., Ended]


COMMAND_WORDS = [
    *[("run",), ("cancel",), ("why",), ("api",), ("doctor",), ("simulate",), ("record",), ("replay",), ("completion",)],
    *[("watch",), ("logs",), ("unblock",), ("retry-failed",), ("annotate",)],
    *[("builds", "list"), ("builds", "get"), ("builds", "cancel")],
    *[("jobs", "list"), ("jobs", "retry"), ("jobs", "unblock")],
    *[("annotations", "list"), ("annotations", "add"), ("artifacts", "list"), ("artifacts", "download")],
    *[("webhooks", "listen"), ("webhooks", "verify"), ("webhooks", "send")],
    *[("pipeline", "check"), ("pipeline", "plan")],
]


GROUPS = {
    "builds": BUILDS_EXAMPLES,
    "jobs": JOBS_EXAMPLES,
    "annotations": ANNOTATIONS_EXAMPLES,
    "artifacts": ARTIFACTS_EXAMPLES,
    "pipeline": PIPELINE_EXAMPLES,
    "webhooks": WEBHOOKS_EXAMPLES,
}


def _examples(text: str) -> list[str]:
    """Return the examples of a help text, each on one line."""
    block = text.partition("Examples:\n")[2].partition("\n\n")[0]
    return [line.strip() for line in block.replace("\\\n", "").splitlines()]


def _codes(text: str) -> list[int]:
    return [int(line[:5]) for line in text.partition("Exit codes:\n")[2].splitlines()]


def test_help_of_the_program_has_examples_and_all_exit_codes(command: Run) -> None:
    for words in (["--help"], ["-h"], []):
        result = command(*words)
        assert (result.code, result.err) == (0, "")
        assert EXAMPLES.strip() in result.out
        for code in ExitCode:
            assert f"  {int(code):>3}  {code.meaning}" in result.lines


@pytest.mark.parametrize("words", COMMAND_WORDS, ids=" ".join)
def test_help_of_a_command_has_its_own_examples_options_and_codes_alone(command: Run, words: tuple[str, ...]) -> None:
    result = command(*words, "--help")
    assert (result.code, result.err) == (0, "")
    assert "\x1b" not in result.out
    assert max(map(len, result.lines)) <= 80
    name = " ".join(words)
    assert result.lines[0].startswith(f"Usage: buildkite-ext {name} ")
    examples = _examples(result.out)
    assert examples
    assert all(f"buildkite-ext {name} " in example for example in examples)
    codes = _codes(result.out)
    assert codes == sorted(codes)
    assert {0, 2, 70} <= set(codes)
    assert result.out == command(*words, "-h").out
    builds = {4, 5, 6, 7, 8}
    own = {
        ("run",): builds,
        ("watch",): builds - {8},
        ("retry-failed",): builds - {8},
        ("jobs", "retry"): {6},
        ("logs",): {6},
        ("artifacts", "download"): {8},
    }
    assert builds & set(codes) == own.get(words, set())
    assert ("BUILDKITE_API_TOKEN" in result.out) == (
        words[0] not in ("simulate", "replay", "completion", "pipeline", "webhooks")
    )
    assert ("BUILDKITE_WEBHOOK_SECRET" in result.out) == (words[0] == "webhooks")


def test_every_example_of_the_program_is_one_of_a_command(command: Run) -> None:
    own = [example for words in COMMAND_WORDS for example in _examples(command(*words, "--help").out)]
    for text in (API_EXAMPLES, WEBHOOKS_EXAMPLES, *GROUPS.values()):
        assert set(_examples(f"{text}\n\n")) <= set(own)
    for words in (
        (word,) for word in ("run", "cancel", "watch", "logs", "why", "unblock", "annotate", "simulate", "record")
    ):
        assert set(_examples(command(*words, "--help").out)) <= set(_examples(command("--help").out))


@pytest.mark.parametrize("name", GROUPS)
def test_help_of_a_group_has_the_examples_of_its_commands(command: Run, name: str) -> None:
    for words in ((name,), (name, "--help")):
        result = command(*words)
        assert (result.code, result.err) == (0, "")
        assert GROUPS[name].strip() in result.out
        assert ("BUILDKITE_API_TOKEN" in result.out) == (name not in ("pipeline", "webhooks"))
        assert _codes(result.out) == []
        assert ("BUILDKITE_WEBHOOK_SECRET" in result.out) == (name == "webhooks")


def test_each_exit_code_of_the_program_is_one_of_a_command(command: Run) -> None:
    named = {code for words in COMMAND_WORDS for code in _codes(command(*words, "--help").out)}
    assert named == {int(code) for code in ExitCode}


def _rows(text: str) -> list[str]:
    """Return what stands in the panels of a help text, without their frames."""
    return [line.strip("│ ") for line in text.splitlines() if line.startswith("│")]


@pytest.mark.parametrize("words", [("simulate",), ("record",), ("pipeline", "plan"), ("webhooks", "listen")])
def test_help_fills_its_lines(command: Run, words: tuple[str, ...]) -> None:
    """The line breaks of a docstring don't show: a line ends where the next word doesn't fit."""
    lines = [line for line in command(*words, "--help").out.splitlines() if line.startswith("│")]
    for line, after in itertools.pairwise(lines):
        if not after.startswith("│ " + " " * 8):  # the description of another option
            continue
        word = after.strip("│ ").split(" ")[0]
        assert len(line.rstrip("│ ")) + 1 + len(word) > len(line) - 2 or word.startswith("["), line


def test_the_documentation_names_each_option(command: Run) -> None:
    documented = (Path(__file__).parents[2] / "docs" / "command.md").read_text()
    for words in COMMAND_WORDS:
        for row in _rows(command(*words, "--help").out):
            option = re.match(r"(?:\* *)?(--[a-z-]+)", row)
            if option is not None:
                assert re.search(rf"{option[1]}(?![a-z-])", documented), (words, option[1])


def test_help_as_a_command_is_the_option(command: Run) -> None:
    for words in ([], ["run"], ["webhooks", "listen"]):
        assert command("help", *words) == command(*words, "--help")
    assert command("help", "nothing").code == 2


def test_help_names_each_option_of_the_issue(command: Run) -> None:
    text = command("run", "--help").out
    for option in (
        "--pipeline -p PIPELINE",
        "--branch -b B",
        "--commit -c C",
        "--message -m M",
        "--env -e K=V",
        "--meta-data -M K=V",
        "--web -w",
        "--artifacts GLOB",
        "--to DIR",
        "--timeout DURATION",
        "--simulate",
        "--no-follow",
        "--quiet",
        "--json",
        "--color",
        "--organization SLUG",
        "--token-file PATH",
        "--allow-http",
        "--debug",
    ):
        assert option in text
    assert "--token " not in text


def test_help_of_api_names_each_option_of_the_issue(command: Run) -> None:
    text = command("api", "--help").out
    for option in (
        *("--field --raw-field -F -f", "--input FILE", "--header -H K:V", "--paginate", "--limit N"),
        *(
            "--select PATH",
            "--jq EXPR",
            "--raw-output -r",
            "--include -i",
            "--compact",
            "--timeout DURATION",
            "--simulate",
        ),
    ):
        assert option in text
    assert "{org} in it stands for the organization." in text
    assert API_EXAMPLES.strip() in text
    assert "Send any request to the API" in command("--help").out


@pytest.mark.parametrize(
    ("name", "options"),
    {
        "listen": (
            *(
                "--secret-file PATH",
                "--token-file PATH",
                "--allow-unsigned",
                "--host ADDRESS",
                "--port N",
                "--path PATH",
            ),
            *("--event PATTERN", "--pipeline PATTERN", "--branch PATTERN", "--state STATE", "--exec COMMAND"),
            *("--exec-timeout DURATION", "--jsonl FILE", "--json ", "--color", "--debug", "--tolerance DURATION"),
        ),
        "verify": ("BODY_FILE", "--signature HEADER", "--secret-file PATH", "--tolerance DURATION", "--at TIME"),
        "send": (
            *("URL", "--event PATTERN", "--body FILE", "--set PATH=VALUE", "--repeat N", "--secret-file PATH"),
            *("--token-file PATH", "--plain-token", "--unsigned", "--timeout DURATION"),
        ),
    }.items(),
)
def test_help_of_webhooks_names_each_option(command: Run, name: str, options: tuple[str, ...]) -> None:
    text = command("webhooks", name, "--help").out
    for option in options:
        assert option in text
    assert "--secret " not in text
    assert f"│ {name} " in command("webhooks", "--help").out


def test_the_examples_of_webhooks_can_be_parsed(command: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    examples = WEBHOOKS_EXAMPLES.replace("\\\n", "").strip().splitlines()[1:]
    assert len(examples) == 6
    for line in examples:
        # Nothing is received or sent: there is no secret.
        said = command(*shlex.split(line)[1:]).err
        assert "'hook.secret' can't be read" in said or "No webhook secret" in said


@pytest.mark.parametrize(
    ("columns", "width"),
    [("0", 20), ("1", 20), ("2", 20), ("19", 20), ("100", 100), ("9" * 20, 500), ("9" * 5000, 500)]
    + [(text, 80) for text in ("", "-5", "80.5", "wide", "²")],
)
def test_a_width_that_no_text_has_is_clamped(
    command: Run, monkeypatch: pytest.MonkeyPatch, columns: str, width: int
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    monkeypatch.setenv("LINES", columns)
    for words in (["--help"], ["run", "--help"], ["webhooks", "listen", "--help"]):
        result = command(*words)
        assert (result.code, result.err) == (0, "")
        assert max(map(len, result.lines)) == width
    assert command("--version").out == f"{__version__}\n"
    assert "unknown option --nope" in command("run", "--nope").err


def test_help_names_the_variables_that_count() -> None:
    for name in (
        TOKEN_VARIABLES[0],
        ORGANIZATION_VARIABLE,
        ENDPOINT_VARIABLE,
        WEBHOOK_SECRET_VARIABLE,
        WEBHOOK_TOKEN_VARIABLE,
    ):
        assert name in ENVIRONMENT_HELP


def test_the_examples_can_be_parsed(command: Run) -> None:
    for line in EXAMPLES.strip().splitlines()[1:]:
        words = line.split(" | ")[0].split()[1:]
        # Nothing is sent: there is no organization, or no token. --simulate would be; that one is tried elsewhere.
        if "--simulate" not in words and words[0] not in ("pipeline", "simulate", "replay", "webhooks"):
            said = command(*[word.strip("'") for word in words]).err
            assert said.startswith(
                (
                    "buildkite-ext: No organization",
                    "buildkite-ext: No API token",
                    "buildkite-ext: --from: 'junit.xml' can't be read: No such file",
                )
            )


def test_the_examples_of_groups_can_be_parsed(command: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"notes")))
    for text in (BUILDS_EXAMPLES, JOBS_EXAMPLES, ANNOTATIONS_EXAMPLES, ARTIFACTS_EXAMPLES):
        for line in text.strip().splitlines()[1:]:
            words = [word.replace("$JOB_URL", "acme/web/42") for word in shlex.split(line.split(" | ")[0])[1:]]
            said = command(*[word for word in words if not word.startswith("<")]).err
            assert any(
                each in said
                for each in ("No organization", "No API token", "'junit.xml' can't be read", "missing option --job")
            ), line


def test_version(command: Run) -> None:
    result = command("--version")
    assert (result.code, result.out) == (0, f"{__version__}\n")


def test_the_package_does_not_load_the_command() -> None:
    loaded = "import sys, buildkite_ext; buildkite_ext.BuildkiteClient; print([m for m in sys.modules if 'cli' in m.split('.')])"
    told = subprocess.run([sys.executable, "-c", loaded], check=True, capture_output=True, text=True)
    assert told.stdout == "[]\n"


def test_help_loads_no_http_client() -> None:
    code = "import sys\nfrom buildkite_ext.cli import main\nmain(['run', '--help'])\nprint('httpx' in sys.modules)"
    told = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert told.stdout.splitlines()[-1] == "False"


@pytest.mark.parametrize("words", [(), ("-h",), ("--help",), ("help",)], ids=" ".join)
@pytest.mark.parametrize("columns", [20, 40, 80, 120, 500])
@pytest.mark.parametrize("colour", ["", "1"], ids=["plain", "coloured"])
def test_the_help_of_the_program_looks_like_that_of_its_commands(
    command: Run,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    words: tuple[str, ...],
    columns: int,
    colour: str,
) -> None:
    """The parser prints those of the commands, and isn't imported for that of the program."""
    monkeypatch.setenv("COLUMNS", str(columns))
    monkeypatch.setenv("FORCE_COLOR", colour)
    printed = command(*words)
    app.help_print([], console=ClampedConsole())
    assert printed == Ended(0, capsys.readouterr().out, "")
