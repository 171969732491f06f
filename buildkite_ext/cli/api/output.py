"""What an answer looks like on the standard output: JSON, bare strings, headers, or its very bytes."""

from __future__ import annotations

import json
import math
import re
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TextIO

from ...logs.parser import SGR, styled
from ..render.colour import painted
from ..safe_text import clean
from ..strict_json import refuse_constant

if TYPE_CHECKING:
    import httpx

UNUSUAL = re.compile(r"[^\x20-\x7e\n]")
PIECES = re.compile(r'("(?:[^"\\]|\\.)*")(:)?|\b(?:true|false|null)\b|-?\b\d[\d.eE+-]*')
KEY, STRING, OTHER = "1;34", "32", "36"
UNSHOWN = frozenset({b"set-cookie", b"authorization"})


def parsed(content: bytes) -> Any:
    """JSON, decoded. A number too large for a float becomes the largest one, as with jq.

    Raises:
        ValueError: it isn't JSON, or nested too deeply.
    """
    try:
        return json.loads(content, parse_constant=refuse_constant, parse_float=_finite)
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error


@dataclass(frozen=True, slots=True, kw_only=True)
class Printer:
    """Writes values in one form.

    Attributes:
        out: where to.
        colour: whether to colour JSON.
        compact: a line for each value.
        raw: strings as they are, without quotes.
    """

    out: TextIO
    colour: bool = False
    compact: bool = False
    raw: bool = False

    def value(self, value: Any) -> None:
        """One value, and a line break."""
        self._write(f"{self._bare(value) if self.raw and isinstance(value, str) else self.text(value)}\n")

    def each(self, values: Iterable[Any]) -> None:
        """Each value for itself: what --jq gives, and with --raw-output what --select finds by []."""
        for value in values:
            self.value(value)

    def item(self, value: Any, index: int) -> None:
        """One item of an array that `end` ends, so that a long one is never held as a whole."""
        self._write(f"{',' if index else '['}{self._break}{self.text(value, nested=True)}")

    def end(self, count: int) -> None:
        """The end of the array."""
        self._write("[]\n" if not count else "]\n" if self.compact else "\n]\n")

    def break_off(self) -> None:
        """The array ends here and isn't closed: half of it is no JSON."""
        self._write("\n")

    def head(self, response: httpx.Response) -> None:
        """The status line and the headers."""
        version = response.extensions.get("http_version", b"HTTP/1.1").decode("ascii", "replace")
        lines = [f"{version} {response.status_code} {response.reason_phrase}".rstrip()]
        for name, value in response.headers.raw:
            if name.lower() not in UNSHOWN:
                lines.append(f"{name.decode('latin-1')}: {value.decode('latin-1')}")
        self._write("".join(f"{clean(line)}\n" for line in [*lines, ""]))

    def content(self, content: bytes) -> None:
        """What isn't JSON: as it came, and on a terminal without escape sequences other than colours."""
        stream = getattr(self.out, "buffer", None)
        if stream is not None and not self.out.isatty():
            self.out.flush()
            stream.write(content)
            return
        text = content.decode("utf-8", "replace")
        self._write("".join(f"{self._safe(line)}\n" for line in text.split("\n")) if self.out.isatty() else text)

    def text(self, value: Any, *, nested: bool = False) -> str:
        """A value as JSON in which nothing is left for a terminal to obey."""
        ascii = (self.out.encoding or "").lower().replace("-", "") != "utf8"
        try:
            if self.compact:
                text = json.dumps(value, separators=(",", ":"), ensure_ascii=ascii)
            else:
                text = json.dumps(value, indent=2, ensure_ascii=ascii)
        except RecursionError:  # what makes the indents is less patient than the rest
            text = json.dumps(value, ensure_ascii=ascii)
        text = UNUSUAL.sub(_escaped, text)
        if nested and not self.compact:
            text = text.replace("\n", "\n  ")
        return PIECES.sub(_coloured, text) if self.colour else text

    @property
    def _break(self) -> str:
        return "" if self.compact else "\n  "

    def _bare(self, text: str) -> str:
        return "\n".join(map(self._safe, text.split("\n"))) if self.out.isatty() else text

    def _safe(self, line: str) -> str:
        if not self.colour:
            return clean(line)
        pieces = re.split(f"({SGR.pattern})", styled(line))  # every other one is a colour
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
        return painted(found[0], OTHER)
    return painted(found[1], KEY) + ":" if found[2] else painted(found[1], STRING)
