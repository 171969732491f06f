"""Roots of the API that are answered in this process: those of simulators and cassettes that a test has connected.

A client that is made without a `transport=` asks here for its root. A program has none of them, unless it tests itself.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import httpx

    from .clock import MonotonicClock

__all__ = ["InProcess", "answer_in_process", "in_process"]


class InProcess(Protocol):
    """Source of the answers to clients in this process, such as a simulator."""

    @property
    def clock(self) -> MonotonicClock:
        """Clock of the clients' pauses."""
        ...

    def transport(self) -> httpx.BaseTransport:
        """Return a transport for a blocking client."""
        ...

    def async_transport(self) -> httpx.AsyncBaseTransport:
        """Return a transport for an async client."""
        ...


_answered: dict[str, tuple[InProcess, ...]] = {}
"""Sources of answers by root. The last one of a root answers, until it is removed."""

_changing = threading.Lock()


def in_process(base_url: str) -> InProcess | None:
    """Return what answers the requests below a root; None for the network."""
    found = _answered.get(base_url)
    return None if found is None else found[-1]


@contextmanager
def answer_in_process(base_url: str, answers: InProcess) -> Iterator[None]:
    """Let clients that are made while a `with` block runs get their answers in this process.

    Blocks of several threads may end in any order.

    Args:
        base_url: the root of the API, as a client normalizes it.
        answers: what answers. It takes the place of another one, which is there again after the block.
    """
    with _changing:
        _answered[base_url] = (*_answered.get(base_url, ()), answers)
    try:
        yield
    finally:
        with _changing:
            left = [*_answered[base_url]]
            del left[max(place for place, each in enumerate(left) if each is answers)]
            if left:
                _answered[base_url] = tuple(left)
            else:
                del _answered[base_url]
