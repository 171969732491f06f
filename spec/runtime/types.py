"""Types and functions of every endpoint: UNSET, open enums, secrets, files, path segments, parameters."""

from __future__ import annotations

import datetime
import io
import math
import os
import re
import uuid
from collections.abc import Collection, Iterable, Mapping
from enum import Enum, StrEnum
from hmac import compare_digest
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Final, Generic, Literal, NamedTuple, Self, TypeVar
from urllib.parse import quote

if TYPE_CHECKING:
    import httpx

T = TypeVar("T")


class Unset:
    """Type of `UNSET`, which stands for an argument or a field that is not given. None would be sent as null."""

    __slots__ = ()

    def __bool__(self) -> Literal[False]:
        return False

    def __repr__(self) -> str:
        return "UNSET"

    def __reduce__(self) -> str:
        return "UNSET"


UNSET: Final = Unset()


class Response(NamedTuple, Generic[T]):
    """Answer with its status, body and headers."""

    status_code: int
    content: bytes
    headers: httpx.Headers
    parsed: T


class OpenEnum(StrEnum):
    """String enum that keeps unknown values.

    An unknown value equals its string, hashes like it, and can be pickled; its `known` is False. It is a new object each
    time, so compare with `==`, not with `is`.
    """

    @classmethod
    def _missing_(cls, value: object) -> Self | None:
        if not isinstance(value, str):
            return None
        member = str.__new__(cls, value)
        member._name_ = value
        member._value_ = value
        return member

    @property
    def known(self) -> bool:
        """True if the description of the API lists this value."""
        return self._value_ in type(self)._value2member_map_


class Secret:
    """Secret text: a token, a password, a private key.

    `str`, `repr` and f-strings show a mask, and `json.dumps` refuses the secret. It equals secrets with the same text,
    compared in constant time, and never a plain string. Pickling and copying keep the text.

    Args:
        text: The text to hide.

    Raises:
        TypeError: The text is not a string.

    Example:
        >>> token = Secret("bkct_5yz")
        >>> f"{token} {[token]}"
        "*** [Secret('***')]"
        >>> token.reveal()
        'bkct_5yz'
    """

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        if not isinstance(text, str):
            raise TypeError(f"a secret needs a string, not {type(text).__name__}")
        self._text = text

    def reveal(self) -> str:
        """Return the text itself."""
        return self._text

    def __str__(self) -> str:
        return "***"

    def __repr__(self) -> str:
        return "Secret('***')"

    def __format__(self, spec: str) -> str:
        return format(str(self), spec)

    def __bool__(self) -> bool:
        return bool(self._text)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        return compare_digest(self._bytes(), other._bytes())

    def __hash__(self) -> int:
        return hash((Secret, self._text))

    def __reduce__(self) -> tuple[type[Secret], tuple[str]]:
        return Secret, (self._text,)

    def _bytes(self) -> bytes:
        return self._text.encode("utf-8", "surrogatepass")


class File:
    """File that is sent in pieces: it is never in memory as a whole.

    Args:
        source: The path of a regular file, or a file that is open to read bytes, such as a pipe. A file that can be
            rewound is sent from its beginning, and may be sent again.
        name: The name to send; by default the last part of the path.

    Raises:
        TypeError: The file is open to read text.
        ValueError: The file has no name.

    Example:
        >>> File("dist/example-1.0-py3-none-any.whl").name
        'example-1.0-py3-none-any.whl'
    """

    __slots__ = ("_source", "name")

    def __init__(self, source: str | os.PathLike[str] | BinaryIO, *, name: str | None = None) -> None:
        if isinstance(source, io.TextIOBase):
            raise TypeError("a file is sent as bytes: open it with mode 'rb'")
        self._source = source
        path = source if isinstance(source, (str, os.PathLike)) else getattr(source, "name", "")
        self.name = name or (Path(path).name if isinstance(path, (str, os.PathLike)) else "")
        if not self.name:
            raise ValueError("a file without a name: give it one, File(..., name=)")

    def __repr__(self) -> str:
        return f"File({self.name!r})"

    def part(self) -> tuple[str, FilePart]:
        """Return the file as httpx takes it. A path is opened when httpx reads it, and closed at its end.

        Raises:
            OSError: The path cannot be read.
            ValueError: The path is a pipe, a socket or a device.
        """
        if isinstance(self._source, (str, os.PathLike)):
            path = Path(self._source)
            if path.exists() and not (path.is_file() or path.is_dir()):  # to open a pipe waits for its writer
                raise ValueError(
                    f"{str(path)!r} is not a regular file: open it, and send what it gives with File(file, name=...)"
                )
            path.open("rb").close()  # to fail before anything is sent
        return self.name, FilePart(self._source)


_PIECE = 1024 * 1024
"""Bytes of a file that are read and sent at once. httpx asks for 64 kB, and takes more."""


class FilePart:
    """Reader of a file for httpx."""

    __slots__ = ("_opened", "_source")

    def __init__(self, source: str | os.PathLike[str] | BinaryIO) -> None:
        self._source = source
        self._opened: BinaryIO | None = None

    def read(self, size: int = -1) -> bytes:
        """Return the next bytes, of a path more than httpx asks for; b"" at the end."""
        if not isinstance(self._source, (str, os.PathLike)):
            return self._source.read(size)
        if self._opened is None:
            self._opened = Path(self._source).open("rb")  # noqa: SIM115  # closed at the end of the file, or by close()
        data = self._opened.read(size if size < 0 else max(size, _PIECE))
        if not data:
            self.close()
        return data

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Go to the beginning or the end.

        Raises:
            io.UnsupportedOperation: It is a stream that goes one way.
        """
        if isinstance(self._source, (str, os.PathLike)):
            self.close()
            return Path(self._source).stat().st_size if whence == os.SEEK_END else 0
        if not self.seekable():
            raise io.UnsupportedOperation("seek")
        return self._source.seek(offset, whence)

    def tell(self) -> int:
        """Return the position that `seek` goes back to."""
        return 0

    def seekable(self) -> bool:
        """Return True if the file can be sent again."""
        if isinstance(self._source, (str, os.PathLike)):
            return True
        return hasattr(self._source, "seekable") and self._source.seekable()

    def close(self) -> None:
        """Close what was opened here, which a failed request leaves open."""
        opened, self._opened = self._opened, None
        if opened is not None:
            opened.close()

    def __del__(self) -> None:
        self.close()


def kind_of(value: object) -> str:
    """Return the name of a value's type for messages. The value itself may be long, or secret.

    Example:
        >>> kind_of(5), kind_of(datetime.timedelta(1)), kind_of(None)
        ('an int', 'a timedelta', 'None')
    """
    if value is None or isinstance(value, Unset):
        return repr(value)
    name = type(value).__name__
    return f"{'an' if name[:1].lower() in set('aeiou') else 'a'} {name}"


_PLAIN_SEGMENT = re.compile(r"[A-Za-z0-9_~-][A-Za-z0-9_.~-]*")


def path_segment(name: str, value: str | int) -> str:
    """Encode a value as one segment of a path.

    Args:
        name: The path parameter, for the message.
        value: The value; all but letters, digits and `-._~` is percent-encoded.

    Raises:
        ValueError: The value is empty, "." or "..", which would address another resource, or is not text or a number.
    """
    if not isinstance(value, (str, int)) or isinstance(value, bool):
        raise ValueError(f"{name} must be text or a number, not {kind_of(value)}")
    text = _digits(name, value) if isinstance(value, int) else str(value)
    if _PLAIN_SEGMENT.fullmatch(text):
        return text
    if text in ("", ".", ".."):
        raise ValueError(f"{name} must not be {text!r}: it would address another resource")
    return quote(_encodable(name, text), safe="")


def query_params(values: Mapping[str, object], *, bare: Collection[str] = ()) -> dict[str, str | list[str]]:
    """Encode query parameters in the form that the API reads.

    Args:
        values: The parameters by their names in the API. UNSET, None and an empty list are left out. A list `name[]`
            is sent as `name[]`, repeated for each element; a list `name` as one text with commas; a mapping `name` as
            `name[key]` for each of its keys.
        bare: The lists of which a single element is sent without the brackets, as `name`.

    Raises:
        ValueError: A datetime has no timezone, an element of a list with commas holds a comma, a number is not finite, or
            a text cannot be encoded.
        TypeError: A value is neither text nor a number, a boolean or a date.
    """
    params: dict[str, str | list[str]] = {}
    for name, value in values.items():
        if value is None or isinstance(value, Unset):
            continue
        if isinstance(value, Mapping):
            given = ((key, inner) for key, inner in value.items() if inner is not None)
            params.update({f"{name}[{_text(name, key)}]": _text(name, inner) for key, inner in given})
            continue
        elements = value if isinstance(value, Iterable) and not isinstance(value, (str, bytes)) else None
        texts = [_text(name, inner) for inner in ((value,) if elements is None else elements) if inner is not None]
        if elements is not None and texts and not name.endswith("[]"):
            texts = [_joined(name, texts)]
        if len(texts) == 1 and name in bare:
            params[name.removesuffix("[]")] = texts[0]
        elif texts:
            params[name] = texts[0] if len(texts) == 1 else texts
    return params


def _joined(name: str, texts: list[str]) -> str:
    for text in texts:
        if "," in text:
            raise ValueError(f"{name} is sent as one text with commas between its elements, and {text!r} holds a comma")
    return ",".join(texts)


def header_values(values: Mapping[str, object], defaults: Mapping[str, str] | None = None) -> dict[str, str]:
    """Encode header parameters by their names in the API.

    Args:
        values: The parameters. UNSET and None are left out.
        defaults: What is sent for those that are left out.

    Raises:
        ValueError: A value holds a character that a header can't hold, such as a line break.
    """
    given = {name: _text(name, value) for name, value in values.items() if not isinstance(value, (Unset, type(None)))}
    for name, text in given.items():
        if not text.isascii() or not text.isprintable():
            raise ValueError(f"{name} must be printable ASCII on one line, not {text!a}")
    return {**(defaults or {}), **given}


def rfc3339(name: str, value: datetime.datetime) -> str:
    """Format a datetime in UTC with milliseconds, such as `2026-01-02T03:04:05.678Z`.

    Args:
        name: The parameter or field, for the message.
        value: The datetime, in any timezone.

    Raises:
        ValueError: The datetime has no timezone, or is not in the years 1 to 9999 of UTC.
    """
    if value.utcoffset() is None:
        raise ValueError(f"{name} needs a timezone: {value.isoformat()} could be any of a day's moments")
    try:
        utc = value.astimezone(datetime.UTC).replace(tzinfo=None)
    except OverflowError:
        raise ValueError(f"{name} is outside the years 1 to 9999 of UTC: {value.isoformat()}") from None
    return utc.isoformat(timespec="milliseconds") + "Z"


def _text(name: str, value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Enum):
        return str(value.value)
    if isinstance(value, str):
        return _encodable(name, value)
    if isinstance(value, datetime.datetime):
        return rfc3339(name, value)
    if isinstance(value, int):
        return _digits(name, value)
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError(f"{name} must be a finite number, not {value!r}")
    if not isinstance(value, (float, datetime.date, uuid.UUID)):
        raise TypeError(f"{name} must be text or a number, not {kind_of(value)}")
    return str(value)


def _encodable(name: str, text: str) -> str:
    try:
        text.encode()
    except UnicodeEncodeError:
        shown = ascii(text) if len(text) < 100 else f"text of {len(text)} characters"
        raise ValueError(f"{name} holds a lone surrogate, which cannot be sent: {shown}") from None
    return text


def _digits(name: str, value: int) -> str:
    try:
        return str(value)
    except ValueError:  # Python converts no number of more than 4300 digits
        raise ValueError(f"{name} is a number of too many digits") from None


__all__ = [
    "UNSET",
    "File",
    "FilePart",
    "OpenEnum",
    "Response",
    "Secret",
    "Unset",
    "header_values",
    "kind_of",
    "path_segment",
    "query_params",
    "rfc3339",
]
