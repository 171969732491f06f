"""Decoder of JSON into models: fast for a body that fits its description, tolerant for one that differs.

msgspec decodes a body that fits straight into typed values. What differs is built key by key; in a list that is one item,
and the others stay fast.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from functools import cache
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeVar, cast

if TYPE_CHECKING:
    import httpx

    from .client import Client
    from .models.error import Error

T = TypeVar("T")

DriftKind = Literal["unknown", "missing", "null", "type"]


class Drift(NamedTuple):
    """Difference between an answer and its description."""

    model: str
    """The class, such as `Build`."""
    key: str
    """The JSON key."""
    kind: DriftKind
    """`unknown`: the description has no such key. `missing`: it calls the key required. `null`: it does not allow
    null. `type`: the value is of another type, or a number beyond all floats, such as 1e999."""


class DecodeError(ValueError):
    """Body that cannot be decoded. With `strict=True` that is any body that differs from its description."""


class UnexpectedBody(DecodeError):
    """Body that is not JSON, such as a proxy's page, or an object instead of a list."""


class Decoder:
    """Decoder of bodies into models.

    Args:
        strict: Raise `DecodeError` for each difference from the description. For tests: it is slow.
        unknown: "ignore" keys that the description does not have, or "keep" them in `additional_properties`, which is
            slow.
        on_drift: Called once for each difference from the description, when the body has been decoded. A value of another
            type is always found. Keys that are unknown, missing or null are searched in a sample: in the first 8 objects of
            a type that this decoder decodes, and in each 64th, with all that is inside them. A single body counts as
            one object, and a list as one for each item. A change that all objects of a type have from some time on is
            reported with the 64th of them at the latest. With `strict=True` and `unknown="keep"` every object is searched.

    Example:
        >>> from buildkite_api.models import Meta
        >>> Decoder().decode(Meta, b'{"webhook_ips": ["192.0.2.7"]}')
        Meta(webhook_ips=['192.0.2.7'])
    """

    __slots__ = ("_careful", "_decoded", "_lock", "_on_drift", "_reported", "_strict", "_unknown")

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
        self._careful = strict or unknown == "keep"
        self._on_drift = on_drift
        self._reported: set[Drift] = set()
        self._decoded: dict[Any, int] = {}
        self._lock = threading.Lock()

    def __repr__(self) -> str:
        return f"Decoder(strict={self._strict}, unknown={self._unknown!r})"

    def decode(self, type_: type[T], content: bytes) -> T:
        """Decode one body.

        Args:
            type_: A model, a list of models, or another type that msgspec knows.
            content: The body: JSON in UTF-8.

        Returns:
            The value. Unless strict, a field may be of another type than declared, if it was in the body. A number
            beyond all floats, such as 1e999, is None where a number is described.

        Raises:
            UnexpectedBody: The body is not JSON, or not the list or object that it should be; or a list of objects in it
                holds something else.
            DecodeError: The body differs from its description, and this decoder is strict.
        """
        if self._strict:
            return cast("T", _decode_body()(type_, content, _refuse, careful=True))
        if self._on_drift is None:
            return cast("T", _decode_body()(type_, content, careful=self._careful))
        found = _Found()
        value = _decode_body()(type_, content, found, careful=self._careful, sample=self._sample)
        if found:
            self._tell(found)
        return cast("T", value)

    def _sample(self, type_: Any, count: int) -> Sequence[int]:
        """Count decoded objects of a type, and return the indices of those of them to search for differences."""
        with self._lock:
            before = self._decoded.get(type_, 0)
            self._decoded[type_] = before + count
        return sample(before, count)

    def _tell(self, found: Iterable[Drift]) -> None:
        for drift in found:
            with self._lock:
                new = drift not in self._reported
                self._reported.add(drift)
            if new and self._on_drift is not None:
                self._on_drift(drift)


class _Found(dict[Drift, None]):
    """Differences of a body, in their order: users are told of them when it has been decoded."""

    __slots__ = ()

    def __call__(self, model: str, key: str, kind: DriftKind, path: Callable[[], str] = str) -> None:  # noqa: ARG002
        self[Drift(model, key, kind)] = None


def sample(before: int, count: int) -> Sequence[int]:
    """Return the indices of those objects that are searched for differences: the first 8 of their type, and each 64th.

    Args:
        before: How many objects of the type there were before.
        count: How many objects there are now.

    Example:
        >>> [*sample(0, 3)], [*sample(6, 100)], [*sample(64, 63)]
        ([0, 1, 2], [0, 1, 57], [])
    """
    later = range(-(before + 1) % _EACH, count, _EACH)
    return later if before >= _FIRST else [*range(min(count, _FIRST - before)), *later]


_FIRST, _EACH = 8, 64


def build(model: type[T], data: Mapping[str, Any]) -> T:
    """Build a model from decoded JSON, tolerantly, keeping unknown keys.

    Raises:
        UnexpectedBody: `data` is not a mapping.
    """
    from ._bodies import build_model

    if not isinstance(data, Mapping):
        raise UnexpectedBody(f"{model.__name__}: expected a mapping, got {type(data).__name__}")
    return cast("T", build_model(model, dict(data)))


def prepare(*types_: type[Any]) -> None:
    """Make the decoders of some types now, instead of at the first answer that holds them."""
    from ._bodies import decoder_of

    for type_ in types_:
        decoder_of(type_)


@cache
def _decode_body() -> Callable[..., Any]:
    """Import the decoders when something is decoded."""
    from ._bodies import decode_body

    return decode_body


def _refuse(model: str, key: str, kind: DriftKind, path: Callable[[], str] = str) -> None:
    name = f"{model}.{key}" if key else model
    raise DecodeError(f"{name}: {_EXPLAINED[kind]} (at {path()})")


def decode_error(*, client: Client, response: httpx.Response) -> Error:
    """Decode the body of an answer that is not a success.

    Returns:
        The error that Buildkite sent. If its list of errors is none of objects: an `Error` with its message alone. If the
        body is not a JSON object, such as a proxy's page: an `Error` whose message is the beginning of the body.
    """
    from .models.error import Error

    try:
        return client.decoder.decode(Error, response.content)
    except UnexpectedBody:
        message: object = None
        with suppress(ValueError, AttributeError):
            message = response.json().get("message")
        if isinstance(message, str):
            return Error(message=message)
        return Error(message=response.text.strip()[:200] or f"status {response.status_code} without a body")


_EXPLAINED: dict[DriftKind, str] = {
    "unknown": "the description does not know this key",
    "missing": "a required key is missing",
    "null": "null, where the description does not allow it",
    "type": "another type than described",
}

__all__ = ["DecodeError", "Decoder", "Drift", "DriftKind", "UnexpectedBody", "build", "decode_error", "prepare"]
