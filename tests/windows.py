"""Imitation of Windows for the project's own modules: what only POSIX systems have is hidden from them."""

from __future__ import annotations

import asyncio
import builtins
import ctypes
import os
import signal
import socket
import subprocess
import sys
import types
from collections.abc import Mapping, Sequence
from typing import Any

__all__ = ["imitate"]

MODULES = ["fcntl", "grp", "nis", "ossaudiodev", "posix", "pty", "pwd", "resource", "spwd", "syslog", "termios", "tty"]
"""Modules of the standard library that Windows lacks: https://docs.python.org/3/library/unix.html and others."""

OF_OS = [
    *["environb", "fork", "forkpty", "register_at_fork", "killpg", "setsid", "setpgid", "getpgid", "nice", "uname"],
    *["geteuid", "getuid", "getegid", "getgid", "getgroups", "setuid", "chown", "fchown", "fchmod", "chroot"],
    *["O_CLOEXEC", "O_DIRECTORY", "O_DSYNC", "O_NOCTTY", "O_NOFOLLOW", "O_NONBLOCK", "O_PATH", "O_SYNC"],
    *["pread", "preadv", "pwrite", "pwritev", "readv", "writev", "sendfile", "mkfifo", "mknod", "fdatasync"],
    *["openpty", "pipe2", "statvfs", "fstatvfs", "lockf", "getloadavg", "sysconf", "confstr", "wait", "wait3", "wait4"],
    *["WNOHANG", "WIFEXITED", "WEXITSTATUS", "sched_getaffinity", "eventfd", "memfd_create", "posix_fallocate"],
]
OF_SIGNAL = [
    *["SIGALRM", "SIGCHLD", "SIGCONT", "SIGHUP", "SIGIO", "SIGKILL", "SIGPIPE", "SIGQUIT", "SIGSTOP", "SIGTSTP"],
    *["SIGTTIN", "SIGTTOU", "SIGURG", "SIGUSR1", "SIGUSR2", "SIGWINCH"],
    *["alarm", "pause", "pthread_kill", "pthread_sigmask", "setitimer", "sigwait", "sigpending", "siginterrupt"],
]
OF_SOCKET = ["AF_UNIX", "MSG_DONTWAIT", "MSG_NOSIGNAL", "SCM_RIGHTS", "SO_REUSEPORT", "send_fds", "recv_fds"]

CONSOLE, PIPE = 7, 8
"""Handles of Windows: `msvcrt.get_osfhandle` gives out these."""


class Partial(types.ModuleType):
    """Module in place of another. It lacks some of its names, and has others besides."""

    def __init__(
        self, module: types.ModuleType, lacking: Sequence[str] = (), besides: Mapping[str, Any] | None = None
    ) -> None:
        super().__init__(module.__name__)
        self.__dict__.update(_module=module, _lacking=frozenset(lacking), **(besides or {}))

    def __getattr__(self, name: str) -> Any:
        if name in self._lacking:
            raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}")
        return getattr(self._module, name)

    def __setattr__(self, name: str, value: object) -> None:
        setattr(self._module, name, value)  # sys.stderr, for example


class FakeConsole:
    """The functions of kernel32 that set the mode of a console.

    Attributes:
        can: whether it can interpret escape sequences: since Windows 10.
        mode: its mode.
    """

    can = True
    mode = 3

    def GetConsoleMode(self, handle: ctypes.c_void_p, mode: Any) -> int:
        mode._obj.value = self.mode
        return int(handle.value == CONSOLE)

    def SetConsoleMode(self, handle: ctypes.c_void_p, mode: int) -> int:
        if self.can and handle.value == CONSOLE:
            self.mode = mode
            return 1
        return 0


class FakeLocks:
    """`msvcrt.locking`: locks of single bytes, here within this process alone."""

    LK_UNLCK, LK_LOCK = 0, 1

    def __init__(self) -> None:
        self.held: list[int] = []
        self.history: list[tuple[str, int]] = []

    def locking(self, file: int, mode: int, count: int) -> None:
        at = os.lseek(file, 0, os.SEEK_CUR)
        assert count == 1
        if mode == self.LK_LOCK:
            assert at not in self.held
            self.held.append(at)
            self.history.append(("lock", at))
        else:
            self.held.remove(at)  # the same byte, or Windows raises
            self.history.append(("unlock", at))


def imitate() -> types.SimpleNamespace:
    """Let the project's modules that are imported from now on see a system without what Windows lacks.

    The standard library and the libraries of others still see the system that runs them.

    Returns:
        What is fake: `console` and `locks`.
    """
    assert not [name for name in sys.modules if _is_ours(name)], "some modules are imported already"
    console, locks = FakeConsole(), FakeLocks()
    seen = {
        "os": Partial(os, OF_OS, {"O_BINARY": 0}),
        "signal": Partial(signal, OF_SIGNAL, {"SIGBREAK": signal.SIGUSR1}),
        "socket": Partial(socket, OF_SOCKET, {"SO_EXCLUSIVEADDRUSE": socket.SO_REUSEADDR}),
        "subprocess": Partial(subprocess, (), {"CREATE_NEW_PROCESS_GROUP": 0}),
        "ctypes": Partial(ctypes, (), {"windll": types.SimpleNamespace(kernel32=console)}),
        "sys": Partial(sys, (), {"platform": "win32"}),
        "msvcrt": _msvcrt(locks),
    }
    loop: Any = asyncio.SelectorEventLoop
    loop.add_signal_handler = loop.remove_signal_handler = _not_implemented
    real_import = builtins.__import__

    def import_of_windows(
        name: str,
        globals: Mapping[str, Any] | None = None,  # noqa: A002 - as in builtins
        locals: Mapping[str, Any] | None = None,  # noqa: A002
        fromlist: Sequence[str] | None = (),
        level: int = 0,
    ) -> types.ModuleType:
        if level == 0 and _is_ours(str((globals or {}).get("__name__", ""))):
            first = name.partition(".")[0]
            if first in MODULES:
                raise ModuleNotFoundError(f"No module named {name!r}", name=name)
            if first in seen and (first == name or not fromlist):
                return seen[first]
        return real_import(name, globals, locals, fromlist or (), level)

    builtins.__import__ = import_of_windows
    return types.SimpleNamespace(console=console, locks=locks)


def _is_ours(module: str) -> bool:
    return module.partition(".")[0] in ("buildkite_ext", "buildkite_api")


def _not_implemented(*_: object) -> None:
    raise NotImplementedError


def _msvcrt(locks: FakeLocks) -> types.ModuleType:
    module = types.ModuleType("msvcrt")
    module.__dict__.update(
        LK_LOCK=locks.LK_LOCK,
        LK_UNLCK=locks.LK_UNLCK,
        locking=locks.locking,
        get_osfhandle=lambda number: CONSOLE if os.isatty(number) else PIPE,
    )
    return module
