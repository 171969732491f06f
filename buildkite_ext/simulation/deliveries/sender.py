"""Sender of deliveries to URLs, from a thread of its own."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from ...urls import is_loopback

if TYPE_CHECKING:
    import httpx

__all__ = ["Pulse", "UrlSender", "is_here"]

_Answered = Callable[[int | None, str], object]


@dataclass(frozen=True, slots=True)
class _Delivery:
    """Delivery to a URL, as `UrlSender.submit` describes it."""

    url: str
    body: bytes
    headers: Mapping[str, str]
    answered: _Answered
    timeout: float
    verify: bool


class UrlSender:
    """Sender of deliveries to URLs, one after another, in the order in which they were submitted.

    A simulator may be served in the event loop in which a receiver waits for its answer. So no thread of a caller sends. The
    thread that does has an event loop: this ends a delivery in time, however slowly its answer comes. It ends when all are sent.
    """

    def __init__(self) -> None:
        self._queue: deque[_Delivery] = deque()
        self._idle = threading.Condition()
        self._open = 0
        self._runs = False

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
            timeout: the seconds in which the receiver has to answer, from the begin of the connection to the end of the headers.
            verify: whether the certificate of the receiver is checked.
        """
        with self._idle:
            self._open += 1
            self._queue.append(_Delivery(url, body, headers, answered, timeout, verify))
            if not self._runs:
                threading.Thread(target=self._run, name="simulated webhooks", daemon=True).start()
                self._runs = True

    def wait(self, timeout: float) -> bool:
        """Wait until all are answered, and return whether they are."""
        with self._idle:
            return self._idle.wait_for(lambda: not self._open, timeout)

    def _run(self) -> None:
        import asyncio

        asyncio.run(self._send_all())

    async def _send_all(self) -> None:
        async with AsyncExitStack() as stack:
            clients = _Clients(stack)
            while (delivery := self._next()) is not None:
                try:
                    delivery.answered(*await _sent(clients, delivery))
                finally:
                    with self._idle:
                        self._open -= 1
                        self._idle.notify_all()

    def _next(self) -> _Delivery | None:
        with self._idle:
            self._runs = bool(self._queue)
            return self._queue.popleft() if self._queue else None


class _Clients:
    """Clients of httpx that make a connection for each delivery. One is made for all that need the same, since it costs most."""

    def __init__(self, stack: AsyncExitStack) -> None:
        self._stack = stack
        self._made: dict[tuple[bool, bool], httpx.AsyncClient] = {}

    async def get(self, *, verify: bool, trust_env: bool) -> httpx.AsyncClient:
        import httpx

        found = self._made.get((verify, trust_env))
        if found is None:
            limits = httpx.Limits(max_keepalive_connections=0)
            made = httpx.AsyncClient(timeout=None, verify=verify, trust_env=trust_env, limits=limits)  # noqa: S113 - each delivery has a deadline
            found = self._made[verify, trust_env] = await self._stack.enter_async_context(made)
        return found


async def _sent(clients: _Clients, delivery: _Delivery) -> tuple[int | None, str]:
    """Send a delivery, and return the status of its answer, or None and the reason why there is none."""
    import asyncio

    status: int | None = None
    told = ""
    raw = [(name.encode(), value.encode("utf-8", "replace")) for name, value in delivery.headers.items()]
    try:
        client = await clients.get(verify=delivery.verify, trust_env=not is_here(delivery.url))
        async with (
            asyncio.timeout(delivery.timeout),
            client.stream("POST", delivery.url, content=delivery.body, headers=raw) as answer,
        ):
            status = answer.status_code  # the body says nothing, and may be endless
    except TimeoutError:
        told = f"TimeoutError: the receiver didn't answer in {delivery.timeout:g} seconds"
    except Exception as error:  # no error may end the thread, which has further deliveries to send
        told = f"{type(error).__name__}: {error}"
    return status, told if status is None else ""


def is_here(url: str) -> bool:
    """Tell whether a URL is one of this computer, which no proxy reaches and no name server tells.

    Example:
        >>> is_here("http://127.0.0.1:8081/"), is_here("http://localhost/hook"), is_here("https://hooks.acme.test/")
        (True, True, False)
    """
    try:
        return is_loopback(urlsplit(url).hostname or "")
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
