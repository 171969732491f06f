"""A server of builds that takes its time, in a process of its own.

python -m benchmarks.server BUILDS_FILE LATENCY_SECONDS
"""

from __future__ import annotations

import asyncio
import json
import re
import subprocess
import sys
import tempfile
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

PATH = "/v2/organizations/acme/pipelines/web/builds"


_LIMITS = [
    f"RateLimit-{kind}{name}: {value}"
    for kind in ("", "User-")
    for name, value in (("Limit", 1_000_000), ("Remaining", 1_000_000), ("Reset", 60))
]
"""Headers of the rate limits, as Buildkite sends them, with room for any benchmark."""


class _Builds:
    """Builds, newest first, and the answers about them."""

    def __init__(self, builds: Sequence[Mapping[str, Any]]) -> None:
        self._texts = [json.dumps(build).encode() for build in builds]
        self._age = [-_seconds(build["created_at"]) for build in builds]

    def answer(self, base: str, target: str) -> tuple[bytes, str]:
        """Return the body and the Link header of an answer: a page of the list, or the first build for any other path."""
        parts = urlsplit(target)
        if parts.path != PATH:
            return self._texts[0], ""
        query = dict(parse_qsl(parts.query))
        size, page = int(query.get("per_page", "30")), int(query.get("page", "1"))
        newest = bisect_left(self._age, -_seconds(query["created_to"]) + 0.0005) if "created_to" in query else 0
        last = max(1, -(-(len(self._texts) - newest) // size))
        at = newest + (page - 1) * size
        others = {"next": page + 1, "last": last} if page < last else {}
        if page > 1:
            others["prev"] = page - 1
        links = [f'<{base}{PATH}?{urlencode(query | {"page": str(to)})}>; rel="{rel}"' for rel, to in others.items()]
        return b"[" + b",".join(self._texts[at : at + size]) + b"]", ", ".join(links)


def _seconds(text: str) -> float:
    from datetime import datetime

    return datetime.fromisoformat(text).timestamp()


async def serve(builds: Sequence[Mapping[str, Any]], latency: float) -> None:
    """Answer GET and POST, after `latency` seconds. The pages of the list have Buildkite's Link header."""
    served = _Builds(builds)

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                if length := re.search(rb"(?i)content-length: *(\d+)", head):
                    await reader.readexactly(int(length[1]))
                if latency:
                    await asyncio.sleep(latency)
                body, links = served.answer(base, head.split(b" ", 2)[1].decode())
                lines = ["HTTP/1.1 200 OK", "Content-Type: application/json", f"Content-Length: {len(body)}", *_LIMITS]
                if links:
                    lines.append(f"Link: {links}")
                writer.write("\r\n".join([*lines, "", ""]).encode() + body)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    base = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    print(base, flush=True)
    await server.serve_forever()


@contextmanager
def running(builds: Sequence[Mapping[str, Any]], latency: float) -> Iterator[str]:
    """The address of a server of these builds, for as long as the block lasts."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "builds.json"
        file.write_text(json.dumps(builds))
        command = [sys.executable, "-m", "benchmarks.server", str(file), str(latency)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            try:
                yield process.stdout.readline().strip()
            finally:
                process.terminate()


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        asyncio.run(serve(json.loads(Path(sys.argv[1]).read_text()), float(sys.argv[2])))
