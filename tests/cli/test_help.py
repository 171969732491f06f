"""Help and version, and the time that they take."""

from __future__ import annotations

import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from buildkite_ext.cli.app import API_EXAMPLES, EXAMPLES, WEBHOOKS_EXAMPLES
from buildkite_ext.cli.env import ENVIRONMENT_HELP, WEBHOOK_SECRET_VARIABLE, WEBHOOK_TOKEN_VARIABLE
from buildkite_ext.cli.exit_codes import ExitCode
from buildkite_ext.options import ENDPOINT_VARIABLE, ORGANIZATION_VARIABLE, TOKEN_VARIABLES
from buildkite_ext.version import __version__

from .conftest import Ended

Run = Callable[..., Ended]


HELPS = [
    *[("--help",), ("run", "--help"), ("api", "--help"), ("cancel", "-h"), ("simulate", "--help"), ()],
    ("completion", "--help"),
    *[("webhooks",), ("webhooks", "listen", "--help"), ("webhooks", "verify", "-h"), ("webhooks", "send", "--help")],
]


@pytest.mark.parametrize("words", HELPS)
def test_help_has_examples_and_the_exit_codes(command: Run, words: tuple[str, ...]) -> None:
    result = command(*words)
    assert result.code == 0
    assert result.err == ""
    assert "\x1b" not in result.out
    for code in ExitCode:
        assert f"  {int(code):>3}  {code.meaning}" in result.lines
    assert max(map(len, result.lines)) <= 80


def test_help_of_the_program_has_the_examples_of_all_commands_and_the_others_their_own(command: Run) -> None:
    assert EXAMPLES.strip() in command("--help").out
    for name in ("run", "cancel", "simulate"):
        examples = [line for line in command(name, "--help").lines if line.startswith("  buildkite-ext ")]
        assert examples
        assert examples == [line for line in EXAMPLES.splitlines() if line.startswith(f"  buildkite-ext {name} ")]
    for words, own in (
        (["api"], API_EXAMPLES),
        (["webhooks"], WEBHOOKS_EXAMPLES),
        (["webhooks", "send"], WEBHOOKS_EXAMPLES),
    ):
        text = command(*words, "--help").out
        assert own.strip() in text
        assert text.count("buildkite-ext run web") == 0


def test_help_as_a_command_is_the_option(command: Run) -> None:
    for words in ([], ["run"], ["webhooks", "listen"]):
        assert command("help", *words) == command(*words, "--help")
    assert command("help", "nothing").code == 2


def test_help_names_each_option_of_the_issue(command: Run) -> None:
    text = command("run", "--help").out
    for option in (
        "--branch B",
        "--commit C",
        "--message M",
        "--env K=V",
        "--meta-data K=V",
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
    assert WEBHOOKS_EXAMPLES.strip() in text
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
        # Nothing is sent: there is no organization. --simulate would be; that one is tried elsewhere.
        if "--simulate" not in words and words[0] not in ("simulate", "webhooks"):
            assert "No organization" in command(*[word.strip("'") for word in words]).err


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
