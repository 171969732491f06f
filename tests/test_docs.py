"""Every block of code in README.md and docs/ runs, alone, and prints what the document says that it prints.

A block of Python runs in a folder with a wheel in it, with the variables that a shell would have and no other names. What it reaches is a
simulator behind real HTTP, whose jobs end at once. The guides of webhooks and of the test kit have tests of their own (test_docs_webhooks.py, test_docs_test_kit.py).
"""

from __future__ import annotations

import inspect
import re
import shlex
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from functools import cache
from itertools import takewhile
from pathlib import Path

import pytest

from buildkite_ext.cli.app import app as command
from buildkite_ext.simulation import SimRequest, SimResponse, Simulator, SystemClock, Timing
from buildkite_ext.simulation.server import running

from .contract.answers import content
from .contract.description import OPERATIONS
from .contract.values import Fill
from .documents import ROOT, Block, blocks, documents

WHEEL = "dist/web-1.0-py3-none-any.whl"
TOKEN = "bkua_documents"
OPERATIONS_PAGE = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
UNSIMULATED = re.findall(r"^\| \[?(\w+).*\|  \|$", OPERATIONS_PAGE, re.MULTILINE)
"""The operations that the simulator doesn't answer. A document may call them: they are given what the description has."""

ELSEWHERE = {"test-kit.md", "webhooks.md", "webhooks-servers.md", "webhooks-security.md"}

PYTHON = [block for path in documents() if path.name not in ELSEWHERE for block in blocks(path, "python")]
SHELL = [block for path in documents() for block in blocks(path, "sh", "console")]


class Switch(Simulator):
    """One server for many simulators, one after another."""

    connected: Simulator

    def handle(self, request: SimRequest) -> SimResponse:
        return self.connected.handle(request)

    def handle_artifact(self, request: SimRequest) -> SimResponse:
        return self.connected.handle_artifact(request)


@pytest.fixture(scope="module")
def switch() -> Iterator[Switch]:
    switch = Switch()
    with running(switch):
        yield switch


@cache
def described_answer(name: str) -> tuple[int, dict[str, str], bytes]:
    operation = OPERATIONS[name]
    return operation.success, {"Content-Type": operation.media or ""}, content(operation, Fill.FULL)


@pytest.fixture(autouse=True)
def acme(switch: Switch, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Simulator:
    """The organization that the documents speak of, and a shell that points at it."""
    simulator = Simulator("acme", token=TOKEN, clock=SystemClock(), timing=Timing(pickup=0))
    web = simulator.pipeline("web").job("lint", log="ok\n", after=0)
    web.job("test", log="3 passed\n", artifacts={WHEEL: b"wheel"}, after=0).history(3)
    simulator.pipeline("api").job("test", log="1 failed\n", exit_status=1, after=0).history(2)
    simulator.pipeline("release").job("package", after=0).block("Ship it?", ["version"]).job("deploy", after=0)
    simulator.registry("my-registry", ecosystem="python")
    for name in UNSIMULATED:
        status, headers, body = described_answer(name)
        simulator.answer_next(operation=name, times=5, status=status, headers=headers, body=body)
    simulator.move_to(switch.base_url, switch.artifacts_url)
    switch.connected = simulator
    monkeypatch.setenv("BUILDKITE_API_TOKEN", simulator.token)
    monkeypatch.setenv("BUILDKITE_ORGANIZATION_SLUG", simulator.organization)
    monkeypatch.setenv("BUILDKITE_REST_API_ENDPOINT", switch.base_url)
    monkeypatch.chdir(tmp_path)
    (tmp_path / WHEEL).parent.mkdir()
    (tmp_path / WHEEL).write_bytes(b"wheel")
    return simulator


@pytest.mark.parametrize("block", PYTHON, ids=str)
def test_a_program_runs(block: Block, request: pytest.FixtureRequest, capsys: pytest.CaptureFixture[str]) -> None:
    """The tests that a block defines are run as well, with the fixtures that they ask for."""
    names: dict[str, object] = {"__name__": "__main__"}
    block.run(names)
    for name, value in list(names.items()):
        if name.startswith("test_") and inspect.isfunction(value):
            value(**{each: request.getfixturevalue(each) for each in inspect.signature(value).parameters})
    printed = capsys.readouterr()
    assert printed.err == ""
    if block.output is not None:
        assert printed.out == block.output


@pytest.mark.parametrize("block", [block for block in PYTHON if block.document.name == "logs.md"], ids=str)
def test_a_program_reads_the_logs_of_a_build_with_steps_that_have_none(block: Block, acme: Simulator) -> None:
    acme.pipeline("web").wait().job("package", log="1 wheel\n", after=0).history(1)
    block.run({"__name__": "__main__"})


def lines(block: Block) -> list[str]:
    """The commands of a block of shell, each up to its pipe or redirection."""
    found = block.code.replace("\\\n", " ").splitlines()
    if block.language == "console":
        found = [line.removeprefix("$ ") for line in found if line.startswith("$ ")]
    return [re.sub(r"^\w+=\$\((.*)\)$", r"\1", line) for line in found]


def words(line: str) -> list[str]:
    """The words of a command, without comments."""
    found = shlex.split(line, comments=True)
    return list(takewhile(lambda word: word not in ("|", "&") and not word.startswith(">"), found))


@pytest.mark.parametrize("block", SHELL, ids=str)
def test_a_command_can_be_typed(block: Block) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    for line in lines(block):
        if line.startswith("buildkite-ext "):
            command.parse_args(words(line)[1:], exit_on_error=False, print_error=False)
        elif line.startswith("make "):
            assert set(words(line)[1:]) <= targets, line
        elif line.startswith("pip install") and "buildkite-ext" in line:
            extras = re.search(r"\[(.*)\]", line)
            assert set(extras[1].split(",") if extras else ()) <= set(project["optional-dependencies"]), line


RUNNABLE = [
    pytest.param(line, id=f"{block}:{number}")
    for block in SHELL
    if block.document.name not in ("command.md", "README.md")
    for number, line in enumerate(lines(block))
    if re.match(r"buildkite-ext (run|api|cancel|why) ", line) and "--simulate" not in line
]


@pytest.mark.parametrize("line", RUNNABLE)
def test_a_command_runs(line: str) -> None:
    program = [sys.executable, "-c", "import sys; from buildkite_ext.cli import main; sys.exit(main())"]
    ended = subprocess.run([*program, *words(line)[1:]], capture_output=True, text=True, timeout=240, check=False)
    assert (ended.returncode, ended.stderr) == (0, ""), line
    assert ended.stdout
