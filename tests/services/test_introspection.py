"""A method introduces itself as what it is: name, signature, type hints and errors of both clients."""

from __future__ import annotations

import inspect
import pydoc
import typing
from collections.abc import Iterator
from types import MethodType

import pytest

from buildkite_ext import AsyncBuildkiteClient, BuildkiteClient
from buildkite_ext.services._base import AsyncService, Service
from tests.batches import batched

BLOCKING, ASYNC = BuildkiteClient("acme", token="t"), AsyncBuildkiteClient("acme", token="t")


def methods(owner: object) -> Iterator[tuple[str, MethodType]]:
    """Return the methods of all services of a client, by the names of their classes."""
    for name in dir(type(owner)):
        value = getattr(owner, name) if not name.startswith("_") else None
        if isinstance(value, (Service, AsyncService)):
            yield from methods(value)
        elif isinstance(value, MethodType) and isinstance(owner, (Service, AsyncService)):
            yield f"{type(owner).__name__}.{name}", value


FOUND = dict(methods(BLOCKING))
EVERY = {**FOUND, **dict(methods(ASYNC))}


def test_all_services_are_looked_at() -> None:
    assert {"Builds.list", "Builds.follow", "TeamsMembers.update", "Pipelines.builds", "Metadata.set"} <= set(FOUND)
    assert {f"Async{name}" for name in FOUND} == set(EVERY) - set(FOUND)


@batched("name", EVERY, tests=2)
def test_a_method_has_the_name_of_its_class(name: str) -> None:
    method = EVERY[name]
    assert method.__qualname__ in {f"{kind.__qualname__}.{method.__name__}" for kind in type(method.__self__).__mro__}
    assert method.__name__ == name.rpartition(".")[2]
    assert method.__qualname__.startswith("Async") == name.startswith("Async")


@batched("name", EVERY, tests=2)
def test_the_type_hints_resolve(name: str) -> None:
    method = EVERY[name]
    hints = typing.get_type_hints(method)
    assert set(hints) == {*inspect.signature(method).parameters, "return"}
    assert "Unset" not in str(hints["return"])


@batched("name", FOUND, tests=2)
def test_a_blocking_method_speaks_of_blocking_types(name: str) -> None:
    method = FOUND[name]
    twin = EVERY[f"Async{name}"]
    result, shared = typing.get_type_hints(method)["return"], typing.get_type_hints(twin)["return"]
    described = str(inspect.signature(method))
    for text in (str(result), described, pydoc.plain(pydoc.render_doc(method)).partition("\n\n")[2].partition("\n")[0]):
        assert "Async" not in text
        assert "Detached" not in text
    if inspect.iscoroutinefunction(twin):
        assert result == shared
    elif isinstance(result, type):  # a service of its own, as the watcher
        assert (f"Async{result.__name__}", result.__module__) == (shared.__name__, shared.__module__)
        assert described.endswith(f"-> '{result.__name__}'")
    else:
        assert str(typing.get_origin(result)).endswith((".Items'>", ".BlockingIterator'>"))
        assert typing.get_args(result) == typing.get_args(shared)
        assert described.endswith(f"-> '{typing.get_origin(result).__name__}[{typing.get_args(result)[0].__name__}]'")


@batched("name", EVERY, tests=2)
def test_an_error_names_the_method_that_was_called(name: str) -> None:
    method = EVERY[name]
    with pytest.raises(TypeError) as caught:
        begin(method(*["x"] * 20, unknown=1))
    assert str(caught.value).startswith(f"{method.__qualname__}() ")
    with pytest.raises(TypeError, match="Async" if name.startswith("Async") else "^(?!.*Async)"):
        begin(method(unknown=1))


def begin(result: object) -> None:
    """Begin a coroutine: the errors of its arguments come at the first step."""
    if inspect.iscoroutine(result):
        result.send(None)


def test_the_errors_of_a_list() -> None:
    with pytest.raises(
        TypeError, match=r"^Builds\.list\(\) got an unexpected keyword argument 'pipelines'\. Did you mean pipeline=\?$"
    ):
        BLOCKING.builds.list(pipelines="web")  # type: ignore[call-arg]
    with pytest.raises(TypeError, match=r"^AsyncPipelines\.builds\(\) got an unexpected keyword argument 'name'$"):
        ASYNC.pipelines.builds("web", name="x")  # type: ignore[call-arg]
    with pytest.raises(TypeError, match=r"^created_from=2026 is an int"):
        BLOCKING.builds.list(created_from=2026)  # type: ignore[arg-type]
