"""Tracebacks that end at the line of the user's program that called this package, and errors without tokens."""

from __future__ import annotations

import sys
from types import TracebackType
from typing import Self

from .errors import BuildkiteError
from .redaction import hide_secrets

__all__ = ["EndsAtCaller"]

_LIBRARIES = frozenset(
    {"buildkite_api", "buildkite_ext", "builtins", "anyio", "h11", "httpcore", "httpx", "json", "msgspec", "socksio"}
    | {"socket", "ssl", "zlib"}
)
"""Packages whose errors cause those of this one."""


class EndsAtCaller:
    """Context of a public call: a BuildkiteError that leaves it has no traceback of its own, and holds no token.

    The traceback then ends at the line that called. The message of an error says what its frames would, and their variables
    hold requests, bodies and tokens, which tools such as rich and Sentry show. What a server sends may repeat the token, in a
    link or in the path of an artifact: it is replaced here, whichever message repeats that.

    Attributes:
        own: an error of another class that is raised in the context and ends at the caller too.

    Example:
        >>> def call() -> None:
        ...     with EndsAtCaller():
        ...         raise BuildkiteError("not there")
        >>> try:
        ...     call()
        ... except BuildkiteError as error:
        ...     frames = error.__traceback__
        >>> frames.tb_next is None
        True
    """

    __slots__ = ("_handled", "own")

    def __enter__(self) -> Self:
        self.own: BaseException | None = None
        self._handled = sys.exception()  # an error that the caller is handling, which keeps its traceback
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if error is not None and (isinstance(error, BuildkiteError) or error is self.own):
            _shorten(error, self._handled)


def _shorten(error: BaseException, handled: BaseException | None = None) -> None:
    """Remove the traceback of an error and the tokens in it, and those of the errors that caused it.

    Args:
        error: the error.
        handled: an error that was handled when the call began. It and what caused it are left as they are.
    """
    found: list[BaseException | None] = [error]
    seen: set[int] = set()
    while found:
        each = found.pop()
        if each is None or each is handled or id(each) in seen:
            continue
        seen.add(id(each))
        if each is not error and type(each).__module__.partition(".")[0] not in _LIBRARIES:
            continue
        each.__traceback__ = None
        hide_secrets(each, causes=False)
        found += (each.__cause__, each.__context__)
