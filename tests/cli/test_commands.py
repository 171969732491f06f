"""The table of commands: dispatch, help and completion are made from it."""

from __future__ import annotations

import ast
import importlib
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import buildkite_ext.cli
from buildkite_ext.cli.app import app
from buildkite_ext.cli.command_table import COMMANDS, Command, CommandGroup

from .conftest import Ended

Run = Callable[..., Ended]

NAMED: list[tuple[list[str], Command]] = []
for entry in COMMANDS:
    if isinstance(entry, CommandGroup):
        NAMED += [([entry.name, each.name], each) for each in entry.commands]
    else:
        NAMED.append(([entry.name], entry))
WORDS = [entry.name for entry in COMMANDS]
SHELLS = ("bash", "zsh", "fish")


@pytest.mark.parametrize(
    ("words", "command"), NAMED, ids=lambda value: value.name if isinstance(value, Command) else ""
)
def test_a_command_of_the_table_is_a_function_with_the_same_summary(words: list[str], command: Command) -> None:
    module, _, name = command.function.partition(":")
    function = getattr(importlib.import_module(module), name)
    if words[0] != "webhooks":
        assert function.__doc__.splitlines()[0] == command.help.splitlines()[0]
    assert app[words[0]] if len(words) == 1 else app[words[0]][words[1]]


def test_every_module_of_commands_is_in_the_table() -> None:
    folder = Path(buildkite_ext.cli.__file__).parent / "commands"
    modules = {f"buildkite_ext.cli.commands.{path.stem}" for path in folder.glob("[!_]*.py")}
    assert modules <= {command.function.partition(":")[0] for _, command in NAMED}


def test_help_lists_the_table_and_loads_no_command(command: Run) -> None:
    text = command("--help").out
    for entry in COMMANDS:
        assert f"│ {entry.name} " in text
    code = (
        "import sys\nfrom buildkite_ext.cli import main\nmain(['--help'])\n"
        "print([name for name in sys.modules if name.startswith(('buildkite_ext.cli.commands.', 'httpx'))])"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_completion_offers_the_states(command: Run) -> None:
    script = command("completion", "zsh").out
    line = next(line for line in script.splitlines() if "--state" in line and "lost" in line)
    for state in ("failed", "blocked", "not_run", "timed_out", "lost"):
        assert line.count(f" {state} ") <= 1
        assert state in line


@pytest.mark.parametrize("shell", SHELLS)
def test_a_completion_script_holds_each_command_and_its_options(command: Run, shell: str) -> None:
    result = command("completion", shell)
    assert (result.code, result.err) == (0, "")
    for words, _ in NAMED:
        assert words[-1] in result.out
    options = {
        name
        for words, _ in NAMED
        for name in re.findall(r"(?<![\w-])--?[a-zA-Z][a-z-]*(?= [-A-Z]|  |\n)", command(*words, "--help").out)
    }
    assert {"--branch", "-b", "-m", "-c", "-e", "-p", "-w", "-M", "-F", "-f", "--raw-field", "--web"} <= options
    for option in options:
        name = option.lstrip("-")
        written = f"-{'l' if option.startswith('--') else 's'} {name}" if shell == "fish" else option
        assert re.search(rf"(?<![\w-]){written}(?![\w-])", result.out), option
    if shutil.which(shell):
        subprocess.run([shell, "-n"], input=result.out, text=True, check=True)


def test_an_unknown_shell(command: Run) -> None:
    result = command("completion", "powershell")
    assert result.code == 2
    assert re.search(r"Choose from:? .*bash.*zsh.*fish", result.err)
    assert result.err.endswith("Try: buildkite-ext completion --help\n")


@pytest.mark.skipif(shutil.which("bash") is None, reason="needs bash")
@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("buildkite-ext ", WORDS),
        ("buildkite-ext webhooks ", ["listen", "verify", "send"]),
        ("buildkite-ext artifacts ", ["list", "download"]),
        ("buildkite-ext watch web 1 --pol", ["--poll-interval"]),
        ("buildkite-ext annotate web 1 --from we", ["web.json"]),
        ("buildkite-ext builds list --state pas", ["passed"]),
        ("buildkite-ext run web --art", ["--artifacts"]),
        ("buildkite-ext webhooks send --rep", ["--repeat"]),
        ("buildkite-ext run web --color a", ["auto", "always"]),
        ("buildkite-ext run web --bran", ["--branch"]),
        ("buildkite-ext run web --we", ["--web"]),
        ("buildkite-ext cancel 42 --pipe", ["--pipeline"]),
        ("buildkite-ext api POST user --raw-f", ["--raw-field"]),
        ("buildkite-ext api POST user --input we", ["web.json"]),
        ("buildkite-ext webhooks listen --secret-file we", ["web.json"]),
        ("buildkite-ext webhooks listen --jsonl we", ["web.json"]),
        ("buildkite-ext webhooks listen --token-file we", ["web.json"]),
        ("buildkite-ext webhooks send http://x/ --body we", ["web.json"]),
        ("buildkite-ext webhooks verify we", ["web.json"]),
        ("buildkite-ext completion ", ["bash", "zsh", "fish"]),
    ],
)
def test_bash_completes(command: Run, tmp_path: Path, line: str, expected: list[str]) -> None:
    (tmp_path / "web.json").write_text("{}")
    words = line.split(" ")
    script = command("completion", "bash").out
    function = re.findall(r"^complete .*-F (\S+)", script, re.MULTILINE)[-1]
    asked = (
        f"{script}\nCOMP_WORDS=({' '.join(words[:-1])} '{words[-1]}')\nCOMP_CWORD={len(words) - 1}\n"
        f"{function}\nprintf '%s\\n' \"${{COMPREPLY[@]}}\"\n"
    )
    done = subprocess.run(["bash", "-c", asked], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout.split() == expected


def test_no_module_of_the_command_imports_the_entry_point() -> None:
    folder = Path(buildkite_ext.cli.__file__).parent
    for path in folder.rglob("*.py"):
        if path == folder / "__init__.py":
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom):
                assert node.module != "main", path
