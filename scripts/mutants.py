"""Mutants: changes to a module, one at a time, of which its tests should notice each.

    python scripts/mutants.py              all subjects
    python scripts/mutants.py retry cache  some of them

`make mutants` runs it. mutmut makes the changes, in a copy of the working tree, and `mutants_judge.py` runs the tests. The number
of mutants that the tests of a subject kill is printed. What survives has to be named in `tests/mutants.md`, with the reason; what
isn't is printed in the form in which it stands there. The exit code is 1 then, if fewer than 90 % are killed, or if the file
names mutants that are killed.
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
from contextlib import chdir
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
NAMED = ROOT / "tests" / "mutants.md"
LEAST = 0.9

_CHANGE = re.compile(r"^```diff\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Subject:
    """Modules, and the tests that are to notice each change of them, but for those that take longest.

    Attributes:
        modules: modules of the package.
        tests: files of tests, or tests in them.
        slow: an expression of `pytest -k` for tests that aren't run.
    """

    modules: tuple[str, ...]
    tests: tuple[str, ...]
    slow: str = ""


SUBJECTS: Mapping[str, Subject] = {
    "retry": Subject(
        ("transport/retry.py", "backoff.py"),
        (
            "core/test_retry.py",
            "transport/test_retry_stage.py",
            "transport/test_budget.py::test_the_pause_after_a_429_is_bounded_as_the_queue_is",
            "transport/test_budget.py::test_the_pauses_of_a_call_count_together",
            "transport/test_budget.py::test_what_ends_first_ends_a_call_that_is_refused",
        ),
    ),
    "budget": Subject(
        ("rate_limits.py", "stores/limits.py", "transport/budget.py"),
        (
            "stores/test_windows.py",
            "transport/test_users.py",
            "transport/test_budget.py",
            "core/test_errors.py",
            "transport/test_breaker_stage.py::test_a_probe_that_meets_a_429_is_told_once_and_goes_on_as_any_other_call",
            "transport/test_closing_waits.py::test_closing_ends_calls_that_wait",
            "transport/test_retry_stage.py::test_an_advised_pause_is_made_up_to_five_minutes",
        ),
        slow="300-5 or 1000 or requests_of_others or four_clients_with_one_store or no_json_is_too_odd",
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
        slow="CacheMachine or every_write_of_the_description or 500_answers or threads_share_a_cache or trio",
    ),
    "states": Subject(("states.py",), ("core/test_states.py",)),
    "outcome": Subject(("watching/outcome.py",), ("core/test_outcome.py",)),
    "wait": Subject(
        ("watching/wait.py",),
        (
            "core/test_waiting.py",
            "core/test_wait_sequences.py",
            "core/test_build_events.py",
            "core/test_request_events.py::test_a_wait_tells_each_state_and_its_end",
            "core/test_request_events.py::test_the_times_of_a_job_are_told_although_its_state_is_not",
            "core/test_request_events.py::test_a_wait_that_ends_before_the_build_tells_that",
            "core/test_request_events.py::test_a_wait_for_a_build_that_is_not_there_never_saw_it",
            "core/test_request_events.py::test_a_wait_that_is_over_before_the_build_tells_no_times",
            "core/test_runs.py::test_a_wait_that_knows_how_long_builds_take_sees_the_end_at_once",
            "core/test_runs.py::test_to_learn_takes_one_request",
            "core/test_telemetry.py::test_a_wait_is_a_span_around_its_polls",
            "core/test_telemetry.py::test_a_wait_that_sees_no_build_is_a_span_too",
            "watching/test_webhooks.py::test_a_webhook_wakes_the_wait_for_one_build_and_a_lost_one_costs_time",
        ),
        slow="trio or asyncio and not (async_hook or cancellation)",
    ),
    "changes": Subject(
        ("watching/changes.py", "watching/state_machine.py", "watching/pacing.py"),
        ("core/test_build_events.py", "core/test_state_machine.py", "core/test_pacing.py"),
        slow="trio or asyncio",
    ),
    "references": Subject(("references.py",), ("core/test_references.py",)),
    "artifacts": Subject(
        ("artifacts/names.py", "artifacts/patterns.py"),
        ("core/test_artifact_names.py", "core/test_artifact_patterns.py"),
        slow="blocking or asyncio or trio",
    ),
    "screen": Subject(
        ("logs/screen.py",),
        ("logs/test_screen.py", "logs/test_redraws.py", "logs/test_parser.py"),
        slow="too_long or longer_than or renderer_shows",  # the renderer's answers aren't everywhere
    ),
    "conditions": Subject(
        tuple(
            f"simulation/definition/conditions/{module}.py"
            for module in ("__init__", "checking", "evaluation", "patterns", "syntax", "variables")
        ),
        ("simulation/test_conditions.py", "simulation/test_condition_errors.py"),
    ),
    "interpolation": Subject(
        ("simulation/definition/interpolation.py",),
        ("simulation/test_pipeline_text.py", "simulation/test_checking.py"),
        slow="real_pipeline",
    ),
    "graph": Subject(
        ("simulation/dependencies.py", "simulation/state/graph.py"),
        tuple(
            f"simulation/test_{name}.py"
            for name in ("graph", "choices", "life_of_builds", "semantics", "checking", "planning")
        ),
        slow="real_pipeline or 4000_jobs or BuildsOfAPipeline or costs",
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
        _copy(tree)
        mutants = _mutate(tree, SUBJECTS[name])
        verdicts = _judge(tree, SUBJECTS[name], mutants, processes=processes)
        if verdicts is None:
            print(f"{name}: the tests don't run")
            return 1
        survivors = sorted(mutant for mutant, killer in verdicts.items() if killer is None)
        changes = _changes(tree, SUBJECTS[name], survivors)
    killed = len(verdicts) - len(survivors)
    print(f"{name}: {killed} of {len(verdicts)} mutants are killed, {killed / len(verdicts):.1%}", flush=True)
    known = _named(name)
    unnamed, gone = changes - known, known - changes
    for change in sorted(unnamed):
        print(f"\nSurvives, and isn't named in {NAMED.relative_to(ROOT)}:\n\n```diff\n{change}```")
    for change in sorted(gone):
        print(f"\nIs named in {NAMED.relative_to(ROOT)}, and is killed:\n\n```diff\n{change}```")
    return int(killed < LEAST * len(verdicts) or bool(unnamed) or bool(gone))


def _copy(tree: Path) -> None:
    """Copy the working tree, and add settings that mutmut asks for when a mutant runs."""
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
    with (tree / "pyproject.toml").open("a") as project:
        project.write('\n[tool.mutmut]\nsource_paths = ["buildkite_ext"]\n')


def _mutate(tree: Path, subject: Subject) -> list[str]:
    """Add the mutants of each function to the modules of a subject, and return their names."""
    mutate = import_module("mutmut.mutation.file_mutation").mutate_file_contents
    mutants = []
    for module in subject.modules:
        path = tree / "buildkite_ext" / module
        with chdir(tree):  # mutmut reads its settings there
            mutated = mutate(str(path), path.read_text())
        path.write_text(mutated.code)
        mutants += [f"{_name_of(module)}.{mutant}" for mutant in mutated.mutant_names]
    return mutants


def _name_of(module: str) -> str:
    return f"buildkite_ext.{module.removesuffix('.py').removesuffix('/__init__').replace('/', '.')}"


def _judge(tree: Path, subject: Subject, mutants: Sequence[str], *, processes: int) -> Mapping[str, str | None] | None:
    """Return the test that kills each mutant, None for those that survive; None if the tests fail without a mutant."""
    told = tree / "verdicts.jsonl"
    (tree / "mutants.json").write_text(json.dumps(mutants))
    options = [
        "--mutants=mutants.json",
        f"--verdicts={told}",
        f"--processes={processes}",
        "--hypothesis-profile=mutants",
    ]
    # What a failure looks like doesn't matter, and to tell it takes longer than most tests.
    options += ["-p", "no:cacheprovider", "-p", "no:xdist", "--assert=plain", "--tb=no", "--override-ini=timeout=0"]
    if subject.slow:
        options.append(f"-k not ({subject.slow})")
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "mutants_judge", *options, *[f"tests/{test}" for test in subject.tests]],
        cwd=tree,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(str(tree / folder) for folder in ("generated", "scripts"))},
        capture_output=True,
        text=True,
        check=False,
    )
    verdicts = [json.loads(line) for line in told.read_text().splitlines()] if told.exists() else []
    if len(verdicts) != len(mutants):
        print(ran.stdout[-5000:], ran.stderr[-5000:], sep="\n")
        return None
    return {verdict["mutant"]: verdict["killer"] for verdict in verdicts}


def _changes(tree: Path, subject: Subject, mutants: Collection[str]) -> set[str]:
    """Return what mutants change: the function, then the lines that are removed and added."""
    changes = set()
    for module in subject.modules:
        source = (tree / "buildkite_ext" / module).read_text()
        lines = source.splitlines()
        functions = {
            node.name: lines[node.lineno - 1 : node.end_lineno]
            for node in ast.walk(ast.parse(source))
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        }
        name = _name_of(module)
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
