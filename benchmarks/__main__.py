"""All benchmarks: `make bench`, or some by name: `python -m benchmarks decode listing`.

`--write` also puts the table into docs/performance.md.
"""

from __future__ import annotations

import argparse
import importlib
import os
import platform
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path

from .rows import HEADINGS, Row

MODULES: tuple[str, ...] = (
    "calls",
    "concurrent",
    "telemetry",
    "decode",
    "listing",
    "start",
    "footprint",
    "logs",
    "waits",
    "follow",
    "artifacts",
    "webhooks",
    "webhooks_receiver",
    "webhooks_redis",
    "simulator",
)
"""Modules with a TITLE and a `measure()`, in the order of the table."""

PAGE = Path(__file__).parent.parent / "docs" / "performance.md"
BEGIN, END = "<!-- measured: begin -->", "<!-- measured: end -->"


def main() -> None:
    """Run the benchmarks, print a line for each row as it comes, and say how many goals were reached."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(MODULES)}")
    parser.add_argument("--write", action="store_true", help=f"put the table into {PAGE.name}")
    asked = parser.parse_args()
    if unknown := sorted(set(asked.names) - set(MODULES)):
        parser.error(f"unknown benchmark {unknown[0]}; there are {', '.join(MODULES)}")
    if asked.write and asked.names:
        parser.error("--write takes all benchmarks of one run, no names")
    tables: dict[str, list[Row]] = {}
    for name in asked.names or MODULES:
        module = importlib.import_module(f"benchmarks.{name}")
        measure: Callable[[], list[Row]] = module.measure
        print(f"\n{module.TITLE}", flush=True)
        tables[module.TITLE] = []
        for row in measure():
            tables[module.TITLE].append(row)
            print(row, flush=True)
    rows = [row for table in tables.values() for row in table if row.goal is not None]
    print(f"\n{sum(row.reached is True for row in rows)} of {len(rows)} goals reached on {machine()}")
    if asked.write:
        before, rest = PAGE.read_text().split(BEGIN)
        PAGE.write_text(f"{before}{BEGIN}\n{_markdown(tables)}{END}{rest.split(END)[1]}")


def machine() -> str:
    """Return what the figures were measured on."""
    processor = platform.machine()
    if (known := Path("/proc/cpuinfo")).exists():
        names = [line.partition(":")[2].strip() for line in known.read_text().splitlines() if line[:10] == "model name"]
        processor = names[0] if names else processor
    return f"{os.cpu_count()} × {processor}, {platform.system()}, Python {platform.python_version()}"


def _markdown(tables: dict[str, list[Row]]) -> str:
    lines = [f"Measured on {datetime.now(UTC):%Y-%m-%d}: {machine()}.", ""]
    for title, rows in tables.items():
        lines += [f"## {title}", "", _line(HEADINGS), _line("---" for _ in HEADINGS)]
        lines += [*(_line(row.cells) for row in rows), ""]
    return "\n".join(lines)


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    main()
