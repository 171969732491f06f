"""Files that are written whole or not at all."""

from __future__ import annotations

import os
import stat
from pathlib import Path

__all__ = ["replace_text"]


def replace_text(path: Path, text: str) -> None:
    """Write a file beside another one, and put it in its place. If it can't be written whole, what was there stays.

    Args:
        path: the file. Its folder exists. A link is replaced by a file.
        text: what it will hold.

    Raises:
        OSError: it can't be written.
    """
    new = path.with_name(f".{os.getpid()}-{path.name[-100:]}.new")
    try:
        new.write_text(text, encoding="utf-8", newline="\n")
        if path.exists():
            new.chmod(stat.S_IMODE(path.stat().st_mode))
        new.replace(path)
    finally:
        new.unlink(missing_ok=True)
