"""Retention: which finished builds an organization keeps."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from heapq import heappop, heappush

from .builds import Build

__all__ = ["Retention"]


class Retention:
    """Retention of the newest finished builds.

    Args:
        limit: the number of finished builds that are kept; None for all.
        builds: the builds that there are.
    """

    def __init__(self, limit: int | None, builds: Iterable[Build] = ()) -> None:
        self.limit = limit
        self._heap: list[tuple[float, int, Build]] = []
        self._known: set[str] = set()
        for build in builds:
            self.note(build)

    def note(self, build: Build) -> None:
        """Note that a build has changed its state."""
        if self.limit is not None and build.done and build.id not in self._known:
            self._known.add(build.id)
            heappush(self._heap, (build.created_at, build.sequence, build))

    def surplus(self) -> Iterator[Build]:
        """Yield the finished builds that are to be dropped, oldest first. A build that runs again is not among them."""
        while self.limit is not None and len(self._heap) > self.limit:
            build = heappop(self._heap)[-1]
            self._known.remove(build.id)
            if build.done and build.listed:
                yield build
