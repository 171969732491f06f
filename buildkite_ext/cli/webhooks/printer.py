"""Writing from one thread, in order: a stream that nobody reads must not stop the receiver from answering."""

from __future__ import annotations

import asyncio
import errno
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import ParamSpec, TypeVar

from .display import View

P = ParamSpec("P")
T = TypeVar("T")

LINES_AHEAD = 200
"""Lines on refusals that may wait to be written. Anybody can cause them, so what is more is only counted."""


class Printer:
    """Runs what writes, one after the other, away from the event loop.

    Args:
        gone: called when whatever read the output went away.
    """

    def __init__(self, gone: Callable[[], None]) -> None:
        self._gone = gone
        self._thread = ThreadPoolExecutor(1, "webhooks-output")
        self._ahead = 0
        self._unshown = 0

    async def write(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run it when its turn comes, and wait for that."""
        try:
            return await asyncio.wrap_future(self._thread.submit(function, *args, **kwargs))
        except OSError as error:
            self._look_at(error)
            raise

    def surely(self, function: Callable[P, None], *args: P.args, **kwargs: P.kwargs) -> None:
        """Run it when its turn comes, and wait for nothing."""
        self._submit(function, *args, **kwargs)

    def later(self, view: View, show: Callable[P, None], *args: P.args, **kwargs: P.kwargs) -> None:
        """Run it when its turn comes, and wait for nothing; or, when too much waits already, count it."""
        if self._ahead >= LINES_AHEAD:
            self._unshown += 1
            return
        self._count_up(view)
        self._submit(show, *args, **kwargs)

    async def finish(self, view: View, show: Callable[P, None], *args: P.args, **kwargs: P.kwargs) -> None:
        """Run it when everything else has been, what was only counted included."""
        self._count_up(view)
        await self.write(show, *args, **kwargs)

    def close(self) -> None:
        """Begin with nothing more. What waits for a stream that nobody reads is left behind."""
        self._thread.shutdown(wait=False, cancel_futures=True)

    def _count_up(self, view: View) -> None:
        if self._unshown:
            unshown, self._unshown = self._unshown, 0
            self._submit(view.unshown, unshown)

    def _submit(self, show: Callable[P, None], *args: P.args, **kwargs: P.kwargs) -> None:
        self._ahead += 1
        loop = asyncio.get_running_loop()
        future = self._thread.submit(show, *args, **kwargs)
        future.add_done_callback(lambda done: loop.call_soon_threadsafe(self._done, done))

    def _done(self, future: Future[None]) -> None:
        self._ahead -= 1
        self._look_at(future.exception())

    def _look_at(self, error: BaseException | None) -> None:
        # A terminal that was closed answers EIO.
        if isinstance(error, OSError) and error.errno in (errno.EPIPE, errno.EIO):
            self._gone()
