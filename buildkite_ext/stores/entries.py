"""Entries: answers that are kept for a while, how long each kind of them is, and which changes drop them.

An answer is marked with tags for the resources that it tells of. A change names the tags of what it changes, and drops every
answer that has one of them. Each change also gives its tags a new version: an answer whose request began at an older version is
neither kept nor shared.
"""

from __future__ import annotations

from collections import OrderedDict, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import unquote

from msgspec import Struct
from msgspec.structs import replace

from ..clock import check_seconds
from ..errors import ConfigurationError

if TYPE_CHECKING:
    import httpx

__all__ = [
    "CACHED",
    "COALESCED",
    "Cache",
    "CacheStats",
    "Change",
    "Entries",
    "Entry",
    "Found",
    "change_of",
    "tags_of",
]

CACHED: Mapping[str, str] = {
    "list_pipelines": "pipelines",
    "get_pipeline": "pipelines",
    "get_build": "builds",
    "list_clusters": "clusters",
    "get_cluster": "clusters",
    "list_cluster_queues": "clusters",
    "get_cluster_queue": "clusters",
    "list_agents": "agents",
    "get_agent": "agents",
}
"""The operations whose answers may be kept, and the field of `Cache` with the time for which they are."""

COALESCED: frozenset[str] = frozenset(CACHED) | {
    "list_builds",
    "list_organization_builds",
    "list_pipeline_builds",
    "list_build_jobs",
    "get_build_job",
    "get_job",
    "list_build_annotations",
    "list_build_job_annotations",
    "list_job_annotations",
    "list_build_artifacts",
    "list_build_job_artifacts",
    "list_job_artifacts",
    "get_build_job_artifact",
    "get_job_artifact",
    "list_pipeline_schedules",
    "get_pipeline_schedule",
    "list_organizations",
    "get_organization",
    "get_current_user",
    "get_meta",
}
"""The operations whose requests may share an answer while it is on its way. Logs, environments and files aren't among them."""

_SETTLING = 30.0
"""Seconds for which nothing is kept of what a change reopens: Buildkite retries jobs in the background, and its webhooks may
come before its API shows what they tell."""

_REMEMBERED = 10_000
"""Maximum of tags whose version is remembered."""

_OVERHEAD = 500
"""Bytes of an entry beside its body and headers, roughly."""

_MOMENTARY = frozenset({b"set-cookie", b"age", b"date"})
"""Headers, beside those of the rate limits, that are true at the moment of the answer alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cache:
    """Policy of a client's cache: for how long answers are kept, and how many. 0 seconds keep none of a kind.

    Attributes:
        pipelines: seconds for pipelines and their lists.
        builds: seconds for builds that have finished. A blocked build hasn't. All other builds are always asked for.
        clusters: seconds for clusters, queues and their lists.
        agents: seconds for agents and their lists.
        entries: maximum of answers. Those that were not used for the longest time go first.
        bytes: maximum of bytes of all answers.

    Example:
        >>> Cache(builds=3600, agents=0).pipelines
        300.0
    """

    pipelines: float = 300.0
    builds: float = 1800.0
    clusters: float = 600.0
    agents: float = 60.0
    entries: int = 500
    bytes: int = 64 * 1024 * 1024

    def __post_init__(self) -> None:
        for name in ("pipelines", "builds", "clusters", "agents"):
            check_seconds(name, getattr(self, name), zero=True)
        for name in ("entries", "bytes"):
            number = getattr(self, name)
            if isinstance(number, bool) or not isinstance(number, int) or number < 1:
                raise ConfigurationError(f"{name}={number!r}: give a whole number of 1 or more.")

    def seconds(self, operation: str) -> float:
        """Return the seconds for which answers of an operation are kept, by its id.

        Example:
            >>> Cache().seconds("get_pipeline"), Cache().seconds("get_job_log")
            (300.0, 0.0)
        """
        field = CACHED.get(operation)
        return 0.0 if field is None else float(getattr(self, field))


@dataclass(frozen=True, slots=True)
class CacheStats:
    """Counts of a cache.

    Attributes:
        hits: calls that were answered from it.
        misses: calls that it might have answered, but had no answer for.
        shared: calls that got the answer to an identical request that was on its way.
        entries: answers that it holds.
        bytes: bytes of these answers.
    """

    hits: int = 0
    misses: int = 0
    shared: int = 0
    entries: int = 0
    bytes: int = 0


class Change(Struct, frozen=True):
    """What changes.

    Attributes:
        tags: the tags of the answers that it drops.
        settling: seconds for which no answers with these tags are kept.
    """

    tags: frozenset[str]
    settling: float = 0.0

    def unknown(self) -> Change:
        """Return the change by a request of which nobody knows whether it will still act, since its answer was lost."""
        return replace(self, settling=_SETTLING)


class Entry(Struct, frozen=True):
    """Answer that is kept.

    Attributes:
        headers: its headers, without those that were true at its moment alone.
        content: its body.
        sent: the time at which its request was sent.
        expires: the time until which it is kept.
    """

    headers: tuple[tuple[bytes, bytes], ...]
    content: bytes
    sent: float
    expires: float

    @classmethod
    def of(cls, response: httpx.Response, *, sent: float, seconds: float) -> Entry:
        """Return the entry of an answer."""
        headers = tuple(pair for pair in response.headers.raw if not _is_momentary(pair[0].lower()))
        return cls(headers, response.content, sent, sent + seconds)

    @property
    def size(self) -> int:
        """Bytes that it takes, roughly."""
        return len(self.content) + sum(len(name) + len(value) for name, value in self.headers) + _OVERHEAD


class Found(Struct, frozen=True):
    """What a store has for a request.

    Attributes:
        entry: the answer; None if there is none.
        version: the version of its tags. It is told when the answer to the request is kept or shared.
    """

    entry: Entry | None
    version: int


def tags_of(root: str, path: str) -> tuple[str, ...]:
    """Return the tags of what the answer to a GET tells of. A change with one of them makes the answer wrong.

    The first is the tag of the resource itself, which every change has that concerns only it.

    Args:
        root: the root of the API.
        path: the path below it, percent-encoded.

    Example:
        >>> tags_of("", "/v2/organizations/acme/pipelines/web")
        ('/acme/pipelines/web', '/acme', '')
    """
    match _segments(path):
        case ["organizations", slug, *below]:
            org = f"{root}/{slug}"
            return *_tags_within(org, below), org, root
        case ["builds"]:
            return f"{root}/builds", root
    return (root,)


def _tags_within(org: str, below: list[str]) -> tuple[str, ...]:
    match below:
        case ["pipelines", pipeline, "builds", number, *_]:
            return f"{org}/pipelines/{pipeline}/builds/{number}", f"{org}/pipelines/{pipeline}", f"{org}/builds/*"
        case ["pipelines", pipeline, "builds"]:
            return f"{org}/builds", f"{org}/pipelines/{pipeline}"
        case ["pipelines" | "clusters" as kind, name, *_]:
            return (f"{org}/{kind}/{name}",)
        case [kind, *_]:  # lists; agents, which change together; and jobs, whose builds aren't told
            return (f"{org}/{kind}",)
    return ()


def change_of(root: str, method: str, path: str) -> Change:
    """Return what a write may change.

    A write below a build changes that build, and the lists of builds. Everything else below a pipeline or a cluster
    changes that, and the lists that contain it. What has no rule changes the whole organization.

    Args:
        root: the root of the API.
        method: the HTTP method.
        path: the path below the root, percent-encoded.

    Example:
        >>> sorted(change_of("", "POST", "/v2/organizations/acme/clusters/c1/queues").tags)
        ['/acme/clusters', '/acme/clusters/c1']
    """
    match _segments(path):
        case ["packages" | "analytics", *_]:
            return Change(frozenset())
        case ["organizations", slug, *below]:
            org = f"{root}/{slug}"
            lists = {f"{org}/builds", f"{root}/builds"}
            settling = _SETTLING if method == "PUT" else 0.0  # cancel, rebuild, retry, unblock
            match below:
                case ["pipelines", pipeline, "builds", number, *_]:
                    build = f"{org}/pipelines/{pipeline}/builds/{number}"
                    return Change(frozenset({build, f"{org}/jobs", *lists}), settling)
                case ["pipelines", _, "builds"]:
                    return Change(frozenset(lists))
                case ["jobs", *_]:  # of which build isn't known
                    return Change(frozenset({f"{org}/builds/*", f"{org}/jobs", *lists}), settling)
                case ["pipelines", pipeline, *_]:
                    return Change(frozenset({f"{org}/pipelines/{pipeline}", f"{org}/pipelines", *lists}))
                case ["clusters", cluster, _, *_]:
                    return Change(frozenset({f"{org}/clusters/{cluster}", f"{org}/clusters"}))
                case ["clusters", cluster] if method != "DELETE":
                    return Change(frozenset({f"{org}/clusters/{cluster}", f"{org}/clusters"}))
                case ["pipelines" | "clusters" as kind]:
                    return Change(frozenset({f"{org}/{kind}"}))
                case ["agents", *_]:
                    return Change(frozenset({f"{org}/agents"}))
            return Change(frozenset({org, *lists}))
    return Change(frozenset({root}))


class Entries:
    """Answers, with a bound on their number and their bytes, and the versions of their tags. It has no lock.

    Args:
        remembered: maximum of tags whose version is remembered.
    """

    def __init__(self, *, remembered: int = _REMEMBERED) -> None:
        self._remembered = remembered
        self._entries: OrderedDict[str, tuple[Entry, frozenset[str]]] = OrderedDict()
        self._keys: defaultdict[str, set[str]] = defaultdict(set)
        self._versions: OrderedDict[str, tuple[int, float]] = OrderedDict()
        self._version = 0
        self._oldest = (0, 0.0)
        self._bytes = self._hits = self._misses = 0

    @property
    def stats(self) -> CacheStats:
        """Counts of hits, misses, entries and bytes."""
        return CacheStats(hits=self._hits, misses=self._misses, entries=len(self._entries), bytes=self._bytes)

    def find(self, key: str, tags: frozenset[str], now: float, *, seconds: float) -> Found:
        """Return what there is for a request, if it isn't older than some seconds. 0 asks for the version alone."""
        version = self._state(tags)[0]
        if seconds <= 0:
            return Found(None, version)
        held = self._entries.get(key)
        if held is not None:
            entry = held[0]
            if now < entry.expires and now - entry.sent < seconds:
                self._entries.move_to_end(key)
                self._hits += 1
                return Found(entry, version)
            if now >= entry.expires:
                self._remove(key)
        self._misses += 1
        return Found(None, version)

    def keep(self, key: str, tags: frozenset[str], entry: Entry, version: int, policy: Cache) -> None:
        """Keep an answer whose request began at a version, unless something has changed since, or a later answer is kept."""
        current, settles = self._state(tags)
        held = self._entries.get(key)
        if version != current or entry.sent < settles or (held is not None and held[0].sent > entry.sent):
            return
        if held is not None:
            self._remove(key)
        if entry.size > policy.bytes:
            return
        self._entries[key] = entry, tags
        self._bytes += entry.size
        for tag in tags:
            self._keys[tag].add(key)
        while self._entries and (len(self._entries) > policy.entries or self._bytes > policy.bytes):
            self._remove(next(iter(self._entries)))

    def change(self, change: Change, now: float) -> None:
        """Drop the answers with a tag of a change, and give its tags a new version."""
        self._version += 1
        for tag in change.tags:
            for key in list(self._keys.get(tag, ())):
                self._remove(key)
            settles = max(now + change.settling, self._versions.get(tag, self._oldest)[1])
            self._versions[tag] = self._version, settles
            self._versions.move_to_end(tag)
        while len(self._versions) > self._remembered:
            version, settles = self._versions.pop(next(iter(self._versions)))
            self._oldest = version, max(settles, self._oldest[1])

    def _state(self, tags: frozenset[str]) -> tuple[int, float]:
        """Return the version of tags, and the time until which they settle."""
        states = [self._oldest, *(state for tag in tags if (state := self._versions.get(tag)) is not None)]
        return max(version for version, _ in states), max(settles for _, settles in states)

    def _remove(self, key: str) -> None:
        """Remove an answer, unless the handler of a signal has, which came while this thread was changing something."""
        entry, tags = self._entries.pop(key, (None, frozenset[str]()))
        if entry is not None:
            self._bytes -= entry.size
        for tag in tags:
            keys = self._keys[tag]
            keys.discard(key)
            if not keys:
                self._keys.pop(tag, None)


def _is_momentary(header: bytes) -> bool:
    return header in _MOMENTARY or header.startswith(b"ratelimit-")


def _segments(path: str) -> list[str]:
    """Return the parts of a path behind its first, `v2`. They are in lower case, since some resources are found in either."""
    return [unquote(part).lower() for part in path.split("/") if part][1:]
