# Generated from spec/ by `make generate`: edit that, not this.

"""What every event is made of, and what a handler of one is."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Any, Protocol, TypeVar

import msgspec

from .._text import mended, untyped

E_contra = TypeVar("E_contra", contravariant=True)
R = TypeVar("R")


class Delivered(msgspec.Struct, kw_only=True, frozen=True, dict=True):
    """Something that came with a body of its own."""

    raw: bytes = b""
    """The exact body."""

    @cached_property
    def data(self) -> dict[str, Any]:
        """The whole body as it stands in JSON, with what no description knows."""
        value = untyped(mended(self.raw)) if self.raw else {}
        return value if isinstance(value, dict) else {}

    def __repr__(self) -> str:
        shown = ((name, getattr(self, name)) for name in self.__struct_fields__ if name != "raw")
        given = (f"{name}={value!r}" for name, value in shown if value not in (None, [], {}))
        return f"{type(self).__name__}({', '.join(given)})"


class Decorator(Protocol[E_contra]):
    """Registers a function, sync or async, and gives it back as it is."""

    def __call__(self, function: Callable[[E_contra], R], /) -> Callable[[E_contra], R]: ...


__all__ = ["Decorator", "Delivered"]
