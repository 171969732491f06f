"""What the breadth of the API costs: compiling it, and carrying it.

python -m benchmarks.footprint
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path

from .table import Row

ROOT = Path(__file__).parent.parent
GENERATE_BOUND, WHEEL_BOUND = 60.0, 2_000_000


def measure() -> list[Row]:
    """`make generate`, beside its bound of a minute."""
    with tempfile.TemporaryDirectory() as folder:
        begun = time.perf_counter()
        output = str(Path(folder) / "generated")
        subprocess.run(
            [sys.executable, "scripts/generate.py", "--output", output], cwd=ROOT, check=True, capture_output=True
        )
        taken = time.perf_counter() - begun
    return [Row("make generate, beside its bound of 60 s", taken, GENERATE_BOUND)]


def wheel() -> str:
    """The size of the wheel, beside its bound of 2 MB."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder]
        subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
        size = next(Path(folder).glob("*.whl")).stat().st_size
    return f"  {'the wheel, beside its bound of 2 MB':<44}{size / 1000:>9.1f} kB   {size / WHEEL_BOUND:>6.2f} x"


if __name__ == "__main__":
    for row in measure():
        print(row)
    print(wheel())
