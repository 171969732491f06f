"""Representation of objects whose construction has failed, as debuggers and reports of errors show them."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import TypeVar

__all__ = ["shown_unfinished"]

_T = TypeVar("_T")


def shown_unfinished(represent: Callable[[_T], str]) -> Callable[[_T], str]:
    """Return a `__repr__` that raises nothing for an object whose `__init__` has raised.

    Example:
        >>> class Pair:
        ...     @shown_unfinished
        ...     def __repr__(self):
        ...         return f"Pair({self.one}, {self.other})"
        >>> Pair.__new__(Pair)
        <Pair that could not be made>
    """

    @wraps(represent)
    def shown(self: _T) -> str:
        try:
            return represent(self)
        except AttributeError:
            return f"<{type(self).__name__} that could not be made>"

    return shown
