"""Lists of builds that show changes late, or not in the order of creation."""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING
from zlib import crc32

from ...unknown_keywords import checks_fields
from ..definition.checks import check_number, configuration_errors

if TYPE_CHECKING:
    from ..state.builds import Build

__all__ = ["ListBehaviour"]


@checks_fields
@dataclass(frozen=True, slots=True, kw_only=True)
class ListBehaviour:
    """Behaviour of the lists of builds. A build itself is always read as it is.

    Buildkite documents nothing of the kind, and no promise of the opposite either.

    Attributes:
        lag: the maximum of seconds after which a list shows that a build has changed its state. Each build has its own share.
        disorder: the maximum of seconds by which a build stands in a list as if it had been created later.

    Raises:
        TypeError: one isn't a number.
        ConfigurationError: one is negative or infinite.

    Example:
        >>> from buildkite_ext.simulation import Simulator
        >>> simulator = Simulator(lists=ListBehaviour(lag=12, disorder=60))
    """

    lag: float = 0.0
    disorder: float = 0.0

    def __post_init__(self) -> None:
        with configuration_errors():
            for each in fields(self):
                check_number(each.name, getattr(self, each.name))

    def shown(self, builds: Sequence[Build], now: float) -> Sequence[Build]:
        """Return builds as a list shows them at a time, oldest first."""
        if self.lag:
            builds = [self._late(build, now) for build in builds]
        if self.disorder:
            builds = sorted(builds, key=lambda build: build.created_at + self.disorder * _share(build))
        return builds

    def visible_at(self, build: Build) -> float:
        """Return when lists show the last state of a build."""
        return build.history[-1][0] + self.lag * _share(build)

    def _late(self, build: Build, now: float) -> Build:
        """Return a build as it was before its last change, if that is too new to be shown."""
        if now >= self.visible_at(build) or len(build.history) < 2 or build.history[-2][1] == "blocked":
            return build
        before = copy(build)
        before.state, before.finished_at = build.history[-2][1], None
        before.version = -1 - build.version  # a version of its own, for what is kept of its JSON
        return before


def _share(build: Build) -> float:
    """Return a number from 0 to 1 that is always the same for a build."""
    return crc32(build.id.encode()) / 2**32
