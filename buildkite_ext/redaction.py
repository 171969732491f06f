"""Redaction of credentials: in URLs, texts, requests and log lines.

httpx logs the URL of each request at level INFO, and httpcore the headers of each answer at level DEBUG. Artifacts have
signed URLs, and Buildkite accepts tokens in the query and repeats them in its links. Readers of the log could use both.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable
from urllib.parse import urlsplit

import httpx

__all__ = [
    "TOKEN_NAME",
    "hide_token",
    "is_token",
    "public_url",
    "redact_httpx_log",
    "redacted_text",
    "token_in",
    "unsigned",
    "without_secrets",
]

TOKEN_NAME = "the token"  # noqa: S105  # not a token itself
"""The name that stands in the place of a client's token, in brackets."""

_SHORTEST = 8
"""Length of the shortest secret that is looked for in texts, since words contain a shorter one."""

_TOKENS = r"bk(?:ua|tx|aa|aj|ar|ct|pt|pat|ps|tr)_"
"""The prefixes of Buildkite's tokens. No slug has an underscore. https://buildkite.com/docs/platform/security/tokens"""

_TOKEN = re.compile(rf"(?<![A-Za-z0-9])({_TOKENS})[A-Za-z0-9_-]+")
_WHOLE_TOKEN = re.compile(rf"\s*{_TOKENS}", re.IGNORECASE)

_SENSITIVE = re.compile(r"token|key|sig|credential|secret|policy", re.IGNORECASE)
_PARAMETER = re.compile(r"[?&][^=&?\s'\"]*=")
_VALUE = re.compile(r"[^&#\s'\"<>]+")
_LOGGERS = ("httpx", *(f"httpcore.{name}" for name in ("connection", "http11", "http2", "proxy", "socks")))


def _redacted(url: httpx.URL) -> str:
    """Return a URL with the values of query parameters that may hold credentials replaced.

    Example:
        >>> _redacted(httpx.URL("https://storage.test/a.whl?X-Amz-Signature=abc&part=1"))
        'https://storage.test/a.whl?X-Amz-Signature=REDACTED&part=1'
    """
    if not url.query:
        return _TOKEN.sub(r"\1REDACTED", str(url))
    params = [(name, "REDACTED" if _SENSITIVE.search(name) else value) for name, value in url.params.multi_items()]
    return _TOKEN.sub(r"\1REDACTED", str(url.copy_with(params=params)))


def redacted_text(text: str) -> str:
    """Return a text with Buildkite's tokens replaced, and the values of query parameters of its URLs that may hold credentials.

    Example:
        >>> redacted_text("the token bkua_0123 was refused")
        'the token bkua_REDACTED was refused'
        >>> redacted_text("from https://storage.test/a.whl?part=1&X-Amz-Signature=abc onwards")
        'from https://storage.test/a.whl?part=1&X-Amz-Signature=REDACTED onwards'
    """
    return _TOKEN.sub(r"\1REDACTED", _without_values(text))


def _without_values(text: str) -> str:
    """Return a text without the values of sensitive parameters of URLs.

    A name is found first and looked at afterwards: one expression for both would need quadratic time.
    """
    parts: list[str] = []
    at = 0
    for name in _PARAMETER.finditer(text):
        if name.start() < at or not _SENSITIVE.search(name[0]):
            continue
        value = _VALUE.match(text, name.end())
        if value is not None:
            parts += (text[at : name.end()], "REDACTED")
            at = value.end()
    return "".join([*parts, text[at:]])


def is_token(text: str) -> bool:
    """Return True if a text begins as Buildkite's tokens do.

    Example:
        >>> is_token("bkua_0123"), is_token("acme")
        (True, False)
    """
    return _WHOLE_TOKEN.match(text) is not None


def public_url(url: str) -> str:
    """Return a URL without its credentials, which may be before the host and in the query.

    Example:
        >>> public_url("rediss://user:hunter2@redis.internal:6380/1?password=hunter2")
        'rediss://redis.internal:6380/1'
    """
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


def without_secrets(text: str, secrets: Iterable[tuple[str, str]], *, shortest: int = _SHORTEST) -> str:
    """Return a text with known secrets replaced by their names.

    Args:
        text: it may repeat a secret: users paste them into arguments, and servers send them back.
        secrets: the name and the value of each.
        shortest: length below which a value is left, since ordinary words contain it.

    Example:
        >>> without_secrets("401 for bkua_0123456789", [("$BUILDKITE_API_TOKEN", "bkua_0123456789")])
        '401 for [$BUILDKITE_API_TOKEN]'
    """
    for name, value in secrets:
        if len(value) >= shortest:
            text = text.replace(value, f"[{name}]")
    return text


def token_in(request: httpx.Request) -> str:
    """Return the token that a request was signed with; an empty text if it wasn't, or if it is as short as a word."""
    token = str(request.headers.get("Authorization", "")).removeprefix("Bearer ")
    return token if len(token) >= _SHORTEST else ""


def hide_token(error: BaseException, token: str) -> None:
    """Replace a token in the texts of an error and of those that caused it: a server may send back what it got."""
    seen: set[int] = set()
    left: list[BaseException | None] = [error]
    while token and left:
        each = left.pop()
        if each is None or id(each) in seen:
            continue
        seen.add(id(each))
        each.args = tuple(_without(token, arg) for arg in each.args)
        for name, value in vars(each).items():
            if isinstance(value, str | bytes):
                setattr(each, name, _without(token, value))
        left += (each.__cause__, each.__context__)


def _without(token: str, value: object) -> object:
    if isinstance(value, str):
        return value.replace(token, f"[{TOKEN_NAME}]")
    if isinstance(value, bytes | bytearray):
        return bytes(value).replace(token.encode(), f"[{TOKEN_NAME}]".encode())
    return value


def unsigned(request: httpx.Request) -> httpx.Request:
    """Return a request without its token, for errors, which outlive the call."""
    headers = [(key, value) for key, value in request.headers.raw if key.lower() != b"authorization"]
    try:
        content = request.content
    except httpx.RequestNotRead:  # a file that is sent in chunks
        content = b""
    return httpx.Request(request.method, request.url, headers=headers, content=content)


class _RedactingFilter(logging.Filter):
    """Filter that redacts the URLs in log lines of httpx and httpcore. It drops no record."""

    def filter(self, record: logging.LogRecord) -> bool:
        if isinstance(record.msg, str):  # httpcore formats its lines itself
            record.msg = redacted_text(record.msg)
        if isinstance(record.args, tuple):
            record.args = tuple(_redacted(arg) if isinstance(arg, httpx.URL) else arg for arg in record.args)
        return True


_FILTER = _RedactingFilter()


def redact_httpx_log() -> None:
    """Add the redacting filter to the loggers of httpx and httpcore. A second call does nothing."""
    for name in _LOGGERS:
        logging.getLogger(name).addFilter(_FILTER)
