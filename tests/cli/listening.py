"""`webhooks listen` as a separate process, and a client that posts to it."""

from __future__ import annotations

import re
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

import httpx

from ..webhooks.posting import SECRET, signed
from .conftest import Ended

Start = Callable[..., subprocess.Popen[str]]


class Listener:
    """Running `listen`. Its output is collected while it runs."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self.out: list[str] = []
        self.err: list[str] = []
        self._threads = [
            threading.Thread(target=self._collect, args=(process.stdout, self.out), daemon=True),
            threading.Thread(target=self._collect, args=(process.stderr, self.err), daemon=True),
        ]
        for thread in self._threads:
            thread.start()
        self.http = httpx.Client(trust_env=False, timeout=60)
        self.url = self._address()

    def _collect(self, stream: object, lines: list[str]) -> None:
        lines.extend(iter(stream.readline, ""))  # type: ignore[attr-defined]

    def _address(self) -> str:
        found = re.search(r"http://127\.0\.0\.1:\d+/\S*", self.until("Receiving webhooks at "))
        assert found
        return found[0]

    @property
    def text(self) -> str:
        return "".join([*self.out, *self.err])

    def until(self, said: str, timeout: float = 60) -> str:
        """Wait for a line that contains a text, and return it."""
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline:
            for line in [*self.out, *self.err]:
                if said in line:
                    return line
            if self.process.poll() is not None and not any(thread.is_alive() for thread in self._threads):
                break
            time.sleep(0.01)
        raise AssertionError(f"{said!r} never came: {self.text!r}")

    def post(self, body: bytes, *, secret: str = SECRET, headers: Mapping[str, str] | None = None) -> httpx.Response:
        given = signed(body, secret=secret, at=time.time()) if headers is None else dict(headers)
        for ours in ("Host", "Content-Length"):
            given.pop(ours, None)
        return self.http.post(self.url, content=body, headers=given)

    def end(self, number: int = signal.SIGINT, timeout: float = 90) -> Ended:
        self.process.send_signal(number)
        return self.ended(timeout)

    def ended(self, timeout: float = 90) -> Ended:
        code = self.process.wait(timeout)
        for thread in self._threads:
            thread.join(timeout)
        for stream in (self.process.stdout, self.process.stderr):
            assert stream is not None
            stream.close()
        self.http.close()
        return Ended(code, "".join(self.out), "".join(self.err))


@contextmanager
def listening(start: Start, *words: str, **environment: str) -> Iterator[Listener]:
    """Run `webhooks listen` on a free port. The environment has the secret of `posting`, unless an option names another."""
    given = {} if any(word in words for word in AUTH_OPTIONS) else {"BUILDKITE_WEBHOOK_SECRET": SECRET}
    listener = Listener(start("webhooks", "listen", "--port", "0", *words, **given, **environment))
    try:
        yield listener
    finally:
        listener.http.close()


AUTH_OPTIONS = ("--secret-file", "--token-file", "--allow-unsigned")
