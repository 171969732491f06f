"""What an import costs, beside `import httpx`.

python -m benchmarks.imports
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time

from .table import Row

STATEMENTS = {
    "import httpx": "import httpx",
    "import buildkite_ext": "import buildkite_ext",
    "from buildkite_ext import BuildkiteClient": "from buildkite_ext import BuildkiteClient",
    "import pybuildkite": "import pybuildkite.buildkite",
    "a client and its first call": (
        "import httpx\n"
        "from buildkite_ext import BuildkiteClient\n"
        "answer = httpx.MockTransport(lambda request: httpx.Response(200, json={'webhook_ips': []}))\n"
        "from buildkite_api.api.meta import get_meta\n"
        "BuildkiteClient('acme', token='x', transport=answer).call(get_meta)\n"
    ),
}


def measure(rounds: int = 9) -> list[Row]:
    """The median of some processes for each statement, less a process that does nothing, in seconds."""
    taken: dict[str, list[float]] = {name: [] for name in STATEMENTS}
    nothing: list[float] = []
    for _ in range(rounds):
        nothing.append(_run("pass"))
        for name, statement in STATEMENTS.items():
            taken[name].append(_run(statement))
    floor = statistics.median(nothing)
    median = {name: statistics.median(times) - floor for name, times in taken.items()}
    return [Row(name, seconds, median["import httpx"]) for name, seconds in median.items()]


def _run(statement: str) -> float:
    begun = time.perf_counter()
    subprocess.run([sys.executable, "-c", statement], check=True)
    return time.perf_counter() - begun


if __name__ == "__main__":
    for row in measure():
        print(row)
