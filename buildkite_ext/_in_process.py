"""Roots of the API that are answered in this process: those of simulators and cassettes that a test has connected.

A client that is made without a `transport=` asks here for its root. A program has none of them, unless it tests itself.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol
from urllib.parse import urlsplit

from .errors import ConfigurationError

if TYPE_CHECKING:
    import httpx

    from .clock import MonotonicClock

__all__ = ["InProcess", "answer_in_process", "answers_for", "in_process"]

_BUILDKITE = "api.buildkite.com"
_FORKED = (
    "A simulator or a cassette in the parent process answers here, and a forked process has only a copy of it. Nothing was sent. "
    "Serve the simulator, by the fixture buildkite_server or by buildkite_ext.simulation.server.running, and make the client in "
    "the forked process."
)


class InProcess(Protocol):
    """Source of the answers to clients in this process, such as a simulator."""

    @property
    def clock(self) -> MonotonicClock:
        """Clock of the clients' pauses."""
        ...

    @property
    def _is_served(self) -> bool:
        """True if other processes reach it at its root."""
        ...

    def transport(self) -> httpx.BaseTransport:
        """Return a transport for a blocking client."""
        ...

    def async_transport(self) -> httpx.AsyncBaseTransport:
        """Return a transport for an async client."""
        ...


_answered: dict[str, tuple[tuple[InProcess, int], ...]] = {}
"""Sources of answers by root, with the process that each is of. The last one of a root answers, until it is removed."""

_changing = threading.Lock()


def in_process(base_url: str) -> InProcess | None:
    """Return what answers the requests below a root; None for the network."""
    found = _answered.get(base_url)
    return None if found is None else found[-1][0]


def answers_for(base_url: str) -> InProcess | None:
    """Return what answers a client without a `transport=`; None for the network.

    Raises:
        ConfigurationError: the root is Buildkite's own, while a test has a simulator or a cassette; or this process was forked
            by that of a simulator that isn't served.
    """
    found = _answered.get(base_url)
    if found is None:
        if _answered and urlsplit(base_url).hostname == _BUILDKITE:
            raise ConfigurationError(
                f"base_url={base_url!r} is Buildkite itself, while clients of this process are answered by a simulator or a "
                "cassette. Nothing was sent. Leave base_url= and token= to the environment, or give a transport=."
            )
        return None
    answers, process = found[-1]
    if process != os.getpid():
        if answers._is_served:
            return None
        raise ConfigurationError(_FORKED)
    return _OfThisProcess(answers, process)


@dataclass(frozen=True)
class _OfThisProcess:
    """Source of answers that a forked process doesn't use: what it asks there, its parent never sees."""

    answers: InProcess
    process: int

    @property
    def clock(self) -> MonotonicClock:
        return self.answers.clock

    @property
    def _is_served(self) -> bool:
        return self.answers._is_served

    def transport(self) -> httpx.BaseTransport:
        from ._forked_transports import UnforkedTransport

        return UnforkedTransport(self.answers.transport(), self.check)

    def async_transport(self) -> httpx.AsyncBaseTransport:
        from ._forked_transports import AsyncUnforkedTransport

        return AsyncUnforkedTransport(self.answers.async_transport(), self.check)

    def check(self) -> None:
        """Check that this is the process.

        Raises:
            ConfigurationError: it isn't.
        """
        if os.getpid() != self.process:
            raise ConfigurationError(
                "This client was made before a fork, and what answers it is in the parent process. Make the client in the "
                "forked process."
                if self.answers._is_served
                else _FORKED
            )


@contextmanager
def answer_in_process(base_url: str, answers: InProcess) -> Iterator[None]:
    """Let clients that are made while a `with` block runs get their answers in this process.

    Blocks of several threads may end in any order.

    Args:
        base_url: the root of the API, as a client normalizes it.
        answers: what answers. It takes the place of another one, which is there again after the block.
    """
    with _changing:
        _answered[base_url] = (*_answered.get(base_url, ()), (answers, os.getpid()))
    try:
        yield
    finally:
        with _changing:
            left = [*_answered[base_url]]
            del left[max(place for place, each in enumerate(left) if each[0] is answers)]
            if left:
                _answered[base_url] = tuple(left)
            else:
                del _answered[base_url]
