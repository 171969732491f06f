"""Cache of a client: what drops its answers, and its counts."""

from __future__ import annotations

from urllib.parse import quote

from buildkite_api.models import Build, Pipeline
from buildkite_api.webhooks.events import WebhookEvent

from ..stores.entries import CacheStats, Change, change_of
from ..watching.announcements import event_field
from ._base import AsyncService, Service, blocking
from .addresses import names_build

__all__ = ["AsyncCachedAnswers", "CachedAnswers"]

_ENDS = frozenset({"build.finished", "build.skipped", "job.finished"})
"""Events after which nothing runs any more: what the API answers then may be kept at once."""


class AsyncCachedAnswers(AsyncService):
    """Answers that a client keeps. All clients with the same store share them, and each token has its own."""

    async def handle(self, event: WebhookEvent) -> None:
        """Drop the answers that a webhook event makes wrong.

        An event of a build or a job drops its build, an event of an agent all agents. Other events drop nothing.

        Args:
            event: the event.

        Example:
            >>> def connect(hooks, buildkite) -> None:
            ...     hooks.on("*")(buildkite.cache.handle)

        https://buildkite.com/docs/apis/webhooks
        """
        options = self._requester.options
        change = _change_of_event(event, options.base_url, options.organization)
        if change is not None:
            await self._requester.change(change)

    async def invalidate(self, pipeline: str | Build | Pipeline, number: int | Build | None = None) -> None:
        """Drop the answers about a build, or about a pipeline and all that belongs to it.

        Args:
            pipeline: the pipeline's slug, as `web` or `acme/web`, its URL, or a Pipeline; or a Build or its URL, which needs
                no number.
            number: the build's number, or a Build.

        Example:
            >>> def reread(buildkite, number: int):
            ...     buildkite.cache.invalidate("web", number)
            ...     return buildkite.builds.get("web", number)
        """
        root = self._requester.options.base_url
        at: tuple[object, ...]
        if number is None and not names_build(pipeline, root=root):
            at = self._pipeline_at("cache.invalidate", pipeline)
        else:
            at = self._build_at("cache.invalidate", pipeline, number)
        await self._requester.change(change_of(root, "PATCH", _path(*at)))  # as a PATCH, which changes it at once

    async def clear(self) -> None:
        """Drop all answers of this API, those of other tokens included."""
        await self._requester.change(Change(frozenset({self._requester.options.base_url})))

    @property
    def stats(self) -> CacheStats:
        """Counts of hits, misses, shared answers, entries and bytes, of all clients of this process that share the store.

        Example:
            >>> def ratio(buildkite) -> float:
            ...     stats = buildkite.cache.stats
            ...     return stats.hits / max(1, stats.hits + stats.misses)
        """
        return self._requester.cache_stats


class CachedAnswers(Service[AsyncCachedAnswers]):
    """Answers that a client keeps. All clients with the same store share them, and each token has its own."""

    handle = blocking(AsyncCachedAnswers.handle)
    invalidate = blocking(AsyncCachedAnswers.invalidate)
    clear = blocking(AsyncCachedAnswers.clear)

    @property
    def stats(self) -> CacheStats:
        """Counts of hits, misses, shared answers, entries and bytes, of all clients of this process that share the store.

        Example:
            >>> def ratio(buildkite) -> float:
            ...     stats = buildkite.cache.stats
            ...     return stats.hits / max(1, stats.hits + stats.misses)
        """
        return self._shared.stats


def _change_of_event(event: WebhookEvent, root: str, organization: str | None) -> Change | None:
    """Return what an event changes; None for nothing.

    Args:
        event: the event.
        root: the root of the API.
        organization: the organization of events that don't tell theirs.
    """
    kind = event.event.partition(".")[0]
    if kind not in ("build", "job", "agent"):
        return None
    path = _path_in(event, "agent" if kind == "agent" else "build")
    if path is None and kind == "agent":
        path = f"/v2/organizations/{organization}/agents" if organization else "/v2"
    method = "PATCH" if event.event in _ENDS else "PUT"  # what a PUT changes takes a time to settle
    return change_of(root, method, path or _build_path(event, organization))


def _build_path(event: WebhookEvent, organization: str | None) -> str:
    """Return the path of the build of an event without its URL, or a path that stands for all builds that it may be."""
    pipeline = _path_in(event, "pipeline")
    slug, number = event_field(event, "pipeline", "slug"), event_field(event, "build", "number")
    if pipeline is None:
        if organization is None:
            return "/v2"
        if slug is None:
            return f"/v2/organizations/{organization}/jobs/any"
        pipeline = _path(organization, slug)
    return pipeline if number is None else f"{pipeline}/builds/{number}"


def _path_in(event: WebhookEvent, name: str) -> str | None:
    """Return the path of an object in an event below the root of the API; None if its URL isn't there."""
    url = event_field(event, name, "url")
    path = url.partition("/v2/organizations/")[2] if isinstance(url, str) else ""
    return f"/v2/organizations/{path}" if path else None


def _path(organization: object, pipeline: object, number: object = None) -> str:
    path = f"/v2/organizations/{_quoted(organization)}/pipelines/{_quoted(pipeline)}"
    return path if number is None else f"{path}/builds/{number}"


def _quoted(value: object) -> str:
    return quote(str(value), safe="")
