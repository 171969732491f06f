# Generated from spec/ by `make generate`: edit that, not this.

"""Decode JSON into models: fast where it fits, tolerant where it does not.

A body that fits its description goes through msgspec straight into typed values. What does not fit is built key by key
instead: in a list it is one item that pays for that, the others stay fast.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
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
        >>> from buildkite_api.models import Meta
        >>> Decoder().decode(Meta, b'{"webhook_ips": ["192.0.2.7"]}')
        Meta(webhook_ips=['192.0.2.7'])
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
        from ._bodies import decode_body

        careful = self._strict or self._unknown == "keep"
        search = self._on_drift is not None
        return cast("T", decode_body(type_, content, self._report, careful=careful, search=search))

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
    from ._bodies import build_model

    if not isinstance(data, Mapping):
        raise UnexpectedBody(f"{model.__name__}: expected a mapping, got {type(data).__name__}")
    return cast("T", build_model(model, dict(data)))


def prepare(*types_: type[Any]) -> None:
    """Work out now how to decode some types, instead of at the first answer that holds them."""
    from ._bodies import plan_of

    for type_ in types_:
        plan_of(type_)


_EXPLAINED: dict[DriftKind, str] = {
    "unknown": "the description does not know this key",
    "missing": "a required key is missing",
    "null": "null, where the description does not allow it",
    "type": "another type than described",
}

__all__ = ["DecodeError", "Decoder", "Drift", "DriftKind", "UnexpectedBody", "build", "prepare"]
