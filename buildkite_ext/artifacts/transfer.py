"""Download of artifacts from their storage to a file, complete and checked or not at all."""

from __future__ import annotations

import hashlib
import re
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import aclosing
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Protocol

import httpx

from ..errors import ArtifactCorrupted, ArtifactTooLarge, ArtifactUnavailable, NetworkError
from ..events import ArtifactDownloaded
from ..transport.wire import TRANSPORT_ERRORS, lost
from ..watching.pacing import next_interval, next_pause
from .folders import PartFile
from .names import checked, has_job, label, shown
from .slots import Slots
from .storage_urls import Source, redirected, refused

if TYPE_CHECKING:
    from buildkite_api.models import Artifact

    from ..transport.requester import Requester
    from .folders import Tree
    from .names import Target
    from .slots import Slot

__all__ = ["DEFAULT_MAX_BYTES", "UPLOAD_SECONDS", "DownloadProgress", "Progress", "download", "read"]

_ATTEMPTS = 3
"""Limit on the attempts of a download whose connection is lost or whose URL has expired, the first one included."""

_REDIRECTS = 5
"""Limit on the redirects of a storage, to a host in another region for example."""

_REDIRECT = frozenset({301, 302, 303, 307, 308})

_DECODERS = {"gzip": 31, "x-gzip": 31, "deflate": 15}
"""Codings that can be undone, with the window bits of zlib."""

_BLOCK = 1024 * 1024
"""Bytes that arrive in async code before they are written and hashed. A thread does that, and each hand-over takes time."""

_PIECE = 256 * 1024
"""Bytes that are decoded at once, and limit on the bytes that they become at once."""

_LARGEST = 10 * 1024**3
"""Limit on decoded bytes where Buildkite tells no size: the largest artifact.
https://buildkite.com/docs/platform/limits"""

DEFAULT_MAX_BYTES = 16 * 1024 * 1024
"""Limit on the bytes of an artifact that is read into memory."""

UPLOAD_SECONDS = 60.0
"""Seconds that a download waits for an artifact that is still uploading."""

_UPLOAD_INTERVAL = 5.0
"""Seconds between two polls of such an artifact, once it has been waited for for a while."""

_CONTENT_RANGE = re.compile(r"bytes ([0-9]{1,18})-([0-9]{1,18})/([0-9]{1,18}|\*)")

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
    already_there: bool = False
    """True if the file was there, with the right size and SHA-1, so that nothing was requested."""


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


async def download(
    requester: Requester,
    target: Target,
    tree: Tree,
    *,
    slots: Slots,
    may_be_there: bool,
    progress: Progress | None = None,
) -> bool:
    """Write one artifact to its target, through a temporary file beside it. See `AsyncArtifacts.download`.

    Returns:
        Whether the file was there already, with the right content, so that nothing was requested.

    Args:
        requester: sends the requests.
        target: the file, and the artifact.
        tree: the folder around the file.
        slots: those of the files that come at the same time.
        may_be_there: the target is a file of the right size. If it has the right content, nothing is requested.
        progress: called with the progress.
    """
    artifact = target.artifact
    slot = slots.next()
    try:
        if may_be_there:
            await slot.take()
            if await requester.runtime.offload(partial(_is_there, tree, target)):
                size = artifact.file_size or 0
                if progress is not None:
                    progress(DownloadProgress(artifact, size, size, already_there=True))
                return True
        if _is_uploading(artifact):
            await slot.take()
            artifact = await _uploaded(requester, artifact)
        await _transfer(requester, artifact, lambda: PartFile(tree, target), progress, slot)
        return False
    finally:
        slot.free()


async def read(requester: Requester, artifact: Artifact, *, max_bytes: int) -> bytes:
    """Return the bytes of one artifact. See `AsyncArtifacts.read`."""
    if artifact.file_size is not None and artifact.file_size > max_bytes:
        raise _too_large(artifact, max_bytes)
    if _is_uploading(artifact):
        artifact = await _uploaded(requester, artifact)
    sinks: list[_Memory] = []

    def sink() -> _Memory:
        # What the storage serves with a Content-Encoding may be longer than what it is decoded to.
        sinks.append(_Memory(artifact, max_bytes + max_bytes // 1000 + 1024))
        return sinks[-1]

    await _transfer(requester, artifact, sink, None, Slots(requester.runtime, 1).next())
    content = max((sink.content for sink in sinks), key=len)
    if len(content) > max_bytes:
        raise _too_large(artifact, max_bytes)
    return content


def _is_there(tree: Tree, target: Target) -> bool:
    """Tell whether a target is a file with the SHA-1 of its artifact."""
    artifact = target.artifact
    file = tree.existing(target.parts)
    if file is None:
        return False
    digest = hashlib.sha1(usedforsecurity=False)
    with file:
        while data := file.read(_BLOCK):
            digest.update(data)
    return digest.hexdigest() == (artifact.sha1sum or "").lower()


def _is_uploading(artifact: Artifact) -> bool:
    return str(artifact.state) == "new" and has_job(artifact)


async def _uploaded(requester: Requester, artifact: Artifact) -> Artifact:
    """Return an artifact that is still uploading when it has been uploaded. It is polled until then.

    Raises:
        ArtifactUnavailable: it was not uploaded in time, or never will be.
    """
    endpoint = requester.module("artifacts", "get_job_artifact")
    runtime = requester.runtime
    ends = runtime.now() + UPLOAD_SECONDS
    interval, last = 1.0, False
    while True:
        found: Artifact = checked(
            await requester.call_fresh(endpoint, requester.organization, artifact.job_id, artifact.id)
        )
        state = str(found.state)
        if state == "finished":
            return found
        if state != "new":
            raise ArtifactUnavailable(f"{label(artifact)} was not uploaded: its state is {shown(state)}.")
        if last:
            raise ArtifactUnavailable(
                f"{label(artifact)} was still uploading after {UPLOAD_SECONDS:g} s. Download it when its job has ended."
            )
        pause, last = next_pause(interval, ends - runtime.now())
        await requester.pause(pause)
        interval = next_interval(interval, _UPLOAD_INTERVAL)


async def _transfer(
    requester: Requester, artifact: Artifact, sink: Callable[[], _Sink], progress: Progress | None, slot: Slot
) -> None:
    """Fetch the bytes of one artifact into a sink, again if the connection is lost or the URL has expired.

    Its address may be asked for before its bytes have their turn.
    """
    if not has_job(artifact):
        raise ArtifactUnavailable(
            f"{label(artifact)} has no job_id, by which Buildkite finds it. Pass one that artifacts.list returned."
        )
    now = requester.runtime.now
    began = now()
    with requester.span("buildkite.artifact.download", {"artifact_id": artifact.id}) as span:
        source = Source(requester, artifact)
        if slot.asks_ahead:
            await source.ask()
        waits = now()
        await slot.take()
        began += now() - waits
        size = await _attempts(source, _Part(artifact, sink), progress, slot)
        if span is not None:
            span.set("size_bytes", size)
    if requester.events.wanted:
        requester.events.emit(ArtifactDownloaded(artifact.id, size, now() - began))


async def _attempts(source: Source, part: _Part, progress: Progress | None, slot: Slot) -> int:
    """Fetch the bytes of one artifact into a sink, and return their number.

    What arrived before a connection was lost is kept where the storage can continue behind it. An attempt that brought a
    megabyte counts as none, so that a large artifact may need many. Content that differs is fetched again once, from its start;
    content that is too long is not, for it surely is another file.
    """
    requester = source.requester
    attempt = 1
    corrupted = False
    try:
        while True:
            arrived = part.size
            try:
                return await _attempt(source, part, progress, slot)
            except _Again as again:
                error = again.error
                if isinstance(error, ArtifactCorrupted):
                    part.discard()
                    if corrupted or requester.options.retry is None:
                        raise error from None
                    corrupted = True
                    continue
                if part.size - arrived >= _BLOCK:
                    attempt = 1
                pause = again.pause(requester, attempt)
                if pause is None:
                    raise error from again.__cause__
            await requester.pause(pause)
            attempt += 1
    finally:
        part.discard()


async def _attempt(source: Source, part: _Part, progress: Progress | None, slot: Slot) -> int:
    """Fetch the bytes of one artifact from the place that an earlier attempt has come to, and return the number of all."""
    artifact, runtime = source.artifact, source.requester.runtime
    url = await source.take()
    began = runtime.now()
    response = await _open(source, url, part)
    try:
        begin = partial(part.begin, response)
        content = begin() if part.is_new else await runtime.offload(begin)
        coding = part.coding
        limit = _most_stored(artifact.file_size, coding)
        most = 1 if runtime.blocking else _BLOCK  # blocking code writes bytes while the processor has them in its cache
        block: list[bytes] = []
        arrived = content.size

        async def receive() -> bool:
            """Read a block. Return False at the end."""
            nonlocal arrived
            async for chunk in chunks:
                arrived += len(chunk)
                if limit is not None and arrived > limit:
                    error = _corrupted(artifact, [f"at least {arrived} bytes instead of {artifact.file_size}"])
                    raise _Again(error) if part.continued else error
                block.append(chunk)
                if arrived - content.size >= most:
                    return True
                tell()
            return False

        def tell() -> None:
            if progress is not None:
                progress(DownloadProgress(artifact, arrived, artifact.file_size))

        try:
            async with aclosing(runtime.chunks(response)) as chunks:
                # An attempt for a whole block, since one for each chunk would take a task each.
                while await runtime.attempt(receive, seconds=None):
                    await runtime.offload(partial(content.add, block))
                    # The last block is kept until the next has come. Without it the allocator gives the memory of each back to
                    # the system, and takes it again for the next.
                    _last, block = block, []
                    tell()
        except TRANSPORT_ERRORS as error:
            if not await runtime.offload(partial(content.keep, block)):
                part.discard()
            raise _Again(lost(error, response.request)) from error
        wrong = await runtime.offload(partial(content.finish, block, artifact))
        if wrong and coding in _DECODERS:
            decoded = _Content(part.sink(), artifact.file_size)
            if await runtime.offload(partial(_decode, content, decoded, coding)):
                content, wrong = decoded, await runtime.offload(partial(decoded.finish, (), artifact))
        if wrong:
            raise _Again(_corrupted(artifact, wrong))
        slot.came(runtime.now() - began)
        return content.size
    finally:
        await runtime.close(response)


class _Part:
    """Bytes of an artifact that have arrived, in one or several attempts.

    Args:
        artifact: the artifact.
        sink: makes the place that they are written to.
    """

    def __init__(self, artifact: Artifact, sink: Callable[[], _Sink]) -> None:
        self._artifact = artifact
        self._sink = sink
        self._files: list[_Sink] = []
        self._content: _Content | None = None
        self._validator = ""
        self._continues = True
        self.coding = ""
        self.continued = False

    @property
    def size(self) -> int:
        """Number of bytes that have arrived."""
        return 0 if self._content is None else self._content.size

    @property
    def is_new(self) -> bool:
        """True before the first attempt. `begin` touches no file then, so it needs no thread."""
        return not self._files

    def sink(self) -> _Sink:
        """Return a new place for bytes, which `discard` removes."""
        self._files.append(self._sink())
        return self._files[-1]

    def wanted(self) -> dict[str, str]:
        """Return the headers that ask for the bytes that are missing; none where all have to come again."""
        if not (self._continues and self.size and (self._validator or self._artifact.sha1sum)):
            return {}
        return {"Range": f"bytes={self.size}-", **({"If-Range": self._validator} if self._validator else {})}

    def restart(self) -> None:
        """Ask for all bytes from now on: the storage can't continue."""
        self._continues = False

    def continues_with(self, response: httpx.Response) -> bool:
        """Tell whether an answer holds exactly the bytes that are missing."""
        found = _CONTENT_RANGE.fullmatch(response.headers.get("Content-Range", "").strip())
        coding = response.headers.get("Content-Encoding", "").strip().lower()
        if found is None or int(found[1]) != self.size or coding != self.coding:
            return False
        end, total = int(found[2]) + 1, None if found[3] == "*" else int(found[3])
        known = self._artifact.file_size if not coding else None
        return end > self.size and total in (None, end) and (known is None or end == known)

    def begin(self, response: httpx.Response) -> _Content:
        """Return the content that the bytes of an answer are added to.

        That of an earlier attempt is hashed again as it is written, for it may be changed meanwhile.
        """
        # Size and SHA-1 are of the stored bytes, so they are read as they are stored: httpx decodes by this header.
        coding = response.headers.pop("Content-Encoding", "").strip().lower()
        if response.status_code == 206 and self._content is not None:
            self._content.hash_again()
            self.continued = True
            return self._content
        self.discard()
        self.coding = coding
        etag = response.headers.get("ETag", "")
        self._validator = etag if etag.startswith('"') else response.headers.get("Last-Modified", "")
        self._content = _Content(self.sink(), self._artifact.file_size)
        return self._content

    def discard(self) -> None:
        """Remove what has arrived, unless it has become the target."""
        files, self._files, self._content, self.continued = self._files, [], None, False
        for file in files:
            file.discard()


class _Again(Exception):
    """The download may start again: its connection was lost, its URL has expired, or its content differs."""

    def __init__(self, error: ArtifactUnavailable | ArtifactCorrupted | NetworkError) -> None:
        self.error = error

    def pause(self, requester: Requester, attempt: int) -> float | None:
        """Return the seconds until the next attempt; None if this was the last."""
        if attempt >= _ATTEMPTS:
            return None
        if not isinstance(self.error, NetworkError):
            return 0.0
        retry = requester.options.retry
        return None if retry is None else retry.delay(attempt, self.error, repeatable=True)


class _Content:
    """Bytes of an artifact on their way to a temporary file, with their size and SHA-1.

    The file is opened with the first bytes, so that a small artifact is opened, written and placed in one go of a thread.
    """

    def __init__(self, file: _Sink, expected: int | None) -> None:
        self.file = file
        self._opened = False
        self.size = 0
        self.expected = expected
        self._digest = hashlib.sha1(usedforsecurity=False)

    def add(self, block: Iterable[bytes]) -> None:
        """Append bytes."""
        if not self._opened:
            self.file.open()
            self._opened = True
        for data in block:
            self.file.write(data)
            self._digest.update(data)
            self.size += len(data)

    def keep(self, block: Iterable[bytes]) -> bool:
        """Append the last bytes of an attempt. Return False if what has arrived can't be continued.

        That is so in a process that was forked meanwhile: the file is its parent's.
        """
        try:
            self.add(block)
            next(iter(self.file.pieces(1)), b"")
        except OSError:
            return False
        return True

    def hash_again(self) -> None:
        """Take size and SHA-1 from the bytes as they are written."""
        self.size = 0
        self._digest = hashlib.sha1(usedforsecurity=False)
        for data in self.file.pieces(_BLOCK):
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


async def _open(source: Source, url: httpx.URL, part: _Part) -> httpx.Response:
    """Return the answer that holds the artifact, or what is missing of it, its body unread. Redirects are followed."""
    requester, said = source.requester, f"{label(source.artifact)}: its storage"
    redirects = 0
    while True:
        wanted = part.wanted()
        response = await requester.send_foreign(url, headers=wanted)
        status = response.status_code
        if status == 200 or (status == 206 and wanted and part.continues_with(response)):
            return response
        await requester.runtime.close(response)
        if wanted and status in (206, 416):
            part.restart()
            continue
        if status in _EXPIRED:
            raise _Again(refused(said, status))
        if status not in _REDIRECT or "Location" not in response.headers:
            raise refused(said, status)
        redirects += 1
        if redirects > _REDIRECTS:
            raise ArtifactUnavailable(
                f"{said} redirected more than {_REDIRECTS} times. It can't be downloaded from there.", status=status
            )
        url = redirected(
            response.request.url, response.headers["Location"], said, status, allow_http=requester.options.allow_http
        )
