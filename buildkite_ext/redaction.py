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

__all__ = ["public_url", "redact_httpx_log", "redacted_text", "unsigned", "without_secrets"]

_SENSITIVE = re.compile(r"token|key|sig|credential|secret|policy", re.IGNORECASE)
_PARAMETER = re.compile(rf"([?&][^=&?\s'\"]*(?:{_SENSITIVE.pattern})[^=&?\s'\"]*=)[^&#\s'\"<>]+", re.IGNORECASE)
_LOGGERS = ("httpx", *(f"httpcore.{name}" for name in ("connection", "http11", "http2", "proxy", "socks")))


def _redacted(url: httpx.URL) -> str:
    """Return a URL with the values of query parameters that may hold credentials replaced.

    Example:
        >>> _redacted(httpx.URL("https://storage.test/a.whl?X-Amz-Signature=abc&part=1"))
        'https://storage.test/a.whl?X-Amz-Signature=REDACTED&part=1'
    """
    if not url.query:
        return str(url)
    return str(
        url.copy_with(params=[(k, "REDACTED" if _SENSITIVE.search(k) else v) for k, v in url.params.multi_items()])
    )


def redacted_text(text: str) -> str:
    """Return a text with the values of query parameters that may hold credentials replaced in its URLs.

    Example:
        >>> redacted_text("from https://storage.test/a.whl?part=1&X-Amz-Signature=abc onwards")
        'from https://storage.test/a.whl?part=1&X-Amz-Signature=REDACTED onwards'
    """
    return _PARAMETER.sub(r"\1REDACTED", text)


def public_url(url: str) -> str:
    """Return a URL without its credentials, which may be before the host and in the query.

    Example:
        >>> public_url("rediss://user:hunter2@redis.internal:6380/1?password=hunter2")
        'rediss://redis.internal:6380/1'
    """
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


def without_secrets(text: str, secrets: Iterable[tuple[str, str]], *, shortest: int = 8) -> str:
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
