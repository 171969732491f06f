"""Announcements of builds by webhooks, and what a wait does with them.

A handler of webhooks, in this process or another one that shares the store, announces each build of which an event tells. A
wait is woken by it. It polls all the same, slowly, so a webhook that is lost costs time, and never the result.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from .pacing import PAUSE_WITH_WEBHOOKS, READS_AFTER_WEBHOOK

if TYPE_CHECKING:
    from buildkite_api.webhooks.events import WebhookEvent

    from ..runtime import Signal
    from ..transport.requester import Requester

__all__ = ["AnnouncedPauses", "Announcements", "announced_build", "announced_name", "event_field"]

_ASK_EVERY = 1.0
"""Seconds between two questions to a store that other processes share."""


def announced_name(organization: str, pipeline: str, number: int) -> str:
    """Return the name under which a build is announced.

    Example:
        >>> announced_name("acme", "web", 42)
        'acme/web/42'
    """
    return f"{organization}/{pipeline}/{number}"


def announced_build(event: WebhookEvent, organization: str | None) -> str | None:
    """Return the name of the build of a webhook event about a build; None for any other event.

    Args:
        event: the event.
        organization: the organization of events that don't tell theirs.
    """
    if event.event.partition(".")[0] != "build":
        return None
    url = event_field(event, "build", "url")
    _, _, path = url.partition("/v2/organizations/") if isinstance(url, str) else ("", "", "")
    match path.split("/"):
        case [owner, "pipelines", slug, "builds", number]:
            return f"{owner}/{slug}/{number}"
        case _:
            known = (organization, event_field(event, "pipeline", "slug"), event_field(event, "build", "number"))
            return None if None in known else "/".join(map(str, known))


def event_field(event: WebhookEvent, name: str, field: str) -> object:
    """Return a field of an object in an event, also of an event that this version doesn't know."""
    found = getattr(event, name, None)
    if found is not None:
        return getattr(found, field, None)
    data = event.data.get(name)
    return data.get(field) if isinstance(data, dict) else None


class Announcements:
    """Announcements from now on.

    Args:
        requester: has the store and the runtime.
        receive: called with the name of each build that is announced, from any thread. It mustn't wait.
    """

    def __init__(self, requester: Requester, receive: Callable[[str], None]) -> None:
        self._store = requester.store
        self._runtime = requester.runtime
        self._receive = receive
        self._position: str | None = None
        self.close = self._store.listen(receive)

    async def pause(self, signal: Signal, seconds: float) -> None:
        """Pause for `seconds` at most, and no longer than until the signal is set, which `receive` may do."""
        runtime = self._runtime
        if self._store.is_remote:
            self._position, names = await self._store.announced(self._position, runtime)
            for name in names:
                self._receive(name)
            if names:
                return
        if runtime.real_time:
            await signal.wait(min(seconds, _ASK_EVERY) if self._store.is_remote else seconds)
        else:
            await runtime.sleep(min(seconds, _ASK_EVERY))


class AnnouncedPauses:
    """Pauses of the wait for one build. They are long, and a webhook about the build ends one.

    Args:
        requester: has the store and the runtime.
        pipeline, number: the build.
    """

    def __init__(self, requester: Requester, pipeline: str, number: int) -> None:
        self._name = announced_name(requester.organization, pipeline, number)
        self._runtime = requester.runtime
        self._signal: Signal | None = None
        self._woken = False
        self._soon: Iterator[float] = iter(())
        self._announcements = Announcements(requester, self._receive)
        self._ignore_close = requester.on_close(self._wake)  # the next poll raises ClientClosed

    def close(self) -> None:
        """Listen no longer."""
        self._announcements.close()
        self._ignore_close()

    def lengthened(self, seconds: float) -> float:
        """Return the seconds of the next pause, instead of those without webhooks."""
        return next(self._soon, max(seconds, PAUSE_WITH_WEBHOOKS))

    async def pause(self, seconds: float) -> bool:
        """Pause for `seconds`, or until a webhook tells of the build. Return True if one did."""
        runtime = self._runtime
        ends = runtime.now() + seconds
        while (left := ends - runtime.now()) > 0:
            self._signal = signal = runtime.signal()
            if self._woken:
                break
            await self._announcements.pause(signal, left)
        woken, self._woken = self._woken, False
        if woken:
            self._soon = iter(READS_AFTER_WEBHOOK)  # the API may show the change a little later
        return woken

    def _receive(self, name: str) -> None:
        if name == self._name:
            self._wake()

    def _wake(self) -> None:
        self._woken = True
        if self._signal is not None:
            self._signal.set()
