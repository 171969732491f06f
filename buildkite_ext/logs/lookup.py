"""Lookups in the lines of logs that arrive over the network: matches of a search, and groups."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import TYPE_CHECKING

from .groups import LogGroups

if TYPE_CHECKING:
    from .._sync import DetachedIterator
    from .groups import LogGroup
    from .parser import LogLine
    from .search import LogMatch, LogSearch

__all__ = ["grouped", "searched"]


async def searched(lines: DetachedIterator[LogLine], search: LogSearch) -> AsyncGenerator[LogMatch, None]:
    """Yield what a search finds in lines, while they arrive."""
    try:
        async for line in lines:
            for match in search.feed(line):
                yield match
        for match in search.finish():
            yield match
    finally:
        await lines.aclose()


async def grouped(lines: DetachedIterator[LogLine]) -> AsyncGenerator[LogGroup, None]:
    """Yield the groups of lines, each when it has ended."""
    groups = LogGroups()
    try:
        async for line in lines:
            for group in groups.feed(line):
                yield group
        for group in groups.finish():
            yield group
    finally:
        await lines.aclose()
