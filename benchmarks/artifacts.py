"""Downloads of artifacts beside bare httpx: a large one, and many small ones from servers that take their time."""

from __future__ import annotations

import asyncio
import hashlib
import json
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import httpx

from buildkite_ext import AsyncBuildkiteClient, BuildkiteClient

from .rows import Row, Taken, at_most, compared, rounds_of

__all__ = ["TITLE", "measure"]

TITLE = "Downloads of artifacts"

_LARGE = 128 * 1024 * 1024
_SMALL, _FILES, _AT_ONCE, _LATENCY = 64 * 1024, 500, 8, 0.03
_ROUNDS = 3
"""Rounds of the small files: each takes 4 s a way."""

_COMMAND = 4.2 / 3.75
"""Wall time of the official command for these files, in times of what the network takes. It was measured once, and isn't run
here. It reads one redirect and one file at a time in each of its workers, as the bare peer does. Ours has as many files at once,
and asks for up to half as many redirects ahead."""

_LISTED = "/v2/organizations/acme/pipelines/web/builds/7/artifacts"
_PER_PAGE = 100


@dataclass(frozen=True)
class _Served:
    """Build of `files` artifacts of `size` bytes, on a server in a process of its own."""

    base: str
    files: int
    size: int


def measure() -> list[Row]:
    """Compare downloads with bare httpx that does the same requests, writes the files and computes their SHA-1."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        return [*_large(root), *_small(root)]


def _large(root: Path) -> list[Row]:
    with _running(1, _LARGE, 0.0) as served:

        def target() -> Path:
            file = root / "large"
            file.unlink(missing_ok=True)  # ours would leave it as it is
            return file

        ways: dict[str, Callable[[], object]] = {
            "sync": lambda: _download(served, target()),
            "httpx": lambda: _bare(served, target()),
            "async": lambda: asyncio.run(_adownload(served, target())),
            "async httpx": lambda: asyncio.run(_abare_one(served, target())),
        }
        taken = rounds_of(ways)
    work, peer = f"Artifact of {_LARGE >> 20} MB", " to a file, and sha1"
    named = {f"httpx{peer}": taken["httpx"], f"async httpx{peer}": taken["async httpx"], **taken}
    return [
        compared(f"{work}, sync", named, "sync", f"httpx{peer}", goal=at_most(1.05)),
        compared(f"{work}, async", named, "async", f"async httpx{peer}", goal=at_most(1.05)),
    ]


def _small(root: Path) -> list[Row]:
    numbers = count()
    with _running(_FILES, _SMALL, _LATENCY) as served:

        def folder() -> Path:
            made = root / f"small-{next(numbers)}"
            made.mkdir()
            return made

        ways: dict[str, Callable[[], object]] = {
            "sync": lambda: _download_all(served, folder()),
            "async": lambda: asyncio.run(_adownload_all(served, folder())),
            "bare": lambda: asyncio.run(_abare(served, folder())),
        }
        taken = rounds_of(ways, _ROUNDS)
    # The list of the files is read page after page; then each worker reads the redirect and the file, one after the other.
    floor = (-(-_FILES // _PER_PAGE) + 2 * _FILES / _AT_ONCE) * _LATENCY
    bound = [Taken(run.cpu, floor * _COMMAND) for run in taken["bare"]]
    work = f"{_FILES} artifacts of {_SMALL >> 10} kB, {_LATENCY * 1000:g} ms latency, {_AT_ONCE} at once"
    named = {"bare httpx": taken["bare"], "official command, calculated": bound, **taken}
    rows = []
    for way in ("sync", "async"):
        rows.append(
            compared(f"{work}, {way}", named, way, "official command, calculated", goal=at_most(1.0, "wall"), by="wall")
        )
        rows.append(compared(f"{work}, {way}", named, way, "bare httpx", by="wall"))
    return rows


def _client(served: _Served) -> BuildkiteClient:
    return BuildkiteClient("acme", token="bench", base_url=served.base)


def _aclient(served: _Served) -> AsyncBuildkiteClient:
    return AsyncBuildkiteClient("acme", token="bench", base_url=served.base)


def _download(served: _Served, target: Path) -> None:
    with _client(served) as buildkite:
        buildkite.artifacts.download(buildkite.artifacts.get("job", "0"), target)


async def _adownload(served: _Served, target: Path) -> None:
    async with _aclient(served) as buildkite:
        await buildkite.artifacts.download(await buildkite.artifacts.get("job", "0"), target)


def _download_all(served: _Served, folder: Path) -> None:
    with _client(served) as buildkite:
        assert len(buildkite.artifacts.download_all("web", 7, to=folder, concurrency=_AT_ONCE)) == served.files


async def _adownload_all(served: _Served, folder: Path) -> None:
    async with _aclient(served) as buildkite:
        assert len(await buildkite.artifacts.download_all("web", 7, to=folder, concurrency=_AT_ONCE)) == served.files


def _bare(served: _Served, target: Path) -> None:
    with httpx.Client(base_url=served.base, follow_redirects=True) as http:
        artifact = http.get("/v2/organizations/acme/jobs/job/artifacts/0").json()
        digest = hashlib.sha1(usedforsecurity=False)
        with http.stream("GET", artifact["download_url"]) as response, target.open("wb") as file:
            for chunk in response.iter_bytes():
                file.write(chunk)
                digest.update(chunk)
        assert digest.hexdigest() == artifact["sha1sum"]


async def _abare_one(served: _Served, target: Path) -> None:
    async with httpx.AsyncClient(base_url=served.base, follow_redirects=True) as http:
        await _abare_file(http, (await http.get("/v2/organizations/acme/jobs/job/artifacts/0")).json(), target)


async def _abare_file(http: httpx.AsyncClient, artifact: dict[str, Any], target: Path) -> None:
    digest = hashlib.sha1(usedforsecurity=False)
    async with http.stream("GET", artifact["download_url"]) as response:
        with target.open("wb") as file:
            async for chunk in response.aiter_bytes():
                file.write(chunk)
                digest.update(chunk)
    assert digest.hexdigest() == artifact["sha1sum"]


async def _abare(served: _Served, folder: Path) -> None:
    """Download all files by workers, as the official command does."""
    async with httpx.AsyncClient(base_url=served.base, follow_redirects=True) as http:
        artifacts = [artifact async for artifact in _abare_list(http)]
        assert len(artifacts) == served.files

        async def worker() -> None:
            while artifacts:
                artifact = artifacts.pop()
                await _abare_file(http, artifact, folder / artifact["path"])

        await asyncio.gather(*(worker() for _ in range(_AT_ONCE)))


async def _abare_list(http: httpx.AsyncClient) -> AsyncIterator[dict[str, Any]]:
    url = f"{_LISTED}?per_page={_PER_PAGE}"
    while url:
        response = await http.get(url)
        for artifact in response.json():
            yield artifact
        url = response.links.get("next", {}).get("url", "")


async def _serve(files: int, size: int, latency: float) -> None:
    """Answer as the API and the storage of artifacts do, after `latency` seconds each."""
    block = bytes(range(256)) * 256
    content = memoryview(block * (size // len(block)))
    sha1 = hashlib.sha1(content, usedforsecurity=False).hexdigest()

    def described(number: int) -> dict[str, Any]:
        return {
            "id": str(number),
            "job_id": "job",
            "url": f"{base}/v2/organizations/acme/jobs/job/artifacts/{number}",
            "download_url": f"{base}/v2/organizations/acme/jobs/job/artifacts/{number}/download",
            "state": "finished",
            "path": f"file-{number}",
            "filename": f"file-{number}",
            "mime_type": "application/octet-stream",
            "file_size": size,
            "sha1sum": sha1,
        }

    def answer(target: httpx.URL) -> tuple[str, bytes | memoryview]:
        """Return the status line with headers, and the body."""
        number = target.path.removesuffix("/download").rpartition("/")[2]
        if target.path.startswith("/storage/"):
            return "200 OK", content
        if target.path.endswith("/download"):
            return f"302 Found\r\nLocation: {base}/storage/{number}", b"{}"
        if not target.path.endswith("/artifacts"):
            return "200 OK\r\nContent-Type: application/json", json.dumps(described(int(number))).encode()
        page = int(target.params.get("page", "1"))
        listed = [described(number) for number in range(files)[(page - 1) * _PER_PAGE : page * _PER_PAGE]]
        link = f'\r\nLink: <{base}{_LISTED}?page={page + 1}&per_page={_PER_PAGE}>; rel="next"'
        return (
            f"200 OK\r\nContent-Type: application/json{link if page * _PER_PAGE < files else ''}",
            json.dumps(listed).encode(),
        )

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            while head := await reader.readuntil(b"\r\n\r\n"):
                status, body = answer(httpx.URL(head.split(b" ", 2)[1].decode()))
                await asyncio.sleep(latency)
                writer.write(f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n\r\n".encode())
                for at in range(0, len(body), 1 << 18):
                    writer.write(body[at : at + (1 << 18)])
                    await writer.drain()
        writer.close()

    server = await asyncio.start_server(connected, "127.0.0.1", 0)
    base = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    print(base, flush=True)
    await server.serve_forever()


@contextmanager
def _running(files: int, size: int, latency: float) -> Iterator[_Served]:
    """Run the server for as long as the block lasts."""
    command = [sys.executable, "-m", "benchmarks.artifacts", str(files), str(size), str(latency)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield _Served(process.stdout.readline().strip(), files, size)
        finally:
            process.terminate()


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        asyncio.run(_serve(int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])))
