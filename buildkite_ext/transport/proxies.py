"""Proxies of the environment: HTTP_PROXY, HTTPS_PROXY, ALL_PROXY and NO_PROXY, by the rules of httpx."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from importlib.util import find_spec
from urllib.request import getproxies

import httpx
from msgspec import Struct

from ..errors import ConfigurationError

__all__ = ["ProxyRules"]

_SCHEMES = ("http", "https", "all")


class _Rule(Struct, frozen=True):
    """Entry of the environment: addresses, and the proxy for them."""

    scheme: str
    host: str
    port: int | None
    proxy: httpx.Proxy | None
    """None: these addresses are reached directly."""
    fault: str | None = None
    """Reason why the entry can't be used."""

    def __repr__(self) -> str:
        return f"_Rule({self.scheme!r}, {self.host!r}, {self.port!r})"  # a proxy has credentials

    @property
    def priority(self) -> tuple[bool, int, int]:
        """Sort key: a port counts most, then a longer host, then a longer scheme."""
        return (self.port is None, -len(self.host), -len(self.scheme))

    def matches(self, url: httpx.URL) -> bool:
        """Return True if this rule applies to `url`."""
        return (
            self.scheme in ("", url.scheme)
            and (self.port is None or self.port == url.port)
            and (not self.host or self._matches_host(url.host))
        )

    def _matches_host(self, host: str) -> bool:
        if self.host.startswith("*."):
            return re.fullmatch(rf".+\.{re.escape(self.host[2:])}", host) is not None
        if self.host.startswith("*"):
            return re.fullmatch(rf"(?:.+\.)?{re.escape(self.host[1:])}", host) is not None
        return self.host == host


class ProxyRules:
    """Proxies for addresses.

    Example:
        >>> rules = ProxyRules({"http": "proxy.test:3128", "no": "localhost,.internal"})
        >>> rules.find(httpx.URL("http://api.test/"))
        Proxy('http://proxy.test:3128')
        >>> rules.find(httpx.URL("http://build.internal/")) is None
        True
    """

    def __init__(self, settings: Mapping[str, str]) -> None:
        """Read `settings`, which `urllib.request.getproxies()` returns.

        An entry of NO_PROXY that isn't an address is ignored. A proxy that can't be used is an error only for the requests
        that would use it.
        """
        no_proxy = [host.strip() for host in settings.get("no", "").split(",")]
        entries: dict[str, _Rule] = {}
        if "*" not in no_proxy:
            for scheme in _SCHEMES:
                if address := settings.get(scheme):
                    entries[f"{scheme}://"] = _proxy_rule(scheme, address)
            for host in filter(None, no_proxy):
                pattern = _no_proxy_pattern(host)
                rule = _direct_rule(pattern)
                if rule is not None:
                    entries[pattern] = rule
        self._rules = sorted(entries.values(), key=lambda rule: rule.priority)

    @classmethod
    def from_environment(cls) -> ProxyRules:
        """Read the proxies of the environment, and of the system's settings where urllib reads those."""
        return cls(getproxies())

    def __repr__(self) -> str:
        return f"<ProxyRules: {len(self._rules)} entries>"  # an address may hold a password

    def find(self, url: httpx.URL) -> httpx.Proxy | None:
        """Return the proxy for `url`, or None if it is reached directly.

        Raises:
            ConfigurationError: the environment names a proxy for it that can't be used.
        """
        for rule in self._rules:
            if rule.matches(url):
                if rule.fault is not None:
                    raise ConfigurationError(rule.fault)
                return rule.proxy
        return None


def _proxy_rule(scheme: str, address: str) -> _Rule:
    fault = None
    proxy = None
    try:
        proxy = httpx.Proxy(address if "://" in address else f"http://{address}")
        if not proxy.url.host:
            fault = "it has no host. Correct or unset it"
        elif proxy.url.scheme.startswith("socks") and find_spec("socksio") is None:
            fault = (
                "a SOCKS proxy needs the package socksio. Install it, pip install 'httpx[socks]', or unset the variable"
            )
    except httpx.InvalidURL:
        fault = "it isn't an address. Correct or unset it"
    except ValueError:
        fault = "its scheme must be http, https, socks5 or socks5h. Correct or unset it"
    if fault is not None:  # without the address: it may hold a password
        fault = f"The proxy of the environment variable {scheme.upper()}_PROXY can't be used: {fault}."
    return _Rule("" if scheme == "all" else scheme, "", None, proxy, fault)


def _no_proxy_pattern(host: str) -> str:
    if "://" in host:
        return host
    bare = host.split("/", maxsplit=1)[0]
    try:
        version = ipaddress.ip_address(bare).version
    except ValueError:
        return f"all://{host}" if host.lower() == "localhost" else f"all://*{host}"
    return f"all://{host}" if version == 4 else f"all://[{host}]"


def _direct_rule(pattern: str) -> _Rule | None:
    try:
        url = httpx.URL(pattern)
    except (httpx.InvalidURL, ValueError):
        return None
    return _Rule("" if url.scheme == "all" else url.scheme, "" if url.host == "*" else url.host, url.port, None)
