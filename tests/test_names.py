"""Names of modules: each module lists what others use, and keeps the rest behind an underscore."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from pathlib import Path

import pytest

from scripts.public_api import MODULES, NAMES_ONLY
from tests.batches import batched

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "buildkite_ext"
USERS = ("buildkite_ext", "tests", "scripts", "examples", "benchmarks")
PUBLIC = {(module, name) for module in (*MODULES, *NAMES_ONLY) for name in import_module(module).__all__}
TYPE_PARAMETERS = ("ParamSpec", "TypeVar", "TypeVarTuple")


def _module_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


PATHS = {
    _module_of(path): path for path in sorted(PACKAGE.rglob("*.py")) if "_generated" not in path.relative_to(ROOT).parts
}
"""Path of each module that is written by hand."""


@cache
def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def _is_docstring_only(path: Path) -> bool:
    return path.name == "__init__.py" and len(_tree(path).body) == 1


def _defined(statements: list[ast.stmt]) -> Iterator[str]:
    """Yield the names that statements of a module define: functions, classes and variables, not imports."""
    for statement in statements:
        if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield statement.name
        elif isinstance(statement, ast.Assign | ast.AnnAssign):
            value = statement.value
            if isinstance(value, ast.Call) and isinstance(value.func, ast.Name) and value.func.id in TYPE_PARAMETERS:
                continue
            targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
            for target in targets:
                yield from (
                    node.id
                    for node in ast.walk(target)
                    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
                )
        elif isinstance(statement, ast.If | ast.Try | ast.With | ast.For):
            yield from _defined(statement.body)
            yield from _defined(getattr(statement, "orelse", []))
            for handler in getattr(statement, "handlers", []):
                yield from _defined(handler.body)


def _listed(module: str) -> list[str]:
    listed: list[str] = import_module(module).__all__
    return listed


def _imports(path: Path) -> Iterator[tuple[str, str, str]]:
    """Yield the module, the name and the local name of each `from … import …` of a file."""
    package = _module_of(path).split(".") if path.name == "__init__.py" else _module_of(path).split(".")[:-1]
    for node in ast.walk(_tree(path)):
        if isinstance(node, ast.ImportFrom):
            start = package[: len(package) - node.level + 1] if node.level else []
            module = ".".join([*start, *([node.module] if node.module else [])])
            yield from ((module, alias.name, alias.asname or alias.name) for alias in node.names)
        elif isinstance(node, ast.Import):
            for alias in node.names:
                yield *alias.name.rpartition(".")[::2], alias.asname or alias.name


@cache
def _uses() -> set[tuple[str, str]]:
    """Return the module and the name of everything that another file imports, or reads from a module that it imports."""
    uses: set[tuple[str, str]] = set()
    for folder in USERS:
        for path in (ROOT / folder).rglob("*.py"):
            modules: dict[str, str] = {}
            for module, name, local in _imports(path):
                uses.add((module, name))
                modules[local] = f"{module}.{name}".lstrip(".")
            for node in ast.walk(_tree(path)):
                if isinstance(node, ast.Attribute):
                    base = ast.unparse(node.value)
                    uses.add((modules.get(base, base), node.attr))
                elif isinstance(node, ast.Constant) and isinstance(node.value, str):  # a name that is loaded lazily
                    module, _, name = node.value.replace(":", ".").rpartition(".")
                    uses.add((module, name))
    for text in [ROOT / "pyproject.toml", ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]:
        content = text.read_text(encoding="utf-8")
        for module, names in re.findall(r"from (buildkite_ext[\w.]*) import \(?([\w, \n]+)", content):
            uses.update((module, name.strip()) for name in names.split(","))
        uses.update(re.findall(r'"(buildkite_ext[\w.]*):(\w+)"', content))
    return uses


def _annotated(module: str) -> set[str]:
    """Return the names in the signatures, bases and fields of what a module lists: they are as visible as itself."""
    listed = _listed(module)
    names: set[str] = set()
    for statement in _tree(PATHS[module]).body:
        visible = [statement] if set(_defined([statement])) & set(listed) else []
        for node in visible:
            if isinstance(node, ast.ClassDef):
                visible += [each for each in node.body if not getattr(each, "name", "").startswith("_")]
                visible += [each for each in node.body if getattr(each, "name", "").endswith("__")]
            parts = (
                [*ast.iter_child_nodes(node)] if isinstance(node, ast.Assign | ast.AnnAssign | ast.arguments) else []
            )
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                parts = [node.args, *([node.returns] if node.returns else [])]
            names.update(part.id for root in parts for part in ast.walk(root) if isinstance(part, ast.Name))
    return names


@batched("module", PATHS, tests=2)
def test_each_module_lists_its_names(module: str) -> None:
    path = PATHS[module]
    if _is_docstring_only(path):
        return
    listed = _listed(module)
    assert len(set(listed)) == len(listed)
    public = {name for name in _defined(_tree(path).body) if not name.startswith("_")}
    assert public - set(listed) == set(), "these need an underscore or a place in __all__"
    if module not in NAMES_ONLY:
        for name in listed:
            assert hasattr(import_module(module), name), name


@batched("module", PATHS, tests=2)
def test_each_listed_name_is_used_by_another_module_or_is_public(module: str) -> None:
    """A name that only the signatures of listed names mention, such as the type of an argument, counts as used."""
    if _is_docstring_only(PATHS[module]) or module in (*MODULES, *NAMES_ONLY):
        return
    used = _uses() | PUBLIC | {(module, name) for name in _annotated(module)}
    public = {id(getattr(import_module(home), name)) for home, name in PUBLIC if home not in NAMES_ONLY}
    for name in _listed(module):
        value = getattr(import_module(module), name)
        assert (module, name) in used or id(value) in public, f"only {module} uses {name}: write _{name}"


def test_no_class_name_is_defined_twice() -> None:
    homes: defaultdict[str, list[str]] = defaultdict(list)
    for module, path in PATHS.items():
        for node in ast.walk(_tree(path)):
            if isinstance(node, ast.ClassDef):
                homes[node.name].append(module)
    assert {name: modules for name, modules in homes.items() if len(modules) > 1} == {}


@pytest.mark.parametrize("package", ["buildkite_ext", "buildkite_ext.webhooks"])
def test_type_checkers_see_the_names_that_are_loaded_lazily(package: str) -> None:
    imports = [node for node in ast.walk(_tree(PATHS[package])) if isinstance(node, ast.ImportFrom)]
    seen = {alias.asname for node in imports for alias in node.names if alias.asname is not None}
    assert seen == set(_listed(package))
    for name in seen:
        assert getattr(import_module(package), name) is not None
