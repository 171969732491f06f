"""`buildkite-ext annotations`, `annotate` and `artifacts`."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from buildkite_ext.simulation import Simulator

from .conftest import Ended
from .test_terminal import Terminal

Run = Callable[..., Ended]

REPORT = (
    '<testsuite><testcase name="total"><failure message="2 != 3">cart.py:4</failure></testcase>'
    '<testcase name="sum"/></testsuite>'
)


@pytest.fixture
def org(web: Simulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Simulator:
    """Return a simulator whose build 1 of acme/web is over, and make a temporary folder the current one."""
    artifacts = {"dist/a.whl": b"wheel", "dist/deep/b.txt": b"text", "notes.txt": b"notes"}
    web.pipeline("web").job("build", key="build", after=0.01, artifacts=artifacts).history(1)
    monkeypatch.chdir(tmp_path)
    return web


def sent(org: Simulator) -> dict[str, Any]:
    (request,) = (each for each in org.requests if each.method == "POST")
    found: dict[str, Any] = json.loads(request.body or b"")
    return found


@pytest.mark.parametrize("words", [("annotate",), ("annotations", "add")], ids=" ".join)
def test_a_junit_report_is_one_annotation(org: Simulator, command: Run, words: tuple[str, ...]) -> None:
    Path("junit.xml").write_text(REPORT)
    result = command(*words, "web", "1", "--style", "error", "--from", "junit.xml")
    assert (result.code, result.err) == (0, "")
    assert result.out.startswith("Build web #1 is annotated: error, context junit, id ")
    body = sent(org)
    assert (body["style"], body["context"]) == ("error", "junit")
    assert "<summary><code>total</code>: 2 != 3</summary>" in body["body"]
    listed = command("annotations", "list", "web", "1")
    assert (listed.code, listed.err) == (0, "")
    (row,) = (line.split("\t") for line in listed.lines)
    assert row[:2] == ["error", "junit"]
    assert row[3] == "1 of 2 tests failed"


def test_a_large_report_fits_into_one_annotation(org: Simulator, command: Run) -> None:
    case = '<testcase name="t"><failure message="m">' + "x" * 15_000 + "</failure></testcase>"
    Path("junit.xml").write_text(f"<testsuite>{case * 100}</testsuite>")
    assert command("annotate", "web", "1", "--from", "junit.xml").code == 0
    text = sent(org)["body"]
    assert 1_000_000 < len(text.encode()) <= 1024 * 1024
    assert "Failures that don't fit in the annotation" in text


def test_a_text_is_an_annotation(org: Simulator, command: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    options = ("--context", "notes", "--priority", "7", "--append", "--style", "info", "--json")
    made = command("annotate", "acme/web/1", "--body", "- **done**", *options)
    assert (made.code, made.err) == (0, "")
    assert json.loads(made.out)["context"] == "notes"
    assert sent(org) == {"body": "- **done**", "style": "info", "context": "notes", "priority": 7, "append": True}
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO("über\n".encode())))
    org.requests.clear()
    assert command("annotate", "web", "--latest", "--body", "-").code == 0
    assert sent(org) == {"body": "über\n"}


def test_a_job_is_annotated(org: Simulator, command: Run) -> None:
    identity = json.loads(command("jobs", "list", "web", "1", "--json").out)["id"]
    for words in (("web", "1", "--job", "build"), (f"https://buildkite.com/acme/web/builds/1#{identity}",)):
        org.requests.clear()
        assert command("annotate", *words, "--body", "x").code == 0
        (request,) = (each for each in org.requests if each.method == "POST")
        assert f"/jobs/{identity}/annotations" in request.path
    assert len(command("annotations", "list", "web", "1", "--json").lines) == 1
    assert command("annotations", "list", "web", "1", "--scope", "build").out == ""
    assert len(command("annotations", "list", f"https://buildkite.com/acme/web/builds/1#{identity}").lines) == 1


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "missing argument BUILD"),
        (("web", "1"), "--body and --from: give one of them."),
        (("web", "1", "--body", "x", "--from", "junit.xml"), "--body and --from: give one of them."),
        (("web", "1", "--body", " "), "--body is empty."),
        (("web", "1", "--body", "x" * 1024 * 1024 + "y"), "--body has more than 1 MiB"),
        (("web", "1", "--from", "gone.xml"), "--from: 'gone.xml' can't be read: No such file or directory"),
        (("web", "1", "--from", "bad.xml"), "--from: 'bad.xml' isn't XML: "),
        (("web", "1", "--from", "other.xml"), "--from: 'other.xml' isn't a JUnit report: its root is <html>"),
        (("web", "1", "--body", "x", "--priority", "11"), "--priority 11: give a number from 1 to 10."),
        (("web", "1", "--body", "x", "--context", ""), "--context is empty."),
        (("web", "1", "--body", "x", "--style", "loud"), "--style"),
        (
            ("web", "1", "--body", "-", "--token-file", "-"),
            "--body: the standard input is read by --token-file already.",
        ),
    ],
    ids=lambda value: " ".join(value)[:40] if isinstance(value, tuple) else "",
)
def test_annotations_that_cannot_be_meant(org: Simulator, command: Run, words: tuple[str, ...], said: str) -> None:
    Path("bad.xml").write_text("<testsuite>")
    Path("other.xml").write_text("<html/>")
    result = command("annotate", *words)
    assert (result.code, result.out) == (2, "")
    assert said in result.err
    assert org.requests == []


def test_artifacts_are_listed(org: Simulator, command: Run) -> None:
    result = command("artifacts", "list", "web", "1")
    assert (result.code, result.err) == (0, "")
    assert [line.split("\t")[:3] for line in result.lines] == [
        ["finished", "5", "dist/a.whl"],
        ["finished", "4", "dist/deep/b.txt"],
        ["finished", "5", "notes.txt"],
    ]
    for words, count in (
        (("--path", "dist/*"), 2),
        (("--state", "expired"), 0),
        (("--job", "build"), 3),
    ):
        assert len(command("artifacts", "list", "web", "--latest", *words, "--json").lines) == count


@pytest.mark.parametrize(
    ("words", "files"),
    [
        (("web", "1"), {"dist/a.whl", "dist/deep/b.txt", "notes.txt"}),
        (("acme/web/1", "dist/*"), {"dist/a.whl"}),
        (("web", "1", "dist/**", "notes.txt"), {"dist/a.whl", "dist/deep/b.txt", "notes.txt"}),
        (("1", "-p", "web", "**/*.txt"), {"dist/deep/b.txt", "notes.txt"}),
        (("web", "--latest", "*.txt"), {"notes.txt"}),
        (("https://buildkite.com/acme/web/builds/1", "*.txt"), {"notes.txt"}),
        (("web", "1", "*.txt", "--job", "build"), {"notes.txt"}),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_artifacts_are_downloaded(org: Simulator, command: Run, words: tuple[str, ...], files: set[str]) -> None:
    result = command("artifacts", "download", *words, "--to", "out")
    assert (result.code, result.err) == (0, "")
    assert {str(path.relative_to("out")) for path in Path("out").rglob("*") if path.is_file()} == files
    assert {line for line in result.lines if line.startswith("* fetched ")} == {
        f"* fetched out/{file}" for file in files
    }


def test_downloads_as_json_lines(org: Simulator, command: Run) -> None:
    result = command("artifacts", "download", "web", "1", "*.txt", "--json")
    assert (result.code, result.err) == (0, "")
    told = {"type": "fetched", "path": "notes.txt", "already_there": False}
    assert [json.loads(line) for line in result.lines] == [told]
    again = command("artifacts", "download", "web", "1", "*.txt", "--json")
    assert [json.loads(line) for line in again.lines] == [{**told, "already_there": True}]


def test_a_second_download_says_which_files_are_there_already(org: Simulator, command: Run) -> None:
    assert command("artifacts", "download", "web", "1", "notes.txt", "dist/*", "--to", "out").code == 0
    Path("out/dist/a.whl").write_bytes(b"wrong")
    org.requests.clear()
    result = command("artifacts", "download", "web", "1", "--to", "out")
    assert (result.code, result.err) == (0, "")
    assert sorted(result.lines) == [
        "* already there: out/notes.txt",
        "* fetched out/dist/a.whl",
        "* fetched out/dist/deep/b.txt",
        "* fetching dist/a.whl (5 bytes)",
        "* fetching dist/deep/b.txt (4 bytes)",
    ]
    assert len([each for each in org.requests if each.path.endswith("/download")]) == 2
    again = command("run", "web", "--branch", "main", "--artifacts", "*.txt", "--to", "out")
    assert "* already there: out/notes.txt" in again.lines


def test_bars_on_a_terminal(org: Simulator) -> None:
    terminal = Terminal("artifacts", "download", "web", "1", "--to", "out")
    assert terminal.end() == 0
    assert "Fetched out/notes.txt" in terminal.text
    terminal = Terminal("artifacts", "download", "web", "1", "--to", "out")
    assert terminal.end() == 0
    assert "Already there: out/notes.txt" in terminal.text
    assert "Fetched" not in terminal.text


def test_what_cannot_be_written_is_left_out(web: Simulator, command: Run, tmp_path: Path) -> None:
    artifacts = {"../evil.txt": b"x", "good.txt": b"y"}
    web.pipeline("web").job("build", after=0.01, artifacts=artifacts).history(1)
    result = command("artifacts", "download", "web", "1", "--to", str(tmp_path / "out"), "--json")
    assert result.code == 8
    fetched, refused = (json.loads(line) for line in result.lines)
    assert fetched == {"type": "fetched", "path": str(tmp_path / "out" / "good.txt"), "already_there": False}
    assert (refused["type"], refused["path"]) == ("refused", "../evil.txt")
    assert result.err.startswith("Not fetched: Artifact ")
    assert not (tmp_path / "evil.txt").exists()


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        ((), 2, "missing argument BUILD"),
        (("web",), 2, "missing argument NUMBER"),
        (("web", "*.whl"), 2, "NUMBER '*.whl': give a whole number."),
        (("web", "1", " "), 2, "GLOB is empty."),
        (("web", "1", "--to", "a-file"), 2, "--to 'a-file' is a file; artifacts need a folder."),
        (("web", "1", "*.zip"), 8, "*.zip"),
        (("web", "9"), 3, "builds/9"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_downloads_that_fail(org: Simulator, command: Run, words: tuple[str, ...], code: int, said: str) -> None:
    Path("a-file").write_text("")
    result = command("artifacts", "download", *words)
    assert (result.code, result.out) == (code, "")
    assert said in result.err
    assert "missing=" not in result.err
    assert code != 2 or org.requests == []
