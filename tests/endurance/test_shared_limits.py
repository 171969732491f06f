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


READER = """
import sys
from buildkite_ext import BuildkiteClient, Cache, RedisStore
store = RedisStore(sys.argv[2], timeout=20, share_cache=True)
options = {"token": "bkua_0123", "base_url": sys.argv[1], "store": store, "cache": Cache()}
with BuildkiteClient("acme", **options) as buildkite:
    for line in sys.stdin:
        if line == "write\\n":
            buildkite.pipelines.update("web", description="changed")
        print(buildkite.pipelines.get("web").description, flush=True)
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


class Pipeline(BaseHTTPRequestHandler):
    """API with one pipeline, whose description is the number of its writes."""

    writes = reads = 0
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        type(self).reads += 1
        self._answer()

    def do_PATCH(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        type(self).writes += 1
        self._answer()

    def _answer(self) -> None:
        body = json.dumps({"id": "p", "slug": "web", "description": str(self.writes)}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


def test_four_processes_share_a_cache_and_what_one_of_them_writes_all_see(own_server: RedisServer) -> None:
    with ThreadingHTTPServer(("127.0.0.1", 0), Pipeline) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        command = [sys.executable, "-c", READER, f"http://127.0.0.1:{server.server_port}", own_server.url]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        workers = [subprocess.Popen(command, text=True, **pipes) for _ in range(PROCESSES)]

        def tell(worker: subprocess.Popen[str], line: str) -> str:
            assert worker.stdin is not None
            assert worker.stdout is not None
            worker.stdin.write(f"{line}\n")
            worker.stdin.flush()
            return worker.stdout.readline().strip()

        for writes in range(20):
            assert [tell(worker, "read") for worker in workers * 2] == [str(writes)] * 8
            assert tell(workers[writes % PROCESSES], "write") == str(writes + 1)
        said = [worker.communicate(timeout=250)[1] for worker in workers]
        server.shutdown()
    assert said == [""] * PROCESSES
    assert (Pipeline.writes, Pipeline.reads) == (20, 21)


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
