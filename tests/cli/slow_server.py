"""A slow server, for Ctrl-C during a request."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

BUILD = {"id": "b1", "url": "http://x/1", "web_url": "https://buildkite.test/acme/web/builds/1", "number": 1}
JOBS = [
    {
        "id": f"j{number}",
        "type": "script",
        "name": f"job {number}",
        "state": "running",
        "started_at": "2026-01-05T09:00:00Z",
    }
    for number in (1, 2)
]
FILES = [
    {
        "id": f"a{number}",
        "job_id": "j1",
        "url": "http://x/a",
        "download_url": "http://x/a/download",
        "state": "finished",
        "path": f"big{number}.bin",
        "dirname": "",
        "filename": f"big{number}.bin",
        "mime_type": "application/octet-stream",
        "file_size": 10_000_000,
        "sha1sum": "0" * 40,
    }
    for number in (1, 2)
]


class SlowServer:
    """Handler that answers some requests, and lets others hang until the test ends.

    Args:
        build: the state of the build and its jobs.
        hangs: which paths get no answer.
    """

    def __init__(self, build: dict[str, object], hangs: Callable[[str, str], bool]) -> None:
        self.build = {**BUILD, **build}
        self.hangs = hangs
        self.hanging = threading.Event()
        self.over = threading.Event()
        self.url = ""

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        method, path = handler.command, handler.path.partition("?")[0]
        if method == "POST":
            handler.rfile.read(int(handler.headers["Content-Length"]))
        if self.hung(handler):
            return
        if path.endswith("/drip"):
            self._drip(handler)
        elif path.endswith("/download"):
            self._json(handler, 302, {"url": f"{self.url}/drip"})
        elif path.endswith("/artifacts"):
            self._json(handler, 200, FILES)
        elif path.endswith("/log"):
            self._json(handler, 404, {"message": "No log found"})
        else:
            self._json(handler, 201 if method == "POST" else 200, self.build)

    def hung(self, handler: BaseHTTPRequestHandler) -> bool:
        """Let a request hang that gets no answer, and tell whether it is one."""
        if not self.hangs(handler.command, handler.path.partition("?")[0]):
            return False
        self.hanging.set()
        self.over.wait(300)
        return True

    def refuse(self, handler: BaseHTTPRequestHandler) -> None:
        """Answer to a request to cancel the build, which has ended."""
        self._json(handler, 422, {"message": "Build can't be canceled because it's already finished."})

    def _drip(self, handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", "10000000")
        handler.end_headers()
        handler.wfile.write(b"x" * 2_000_000)  # a smaller artifact isn't written until it is whole
        self.hanging.set()
        while not self.over.wait(0.05):
            try:
                handler.wfile.write(b"x" * 1000)
            except OSError:
                return

    def _json(self, handler: BaseHTTPRequestHandler, status: int, body: object) -> None:
        data = json.dumps(body).encode()
        handler.send_response(status)
        handler.send_header("Content-Type", "application/json")
        handler.send_header("Content-Length", str(len(data)))
        handler.end_headers()
        handler.wfile.write(data)


@contextmanager
def slow_server(build: dict[str, object], hangs: Callable[[str, str], bool] = lambda *_: False) -> Iterator[SlowServer]:
    """Serve during a `with` block."""
    slow = SlowServer(build, hangs)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            slow.answer(self)

        def do_POST(self) -> None:
            slow.answer(self)

        def do_PUT(self) -> None:
            if not slow.hung(self):
                slow.refuse(self)

        def log_message(self, *_: object) -> None:
            """Print nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    slow.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield slow
    finally:
        slow.over.set()
        server.shutdown()
        thread.join()
        server.server_close()
