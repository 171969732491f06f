"""URLs: origins, the addresses of builds and jobs, and the check that a path typed by a user leads below the API's `/v2`."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit

if TYPE_CHECKING:
    import httpx

__all__ = [
    "CREDENTIALS",
    "BuildAddress",
    "Origin",
    "Params",
    "Scalar",
    "address",
    "build_address",
    "is_utf8",
    "origin",
    "path_in",
    "path_of",
    "path_refused",
    "query_of",
    "root_of",
]

Origin = tuple[str, str, int | None]
"""Scheme, host and port."""

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:|//")
_MALFORMED = re.compile(r"%(?![0-9A-Fa-f]{2})")
_PLACEHOLDER = "{org}"
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

_API_ROOT = "https://api.buildkite.com"
_WEB_HOSTS = ("buildkite.com", "www.buildkite.com")
_WEB_PAGE = re.compile(r"https?://(www\.)?buildkite\.com/", re.IGNORECASE)
_UUID = re.compile(r"[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")
_NUMBER = re.compile(r"0*([1-9][0-9]{0,17})")
_NOT_IN_SLUGS = frozenset("/\\?#%")
_ADDRESS_FORMS = "give PIPELINE, ORG/PIPELINE, ORG/PIPELINE/NUMBER, or the URL of a pipeline, a build or a job"


class BuildAddress(NamedTuple):
    """Address of a pipeline, of a build, or of a job.

    Attributes:
        pipeline: the pipeline's slug.
        organization: the organization's slug; None if the text names none.
        number: the build's number; None for the address of a pipeline.
        job_id: the job's id; None for the address of a pipeline or of a build.
    """

    pipeline: str
    organization: str | None = None
    number: int | None = None
    job_id: str | None = None


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
    _refuse_page(path, root)
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


def _refuse_page(path: str, root: str) -> None:
    """Refuse the URL of a page of the web site, and say which path of the API it is."""
    page = path.partition("?")[0]
    buildkites = page.partition("/")[0].lower() in _WEB_HOSTS or bool(_WEB_PAGE.match(page))
    if not buildkites and (root == _API_ROOT or not _SCHEME.match(page) or page.startswith(f"{root}/")):
        return
    try:
        found = build_address(path, root=_API_ROOT if buildkites else root)
    except ValueError:
        return  # the page of something else, which leads outside of the API
    if not buildkites and found.number is None:
        return  # any URL of two segments looks like the page of a pipeline
    route = f"organizations/{found.organization or _PLACEHOLDER}/pipelines/{found.pipeline}"
    if found.number is not None:
        route += f"/builds/{found.number}"
    if found.job_id is not None:
        route += f"/jobs/{found.job_id}"
    raise ValueError(f"it is a page of the web site; write {route}")


def _filled(route: str, organization: str | None) -> str:
    if _PLACEHOLDER in route:
        if organization is None:
            raise ValueError(
                f"{_PLACEHOLDER} stands for the organization: give its slug, or set $BUILDKITE_ORGANIZATION_SLUG"
            )
        route = route.replace(_PLACEHOLDER, quote(organization, safe=""))
    other = next((segment for segment in route.split("/") if segment in _OTHER_PLACEHOLDERS), None)
    if other:
        raise ValueError(f"the only placeholder is {_PLACEHOLDER}; write it in place of {other}")
    if "{" in route or "}" in route:
        raise ValueError(f"the only placeholder is {_PLACEHOLDER}")
    return route


def _below_root(route: str, root: str) -> str:
    """Return the part of a route that follows the API's root."""
    if not _SCHEME.match(route):
        return route
    own, given = urlsplit(root), urlsplit(route)
    try:
        same = _place(given.scheme, given.hostname, given.port) == _place(own.scheme, own.hostname, own.port)
    except ValueError:
        same = False
    if not same or "@" in given.netloc:
        raise ValueError(f"it leads outside {root}, and the token is sent nowhere else")
    below = given.path.removeprefix(own.path)
    if not given.path.startswith(own.path) or not (below == "/v2" or below.startswith("/v2/")):
        raise ValueError(f"it isn't below {root}/v2")
    return below


def _place(scheme: str, host: str | None, port: int | None) -> tuple[str, str | None, int | None]:
    return scheme.lower(), host, port if port is not None else _PORTS.get(scheme.lower())


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


def build_address(text: str, *, root: str = _API_ROOT) -> BuildAddress:
    """Parse a slug or a URL that names a pipeline, a build or a job. Nothing is requested.

    URLs of the API have to lead to `root`. Those of the web site have to lead to buildkite.com if `root` is Buildkite's API.
    Another root, such as a simulator's, may have web pages on any host.

    Args:
        text: `PIPELINE`, `ORG/PIPELINE`, `ORG/PIPELINE/NUMBER`, `ORG/PIPELINE/builds/NUMBER`, or a URL: of the web site
            (`https://buildkite.com/acme/web/builds/42#JOB`) or of the API
            (`https://api.buildkite.com/v2/organizations/acme/pipelines/web/builds/42/jobs/JOB`). What follows a build's number
            or a job's id, such as `/log`, is ignored.
        root: the API's root, without `/v2`.

    Raises:
        ValueError: the text has none of these forms, or leads to another host.

    Example:
        >>> build_address("acme/web")
        BuildAddress(pipeline='web', organization='acme', number=None, job_id=None)
        >>> build_address("https://buildkite.com/acme/web/builds/42#0199b4d2-3c1f-4b6e-9f00-0123456789ab").job_id
        '0199b4d2-3c1f-4b6e-9f00-0123456789ab'
        >>> build_address("https://api.buildkite.com/v2/organizations/acme/pipelines/web/builds/42").number
        42
    """
    text = text.strip()
    if not is_utf8(text):
        raise ValueError("it isn't UTF-8 text")
    if not text.isprintable():
        raise ValueError("it holds a control character")
    if text.partition("/")[0].lower() in _WEB_HOSTS and "/" in text:  # copied without its scheme
        text = f"https://{text}"
    if _SCHEME.match(text):
        return _of_url(text, root)
    segments = [_slug(segment) for segment in text.split("/")]
    if len(segments) == 1:
        return BuildAddress(segments[0])
    organization, pipeline, *rest = segments
    if rest[:1] == ["builds"]:
        del rest[0]
    elif len(segments) == 2:
        return BuildAddress(pipeline, organization)
    if len(rest) != 1:
        raise ValueError(_ADDRESS_FORMS)
    return BuildAddress(pipeline, organization, _number(rest[0]))


def _of_url(text: str, root: str) -> BuildAddress:
    """Parse the URL of a pipeline, a build or a job."""
    try:
        parts = urlsplit(text)
        place = _place(parts.scheme, parts.hostname, parts.port)
    except ValueError as error:
        raise ValueError("it isn't a URL") from error
    if parts.scheme.lower() not in ("http", "https") or not parts.hostname:
        raise ValueError("its scheme isn't http or https")
    if "@" in parts.netloc:
        raise ValueError("its URL holds a user or a password")
    api = urlsplit(root)
    segments = [segment for segment in parts.path.split("/") if segment]
    below = [segment for segment in parts.path.removeprefix(api.path).split("/") if segment]
    if below[:2] == ["v2", "organizations"] or segments[:2] == ["v2", "organizations"]:
        if place != _place(api.scheme, api.hostname, api.port):
            raise ValueError(f"it is a URL of another API than {root}")
        return _of_segments(below[2:], named=True)
    if root == _API_ROOT and parts.hostname not in _WEB_HOSTS:
        raise ValueError("its host isn't buildkite.com")
    job = _web_job(parts.fragment, parts.query)
    if segments[:1] == ["organizations"]:
        return _of_segments(segments[1:], named=True, job=job)
    return _of_segments(segments, named=False, job=job)


def _of_segments(segments: Sequence[str], *, named: bool, job: str | None = None) -> BuildAddress:
    """Return the address that the segments of a path hold.

    Args:
        segments: the path, from the organization's slug on.
        named: `pipelines` stands before the pipeline's slug, as in the API.
        job: the job's id, where it isn't in the path.
    """
    rest = list(segments)
    if named and rest[1:2] == ["pipelines"]:
        del rest[1]
    elif named:
        rest = rest[:1]  # the organization's builds, agents, …: no pipeline
    if len(rest) < 2:
        raise ValueError(f"it names no pipeline: {_ADDRESS_FORMS}")
    organization, pipeline = (_slug(unquote(segment, errors="surrogateescape")) for segment in rest[:2])
    if len(rest) < 4 or rest[2] != "builds":
        return BuildAddress(pipeline, organization)
    if rest[4:5] == ["jobs"] and len(rest) > 5:
        job = _slug(unquote(rest[5], errors="surrogateescape"))
    return BuildAddress(pipeline, organization, _number(rest[3]), job)


def _web_job(fragment: str, query: str) -> str | None:
    """Return the id of the job that a page of the web site shows: `#JOB`, `#JOB/LINE` or `?jid=JOB`."""
    shown = [fragment.partition("/")[0], *(value for name, value in parse_qsl(query) if name == "jid")]
    return next((each for each in shown if _UUID.fullmatch(each)), None)


def _number(text: str) -> int:
    found = _NUMBER.fullmatch(text)
    if found is None:
        raise ValueError(f"{text!r} can't be a build's number: they begin at 1")
    return int(found[1])


def _slug(text: str) -> str:
    """Return a slug; refuse one that would change the path of a URL."""
    if text.strip() in ("", ".", ".."):
        raise ValueError(f"{text!r} can't be a slug: {_ADDRESS_FORMS}")
    if not text.isprintable() or not _NOT_IN_SLUGS.isdisjoint(text):
        raise ValueError(f"{text!r} can't be a slug")
    return text
