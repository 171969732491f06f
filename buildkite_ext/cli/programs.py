"""Programs of the user that a command runs, with all processes that they start."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from .problem import Terminated, UsageError

if TYPE_CHECKING:
    import subprocess

__all__ = ["run_program"]

_SIGNALED = 128


def run_program(words: Sequence[str], environment: Mapping[str, str]) -> int:
    """Run a program, and return its exit code; 128 and the number of the signal that ended it.

    Ctrl-C goes to the program, too, and SIGTERM is sent on to it. It may end as it wants; a second one ends it at once.

    Signals go to all processes that the program has started. On POSIX they are a process group of their own, unless the standard
    input is a terminal: only the group in its foreground may read from it, and the terminal tells that one of Ctrl-C. SIGTERM
    goes to the program alone then.

    Args:
        words: the program and its arguments.
        environment: its environment.

    Raises:
        Terminated: SIGTERM. The program has ended.
        UsageError: it can't be started.
    """
    import subprocess  # here: the other commands start no program

    grouped = sys.platform != "win32" and not os.isatty(0)
    held = _HeldSignals()
    try:
        running = subprocess.Popen(words, env=environment, process_group=0 if grouped else None)  # noqa: S603 - the user's
    except OSError as error:
        held.restore()
        held.deliver()
        raise UsageError(f"PROGRAM {words[0]!r} can't be started: {error.strerror or error}.") from error
    ended = False
    try:
        held.restore()
        with _hung_up(running, grouped=grouped):
            code = _waited(running, held, grouped=grouped)
        ended = True
    finally:
        if not ended and running.poll() is None:
            _send(running, getattr(signal, "SIGKILL", signal.SIGTERM), grouped=grouped)
            running.wait()
    return code if code >= 0 else _SIGNALED - code


class _HeldSignals:
    """Signals that come while a program is started. An exception in there would leave it running."""

    def __init__(self) -> None:
        self._came: list[int] = []
        self._handlers: dict[int, Any] = {}
        if threading.current_thread() is threading.main_thread():
            for number in (getattr(signal, name, None) for name in ("SIGINT", "SIGTERM", "SIGHUP")):
                if number is not None and signal.getsignal(number) not in (signal.SIG_IGN, None):
                    self._handlers[number] = signal.signal(number, self._hold)

    def _hold(self, number: int, _: object) -> None:
        self._came.append(number)

    def restore(self) -> None:
        """Let the handlers that were there before have further signals."""
        for number, handler in self._handlers.items():
            signal.signal(number, handler)

    def deliver(self) -> None:
        """Send this process the signals that came. Their handlers may raise."""
        while self._came:
            signal.raise_signal(self._came.pop(0))


def _waited(running: subprocess.Popen[bytes], held: _HeldSignals, *, grouped: bool) -> int:
    """Wait for a program, and return its exit code. Send the first signal on to it."""
    try:
        held.deliver()
        return running.wait()
    except KeyboardInterrupt:
        if grouped:  # else the terminal has told it
            _send(running, signal.SIGINT, grouped=True)
        held.deliver()
        return running.wait()
    except Terminated:
        _send(running, signal.SIGTERM, grouped=grouped)
        held.deliver()
        running.wait()
        raise


@contextmanager
def _hung_up(running: subprocess.Popen[bytes], *, grouped: bool) -> Iterator[None]:
    """Send SIGHUP on to a program, and end by it: a terminal that is closed tells the group in its foreground alone."""
    number = getattr(signal, "SIGHUP", None)  # Windows has none
    in_main_thread = threading.current_thread() is threading.main_thread()
    if number is None or not grouped or not in_main_thread or signal.getsignal(number) is not signal.SIG_DFL:
        yield  # another handler is such as that of nohup, which ignores it
        return

    def hang_up(*_: object) -> None:
        _send(running, number, grouped=True)
        signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)

    signal.signal(number, hang_up)
    try:
        yield
    finally:
        signal.signal(number, signal.SIG_DFL)


def _send(running: subprocess.Popen[bytes], number: int, *, grouped: bool) -> None:
    with suppress(OSError):  # all have ended
        if grouped and sys.platform != "win32":
            os.killpg(running.pid, number)
        else:
            running.send_signal(number)
