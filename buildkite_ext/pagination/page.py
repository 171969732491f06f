"""Page of a list, and the fields of it that the walker reads.

A page is a list of items, or `{items, links}` where the list has cursors. It and its items are models, or JSON as it came.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Generic, TypeVar

from buildkite_api.base import Model

from ..timestamps import parse_time

__all__ = ["Page", "created_at", "field_of", "identity", "time_of"]

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """A page as Buildkite sent it, without the items that an earlier page had already.

    Attributes:
        items: its items, in Buildkite's order.
        next_page: the page after it: a number, or a cursor (`after`) where the list has cursors; None at the end.
        prev_page: the page before it, likewise.
        total_count: the number of items in the list; None where Buildkite doesn't say, which is nearly everywhere.
    """

    items: list[T]
    next_page: int | str | None = None
    prev_page: int | str | None = None
    total_count: int | None = None

    def has_next(self) -> bool:
        """Return True if another page follows."""
        return self.next_page is not None


def field_of(value: object, name: str) -> object:
    """Return a field of a model or of a JSON object; None if it has no such field.

    Example:
        >>> field_of({"id": "a"}, "id")
        'a'
    """
    if isinstance(value, Mapping):
        return value.get(name)
    if isinstance(value, Model) and not hasattr(type(value), name):
        return None  # a model would search for what was meant by the name
    return getattr(value, name, None)


def identity(item: object) -> str | None:
    """Return what tells an item from the others: its `id`, else its `uuid`; None if it has neither.

    Example:
        >>> identity({"uuid": "b"})
        'b'
    """
    key = field_of(item, "id") or field_of(item, "uuid")
    return key if isinstance(key, str) else None


def created_at(items: Iterable[object]) -> datetime | None:
    """Return when the first item that says so was created.

    Example:
        >>> created_at([{}, {"created_at": "2026-01-05T09:00:00.000Z"}])
        datetime.datetime(2026, 1, 5, 9, 0, tzinfo=datetime.timezone.utc)
    """
    for item in items:
        created = field_of(item, "created_at")
        if isinstance(created, str):
            created = time_of(created)
        if isinstance(created, datetime):
            return created
    return None


def time_of(text: str) -> datetime | None:
    """Return the time that a text says; None if it says none.

    Example:
        >>> time_of("yesterday") is None
        True
    """
    try:
        return datetime.fromtimestamp(parse_time(text), UTC)
    except (ValueError, OverflowError, OSError):
        return None
