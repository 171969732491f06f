"""Sender of deliveries to URLs, from a thread of its own."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from ipaddress import ip_address
from queue import SimpleQueue
from urllib.parse import urlsplit

__all__ = ["Pulse", "UrlSender", "is_here"]

_Answered = Callable[[int | None, str], object]


class UrlSender:
    """Sender of deliveries to URLs, one after another, in the order in which they were submitted.

    A simulator may be served in the event loop in which a receiver waits for its answer. So no thread of a caller sends.
    """

    def __init__(self) -> None:
        self._queue: SimpleQueue[Callable[[], None]] = SimpleQueue()
        self._idle = threading.Condition()
        self._open = 0
        self._thread: threading.Thread | None = None

    def submit(
        self,
        url: str,
        body: bytes,
        headers: Mapping[str, str],
        answered: _Answered,
        *,
        timeout: float,
        verify: bool,
    ) -> None:
        """Send a delivery later.

        Args:
            url: where to.
            body, headers: what to send.
            answered: called with the status, or with None and the reason why there is none.
            timeout: the seconds in which the receiver has to answer.
            verify: whether the certificate of the receiver is checked.
        """
        with self._idle:
            self._open += 1
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="simulated webhooks", daemon=True)
                self._thread.start()
        self._queue.put(lambda: self._send(url, body, headers, answered, timeout=timeout, verify=verify))

    def wait(self, timeout: float) -> bool:
        """Wait until all are answered, and return whether they are."""
        with self._idle:
            return self._idle.wait_for(lambda: not self._open, timeout)

    def _run(self) -> None:
        while True:
            send = self._queue.get()
            try:
                send()
            finally:
                with self._idle:
                    self._open -= 1
                    self._idle.notify_all()

    @staticmethod
    def _send(
        url: str, body: bytes, headers: Mapping[str, str], answered: _Answered, *, timeout: float, verify: bool
    ) -> None:
        import httpx

        status: int | None = None
        told = ""
        raw = [(name.encode(), value.encode("utf-8", "replace")) for name, value in headers.items()]
        try:
            with (
                httpx.Client(timeout=timeout, verify=verify, trust_env=not is_here(url)) as client,
                client.stream("POST", url, content=body, headers=raw) as answer,
            ):
                status = answer.status_code  # the body says nothing, and may be endless
        except Exception as error:  # whatever it is, the thread has further deliveries
            told = f"{type(error).__name__}: {error}"
        answered(status, told if status is None else "")


def is_here(url: str) -> bool:
    """Tell whether a URL is one of this computer, which no proxy reaches and no name server tells.

    Example:
        >>> is_here("http://127.0.0.1:8081/"), is_here("http://localhost/hook"), is_here("https://hooks.acme.test/")
        (True, True, False)
    """
    try:
        host = urlsplit(url).hostname or ""
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


class Pulse:
    """Thread that calls a function at short intervals of real time, until it is told to stop.

    Args:
        beat: the function. The thread ends when it returns False.
        every: the seconds between two calls.
    """

    def __init__(self, beat: Callable[[], bool], every: float = 0.05) -> None:
        self._beat = beat
        self._every = every
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="simulated time", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop, and wait until a call that runs has returned."""
        self._stopped.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stopped.wait(self._every) and self._beat():
            pass
