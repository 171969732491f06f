"""Processes that share a limit over Redis, in real time: a server with short windows refuses none of their requests."""

from __future__ import annotations

import json
import math
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from ..webhooks.redis.server import RedisServer

WINDOW = 2.0
LIMIT = 10
CALLS = 12
PROCESSES = 4

WORKER = f"""
import sys
from buildkite_ext import BuildkiteClient, RedisStore, Retry
store = RedisStore(sys.argv[2], timeout=20)
with BuildkiteClient("acme", token="bkua_0123", base_url=sys.argv[1], store=store, retry=Retry(attempts=1)) as buildkite:
    for number in range({CALLS}):
        buildkite.builds.get("web", number + 1)
"""


class Limited(ThreadingHTTPServer):
    """Server that allows some requests in each window of two seconds."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.lock = threading.Lock()
        self.window = 0
        self.used = 0
        self.statuses: list[int] = []

    def count(self) -> tuple[int, int, int]:
        """Count a request, and return the status, what remains and the seconds until the window ends."""
        with self.lock:
            now = time.monotonic()
            window = int(now // WINDOW)
            if window != self.window:
                self.window, self.used = window, 0
            self.used += 1
            status = 200 if self.used <= LIMIT else 429
            self.statuses.append(status)
            return status, LIMIT - self.used, math.ceil((window + 1) * WINDOW - now)


class Handler(BaseHTTPRequestHandler):
    server: Limited
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        status, remaining, reset = self.server.count()
        body = json.dumps({"id": "1", "number": 1}).encode()
        self.send_response(status)
        for kind in ("", "User-"):
            self.send_header(f"RateLimit-{kind}Limit", str(LIMIT))
            self.send_header(f"RateLimit-{kind}Remaining", str(remaining))
            self.send_header(f"RateLimit-{kind}Reset", str(reset))
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


def test_four_processes_share_a_limit_without_a_refusal(own_server: RedisServer) -> None:
    with Limited() as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        root = f"http://127.0.0.1:{server.server_port}"
        command = [sys.executable, "-c", WORKER, root, own_server.url]
        workers = [subprocess.Popen(command, stderr=subprocess.PIPE, text=True) for _ in range(PROCESSES)]
        said = [worker.communicate(timeout=250)[1] for worker in workers]
        server.shutdown()
    assert said == [""] * PROCESSES
    assert server.statuses == [200] * (CALLS * PROCESSES)
