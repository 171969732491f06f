"""Terminal output as HTML, in the manner of Buildkite's terminal-to-html: close enough to read, not byte for byte."""

from __future__ import annotations

import html
import re

_TOKEN = re.compile(r"\x1b_bk;t=(\d+)\x07|\x1b\[([0-9;]*)m|\x1b\][^\x07]*\x07|\x1b\[[0-9;?]*[A-Za-z]|\x1b_[^\x07]*\x07")


def rendered(log: bytes) -> str:
    """The lines of a log, escaped, its colours as classes `term-fg31` and its timestamps as `<time>`."""
    return "\n".join(_line(line.rstrip("\r")) for line in log.decode("utf-8", "replace").split("\n"))


def _line(line: str) -> str:
    # A carriage return begins the line anew: what stood there before is gone from the screen.
    line = line.rsplit("\r", 1)[-1]
    parts: list[str] = []
    opened = False
    end = 0
    for token in _TOKEN.finditer(line):
        parts.append(html.escape(line[end : token.start()]))
        end = token.end()
        if token[1]:
            parts.append(f'<time datetime="{token[1]}"></time>')
        elif token[2] is not None:
            if opened:
                parts.append("</span>")
            codes = [code for code in token[2].split(";") if code not in ("", "0")]
            opened = bool(codes)
            if opened:
                parts.append(f'<span class="{" ".join(f"term-fg{code}" for code in codes)}">')
    parts.append(html.escape(line[end:]))
    if opened:
        parts.append("</span>")
    return "".join(parts) or "&nbsp;"
