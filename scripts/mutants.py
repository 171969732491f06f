"""Mutants: changes to a module, one at a time, of which its tests should notice each.

    python scripts/mutants.py              all subjects
    python scripts/mutants.py retry cache  some of them

`make mutants` runs it. mutmut makes the changes, in a copy of the working tree. The number of mutants that the tests of a
subject kill is printed. What survives has to be named in `tests/mutants.md`, with the reason; what isn't is printed in the form
in which it stands there. The exit code is 1 then, if fewer than 90 % are killed, or if the file names mutants that are killed.
"""

from __future__ import annotations

import argparse
import ast
import difflib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
NAMED = ROOT / "tests" / "mutants.md"
LEAST = 0.9

_SURVIVED = frozenset({0, 5, 33})
"""Exit codes of a mutant of which its tests notice nothing, for which pytest found no test, and that no test runs."""

_CHANGE = re.compile(r"^```diff\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Subject:
    """Modules, and the tests that are to notice each change of them."""

    modules: tuple[str, ...]
    tests: tuple[str, ...]


SUBJECTS: Mapping[str, Subject] = {
    "retry": Subject(
        ("transport/retry.py", "backoff.py"),
        ("core/test_retry.py", "transport/test_retry_stage.py"),
    ),
    "budget": Subject(
        ("rate_limits.py", "stores/limits.py", "transport/budget.py"),
        ("stores/test_windows.py", "transport/test_users.py", "transport/test_budget.py"),
    ),
    "breaker": Subject(
        ("stores/circuits.py", "transport/breaker.py"),
        ("transport/test_breaker.py", "transport/test_breaker_stage.py", "stores/test_circuits.py"),
    ),
    "deadline": Subject(
        ("transport/deadline.py",),
        ("transport/test_deadline_stage.py", "core/test_retry.py"),
    ),
    "cache": Subject(
        ("stores/entries.py", "transport/cache.py"),
        ("transport/test_cache.py", "transport/test_coalescing.py"),
    ),
}


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Run the tests of some modules against changes to them.")
    parser.add_argument("subjects", nargs="*", help=f"of {', '.join(SUBJECTS)}; by default all")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1, help="tests that run at the same time")
    options = parser.parse_args(arguments)
    unknown = [name for name in options.subjects if name not in SUBJECTS]
    if unknown:
        parser.error(f"there are no subjects {', '.join(unknown)}: give some of {', '.join(SUBJECTS)}")
    return max([_run(name, processes=options.processes) for name in options.subjects or SUBJECTS])


def _run(name: str, *, processes: int) -> int:
    """Run the tests of a subject against its mutants, and return the exit code."""
    with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
        tree = Path(folder)
        _copy(tree, SUBJECTS[name])
        ran = subprocess.run(
            [Path(sys.executable).parent / "mutmut", "run", "--max-children", str(processes)],
            cwd=tree,
            capture_output=True,
            text=True,
            check=False,
        )
        codes = _exit_codes(tree, SUBJECTS[name])
        if not codes or None in codes.values():
            print(ran.stdout[-5000:], ran.stderr[-5000:], sep="\n")
            print(f"{name}: mutmut didn't end as it should")
            return 1
        survivors = sorted(mutant for mutant, code in codes.items() if code in _SURVIVED)
        changes = _changes(tree, SUBJECTS[name], survivors)
    killed = len(codes) - len(survivors)
    print(f"{name}: {killed} of {len(codes)} mutants are killed, {killed / len(codes):.1%}", flush=True)
    known = _named(name)
    unnamed, gone = changes - known, known - changes
    for change in sorted(unnamed):
        print(f"\nSurvives, and isn't named in {NAMED.relative_to(ROOT)}:\n\n```diff\n{change}```")
    for change in sorted(gone):
        print(f"\nIs named in {NAMED.relative_to(ROOT)}, and is killed:\n\n```diff\n{change}```")
    return int(killed < LEAST * len(codes) or bool(unnamed) or bool(gone))


def _copy(tree: Path, subject: Subject) -> None:
    """Copy the working tree, and add the settings of mutmut to those of the project."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    for path in filter(None, listed.stdout.split("\0")):
        if (ROOT / path).is_file():
            (tree / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / path, tree / path)
    settings = {
        "source_paths": ["buildkite_ext"],
        "only_mutate": [f"buildkite_ext/{module}" for module in subject.modules],
        "pytest_add_cli_args_test_selection": [f"tests/{test}" for test in subject.tests],
        "pytest_add_cli_args": ["--hypothesis-profile=mutants"],
        "also_copy": ["generated", "tests", "spec", "scripts", "docs", "examples", "pyproject.toml"],
    }
    with (tree / "pyproject.toml").open("a") as project:
        project.write("\n[tool.mutmut]\n")
        for key, value in settings.items():
            project.write(f"{key} = {json.dumps(value)}\n")


def _exit_codes(tree: Path, subject: Subject) -> dict[str, int | None]:
    """Return the exit code of the tests for each mutant; None for one that didn't run."""
    codes: dict[str, int | None] = {}
    for module in subject.modules:
        told = tree / "mutants" / "buildkite_ext" / f"{module}.meta"
        if told.exists():
            codes |= json.loads(told.read_text())["exit_code_by_key"]
    return codes


def _changes(tree: Path, subject: Subject, mutants: Collection[str]) -> set[str]:
    """Return what mutants change: the function, then the lines that are removed and added."""
    changes = set()
    for module in subject.modules:
        source = (tree / "mutants" / "buildkite_ext" / module).read_text()
        lines = source.splitlines()
        functions = {
            node.name: lines[node.lineno - 1 : node.end_lineno]
            for node in ast.walk(ast.parse(source))
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        }
        name = f"buildkite_ext.{module.removesuffix('.py').replace('/', '.')}"
        for mutant in mutants:
            place, _, function = mutant.rpartition(".")
            if place == name:
                original = function.rpartition("__mutmut_")[0]
                changes.add(_change(original, functions[f"{original}__mutmut_orig"], functions[function]))
    return changes


def _change(function: str, before: Sequence[str], after: Sequence[str]) -> str:
    """Return how two versions of a function differ, behind its name."""
    before, after = ([re.sub(r"def \S+__mutmut_\w+", "def", line) for line in lines] for lines in (before, after))
    differing = [f"{line[0]} {line[1:].strip()}" for line in difflib.ndiff(before, after) if line[0] in "-+"]
    owner = re.sub(r"^x_|^xǁ", "", function).replace("ǁ", ".")
    return "\n".join([f"@ {owner}", *differing]) + "\n"


def _named(name: str) -> set[str]:
    """Return the changes that the file names for a subject. One block may hold several, each behind a line that begins with @."""
    section = re.split(r"^## ", NAMED.read_text(), flags=re.MULTILINE)
    blocks = [block for part in section if part.startswith(f"{name}\n") for block in _CHANGE.findall(part)]
    return {f"@{change}" for block in blocks for change in block.split("@ ")[1:] for change in [f" {change}"]}


if __name__ == "__main__":
    sys.exit(main())
