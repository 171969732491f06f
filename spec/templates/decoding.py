"""Decode JSON into models: fast where it fits, tolerant where it does not.

A body that fits its description goes through msgspec straight into the classes. What does not fit is built key by key
instead: in a list it is one item that pays for that, the others stay fast.
"""

from __future__ import annotations

import datetime as dt
import functools
import json
import operator
import re
import sys
import threading
import types
import typing
from collections.abc import Callable, Iterable, Mapping
from enum import Enum
from typing import Any, Literal, NamedTuple, TypeVar, cast

T = TypeVar("T")

DriftKind = Literal["unknown", "missing", "null", "type"]


class Drift(NamedTuple):
    """One way in which answers differ from their description."""

    model: str
    """The class, such as `Build`."""
    key: str
    """The JSON key."""
    kind: DriftKind
    """`unknown`: the description has no such key. `missing`: it calls the key required. `null`: it does not allow
    null. `type`: the value is of another type."""


class DecodeError(ValueError):
    """A body that cannot be decoded: with `strict=True` any that differs from its description."""


class UnexpectedBody(DecodeError):
    """A body that is not even JSON of the right outer form, such as a proxy's page, or an object instead of a list."""


class Decoder:
    """Decodes bodies into models.

    Args:
        strict: Raise `DecodeError` for whatever differs from the description. For tests: it is slow.
        unknown: What to do with keys that the description does not know: "ignore" them, or "keep" them in
            `additional_properties`, which is slow.
        on_drift: Called once for each way in which answers differ from the description. Unknown keys are looked for
            in single objects and in the first item of each list.

    Example:
        >>> Decoder().decode(list[Build], response.content)
    """

    __slots__ = ("_lock", "_on_drift", "_reported", "_strict", "_unknown")

    def __init__(
        self,
        *,
        strict: bool = False,
        unknown: Literal["ignore", "keep"] = "ignore",
        on_drift: Callable[[Drift], None] | None = None,
    ) -> None:
        if unknown not in ("ignore", "keep"):
            raise ValueError(f'unknown must be "ignore" or "keep", not {unknown!r}')
        self._strict = strict
        self._unknown = unknown
        self._on_drift = on_drift
        self._reported: set[Drift] = set()
        self._lock = threading.Lock()

    def __repr__(self) -> str:
        return f"Decoder(strict={self._strict}, unknown={self._unknown!r})"

    def decode(self, type_: type[T], content: bytes) -> T:
        """Decode one body.

        Args:
            type_: A model, a list of models, or another type that msgspec knows.
            content: The body: JSON in UTF-8.

        Returns:
            The value. Unless strict, a part of it may be of another type than declared, where the body's was.

        Raises:
            UnexpectedBody: It is not JSON, or not the list or object that it should be.
            DecodeError: It differs from its description, and this decoder is strict.
        """
        import msgspec

        plan = _plan(type_)
        malformed = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
        try:
            return cast("T", self._decode(plan, content))
        except malformed as error:
            reason = str(error)
        repaired = _repair(content)
        if repaired != content:
            try:
                return cast("T", self._decode(plan, repaired))
            except malformed:
                pass
        raise UnexpectedBody(f"{plan.name}: expected JSON, got {_shown(content)} ({reason})")

    def _decode(self, plan: _Plan, content: bytes) -> Any:
        import msgspec

        from .base import made

        if self._strict or self._unknown == "keep":
            return self._build(plan, content)
        body = _mark_timestamps(content, plan.timestamps)
        try:
            value = plan.decode(body)
        except msgspec.ValidationError:
            return self._build(plan, content)
        if plan.item is not None:
            return self._decode_items(plan, plan.item, value, content, marked=body is not content)
        value = made(value)
        if body is not content:
            _unmark(value)
        if self._on_drift is not None:
            plan.compare(_untyped(content), self._report)
        return value

    def _decode_items(self, plan: _Plan, item: _Plan, value: Any, content: bytes, *, marked: bool) -> Any:
        import msgspec

        from .base import made

        raw = value.items if plan.paged else value
        items = []
        for part in raw:
            try:
                one = made(item.decode_whole(part))
                if marked:
                    _unmark(one)
            except msgspec.ValidationError:
                one = self._build(item, _unmarked_bytes(bytes(part)), inside_list=True)
            items.append(one)
        if self._on_drift is not None:
            searched: Any = [_untyped(part) for part in raw[:1]]
            if plan.paged:
                parts = msgspec.json.decode(content, type=dict[str, msgspec.Raw])
                searched = {key: searched if key == "items" else _untyped(part) for key, part in parts.items()}
            plan.compare(searched, self._report)
        return plan.model(items=items, links=made(value.links)) if plan.paged else items

    def _build(self, plan: _Plan, content: bytes, *, inside_list: bool = False) -> Any:
        value = _untyped(content)
        if plan.outer is not None and not isinstance(value, plan.outer) and not inside_list:
            expected = "a JSON list" if plan.outer is list else "a JSON object"
            raise UnexpectedBody(f"{plan.name}: expected {expected}, got {_shown(content)}")
        return plan.convert(value, _Site(self._report, plan.name), "")

    def _report(self, model: str, key: str, kind: DriftKind, path: Callable[[], str] = str) -> None:
        if self._strict:
            name = f"{model}.{key}" if key else model
            raise DecodeError(f"{name}: {_EXPLAINED[kind]} (at {path()})")
        drift = Drift(model, key, kind)
        if self._on_drift is None or drift in self._reported:
            return
        with self._lock:
            if drift in self._reported:
                return
            self._reported.add(drift)
        self._on_drift(drift)


def build(model: type[T], data: Mapping[str, Any]) -> T:
    """Build a model from decoded JSON, tolerantly, keeping unknown keys.

    Raises:
        UnexpectedBody: `data` is no mapping.
    """
    if not isinstance(data, Mapping):
        raise UnexpectedBody(f"{model.__name__}: expected a mapping, got {type(data).__name__}")
    plan = _plan(model)
    return cast("T", plan.convert(dict(data), _Site(_ignore, plan.name), ""))


def prepare(*types_: type[Any]) -> None:
    """Work out now how to decode some types, instead of at the first answer that holds them."""
    for type_ in types_:
        _plan(type_)


# --- What is worked out once for each type ----------------------------------------------------------------------------

_EXPLAINED: dict[DriftKind, str] = {
    "unknown": "the description does not know this key",
    "missing": "a required key is missing",
    "null": "null, where the description does not allow it",
    "type": "another type than described",
}

_LOCK = threading.RLock()
_PLANS: dict[Any, _Plan] = {}
_SHAPES: dict[Any, _Shape] = {}
_EVALUATED: dict[tuple[Any, str], Any] = {}


class _Plan:
    """How one type is decoded, by each of the ways."""

    __slots__ = (
        "compare",
        "convert",
        "decode",
        "decode_whole",
        "item",
        "model",
        "name",
        "outer",
        "paged",
        "timestamps",
    )

    def __init__(self, type_: Any) -> None:
        import msgspec

        shapes = _shapes([type_])
        shape = shapes.get(type_)
        item = typing.get_args(type_)[0] if typing.get_origin(type_) is list else None
        self.model = type_
        self.name = _name(type_)
        self.convert = _converter(type_)
        self.compare = _comparer(type_)
        self.timestamps = _timestamps(shapes.values())
        self.outer: type | None = dict if shape else typing.get_origin(type_)
        self.paged = shape is not None and shape.paged
        self.item: _Plan | None = None
        part = _part_of(type_)
        self.decode_whole: Callable[[Any], Any] = msgspec.json.Decoder(part).decode
        raw_items: Any = list[msgspec.Raw]
        if shape is not None and shape.paged:
            self.item = _plan(typing.get_args(shape.hints["items"])[0])
            links: Any = _part_of(shape.hints["links"]) | None
            part = msgspec.defstruct(shape.name, [("items", raw_items, []), ("links", links, None)])
        elif item in shapes:
            self.item = _plan(item)
            part = raw_items
        self.decode: Callable[[Any], Any] = msgspec.json.Decoder(part).decode


def _plan(type_: Any) -> _Plan:
    plan = _PLANS.get(type_)
    if plan is None:
        with _LOCK:
            plan = _PLANS.get(type_) or _Plan(type_)
            _PLANS[type_] = plan
    return plan


class _Shape:
    """The fields of one model class, by their JSON keys."""

    __slots__ = (
        "attributes",
        "empty",
        "fields",
        "hints",
        "model",
        "name",
        "nested",
        "paged",
        "part",
        "required",
        "solid",
        "untyped",
    )

    def __init__(self, model: Any) -> None:
        from attrs import NOTHING

        hints = _hints(model)
        given = [field for field in model.__attrs_attrs__ if field.init]
        keys = {field.name: model._keys.get(field.name, field.name) for field in given}
        self.model = model
        self.name: str = model.__name__
        self.attributes = {key: name for name, key in keys.items()}
        self.hints = {key: hints[name] for name, key in keys.items()}
        self.empty = {key: _empty(hint) for key, hint in self.hints.items()}
        self.required = frozenset(keys[field.name] for field in given if field.default is NOTHING)
        self.solid = frozenset(key for key, hint in self.hints.items() if not {Any, types.NoneType} & {*_members(hint)})
        items = self.hints.get("items")
        self.paged = set(self.hints) == {"items", "links"} and _is_model(*typing.get_args(items)[:1])
        self.part: Any = None
        self.fields: list[tuple[str, str, _Converter]] = []
        self.nested: list[tuple[str, _Comparer]] = []
        self.untyped: list[str] = []

    def link(self) -> None:
        """Work out what needs the shapes of other models, once all of them are there."""
        self.fields = [(key, self.attributes[key], _converter(hint)) for key, hint in self.hints.items()]
        nested = [(key, _comparer(hint)) for key, hint in self.hints.items()]
        self.nested = [(key, comparer) for key, comparer in nested if comparer is not _pass]
        self.untyped = [self.attributes[key] for key, hint in self.hints.items() if _leads_to_untyped(hint)]

    def convert(self, value: Any, at: _Site, key: _Key) -> Any:
        """Build the model from an object, whatever that holds."""
        if not isinstance(value, dict):
            return at.keep(value, key)
        inside = _Site(at.report, self.name, at, key)
        model = self.model.__new__(self.model)
        for name, attribute, converter in self.fields:
            if name in value:
                setattr(model, attribute, converter(value[name], inside, name))
                continue
            if name in self.required:
                inside.differs(name, "missing")
            empty = self.empty[name]
            setattr(model, attribute, empty and empty())
        additional = {name: value[name] for name in value if name not in self.attributes}
        for name in additional:
            inside.differs(name, "unknown")
        model._additional = additional or None
        return model

    def compare(self, value: Any, report: _Reporter) -> None:
        """Report which keys of an object are not as described, without building anything."""
        if not isinstance(value, dict):
            return
        if not value.keys() <= self.attributes.keys():
            for key in value.keys() - self.attributes.keys():
                report(self.name, key, "unknown")
        for key in self.solid:
            if value.get(key, self) is None:
                report(self.name, key, "null")
        for key in self.required:
            if key not in value:
                report(self.name, key, "missing")
        for key, comparer in self.nested:
            inner = value.get(key)
            if inner:
                comparer(inner, report)


def _shapes(types_: Iterable[Any]) -> dict[Any, _Shape]:
    """The shapes of every model class that the types lead to."""
    from .base import made_from

    with _LOCK:
        models, new = _reachable(types_)
        _SHAPES.update(new)
        _describe_parts(new)
        for shape in new.values():
            shape.link()
            made_from(shape.part, shape.model)
        return {model: _SHAPES[model] for model in models}


def _describe_parts(shapes: Mapping[Any, _Shape]) -> None:
    """Give msgspec a Struct for each model: it fills those several times faster than attrs classes.

    Nothing is required, and what may not be null may, unless it is a list or a map: a missing key or a null then
    becomes None at no cost.
    """
    import msgspec

    for shape in shapes.values():
        fields = []
        for key, attribute in shape.attributes.items():
            empty = shape.empty[key]
            absent = msgspec.field(default_factory=empty, name=key) if empty else msgspec.field(default=None, name=key)
            fields.append((attribute, Any, absent))
        # gc: parts live for a moment and never form cycles.
        shape.part = msgspec.defstruct(shape.name, fields, gc=False)
    for shape in shapes.values():
        shape.part.__annotations__ = {
            shape.attributes[key]: _part_of(hint) if shape.empty[key] else _part_of(hint) | None
            for key, hint in shape.hints.items()
        }


def _part_of(type_: Any) -> Any:
    """The type that msgspec makes of JSON where a model's type is meant."""
    if type_ in _SHAPES:
        return _SHAPES[type_].part
    arguments = tuple(_part_of(argument) for argument in typing.get_args(type_))
    if not arguments:
        return type_
    if len(_members(type_)) > 1:
        return functools.reduce(operator.or_, arguments)
    origin: Any = typing.get_origin(type_)
    return origin[arguments]


def _hints(model: Any) -> dict[str, Any]:
    """The types of a model's own fields. Its annotations name models that were not imported yet."""
    package = sys.modules[model.__module__.rpartition(".")[0]]
    hints = {}
    for field in model.__attrs_attrs__:
        if field.inherited:
            continue
        annotation: str = model.__annotations__[field.name]
        if (package, annotation) not in _EVALUATED:
            named = {name: getattr(package, name) for name in re.findall(r"\w+", annotation) if name in package.__all__}
            # The text is the generator's own.
            _EVALUATED[package, annotation] = eval(annotation, {"Any": Any, "datetime": dt, **named})  # noqa: S307
        hints[field.name] = _EVALUATED[package, annotation]
    return hints


def _reachable(types_: Iterable[Any]) -> tuple[set[Any], dict[Any, _Shape]]:
    """All models that the types lead to, and the shapes of those that have none yet."""
    models: set[Any] = set()
    new: dict[Any, _Shape] = {}
    waiting = list(types_)
    while waiting:
        type_ = waiting.pop()
        if not _is_model(type_):
            waiting.extend(typing.get_args(type_))
        elif type_ not in models:
            models.add(type_)
            if type_ not in _SHAPES:
                new[type_] = _Shape(type_)
            waiting.extend((_SHAPES.get(type_) or new[type_]).hints.values())
    return models, new


def _is_model(type_: Any = None) -> bool:
    from .base import ReadModel

    return isinstance(type_, type) and not typing.get_args(type_) and issubclass(type_, ReadModel)


def _members(type_: Any) -> tuple[Any, ...]:
    return typing.get_args(type_) if typing.get_origin(type_) in (typing.Union, types.UnionType) else (type_,)


def _empty(hint: Any) -> type | None:
    """What stands in for an absent value: an empty list or map where the type is one, otherwise None."""
    origin = typing.get_origin(hint)
    return origin if origin in (list, dict) else None


def _leads_to_untyped(hint: Any) -> bool:
    """Whether a value may hold text that no description speaks of: in a map, or in something of unknown shape."""
    waiting, seen = [hint], set()
    while waiting:
        type_ = waiting.pop()
        if type_ is Any or typing.get_origin(type_) is dict:
            return True
        if type_ in _SHAPES and type_ not in seen:
            seen.add(type_)
            waiting.extend(_SHAPES[type_].hints.values())
        waiting.extend(typing.get_args(type_))
    return False


def _name(type_: Any) -> str:
    arguments = ", ".join(_name(argument) for argument in typing.get_args(type_))
    name = getattr(type_, "__name__", str(type_))
    return f"{name}[{arguments}]" if arguments else name


# --- The tolerant way: a converter for each type ----------------------------------------------------------------------

_Reporter = Callable[[str, str, DriftKind], None]
_Key = str | tuple[Any, int]
_Converter = Callable[[Any, "_Site", _Key], Any]
_Comparer = Callable[[Any, Any], None]


class _Site:
    """An object that is being built: what it is, where it stands, and whom to tell what does not fit."""

    __slots__ = ("key", "model", "outer", "report")

    def __init__(self, report: Any, model: str, outer: _Site | None = None, key: _Key = "") -> None:
        self.report = report
        self.model = model
        self.outer = outer
        self.key = key

    def differs(self, key: _Key, kind: DriftKind) -> None:
        plain = key
        while isinstance(plain, tuple):
            plain = plain[0]
        self.report(self.model, plain, kind, lambda: self.path(key))

    def keep(self, value: Any, key: _Key) -> Any:
        """Keep a value as it came, although it is of another type."""
        self.differs(key, "null" if value is None else "type")
        return value

    def path(self, key: _Key) -> str:
        steps = ""
        while isinstance(key, tuple):
            key, index = key
            steps = f"[{index}]{steps}"
        outer = self.outer.path(self.key) if self.outer else self.model
        return f"{outer}.{key}{steps}" if key else f"{outer}{steps}"


def _converter(type_: Any) -> _Converter:
    """A function that makes the type of decoded JSON, and keeps and reports what does not fit."""
    if type_ in _SHAPES:
        return _SHAPES[type_].convert
    if type_ is Any:
        return _as_it_is
    if len(_members(type_)) > 1:
        return _union_converter(_members(type_))
    if typing.get_origin(type_) is list:
        return _list_converter(_converter(typing.get_args(type_)[0]))
    if typing.get_origin(type_) is dict:
        return _map_converter(_converter(typing.get_args(type_)[1]))
    return _leaf_converter(type_)


def _as_it_is(value: Any, at: _Site, key: _Key) -> Any:  # noqa: ARG001
    return value


def _list_converter(converter: _Converter) -> _Converter:
    def convert(value: Any, at: _Site, key: _Key) -> Any:
        if value is None:
            at.differs(key, "null")
            return []
        if not isinstance(value, list):
            return at.keep(value, key)
        return [converter(item, at, (key, index)) for index, item in enumerate(value)]

    return convert


def _map_converter(converter: _Converter) -> _Converter:
    def convert(value: Any, at: _Site, key: _Key) -> Any:
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
            by_json.setdefault(outer, _converter(member))

    def convert(value: Any, at: _Site, key: _Key) -> Any:
        converter = by_json.get(type(value))
        return converter(value, at, key) if converter else at.keep(value, key)

    return convert


def _leaf_converter(type_: Any) -> _Converter:
    json_types = _json_types(type_)
    make: Callable[[Any], Any] | None = None
    if type_ is dt.datetime:
        make = _moment
    elif isinstance(type_, type) and type_ not in json_types:
        make = type_ if issubclass(type_, (Enum, float)) else _by_msgspec(type_)

    def convert(value: Any, at: _Site, key: _Key) -> Any:
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
    if type_ in _SHAPES or typing.get_origin(type_) is dict:
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


def _moment(text: str) -> dt.datetime:
    old = _OLD_FORM.fullmatch(text)
    moment: dt.datetime = _by_msgspec(dt.datetime)(f"{old[1]}T{old[2]}Z" if old else text)
    return moment


def _by_msgspec(type_: Any) -> Callable[[Any], Any]:
    import msgspec

    def make(value: Any) -> Any:
        try:
            return msgspec.convert(value, type_)
        except msgspec.ValidationError as error:
            raise ValueError(str(error)) from None

    return make


def _pass(value: Any, report: Any) -> None:
    """Compare nothing: the type leads to no model."""


def _comparer(type_: Any) -> _Comparer:
    """A function that reports what is not as described in decoded JSON."""
    if type_ in _SHAPES:
        return _SHAPES[type_].compare
    inner = [comparer for comparer in map(_comparer, typing.get_args(type_)) if comparer is not _pass]
    if not inner:
        return _pass
    if typing.get_origin(type_) not in (list, dict):
        return inner[0]
    outer: Any = typing.get_origin(type_)

    def compare(value: Any, report: Any) -> None:
        if isinstance(value, outer):
            for item in value.values() if outer is dict else value:
                inner[0](item, report)

    return compare


def _ignore(model: str, key: str, kind: DriftKind, path: Callable[[], str]) -> None:
    """Tell nobody."""


# --- Timestamps in the older of Buildkite's two forms -----------------------------------------------------------------

# A value such as "2018-03-25 03:58:14 UTC" is rewritten in the bytes of the body, to a form of the same length that
# msgspec reads and nobody else writes: should it turn out to be text of a map, the text can be put back.
_OLD_FORM = re.compile(r"(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d) UTC")
_OLD_VALUE = re.compile(rb'(?<!\\)"(\w+)"\s*:\s*"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$')
_MARKED = re.compile(r"(\d{4}-\d\d-\d\d)t(\d\d:\d\d:\d\d)\.00z")
_MARKED_BYTES = re.compile(rb'"(\d{4}-\d\d-\d\d)t(\d\d:\d\d:\d\d)\.00z"')
_LONGEST_KEY_AND_VALUE = 120


def _timestamps(shapes: Iterable[_Shape]) -> frozenset[bytes]:
    """The keys whose values are timestamps, wherever they occur."""
    moments: set[str] = set()
    others: set[str] = set()
    for shape in shapes:
        for key, hint in shape.hints.items():
            (moments if dt.datetime in _members(hint) else others).add(key)
    return frozenset(key.encode() for key in moments - others)


def _mark_timestamps(content: bytes, keys: frozenset[bytes]) -> bytes | bytearray:
    at = content.find(b' UTC"') if keys else -1
    body: bytes | bytearray = content
    while at >= 0:
        value = _OLD_VALUE.search(content[max(0, at - _LONGEST_KEY_AND_VALUE) : at])
        if value and value[1] in keys:
            if not isinstance(body, bytearray):
                body = bytearray(content)
            body[at - 9 : at - 8] = b"t"
            body[at : at + 4] = b".00z"
        at = content.find(b' UTC"', at + 5)
    return body


def _unmark(value: Any) -> Any:
    """Put back what was rewritten in text that is no timestamp."""
    shape = _SHAPES.get(type(value))
    if shape is not None:
        for attribute in shape.untyped:
            inner = getattr(value, attribute)
            if inner:
                setattr(value, attribute, _unmark(inner))
    elif isinstance(value, list):
        value[:] = [_unmark(inner) for inner in value]
    elif isinstance(value, dict):
        value.update({key: _unmark(inner) for key, inner in value.items()})
    elif isinstance(value, str) and (marked := _MARKED.fullmatch(value)):
        return f"{marked[1]} {marked[2]} UTC"
    return value


def _unmarked_bytes(content: bytes) -> bytes:
    return _MARKED_BYTES.sub(rb'"\1 \2 UTC"', content)


# --- Bodies that are not quite JSON -----------------------------------------------------------------------------------

_ESCAPE = re.compile(rb"\\(?:u[dD][89abAB]..\\u[dD][c-fC-F]..|u[dD][89a-fA-F]..|.)", re.DOTALL)


def _untyped(content: Any) -> Any:
    import msgspec

    try:
        return msgspec.json.decode(content)
    except msgspec.ValidationError:
        # A number that no float can hold: json makes it infinite.
        return json.loads(bytes(content))


def _repair(content: bytes) -> bytes:
    """Take out what makes JSON text invalid as text: a byte order mark, wrong UTF-8, halves of surrogate pairs."""
    text = content.removeprefix(b"\xef\xbb\xbf").decode("utf-8", "replace").encode()
    return _ESCAPE.sub(lambda found: rb"\ufffd" if _is_half(found[0]) else found[0], text)


def _is_half(escape: bytes) -> bool:
    return len(escape) == 6


def _shown(content: bytes) -> str:
    text = content.strip().decode("utf-8", "replace")
    return repr(text[:200]) if text else "an empty body"


__all__ = ["DecodeError", "Decoder", "Drift", "DriftKind", "UnexpectedBody", "build", "prepare"]
