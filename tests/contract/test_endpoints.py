"""Each generated module is an Endpoint, and takes exactly what its operation is described to take."""

from __future__ import annotations

import importlib
import pkgutil
import re
from inspect import Parameter, iscoroutinefunction, signature
from typing import Any

import buildkite_api.api
from buildkite_api.types import UNSET

from buildkite_ext.transport.requester import Endpoint, operation_of

from ..batches import batched
from .calls import module, squashed
from .description import OPERATIONS, Described, kind_of, members, nullable

every_operation = batched("operation", OPERATIONS.values())
FUNCTIONS = ("sync", "sync_detailed", "asyncio", "asyncio_detailed")
ANNOTATIONS = {"string": r"\bstr\b|datetime|\bbytes\b|File|[A-Z]\w+", "integer": r"\bint\b", "number": r"\bfloat\b", "boolean": r"\bbool\b",
               "array": r"\b(Sequence|list)\[", "object": r"\b(Mapping|dict)\[|[A-Z]\w+", None: "."}  # fmt: skip


def arguments(function: Any) -> dict[str, Parameter]:
    return dict(signature(function).parameters)


def test_there_is_a_module_for_each_operation_and_no_other() -> None:
    found = {
        name.removeprefix("buildkite_api.api.")
        for _, name, is_package in pkgutil.walk_packages(buildkite_api.api.__path__, "buildkite_api.api.")
        if not is_package
    }
    assert found == {f"{operation.group}.{operation.id}" for operation in OPERATIONS.values()}


@every_operation
def test_a_module_is_an_endpoint(operation: Described) -> None:
    endpoint: Endpoint[..., Any] = importlib.import_module(f"buildkite_api.api.{operation.group}.{operation.id}")
    assert callable(endpoint._get_kwargs)
    assert operation_of(endpoint).id == operation.id
    read = arguments(endpoint._parse_response)
    assert list(read) == ["client", "response"]
    assert {parameter.kind for parameter in read.values()} == {Parameter.KEYWORD_ONLY}
    for name in FUNCTIONS:
        assert iscoroutinefunction(getattr(endpoint, name)) is name.startswith("asyncio")


@every_operation
def test_its_arguments_are_the_described_parameters(operation: Described) -> None:
    taken = arguments(module(operation)._get_kwargs)
    positional = [name for name, each in taken.items() if each.kind is Parameter.POSITIONAL_OR_KEYWORD]
    keywords = [name for name, each in taken.items() if each.kind is Parameter.KEYWORD_ONLY]
    assert len(positional) + len(keywords) == len(taken)
    # In the order of the path, since they are given by their places.
    assert [squashed(name) for name in positional] == [squashed(each.name) for each in operation.within("path")]
    described = [squashed(each.name) for each in operation.within("query") + operation.within("header")]
    assert sorted(map(squashed, keywords)) == sorted(described + ["body"] * (operation.body is not None))
    assert all(re.fullmatch(r"[a-z][a-z0-9_]*", name) for name in taken)


@every_operation
def test_what_is_required_has_to_be_given_and_the_rest_is_left_alone(operation: Described) -> None:
    required = {squashed(each.name): each.required for each in operation.parameters}
    if operation.body:
        required["body"] = operation.body.required
    for name, argument in arguments(module(operation)._get_kwargs).items():
        if required[squashed(name)]:
            assert argument.default is Parameter.empty
        else:
            assert argument.default is UNSET


@every_operation
def test_its_arguments_have_the_described_types(operation: Described) -> None:
    taken = {squashed(name): str(each.annotation) for name, each in arguments(module(operation)._get_kwargs).items()}
    for parameter in operation.parameters:
        annotation = taken[squashed(parameter.name)]
        for member in members(parameter.schema):
            assert re.search(ANNOTATIONS[kind_of(member)], annotation), (parameter.name, annotation)
        if not parameter.required:
            assert annotation.endswith(" | None | Unset"), (parameter.name, annotation)
        elif not nullable(parameter.schema):
            assert "None" not in annotation, (parameter.name, annotation)


@every_operation
def test_its_functions_take_the_same_arguments_and_a_client(operation: Described) -> None:
    wanted = arguments(module(operation)._get_kwargs)
    for name in FUNCTIONS:
        taken = arguments(getattr(module(operation), name))
        client = taken.pop("client")
        assert (client.kind, client.default) == (Parameter.KEYWORD_ONLY, Parameter.empty)
        assert taken == wanted
        assert list(taken) == list(wanted)


@every_operation
def test_its_documentation_says_what_it_does_and_names_its_arguments(operation: Described) -> None:
    documentation = module(operation).sync.__doc__
    assert documentation.startswith(operation.summary)
    assert operation.doc in documentation
    for name in arguments(module(operation).sync):
        assert re.search(rf"^        {name}: \S", documentation, re.MULTILINE), name
