"""Everything public is there, is documented, and is the same in both flavors."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import subprocess
import sys
from functools import cached_property
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import buildkite_ext
from buildkite_ext import AsyncBuildkiteClient, AsyncItems, BuildkiteClient, Items, webhooks
from buildkite_ext.services._base import AsyncService, Service

SERVICES = [
    "agents",
    "annotations",
    "artifacts",
    "builds",
    "cached_answers",
    "clusters",
    "jobs",
    "metadata",
    "organizations",
    "packages",
    "pipelines",
]


def twins(name: str) -> tuple[type, type]:
    module = importlib.import_module(f"buildkite_ext.services.{name}")
    kind = name.title().replace("_", "")
    return getattr(module, f"Async{kind}"), getattr(module, kind)


def methods(kind: type) -> dict[str, Any]:
    return {name: value for name, value in inspect.getmembers(kind) if not name.startswith("_")}


def parameters(function: Any) -> list[tuple[str, Any, Any]]:
    return [(p.name, p.kind, p.default) for p in inspect.signature(function).parameters.values()]


def test_every_public_name_can_be_imported_and_no_other_is_public() -> None:
    assert sorted(buildkite_ext.__all__) == sorted(set(buildkite_ext.__all__))
    assert dir(buildkite_ext) == sorted(buildkite_ext.__all__)
    for name in buildkite_ext.__all__:
        assert getattr(buildkite_ext, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'Nothing'"):
        buildkite_ext.Nothing  # noqa: B018
    with pytest.raises(ImportError):
        from buildkite_ext import Nothing  # noqa: F401


def test_models_can_be_imported_from_here_and_only_those_that_exist() -> None:
    from buildkite_ext import models
    from buildkite_ext.models import Build

    assert models.Build is Build
    assert dir(models) == sorted(models.__all__)
    for name in models.__all__:
        assert getattr(models, name).__name__ == name
    with pytest.raises(AttributeError):
        models.Nothing  # type: ignore[attr-defined]  # noqa: B018


def test_importing_the_package_loads_nothing_heavy() -> None:
    code = (
        "import sys, buildkite_ext; from buildkite_ext import BuildkiteClient, errors; BuildkiteClient('acme', token='t')\n"
        "heavy = {'attrs', 'attr', 'buildkite_api.models', 'buildkite_api.operations', 'trio', 'anyio', 'asyncio', 'hypothesis',"
        " 'httpcore', 'buildkite_ext.events', 'cyclopts', 'uvicorn', 'buildkite_ext.cli', 'buildkite_ext.simulation'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=240)
    assert done.stdout.strip() == "[]"


def public_modules() -> list[ModuleType]:
    skipped = ("buildkite_ext.cli", "buildkite_ext.simulation")
    found = pkgutil.walk_packages(buildkite_ext.__path__, "buildkite_ext.")
    return [importlib.import_module(module.name) for module in found if not module.name.startswith(skipped)]


def test_every_public_class_and_function_is_documented() -> None:
    undocumented = []
    for module in [buildkite_ext, *public_modules()]:
        if not module.__doc__ and not (module.__file__ or "").endswith("__init__.py"):
            undocumented.append(module.__name__)
        for name, value in vars(module).items():
            if name.startswith("_") or getattr(value, "__module__", None) != module.__name__:
                continue
            if (inspect.isclass(value) or inspect.isfunction(value)) and not value.__doc__:
                undocumented.append(f"{module.__name__}.{name}")
    assert undocumented == []


@pytest.mark.parametrize(
    "kind", [BuildkiteClient, AsyncBuildkiteClient, Items, AsyncItems, *sum((twins(name) for name in SERVICES), ())]
)
def test_every_public_method_is_documented(kind: type) -> None:
    for name, value in methods(kind).items():
        assert inspect.getdoc(value), f"{kind.__name__}.{name}"


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_has_the_same_methods_in_both_flavors(name: str) -> None:
    shared, blocking = twins(name)
    assert issubclass(shared, AsyncService)
    assert issubclass(blocking, Service)
    assert set(methods(shared)) == set(methods(blocking))
    assert shared.__doc__ == blocking.__doc__
    for method, function in methods(shared).items():
        twin = methods(blocking)[method]
        if isinstance(function, cached_property | property):
            assert inspect.getdoc(function) == inspect.getdoc(twin), method
            continue
        assert parameters(function) == parameters(twin), method
        assert inspect.getdoc(function) == inspect.getdoc(twin), method
        assert function.__name__ == twin.__name__


@pytest.mark.parametrize("name", SERVICES)
def test_a_client_offers_the_service_in_its_own_flavor(name: str) -> None:
    shared, blocking = twins(name)
    name = {"cached_answers": "cache"}.get(name, name)
    client, other = BuildkiteClient("acme", token="t"), AsyncBuildkiteClient("acme", token="t")
    assert type(getattr(client, name)) is blocking
    assert type(getattr(other, name)) is shared
    assert getattr(client, name) is getattr(client, name)
    assert getattr(client, name)._shared._requester is client._requester
    assert getattr(client.with_options(timeout=1), name)._shared._requester is not client._requester


def test_no_service_is_forgotten() -> None:
    import buildkite_ext.services as package

    assert {module.name for module in pkgutil.iter_modules(package.__path__)} - {
        "addresses",
        "arguments",
        "build_creation",
        "build_requests",
        "checks",
        "job_logs",
        "once",
        "waits",
        "watcher",
        "_annotations",
        "_argument_errors",
        "_base",
        "_generated",
    } == set(SERVICES)


def test_both_clients_have_the_same_methods() -> None:
    shared, blocking = methods(AsyncBuildkiteClient), methods(BuildkiteClient)
    assert set(shared) - {"aclose"} == set(blocking) - {"close"}
    assert parameters(AsyncBuildkiteClient) == parameters(BuildkiteClient)
    assert inspect.getdoc(AsyncBuildkiteClient.aclose) == inspect.getdoc(BuildkiteClient.close)
    for name in ("call", "request", "iterate", "with_options"):
        assert parameters(shared[name]) == parameters(blocking[name]), name
    for name in set(blocking) - {"call", "with_options", "close"}:
        assert described(shared[name]) == described(blocking[name]), name


def test_both_lists_have_the_same_methods() -> None:
    shared, blocking = methods(AsyncItems), methods(Items)
    assert set(shared) == set(blocking)
    for name, function in shared.items():
        assert parameters(function) == parameters(blocking[name])
        assert described(function) == described(blocking[name]), name


def described(function: object) -> tuple[str, bool, str]:
    """Return the documentation of a method without its example, which awaits in one flavor only."""
    before, example, rest = (inspect.getdoc(function) or "").partition("Example:")
    return before, bool(example), rest.rpartition("\n\n")[2] if "https://" in rest else ""


@pytest.mark.parametrize("name", SERVICES)
def test_every_argument_of_a_method_is_described(name: str) -> None:
    shared, _ = twins(name)
    for method, function in methods(shared).items():
        if isinstance(function, cached_property | property):
            continue  # a service below this one
        doc = inspect.getdoc(function) or ""
        for parameter, kind, _ in parameters(function)[1:]:
            if method == "set":
                continue  # it never takes them
            assert parameter in doc, f"{shared.__name__}.{method}({parameter}=) isn't described ({kind.description})"


def test_no_module_stands_in_the_way_of_a_public_name() -> None:
    """A module that is imported becomes an attribute of its package, and would hide a name that is loaded later."""
    for package in (buildkite_ext, webhooks):
        modules = {path.stem for path in Path(package.__file__).parent.iterdir()}
        assert modules & set(package.__all__) <= {"models", "simulation", "telemetry", "webhooks"}
