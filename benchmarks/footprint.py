"""What the breadth of the API costs: compiling the description, and carrying the result."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path

from .rows import Row, at_most

TITLE = "Breadth of the API"
ROOT = Path(__file__).parent.parent


def measure() -> list[Row]:
    """Measure `make generate`, and the size of the wheel."""
    return [
        Row("make generate", _seconds_to_generate(), "s", goal=at_most(60, "figure")),
        Row("Size of the wheel", _megabytes_of_wheel(), "MB", goal=at_most(2, "figure")),
    ]


def _seconds_to_generate() -> float:
    with tempfile.TemporaryDirectory() as folder:
        begun = time.perf_counter()
        _run("scripts/generate.py", "--output", str(Path(folder) / "generated"))
        return time.perf_counter() - begun


def _megabytes_of_wheel() -> float:
    with tempfile.TemporaryDirectory() as folder:
        _run("-m", "build", "--wheel", "--no-isolation", "--outdir", folder)
        return next(Path(folder).glob("*.whl")).stat().st_size / 1e6


def _run(*arguments: str) -> None:
    subprocess.run([sys.executable, *arguments], cwd=ROOT, check=True, capture_output=True)
