"""Report on the structure of the package: files, lines, and names that stand in more than one module.

    python scripts/structure.py              count the working tree
    python scripts/structure.py --base REV   count a commit beside it

`make check` prints it. It is a report and not a limit: it fails nothing.
"""

from __future__ import annotations

import argparse
import ast
import subprocess
import sys
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = "buildkite_ext"
GENERATED = "buildkite_ext/services/_generated/"


@dataclass(frozen=True)
class Structure:
    """Numbers of a tree, of what is written by hand."""

    files: int
    lines: int
    median: int
    short: int
    """Modules of fewer than 50 lines, `__init__` left out."""
    classes: dict[str, list[str]]
    """Names of classes that stand in several modules, with these modules."""
    modules: dict[str, list[str]]
    """Names of modules that stand in several folders, with their paths; `__init__` left out."""


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("--base", metavar="REV", help="a commit to count beside the working tree")
    parser.add_argument("--names", action="store_true", help="list the repeated names as well")
    options = parser.parse_args(arguments)
    now = measure(working_tree())
    columns = [now] if options.base is None else [measure(tree_of(options.base)), now]
    for label, read in (
        ("files", lambda it: it.files),
        ("lines", lambda it: it.lines),
        ("median lines a file", lambda it: it.median),
        ("modules under 50 lines", lambda it: it.short),
        ("repeated class names", lambda it: len(it.classes)),
        ("repeated module names", lambda it: len(it.modules)),
    ):
        print(f"{label:24}" + "".join(f"{read(column):>8,}" for column in columns))
    if options.names:
        for name, places in sorted({**now.classes, **now.modules}.items()):
            print(f"{name}: {', '.join(places)}")
    return 0


def working_tree() -> dict[str, str]:
    """Return the text of each module by its path."""
    found = sorted((ROOT / PACKAGE).rglob("*.py"))
    return {path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8") for path in found}


def tree_of(revision: str) -> dict[str, str]:
    """Return the text of each module of a commit by its path."""
    names = _git("ls-tree", "-r", "--name-only", revision, PACKAGE).splitlines()
    return {name: _git("show", f"{revision}:{name}") for name in names if name.endswith(".py")}


def measure(sources: dict[str, str]) -> Structure:
    """Count the modules that are written by hand."""
    written = {path: text for path, text in sources.items() if not path.startswith(GENERATED)}
    lines = {path: text.count("\n") for path, text in written.items()}
    lengths = sorted(lines.values())
    classes: dict[str, list[str]] = defaultdict(list)
    for path, text in written.items():
        for name in _classes(text):
            classes[name].append(path)
    modules: dict[str, list[str]] = defaultdict(list)
    for path in written:
        if PurePosixPath(path).stem != "__init__":
            modules[PurePosixPath(path).stem].append(path)
    return Structure(
        files=len(written),
        lines=sum(lengths),
        median=lengths[len(lengths) // 2],
        short=sum(count < 50 for path, count in lines.items() if PurePosixPath(path).stem != "__init__"),
        classes=_repeated(classes),
        modules=_repeated(modules),
    )


def _classes(text: str) -> set[str]:
    return {node.name for node in ast.parse(text).body if isinstance(node, ast.ClassDef)}


def _repeated(places: dict[str, list[str]]) -> dict[str, list[str]]:
    return {name: found for name, found in places.items() if len(found) > 1}


def _git(*arguments: str) -> str:
    return subprocess.run(["git", *arguments], cwd=ROOT, check=True, capture_output=True, text=True).stdout


if __name__ == "__main__":
    sys.exit(main())
