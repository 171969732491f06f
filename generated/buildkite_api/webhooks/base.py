# Generated from spec/ by `make generate`: edit that, not this.

"""Base class of the events, and the type of the decorators that register handlers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cached_property
from typing import Any, Protocol, TypeVar

import msgspec

from .._reprs import one_line, whole

E = TypeVar("E")
R = TypeVar("R")


class Delivered(msgspec.Struct, kw_only=True, frozen=True, dict=True):
    """Event that was delivered with a body."""

    raw: bytes = b""
    """Exact bytes of the body."""

    @cached_property
    def data(self) -> dict[str, Any]:
        """Whole body, decoded from JSON, with the keys that the description does not have."""
        from .._bodies import repaired, untyped

        value = untyped(repaired(self.raw)) if self.raw else {}
        return value if isinstance(value, dict) else {}

    def __repr__(self) -> str:
        """Return the event on one line: what tells it from others, and what else there is room for."""
        return one_line(type(self).__name__, self._given())

    def __str__(self) -> str:
        """Return the event with all its values, except secrets and the body."""
        return whole(type(self).__name__, self._given())

    def _given(self) -> Iterator[tuple[str, Any]]:
        shown = ((name, getattr(self, name)) for name in self.__struct_fields__ if name != "raw")
        return ((name, value) for name, value in shown if value not in (None, [], {}))


class Decorator(Protocol[E]):
    """Decorator that registers a function, sync or async, and returns it unchanged."""

    def __call__(self, function: Callable[[E], R], /) -> Callable[[E], R]: ...


__all__ = ["Decorator", "Delivered"]
