"""Hosts of a served simulator: the names by which it may be addressed, and the web pages that may send requests to it.

Any web page can make a browser send requests to this computer, and a page whose host name is made to stand for 127.0.0.1 (DNS
rebinding) can read the answers. Both show in the headers: `Host` names the page's host, `Origin` names the page.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import lru_cache
from ipaddress import ip_address
from urllib.parse import urlsplit

from .api.request import RefusedRequest

__all__ = ["AllowedHosts"]

_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


class AllowedHosts:
    """Hosts that requests may name.

    `Host` may name this computer, any IP address, the host of the simulator's own URL, or a given name: an IP address is
    never the host of a page that DNS rebinding has led here. `Origin` may name the same, but no other IP address.

    Args:
        given: further names, without scheme and port; `"*"` allows every host.
        own_url: returns the simulator's own URL.

    Raises:
        TypeError: `given` is a single string.
        ValueError: a name has a scheme, a port or a path.

    Example:
        >>> hosts = AllowedHosts(["sim.test"], lambda: "http://127.0.0.1:8080")
        >>> hosts.check([(b"host", b"sim.test:8080"), (b"origin", b"http://localhost:3000")])
    """

    def __init__(self, given: Iterable[str], own_url: Callable[[], str]) -> None:
        if isinstance(given, str):
            raise TypeError(f"allowed_hosts={given!r} is one string: give a list of names, such as [{given!r}]")
        self._given = frozenset(_checked(name) for name in given)
        self._own_url = own_url

    def check(self, headers: Iterable[tuple[bytes, bytes]]) -> None:
        """Check the headers of a request.

        Raises:
            RefusedRequest: they name a host that isn't allowed.
        """
        if "*" in self._given:
            return
        for given, raw in headers:
            name = given.lower()
            if name == b"host" and not self._allows(host := _host(f"//{raw.decode('latin-1')}"), addresses=True):
                raise _refused(f"The simulator isn't known as {host!r}, which the request's Host header names", host)
            if name == b"origin" and not self._allows(host := _host(raw.decode("latin-1")), addresses=False):
                raise _refused(f"The simulator takes no requests from web pages of {raw.decode('latin-1')!r}", host)

    def _allows(self, host: str, *, addresses: bool) -> bool:
        if host in _LOOPBACK or host in self._given or host.endswith(".localhost"):
            return True
        return host == _host(self._own_url()) or (addresses and _is_address(host))


def _refused(said: str, host: str) -> RefusedRequest:
    named = host or "NAME"
    return RefusedRequest(
        403, f"{said}. To allow it, serve the simulator with allowed_hosts=[{named!r}] or --allow-host {named}"
    )


def _checked(name: str) -> str:
    plain = name.strip("[]").lower()
    if plain == "*" or _is_address(plain) or (plain.split() == [plain] and _host(f"//{plain}") == plain):
        return plain
    raise ValueError(f"allowed_hosts: {name!r} isn't the name of a host alone; leave out scheme, port and path")


@lru_cache(maxsize=64)
def _host(url: str) -> str:
    """Return the host of a URL in lower case; an empty string where there is none."""
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True
