"""One page of a list."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """A page as Buildkite sent it, less the items that an earlier page had already.

    Attributes:
        items: its items, in Buildkite's order.
        next_page: what comes after it: a page number, or a cursor (`after`) where the list has cursors; None at the end.
        prev_page: what came before it, likewise.
        total_count: how many items the list has; None where Buildkite doesn't say, which is nearly everywhere.
    """

    items: list[T]
    next_page: int | str | None = None
    prev_page: int | str | None = None
    total_count: int | None = None

    def has_next(self) -> bool:
        """Whether a further page follows."""
        return self.next_page is not None
