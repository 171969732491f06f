"""The fields of the models by their JSON keys, and what msgspec makes of JSON on the way to them."""

from __future__ import annotations

import datetime as dt
import functools
import operator
import re
import sys
import threading
import types
import typing
from collections.abc import Iterator
from typing import Any

import msgspec
from attrs import NOTHING

from ._timestamps import Moment
from .base import ReadModel, made_from
from .types import Secret


class Shape:
    """The fields of one model."""

    __slots__ = ("attributes", "empty", "hints", "model", "name", "old_part", "paged", "part", "required", "solid")

    def __init__(self, model: Any) -> None:
        fields = [field for field in model.__attrs_attrs__ if field.init]
        keys = {field.name: model._keys.get(field.name, field.name) for field in fields}
        self.model = model
        self.name: str = model.__name__
        self.attributes = {key: name for name, key in keys.items()}
        self.hints = {key: _hint(model, name) for name, key in keys.items()}
        # What stands in for an absent value: an empty list or map where the type is one, otherwise None.
        self.empty = {key: _origin_in(hint, list, dict) for key, hint in self.hints.items()}
        self.required = frozenset(keys[field.name] for field in fields if field.default is NOTHING)
        self.solid = frozenset(key for key, hint in self.hints.items() if not {Any, types.NoneType} & {*members(hint)})
        items = typing.get_args(self.hints.get("items"))
        self.paged = set(self.hints) == {"items", "links"} and _is_model(*items[:1])
        self.part = self._describe_part()
        # The same for bodies with timestamps in the older form: made when one comes.
        self.old_part: Any = None

    def _describe_part(self) -> Any:
        """A Struct for msgspec to fill, which it does several times faster than attrs classes.

        Nothing is required, so that a missing key becomes None at no cost. The types come later, once every model has
        its Struct.
        """
        fields = []
        for key, attribute in self.attributes.items():
            empty = self.empty[key]
            absent = msgspec.field(default_factory=empty, name=key) if empty else msgspec.field(default=None, name=key)
            fields.append((attribute, Any, absent))
        # gc: parts live for a moment and never form cycles.
        return msgspec.defstruct(self.name, fields, gc=False)

    def finish_part(self) -> None:
        self._finish(self.part, old=False)

    def begin_old_part(self) -> None:
        self.old_part = self._describe_part()

    def finish_old_part(self) -> None:
        self._finish(self.old_part, old=True)

    def _finish(self, part: Any, *, old: bool) -> None:
        """Give the Struct its types. What may not be null may, unless it is a list or a map, and becomes None."""
        part.__annotations__ = {
            self.attributes[key]: part_of(hint, old=old) if self.empty[key] else part_of(hint, old=old) | None
            for key, hint in self.hints.items()
        }
        made_from(part, self.model)


_SHAPES: dict[Any, Shape] = {}
_UNFINISHED: dict[Any, Shape] = {}
_LOCK = threading.RLock()


def shape_of(type_: Any) -> Shape | None:
    """The shape of a model, with those of all models that it leads to; None for what is no model."""
    if not _is_model(type_):
        return None
    shape = _SHAPES.get(type_)
    if shape is None:
        with _LOCK:
            shape = _SHAPES.get(type_) or _UNFINISHED.get(type_) or _make(type_)
    return shape


def _make(model: Any) -> Shape:
    try:
        waiting = [model]
        while waiting:
            each = waiting.pop()
            if each not in _SHAPES and each not in _UNFINISHED:
                _UNFINISHED[each] = Shape(each)
                waiting += [inner for hint in _UNFINISHED[each].hints.values() for inner in _models_in(hint)]
        for shape in _UNFINISHED.values():
            shape.finish_part()
        _SHAPES.update(_UNFINISHED)
    finally:
        _UNFINISHED.clear()
    return _SHAPES[model]


def shapes_in(type_: Any) -> list[Shape]:
    """The shapes of all models that a type leads to."""
    found: dict[Any, Shape] = {}
    waiting = list(_models_in(type_))
    while waiting:
        model = waiting.pop()
        shape = shape_of(model)
        if shape is not None and model not in found:
            found[model] = shape
            waiting += [inner for hint in shape.hints.values() for inner in _models_in(hint)]
    return list(found.values())


def hides(type_: Any) -> bool:
    """Whether a model, or one that always stands in it, has fields that are no business of a log."""
    shape = shape_of(type_)
    if shape is None:
        return False
    shapes = [shape, *filter(None, map(shape_of, shape.hints.values()))]
    return any(field.init and not field.repr for each in shapes for field in each.model.__attrs_attrs__)


def part_of(type_: Any, *, old: bool = False) -> Any:
    """The type that msgspec makes of JSON where a type with models is meant.

    Args:
        type_: The type.
        old: Whether timestamps may be in the older form. `prepare_old_parts` comes first then.
    """
    shape = shape_of(type_)
    if shape is not None:
        return shape.old_part if old else shape.part
    if old and type_ is dt.datetime:
        return Moment
    arguments = tuple(part_of(argument, old=old) for argument in typing.get_args(type_))
    if not arguments:
        return type_
    if len(members(type_)) > 1:
        return functools.reduce(operator.or_, arguments)
    origin: Any = typing.get_origin(type_)
    return origin[arguments]


def prepare_old_parts(type_: Any) -> None:
    """Make what `part_of(type_, old=True)` needs."""
    with _LOCK:
        new = [shape for shape in shapes_in(type_) if shape.old_part is None]
        for shape in new:
            shape.begin_old_part()
        for shape in new:
            shape.finish_old_part()


def members(type_: Any) -> tuple[Any, ...]:
    """The members of a union; any other type alone."""
    return typing.get_args(type_) if typing.get_origin(type_) in (typing.Union, types.UnionType) else (type_,)


def name_of(type_: Any) -> str:
    """A type as it is written."""
    arguments = ", ".join(name_of(argument) for argument in typing.get_args(type_))
    name = getattr(type_, "__name__", str(type_))
    return f"{name}[{arguments}]" if arguments else name


def _is_model(type_: Any = None) -> bool:
    return isinstance(type_, type) and not typing.get_args(type_) and issubclass(type_, ReadModel)


def _models_in(type_: Any) -> Iterator[Any]:
    if _is_model(type_):
        yield type_
    for argument in typing.get_args(type_):
        yield from _models_in(argument)


def _origin_in(hint: Any, *origins: type) -> type | None:
    origin = typing.get_origin(hint)
    return origin if origin in origins else None


_EVALUATED: dict[tuple[Any, str], Any] = {}


def _hint(model: Any, attribute: str) -> Any:
    """The type of a field. Its annotation names models that were not imported yet."""
    package = sys.modules[model.__module__.rpartition(".")[0]]
    annotation: str = model.__annotations__[attribute]
    if (package, annotation) not in _EVALUATED:
        named = {name: getattr(package, name) for name in re.findall(r"\w+", annotation) if name in package.__all__}
        # The text is the generator's own.
        _EVALUATED[package, annotation] = eval(annotation, {"Any": Any, "Secret": Secret, "datetime": dt, **named})  # noqa: S307
    return _EVALUATED[package, annotation]
