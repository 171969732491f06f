"""Snapshot of the public names and signatures: tests/public_api.txt, one line a name.

    python scripts/public_api.py            write the snapshot
    python scripts/public_api.py --check    compare it with the package; exit 1 and print the difference

A change to a public name then shows in the diff of its commit. The annotations stand as the source writes them, so a
module that moves changes nothing here.
"""

from __future__ import annotations

import argparse
import ast
import difflib
import enum
import inspect
import re
import sys
import typing
from collections.abc import Iterator, Sequence
from functools import cache, cached_property
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any, Protocol

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "generated")]

SNAPSHOT = ROOT / "tests" / "public_api.txt"

MODULES = (
    "buildkite_ext",
    "buildkite_ext.errors",
    "buildkite_ext.events",
    "buildkite_ext.logs",
    "buildkite_ext.pytest_plugin",
    "buildkite_ext.references",
    "buildkite_ext.telemetry",
    "buildkite_ext.webhooks",
    "buildkite_ext.webhooks.redis",
    "buildkite_ext.webhooks.testing",
    "buildkite_ext.simulation",
)
"""The public modules. A name that stands in two of them is described in the first."""
NAMES_ONLY = ("buildkite_ext.models",)
"""Public modules whose content is generated: the generated code is compared with its description elsewhere."""
CLIENTS = ("AsyncBuildkiteClient", "BuildkiteClient")
"""The classes of `buildkite_ext` whose attributes are services: their methods are public too."""

OPERATORS = frozenset(
    f"__{name}__"
    for name in (
        *("aenter", "aexit", "aiter", "anext", "await", "bool", "call", "contains", "enter", "exit", "getitem", "iter"),
        *("len", "next"),
    )
)
"""The special methods that a caller uses by syntax."""

HEADER = """\
# The public names and signatures of buildkite_ext. Written by `make public-api`, compared by `make check`.
# A changed line is a change for users: say so in CHANGELOG.md.
"""


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("--check", action="store_true", help="compare only; exit 1 when it differs")
    options = parser.parse_args(arguments)
    name = SNAPSHOT.relative_to(ROOT)
    difference = compare()
    if not difference:
        print(f"{name} is up to date: {snapshot().count(chr(10)) - HEADER.count(chr(10))} lines")
    elif options.check:
        print(difference, file=sys.stderr)
        print(f"{name} differs from the package: run `make public-api` and commit the file", file=sys.stderr)
        return 1
    else:
        SNAPSHOT.write_text(snapshot(), encoding="utf-8")
        print(f"{name} written")
    return 0


def compare() -> str:
    """Return the difference between the file and the package as a unified diff; empty when there is none."""
    old = SNAPSHOT.read_text(encoding="utf-8") if SNAPSHOT.exists() else ""
    lines = difflib.unified_diff(
        old.splitlines(), snapshot().splitlines(), "tests/public_api.txt", "the package", lineterm="", n=0
    )
    return "\n".join(lines)


def snapshot() -> str:
    """Return the text of the snapshot."""
    lines = [HEADER.rstrip()]
    described: dict[int, str] = {}
    for path in MODULES:
        module = import_module(path)
        lines += ["", f"# {path}"]
        names = public_names(module)
        own = sorted(names, key=lambda name: getattr(getattr(module, name), "__name__", name) != name)  # before aliases
        homes = {name: described.setdefault(id(getattr(module, name)), f"{path}.{name}") for name in own}
        for name in names:
            full = f"{path}.{name}"
            value = getattr(module, name)
            if inspect.ismodule(value):
                lines.append(f"{full}: module")
            elif homes[name] != full and not isinstance(value, str | int | float | bool | None):
                lines.append(f"{full} = {homes[name]}")
            else:
                lines += describe(full, value)
    for path in NAMES_ONLY:
        lines += ["", f"# {path}", *(f"{path}.{name}" for name in public_names(import_module(path)))]
    return "\n".join(lines) + "\n"


@cache
def public_names(module: ModuleType) -> list[str]:
    """Return the names in a module's `__all__`, or else the ones that it defines without an underscore."""
    listed = getattr(module, "__all__", None)
    return sorted(listed if listed is not None else (name for name in defined(module) if not name.startswith("_")))


def defined(module: ModuleType) -> Iterator[str]:
    """Yield the names that the source of a module binds at its top level, without its imports."""
    for node in ast.parse(inspect.getsource(module)).body:
        match node:
            case ast.ClassDef() | ast.FunctionDef() | ast.AsyncFunctionDef():
                yield node.name
            case ast.AnnAssign(target=ast.Name(id=name)):
                yield name
            case ast.Assign(targets=targets):
                yield from (target.id for target in targets if isinstance(target, ast.Name))
            case _:
                pass


def describe(full: str, value: Any) -> Iterator[str]:
    """Yield the lines about one public name."""
    if inspect.isclass(value):
        yield from describe_class(full, value)
    elif inspect.isroutine(value):
        yield from describe_function(full, value)
    elif isinstance(value, str | int | float) and not full.endswith("__version__"):
        yield f"{full}: {type(value).__name__} = {value!r}"
    elif typing.get_origin(value) is not None:
        yield f"{full} = {annotation(value)}"
    else:
        yield f"{full}: {type(value).__name__}"


def describe_class(full: str, kind: type) -> Iterator[str]:
    """Yield a class with its bases, then its constructor and its members."""
    parameters = getattr(kind, "__dataclass_params__", None)
    word = "class" if parameters is None else "frozen dataclass" if parameters.frozen else "dataclass"
    bases = ", ".join(base.__name__ for base in kind.__bases__ if base is not object)
    yield f"{word} {full}({bases})" if bases else f"{word} {full}"
    if constructed(kind):
        constructor = inspect.signature(kind).replace(return_annotation=inspect.Signature.empty)
        yield f"{full}.__init__{signature(constructor, kept=True)}"
    yield from describe_members(full, kind)
    if kind.__name__ in CLIENTS:
        yield from describe_services(full, kind)


def constructed(kind: type) -> bool:
    """Tell if a class has a constructor of its own: not an enumeration's, a protocol's, or that of a public base."""
    if issubclass(kind, enum.Enum) or Protocol in kind.__bases__:
        return False
    return any(inspect.isfunction(vars(owner).get(name)) for owner in owners(kind) for name in ("__init__", "__new__"))


def describe_members(full: str, kind: type) -> Iterator[str]:
    """Yield the fields, properties and methods of a class that don't come from a public base."""
    for name, owner in members(kind).items():
        value = inspect.getattr_static(kind, name, None)
        getter = (
            value.fget if isinstance(value, property) else value.func if isinstance(value, cached_property) else None
        )
        if getter is not None:
            yield f"{full}.{name}: {annotation(getter.__annotations__.get('return', 'unknown'))}"
        elif isinstance(value, enum.Enum):
            yield f"{full}.{name} = {value.value!r}"
        elif name in inspect.get_annotations(owner):
            yield f"{full}.{name}: {annotation(inspect.get_annotations(owner)[name])}"
        elif inspect.isroutine(getattr(kind, name)):
            yield from describe_function(
                f"{full}.{name}", getattr(kind, name), bound=isinstance(value, staticmethod | classmethod)
            )
        elif not inspect.isclass(value) and not inspect.ismemberdescriptor(value):
            yield from describe(f"{full}.{name}", value)


def members(kind: type) -> dict[str, type]:
    """Return the public members of a class, sorted, each with the class that defines it."""
    found: dict[str, type] = {}
    for owner in owners(kind):
        for name in [*vars(owner), *inspect.get_annotations(owner)]:
            if name in OPERATORS or not name.startswith("_"):
                found.setdefault(name, owner)
    return dict(sorted(found.items()))


def owners(kind: type) -> list[type]:
    """Return a class and those of its bases that are the package's own and described nowhere else."""
    elsewhere = {owner for base in kind.__mro__[1:] if public(base) for owner in base.__mro__}
    ours = ("buildkite_ext", "buildkite_api")
    return [kind, *(base for base in kind.__mro__[1:] if base.__module__.startswith(ours) and base not in elsewhere)]


def public(kind: type) -> bool:
    """Tell if a class stands in a public module."""
    modules = [import_module(path) for path in MODULES]
    return any(getattr(module, kind.__name__) is kind for module in modules if kind.__name__ in public_names(module))


def describe_services(full: str, kind: type) -> Iterator[str]:
    """Yield the methods of each service of a client."""
    client = kind("acme", token="t")  # the token of nobody: no request is made
    for name in members(kind):
        service = type(getattr(client, name))
        if ".services" in service.__module__:
            yield from describe_members(f"{full}.{name}", service)


def describe_function(full: str, function: Any, *, bound: bool = True) -> Iterator[str]:
    """Yield a function's signature, or the signatures of its overloads."""
    word = "async " if inspect.iscoroutinefunction(function) else ""
    for variant in typing.get_overloads(function) or [function]:
        yield f"{word}{full}{signature(inspect.signature(variant), kept=bound)}"


def signature(value: inspect.Signature, *, kept: bool) -> str:
    """Return a signature as source shows it.

    Args:
        value: the signature.
        kept: keep the first argument; otherwise it is the `self` of a method.
    """
    given = list(value.parameters.values())[0 if kept else 1 :]
    parts: list[str] = []
    previous: inspect.Parameter | None = None
    for parameter in given:
        positional = previous is not None and previous.kind is inspect.Parameter.POSITIONAL_ONLY
        if positional and parameter.kind is not inspect.Parameter.POSITIONAL_ONLY:
            parts.append("/")
        keyword = parameter.kind is inspect.Parameter.KEYWORD_ONLY
        if keyword and (previous is None or previous.kind not in (parameter.kind, inspect.Parameter.VAR_POSITIONAL)):
            parts.append("*")
        parts.append(argument(parameter))
        previous = parameter
    if previous is not None and previous.kind is inspect.Parameter.POSITIONAL_ONLY:
        parts.append("/")
    result = value.return_annotation
    arrow = "" if result is inspect.Signature.empty else f" -> {annotation(result)}"
    return f"({', '.join(parts)}){arrow}"


def argument(parameter: inspect.Parameter) -> str:
    """Return one argument with its annotation and its default."""
    kind = parameter.kind
    stars = "*" if kind is kind.VAR_POSITIONAL else "**" if kind is kind.VAR_KEYWORD else ""
    text = stars + parameter.name
    annotated = parameter.annotation is not inspect.Parameter.empty
    if annotated:
        text += f": {annotation(parameter.annotation)}"
    if parameter.default is not inspect.Parameter.empty:
        text += f" = {default(parameter.default)}" if annotated else f"={default(parameter.default)}"
    return text


def annotation(value: Any) -> str:
    """Return an annotation as source writes it, without the modules of the package and of the standard library."""
    if isinstance(value, typing.ForwardRef):
        value = value.__forward_arg__
    text: str = value if isinstance(value, str) else inspect.formatannotation(value)
    return re.sub(r"\b(?:buildkite_ext|buildkite_api|typing|collections|builtins)(?:\.\w+)*\.(?=\w)", "", text)


def default(value: Any) -> str:
    """Return a default, the same in each process: an object without a text of its own goes by its name or its class."""
    if inspect.isroutine(value) or inspect.isclass(value):
        return str(value.__qualname__)
    if isinstance(value, enum.Enum):
        return f"{type(value).__name__}.{value.name}"
    text = repr(value)
    return f"<{type(value).__name__}>" if " at 0x" in text else text


if __name__ == "__main__":
    sys.exit(main())
