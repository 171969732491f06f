"""Write docs/operations.md, a table of every operation with its call, its scope and its simulation, and README.md's counts.

    python scripts/reference.py            write them
    python scripts/reference.py --check    compare them with the description and the clients

The calls are read from the clients, so the page shows what exists.
"""

from __future__ import annotations

import argparse
import inspect
import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache, reduce
from itertools import groupby
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(Path(__file__).parent), str(ROOT), str(ROOT / "generated")]

import bundle
import lint_spec

PAGE = ROOT / "docs" / "operations.md"
README = ROOT / "README.md"
_COUNTS = re.compile(r"(?<=<!-- Written by scripts/reference.py: -->\n).+?(?=\n\n)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Coverage:
    """Counts of Buildkite's operations and of what this project has of them."""

    rows: int
    """Operations that Buildkite documents, or its Go client knows: the rows of spec/endpoints.tsv to be described."""
    described: int
    """Rows that are described."""
    operations: int
    """Operations, which are more: a log has three forms."""
    called: int
    """Operations that are a method of both clients."""
    simulated: int
    """Operations that the simulator answers."""

    def __str__(self) -> str:
        return (
            f"{self.described} of the {self.rows} operations that Buildkite documents for its REST API are described, as "
            f"{self.operations}: one whose answer has several forms counts for each. {self.called} of {self.operations} are "
            f"a method of both clients, and the simulator answers {self.simulated}."
        )


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("--check", action="store_true", help="compare only; exit 1 when it differs")
    options = parser.parse_args(arguments)
    print(table())
    wanted = {PAGE: page(), README: _COUNTS.sub(sentence(), README.read_text(encoding="utf-8"))}
    for path, text in wanted.items():
        name = path.relative_to(ROOT)
        if path.exists() and path.read_text(encoding="utf-8") == text:
            print(f"{name} is up to date: {coverage()}")
        elif options.check:
            print(f"{name} differs from the description and the clients: run `make generate`", file=sys.stderr)
            return 1
        else:
            path.write_text(text, encoding="utf-8")
            print(f"{name} written: {coverage()}")
    return 0


def coverage() -> Coverage:
    """Count the operations."""
    from buildkite_api.operations import OPERATIONS

    from buildkite_ext.simulation.api.routes import HANDLERS

    table = lint_spec.read_rows(ROOT / "spec" / "endpoints.tsv")
    rows = {name for name, row in table.items() if lint_spec.usable(row)}
    found = list(OPERATIONS.values())
    return Coverage(
        rows=len(rows),
        described=len(rows & {operation.row for operation in found}),
        operations=len(found),
        called=sum(all(_method(client, *where) is not None for client in _clients()) for where in _calls().values()),
        simulated=sum(operation.row in HANDLERS for operation in found),
    )


def table() -> str:
    """Return the counts of each group: rows of the table, and how many of them are described, called and simulated."""
    from buildkite_api.operations import OPERATIONS

    from buildkite_ext.simulation.api.routes import HANDLERS

    rows = [row for row in lint_spec.read_rows(ROOT / "spec" / "endpoints.tsv").values() if lint_spec.usable(row)]
    counts: dict[str, list[int]] = {}
    for row in rows:
        id_ = row["operation_id"]
        called = id_ in _calls() and all(_method(client, *_calls()[id_]) is not None for client in _clients())
        for name in (row["group"], "all"):
            counted = counts.setdefault(name, [0, 0, 0, 0])
            for place, true in enumerate((True, id_ in OPERATIONS, called, id_ in HANDLERS)):
                counted[place] += true
    lines = ["group                             rows  described  called  simulated"]
    lines += [
        f"{name:32}{numbers[0]:>6}{numbers[1]:>11}{numbers[2]:>8}{numbers[3]:>11}"
        for name, numbers in sorted(counts.items(), key=lambda each: each[0] == "all")
    ]
    return "\n".join(lines)


def sentence() -> str:
    """Return the counts as README.md states them."""
    counted = coverage()
    return (
        f"{counted.described} of {counted.rows} documented operations of Buildkite's REST API are described, as "
        f"{counted.called} methods of both clients;\nthe simulator answers {counted.simulated} of these."
    )


def page() -> str:
    """Return the text of docs/operations.md."""
    return "\n".join(_lines()) + "\n"


def _lines() -> Iterator[str]:
    from buildkite_api.operations import OPERATIONS

    from buildkite_ext.simulation.api.routes import HANDLERS

    yield "<!-- Written by scripts/reference.py (`make generate`): edit spec/ instead. -->"
    yield ""
    yield "# Operations"
    yield ""
    yield f"{coverage()}"
    yield ""
    yield "Optional arguments are left out. A list is lazy: `for … in` reads all of its pages. With `AsyncBuildkiteClient` a"
    yield "call is awaited, and a list is read with `async for … in`. Each operation is also a module of `buildkite_api.api`, for"
    yield "`client.call`."
    for service, calls in groupby(_calls().items(), key=lambda item: item[1][0]):
        yield ""
        yield f"## client.{service}"
        yield ""
        yield f"[Arguments and results](reference/services.md#client.{service})"
        yield ""
        yield "| Operation | Call | Scope | Simulated |"
        yield "| --- | --- | --- | --- |"
        for id_, (_, name) in calls:
            operation = OPERATIONS[id_]
            method = _method(_clients()[1], service, name)
            call = f"client.{service}.{name}({_needed(method)})"
            columns = (
                f"[{id_}]({operation.doc})" if operation.doc else id_,
                f"`{call}`" if inspect.iscoroutinefunction(method) else f"`for … in {call}`",
                f"`{operation.scope}`" if operation.scope else "",
                "yes" if operation.row in HANDLERS else "",
            )
            yield f"| {' | '.join(columns)} |"


@cache
def _calls() -> dict[str, tuple[str, str]]:
    table = bundle.load(ROOT / "spec" / "calls.yaml")["services"]
    return {id_: (service, name) for service, methods in table.items() for name, id_ in methods.items()}


@cache
def _clients() -> tuple[object, object]:
    from buildkite_ext import AsyncBuildkiteClient, BuildkiteClient

    return BuildkiteClient("acme", token="none"), AsyncBuildkiteClient("acme", token="none")


def _method(client: object, service: str, name: str) -> Any:
    return getattr(reduce(getattr, service.split("."), client), name, None)


def _needed(method: Any) -> str:
    """Return the required arguments of a method, and those that only a model in the place of the first makes superfluous."""
    needed: list[inspect.Parameter] = []
    for each in inspect.signature(method).parameters.values():
        if each.default is each.empty or (needed and each.kind is each.POSITIONAL_OR_KEYWORD):
            needed.append(each)
    return ", ".join(
        f"{each.name}=…" if each.kind is each.KEYWORD_ONLY else each.name
        for each in needed
        if each.kind is not each.VAR_POSITIONAL
    )


if __name__ == "__main__":
    sys.exit(main())
