"""Tolerant decoding: values of JSON that differs from its description. Differences are reported; the values stay."""

from __future__ import annotations

import datetime as dt
import types
import typing
from collections.abc import Callable
from enum import Enum
from functools import cache, partial
from math import isinf
from typing import TYPE_CHECKING, Any, Protocol

import msgspec

from ._shapes import (
    Shape,
    Timestamp,
    decode_hook,
    leaves_of,
    members,
    prepare_old_structs,
    shape_of,
    shapes_in,
    struct_of,
)
from .base import to_models
from .decoding import UnexpectedBody
from .types import Secret

if TYPE_CHECKING:
    from .decoding import DriftKind


class Reporter(Protocol):
    """Function that is told of each difference: its model, its key, and a function that returns its place in the body."""

    def __call__(self, model: str, key: str, kind: DriftKind, path: Callable[[], str] = ...) -> None: ...


# --- Building values --------------------------------------------------------------------------------------------------

_Key = str | tuple[Any, int]
"""_Key of an object, or index of a list at that key: (("jobs", 3), 0)."""

_Converter = Callable[[Any, "Site", _Key], Any]


class Site:
    """Object that is being built: its model, its place in the body, and the reporter of differences."""

    __slots__ = ("careful", "key", "model", "outer", "report")

    def __init__(
        self, report: Reporter, model: str, outer: Site | None = None, key: _Key = "", *, careful: bool = True
    ) -> None:
        self.report = report
        self.model = model
        self.outer = outer
        self.key = key
        # False: the objects inside that fit take the fast way, which loses unknown keys. The body itself did not fit.
        self.careful: bool = outer.careful if outer else careful

    def differs(self, key: _Key, kind: DriftKind) -> None:
        """Report a difference."""
        plain = key
        while isinstance(plain, tuple):
            plain = plain[0]
        self.report(self.model, plain, kind, lambda: self.path(key))

    def keep(self, value: Any, key: _Key) -> Any:
        """Report a value of another type, and return it unchanged."""
        self.differs(key, "null" if value is None else "type")
        return value

    def path(self, key: _Key) -> str:
        """Return the path of a key from the root of the body, such as `Build.jobs[3].id`."""
        steps = ""
        while isinstance(key, tuple):
            key, index = key
            steps = f"[{index}]{steps}"
        outer = self.outer.path(self.key) if self.outer else self.model
        return f"{outer}.{key}{steps}" if key else f"{outer}{steps}"


def converter(type_: Any) -> _Converter:
    """Return a function that makes values of a type from decoded JSON.

    The function takes the value, the object around it, and the key in that object.
    """
    shape = shape_of(type_)
    if shape is not None:
        return _model_converter(shape)
    if type_ is Any:
        return _as_it_is
    if len(members(type_)) > 1:
        return _union_converter(members(type_))
    if typing.get_origin(type_) is list:
        item = typing.get_args(type_)[0]
        return _object_list_converter(item) if shape_of(item) is not None else _list_converter(converter(item))
    if typing.get_origin(type_) is dict:
        return _map_converter(converter(typing.get_args(type_)[1]))
    return _leaf_converter(type_)


_MODEL_CONVERTERS: dict[Any, _Converter] = {}


def _model_converter(shape: Shape) -> _Converter:
    if shape.model in _MODEL_CONVERTERS:
        return _MODEL_CONVERTERS[shape.model]
    fields: list[tuple[str, str, _Converter]] = []

    def convert(value: Any, at: Site, key: _Key) -> Any:
        if not isinstance(value, dict):
            return at.keep(value, key)
        if at.outer is not None and not at.careful and (model := _fast(shape, value, at.report)) is not None:
            return model
        inside = Site(at.report, shape.name, at, key)
        model = shape.model.__new__(shape.model)
        # Made at the first use: models refer to themselves.
        for name, attribute, convert_field in fields or _fill(fields, shape):
            if name in value and not (value[name] is None and name in shape.model._nullable):
                setattr(model, attribute, convert_field(value[name], inside, name))
                continue
            if name in shape.required and name not in value:
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


def _fast(shape: Shape, value: Any, report: Reporter) -> Any:
    """Build an object inside one that does not fit the fast way; return None if it does not fit either."""
    convert = _fast_converter(shape)
    if convert is None:
        return None
    try:
        model = to_models(convert(value))
    except msgspec.ValidationError:
        return None
    _model_comparer(shape)(value, report)
    return model


@cache
def _fast_converter(shape: Shape) -> Callable[[Any], Any] | None:
    """Return a function that makes a Struct of decoded JSON; None if it would let an infinite number through."""
    if any(float in leaves_of(hint) for each in shapes_in(shape.model) for hint in each.hints.values()):
        return None
    # Those of the older form read both forms.
    prepare_old_structs(shape.model)
    return partial(msgspec.convert, type=struct_of(shape.model, old=True), dec_hook=decode_hook)


def _fill(fields: list[tuple[str, str, _Converter]], shape: Shape) -> list[tuple[str, str, _Converter]]:
    made = [(key, shape.attributes[key], converter(hint)) for key, hint in shape.hints.items()]
    fields[:] = made
    return made


def _as_it_is(value: Any, at: Site, key: _Key) -> Any:  # noqa: ARG001
    return value


def _list_converter(converter: _Converter) -> _Converter:
    def convert(value: Any, at: Site, key: _Key) -> Any:
        if value is None:
            at.differs(key, "null")
            return []
        if not isinstance(value, list):
            return at.keep(value, key)
        return [converter(item, at, (key, index)) for index, item in enumerate(value)]

    return convert


def _object_list_converter(item: Any) -> _Converter:
    """Return the converter of a list of objects. What isn't one is refused: whoever walks over the list would fail at it."""
    convert_list = _list_converter(converter(item))

    def convert(value: Any, at: Site, key: _Key) -> Any:
        if value is not None and not isinstance(value, list):
            raise not_an_object(at.path(key), value, "a JSON list")
        for index, each in enumerate(value or ()):
            if not isinstance(each, dict):
                raise not_an_object(at.path((key, index)), each)
        return convert_list(value, at, key)

    return convert


def not_an_object(path: str, value: Any, expected: str = "a JSON object") -> UnexpectedBody:
    """Return the error of a value in the place of an object, or of a list of objects. It doesn't show the value.

    Args:
        path: The place in the body.
        value: The decoded JSON.
        expected: What should be there.
    """
    return UnexpectedBody(f"{path}: expected {expected}, got {_KINDS[type(value)]}")


_KINDS: dict[type, str] = {
    types.NoneType: "null",
    bool: "a boolean",
    int: "a number",
    float: "a number",
    str: "a text",
    list: "a list",
    dict: "an object",
}


def _map_converter(converter: _Converter) -> _Converter:
    def convert(value: Any, at: Site, key: _Key) -> Any:
        if value is None:
            at.differs(key, "null")
            return {}
        if not isinstance(value, dict):
            return at.keep(value, key)
        return {name: converter(item, at, key) for name, item in value.items()}

    return convert


def _union_converter(members: tuple[Any, ...]) -> _Converter:
    by_json: dict[type, _Converter] = {}
    for member in members:
        for outer in _json_types(member):
            by_json.setdefault(outer, converter(member))

    numbers = bool({int, float} & set(members))

    def convert(value: Any, at: Site, key: _Key) -> Any:
        converter = by_json.get(type(value))
        if converter is None and numbers and _is_immeasurable(value):
            at.differs(key, "type")
            return None
        return converter(value, at, key) if converter else at.keep(value, key)

    return convert


def _leaf_converter(type_: Any) -> _Converter:
    json_types = _json_types(type_)
    numbers = type_ in (int, float)
    make: Callable[[Any], Any] | None = None
    if type_ is float:
        make = _to_float
    elif type_ is dt.datetime:
        make = partial(decode_hook, Timestamp)
    elif isinstance(type_, type) and type_ not in json_types:
        make = type_ if issubclass(type_, (Enum, Secret)) else _by_msgspec(type_)

    def convert(value: Any, at: Site, key: _Key) -> Any:
        if numbers and _is_immeasurable(value):
            at.differs(key, "type")
            return None
        if type(value) not in json_types:
            return at.keep(value, key)
        if make is None:
            return value
        try:
            return make(value)
        except ValueError:
            return at.keep(value, key)

    return convert


def _to_float(value: Any) -> float:
    try:
        return float(value)
    except OverflowError as error:
        raise ValueError(str(error)) from None


def _is_immeasurable(value: Any) -> bool:
    """Return True for a number beyond all floats, such as 1e999, which is decoded as infinite.

    Arithmetic with it fails far from here, so a number's field becomes None.
    """
    return type(value) is float and isinf(value)


def _json_types(type_: Any) -> frozenset[type]:
    """Return the types that a value of this type may have in decoded JSON."""
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


# --- Finding differences without building -----------------------------------------------------------------------------

_Comparer = Callable[[Any, Reporter], None]


@cache
def comparer(type_: Any) -> _Comparer:
    """Return a function that reports where decoded JSON differs from a type, without building anything."""
    shape = shape_of(type_)
    if shape is not None:
        return _model_comparer(shape)
    inner = [each for each in map(comparer, typing.get_args(type_)) if each is not _nothing]
    if not inner:
        return _nothing
    outer: Any = typing.get_origin(type_)
    if outer not in (list, dict):
        return inner[0]

    def compare(value: Any, report: Reporter) -> None:
        if isinstance(value, outer):
            for item in value.values() if isinstance(value, dict) else value:
                inner[0](item, report)

    return compare


def _nothing(value: Any, report: Reporter) -> None:
    """Compare nothing: the type has no models."""


_MODEL_COMPARERS: dict[Any, _Comparer] = {}


def _model_comparer(shape: Shape) -> _Comparer:
    if shape.model in _MODEL_COMPARERS:
        return _MODEL_COMPARERS[shape.model]
    nested: list[tuple[str, _Comparer]] | None = None

    def compare(value: Any, report: Reporter) -> None:
        nonlocal nested
        if not isinstance(value, dict):
            return
        if not value.keys() <= shape.attributes.keys():
            for key in value.keys() - shape.attributes.keys():
                report(shape.name, key, "unknown")
        for key in shape.not_null:
            if value.get(key, shape) is None:
                report(shape.name, key, "null")
        for key in shape.required:
            if key not in value:
                report(shape.name, key, "missing")
        if nested is None:
            # Made at the first use: models refer to themselves.
            comparers = [(key, comparer(hint)) for key, hint in shape.hints.items()]
            nested = [(key, each) for key, each in comparers if each is not _nothing]
        for key, each in nested:
            inner = value.get(key)
            if inner:
                each(inner, report)

    _MODEL_COMPARERS[shape.model] = compare
    return compare


__all__ = ["Reporter", "Site", "comparer", "converter", "not_an_object"]
