"""The output of `buildkite-ext api`: JSON, strings without quotes, headers, or the bytes of the answer."""

from __future__ import annotations

import json
import math
import re
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TextIO

from ... import strict_json
from ..render.colour import painted
from ..streams import clean

if TYPE_CHECKING:
    import httpx

__all__ = ["JsonPrinter", "parsed"]

_NOT_PLAIN_ASCII = re.compile(r"[^\x20-\x7e\n]")
_TOKENS = re.compile(r'("(?:[^"\\]|\\.)*")(:)?|\b(?:true|false|null)\b|-?\b\d[\d.eE+-]*')
_KEY, _STRING, _OTHER = "1;34", "32", "36"
_HIDDEN_HEADERS = frozenset({b"set-cookie", b"authorization"})


def parsed(content: bytes) -> Any:
    """Decode JSON. A number too large for a float becomes the largest float, as with jq.

    Raises:
        ValueError: the content isn't JSON, or is nested too deeply.
    """
    return strict_json.loads(content, parse_float=_finite)


@dataclass(frozen=True, slots=True, kw_only=True)
class JsonPrinter:
    """Printer of JSON values.

    Attributes:
        out: the stream.
        colour: colour the JSON.
        compact: print each value on one line.
        raw: print strings without quotes.
    """

    out: TextIO
    colour: bool = False
    compact: bool = False
    raw: bool = False

    def value(self, value: Any) -> None:
        """Print a value and a line break."""
        self._write(f"{self._bare(value) if self.raw and isinstance(value, str) else self.text(value)}\n")

    def each(self, values: Iterable[Any]) -> None:
        """Print each value on its own: the results of --jq, and with --raw-output those of a --select with []."""
        for value in values:
            self.value(value)

    def item(self, value: Any, index: int) -> None:
        """Print one item of an array that `end` closes. So a long list is never in memory as a whole."""
        self._write(f"{',' if index else '['}{self._break}{self.text(value, nested=True)}")

    def end(self, count: int) -> None:
        """Close the array."""
        self._write("[]\n" if not count else "]\n" if self.compact else "\n]\n")

    def break_off(self) -> None:
        """End the line and leave the array open, so that an incomplete list isn't valid JSON."""
        self._write("\n")

    def head(self, response: httpx.Response) -> None:
        """Print the status line and the headers."""
        version = response.extensions.get("http_version", b"HTTP/1.1").decode("ascii", "replace")
        lines = [f"{version} {response.status_code} {response.reason_phrase}".rstrip()]
        for name, value in response.headers.raw:
            if name.lower() not in _HIDDEN_HEADERS:
                lines.append(f"{name.decode('latin-1')}: {value.decode('latin-1')}")
        self._write("".join(f"{clean(line)}\n" for line in [*lines, ""]))

    def content(self, content: bytes) -> None:
        """Print bytes that aren't JSON: unchanged, and on a terminal without escape sequences other than colours."""
        stream = getattr(self.out, "buffer", None)
        if stream is not None and not self.out.isatty():
            self.out.flush()
            stream.write(content)
            return
        text = content.decode("utf-8", "replace")
        self._write("".join(f"{self._safe(line)}\n" for line in text.split("\n")) if self.out.isatty() else text)

    def text(self, value: Any, *, nested: bool = False) -> str:
        """Return a value as JSON without control characters."""
        ascii = (self.out.encoding or "").lower().replace("-", "") != "utf8"
        try:
            if self.compact:
                text = json.dumps(value, separators=(",", ":"), ensure_ascii=ascii)
            else:
                text = json.dumps(value, indent=2, ensure_ascii=ascii)
        except RecursionError:  # the encoder that indents has a lower limit than the other
            text = json.dumps(value, ensure_ascii=ascii)
        text = _NOT_PLAIN_ASCII.sub(_escaped, text)
        if nested and not self.compact:
            text = text.replace("\n", "\n  ")
        return _TOKENS.sub(_coloured, text) if self.colour else text

    @property
    def _break(self) -> str:
        return "" if self.compact else "\n  "

    def _bare(self, text: str) -> str:
        return "\n".join(map(self._safe, text.split("\n"))) if self.out.isatty() else text

    def _safe(self, line: str) -> str:
        if not self.colour:
            return clean(line)
        from ...logs.screen import SGR, VERTICAL, styled

        text = styled(VERTICAL.sub("", line))  # a line alone: what would erase the screen hides nothing of it
        pieces = re.split(f"({SGR.pattern})", text)  # every second piece is a colour
        return "".join(piece if place % 2 else clean(piece) for place, piece in enumerate(pieces))

    def _write(self, text: str) -> None:
        self.out.write(text)


def _finite(text: str) -> float:
    number = float(text)
    return number if math.isfinite(number) else math.copysign(sys.float_info.max, number)


def _escaped(found: re.Match[str]) -> str:
    character = found[0]
    return character if character.isprintable() else json.dumps(character)[1:-1] if character != "\x7f" else "\\u007f"


def _coloured(found: re.Match[str]) -> str:
    if found[1] is None:
        return painted(found[0], _OTHER)
    return painted(found[1], _KEY) + ":" if found[2] else painted(found[1], _STRING)
