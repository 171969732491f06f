"""Decoded JSON into values, whatever it holds: what does not fit is reported, and stays as it came."""

from __future__ import annotations

import datetime as dt
import types
import typing
from collections.abc import Callable
from enum import Enum
from functools import partial
from typing import TYPE_CHECKING, Any

import msgspec

from ._shapes import Shape, members, shape_of
from ._timestamps import Moment, made_of
from .types import Secret

if TYPE_CHECKING:
    from ._drift import Reporter
    from .decoding import DriftKind

Key = str | tuple[Any, int]
"""A key of an object, or the place in a list that stands there: (("jobs", 3), 0)."""

Converter = Callable[[Any, "Site", Key], Any]


class Site:
    """An object that is being built: what it is, where it stands, and whom to tell what does not fit."""

    __slots__ = ("key", "model", "outer", "report")

    def __init__(self, report: Reporter, model: str, outer: Site | None = None, key: Key = "") -> None:
        self.report = report
        self.model = model
        self.outer = outer
        self.key = key

    def differs(self, key: Key, kind: DriftKind) -> None:
        plain = key
        while isinstance(plain, tuple):
            plain = plain[0]
        self.report(self.model, plain, kind, lambda: self.path(key))

    def keep(self, value: Any, key: Key) -> Any:
        """Keep a value as it came, although it is of another type."""
        self.differs(key, "null" if value is None else "type")
        return value

    def path(self, key: Key) -> str:
        steps = ""
        while isinstance(key, tuple):
            key, index = key
            steps = f"[{index}]{steps}"
        outer = self.outer.path(self.key) if self.outer else self.model
        return f"{outer}.{key}{steps}" if key else f"{outer}{steps}"


def converter(type_: Any) -> Converter:
    """A function that makes a type of decoded JSON. It is given the value, the object around it, and its key there."""
    shape = shape_of(type_)
    if shape is not None:
        return _model_converter(shape)
    if type_ is Any:
        return _as_it_is
    if len(members(type_)) > 1:
        return _union_converter(members(type_))
    if typing.get_origin(type_) is list:
        return _list_converter(converter(typing.get_args(type_)[0]))
    if typing.get_origin(type_) is dict:
        return _map_converter(converter(typing.get_args(type_)[1]))
    return _leaf_converter(type_)


_MODEL_CONVERTERS: dict[Any, Converter] = {}


def _model_converter(shape: Shape) -> Converter:
    if shape.model in _MODEL_CONVERTERS:
        return _MODEL_CONVERTERS[shape.model]
    fields: list[tuple[str, str, Converter]] = []

    def convert(value: Any, at: Site, key: Key) -> Any:
        if not isinstance(value, dict):
            return at.keep(value, key)
        inside = Site(at.report, shape.name, at, key)
        model = shape.model.__new__(shape.model)
        # Made when it is first needed: models lead back to themselves.
        for name, attribute, convert_field in fields or _fill(fields, shape):
            if name in value:
                setattr(model, attribute, convert_field(value[name], inside, name))
                continue
            if name in shape.required:
                inside.differs(name, "missing")
            empty = shape.empty[name]
            setattr(model, attribute, empty and empty())
        additional = {name: value[name] for name in value if name not in shape.attributes}
        for name in additional:
            inside.differs(name, "unknown")
        model._additional = additional or None
        return model

    _MODEL_CONVERTERS[shape.model] = convert
    return convert


def _fill(fields: list[tuple[str, str, Converter]], shape: Shape) -> list[tuple[str, str, Converter]]:
    made = [(key, shape.attributes[key], converter(hint)) for key, hint in shape.hints.items()]
    fields[:] = made
    return made


def _as_it_is(value: Any, at: Site, key: Key) -> Any:  # noqa: ARG001
    return value


def _list_converter(converter: Converter) -> Converter:
    def convert(value: Any, at: Site, key: Key) -> Any:
        if value is None:
            at.differs(key, "null")
            return []
        if not isinstance(value, list):
            return at.keep(value, key)
        return [converter(item, at, (key, index)) for index, item in enumerate(value)]

    return convert


def _map_converter(converter: Converter) -> Converter:
    def convert(value: Any, at: Site, key: Key) -> Any:
        if value is None:
            at.differs(key, "null")
            return {}
        if not isinstance(value, dict):
            return at.keep(value, key)
        return {name: converter(item, at, key) for name, item in value.items()}

    return convert


def _union_converter(members: tuple[Any, ...]) -> Converter:
    by_json: dict[type, Converter] = {}
    for member in members:
        for outer in _json_types(member):
            by_json.setdefault(outer, converter(member))

    def convert(value: Any, at: Site, key: Key) -> Any:
        converter = by_json.get(type(value))
        return converter(value, at, key) if converter else at.keep(value, key)

    return convert


def _leaf_converter(type_: Any) -> Converter:
    json_types = _json_types(type_)
    make: Callable[[Any], Any] | None = None
    if type_ is dt.datetime:
        make = partial(made_of, Moment)
    elif isinstance(type_, type) and type_ not in json_types:
        make = type_ if issubclass(type_, (Enum, Secret, float)) else _by_msgspec(type_)

    def convert(value: Any, at: Site, key: Key) -> Any:
        if type(value) not in json_types:
            return at.keep(value, key)
        if make is None:
            return value
        try:
            return make(value)
        except ValueError:
            return at.keep(value, key)

    return convert


def _json_types(type_: Any) -> frozenset[type]:
    """The types that a value of this type has in decoded JSON."""
    if shape_of(type_) is not None or typing.get_origin(type_) is dict:
        return frozenset((dict,))
    if typing.get_origin(type_) is list:
        return frozenset((list,))
    if type_ is float:
        return frozenset((float, int))
    if type_ in (int, bool, types.NoneType):
        return frozenset((type_,))
    if type_ is Any:
        return frozenset((dict, list, str, float, int, bool, types.NoneType))
    return frozenset((str,))


def _by_msgspec(type_: Any) -> Callable[[Any], Any]:
    def make(value: Any) -> Any:
        try:
            return msgspec.convert(value, type_)
        except msgspec.ValidationError as error:
            raise ValueError(str(error)) from None

    return make
