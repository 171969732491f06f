"""Each example runs against the simulator, with an environment without credentials."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[2] / "examples"
SAID = {
    "trigger_and_wait": ["passed, after"],
    "follow_logs": ["lint All checks passed!", "tests 2 failed, 7 passed"],
    "download_artifacts": ["dist/web-1.4.2-py3-none-any.whl: 100 %", "1 in "],
    "async_dashboard": ["web #41   passed", "api #13   failed", "release #7    blocked"],
    "retry_failed": ["#13 failed", "retrying tests, which exited 1", "#13 passed", "tests is flaky"],
    "unblock_release": ["#7 blocked", "unblocking 'Ship it?'", "#7 passed"],
}


def test_all_examples_are_tried() -> None:
    assert {path.stem for path in EXAMPLES.glob("*.py")} - {"clients"} == set(SAID)


@pytest.mark.parametrize("name", SAID)
def test_example(name: str, tmp_path: Path) -> None:
    path = EXAMPLES / f"{name}.py"
    told = subprocess.run(
        [sys.executable, "-W", "error", str(path), "--simulate"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        encoding="utf-8",
        env={"PATH": "/nowhere", "TMPDIR": str(tmp_path), "PYTHONIOENCODING": "utf-8"},
        timeout=240,
        check=False,
    )
    assert (told.returncode, told.stderr) == (0, "")
    for said in SAID[name]:
        assert said in told.stdout
    assert f"python examples/{name}.py" in (ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or "")
