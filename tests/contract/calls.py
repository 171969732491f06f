"""Calls of operations: what is given, how it is said, and the request that has to come of it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum
from functools import cache
from importlib import import_module
from inspect import signature
from typing import Any

from buildkite_api.types import UNSET
from hypothesis import given, settings
from hypothesis import strategies as st

from .description import FIXED_SEGMENTS, Described, Parameter, Schema, kind_of, resolve
from .values import Fill, header_values, plain, segments, spoken, text_of, values

Draw = Any


class Omitted(Enum):
    """An argument that isn't there at all."""

    OMITTED = "omitted"


OMITTED: Any = Omitted.OMITTED


@dataclass(frozen=True, slots=True)
class Call:
    """A call of an operation. What stands in none of its parts is left alone."""

    operation: Described
    path: dict[str, Any]
    query: dict[str, Any]
    headers: dict[str, Any]
    body: Any
    silence: tuple[Any, ...]
    """How it says what it leaves alone, in turn: OMITTED, UNSET or None."""

    @property
    def args(self) -> list[Any]:
        return [self.path[parameter.name] for parameter in self.operation.within("path")]

    @property
    def kwargs(self) -> dict[str, Any]:
        names = python_names(self.operation)
        given = {**self.query, **self.headers}
        said = {names[name]: value for name, value in given.items()}
        unsaid = [p for p in self.operation.within("query") + self.operation.within("header") if p.name not in given]
        for index, parameter in enumerate(unsaid):
            if (silence := self.silence[index % len(self.silence)]) is not OMITTED:
                said[names[parameter.name]] = silence
        if self.operation.body:
            if self.body is not OMITTED:
                absent = UNSET if UNSET in self.silence else None
                said["body"] = spoken(self.operation.body.schema, self.body, absent)
            elif UNSET in self.silence:
                said["body"] = UNSET
        return said

    @property
    def pairs(self) -> list[tuple[str, str]]:
        """The query that has to be sent, in the order of its names."""
        by_name = {parameter.name: parameter for parameter in self.operation.within("query")}
        return sorted_pairs(pair for name, value in self.query.items() for pair in _pairs(by_name[name], value))

    @property
    def headers_sent(self) -> dict[str, str]:
        """The described headers that have to be sent."""
        known = {each.name: each.default for each in self.operation.within("header") if each.default is not None}
        return {**known, **{name: text_of(value) for name, value in self.headers.items()}}

    @property
    def values_in_path(self) -> dict[str, str]:
        return {name: text_of(value) for name, value in self.path.items()}

    @property
    def json(self) -> Any:
        return plain(self.body)


def sorted_pairs(pairs: Any) -> list[tuple[str, str]]:
    """Pairs by name; those of one name stay in their order."""
    return sorted(pairs, key=lambda pair: pair[0])


def _pairs(parameter: Parameter, value: Any) -> list[tuple[str, str]]:
    name = parameter.name
    if isinstance(value, dict):
        assert (parameter.style, parameter.explode) == ("deepObject", True), name
        return [(f"{name}[{key}]", text_of(inner)) for key, inner in value.items()]
    if isinstance(value, (list, tuple)):
        texts = [text_of(inner) for inner in value]
        if parameter.bare and len(texts) == 1:
            return [(name.removesuffix("[]"), texts[0])]
        return [(name, text) for text in texts] if parameter.explode or not texts else [(name, ",".join(texts))]
    return [(name.removesuffix("[]") if parameter.bare else name, text_of(value))]


# --- Drawing them -----------------------------------------------------------------------------------------------------

SILENCES = st.sampled_from([(OMITTED,), (UNSET,), (None,), (OMITTED, UNSET, None)])
NAMES_IN_A_MAP = st.text(st.characters(codec="utf-8", exclude_characters="[]"), min_size=1, max_size=8)


@st.composite
def calls(draw: Draw, operation: Described, fill: Fill) -> Call:
    """Any call of an operation.

    Args:
        draw: given by hypothesis.
        operation: the operation.
        fill: what of that which may be left out is given: nothing, anything or everything.
    """
    return Call(
        operation,
        path={each.name: draw(in_path(each)) for each in operation.within("path")},
        query=_given(draw, operation.within("query"), fill),
        headers=_given(draw, operation.within("header"), fill),
        body=_body(draw, operation, fill),
        silence=draw(SILENCES) if fill is Fill.SOME else (OMITTED,),
    )


@cache
def least(operation: Described) -> Call:
    """The simplest call of an operation, with no more than it needs."""
    found: list[Call] = []

    @settings(max_examples=1)
    @given(calls(operation, Fill.BARE))
    def draw(call: Call) -> None:
        found.append(call)

    draw()
    return found[0]


@cache
def in_path(parameter: Parameter) -> Any:
    """What may stand in a path."""
    if kind_of(parameter.schema) == "integer":
        return st.integers(0, 10**12)
    # A value that reads like a fixed segment may be another operation's path: that is the API's ambiguity, not ours.
    if is_text(parameter.schema):
        return segments(frozenset(FIXED_SEGMENTS))
    avoided = (*FIXED_SEGMENTS, "", ".", "..")
    return values(parameter.schema, Fill.FULL).filter(lambda value: text_of(value) not in avoided)


def is_moment(parameter: Parameter) -> bool:
    """Whether a parameter is a point in time."""
    return resolve(parameter.schema).get("format") == "date-time"


def is_text(schema: Schema) -> bool:
    """Whether any text fits a schema, and nothing else."""
    return kind_of(schema) == "string" and "enum" not in resolve(schema) and "format" not in resolve(schema)


def _given(draw: Draw, parameters: list[Parameter], fill: Fill) -> dict[str, Any]:
    given = {}
    for parameter in parameters:
        if parameter.required or fill is Fill.FULL or (fill is Fill.SOME and draw(st.booleans())):
            given[parameter.name] = draw(_argument(parameter, fill))
    return given


@cache
def _argument(parameter: Parameter, fill: Fill) -> Any:
    if parameter.place == "header":
        return header_values if is_text(parameter.schema) else values(parameter.schema, Fill.FULL)
    drawn = values(parameter.schema, Fill.FULL if fill is Fill.BARE else fill)
    kind = kind_of(parameter.schema)
    if kind == "array":  # one text is a list of one
        alone = values(resolve(parameter.schema)["items"], Fill.FULL).filter(lambda value: isinstance(value, str))
        if not parameter.explode:  # a comma stands between two elements
            drawn = drawn.filter(lambda value: "," not in "".join(value))
        return st.one_of(drawn, alone)
    if kind == "object":  # brackets in a key would say another key, and nothing can be escaped there
        inner = resolve(parameter.schema).get("additionalProperties", {})
        inside = values(inner if isinstance(inner, dict) else {"type": "string"}, fill)
        return st.dictionaries(NAMES_IN_A_MAP, inside, min_size=int(fill is Fill.FULL), max_size=3)
    return drawn


def _body(draw: Draw, operation: Described, fill: Fill) -> Any:
    if operation.body is None:
        return OMITTED
    given = operation.body.required or fill is Fill.FULL or (fill is Fill.SOME and draw(st.booleans()))
    return draw(values(operation.body.schema, fill)) if given else OMITTED


# --- The generated side -----------------------------------------------------------------------------------------------


@cache
def module(operation: Described) -> Any:
    """The generated module of an operation."""
    return import_module(f"buildkite_api.api.{operation.group}.{operation.id}")


@cache
def python_names(operation: Described) -> dict[str, str]:
    """The argument of each described parameter, by the parameter's name."""
    arguments = {squashed(name): name for name in signature(module(operation)._get_kwargs).parameters}
    return {parameter.name: arguments[squashed(parameter.name)] for parameter in operation.parameters}


def squashed(name: str) -> str:
    """A name without what Python cannot write: `filter[job_id]`, `filter_job_id` and `filterjob_id` are one."""
    return re.sub(r"[\W_]", "", name).lower()
