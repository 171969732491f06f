"""Values of arguments: texts, numbers, `NAME=VALUE` pairs, files to read and to write, and the standard input."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from ..urls import is_utf8
from ..whole_files import replace_text
from .problem import UsageError
from .streams import print_error

__all__ = [
    "STDIN",
    "Inputs",
    "field_values",
    "folder_of",
    "is_stdin",
    "json_or_text",
    "name_and_value",
    "name_of",
    "not_empty",
    "pairs",
    "refuse_other_bytes",
    "source_of",
    "write_text",
]

_PAIRS = frozenset({"--env", "--field", "--meta-data", "--set"})
"""Options whose values are `NAME=VALUE`."""

STDIN = "-"
"""The argument that names the standard input in place of a file."""


class Inputs:
    """Reader of the files that arguments name. `-` names the standard input, which can be read only once.

    Args:
        reserved_for: the argument that reads the standard input later; no other argument may.
    """

    def __init__(self, *, reserved_for: str | None = None) -> None:
        self._reader = reserved_for
        self._reserved = reserved_for is not None

    def read(
        self, argument: str, path: str | Path, *, most: int = -1, prompt: str | None = None, hint: str | None = None
    ) -> bytes:
        """Return the bytes of a file, or of the standard input for `-`.

        Args:
            argument: the argument that names the file, as the user typed it: for error messages.
            path: the file.
            most: the most bytes to read; -1 for all.
            prompt: on a terminal, ask for a secret with this prompt, without echo.
            hint: on a terminal, print this on the standard error before reading.

        Raises:
            UsageError: the file can't be read, or another argument reads the standard input.
        """
        try:
            if not is_stdin(path):
                with Path(path).open("rb") as file:
                    return file.read(most)
            self._take_stdin(argument)
            if sys.stdin is None:
                raise OSError("it is closed")
            if sys.stdin.isatty() and prompt is not None:
                from getpass import getpass

                return getpass(prompt).encode()
            if sys.stdin.isatty() and hint is not None:
                print_error(hint)
            binary = getattr(sys.stdin, "buffer", None)
            return binary.read(most) if binary is not None else sys.stdin.read(most).encode()
        except OSError as error:
            raise UsageError(f"{argument}: {source_of(path)} can't be read: {error.strerror or error}") from error

    def text(self, argument: str, path: str | Path, *, most: int = -1, prompt: str | None = None) -> str:
        """Return the same, decoded from UTF-8.

        Raises:
            UsageError: as `read`; or the bytes aren't UTF-8.
        """
        content = self.read(argument, path, most=most, prompt=prompt)
        try:
            return content.decode()
        except UnicodeDecodeError as error:
            raise UsageError(f"{argument}: the content of {source_of(path)} isn't UTF-8 text.") from error

    def _take_stdin(self, argument: str) -> None:
        if self._reader is not None and not (self._reserved and self._reader == argument):
            raise UsageError(f"{argument}: the standard input is read by {self._reader} already.")
        self._reader, self._reserved = argument, False


def name_and_value(argument: str, word: str) -> tuple[str, str]:
    """Split `NAME=VALUE`.

    Raises:
        UsageError: the word has no `=` or no name, or isn't UTF-8.

    Example:
        >>> name_and_value("--field", "a=b=c")
        ('a', 'b=c')
    """
    name, sign, value = word.partition("=")
    if not name or not sign:
        raise UsageError(f"{argument}: give NAME=VALUE.")  # without the word: it may be a secret
    _refuse_other_halves(argument, word)
    return name, value


def refuse_other_bytes(arguments: Mapping[str, object]) -> None:
    """Refuse values of arguments that aren't UTF-8 text. Names of files may be other bytes.

    Args:
        arguments: the names of the arguments, such as `--branch`, with their values.

    Raises:
        UsageError: a value isn't UTF-8.

    Example:
        >>> refuse_other_bytes({"--env": ("A=\\udcff",)})
        Traceback (most recent call last):
        ...
        buildkite_ext.cli.problem.UsageError: --env A: its value isn't UTF-8 text.
    """
    for argument, value in arguments.items():
        for text in value if isinstance(value, list | tuple) else (value,):
            if not isinstance(text, str):
                continue
            if argument in _PAIRS:
                _refuse_other_halves(argument, text)
            elif not is_utf8(text):
                raise UsageError(f"{argument} isn't UTF-8 text.")


def _refuse_other_halves(argument: str, word: str) -> None:
    name, _, value = word.partition("=")
    for text, half in ((name, ": its name"), (value, f" {name}: its value")):
        if not is_utf8(text):
            raise UsageError(f"{argument}{half} isn't UTF-8 text.")


def pairs(argument: str, words: Iterable[str]) -> dict[str, str]:
    """Return repeated `NAME=VALUE` arguments as a dictionary. Of equal names the last counts.

    Raises:
        UsageError: a word has no `=` or no name.
    """
    found = {}
    for word in words:
        name, sign, value = word.partition("=")
        if not name or not sign:
            raise UsageError(f"{argument} {name!r}: give NAME=VALUE.")  # without the value: it may be a secret
        found[name] = value
    return found


def field_values(argument: str, words: Iterable[str]) -> dict[str, str | list[str]]:
    """Return repeated `NAME=VALUE` arguments as the fields of a block step. A name that is repeated has a list.

    Raises:
        UsageError: a word has no `=` or no name.

    Example:
        >>> field_values("--field", ["version=1.4.2", "region=eu", "region=us"])
        {'version': '1.4.2', 'region': ['eu', 'us']}
    """
    found: dict[str, list[str]] = {}
    for word in words:
        name, value = name_and_value(argument, word)
        found.setdefault(name, []).append(value)
    return {name: values[0] if len(values) == 1 else values for name, values in found.items()}


def json_or_text(text: str) -> Any:
    """Return the JSON value of a text, or the text itself where it isn't JSON.

    A number counts only if JSON would write it in the same way: `1.10` is more likely a version, and `12e4567` a commit.

    Example:
        >>> [json_or_text(text) for text in ("5", "true", "null", '{"a": 1}', "1.10", "main", '"5"')]
        [5, True, None, {'a': 1}, '1.10', 'main', '5']
    """
    import json

    from .. import strict_json

    try:
        value = strict_json.loads(text)
        if isinstance(value, int | float) and not isinstance(value, bool) and json.dumps(value) != text:
            return text
        json.dumps(value, allow_nan=False)  # 1e999 inside an object
    except (ValueError, RecursionError):
        return text
    return value


def not_empty(argument: str, text: str) -> str:
    """Return a text.

    Raises:
        UsageError: it is empty or white space.
    """
    if not text.strip():
        raise UsageError(f"{argument} is empty.")
    return text


def folder_of(to: Path | None) -> Path:
    """Return the folder that artifacts are written to: that of `--to`, or the current one.

    Raises:
        UsageError: it can't be one.
    """
    folder = Path() if to is None else to
    if not folder.is_absolute():
        try:
            Path.cwd()
        except OSError as error:
            raise UsageError(
                f"the current folder, which artifacts would be written to, can't be used: {error.strerror}. It may be deleted. "
                "Change to another folder, or give an absolute path in --to."
            ) from error
    if to is None:
        return folder
    try:
        is_folder = stat.S_ISDIR(to.stat().st_mode)
    except FileNotFoundError:
        return to
    except OSError as error:  # a name that is too long, for example
        raise UsageError(f"--to {str(to)!r} can't be a folder: {error.strerror}.") from error
    if not is_folder:
        raise UsageError(f"--to {str(to)!r} is a file; artifacts need a folder.")
    return to


def is_stdin(path: str | Path | None) -> bool:
    """Return whether an argument names the standard input."""
    return path is not None and str(path) == STDIN


def name_of(path: str | Path) -> str:
    """Return the name of a file before a place in it, as editors read it."""
    return "<stdin>" if is_stdin(path) else str(path)


def source_of(path: str | Path) -> str:
    """Return how messages name a file, or the standard input."""
    return "the standard input" if is_stdin(path) else repr(str(path))


def write_text(argument: str, path: Path, text: str) -> None:
    """Write a file that an argument names. If it can't be written whole, what was there stays.

    Raises:
        UsageError: it can't be written.
    """
    try:
        if path.exists() and not path.is_file():  # a device or a pipe; for a folder, this raises
            path.write_text(text, encoding="utf-8", newline="\n")
        else:
            replace_text(path.resolve(), text)
    except OSError as error:
        raise UsageError(f"{argument}: {os.fspath(path)!r} can't be written: {error.strerror or error}") from error
