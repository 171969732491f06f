"""What the doors need of whatever receives behind them: a `WebhookHandler` has it."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from typing import Protocol

from .answers import Answer, Head, Refusal
from .headers import Headers


class Receiver(Protocol):
    """Takes requests in two steps, before and after their bodies are read."""

    @property
    def max_body(self) -> int:
        """The most bytes of a body that are taken."""
        ...

    @property
    def body_timeout(self) -> float:
        """Seconds that a body may take to arrive."""
        ...

    async def admit(self, head: Head, *, length_required: bool = False) -> Answer | None:
        """The answer for a request whose body isn't worth reading; None for any other."""
        ...

    async def accept(self, head: Head, body: bytes, *, handle_first: bool = False) -> Answer:
        """What to answer to an admitted request."""
        ...

    def refuse(self, head: Head, refusal: Refusal) -> Answer:
        """Report a refusal, and make an answer of it."""
        ...

    def admit_blocking(self, head: Head, *, length_required: bool = False) -> Answer | None:
        """As `admit`, for code that can't await."""
        ...

    def accept_blocking(self, head: Head, body: bytes) -> Answer:
        """As `accept`, for code that can't await."""
        ...

    def receive_blocking(
        self,
        method: str,
        headers: Headers,
        body: bytes,
        *,
        client: str | None = None,
        handle_first: bool = False,
    ) -> Answer:
        """Both steps at once, for code that can't await."""
        ...

    def lifespan(self, app: object = None) -> AbstractAsyncContextManager[None]:
        """From the server's beginning to its end."""
        ...
