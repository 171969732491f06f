"""Download of artifacts from their storage to a file, complete and checked or not at all."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import aclosing
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import httpx
from buildkite_api.types import Secret

from ..errors import ArtifactCorrupted, ArtifactTooLarge, ArtifactUnavailable, NetworkError
from ..transport.wire import TRANSPORT_ERRORS, lost
from .folders import PartFile
from .names import has_job, label, shown

if TYPE_CHECKING:
    from buildkite_api.models import Artifact

    from ..transport.requester import Requester
    from .folders import Tree
    from .names import Target

__all__ = ["DEFAULT_MAX_BYTES", "DownloadProgress", "Progress", "download", "read"]

_ATTEMPTS = 3
"""Limit on the attempts of a download whose connection is lost or whose URL has expired, the first one included."""

_REDIRECTS = 5
"""Limit on the redirects of a storage, to a host in another region for example."""

_REDIRECT = frozenset({301, 302, 303, 307, 308})

_DECODERS = {"gzip": 31, "x-gzip": 31, "deflate": 15}
"""Codings that can be undone, with the window bits of zlib."""

_BLOCK = 1024 * 1024
"""Bytes that arrive before they are written and hashed. In async code a thread does that, and each hand-over takes time."""

_PIECE = 256 * 1024
"""Bytes that are decoded at once, and limit on the bytes that they become at once."""

_LARGEST = 10 * 1024**3
"""Limit on decoded bytes where Buildkite tells no size: the largest artifact.
https://buildkite.com/docs/platform/limits"""

DEFAULT_MAX_BYTES = 16 * 1024 * 1024
"""Limit on the bytes of an artifact that is read into memory."""

_EXPIRED = frozenset({401, 403, 410})
"""Statuses by which storage refuses an expired URL: one is valid for 60 seconds."""


@dataclass(frozen=True, slots=True)
class DownloadProgress:
    """Progress of a download."""

    artifact: Artifact
    done: int
    """Bytes that have arrived."""
    total: int | None
    """Bytes in all; None if Buildkite doesn't say."""


Progress = Callable[[DownloadProgress], None]


class _Sink(Protocol):
    """Place that the bytes of an artifact are written to: a temporary file, or memory."""

    def open(self) -> None: ...
    def write(self, data: bytes) -> None: ...
    def pieces(self, size: int) -> Iterator[bytes]: ...
    def place(self) -> None: ...
    def discard(self) -> None: ...


class _Memory:
    """Bytes of an artifact in memory, at most as many as the caller allows."""

    def __init__(self, artifact: Artifact, max_bytes: int) -> None:
        self._artifact = artifact
        self._max_bytes = max_bytes
        self._data = bytearray()
        self.content = b""

    def open(self) -> None:
        self._data.clear()

    def write(self, data: bytes) -> None:
        if len(self._data) + len(data) > self._max_bytes:
            raise _too_large(self._artifact, self._max_bytes)
        self._data += data

    def pieces(self, size: int) -> Iterator[bytes]:
        for at in range(0, len(self._data), size):
            yield bytes(self._data[at : at + size])

    def place(self) -> None:
        self.content = bytes(self._data)

    def discard(self) -> None:
        self._data.clear()


async def download(requester: Requester, target: Target, tree: Tree, *, progress: Progress | None = None) -> Path:
    """Write one artifact to its target, through a temporary file beside it. See `AsyncArtifacts.download`."""
    await _transfer(requester, target.artifact, lambda: PartFile(tree, target), progress)
    return target.path


async def read(requester: Requester, artifact: Artifact, *, max_bytes: int) -> bytes:
    """Return the bytes of one artifact. See `AsyncArtifacts.read`."""
    if artifact.file_size is not None and artifact.file_size > max_bytes:
        raise _too_large(artifact, max_bytes)
    sinks: list[_Memory] = []

    def sink() -> _Memory:
        # What the storage serves with a Content-Encoding may be longer than what it is decoded to.
        sinks.append(_Memory(artifact, max_bytes + max_bytes // 1000 + 1024))
        return sinks[-1]

    await _transfer(requester, artifact, sink, None)
    content = max((sink.content for sink in sinks), key=len)
    if len(content) > max_bytes:
        raise _too_large(artifact, max_bytes)
    return content


async def _transfer(
    requester: Requester, artifact: Artifact, sink: Callable[[], _Sink], progress: Progress | None
) -> None:
    """Fetch the bytes of one artifact into a sink, again if the connection is lost or the URL has expired."""
    if not has_job(artifact):
        raise ArtifactUnavailable(
            f"{label(artifact)} has no job_id, by which Buildkite finds it. Pass one that artifacts.list returned."
        )
    attempt = 1
    while True:
        try:
            return await _attempt(requester, artifact, sink, progress)
        except _Again as again:
            pause = again.pause(requester, attempt)
            if pause is None:
                raise again.error from again.__cause__
        await requester.runtime.sleep(pause)
        attempt += 1


async def _attempt(
    requester: Requester, artifact: Artifact, sink: Callable[[], _Sink], progress: Progress | None
) -> None:
    response = await _open(requester, artifact)
    runtime = requester.runtime
    files: list[_Sink] = []
    try:
        # Size and SHA-1 are of the stored bytes, so they are read as they are stored: httpx decodes by this header.
        coding = response.headers.pop("Content-Encoding", "").strip().lower()
        content = _Content(sink(), artifact.file_size)
        files.append(content.file)
        await runtime.offload(content.file.open)
        limit = _most_stored(artifact.file_size, coding)
        block: list[bytes] = []
        arrived = 0
        try:
            async with aclosing(runtime.chunks(response)) as chunks:
                async for chunk in chunks:
                    arrived += len(chunk)
                    if limit is not None and arrived > limit:
                        raise _corrupted(artifact, [f"at least {arrived} bytes instead of {artifact.file_size}"])
                    block.append(chunk)
                    if arrived - content.size >= _BLOCK:
                        await runtime.offload(partial(content.add, block))
                        block = []
                    if progress is not None:
                        progress(DownloadProgress(artifact, arrived, artifact.file_size))
        except TRANSPORT_ERRORS as error:
            raise _Again(lost(error, response.request)) from error
        wrong = await runtime.offload(partial(content.finish, block, artifact))
        if wrong and coding in _DECODERS:
            decoded = _Content(sink(), artifact.file_size)
            files.append(decoded.file)
            if await runtime.offload(partial(_decode, content, decoded, coding)):
                wrong = await runtime.offload(partial(decoded.finish, (), artifact))
        if wrong:
            raise _corrupted(artifact, wrong)
    finally:
        try:
            for file in files:
                file.discard()
        finally:
            await runtime.close(response)


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


class _Content:
    """Bytes of an artifact on their way to a temporary file, with their size and SHA-1."""

    def __init__(self, file: _Sink, expected: int | None) -> None:
        self.file = file
        self.size = 0
        self.expected = expected
        self._digest = hashlib.sha1(usedforsecurity=False)

    def add(self, block: Iterable[bytes]) -> None:
        """Append bytes."""
        for data in block:
            self.file.write(data)
            self._digest.update(data)
            self.size += len(data)

    def finish(self, block: Iterable[bytes], artifact: Artifact) -> list[str]:
        """Append the last bytes. Place the file if it is right, and return how it differs from the artifact."""
        self.add(block)
        wrong = self._differences(artifact)
        if not wrong:
            self.file.place()
        return wrong

    def _differences(self, artifact: Artifact) -> list[str]:
        wrong = []
        if artifact.file_size is not None and self.size != artifact.file_size:
            wrong.append(f"{self.size} bytes instead of {artifact.file_size}")
        sha1 = self._digest.hexdigest()
        if artifact.sha1sum and sha1 != artifact.sha1sum.lower():
            wrong.append(f"SHA-1 {sha1} instead of {shown(artifact.sha1sum)}")
        return wrong


def _too_large(artifact: Artifact, max_bytes: int) -> ArtifactTooLarge:
    size = "more" if artifact.file_size is None else f"{artifact.file_size}"
    return ArtifactTooLarge(
        f"{label(artifact)} has {size} bytes, and max_bytes={max_bytes}. Give a larger max_bytes, or write it to a file with "
        "artifacts.download."
    )


def _corrupted(artifact: Artifact, wrong: list[str]) -> ArtifactCorrupted:
    return ArtifactCorrupted(
        f"{label(artifact)} came with {' and '.join(wrong)}. Nothing was written; download it again."
    )


def _most_stored(size: int | None, coding: str) -> int | None:
    """Return the limit on the bytes that are read: what Buildkite says, and what a coding adds to bytes that it can't shrink."""
    if size is None:
        return None
    return size + size // 1000 + 1024 if coding in _DECODERS else size


def _decode(stored: _Content, decoded: _Content, coding: str) -> bool:
    """Write the decoded bytes, at most as many as are expected. Return False if they can't be decoded or are more."""
    most = _LARGEST if decoded.expected is None else decoded.expected
    decoded.file.open()
    decoder = zlib.decompressobj(_DECODERS[coding])
    ended = False
    try:
        for piece in stored.file.pieces(_PIECE):
            rest, full = piece, False
            while rest or full:
                if ended:  # gzip may have several members
                    decoder, ended = zlib.decompressobj(_DECODERS[coding]), False
                data = decoder.decompress(rest, _PIECE)
                if decoded.size + len(data) > most:
                    return False
                decoded.add((data,))
                ended = decoder.eof
                rest = decoder.unused_data if ended else decoder.unconsumed_tail
                full = len(data) == _PIECE and not ended  # the decoder may hold more of it
    except zlib.error:
        return False
    return ended


async def _open(requester: Requester, artifact: Artifact) -> httpx.Response:
    """Return the answer that holds the artifact, its body unread. Redirects of the storage are followed."""
    url = await _address(requester, artifact)
    said = f"{label(artifact)}: its storage"
    redirects = 0
    while True:
        response = await requester.send_foreign(url)
        status = response.status_code
        if status == 200:
            return response
        await requester.runtime.close(response)
        if status in _EXPIRED:
            raise _Again(ArtifactUnavailable(f"{said} answered {status}.", status=status))
        if status not in _REDIRECT or "Location" not in response.headers:
            raise ArtifactUnavailable(f"{said} answered {status}. It may have expired or been deleted.", status=status)
        redirects += 1
        if redirects > _REDIRECTS:
            raise ArtifactUnavailable(
                f"{said} redirected more than {_REDIRECTS} times. It can't be downloaded from there.", status=status
            )
        url = _redirected(response.request.url, response.headers["Location"], said, status)


def _redirected(url: httpx.URL, location: str, said: str, status: int) -> str:
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
    return str(joined)


def _has_host(url: httpx.URL) -> bool:
    """Tell whether the host of a URL can be looked up. Python raises a UnicodeError for one that can't."""
    labels = url.raw_host.removesuffix(b".").split(b".")
    return (all(0 < len(part) < 64 for part in labels) or b":" in url.raw_host) and (url.port or 1) < 65536


async def _address(requester: Requester, artifact: Artifact) -> str:
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
    return str(parsed)
