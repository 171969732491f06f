# Generated from spec/ by `make generate`: edit that, not this.

"""Base classes of the models."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping
from enum import Enum
from typing import TYPE_CHECKING, Any, ClassVar, Self

from ._definition import Field, define, field, fields_of
from ._reprs import one_line, whole
from .attributes import missing_attribute
from .types import UNSET, File, Secret, rfc3339

_WORDS: dict[str, str | tuple[str, ...]] = {
    "status": "state",
    "uuid": "id",
    "id": "uuid",
    "title": ("name", "label", "message"),
    "name": ("label", "filename", "path", "slug"),
    "link": "web_url",
    "html_url": "web_url",
    "size": "file_size",
    "sha1": "sha1sum",
    "mime": "mime_type",
    "content_type": "mime_type",
    "created": "created_at",
    "started": "started_at",
    "finished": "finished_at",
    "ended_at": "finished_at",
    "user": ("creator", "created_by"),
    "author": ("creator", "created_by"),
    "download": "client.artifacts.download(artifact, to=...)",
    "read": "client.artifacts.read(artifact)",
    "builds": "client.builds.list(pipeline)",
    "json": ("to_dict",),
    "to_json": ("to_dict",),
    "raw": "object.to_dict(), or ask for the list's own JSON: client.builds.list(pipeline).raw()",
    "elapsed": ("duration",),
    "failed": ("passed", "state"),
    "text": ("content",),
    "dict": ("to_dict",),
    "as_dict": ("to_dict",),
    "model_dump": ("to_dict",),
    "get": "getattr(object, name, default): attributes are no keys",
    "keys": ("to_dict",),
    "items": ("to_dict",),
}


def _unless_empty(additional: dict[str, Any] | None) -> dict[str, Any] | None:
    return additional or None


@define(kw_only=True, repr=False, weakref_slot=False)
class Model:
    """JSON object with attributes. An attribute has the name of its key, with `_` after it if Python reserves the name."""

    _keys: ClassVar[dict[str, str]] = {}

    _other_words: ClassVar[dict[str, str | tuple[str, ...]]] = _WORDS
    """What has another name here, for the error about an attribute that doesn't exist."""

    _additional: dict[str, Any] | None = field(default=None, init=False, repr=False, eq=_unless_empty)

    @property
    def additional_properties(self) -> dict[str, Any]:
        """Keys of the object that its description does not have."""
        if self._additional is None:
            self._additional = {}
        return self._additional

    if not TYPE_CHECKING:  # hidden from type checkers, for which every attribute would exist

        def __getattr__(self, name: str) -> Any:
            if name.startswith("_"):  # a protocol that asks if the object takes part, or a slot without a value
                raise AttributeError(name)
            kind = type(self)
            known = [each for each in dir(kind) if not each.startswith("_")]
            raise missing_attribute(kind.__name__, name, known, {**_WORDS, **kind._other_words})

    def to_dict(self) -> dict[str, Any]:
        """Return the object as JSON: dicts, lists, strings, numbers, booleans and None.

        `json.dumps` takes what it returns, and no model itself. Use it to send and to store, not for logs: it holds secrets in
        full. It is built from the attributes. The JSON of a list as Buildkite sent it is `client.builds.list("web").raw()`.
        """
        result: dict[str, Any] = {}
        for name, _ in _fields(self):
            value = getattr(self, name)
            if value is not UNSET:
                result[self._keys.get(name, name)] = self._plain(name, value)
        for key, value in (self._additional or {}).items():
            result.setdefault(key, self._plain(key, value))
        return result

    def __repr__(self) -> str:
        """Return the object on one line: what tells it from others, and what else there is room for."""
        return one_line(type(self).__name__, self._given())

    def __str__(self) -> str:
        """Return the object with all its values, except secrets."""
        return whole(type(self).__name__, self._given())

    def _given(self) -> Iterator[tuple[str, Any]]:
        shown = ((name, getattr(self, name)) for name, each in _fields(self) if each.repr)
        return ((name, value) for name, value in shown if value not in (None, UNSET, [], {}))

    @classmethod
    def _moment(cls, name: str, value: dt.datetime) -> str:
        return rfc3339(name, value)

    @classmethod
    def _plain(cls, name: str, value: Any) -> Any:
        if value is None or type(value) in (str, int, bool, float):
            return value
        if isinstance(value, Model):
            return value.to_dict()
        if isinstance(value, Enum):
            return value.value
        if isinstance(value, Secret):
            return value.reveal()
        if isinstance(value, dt.datetime):
            return cls._moment(name, value)
        if isinstance(value, dt.date):
            return value.isoformat()
        if isinstance(value, Mapping):
            return {key: cls._plain(name, inner) for key, inner in value.items()}
        if isinstance(value, (list, tuple)):
            return [cls._plain(name, inner) for inner in value]
        return value


@define(kw_only=True, repr=False, weakref_slot=False)
class RequestModel(Model):
    """Object that is sent. A field that is UNSET is left out; None is sent as null."""

    def to_form(self) -> dict[str, Any]:
        """Return the object as a form: the arguments `files` and `data` of httpx."""
        values = self.to_dict()
        files = {key: value.part() for key, value in values.items() if isinstance(value, File)}
        return {"files": files, "data": {key: value for key, value in values.items() if key not in files}}


@define(kw_only=True, repr=False, weakref_slot=False)
class ReadModel(Model):
    """Object that Buildkite sends. A field that the object lacks is None, or an empty list or map."""

    _nullable: ClassVar[frozenset[str]] = frozenset()
    """Keys of lists and maps that may be null, which are empty then."""

    _older_timestamps: ClassVar[frozenset[str]] = frozenset()
    """Keys of timestamps that come in the older form, such as `2018-03-25 03:58:14 UTC`, or in both."""

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Build the object from decoded JSON. Values of another type stay as they are; unknown keys are kept."""
        from .decoding import build

        return build(cls, data)

    @staticmethod
    def _to_model(struct: Any) -> Any:
        """Make the object of the Struct that msgspec decoded. It is also a method of the Struct."""
        raise NotImplementedError

    @classmethod
    def _moment(cls, name: str, value: dt.datetime) -> str:  # noqa: ARG003
        # Unlike a request, an answer may hold any datetime, and must be written as it was read.
        text = value.isoformat(timespec="auto" if value.microsecond % 1000 else "milliseconds")
        return text.removesuffix("+00:00") + "Z" if text.endswith("+00:00") else text


new: Callable[[Any], Any] = object.__new__


def to_models(decoded: Any) -> Any:
    """Turn the Structs in a value that msgspec decoded into models."""
    kind = type(decoded)
    if kind is list:
        return [to_models(inner) for inner in decoded]
    if kind is dict:
        return {key: to_models(inner) for key, inner in decoded.items()}
    to_model = getattr(kind, "_to_model", None)
    return to_model(decoded) if to_model else decoded


def _fields(model: Model) -> list[tuple[str, Field]]:
    """Return the attributes that stand for keys."""
    return [(name, each) for name, each in fields_of(type(model)).items() if each.init]


__all__ = ["Model", "ReadModel", "RequestModel", "new", "to_models"]
