"""Redis as a worker needs it: gone now and then, and never a reason to end."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import TypeVar

from redis.exceptions import AuthenticationError, AuthorizationError, NoPermissionError, RedisError, ResponseError
from redis.exceptions import ConnectionError as RedisConnectionError

from .pauses import growing_pause

T = TypeVar("T")

logger = logging.getLogger("buildkite_ext.webhooks")

_FIRST_PAUSE = 0.1
_LONGEST_PAUSE = 5.0


class Away(Exception):
    """Redis is away, and there is no time to wait for it."""


class Link:
    """Asks Redis until it answers.

    Args:
        label: what to call it in the log.
        timeout: seconds within which an answer must come.
        random: gives numbers from 0 to 1, for jitter.
    """

    def __init__(self, label: str, *, timeout: float, random: Callable[[], float]) -> None:
        self._label = label
        self._timeout = timeout
        self._random = random
        self._away = False
        self._hurried_at: float | None = None
        self.repair: Callable[[], Awaitable[None]] | None = None

    def hurry(self) -> None:
        """From now on, a Redis that is away gets one more timeout to come back."""
        if self._hurried_at is None:
            self._hurried_at = asyncio.get_running_loop().time()

    async def insist(self, ask: Callable[[], Awaitable[T]], *, block: float = 0.0) -> T:
        """What Redis answers, whenever it does.

        Args:
            ask: sends one command. It must be safe to send again.
            block: seconds that the command itself may wait.

        Raises:
            Away: Redis is away, and there is no time.
            redis.exceptions.RedisError: Waiting is hopeless: wrong password, missing right, key of another type.
        """
        begun = asyncio.get_running_loop().time()
        canceled = _times_canceled()
        failures = 0
        mended = False
        while True:
            try:
                async with asyncio.timeout(block + self._timeout):
                    answer = await ask()
            except (RedisError, OSError) as error:
                failures += 1
                if hopeless(error):
                    raise
                mended = group_is_gone(error) and not mended
                if mended and self.repair is not None:
                    await self._mend(self.repair)
                    continue
                pause = growing_pause(failures, base=_FIRST_PAUSE, maximum=_LONGEST_PAUSE, random=self._random())
                if self._is_too_late(begun, pause):
                    raise Away(describe(error)) from error
                self._say_away(error)
                await asyncio.sleep(pause)
            else:
                if _times_canceled() > canceled:
                    # Before Python 3.12, wait_for (within redis-py) may forget that it was canceled.
                    raise asyncio.CancelledError
                if self._away:
                    self._away = False
                    logger.info("%s is back", self._label)
                return answer

    def _is_too_late(self, begun: float, pause: float) -> bool:
        if self._hurried_at is None:
            return False
        return asyncio.get_running_loop().time() + pause > max(begun, self._hurried_at) + self._timeout

    async def _mend(self, repair: Callable[[], Awaitable[None]]) -> None:
        logger.warning("%s has lost the stream or its consumer group: making it anew", self._label)
        try:
            async with asyncio.timeout(self._timeout):
                await repair()
        except (RedisError, OSError) as error:
            self._say_away(error)

    def _say_away(self, error: Exception) -> None:
        if not self._away:
            self._away = True
            logger.warning("%s doesn't answer as it should (%s): waiting for it", self._label, describe(error))


def _times_canceled() -> int:
    task = asyncio.current_task()
    return 0 if task is None else task.cancelling()


def hopeless(error: BaseException) -> bool:
    """Whether waiting won't help: the password, the rights or the key are wrong, and a person has to act."""
    if isinstance(error, AuthenticationError | AuthorizationError | NoPermissionError):
        return True
    if isinstance(error, RedisConnectionError):
        # redis-py reports what goes wrong while it connects as an error of the connection.
        return error.__cause__ is not None and hopeless(error.__cause__)
    text = str(error)
    return isinstance(error, ResponseError) and ("WRONGTYPE" in text or "unknown command" in text.lower())


def group_is_gone(error: Exception) -> bool:
    """Whether the stream or its group vanished: a flush, or a restart without persistence."""
    return isinstance(error, ResponseError) and "NOGROUP" in str(error)


def describe(error: BaseException) -> str:
    """An error in a line for the log."""
    text = " ".join(str(error).split())[:200]
    return f"{type(error).__name__}: {text}" if text else type(error).__name__
