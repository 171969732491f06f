"""Keeping credentials in addresses out of the log.

httpx logs each request's whole address at level INFO. Storage hands out artifacts by signed addresses, and Buildkite
takes tokens in the query and repeats them in its links: both would be good for whoever reads the log.
"""

from __future__ import annotations

import logging
import re

import httpx

SENSITIVE = re.compile(r"token|key|sig|credential|secret|policy", re.IGNORECASE)


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


class RedactAddresses(logging.Filter):
    """Redacts the addresses in httpx's own log lines; every record passes."""

    def filter(self, record: logging.LogRecord) -> bool:
        if isinstance(record.args, tuple):
            record.args = tuple(redacted(arg) if isinstance(arg, httpx.URL) else arg for arg in record.args)
        return True


_FILTER = RedactAddresses()


def redact_httpx_log() -> None:
    """See to it that httpx's log shows no credential. Doing it twice is fine."""
    logging.getLogger("httpx").addFilter(_FILTER)
