"""Fields of the models by their JSON keys, and the msgspec types that JSON is decoded into on the way to them."""

from __future__ import annotations

import datetime as dt
import functools
import operator
import sys
import threading
import types
import typing
from collections.abc import Iterable
from typing import Any

import msgspec

from ._definition import fields_of
from .base import ReadModel
from .types import Secret


class Shape:
    """Fields of one model."""

    __slots__ = (
        "attributes",
        "empty",
        "hints",
        "model",
        "name",
        "not_null",
        "old_struct",
        "paged",
        "required",
        "struct",
    )

    def __init__(self, model: Any) -> None:
        fields = {name: field for name, field in fields_of(model).items() if field.init}
        keys = {name: model._keys.get(name, name) for name in fields}
        self.model = model
        self.name: str = model.__name__
        self.attributes = {key: name for name, key in keys.items()}
        self.hints = dict(zip(keys.values(), _hints(model, keys), strict=True))
        # The value of an absent key: an empty list or map where the type is one, otherwise None.
        self.empty = {key: _list_or_dict(hint) for key, hint in self.hints.items()}
        self.required = frozenset(keys[name] for name, field in fields.items() if field.required)
        self.not_null = frozenset(
            key
            for key, hint in self.hints.items()
            if not {Any, types.NoneType} & {*members(hint)} and key not in model._nullable
        )
        items = typing.get_args(self.hints.get("items"))
        self.paged = set(self.hints) == {"items", "links"} and _is_model(*items[:1])
        self.struct = self._define_struct()
        # The same for bodies with timestamps in the older form, defined when the first such body comes.
        self.old_struct: Any = None

    def _define_struct(self) -> Any:
        """Define a Struct for msgspec to fill, which is several times faster than filling an attrs class.

        No key is required, so that a missing one becomes None at no cost. `_finish` sets the types, when every model
        has its Struct.
        """
        fields = []
        for key, attribute in self.attributes.items():
            empty = self.empty[key]
            absent = msgspec.field(default_factory=empty, name=key) if empty else msgspec.field(default=None, name=key)
            fields.append((attribute, Any, absent))
        to_model = {"_model": self.model, "_to_model": self.model._to_model}
        # gc: these objects are short-lived and never form cycles.
        return msgspec.defstruct(self.name, fields, namespace=to_model, gc=False)

    def finish_struct(self) -> None:
        """Set the types of the Struct."""
        self._finish(self.struct, old=False)

    def begin_old_struct(self) -> None:
        """Define the Struct for timestamps in the older form."""
        self.old_struct = self._define_struct()

    def finish_old_struct(self) -> None:
        """Set the types of the Struct for timestamps in the older form."""
        self._finish(self.old_struct, old=True)

    def _finish(self, struct: Any, *, old: bool) -> None:
        """Set the types of a Struct. A null is accepted everywhere, so that it never costs the fast way."""
        older = self.model._older_timestamps
        struct.__annotations__ = {
            self.attributes[key]: struct_of(hint, old=old or key in older) | None for key, hint in self.hints.items()
        }


_SHAPES: dict[Any, Shape] = {}
_UNFINISHED: dict[Any, Shape] = {}
_LOCK = threading.RLock()


def shape_of(type_: Any) -> Shape | None:
    """Return the shape of a model, or None for another type. The shapes of all models that it leads to are made too."""
    shape = _SHAPES.get(type_)
    if shape is None and _is_model(type_):
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
            shape.finish_struct()
        _SHAPES.update(_UNFINISHED)
    finally:
        _UNFINISHED.clear()
    return _SHAPES[model]


def shapes_in(type_: Any) -> list[Shape]:
    """Return the shapes of all models that a type leads to."""
    found: dict[Any, Shape] = {}
    waiting = list(_models_in(type_))
    while waiting:
        model = waiting.pop()
        shape = shape_of(model)
        if shape is not None and model not in found:
            found[model] = shape
            waiting += [inner for hint in shape.hints.values() for inner in _models_in(hint)]
    return list(found.values())


def holds_secrets(type_: Any) -> bool:
    """Return True if a model, or a model in one of its fields, has fields that must not appear in logs."""
    shape = shape_of(type_)
    if shape is None:
        return False
    shapes = [shape, *filter(None, map(shape_of, shape.hints.values()))]
    return any(field.init and not field.repr for each in shapes for field in fields_of(each.model).values())


def struct_of(type_: Any, *, old: bool = False) -> Any:
    """Return the type that msgspec decodes JSON into for a type with models: the same with a Struct for each model.

    Args:
        type_: The type.
        old: Accept timestamps in the older form as well. Call `prepare_old_structs` first.
    """
    return (_struct_of if _models_in(type_) else _struct_of_plain)(type_, old)


def _struct_of(type_: Any, old: bool) -> Any:
    if isinstance(type_, type):
        shape = shape_of(type_)
        if shape is not None:
            return shape.old_struct if old else shape.struct
        return Timestamp if old and type_ is dt.datetime else type_
    arguments = [struct_of(argument, old=old) for argument in typing.get_args(type_)]
    if not arguments:
        return type_
    origin: Any = typing.get_origin(type_)
    if origin in _UNIONS:
        return functools.reduce(operator.or_, arguments)
    if not (typing.get_origin(type_) is list and _is_model(typing.get_args(type_)[0])):
        # A null may be among the values of a map and other items of a list; one among objects is refused.
        arguments[-1] |= None
    return origin[tuple(arguments)]


_struct_of_plain = functools.cache(_struct_of)


def prepare_old_structs(type_: Any) -> None:
    """Define the Structs that `struct_of(type_, old=True)` needs."""
    with _LOCK:
        new = [shape for shape in shapes_in(type_) if shape.old_struct is None]
        for shape in new:
            shape.begin_old_struct()
        for shape in new:
            shape.finish_old_struct()


@functools.cache
def members(type_: Any) -> tuple[Any, ...]:
    """Return the members of a union; for another type, the type alone."""
    return typing.get_args(type_) if typing.get_origin(type_) in _UNIONS else (type_,)


_UNIONS = (typing.Union, types.UnionType)


def leaves_of(type_: Any) -> set[Any]:
    """Return the types without arguments that a type is made of, such as str and int for `dict[str, int] | None`."""
    arguments = typing.get_args(type_)
    return set().union(*map(leaves_of, arguments)) if arguments else {type_}


def name_of(type_: Any) -> str:
    """Return a type as it is written in code, such as `list[Build]`."""
    arguments = ", ".join(name_of(argument) for argument in typing.get_args(type_))
    name = getattr(type_, "__name__", str(type_))
    return f"{name}[{arguments}]" if arguments else name


def _is_model(type_: Any = None) -> bool:
    return isinstance(type_, type) and issubclass(type_, ReadModel)


@functools.cache
def _models_in(type_: Any) -> tuple[Any, ...]:
    if isinstance(type_, type):
        return (type_,) if issubclass(type_, ReadModel) else ()
    return tuple(model for argument in typing.get_args(type_) for model in _models_in(argument))


@functools.cache
def _list_or_dict(hint: Any) -> type | None:
    origin = typing.get_origin(hint)
    return origin if origin in (list, dict) else None


_EVALUATED: dict[tuple[Any, str], Any] = {}


class _Names(dict[str, Any]):
    """Names in the annotations of a package's models. A model is imported when its name is looked up."""

    def __init__(self, package: Any) -> None:
        super().__init__(Any=Any, Secret=Secret, datetime=dt)
        self._package = package

    def __missing__(self, name: str) -> Any:
        if name in self._package.__all__:
            return getattr(self._package, name)
        raise KeyError(name)


def _hints(model: Any, attributes: Iterable[str]) -> list[Any]:
    """Return the types of fields. Their annotations name models that may not have been imported yet."""
    package = sys.modules[model.__module__.rpartition(".")[0]]
    keys = [(package, model.__annotations__[attribute]) for attribute in attributes]
    new = list(dict.fromkeys(key for key in keys if key not in _EVALUATED))
    # The texts were written by the generator. All in one, since to compile one text costs nearly as much.
    types_ = eval(f"[{', '.join(annotation for _, annotation in new)}]", {}, _Names(package))  # noqa: S307
    _EVALUATED.update(zip(new, types_, strict=True))
    return [_EVALUATED[key] for key in keys]


# --- Values that msgspec does not read itself ------------------------------------------------------------------------
#
# Buildkite's older timestamps look like "2018-03-25 03:58:14 UTC", which msgspec does not read. A key that is described to
# have one has the type `Timestamp` instead of `datetime`: msgspec calls `decode_hook` for it, which costs as much as all
# else about the timestamp. A body that holds one elsewhere is decoded again by types that have `Timestamp` everywhere.
# Text that only looks like a timestamp is left alone. msgspec takes one such hook, so it makes `Secret` as well.

_read = dt.datetime.fromisoformat


class _AnyDatetime(type):
    # msgspec calls this for every timestamp; a bound method of C runs without a call of Python code.
    __instancecheck__ = dt.datetime.__instancecheck__  # pyright: ignore[reportAssignmentType]


class Timestamp(metaclass=_AnyDatetime):
    """Datetime whose JSON may be of either form; msgspec calls `decode_hook` for it."""


def has_old_timestamp(content: bytes) -> bool:
    """Return True if a body may hold a timestamp in the older form."""
    # From the end, which takes half the time: nearly every text of JSON ends in a quote, few begin with a space.
    return content.rfind(b' UTC"') >= 0


def decode_hook(type_: Any, text: Any) -> Any:
    """Make a datetime of a timestamp in either form, or a `Secret` of its text. The `dec_hook` of msgspec.

    Raises:
        ValueError: The text is not a timestamp.
    """
    if type_ is not Timestamp:
        return type_(text)
    if type(text) is str:
        # Every third character from the fifth on stands between two numbers.
        between = text[4:20:3]
        if between == "-- :: " and text[19:] == " UTC":
            return _read(text[:19] + "Z")
        if between == "--T::." and text[23:] == "Z":
            return _read(text)
        try:
            return msgspec.convert(text, dt.datetime)
        except msgspec.ValidationError as error:
            raise ValueError(str(error)) from None
    raise ValueError(f"Expected `str`, got `{type(text).__name__}`")


__all__ = [
    "Shape",
    "Timestamp",
    "decode_hook",
    "has_old_timestamp",
    "holds_secrets",
    "leaves_of",
    "members",
    "name_of",
    "prepare_old_structs",
    "shape_of",
    "shapes_in",
    "struct_of",
]
