"""Builds that are created once: a key in their meta-data, by which a build is found again."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import uuid4

from buildkite_api.api.builds import create_build, list_pipeline_builds

from ..errors import (
    ApiError,
    BuildkiteError,
    CircuitOpen,
    ClientClosed,
    DeadlineExceeded,
    InvalidResponse,
    RateLimited,
    ResponseLost,
    ServerError,
)
from ..messages import shown
from ..watching.pacing import next_interval, next_pause

if TYPE_CHECKING:
    from buildkite_api.models import Build, CreateBuildRequest

    from ..transport.requester import Requester

__all__ = [
    "ATTEMPT_META_DATA",
    "ONCE_META_DATA",
    "KeyedBuilds",
    "Once",
    "create_once",
    "may_have_acted",
    "same_commit",
]

ONCE_META_DATA = "buildkite-ext:once"
"""Key of the meta-data that holds the key of a build that is created once."""

ATTEMPT_META_DATA = "buildkite-ext:once-attempt"
"""Key of the meta-data that holds a random text. Of two builds with one key it tells which of them a call has created."""

_SECONDS = 30.0
"""Seconds in which a build is looked for, since a new build appears late in lists. With an open circuit it takes up to twice
as long, since nothing is sent meanwhile."""

_FIRST_INTERVAL = 1.0
_LONGEST_INTERVAL = 10.0
_LONGEST_KEY = 255

_SHA = re.compile(r"[0-9a-f]{7,64}", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class KeyedBuilds:
    """Builds with the key of a build that is created once, sorted by what they are."""

    same: tuple[Build, ...] = ()
    """Builds that were created by the same call, or by one that is equal, the lowest number first."""
    others: tuple[Build, ...] = ()
    """Builds that have the key and another commit or branch."""
    ours: Build | None = None
    """The build of `same` that this call has created."""


@dataclass(frozen=True, slots=True)
class Once:
    """Identity of a build that is created once."""

    key: str
    commit: str
    branch: str | None
    """None for the default branch of the pipeline."""
    own: bool
    """True if the key is the caller's, so that another call may have it too."""
    attempt: str

    @classmethod
    def of(cls, key: str | bool, *, commit: str, branch: str | None) -> Once:
        """Return the identity of a build for the argument `once` of `builds.create`.

        Raises:
            ValueError: the key is empty or too long.
        """
        attempt = str(uuid4())
        if isinstance(key, bool):
            return cls(attempt, commit, branch, own=False, attempt=attempt)
        if not key.strip() or len(key) > _LONGEST_KEY:
            raise ValueError(
                f"once={shown(key)}: give a text of 1 to {_LONGEST_KEY} characters that no other build of the pipeline has, "
                "such as 'release-1.4', or True for a random one"
            )
        return cls(key, commit, branch, own=True, attempt=attempt)

    @property
    def filter(self) -> dict[str, str]:
        """Meta-data by which the build is looked for."""
        return {ONCE_META_DATA: self.key}

    @property
    def meta_data(self) -> dict[str, str]:
        """Meta-data that the build gets."""
        return {**self.filter, ATTEMPT_META_DATA: self.attempt}

    def among(self, builds: Iterable[Build]) -> KeyedBuilds:
        """Sort builds of a list, whatever its filter has let through.

        A rebuild has the meta-data of the build that it repeats, and a trigger step may set any. Both are passed over.
        """
        same: list[Build] = []
        others: list[Build] = []
        for build in builds:
            if (
                _meta_data(build, ONCE_META_DATA) != self.key
                or build.rebuilt_from is not None
                or (build.source is not None and str(build.source) != "api")
            ):
                continue
            fits = same_commit(self.commit, build.commit) and (
                self.branch is None or build.branch is None or build.branch == self.branch
            )
            (same if fits else others).append(build)
        same.sort(key=_number)
        ours = next((build for build in same if _meta_data(build, ATTEMPT_META_DATA) == self.attempt), None)
        return KeyedBuilds(tuple(same), tuple(others), ours)

    def earlier(self, builds: Iterable[Build], pipeline: str) -> Build | None:
        """Return the build that an earlier call has created; None if there is none.

        Args:
            builds: those of a list of the pipeline.
            pipeline: the pipeline's slug, for the message.

        Raises:
            ValueError: the key is that of a build of another commit or branch.
        """
        found = self.among(builds)
        if found.same:
            return found.same[0]
        if found.others:
            raise ValueError(
                f"once={shown(self.key)}: {_described(pipeline, found.others[0])} has this key, and this call asks for "
                f"{shown(self.commit)} of {'the default branch' if self.branch is None else shown(self.branch)}. No build was "
                "created. Give each build a key of its own."
            )
        return None


def same_commit(asked: str, found: str | None) -> bool:
    """Return False if a build can't be that of a commit which was asked for.

    Only a SHA, whole or its beginning, can be compared. `HEAD`, a branch or a tag becomes a SHA when the build runs, which is
    another one each time: there the key and the branch alone tell.

    Example:
        >>> same_commit("5e4f1c2", "5e4f1c2b7a"), same_commit("5e4f1c2", "HEAD"), same_commit("HEAD", "5e4f1c2b7a")
        (True, False, True)
    """
    return found is None or _SHA.fullmatch(asked) is None or found.lower().startswith(asked.lower())


def may_have_acted(error: BaseException) -> bool:
    """Return True if a request that creates something may have done so, although it ended in this error."""
    if isinstance(error, DeadlineExceeded):
        return error.__cause__ is not None and may_have_acted(error.__cause__)
    return isinstance(error, ResponseLost | ServerError | InvalidResponse)


async def create_once(
    requester: Requester,
    organization: str,
    pipeline: str,
    once: Once,
    body: CreateBuildRequest,
    *,
    cancel: Callable[[int], Awaitable[object]],
) -> Build:
    """Create a build, and find it again if the answer is lost. It is never sent again then.

    Of several builds with the key the lowest number wins. If this call has created another one, that is cancelled: every call
    with this key decides alike, and each cancels its own build alone.

    Args:
        requester: sends the requests.
        organization, pipeline: the slugs.
        once: what the build is known by.
        body: the request, with the meta-data of `once`.
        cancel: cancels the build with a number.

    Raises:
        ResponseLost: the answer was lost, was a 5xx or can't be used, and the lists showed no such build.
    """
    created: Build | None = None
    lost: BuildkiteError | None = None
    try:
        created = await requester.call(create_build, organization, pipeline, body=body)
    except BuildkiteError as error:
        if not may_have_acted(error):
            raise
        lost = error
    if created is not None and not once.own:
        return created

    now = requester.runtime.now
    ends = now() + _SECONDS
    longest = ends + _SECONDS
    interval, last = _FIRST_INTERVAL, False
    found = KeyedBuilds()
    unread: BuildkiteError | None = None
    while True:
        try:
            found = once.among(await _newest(requester, organization, pipeline, once, ends=ends))
            unread = None
        except CircuitOpen as error:  # nothing is sent meanwhile: the failure itself may have opened it
            unread = error
            ends = min(longest, max(ends, now() + error.retry_after + _FIRST_INTERVAL * 2))
            last = now() >= ends
        except BuildkiteError as error:
            unread = error
            last = last or _is_final(error)
        ours = created or found.ours
        candidates = [*found.same, *([] if created is None else [created])]
        winner: Build | None = min(candidates, key=_number, default=None)
        if winner is not None and ours is not None:
            if winner.number < ours.number:
                await _cancelled(ours.number, winner.number, once, cancel)
                return winner
            if found.ours is not None:
                # The list shows this build, so it shows those before it too.
                return ours
        if last or now() >= ends:
            break
        pause, last = next_pause(interval, ends - now())
        await requester.pause(pause)
        interval = next_interval(interval, _LONGEST_INTERVAL)
    if winner is not None:
        return winner
    unknown = ResponseLost(_not_found(pipeline, once, found, unread, lost))
    unknown.once = once.key
    raise unknown from lost


def _not_found(
    pipeline: str, once: Once, found: KeyedBuilds, unread: BuildkiteError | None, lost: BuildkiteError | None
) -> str:
    """Return the message for a build that may exist and was not found."""
    if unread is not None:
        why = "the list of builds could not be read"
    elif found.others:
        why = f"{_described(pipeline, found.others[0])} has its key, which isn't what was asked for"
    else:
        why = f"the list of builds showed no build with its key for {_SECONDS:g} s"
    key = shown(once.key)
    message = (
        f"builds.create({pipeline!r}, once={key}): {_failure(lost)}, and the build was not found: {why}. It may exist, and "
        f"nothing was sent again. Call builds.create(..., once={key}) later: it looks for the build before it creates one.\n"
        f"What happened: {lost}"
    )
    return message if unread is None else f"{message}\nThe list of builds: {unread}"


def _failure(lost: BuildkiteError | None) -> str:
    """Return what happened to the request that may have created a build."""
    if isinstance(lost, ServerError):
        return f"Buildkite answered {lost.status}"
    return "the answer can't be used" if isinstance(lost, InvalidResponse) else "the answer was lost"


async def _newest(requester: Requester, organization: str, pipeline: str, once: Once, *, ends: float) -> list[Build]:
    """Return the newest builds with the key. The request ends at `ends` on the runtime's clock."""
    kwargs = list_pipeline_builds._get_kwargs(organization, pipeline, meta_data=once.filter, per_page=100)
    request = requester.build(list_pipeline_builds, kwargs, ends=ends)
    return requester.parse(list_pipeline_builds, await requester.send(request))


def _is_final(error: BuildkiteError) -> bool:
    """Return True if the list will be refused in the same way again, as where the token lacks a scope or the client is closed."""
    return isinstance(error, ClientClosed) or (
        isinstance(error, ApiError) and not isinstance(error, RateLimited | ServerError)
    )


async def _cancelled(number: int, winner: int, once: Once, cancel: Callable[[int], Awaitable[object]]) -> None:
    try:
        await cancel(number)
    except BuildkiteError as error:
        error.add_note(
            f"The builds {winner} and {number} both have once={shown(once.key)}. This call created {number}, which could not be "
            "cancelled: cancel it with builds.cancel."
        )
        raise


def _number(build: Build) -> int:
    return build.number


def _meta_data(build: Build, key: str) -> object:
    return (build.meta_data or {}).get(key)


def _described(pipeline: str, build: Build) -> str:
    return f"build {pipeline} #{build.number} of {shown(build.commit)} on {shown(build.branch)}"
