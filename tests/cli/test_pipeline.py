"""`pipeline check` and `pipeline plan`: nothing is sent anywhere."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from .conftest import Ended

Run = Callable[..., Ended]

WRONG = "- {command: x, if: build.nope, paralelism: 2}\n"
DOUBTFUL = "- {command: x, paralelism: 2}\n"
GOOD = """
steps:
  - {label: Test, command: make test, key: test}
  - {block: Ship it?, key: ship}
  - {label: Deploy, command: make deploy, if: build.branch == "main"}
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name, text in {"wrong.yml": WRONG, "doubtful.yml": DOUBTFUL, "good.yml": GOOD}.items():
        Path(name).write_text(text)


def give(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text.encode())))


def test_check_prints_lines_that_editors_read(command: Run) -> None:
    result = command("pipeline", "check", "wrong.yml", "good.yml")
    assert (result.code, result.err) == (1, "")
    assert result.lines == [
        "wrong.yml:1:20: error: `build.nope` is not a variable: did you mean `build.source`?",
        "wrong.yml:1:32: warning: `paralelism` is not an attribute of a command step: did you mean `parallelism`?",
    ]


@pytest.mark.parametrize(
    ("words", "code"),
    [(["good.yml"], 0), (["doubtful.yml"], 0), (["doubtful.yml", "--strict"], 1), (["wrong.yml"], 1), (["good.yml", "--strict"], 0)],
)  # fmt: skip
def test_the_exit_code_of_check(command: Run, words: list[str], code: int) -> None:
    assert command("pipeline", "check", *words).code == code


def test_check_reads_the_standard_input_and_patterns(command: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    give(monkeypatch, WRONG)
    assert command("pipeline", "check", "-").lines[0].startswith("<stdin>:1:20: error: ")
    result = command("pipeline", "check", "*.yml", "--format", "json")
    assert json.loads(result.out)["files"] == ["doubtful.yml", "good.yml", "wrong.yml"]


def test_check_as_json(command: Run) -> None:
    result = command("pipeline", "check", "doubtful.yml", "--format=json")
    assert json.loads(result.out) == {
        "files": ["doubtful.yml"],
        "errors": 0,
        "warnings": 1,
        "problems": [
            {
                "file": "doubtful.yml",
                "line": 1,
                "column": 16,
                "level": "warning",
                "message": "`paralelism` is not an attribute of a command step: did you mean `parallelism`?",
            }
        ],
    }


def test_check_as_an_annotation(command: Run) -> None:
    Path("ticks.yml").write_text("- {command: x, if: build.nope} # ```\n")
    result = command("pipeline", "check", "ticks.yml", "--format", "annotation")
    assert result.lines[:3] == ["**1 error and 0 warnings in 1 pipeline**", "", "````text"]
    assert result.lines[-2:] == [" " * 23 + "^", "````"]
    assert command("pipeline", "check", "good.yml", "--format", "annotation").out == (
        "**0 errors and 0 warnings in 1 pipeline**\n"
    )


def test_a_terminal_gets_the_line_and_a_caret(command: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("wide.yml").write_text(
        "- {label: 漢字\u202e, command: x, if: build.nope}\n" + f"- {{command: {'y' * 200}, keyy: z}}\n"
    )
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "60")
    lines = command("pipeline", "check", "wide.yml", "--color", "never").lines
    assert lines[1:3] == ["    - {label: 漢字, command: x, if: build.nope}", " " * 36 + "^"]
    assert lines[4].startswith("    …y")
    assert lines[5].index("^") == lines[4].index("keyy")
    assert lines[-1] == "1 error and 1 warning in 1 pipeline"
    assert "\x1b[1;31merror:" in command("pipeline", "check", "wide.yml", "--color", "always").out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "missing argument FILE"),
        (["nowhere.yml"], "FILE: 'nowhere.yml' can't be read"),
        (["*.yaml"], "no file matches '*.yaml'"),
        (["good.yml", "*.yaml"], "no file matches '*.yaml'"),
        (["."], "'.' is a folder"),
        (["--stricd", "good.yml"], "unknown option --stricd."),
        (["good.yml", "--format", "xml"], "xml"),
        (["-", "-"], "the standard input is read by FILE already"),
    ],
)
def test_what_check_cant_do(command: Run, monkeypatch: pytest.MonkeyPatch, words: list[str], said: str) -> None:
    give(monkeypatch, GOOD)
    result = command("pipeline", "check", *words)
    assert (result.code, result.out) == (2, "")
    assert said in result.err


def test_check_and_plan_need_an_extra(command: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "yaml", None)
    for words in (("pipeline", "check"), ("pipeline", "plan"), ("simulate", "--port", "0", "--pipeline")):
        result = command(*words, "good.yml")
        assert result.code == 2
        assert "pip install 'buildkite-ext[simulator]'" in result.err


def test_plan_shows_waves_and_what_is_left_out(command: Run) -> None:
    result = command("pipeline", "plan", "good.yml", "--branch", "fix")
    assert (result.code, result.err) == (0, "")
    assert result.lines == [
        "The build of fix passes: 1 job in 1 wave",
        "",
        "Wave 1",
        "└─ Test",
        "",
        "── block: Ship it? (a user unblocks it) ────────────────────",
        "",
        "Left out",
        '  Deploy  if: build.branch == "main"',
        '          build.branch is "fix"',
    ]


def test_plan_reads_the_standard_input_and_writes_json_and_a_picture(
    command: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    give(monkeypatch, GOOD)
    result = command("pipeline", "plan", "-", "--json", "--svg", "graph.svg", "--fail", "test=2")
    plan = json.loads(result.out)
    assert (result.code, plan["state"], plan["waves"]) == (0, "failed", [["Test"]])
    assert ET.parse("graph.svg").getroot().tag.endswith("svg")


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (["--no-unblock"], "blocks at Ship it?"),
        (["--block-at", "ship"], "blocks at Ship it?"),
        (["--fail", "test"], "Test ✗ failed"),
        (["--fail", "test=1,0"], "Test ✗ failed"),
        (["-b", "main", "--changed", "a"], "2 jobs in 2 waves"),
        (
            ["--tag", "v1", "-m", "M", "-c", "abc", "--source", "api", "--pull-request", "3", "--base-branch", "x"],
            "passes",
        ),
        (
            ["--event", "release", "--label", "x", "--draft", "-e", "A=1", "--pipeline", "p", "--organization", "o"],
            "passes",
        ),
    ],
)
def test_options_of_plan(command: Run, words: list[str], text: str) -> None:
    result = command("pipeline", "plan", "good.yml", *words)
    assert (result.code, result.err) == (0, "")
    assert text in result.out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (
            ["good.yml", "--fail", "tset"],
            "--fail 'tset': the pipeline has no such command or trigger step; did you mean 'test'?",
        ),
        (["good.yml", "--fail", "test=x"], "give STEP, or STEP=STATUS"),
        (["good.yml", "--fail", "test=256"], "--fail 'test': 256 is no exit status: give 0 to 255"),
        (["good.yml", "--fail", "test=1,-2"], "--fail 'test': -2 is no exit status"),
        (["good.yml", "--block-at", "x"], "--block-at 'x': the pipeline has no such block or input step"),
        (["good.yml", "--env", "A"], "--env 'A': give NAME=VALUE."),
        (["good.yml", "--branch", " "], "--branch is empty."),
        (
            ["good.yml", "--message", "[skip ci]"],
            "--message holds [skip ci]: Buildkite creates no build for such a push",
        ),
        (["good.yml", "--event", "x", "--source", "ui"], "--event 'x': a build of the source ui has no event."),
        (["good.yml", "--event", "x", "--source", "ui"], "Leave it out, or give --source webhook"),
        (["good.yml", "--document", "2"], "--document 2: the text has 1 document"),
        (["good.yml", "--pull-request", "0"], "--pull-request 0"),
        (["good.yml", "--svg", "no/where.svg"], "--svg: 'no/where.svg' can't be written"),
        (["nowhere.yml"], "FILE: 'nowhere.yml' can't be read"),
        ([], "missing argument FILE."),
    ],
)
def test_what_plan_cant_do(command: Run, words: list[str], said: str) -> None:
    result = command("pipeline", "plan", *words)
    assert (result.code, result.out) == (2, "")
    assert said in result.err


def test_a_pipeline_of_buildkites_sdk_is_checked_and_planned(command: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    example = Path(__file__).parents[2] / "examples" / "generate_and_check.py"
    generated = subprocess.run(
        [sys.executable, str(example), "--json"], check=True, capture_output=True, text=True
    ).stdout
    give(monkeypatch, generated)
    assert command("pipeline", "check", "--strict", "-") == Ended(0, "", "")
    give(monkeypatch, generated)
    plan = json.loads(command("pipeline", "plan", "-", "--branch", "fix", "--json").out)
    assert plan["waves"] == [["Test 3.11", "Test 3.12", "Test 3.13"]]
    assert plan["steps"][-1]["left_out"]["values"] == {"build.branch": "fix"}


def test_plan_refuses_what_buildkite_would(command: Run) -> None:
    result = command("pipeline", "plan", "wrong.yml")
    assert (result.code, result.out) == (1, "")
    assert "'wrong.yml': line 1, column " in result.err


def test_plan_tells_warnings(command: Run) -> None:
    result = command("pipeline", "plan", "doubtful.yml")
    assert result.code == 0
    assert result.err == command("pipeline", "check", "doubtful.yml").out  # as editors read it
    assert result.err.startswith("doubtful.yml:1:")


def test_a_plan_tells_a_circle_as_the_check_does(command: Run) -> None:
    Path("circle.yml").write_text("- {command: a, key: a, depends_on: b}\n- {command: b, key: b, depends_on: a}\n")
    result = command("pipeline", "plan", "circle.yml")
    assert (result.code, result.out) == (1, "")
    assert "line 1, column 36: these steps wait for each other: a -> b -> a" in result.err
    assert command("pipeline", "check", "circle.yml").code == 1


def test_neither_connects_nor_needs_a_token(command: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BUILDKITE_REST_API_ENDPOINT", "http://127.0.0.1:1")
    monkeypatch.delenv("BUILDKITE_API_TOKEN", raising=False)
    assert command("pipeline", "check", "good.yml").code == command("pipeline", "plan", "good.yml").code == 0


def test_coverage_names_operations_and_choices(command: Run) -> None:
    result = command("simulate", "--coverage")
    assert (result.code, result.err) == (0, "")
    assert "create_build" in result.out
    assert "missing-key" in result.out
    assert max(map(len, result.lines)) <= 120


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["wrong.yml"], "--pipeline 'wrong.yml': line 1, column "),
        (["nowhere.yml"], "--pipeline: 'nowhere.yml' can't be read"),
        (["good.yml", "good=good.yml"], "another file has the slug good already"),
        (["-"], "give its slug, as in --pipeline web=-"),
    ],
)
def test_what_simulate_refuses(command: Run, words: list[str], said: str) -> None:
    result = command("simulate", "--port", "0", *(word for each in words for word in ("--pipeline", each)))
    assert (result.code, result.out) == (2, "")
    assert said in result.err


def test_simulate_serves_the_pipelines_of_files(start: Callable[..., object], tmp_path: Path) -> None:
    folder = tmp_path / "shop" / ".buildkite"
    folder.mkdir(parents=True)
    (folder / "pipeline.yml").write_text(GOOD)
    process = start(
        "simulate",
        "--port",
        "0",
        "--pipeline",
        str(folder / "pipeline.yml"),
        "--pipeline",
        f"web={tmp_path / 'good.yml'}",
    )
    line = process.stdout.readline()  # type: ignore[attr-defined]
    assert "(pipelines: shop, web) answers at http" in line


@pytest.mark.skipif(os.name != "posix", reason="names of files that aren't UTF-8")
def test_a_file_may_have_any_name(command: Run) -> None:
    name = os.fsdecode(b"\xff.yml")
    Path(name).write_text(WRONG)
    assert command("pipeline", "check", name).code == 1
