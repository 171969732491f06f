"""Keeping credentials in addresses out of the log.

httpx logs each request's whole address at level INFO, and httpcore each answer's headers at level DEBUG. Storage hands out
artifacts by signed addresses, and Buildkite takes tokens in the query and repeats them in its links: both would be good
for whoever reads the log.
"""

from __future__ import annotations

import logging
import re

import httpx

SENSITIVE = re.compile(r"token|key|sig|credential|secret|policy", re.IGNORECASE)
PARAMETER = re.compile(rf"([?&][^=&?\s'\"]*(?:{SENSITIVE.pattern})[^=&?\s'\"]*=)[^&#\s'\"<>]+", re.IGNORECASE)
LOGGERS = ("httpx", "httpcore.http11", "httpcore.http2")


def redacted(url: httpx.URL) -> str:
    """The address with the values of telling query parameters replaced.

    Example:
        >>> redacted(httpx.URL("https://storage.test/a.whl?X-Amz-Signature=abc&part=1"))
        'https://storage.test/a.whl?X-Amz-Signature=REDACTED&part=1'
    """
    if not url.query:
        return str(url)
    return str(
        url.copy_with(params=[(k, "REDACTED" if SENSITIVE.search(k) else v) for k, v in url.params.multi_items()])
    )


def redacted_text(text: str) -> str:
    """A text with the values of telling query parameters in its addresses replaced.

    Example:
        >>> redacted_text("from https://storage.test/a.whl?part=1&X-Amz-Signature=abc onwards")
        'from https://storage.test/a.whl?part=1&X-Amz-Signature=REDACTED onwards'
    """
    return PARAMETER.sub(r"\1REDACTED", text)


class RedactAddresses(logging.Filter):
    """Redacts the addresses in log lines of httpx and httpcore; every record passes."""

    def filter(self, record: logging.LogRecord) -> bool:
        if isinstance(record.msg, str):  # httpcore writes its lines out itself
            record.msg = redacted_text(record.msg)
        if isinstance(record.args, tuple):
            record.args = tuple(redacted(arg) if isinstance(arg, httpx.URL) else arg for arg in record.args)
        return True


_FILTER = RedactAddresses()


def redact_httpx_log() -> None:
    """See to it that httpx's log, and that of httpcore below it, shows no credential. Doing it twice is fine."""
    for name in LOGGERS:
        logging.getLogger(name).addFilter(_FILTER)
