"""Artifact storage: the other origin, which serves the bytes of artifacts as a storage provider does."""

from __future__ import annotations

import hashlib
import hmac
import math
import re
from urllib.parse import quote

from .api.request import SimRequest, SimResponse
from .recording import RecordedRequest
from .state.builds import Artifact
from .state.organization import Organization

__all__ = ["ArtifactStorage"]

_VALID_FOR = 60
"""Seconds that a download URL is valid."""

_RANGE = re.compile(r"bytes=([0-9]{0,18})-([0-9]{0,18})")


class ArtifactStorage:
    """Storage of an organization's artifacts. It serves signed URLs and refuses requests with an API token.

    Args:
        organization: the organization of the artifacts.
        seed: the key of the signatures.

    Attributes:
        url: the root of the origin. Download URLs are below it.
        requests: the requests to it, which the simulator records.
    """

    def __init__(self, organization: Organization, seed: int) -> None:
        self._organization = organization
        self._key = f"simulator {seed}".encode()
        self.url = ""
        self.requests: list[RecordedRequest] = []

    def download_url(self, artifact: Artifact, now: float) -> str:
        """Return a URL that serves an artifact for a minute."""
        expires = math.ceil(now + _VALID_FOR)
        signed = self._signature(artifact.id, expires)
        return f"{self.url}/{artifact.id}/{quote(artifact.path)}?Expires={expires}&Signature={signed}"

    def answer(self, request: SimRequest, now: float) -> SimResponse:
        """Answer a request at a time, in seconds since the epoch."""
        if "authorization" in request.headers:
            return _refused(400, "InvalidArgument", "Only one auth mechanism is allowed: the URL is signed already")
        if request.method != "GET":
            return _refused(403, "SignatureDoesNotMatch", "The URL is signed for GET")
        query = dict(request.query)
        expires, signed = query.get("Expires", ""), query.get("Signature", "")
        artifact_id = request.path.strip("/").partition("/")[0]
        if not (expires.isascii() and expires.isdigit()) or not hmac.compare_digest(
            signed.encode(), self._signature(artifact_id, int(expires[:12])).encode()
        ):
            return _refused(403, "SignatureDoesNotMatch", "The URL isn't signed")
        if now >= int(expires[:12]):
            return _refused(403, "AccessDenied", "The URL has expired")
        artifact = self._organization.artifacts.get(artifact_id)
        if artifact is None:
            return _refused(404, "NoSuchKey", "The artifact doesn't exist any more")
        return _bytes(artifact, request.headers.get("range"))

    def _signature(self, artifact_id: str, expires: int) -> str:
        return hmac.digest(self._key, f"{artifact_id} {expires}".encode(), hashlib.sha256).hex()


def _bytes(artifact: Artifact, wanted: str | None) -> SimResponse:
    data = artifact.data
    kind = (
        ("Content-Type", artifact.mime_type),
        ("Accept-Ranges", "bytes"),
        ("ETag", f'"{artifact.sha1sum}"'),
    )
    found = _RANGE.fullmatch(wanted.strip()) if wanted else None
    if found is None or not (found[1] or found[2]):
        return SimResponse(200, (*kind, ("Content-Length", str(len(data)))), data)
    start = int(found[1]) if found[1] else max(0, len(data) - int(found[2]))
    end = min(int(found[2]) if found[1] and found[2] else len(data) - 1, len(data) - 1)
    if start > end:
        return SimResponse(416, (("Content-Range", f"bytes */{len(data)}"), ("Content-Length", "0")))
    part = data[start : end + 1]
    headers = (("Content-Range", f"bytes {start}-{end}/{len(data)}"), ("Content-Length", str(len(part))))
    return SimResponse(206, (*kind, *headers), part)


def _refused(status: int, code: str, message: str) -> SimResponse:
    body = f"<Error><Code>{code}</Code><Message>{message}</Message></Error>".encode()
    return SimResponse(status, (("Content-Type", "application/xml"), ("Content-Length", str(len(body)))), body)
