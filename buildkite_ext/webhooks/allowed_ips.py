"""Allowed IP addresses: deliveries from Buildkite's own addresses only, also behind proxies."""

from __future__ import annotations

import asyncio
import contextvars
import inspect
import ipaddress
import re
import time
from collections.abc import Awaitable, Callable, Collection, Iterable, Sequence
from contextlib import suppress
from typing import Any

import anyio

from .._forks import keep_inherited, reset_after_fork
from .._unfinished import shown_unfinished
from ..errors import ConfigurationError
from .events import logger
from .http import FORWARDED, ReceivedHeaders, Refusal, RequestHead
from .runtime.event_loop import running_loop
from .runtime.thread_pool import ThreadPool

__all__ = [
    "UNIX",
    "Address",
    "AddressUnknown",
    "AllowedIPs",
    "Fetch",
    "Network",
    "client_address",
    "fetch_allowed_ips",
    "is_within",
    "parse_address",
    "parse_network",
    "parse_networks",
]

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

Fetch = Callable[[], Iterable[str]] | Callable[[], Awaitable[Iterable[str]]]
"""A sync or async function that returns networks and addresses, such as `["192.0.2.0/24", "2001:db8::1"]`."""

UNIX = "unix:"
"""Trusted proxy that stands for all connections without an address, such as those of a Unix socket."""

_LONGEST_FORWARDED = 4096
_LONGEST_ADDRESS = 64
_MAPPED_PREFIX = 96
_WITH_PORT = re.compile(r"\[([0-9A-Fa-f:.]{2,45})\](?::[0-9]{1,5})?|([0-9.]{7,15}):[0-9]{1,5}")


class AllowedIPs:
    """Buildkite's addresses, for `WebhookHandler(allowed_ips=AllowedIPs())`: requests from others are refused.

    The addresses are fetched when the first delivery comes. Later they are fetched again in the background, while
    deliveries are checked with the known ones. If they could never be fetched, deliveries are answered 503.

    Use this in addition to a signature, which is stronger: an address is only as reliable as your proxies. To use the
    `X-Forwarded-For` of a proxy, name the proxy in `trusted_proxies`; the proxy must add to that header, or replace it. A
    server that trusts the header from all clients, such as uvicorn with `--forwarded-allow-ips='*'`, makes the check
    useless. WSGI servers give `X_Forwarded_For` the same name: gunicorn (since 22), waitress, Werkzeug and mod_wsgi drop
    it; for uWSGI the proxy must drop it, as nginx does.

    Args:
        fetch: returns the addresses; by default `GET /v2/meta` of Buildkite, which needs no token.
        refresh: seconds after which they are fetched again.
        retry: seconds to wait after a failed fetch.
        timeout: seconds within which a fetch must end.
        trusted_proxies: the networks of your own proxies; `unix:` for connections without an address, such as those of a
            Unix socket or of an AWS Application Load Balancer.
        clock: returns monotonic seconds.

    Raises:
        ConfigurationError: a number that isn't above 0, or a proxy that isn't a network.

    Example:
        >>> allowed = AllowedIPs(lambda: ["192.0.2.0/24"], trusted_proxies=["10.0.0.0/8"])
        >>> from buildkite_ext.webhooks import WebhookHandler
        >>> hooks = WebhookHandler(secret="s3cret", allowed_ips=allowed)

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
        self._fetch: Fetch = fetch if fetch is not None else fetch_allowed_ips
        self._refresh = refresh
        self._retry = retry
        self._timeout = timeout
        self._trusted = parse_networks(trusted_proxies)
        self._clock = clock
        self._threads = ThreadPool(1)
        self._known: tuple[Network, ...] = ()
        self._due = clock()
        self._fetching: asyncio.Task[None] | None = None
        self._lock = anyio.Lock()
        reset_after_fork(self)

    @shown_unfinished
    def __repr__(self) -> str:
        return f"AllowedIPs(refresh={self._refresh:g}, known={len(self._known)})"

    def _reset_after_fork(self) -> None:
        """Forget the task that fetches, which runs in the parent process only."""
        keep_inherited(self._fetching)
        self._fetching = None

    async def check(self, head: RequestHead) -> None:
        """Check the address that a request comes from.

        Raises:
            Refusal: it isn't one of Buildkite's addresses (403), or those are not known yet (503).
        """
        try:
            found = client_address(head.client, _forwarded(head.headers), self._trusted)
        except AddressUnknown as error:
            raise _refused(f"its address is unknown: {error}") from None
        await self._keep_fresh()
        if not self._known:
            message = "Buildkite's addresses could not be fetched yet"
            raise Refusal(503, "unavailable", message, "Not now.", {"Retry-After": "30"})
        if not is_within(found, self._known):
            raise _refused(f"it comes from {found}, which isn't one of Buildkite's addresses")

    async def _keep_fresh(self) -> None:
        loop = running_loop()
        if loop is None:
            # On trio a request can't start a background task: one request fetches, the others wait for it.
            async with self._lock:
                if self._clock() >= self._due:
                    await self._refetch()
            return
        fetching = self._fetching
        if fetching is None or fetching.done() or fetching.get_loop() is not loop:
            if self._clock() < self._due:
                return
            # A task in an empty context: it belongs to no request, and doesn't end with one.
            context = contextvars.Context()
            fetching = self._fetching = loop.create_task(self._refetch(), name="buildkite-meta", context=context)
        if not self._known:
            await asyncio.shield(fetching)

    async def _refetch(self) -> None:
        try:
            with anyio.fail_after(self._timeout):
                known = _valid_networks(await self._call_fetch())
        except Exception as error:
            # The error's text isn't logged: a user's `fetch` may put a password into it.
            logger.error(
                "Buildkite's addresses could not be fetched (%s); trying again in %g s",
                type(error).__name__,
                self._retry,
            )
            self._due = self._clock() + self._retry
        else:
            self._known = known
            self._due = self._clock() + self._refresh

    async def _call_fetch(self) -> Iterable[str]:
        fetch: Callable[[], Any] = self._fetch
        result: Any = fetch() if inspect.iscoroutinefunction(fetch) else await self._threads.run(fetch)
        texts: Iterable[str] = await result if inspect.isawaitable(result) else result
        return texts


async def fetch_allowed_ips(base_url: str = "https://api.buildkite.com") -> Iterable[str]:
    """Fetch the addresses that `GET /v2/meta` lists.

    Raises:
        ValueError: Buildkite answered with an error.
    """
    from buildkite_api.api.meta import get_meta
    from buildkite_api.client import Client
    from buildkite_api.models import Meta

    async with Client(base_url) as client:
        answer = await get_meta.asyncio(client=client)
    if not isinstance(answer, Meta):
        raise ValueError("GET /v2/meta did not answer with Buildkite's addresses")
    return answer.webhook_ips


def _valid_networks(texts: Iterable[str]) -> tuple[Network, ...]:
    known: list[Network] = []
    for text in texts:
        with suppress(ValueError, AttributeError):
            known.append(parse_network(text))
    if not known:
        raise ValueError("there are no addresses")
    return tuple(known)


def _forwarded(headers: ReceivedHeaders) -> list[str]:
    values = headers.get(FORWARDED, [])
    texts = [each.decode("latin-1") if isinstance(each, bytes) else str(each) for each in values]
    return texts if sum(map(len, texts)) <= _LONGEST_FORWARDED else ["oversized"]


def _refused(message: str) -> Refusal:
    return Refusal(403, "source", message, "Forbidden")


# --- Addresses and networks -------------------------------------------------------------------------------------------


class AddressUnknown(ValueError):
    """The address of a client can't be told."""


def client_address(peer: str | None, forwarded: Sequence[str], trusted: Collection[Network | str]) -> Address:
    """Return the address of the client that sent a request.

    Each proxy adds the address that called it to the right of `X-Forwarded-For`. Any client can send that header, so only
    the entries that trusted proxies wrote are used.

    Args:
        peer: the address that the connection comes from; None if it has none, as on a Unix socket.
        forwarded: the values of `X-Forwarded-For`, in the order in which they came.
        trusted: the networks of the trusted proxies; `UNIX` for connections without an address.

    Returns:
        The first address from the right that isn't a trusted proxy's; the leftmost if all are.

    Raises:
        AddressUnknown: the connection has no address, or a trusted proxy wrote an entry that isn't an address.

    Example:
        >>> str(client_address("10.0.0.2", ["6.6.6.6, 192.0.2.7"], parse_networks(["10.0.0.0/8"])))
        '192.0.2.7'
        >>> str(client_address("192.0.2.7", ["6.6.6.6"], parse_networks(["10.0.0.0/8"])))
        '192.0.2.7'

    Documentation: https://developer.mozilla.org/en-US/docs/Web/HTTP/Reference/Headers/X-Forwarded-For
    """
    found: Address | None = None
    if peer:
        found = parse_address(peer)
        if not is_within(found, trusted):
            return found
    elif UNIX not in trusted:
        raise AddressUnknown("the connection has no address")
    for entry in reversed(",".join(forwarded).split(",") if forwarded else []):
        found = parse_address(entry)
        if not is_within(found, trusted):
            return found
    if found is None:
        raise AddressUnknown("the proxy names no address")
    return found


def parse_address(text: str) -> Address:
    """Parse an address as servers and proxies write it, also with a port. IPv4 in IPv6 becomes IPv4.

    Raises:
        AddressUnknown: the text isn't an address.

    Example:
        >>> parse_address("::ffff:192.0.2.7"), parse_address(" [2001:db8::1]:443")
        (IPv4Address('192.0.2.7'), IPv6Address('2001:db8::1'))
    """
    text = text.strip(" \t")
    form = _WITH_PORT.fullmatch(text)
    if form is not None:
        text = form[1] or form[2]
    try:
        # Bounded, because an invalid entry may be as long as a header.
        found = ipaddress.ip_address(text if len(text) <= _LONGEST_ADDRESS else "")
    except ValueError:
        raise AddressUnknown("an entry isn't an address") from None
    return (found.ipv4_mapped or found) if isinstance(found, ipaddress.IPv6Address) else found


def parse_networks(texts: Iterable[str]) -> tuple[Network | str, ...]:
    """Parse the networks of trusted proxies. An address becomes a network of one, `UNIX` stays as it is.

    Raises:
        ConfigurationError: a text is neither a network, an address nor `UNIX`.

    Example:
        >>> parse_networks(["192.0.2.0/24", "2001:db8::1"])
        (IPv4Network('192.0.2.0/24'), IPv6Network('2001:db8::1/128'))
    """
    if isinstance(texts, str):
        raise ConfigurationError(f"trusted_proxies={texts!r}: give several networks, as a list or a tuple")
    try:
        return tuple(UNIX if text == UNIX else parse_network(text) for text in texts)
    except ValueError as error:
        raise ConfigurationError(f"trusted_proxies: {error}; give networks such as 10.0.0.0/8, or addresses") from None


def parse_network(text: str) -> Network:
    """Parse a network. An address becomes a network of one, IPv4 in IPv6 becomes IPv4.

    Raises:
        ValueError: the text isn't a network.
    """
    found = ipaddress.ip_network(text.strip(), strict=False)
    mapped = found.network_address.ipv4_mapped if isinstance(found, ipaddress.IPv6Network) else None
    if mapped is not None and found.prefixlen >= _MAPPED_PREFIX:
        return ipaddress.IPv4Network((mapped, found.prefixlen - _MAPPED_PREFIX))
    return found


def is_within(found: Address, among: Iterable[Network | str]) -> bool:
    """Return True if an address is in one of the networks."""
    return any(not isinstance(each, str) and found.version == each.version and found in each for each in among)
