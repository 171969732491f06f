"""Programs in Go that lie beside this file, and use Buildkite's own client."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest


def go_program(name: str, folder: Path) -> Path:
    """Compile a program from modules that are on this machine. Skip the test where Go or a module isn't there."""
    if shutil.which("go") is None:
        pytest.skip("Go isn't installed")
    environment = {**os.environ, "GOPROXY": "off", "GOTOOLCHAIN": "local", "GOFLAGS": "-mod=mod", "GONOSUMDB": "*"}
    sources = folder / "sources"
    shutil.copytree(Path(__file__).parent / name, sources)
    build = ["go", "build", "-o", str(folder / "program"), "."]
    built = subprocess.run(build, cwd=sources, env=environment, capture_output=True, text=True)
    if built.returncode:
        pytest.skip(f"the module isn't on this machine: {built.stderr[-300:]}")
    return folder / "program"
