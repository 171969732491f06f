"""Advice in errors: options of the command, and no arguments of Python."""

from __future__ import annotations

import ast
import re
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import buildkite_ext
from buildkite_ext.cli.hints import in_options
from buildkite_ext.simulation import Simulator

from .conftest import Ended, ended

Run = Callable[..., Ended]
Start = Callable[..., subprocess.Popen[str]]
PACKAGE = Path(buildkite_ext.__file__).parent
REACHED = (
    "transport",
    "pagination/links.py",
    "pagination/slices.py",
    "artifacts",
    "logs",
    "watching",
    "error_responses.py",
)
ARGUMENT = re.compile(
    r"\b(timeout|to|by_job|max_body|base_url|token|organization|job_id|branch)=(?=[ .,']|True|$)|\w\(\w+, "
)


def _texts() -> Iterator[tuple[str, str]]:
    """Yield the sentences of the modules whose errors the command reports."""
    for name in REACHED:
        path = PACKAGE / name
        for module in [path] if path.is_file() else sorted(path.rglob("*.py")):
            tree = ast.parse(module.read_text(encoding="utf-8"))
            documentation = {
                id(node.value)
                for node in ast.walk(tree)
                if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
            }
            for node in ast.walk(tree):
                if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in documentation:
                    yield module.name, node.value


def test_no_advice_of_the_library_reaches_users_as_python() -> None:
    advice = [(name, text) for name, text in _texts() if ARGUMENT.search(text) and " " in text.strip()]
    assert len(advice) > 5
    assert [(name, text) for name, text in advice if ARGUMENT.search(in_options(text))] == []


def test_a_deadline_names_the_option(start: Start, web: Simulator) -> None:
    for words in (("api", "GET", "user"), ("cancel", "web", "1")):
        web.fail_next(status=429, body={"reset": 50})
        result = ended(
            start(*words, "--timeout", "1s")
        )  # a process of its own, since others would wait for the limit too
        assert result.code == 3
        assert "timeout=" not in result.err
        assert "A longer --timeout waits for it." in result.err


@pytest.mark.parametrize(
    "endpoint", ["ftp://api.test", "https://me:s3cret@api.test", "https://api.test/?a=b", "http://[", "x"]
)
def test_a_wrong_endpoint_names_the_variable(
    command: Run, web: Simulator, monkeypatch: pytest.MonkeyPatch, endpoint: str
) -> None:
    monkeypatch.setenv("BUILDKITE_REST_API_ENDPOINT", endpoint)
    for words in (("api", "GET", "user"), ("cancel", "web", "1"), ("run", "web", "-b", "main")):
        result = command(*words)
        assert result.code == 2
        assert "$BUILDKITE_REST_API_ENDPOINT" in result.err
        assert "base_url" not in result.err
        assert "token=" not in result.err
        assert "s3cret" not in result.err


def test_an_endpoint_without_encryption_needs_its_option(
    command: Run, web: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    endpoint = "http://buildkite.invalid:8080"
    monkeypatch.setenv("BUILDKITE_REST_API_ENDPOINT", endpoint)
    for words in (("api", "GET", "user"), ("cancel", "web", "1"), ("run", "web", "-b", "main"), ("doctor",)):
        refused = command(*words)
        assert refused.code == 2
        assert f"$BUILDKITE_REST_API_ENDPOINT '{endpoint}'" in refused.err
        assert "give --allow-http" in refused.err
        assert "allow_http" not in refused.err
    allowed = command("api", "GET", "user", "--allow-http", "--timeout", "1s")
    assert allowed.code == 3
    assert "buildkite.invalid" in allowed.err


def test_artifacts_in_conflict_name_the_option(command: Run, web: Simulator, tmp_path: Path) -> None:
    pipeline = web.pipeline("web")
    for name in ("a", "b"):
        pipeline.job(name, after=0.02, artifacts={"report.xml": name.encode()})
    words = ("run", "web", "-b", "main", "--artifacts", "*", "--to", str(tmp_path), "--poll-interval", "50ms")
    result = command(*words)
    assert result.code == 8
    assert "--by-job" in result.err
    assert "by_job=" not in result.err
    assert "artifacts.download" not in result.err
    assert command(*words, "--by-job").code == 0
