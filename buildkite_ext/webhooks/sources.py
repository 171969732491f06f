"""Taking deliveries from Buildkite's own addresses only."""

from __future__ import annotations

import asyncio
import contextvars
import inspect
import time
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from typing import Any

import anyio

from ..errors import ConfigurationError
from .addresses import Network, UnknownAddress, client_address, network, networks, within
from .answers import FORWARDED, Head, Refusal
from .headers import Headers, values_of
from .reports import logger
from .runtime.event_loop import keep_alive, register_for_fork, running_loop
from .runtime.thread_pool import ThreadPool

Fetch = Callable[[], Iterable[str]] | Callable[[], Awaitable[Iterable[str]]]
"""Returns networks and addresses, such as `["192.0.2.0/24", "2001:db8::1"]`; sync or async."""

_LONGEST = 4096


class SourceAddresses:
    """Buildkite's addresses, for `WebhookHandler(sources=SourceAddresses())`: from others, nothing is taken.

    They are asked for when the first delivery comes, and asked for again while deliveries go on to be checked with the
    ones that are known. Where none were ever had, deliveries are answered 503.

    It comes on top of a signature, which proves more: an address is worth what your proxies are. A proxy must be in
    `trusted_proxies` for its `X-Forwarded-For` to be believed, and must add to that header, or replace it. A server that
    believes it from anybody, as uvicorn does with `--forwarded-allow-ips='*'`, makes the check worth nothing. Servers of
    WSGI give `X_Forwarded_For` the same name: gunicorn (since 22), waitress, Werkzeug and mod_wsgi drop it; for uWSGI the
    proxy must, as nginx does.

    Args:
        fetch: where the addresses come from; `GET /v2/meta` of Buildkite when left out, which needs no token.
        refresh: seconds after which they are asked for again.
        retry: seconds to wait after that failed.
        timeout: seconds that it may take.
        trusted_proxies: the networks of your own proxies; `unix:` for connections without an address, which those of a
            Unix socket are, and those by an AWS Application Load Balancer.
        clock: seconds on a scale that never goes back.

    Raises:
        ConfigurationError: a number that makes no sense, or a proxy that is no network.

    Example:
        >>> sources = SourceAddresses(lambda: ["192.0.2.0/24"], trusted_proxies=["10.0.0.0/8"])
        >>> from buildkite_ext.webhooks import WebhookHandler
        >>> hooks = WebhookHandler(secret="s3cret", sources=sources)

    Documentation: https://buildkite.com/docs/apis/rest-api/meta
    """

    def __init__(
        self,
        fetch: Fetch | None = None,
        *,
        refresh: float = 3600.0,
        retry: float = 60.0,
        timeout: float = 10.0,
        trusted_proxies: Iterable[str] = (),
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        for name, number in (("refresh", refresh), ("retry", retry), ("timeout", timeout)):
            if not number > 0:
                raise ConfigurationError(f"{name}={number!r}: give seconds above 0")
        self._fetch: Fetch = fetch if fetch is not None else ask_buildkite
        self._refresh = refresh
        self._retry = retry
        self._timeout = timeout
        self._trusted = networks(trusted_proxies)
        self._clock = clock
        self._threads = ThreadPool(1)
        self._known: tuple[Network, ...] = ()
        self._due = clock()
        self._asking: asyncio.Task[None] | None = None
        self._turn = anyio.Lock()
        register_for_fork(self)

    def __repr__(self) -> str:
        return f"SourceAddresses(refresh={self._refresh:g}, known={len(self._known)})"

    def reset_after_fork(self) -> None:
        keep_alive(self._asking)
        self._asking = None

    async def check(self, head: Head) -> None:
        """Check where a request comes from.

        Raises:
            Refusal: not from an address of Buildkite's (403), or those could not be had yet (503).
        """
        try:
            found = client_address(head.client, _forwarded(head.headers), self._trusted)
        except UnknownAddress as error:
            raise _refused(f"where it comes from is unknown: {error}") from None
        await self._keep_fresh()
        if not self._known:
            message = "Buildkite's addresses could not be had yet"
            raise Refusal(503, "unavailable", message, "Not now.", {"Retry-After": "30"})
        if not within(found, self._known):
            raise _refused(f"it comes from {found}, which is none of Buildkite's addresses")

    async def _keep_fresh(self) -> None:
        loop = running_loop()
        if loop is None:
            # On trio a request can't leave a task behind: one of them asks, and the others wait for it.
            async with self._turn:
                if self._clock() >= self._due:
                    await self._ask()
            return
        asking = self._asking
        if asking is None or asking.done() or asking.get_loop() is not loop:
            if self._clock() < self._due:
                return
            # A task, in a context of its own: it is nobody's request, and no request's end may end it.
            context = contextvars.Context()
            asking = self._asking = loop.create_task(self._ask(), name="buildkite-meta", context=context)
        if not self._known:
            await asyncio.shield(asking)

    async def _ask(self) -> None:
        try:
            with anyio.fail_after(self._timeout):
                known = _readable(await self._answer())
        except Exception as error:
            # Not the error's text: a fetch of the user's may put a password there.
            logger.error(
                "Buildkite's addresses could not be had (%s); again in %g s", type(error).__name__, self._retry
            )
            self._due = self._clock() + self._retry
        else:
            self._known = known
            self._due = self._clock() + self._refresh

    async def _answer(self) -> Iterable[str]:
        fetch: Callable[[], Any] = self._fetch
        answer: Any = fetch() if inspect.iscoroutinefunction(fetch) else await self._threads.run(fetch)
        texts: Iterable[str] = await answer if inspect.isawaitable(answer) else answer
        return texts


async def ask_buildkite(base_url: str = "https://api.buildkite.com") -> Iterable[str]:
    """The addresses that `GET /v2/meta` names."""
    from buildkite_api.api.meta import get_meta
    from buildkite_api.client import Client
    from buildkite_api.models import Meta

    async with Client(base_url) as client:
        answer = await get_meta.asyncio(client=client)
    if not isinstance(answer, Meta):
        raise ValueError("Buildkite refused to name its addresses")
    return answer.webhook_ips


def _readable(texts: Iterable[str]) -> tuple[Network, ...]:
    known: list[Network] = []
    for text in texts:
        with suppress(ValueError, AttributeError):
            known.append(network(text))
    if not known:
        raise ValueError("there are no addresses")
    return tuple(known)


def _forwarded(headers: Headers) -> list[str]:
    texts = [each.decode("latin-1") if isinstance(each, bytes) else str(each) for each in values_of(headers, FORWARDED)]
    return texts if sum(map(len, texts)) <= _LONGEST else ["oversized"]


def _refused(message: str) -> Refusal:
    return Refusal(403, "source", message, "Forbidden")
