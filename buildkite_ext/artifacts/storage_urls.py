"""Addresses of artifacts in their storage: what Buildkite gives, and what the storage redirects to."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx
from buildkite_api.types import Secret

from ..errors import ArtifactUnavailable
from ..urls import in_clear_text
from .names import label

if TYPE_CHECKING:
    from buildkite_api.models import Artifact

    from ..transport.requester import Requester

__all__ = ["FRESH_SECONDS", "Source", "redirected", "refused"]

FRESH_SECONDS = 45.0
"""Seconds after which an address is asked for again instead of used: it is valid for 60.
https://buildkite.com/docs/apis/rest-api/artifacts"""

_GONE = frozenset({403, 404, 410})
"""Statuses of an artifact that is there no longer."""


class Source:
    """Source of an artifact's bytes: its addresses, each of which is used for one attempt.

    Args:
        requester: sends the requests.
        artifact: the artifact.
    """

    def __init__(self, requester: Requester, artifact: Artifact) -> None:
        self.requester = requester
        self.artifact = artifact
        self._asked: tuple[httpx.URL, float] | None = None

    async def ask(self) -> None:
        """Ask Buildkite for an address ahead, which `take` returns."""
        url = await _address(self.requester, self.artifact)
        self._asked = url, self.requester.runtime.now()

    async def take(self) -> httpx.URL:
        """Return the address that was asked for ahead, unless it is too old by now; else ask for one."""
        asked, self._asked = self._asked, None
        if asked is not None and self.requester.runtime.now() - asked[1] <= FRESH_SECONDS:
            return asked[0]
        return await _address(self.requester, self.artifact)


def refused(said: str, status: int) -> ArtifactUnavailable:
    """Return the error of an answer that isn't the artifact."""
    advice = ""
    if status in _GONE:
        advice = " It may have expired or been deleted."
    elif status >= 500:
        advice = " The storage has an outage: try again later."
    return ArtifactUnavailable(f"{said} answered {status}.{advice}", status=status)


def redirected(url: httpx.URL, location: str, said: str, status: int, *, allow_http: bool) -> httpx.URL:
    """Return the URL that a storage redirects to."""
    try:
        joined = url.join(location)
    except (httpx.InvalidURL, ValueError):
        raise ArtifactUnavailable(f"{said} redirected to what isn't a URL.", status=status) from None
    if joined.scheme not in ("https", "http"):
        raise ArtifactUnavailable(f"{said} redirected to a URL that isn't http or https.", status=status)
    if not _has_host(joined):
        raise ArtifactUnavailable(f"{said} redirected to a URL without a host that could exist.", status=status)
    if url.scheme == "https" and joined.scheme == "http":
        raise ArtifactUnavailable(
            f"{said} redirected from https to http, where others could read and change it.", status=status
        )
    if not allow_http and _is_in_clear_text(joined):
        raise _in_clear_text(said, status=status)
    return joined


def _is_in_clear_text(url: httpx.URL) -> bool:
    return in_clear_text(url.scheme, url.raw_host.decode("ascii", "replace"))  # `host` raises for some names


def _in_clear_text(said: str, *, status: int | None = None) -> ArtifactUnavailable:
    return ArtifactUnavailable(
        f"{said} has an http:// URL, where others on the way could read and change it. Nothing was sent there. Pass "
        "allow_http=True to the client to download it nevertheless.",
        status=status,
    )


def _has_host(url: httpx.URL) -> bool:
    """Tell whether the host of a URL can be looked up. Python raises a UnicodeError for one that can't."""
    labels = url.raw_host.removesuffix(b".").split(b".")
    return (all(0 < len(part) < 64 for part in labels) or b":" in url.raw_host) and (url.port or 1) < 65536


async def _address(requester: Requester, artifact: Artifact) -> httpx.URL:
    """Return the address that Buildkite gives for an artifact. It is valid for 60 seconds."""
    endpoint = requester.module("artifacts", "download_job_artifact")
    # By its ids: `download_url` is text that a server sent.
    response = await requester.request(endpoint, requester.organization, artifact.job_id, artifact.id)
    url: str = response.headers.get("Location", "")
    if not url:
        told = requester.parse(endpoint, response).url
        url = told.reveal() if isinstance(told, Secret) else ""
    try:
        parsed = httpx.URL(url)
    except (httpx.InvalidURL, ValueError):
        parsed = httpx.URL()
    if parsed.scheme not in ("https", "http") or not _has_host(parsed):
        raise ArtifactUnavailable(f"{label(artifact)}: Buildkite gave no URL that can be used for its download.")
    if not requester.options.allow_http and _is_in_clear_text(parsed):
        raise _in_clear_text(f"{label(artifact)}: its storage")
    return parsed
