"""A real redis-server without persistence, on a Unix socket in its own folder."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis


class RedisServer:
    """A redis-server that can be started and stopped."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="bk-redis-"))
        self.socket = self.folder / "redis.sock"
        self.url = f"unix://{self.socket}"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        command = ["redis-server", "--port", "0", "--unixsocket", str(self.socket), "--dir", str(self.folder)]
        self._process = subprocess.Popen(
            [*command, "--save", "", "--appendonly", "no", "--loglevel", "warning"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        with self.client() as client:
            for _ in range(6000):
                with contextlib.suppress(redis.exceptions.RedisError):
                    client.ping()
                    return
                time.sleep(0.01)
        raise RuntimeError("redis-server doesn't answer")

    def client(self) -> redis.Redis:
        return redis.Redis.from_url(self.url)

    def stop(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def remove(self) -> None:
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)


def skip_without_redis_server() -> None:
    """Skip the test without redis-server, or let it fail in CI."""
    if shutil.which("redis-server") is None:
        missing = "needs redis-server: apt-get install redis-server, or brew install redis"
        if os.environ.get("CI"):
            pytest.fail(missing)
        pytest.skip(missing)


def a_server() -> Iterator[RedisServer]:
    """Run a server. Without redis-server the test is skipped, or fails in CI."""
    skip_without_redis_server()
    server = RedisServer()
    try:
        server.start()
        yield server
    finally:
        server.remove()
