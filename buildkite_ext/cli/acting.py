"""Requests that change something, and that Ctrl-C or SIGTERM may stop before their answer."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from .exit_codes import ExitCode
from .problem import CommandFailed, Terminated

__all__ = ["acting", "told_if_stopped"]


@contextmanager
def acting(doing: str, may: str, again: str, *, look: str = "the build") -> Iterator[None]:
    """Say what may have happened if the `with` block is stopped by a signal: its request may have been sent.

    Args:
        doing: what is done.
        may: what may have happened.
        again: what not to do before a look.
        look: what shows whether it has happened.

    Raises:
        CommandFailed: the block was stopped.

    Example:
        >>> with acting("the step was being unblocked", "it may be", "unblock it"):
        ...     raise KeyboardInterrupt
        Traceback (most recent call last):
        ...
        buildkite_ext.cli.problem.CommandFailed: Stopped while the step was being unblocked: it may be. Look at the build before \
you unblock it again.
    """
    with told_if_stopped(f"Stopped while {doing}: {may}. Look at {look} before you {again} again."):
        yield


@contextmanager
def told_if_stopped(text: str) -> Iterator[None]:
    """Say a text if the `with` block is stopped by a signal.

    Raises:
        CommandFailed: the block was stopped.
    """
    try:
        yield
    except KeyboardInterrupt:
        raise CommandFailed(ExitCode.INTERRUPTED, text) from None
    except Terminated:
        raise CommandFailed(ExitCode.TERMINATED, text) from None
