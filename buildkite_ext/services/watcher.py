"""Watcher: waits for many builds, which share their requests."""

from __future__ import annotations

import builtins
from collections.abc import AsyncGenerator, Sequence
from functools import partial
from typing import TYPE_CHECKING, Literal

from buildkite_api.models import Build

from .._sync import DetachedIterator
from ._base import AsyncService, Service, blocking
from .arguments import positive
from .checks import check

if TYPE_CHECKING:
    import httpx

    from ..transport.requester import Requester
    from ..urls import Origin
    from ..watching.outcome import WaitResult
    from ..watching.watcher import SharedPoller

__all__ = ["AsyncWatcher", "Watcher"]


class AsyncWatcher(AsyncService):
    """Watcher of builds: any number of waits, in any tasks or threads, that share their requests. Made by `builds.watcher()`.

    Up to three builds are read one by one, each every 15 seconds. For more, the watcher asks every 5 seconds for what has ended
    since, and now and then for what may have ended without being listed there: at most 15 requests a minute for lists,
    however many builds are waited for. Each build that failed or is blocked is read once, for its jobs.

    Nothing runs in the background: one of those who wait sends the requests, and when its wait is over another one continues.
    """

    def __init__(self, requester: Requester, *, webhooks: bool = False) -> None:
        super().__init__(requester)
        self._webhooks = webhooks
        self._pollers: dict[str, SharedPoller] = {}

    async def wait(
        self,
        pipeline: str | Build,
        number: int | Build | None = None,
        *,
        timeout: float | None = None,
        on_blocked: Literal["return", "wait"] = "return",
    ) -> WaitResult:
        """Wait until a build has finished, or waits at a block step. Scope: read_builds.

        Args:
            pipeline: the pipeline's slug, as `web` or `acme/web`; or a Build or its URL, which needs no number.
            number: the build's number, or a Build.
            timeout: maximum of seconds to wait; None for no limit.
            on_blocked: `wait` continues to wait while the build is blocked.

        Returns:
            The result. Its build holds the jobs if the build failed or is blocked; `builds.get(result.build)` reads those of
            others. `requests` counts the reads of this build alone, not the lists that all waits share.

        Raises:
            DeadlineExceeded: the build did not finish in time. It continues.
            BuildNotFound: the build doesn't exist for this token.

        Example:
            >>> def passes(watcher, number: int) -> bool:
            ...     return watcher.wait("web", number, timeout=1800).passed
        """
        check(AsyncWatcher.wait, locals())
        positive(timeout=timeout)
        organization, slug, found = at = self._build_at("watcher.wait", pipeline, number)
        self._note_retry(at, pipeline, number)
        key = slug, found
        known = [key] if isinstance(pipeline, Build) or isinstance(number, Build) else []
        results = self._poller(organization).results(
            [key], timeout=timeout, blocked_ends=_blocked_ends(on_blocked), known=known
        )
        try:
            _, result = await anext(results)
        finally:
            await results.aclose()
        return result

    async def wait_all(
        self,
        builds: Sequence[Build | str],
        *,
        timeout: float | None = None,
        on_blocked: Literal["return", "wait"] = "return",
    ) -> builtins.list[WaitResult]:
        """Wait until all of several builds have finished or are blocked. Scope: read_builds.

        Args:
            builds: the builds, or their URLs, of one organization.
            timeout: maximum of seconds to wait; None for no limit.
            on_blocked: as for `wait`.

        Returns:
            The results, in the order of `builds`; see `wait`.

        Raises:
            DeadlineExceeded: some did not finish in time; the message names them.
            BuildNotFound: one doesn't exist for this token.

        Example:
            >>> def all_pass(watcher, builds) -> bool:
            ...     return all(watcher.wait_all(builds, timeout=3600))
        """
        _refuse_numbers(builds)
        check(AsyncWatcher.wait_all, locals())
        positive(timeout=timeout)
        organization, keys, known = self._keys("watcher.wait_all", builds)
        found = {
            key: result
            async for key, result in self._poller(organization).results(
                list(dict.fromkeys(keys)), timeout=timeout, blocked_ends=_blocked_ends(on_blocked), known=known
            )
        }
        return [found[key] for key in keys]

    def as_finished(
        self,
        builds: Sequence[Build | str],
        *,
        timeout: float | None = None,
        on_blocked: Literal["return", "wait"] = "return",
    ) -> DetachedIterator[WaitResult]:
        """Yield the result of each of several builds as soon as it has finished or is blocked. Scope: read_builds.

        A loop may be left early.

        Args:
            builds: the builds, or their URLs, of one organization.
            timeout: maximum of seconds for all of them; None for no limit.
            on_blocked: as for `wait`.

        Raises:
            DeadlineExceeded: some did not finish in time; the message names them.
            BuildNotFound: one doesn't exist for this token.

        Example:
            >>> def report(watcher, builds) -> None:
            ...     for result in watcher.as_finished(builds, timeout=3600):
            ...         print(result.build.web_url, result.outcome)
        """
        _refuse_numbers(builds)
        check(AsyncWatcher.as_finished, locals())
        positive(timeout=timeout)
        organization, keys, known = self._keys("watcher.as_finished", builds)
        return DetachedIterator(
            _values(
                self._poller(organization).results(
                    list(dict.fromkeys(keys)), timeout=timeout, blocked_ends=_blocked_ends(on_blocked), known=known
                )
            )
        )

    @property
    def requests(self) -> int:
        """Number of requests that all waits have taken.

        Example:
            >>> def cost(watcher) -> str:
            ...     return f"{watcher.requests} requests"
        """
        return sum(poller.requests for poller in self._pollers.values())

    def _poller(self, organization: str) -> SharedPoller:
        made = self._pollers.get(organization)
        if made is None:
            from ..watching.watcher import SharedPoller  # here, since most programs have no watcher

            requester = self._requester.within(organization)
            made = SharedPoller(
                requester,
                webhooks=self._webhooks,
                further_pages=partial(_further_pages, api=requester.origin),
            )
        return self._pollers.setdefault(organization, made)

    def _keys(
        self, called: str, builds: Sequence[Build | str]
    ) -> tuple[str, builtins.list[tuple[str, int]], builtins.list[tuple[str, int]]]:
        """Return the organization and the addresses of builds, and of those among them that the caller has from answers.

        Raises:
            ValueError: they are of several organizations.
        """
        at = [self._build_at(called, build, None) for build in builds]
        for each, build in zip(at, builds, strict=True):
            self._note_retry(each, build)
        organizations = sorted({organization for organization, _, _ in at})
        if len(organizations) > 1:
            raise ValueError(
                f"builds are of the organizations {' and '.join(organizations)}: call {called} for each of them."
            )
        organization = organizations[0] if organizations else self._requester.organization
        keys = [(slug, number) for _, slug, number in at]
        return organization, keys, [key for key, build in zip(keys, builds, strict=True) if isinstance(build, Build)]


def _blocked_ends(on_blocked: str) -> bool:
    """Tell whether a wait ends at a block step.

    Raises:
        ValueError: `on_blocked` is another word than a watcher takes.
    """
    if on_blocked not in ("return", "wait"):
        hint = "; builds.wait takes it" if on_blocked in ("unblock", "raise") else ""
        raise ValueError(f"on_blocked={on_blocked!r}: give 'return' or 'wait'{hint}")
    return on_blocked == "return"


class Watcher(Service[AsyncWatcher]):
    """Watcher of builds: any number of waits, in any tasks or threads, that share their requests. Made by `builds.watcher()`.

    Up to three builds are read one by one, each every 15 seconds. For more, the watcher asks every 5 seconds for what has ended
    since, and now and then for what may have ended without being listed there: at most 15 requests a minute for lists,
    however many builds are waited for. Each build that failed or is blocked is read once, for its jobs.

    Nothing runs in the background: one of those who wait sends the requests, and when its wait is over another one continues.
    """

    wait = blocking(AsyncWatcher.wait)
    wait_all = blocking(AsyncWatcher.wait_all)
    as_finished = blocking(AsyncWatcher.as_finished)

    @property
    def requests(self) -> int:
        """Number of requests that all waits have taken.

        Example:
            >>> def cost(watcher) -> str:
            ...     return f"{watcher.requests} requests"
        """
        return self._shared.requests


def _refuse_numbers(builds: object) -> None:
    """Refuse numbers of builds, which don't tell the pipeline.

    Raises:
        TypeError: one is given.
    """
    for index, build in enumerate(builds if isinstance(builds, list | tuple) else ()):
        if isinstance(build, int):
            raise TypeError(
                f"builds[{index}] is the number {build}: give a Build or its URL. A number needs its pipeline: "
                f"watcher.wait('web', {build}) waits for one build."
            )


def _further_pages(response: httpx.Response, *, api: Origin) -> tuple[bool, int | None]:
    """Tell whether a page of a list of builds has further ones, and their number if the answer tells it."""
    from ..pagination.links import links_of, number_of

    links = links_of(response, None, api, "builds.watcher")
    following, last = number_of(links.next), number_of(links.last)
    return links.next is not None, None if following is None or last is None else max(1, last - following + 1)


async def _values(
    results: AsyncGenerator[tuple[tuple[str, int], WaitResult], None],
) -> AsyncGenerator[WaitResult, None]:
    try:
        async for _, result in results:
            yield result
    finally:
        await results.aclose()
