"""Repetition of commands until Redis answers, for processes that continue after a restart of Redis."""

from __future__ import annotations

import asyncio
import logging
import ssl
from collections.abc import Awaitable, Callable
from typing import TypeVar

from redis.exceptions import (
    AuthenticationError,
    AuthorizationError,
    NoPermissionError,
    RedisClusterException,
    RedisError,
    ResponseError,
)
from redis.exceptions import ConnectionError as RedisConnectionError

from ..backoff import equal_jitter

__all__ = ["REDIS_ERRORS", "Reconnector", "RedisUnavailable", "describe", "is_permanent"]

T = TypeVar("T")

REDIS_ERRORS = (RedisError, RedisClusterException, OSError)
"""Classes of the errors that redis-py raises. The second isn't one of the first."""

_FIRST_PAUSE = 0.1
_LONGEST_PAUSE = 5.0
_PERMANENT = ("WRONGTYPE", "unknown command", "Unknown command", "CROSSSLOT")


class RedisUnavailable(Exception):
    """Redis doesn't answer, and the time allowed for waiting is over."""


class Reconnector:
    """Repeater of commands until Redis answers.

    Args:
        label: the name of the connection in the log.
        timeout: seconds within which an answer must come.
        random: returns numbers from 0 to 1, for jitter.
        logger: logger of outages.
    """

    def __init__(self, label: str, *, timeout: float, random: Callable[[], float], logger: logging.Logger) -> None:
        self._label = label
        self._timeout = timeout
        self._random = random
        self._logger = logger
        self._away = False
        self._closing_since: float | None = None
        self.repair: Callable[[], Awaitable[None]] | None = None
        """Function that creates a stream and its consumer group again after Redis has lost them."""

    def close_soon(self) -> None:
        """Wait for a Redis that doesn't answer for one more timeout only, counted from now."""
        if self._closing_since is None:
            self._closing_since = asyncio.get_running_loop().time()

    async def call(self, command: Callable[[], Awaitable[T]], *, block: float = 0.0) -> T:
        """Send a command until Redis answers, and return the answer.

        Args:
            command: sends one command. It must be safe to send it again.
            block: seconds that the command itself may wait in Redis.

        Raises:
            RedisUnavailable: Redis doesn't answer, and this is closing.
            redis.exceptions.RedisError: a permanent error: a wrong password, a missing permission, a key of another type,
                a certificate that can't be verified.
        """
        begun = asyncio.get_running_loop().time()
        cancelled = _cancel_requests()
        failures = 0
        repaired = False
        while True:
            try:
                async with asyncio.timeout(block + self._timeout):
                    answer = await command()
            except REDIS_ERRORS as error:
                failures += 1
                if is_permanent(error):
                    raise
                repaired = _is_group_missing(error) and not repaired
                if repaired and self.repair is not None:
                    await self._repair(self.repair)
                    continue
                pause = equal_jitter(failures, base=_FIRST_PAUSE, maximum=_LONGEST_PAUSE, random=self._random())
                if self._is_too_late(begun, pause):
                    raise RedisUnavailable(describe(error)) from error
                self._log_away(error)
                await asyncio.sleep(pause)
            else:
                if _cancel_requests() > cancelled:
                    # Before Python 3.12, wait_for (within redis-py) may lose a cancellation.
                    raise asyncio.CancelledError
                if self._away:
                    self._away = False
                    self._logger.info("%s is back", self._label)
                return answer

    def _is_too_late(self, begun: float, pause: float) -> bool:
        if self._closing_since is None:
            return False
        return asyncio.get_running_loop().time() + pause > max(begun, self._closing_since) + self._timeout

    async def _repair(self, repair: Callable[[], Awaitable[None]]) -> None:
        self._logger.warning("%s has lost the stream or its consumer group: creating it again", self._label)
        try:
            async with asyncio.timeout(self._timeout):
                await repair()
        except REDIS_ERRORS as error:
            self._log_away(error)

    def _log_away(self, error: Exception) -> None:
        if not self._away:
            self._away = True
            self._logger.warning("%s doesn't answer as it should (%s): waiting for it", self._label, describe(error))


def _cancel_requests() -> int:
    task = asyncio.current_task()
    return 0 if task is None else task.cancelling()


def is_permanent(error: BaseException) -> bool:
    """Return True if waiting doesn't help, because a password, a permission, a key or a certificate is wrong."""
    if isinstance(error, AuthenticationError | AuthorizationError | NoPermissionError | ssl.SSLCertVerificationError):
        return True
    if isinstance(error, RedisConnectionError | RedisClusterException):
        # redis-py reports errors of the connection's set-up as errors of the connection.
        if isinstance(error.__context__, ssl.SSLCertVerificationError):
            return True
        return error.__cause__ is not None and is_permanent(error.__cause__)
    text = str(error)
    return isinstance(error, ResponseError) and any(sign in text for sign in _PERMANENT)


def _is_group_missing(error: Exception) -> bool:
    """Return True if the stream or its consumer group is gone, by a flush or a restart without persistence."""
    return isinstance(error, ResponseError) and "NOGROUP" in str(error)


def describe(error: BaseException) -> str:
    """Return an error's type and message on one line, for the log."""
    text = " ".join(str(error).split())[:200]
    return f"{type(error).__name__}: {text}" if text else type(error).__name__
