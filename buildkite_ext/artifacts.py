"""Downloading artifacts: from storage that isn't Buildkite's, to a place that is checked, and whole or not at all."""

from __future__ import annotations

import hashlib
import os
import re
import secrets
from collections.abc import Callable, Sequence
from contextlib import aclosing, suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, BinaryIO

from buildkite_api.types import Secret

from .errors import (
    ArtifactCorrupted,
    ArtifactUnavailable,
    BuildkiteError,
    NetworkError,
    UnsafePath,
)
from .transport.middleware import TRANSPORT_ERRORS, lost

if TYPE_CHECKING:
    from buildkite_api.models import Artifact

    from .transport.requester import Requester

ATTEMPTS = 3
"""How often a download is begun in all when its bytes stop on the way or its address has become too old."""

UNSAFE = re.compile(r"[/\\\x00-\x1f\x7f-\x9f\ud800-\udfff]|^[A-Za-z]:")
"""What no name of a file may hold: separators, control characters, half characters, a drive."""

STALE = frozenset({401, 403, 410})
"""How storage refuses an address that is no longer good: it is valid for 60 seconds."""


@dataclass(frozen=True, slots=True)
class DownloadProgress:
    """How far a download is."""

    artifact: Artifact
    done: int
    """Bytes written."""
    total: int | None
    """Bytes in all; None where Buildkite doesn't say."""


Progress = Callable[[DownloadProgress], None]


async def download(requester: Requester, artifact: Artifact, target: Path, *, progress: Progress | None = None) -> Path:
    """Write one artifact to `target`, by way of a temporary file beside it. See `AsyncArtifacts.download`."""
    if not artifact.job_id:
        raise ArtifactUnavailable(f"Artifact {artifact.path!r} names no job, so there is no route to it.")
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
            if response.status_code in STALE:
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
    """The download may be begun again: its bytes stopped on the way, or its address is too old and a fresh one may do."""

    def __init__(self, error: ArtifactUnavailable | NetworkError) -> None:
        self.error = error

    def pause(self, requester: Requester, attempt: int) -> float | None:
        """Seconds until the next attempt; None where there is none."""
        if attempt >= ATTEMPTS:
            return None
        if isinstance(self.error, ArtifactUnavailable):
            return 0.0
        return requester.options.retry.delay(attempt, self.error, repeatable=True)


async def _address(requester: Requester, artifact: Artifact) -> str:
    endpoint = requester.module("artifacts", "download_job_artifact")
    # By its ids: `download_url` is what a server sent.
    response = await requester.request(endpoint, requester.organization, artifact.job_id, artifact.id)
    url: str = response.headers.get("Location", "")
    if not url:
        told = requester.parse(endpoint, response).url
        url = told.reveal() if isinstance(told, Secret) else ""
    if not url.startswith(("https://", "http://")):
        raise ArtifactUnavailable(
            f"Artifact {artifact.path!r} ({artifact.id}): Buildkite named no address to get it from."
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


def file_target(artifact: Artifact, to: Path) -> Path:
    """Where one artifact goes: to the file `to`, or into the folder `to` by its own name."""
    if not to.is_dir():
        return to
    name = (artifact.filename or PurePosixPath(artifact.path or "").name or "").strip()
    if not _safe_part(name):
        raise UnsafePath(f"Artifact {artifact.id}: {name!r} isn't a file name; name the file to write in to=.")
    return to / name


def tree_target(artifact: Artifact, root: Path) -> Path:
    """Where one of many goes: below `root`, by its own path, and never outside.

    Raises:
        UnsafePath: the path is absolute, climbs out, or leads through a link that leads out.
    """
    path = (artifact.path or artifact.filename or "").replace("\\", "/")
    parts = [part for part in path.split("/") if part not in ("", ".")]
    if not parts or path.startswith("/") or not all(_safe_part(part) for part in parts):
        raise UnsafePath(
            f"Artifact {artifact.id} has the path {artifact.path!r}, which leads outside {str(root)!r}. Download it alone, "
            "with artifacts.download(artifact, to=FILE)."
        )
    target = root.joinpath(*parts)
    base = root.resolve()
    if not target.parent.resolve().is_relative_to(base):
        raise UnsafePath(f"Artifact {artifact.path!r}: a link below {str(root)!r} leads out of it.")
    return target


def _safe_part(part: str) -> bool:
    return part not in ("", ".", "..") and not UNSAFE.search(part)


def matches(path: str, globs: Sequence[str]) -> bool:
    """Whether an artifact's path matches one of the globs; without globs everything does.

    `*` and `?` stay within a folder, `**` goes through any number of them.

    Example:
        >>> matches("dist/app.whl", ["dist/*.whl"]), matches("dist/old/app.whl", ["dist/*.whl"])
        (True, False)
        >>> matches("dist/old/app.whl", ["dist/**/*.whl"]), matches("dist/app.whl", ["dist/**/*.whl"])
        (True, True)
    """
    return not globs or any(_glob(glob).fullmatch(path) for glob in globs)


@lru_cache(maxsize=256)
def _glob(glob: str) -> re.Pattern[str]:
    wild = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    pieces = [wild.get(piece, re.escape(piece)) for piece in re.split(r"(\*\*/|\*\*|\*|\?)", glob)]
    return re.compile("".join(pieces), re.DOTALL)


def server_filter(globs: Sequence[str]) -> str | None:
    """The `path` filter that Buildkite itself can apply: one glob whose only wildcard is `*`."""
    if len(globs) != 1 or "**" in globs[0] or "?" in globs[0]:
        return None
    return globs[0]


def conflict(targets: Sequence[tuple[Artifact, Path]]) -> BuildkiteError | None:
    """The error for two artifacts that differ and would be written to one file."""
    taken: dict[str, Artifact] = {}
    for artifact, target in targets:
        other = taken.setdefault(os.path.normcase(target), artifact)
        if other is not artifact and (not artifact.sha1sum or other.sha1sum != artifact.sha1sum):
            return UnsafePath(
                f"Two artifacts would be written to {str(target)!r}: {other.id} of job {other.job_id} and {artifact.id} of job "
                f"{artifact.job_id}. Nothing was downloaded; pass by_job=True for a folder a job, or job_id= for one job's."
            )
    return None
