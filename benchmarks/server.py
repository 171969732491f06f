"""A server of canned pages that takes its time, in a process of its own.

python -m benchmarks.server PAGES_FILE LATENCY_SECONDS
"""

from __future__ import annotations

import asyncio
import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

PATH = "/v2/organizations/acme/pipelines/web/builds"


async def serve(pages: list[bytes], latency: float) -> None:
    """Answer `?page=N` with the Nth body and Buildkite's Link header, after `latency` seconds."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                found = re.search(rb"[?&]page=(\d+)", head.split(b"\r\n", 1)[0])
                number = int(found[1]) if found else 1
                body = pages[number - 1] if number <= len(pages) else b"[]"
                await asyncio.sleep(latency)
                writer.write(
                    b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n%s\r\n"
                    % (len(body), _link(number, len(pages)).encode())
                )
                writer.write(body)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    def _link(number: int, last: int) -> str:
        links = []
        if number < last:
            links.append(f'<{base}{PATH}?page={number + 1}&per_page=100>; rel="next"')
            links.append(f'<{base}{PATH}?page={last}&per_page=100>; rel="last"')
        if number > 1:
            links.append(f'<{base}{PATH}?page={number - 1}&per_page=100>; rel="prev"')
        return f"Link: {', '.join(links)}\r\n" if links else ""

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    base = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    print(base, flush=True)
    await server.serve_forever()


@contextmanager
def running(pages: list[bytes], latency: float) -> Iterator[str]:
    """The address of a server of these pages, for as long as the block lasts."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "pages.json"
        file.write_text(json.dumps([page.decode() for page in pages]))
        command = [sys.executable, "-m", "benchmarks.server", str(file), str(latency)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            try:
                yield process.stdout.readline().strip()
            finally:
                process.terminate()


if __name__ == "__main__":
    bodies = json.loads(Path(sys.argv[1]).read_text())
    with suppress(KeyboardInterrupt):
        asyncio.run(serve([body.encode() for body in bodies], float(sys.argv[2])))
