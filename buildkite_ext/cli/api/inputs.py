"""What goes into a request besides its path: a body from a file, headers."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Sequence
from pathlib import Path

from ..problem import UsageError

TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
OURS = frozenset(
    {"authorization", "proxy-authorization", "cookie", "host", "content-length", "transfer-encoding", "connection"}
)
"""Headers that are set for every request, or that would send a credential from the command line."""


class Sources:
    """Reads files and the standard input, which can be read once only."""

    def __init__(self, *, taken_by: str | None = None) -> None:
        self._taken = taken_by

    def read(self, option: str, path: str) -> bytes:
        """The bytes of a file; `-` is the standard input."""
        try:
            if path != "-":
                return Path(path).read_bytes()
            if self._taken is not None:
                raise UsageError(f"{option}: the standard input is read by {self._taken} already.")
            self._taken = option
            stream = getattr(sys.stdin, "buffer", None)
            return stream.read() if stream is not None else sys.stdin.read().encode()
        except OSError as error:
            where = "the standard input" if path == "-" else repr(path)
            raise UsageError(f"{option}: {where} can't be read: {error.strerror or error}") from error

    def text(self, option: str, path: str) -> str:
        """The same as text."""
        try:
            return self.read(option, path).decode()
        except UnicodeDecodeError as error:
            raise UsageError(f"{option}: what {path!r} holds isn't UTF-8 text.") from error


def check_json(body: bytes) -> None:
    """Refuse a body that isn't JSON, before anything is sent."""
    try:
        json.loads(body.decode(), parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        said = "it isn't UTF-8" if isinstance(error, UnicodeDecodeError) else str(error)
        raise UsageError(
            f"--input isn't JSON: {said}. For anything else say what it is: --header 'Content-Type: …'."
        ) from error


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is no value of it")


def headers_of(words: Sequence[str]) -> dict[str, str]:
    """The headers that `NAME: VALUE` words make, by their names in small letters."""
    headers: dict[str, str] = {}
    for word in words:
        name, sign, value = word.partition(":")
        name, value = name.strip().lower(), value.strip()
        if not sign or not TOKEN.fullmatch(name):
            raise UsageError("--header: give 'NAME: VALUE'.")  # not the word: it may be a secret
        if name in OURS:
            more = " The token comes from the environment or --token-file." if name == "authorization" else ""
            raise UsageError(f"--header {name}: that one can't be given.{more}")
        if not value.isascii() or not value.isprintable():
            raise UsageError(f"--header {name}: its value holds characters that no header can hold.")
        headers[name] = value
    return headers
