"""Download of artifacts from their storage to a file, complete and checked or not at all."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable
from contextlib import aclosing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from buildkite_api.types import Secret

from ..errors import ArtifactCorrupted, ArtifactUnavailable, NetworkError
from ..transport.wire import TRANSPORT_ERRORS, lost

if TYPE_CHECKING:
    from buildkite_api.models import Artifact

    from ..transport.requester import Requester

__all__ = ["DownloadProgress", "Progress", "download"]

_ATTEMPTS = 3
"""Limit on the attempts of a download whose connection is lost or whose URL has expired, the first one included."""

_EXPIRED = frozenset({401, 403, 410})
"""Statuses by which storage refuses an expired URL: one is valid for 60 seconds."""


@dataclass(frozen=True, slots=True)
class DownloadProgress:
    """Progress of a download."""

    artifact: Artifact
    done: int
    """Bytes written."""
    total: int | None
    """Bytes in all; None if Buildkite doesn't say."""


Progress = Callable[[DownloadProgress], None]


async def download(requester: Requester, artifact: Artifact, target: Path, *, progress: Progress | None = None) -> Path:
    """Write one artifact to `target`, through a temporary file beside it. See `AsyncArtifacts.download`."""
    if not artifact.job_id:
        raise ArtifactUnavailable(
            f"Artifact {artifact.path!r} has no job_id, by which Buildkite finds it. Pass one that artifacts.list returned."
        )
    attempt = 1
    while True:
        try:
            return await _attempt(requester, artifact, target, progress)
        except _Again as again:
            pause = again.pause(requester, attempt)
            if pause is None:
                raise again.error from again.__cause__
        await requester.runtime.sleep(pause)
        attempt += 1


async def _attempt(requester: Requester, artifact: Artifact, target: Path, progress: Progress | None) -> Path:
    url = await _address(requester, artifact)
    response = await requester.send_foreign(url)
    runtime = requester.runtime
    try:
        if response.status_code != 200:
            said = f"Artifact {artifact.path!r} ({artifact.id}): its storage answered {response.status_code}."
            if response.status_code in _EXPIRED:
                raise _Again(ArtifactUnavailable(said, status=response.status_code))
            raise ArtifactUnavailable(f"{said} It may have expired or been deleted.", status=response.status_code)
        await runtime.offload(lambda: target.parent.mkdir(parents=True, exist_ok=True))
        part = target.with_name(f".{target.name[:40]}.{secrets.token_hex(8)}.part")
        try:
            file = await runtime.offload(lambda: part.open("xb"))
            digest, size = hashlib.sha1(usedforsecurity=False), 0
            with file:
                try:
                    async with aclosing(runtime.chunks(response)) as chunks:  # type: ignore[type-var]
                        async for chunk in chunks:
                            await runtime.offload(lambda chunk=chunk: _write(file, digest, chunk))  # type: ignore[misc]
                            size += len(chunk)
                            if progress is not None:
                                progress(DownloadProgress(artifact, size, artifact.file_size))
                except TRANSPORT_ERRORS as error:
                    raise _Again(lost(error, response.request)) from error
            _verify(artifact, size, digest.hexdigest())
            await runtime.offload(lambda: part.replace(target))
        except BaseException:
            with suppress(OSError):
                part.unlink()
            raise
    finally:
        await runtime.close(response)
    return target


class _Again(Exception):
    """The download may start again: its connection was lost, or its URL has expired."""

    def __init__(self, error: ArtifactUnavailable | NetworkError) -> None:
        self.error = error

    def pause(self, requester: Requester, attempt: int) -> float | None:
        """Return the seconds until the next attempt; None if this was the last."""
        if attempt >= _ATTEMPTS:
            return None
        if isinstance(self.error, ArtifactUnavailable):
            return 0.0
        retry = requester.options.retry
        return None if retry is None else retry.delay(attempt, self.error, repeatable=True)


async def _address(requester: Requester, artifact: Artifact) -> str:
    endpoint = requester.module("artifacts", "download_job_artifact")
    # By its ids: `download_url` is text that a server sent.
    response = await requester.request(endpoint, requester.organization, artifact.job_id, artifact.id)
    url: str = response.headers.get("Location", "")
    if not url:
        told = requester.parse(endpoint, response).url
        url = told.reveal() if isinstance(told, Secret) else ""
    if not url.startswith(("https://", "http://")):
        raise ArtifactUnavailable(
            f"Artifact {artifact.path!r} ({artifact.id}): Buildkite gave no URL for its download."
        )
    return url


def _write(file: BinaryIO, digest: hashlib._Hash, chunk: bytes) -> None:
    file.write(chunk)
    digest.update(chunk)


def _verify(artifact: Artifact, size: int, sha1: str) -> None:
    wrong = []
    if artifact.file_size is not None and size != artifact.file_size:
        wrong.append(f"{size} bytes instead of {artifact.file_size}")
    if artifact.sha1sum and sha1 != artifact.sha1sum.lower():
        wrong.append(f"SHA-1 {sha1} instead of {artifact.sha1sum}")
    if wrong:
        raise ArtifactCorrupted(
            f"Artifact {artifact.path!r} ({artifact.id}) came with {' and '.join(wrong)}. Nothing was written; download it again."
        )
