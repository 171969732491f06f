"""URLs: origins, queries, and the check that a path typed by a user leads below the API's `/v2`."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, parse_qsl, quote, unquote, urlencode, urlsplit

if TYPE_CHECKING:
    import httpx

__all__ = [
    "CREDENTIALS",
    "OF_LOGS",
    "PLACEHOLDER",
    "READS",
    "SCHEME",
    "Origin",
    "Params",
    "Scalar",
    "address",
    "in_clear_text",
    "is_loopback",
    "is_utf8",
    "origin",
    "path_in",
    "path_of",
    "path_refused",
    "place_of",
    "query_of",
    "root_of",
]

Origin = tuple[str, str, int | None]
"""Scheme, host and port."""

READS = frozenset({"GET", "HEAD", "OPTIONS"})
"""Methods of requests that change nothing."""

OF_LOGS = frozenset({"get_build_job_log", "get_job_log", "head_build_job_log", "head_job_log"})
"""Rows of the description whose operations read a job's log."""

SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:|//")
"""Beginning of a URL, in contrast to a path."""
_MALFORMED = re.compile(r"%(?![0-9A-Fa-f]{2})")
PLACEHOLDER = "{org}"
"""What stands for the organization's slug in a path."""
_OTHER_PLACEHOLDERS = (
    "{organization}",
    "{org.slug}",
    "{organization.slug}",
    "{owner}",
    ":org",
    ":organization",
    ":owner",
)
"""What documentation and other programs write for the organization."""
_PORTS = {"http": 80, "https": 443}
CREDENTIALS = frozenset({"access_token", "api_key"})
"""Query parameters that Buildkite takes a token in, and repeats in its links."""

_KEPT = "%!$&'()*+,;=:@~"
_DEEPEST = 5
"""Limit on decoding a segment again. One that is encoded more often is an attack."""

Scalar = str | int | float | bool | datetime
"""Value of a query parameter."""

Params = Mapping[str, Scalar | Sequence[Scalar] | None] | Sequence[tuple[str, Scalar | None]]
"""Query parameters: a map from names to values or lists of values, or pairs in their order."""


def query_of(params: Params | None) -> list[tuple[str, str]]:
    """Return query parameters as pairs of texts, as Buildkite reads them.

    None is left out. A bool is `true` or `false`, a datetime is ISO 8601. A list is sent as `name[]=…` for each value.

    Raises:
        TypeError: a value is of another type.
        ValueError: a datetime has no time zone.

    Example:
        >>> query_of({"state": ["failed", "canceled"], "exclude_jobs": True, "page": None})
        [('state[]', 'failed'), ('state[]', 'canceled'), ('exclude_jobs', 'true')]
    """
    pairs: list[tuple[str, str]] = []
    for name, value in params.items() if isinstance(params, Mapping) else params or ():
        if isinstance(value, Sequence) and not isinstance(value, str | bytes):
            listed = name if name.endswith("[]") else f"{name}[]"
            pairs.extend((listed, _scalar(name, each)) for each in value)
        elif value is not None:
            pairs.append((name, _scalar(name, value)))
    return pairs


def _scalar(name: str, value: object) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case str():
            return str(value)
        case int() | float():
            return repr(value)
        case datetime():
            if value.utcoffset() is None:
                raise ValueError(f"params[{name!r}]={value!r} has no time zone: write datetime(..., tzinfo=UTC)")
            return value.isoformat()
    raise TypeError(
        f"params[{name!r}] is a {type(value).__name__}: give a string, a number, a bool, a datetime, or a list of these"
    )


def path_refused(path: str, error: ValueError) -> ValueError:
    """Return the error of a path that can't be used. It leaves out the query, which may hold secrets."""
    return ValueError(f"path={path.partition('?')[0]!r}: {error}")


def is_loopback(host: str) -> bool:
    """Tell if a host is surely this computer: `localhost`, or an address of the loopback interface.

    Example:
        >>> [is_loopback(host) for host in ("localhost", "127.8.0.1", "::1", "127.0.0.1.evil.test", "0.0.0.0")]
        [True, True, True, False, False]
    """
    from ipaddress import ip_address  # here: the usual URLs are https

    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def in_clear_text(scheme: str, host: str) -> bool:
    """Tell if what is sent to a URL passes a network unencrypted.

    Args:
        scheme, host: those of the URL, in lower case.

    Example:
        >>> in_clear_text("http", "api.test"), in_clear_text("http", "localhost"), in_clear_text("https", "api.test")
        (True, False, False)
    """
    return scheme == "http" and not is_loopback(host)


def origin(url: httpx.URL) -> Origin:
    """Return scheme, host and port, the port filled in by the scheme."""
    return url.scheme, url.host, url.port or _PORTS.get(url.scheme)


def root_of(url: httpx.URL) -> str:
    """Return scheme, host and port as they are written in a URL, for messages. Credentials are left out."""
    return f"{url.scheme}://{url.netloc.decode('ascii', 'replace')}"


def path_in(url: httpx.URL) -> str:
    """Return the path of a URL, for messages: percent-encoded, and without the query, which may hold credentials.

    A percent-encoded path puts no line break into a log.
    """
    return url.raw_path.partition(b"?")[0].decode("ascii", "replace")


def path_of(request: httpx.Request) -> str:
    """Return the path of a request, for messages: see `path_in`."""
    return path_in(request.url)


def address(path: str, *, root: str, organization: str | None = None, params: Sequence[tuple[str, str]] = ()) -> str:
    """Return the whole URL of a path.

    Args:
        path: relative to the API's root, with or without `/v2`; or a URL of the API itself. `{org}` in it stands for
            the organization. It may have a query.
        root: the API's root, without `/v2`.
        organization: the organization's slug.
        params: added to the query, in their order; a name may come several times.

    Raises:
        ValueError: it leads outside the API, or it isn't a path.

    Example:
        >>> address("organizations/{org}/builds", root="https://api.buildkite.com", organization="acme")
        'https://api.buildkite.com/v2/organizations/acme/builds'
    """
    if not path.strip():
        raise ValueError("it is empty")
    if not is_utf8(path):
        raise ValueError("it isn't UTF-8 text")
    if not path.isprintable():
        raise ValueError("it holds a control character")
    if "#" in path:
        raise ValueError("it has a fragment (#…), which is never sent; write %23 for the character")
    route, mark, query = path.partition("?")
    route = _below_root(_filled(route, organization), root)
    segments = route.strip("/").split("/")
    if segments[0] != "v2":
        segments.insert(0, "v2")
    if segments == ["v2", ""]:  # the path /
        segments.pop()
    end = "/" if route.endswith("/") and len(segments) > 1 else ""
    encoded = "/".join(map(_checked, segments))
    added = "&".join(filter(None, (_query(query) if mark else "", urlencode(_harmless(params)))))
    return f"{root}/{encoded}{end}" + (f"?{added}" if added else "")


def _filled(route: str, organization: str | None) -> str:
    if PLACEHOLDER in route:
        if organization is None:
            raise ValueError(
                f"{PLACEHOLDER} stands for the organization: give its slug, or set $BUILDKITE_ORGANIZATION_SLUG"
            )
        route = route.replace(PLACEHOLDER, quote(organization, safe=""))
    other = next((segment for segment in route.split("/") if segment in _OTHER_PLACEHOLDERS), None)
    if other:
        raise ValueError(f"the only placeholder is {PLACEHOLDER}; write it in place of {other}")
    if "{" in route or "}" in route:
        raise ValueError(f"the only placeholder is {PLACEHOLDER}")
    return route


def _below_root(route: str, root: str) -> str:
    """Return the part of a route that follows the API's root."""
    if not SCHEME.match(route):
        return route
    own, given = urlsplit(root), urlsplit(route)
    try:
        same = place_of(given) == place_of(own)
    except ValueError:
        same = False
    if not same or "@" in given.netloc:
        raise ValueError(f"it leads outside {root}, and the token is sent nowhere else")
    below = given.path.removeprefix(own.path)
    if not given.path.startswith(own.path) or not (below == "/v2" or below.startswith("/v2/")):
        raise ValueError(f"it isn't below {root}/v2")
    return below


def place_of(url: SplitResult) -> tuple[str, str | None, int | None]:
    """Return scheme, host and port of a URL, the port filled in by the scheme.

    Raises:
        ValueError: its port isn't a number that a port can have.
    """
    return url.scheme, url.hostname, url.port if url.port is not None else _PORTS.get(url.scheme)


def _checked(segment: str) -> str:
    """Return a segment, encoded; refuse one that a server or proxy could read as another path."""
    if _MALFORMED.search(segment):
        raise ValueError("% must be followed by two hexadecimal digits; write %25 for the character")
    if not segment:
        raise ValueError("it has an empty segment (//)")
    plain = segment
    for _ in range(_DEEPEST):
        decoded = unquote(plain, errors="surrogateescape")
        if decoded == plain:
            break
        plain = decoded
    else:
        raise ValueError("a segment is encoded again and again")
    if any(ord(character) < 0x20 or 0x7F <= ord(character) < 0xA0 for character in plain):
        raise ValueError("it holds a control character")
    if "\\" in plain:
        raise ValueError("it has a backslash")
    if any(part.partition(";")[0].strip() in (".", "..") for part in plain.split("/")):
        raise ValueError("a segment of dots leads to another path")
    return quote(segment, safe=_KEPT)


def _query(query: str) -> str:
    _harmless(parse_qsl(query, keep_blank_values=True, errors="replace"))
    return quote(_MALFORMED.sub("%25", query), safe=f"{_KEPT}/?[]")


def _harmless(params: Sequence[tuple[str, str]]) -> Sequence[tuple[str, str]]:
    for name, _ in params:
        if name.lower() in CREDENTIALS:
            raise ValueError(f"{name} in a query would put a token into logs; the token is sent in a header")
    return params


def is_utf8(text: str) -> bool:
    """Tell whether a text can be sent. Python keeps bytes of the command line that aren't UTF-8 as lone surrogates.

    Example:
        >>> is_utf8("größe"), is_utf8("\\udcff")
        (True, False)
    """
    return text.isascii() or not any("\ud800" <= character <= "\udfff" for character in text)
