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
    if sys.platform != "win32":
        return True
    import ctypes
    import msvcrt

    kernel32 = ctypes.windll.kernel32
    mode = ctypes.c_ulong()
    try:
        console = msvcrt.get_osfhandle(stream.fileno())
    except (OSError, ValueError):
        return False
    handle = ctypes.c_void_p(console)
    if not kernel32.GetConsoleMode(handle, ctypes.byref(mode)):
        return False  # not a console: a pipe of MSYS, for example
    if mode.value & _ENABLE_VIRTUAL_TERMINAL_PROCESSING:
        return True
    return bool(kernel32.SetConsoleMode(handle, mode.value | _ENABLE_VIRTUAL_TERMINAL_PROCESSING))
