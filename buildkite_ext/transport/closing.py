"""Closing of a client: its calls end, wherever they wait."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any

from .._forks import reset_after_fork
from ..errors import ClientClosed

if TYPE_CHECKING:
    import httpx

    from ..runtime import Runtime, Send

__all__ = ["Closing"]


class Closing:
    """Stage that refuses the calls of a closed client. It is shared by the copies of a client, and ends what waits."""

    def __init__(self) -> None:
        self._closed = False
        self._told: dict[object, Callable[[], None]] = {}
        reset_after_fork(self)

    def __repr__(self) -> str:
        return "Closing()"

    def __call__(self, request: httpx.Request, send: Send, runtime: Runtime) -> Coroutine[Any, Any, httpx.Response]:  # noqa: ARG002 - as all stages
        self.check()
        return send(request)

    def check(self) -> None:
        """Raise ClientClosed if the client is closed."""
        if self._closed:
            raise ClientClosed("The client is closed, so it sends no requests. Make a new one.")

    def tell(self, function: Callable[[], None]) -> Callable[[], None]:
        """Have a function called when the client is closed, from any thread; at once if it is. It mustn't wait.

        Returns:
            A function that ends this.
        """
        key = object()
        self._told[key] = function
        if self._closed:  # looked at behind the line above: another thread may be closing it
            function()

        def end() -> None:
            self._told.pop(key, None)

        return end

    async def pause(self, seconds: float, runtime: Runtime) -> None:
        """Pause for `seconds`, but no longer than until the client is closed."""
        if not runtime.real_time:
            await runtime.sleep(seconds)
            return
        signal = runtime.signal()
        ignore = self.tell(signal.set)
        try:
            await signal.wait(seconds)
        finally:
            ignore()

    def close(self) -> None:
        """Close the client, and tell those who want to know."""
        self._closed = True
        for function in tuple(self._told.values()):
            function()

    def _reset_after_fork(self) -> None:
        """Forget those who are told: they are the parent's threads."""
        self._told.clear()
