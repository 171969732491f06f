"""Which address a request comes from: a pure question of its connection and of what proxies wrote down."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Collection, Iterable, Sequence

from ..errors import ConfigurationError

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

UNIX = "unix:"
"""Among trusted proxies: connections that have no address, such as those of a Unix socket."""

_WITH_PORT = re.compile(r"\[([0-9A-Fa-f:.]{2,45})\](?::[0-9]{1,5})?|([0-9.]{7,15}):[0-9]{1,5}")
_LONGEST = 64
_MAPPED = 96


class UnknownAddress(ValueError):
    """Where a request comes from can't be told."""


def client_address(peer: str | None, forwarded: Sequence[str], trusted: Collection[Network | str]) -> Address:
    """The address of whoever sent a request.

    Each proxy adds the address that it was called from to the right of `X-Forwarded-For`, and anybody can begin a
    request with such a header: so it is believed only as far as trusted proxies wrote it.

    Args:
        peer: the address that the connection comes from; None where it has none, as that of a Unix socket.
        forwarded: the values of `X-Forwarded-For`, in the order in which they came.
        trusted: the networks of the proxies that are trusted; `UNIX` for connections without an address.

    Returns:
        The first address, from the right, that is no trusted proxy's; the leftmost where all are.

    Raises:
        UnknownAddress: the connection has no address, or what a trusted proxy wrote is none.

    Example:
        >>> str(client_address("10.0.0.2", ["6.6.6.6, 192.0.2.7"], networks(["10.0.0.0/8"])))
        '192.0.2.7'
        >>> str(client_address("192.0.2.7", ["6.6.6.6"], networks(["10.0.0.0/8"])))
        '192.0.2.7'

    Documentation: https://developer.mozilla.org/en-US/docs/Web/HTTP/Reference/Headers/X-Forwarded-For
    """
    found: Address | None = None
    if peer:
        found = address(peer)
        if not within(found, trusted):
            return found
    elif UNIX not in trusted:
        raise UnknownAddress("the connection has no address")
    for entry in reversed(",".join(forwarded).split(",") if forwarded else []):
        found = address(entry)
        if not within(found, trusted):
            return found
    if found is None:
        raise UnknownAddress("the proxy names no address")
    return found


def address(text: str) -> Address:
    """An address as servers and proxies write it, also with a port; IPv4 where IPv6 only wraps it.

    Raises:
        UnknownAddress: it is none.

    Example:
        >>> address("::ffff:192.0.2.7"), address(" [2001:db8::1]:443")
        (IPv4Address('192.0.2.7'), IPv6Address('2001:db8::1'))
    """
    text = text.strip(" \t")
    form = _WITH_PORT.fullmatch(text)
    if form is not None:
        text = form[1] or form[2]
    try:
        # The bound: an address that is none may be as long as a header.
        found = ipaddress.ip_address(text if len(text) <= _LONGEST else "")
    except ValueError:
        raise UnknownAddress("an entry is no address") from None
    return (found.ipv4_mapped or found) if isinstance(found, ipaddress.IPv6Address) else found


def networks(texts: Iterable[str]) -> tuple[Network | str, ...]:
    """Networks, and addresses as networks of one.

    Raises:
        ConfigurationError: a text is neither, nor `UNIX`.

    Example:
        >>> networks(["192.0.2.0/24", "2001:db8::1"])
        (IPv4Network('192.0.2.0/24'), IPv6Network('2001:db8::1/128'))
    """
    if isinstance(texts, str):
        raise ConfigurationError(f"{texts!r}: give several networks, as a list or a tuple")
    try:
        return tuple(UNIX if text == UNIX else network(text) for text in texts)
    except ValueError as error:
        raise ConfigurationError(f"trusted_proxies: {error}; give networks such as 10.0.0.0/8, or addresses") from None


def network(text: str) -> Network:
    """A network, or an address as a network of one; that of IPv4 where IPv6 only wraps it.

    Raises:
        ValueError: it is neither.
    """
    found = ipaddress.ip_network(text.strip(), strict=False)
    mapped = found.network_address.ipv4_mapped if isinstance(found, ipaddress.IPv6Network) else None
    if mapped is not None and found.prefixlen >= _MAPPED:
        return ipaddress.IPv4Network((mapped, found.prefixlen - _MAPPED))
    return found


def within(found: Address, among: Iterable[Network | str]) -> bool:
    """Whether an address is in any of the networks."""
    return any(not isinstance(each, str) and found.version == each.version and found in each for each in among)
