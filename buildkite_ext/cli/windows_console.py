"""Consoles of Windows: escape sequences, which those before Windows 10 print as text."""

from __future__ import annotations

import sys
from typing import TextIO

__all__ = ["interprets_escape_sequences"]

_ENABLE_VIRTUAL_TERMINAL_PROCESSING = 0x0004
"""https://learn.microsoft.com/en-us/windows/console/setconsolemode"""


def interprets_escape_sequences(stream: TextIO) -> bool:
    """Make the console of a stream interpret escape sequences, and return whether it does.

    Consoles since Windows 10 can, and don't until a program asks for it. On other systems every terminal does.
    """
    if sys.platform == "win32":
        import ctypes
        import msvcrt

        try:
            handle = ctypes.c_void_p(msvcrt.get_osfhandle(stream.fileno()))
        except (OSError, ValueError):
            return False
        kernel32 = ctypes.windll.kernel32
        mode = ctypes.c_ulong()
        if not kernel32.GetConsoleMode(handle, ctypes.byref(mode)):
            return False
        if mode.value & _ENABLE_VIRTUAL_TERMINAL_PROCESSING:
            return True
        return bool(kernel32.SetConsoleMode(handle, mode.value | _ENABLE_VIRTUAL_TERMINAL_PROCESSING))
    else:  # noqa: RET505 - mypy checks a branch for its system alone
        return True
