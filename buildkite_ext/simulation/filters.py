"""Which builds a list's query lets through.

A state is the one that the list shows; `blocked` finds blocked builds whatever state they keep. Buildkite does not say
whether `passed` finds a blocked build that says so; here it does.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from .api.views.builds import on_paused_queue
from .globs import glob
from .parameters import Parameters
from .state.builds import Build
from .states import BUILD_FINISHED

Test = Callable[[Build], bool]


def filtered(builds: Sequence[Build], query: Parameters) -> Sequence[Build]:
    """The builds that every filter of the query lets through, newest first.

    Args:
        builds: oldest first.
        query: branch, commit, creator, state, meta_data, created_from, created_to, finished_from, include_paused.
    """
    tests = _tests(query)
    if not tests:
        return builds[::-1]
    return [build for build in reversed(builds) if all(test(build) for test in tests)]


def _tests(query: Parameters) -> list[Test]:
    tests: list[Test] = []
    if branches := query.either("branch"):
        # Only the scalar form takes patterns.
        pattern = glob(query.text("branch") or "")
        exact = frozenset(branches)
        tests.append(lambda build: build.asked.branch in exact or bool(pattern.fullmatch(build.asked.branch)))
    if commits := frozenset(query.either("commit")):
        tests.append(lambda build: build.asked.commit in commits)
    if states := frozenset(query.either("state")):
        tests.append(lambda build: _in_state(build, states))
    if creator := query.text("creator"):
        tests.append(lambda build: build.creator.id == creator)
    if meta_data := query.keyed("meta_data"):
        tests.append(lambda build: all(build.meta_data.get(key) == value for key, value in meta_data.items()))
    if (since := query.hour("created_from")) is not None:
        tests.append(lambda build: build.created_at >= since)
    if (until := query.hour("created_to")) is not None:
        tests.append(lambda build: build.created_at < until)
    if (ended := query.hour("finished_from")) is not None:
        tests.append(lambda build: build.finished_at is not None and build.finished_at >= ended)
    if not query.flag("include_paused", True):
        tests.append(_not_wholly_paused)
    return tests


def _in_state(build: Build, states: frozenset[str]) -> bool:
    return (
        build.shown_state in states
        or (build.blocked and "blocked" in states)
        or ("finished" in states and build.state in BUILD_FINISHED)
    )


def _not_wholly_paused(build: Build) -> bool:
    commands = [job for job in build.slots if job.queue is not None and job.finished_at is None]
    return not commands or not all(on_paused_queue(job) for job in commands)
