"""Text of an annotation, whose body Buildkite gives as HTML."""

from __future__ import annotations

import html
import re
from typing import Final

__all__ = ["text_of_html"]

_NAME = re.compile(r"</?([A-Za-z][A-Za-z0-9]*)")
_BLOCKS: Final = frozenset(
    {
        *("address", "article", "aside", "blockquote", "br", "dd", "details", "div", "dl", "dt", "figure", "footer"),
        *("h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "li", "ol", "p", "pre", "section", "summary", "table"),
        *("tbody", "tfoot", "thead", "tr", "ul"),
    }
)
"""Elements that begin and end a line."""

_HIDDEN: Final = frozenset({"script", "style", "template", "title"})
"""Elements whose content isn't shown."""

_ITEM: Final = "- "
"""Text before an item of a list."""

_CELL: Final = " | "
"""Text between two cells of a table."""

_BLANK_LINES = re.compile(r"\n[ \t]*(?:\n[ \t]*)+")


def text_of_html(body: str, *, longest: int | None = None) -> str:
    """Return the text of an HTML document, with a line for each block. Any text is taken, in time that grows with its length.

    Args:
        body: the document.
        longest: characters of it that are read. A tag that reaches beyond them is left out. None for all.

    Example:
        >>> text_of_html("<h1>2 &lt; 3</h1><ul><li>one</li><li><b>two</b></li></ul><script>alert()</script>")
        '2 < 3\\n- one\\n- two'
    """
    if longest is not None and len(body) > longest:
        body = body[:longest]
        last = body.rfind("<")
        body = body[:last] if last > body.rfind(">") else body
    pieces: list[str] = []
    at, last_end = 0, body.rfind(">")
    while (start := body.find("<", at)) >= 0:
        pieces.append(html.unescape(body[at:start]))
        if body.startswith("<!--", start):
            end = body.find("-->", start + 4)
            at = len(body) if end < 0 else end + 3
            continue
        name = _NAME.match(body, start)
        may_be_tag = start < last_end and (name is not None or body.startswith(("<!", "<?"), start))
        end = body.find(">", start) if may_be_tag else -1
        if end < 0:  # it isn't a tag
            pieces.append("<")
            at = start + 1
            if name is not None:
                pieces.append(html.unescape(body[at:]))
                at = len(body)
            continue
        at = end + 1
        if name is None:
            continue
        tag, opens = name[1].lower(), body[start + 1] != "/"
        if tag in _HIDDEN and opens:
            closed = body.find(f"</{tag}", at)
            at = len(body) if closed < 0 else closed
        elif tag in ("td", "th") and opens:
            pieces.append(_CELL)
        elif tag in _BLOCKS:
            pieces.append(f"\n{_ITEM}" if tag == "li" and opens else "\n")
    pieces.append(html.unescape(body[at:]))
    # Items and cells without text leave nothing but their marks.
    lines = "\n".join(
        line.rstrip().removeprefix(_CELL)
        for line in "".join(pieces).split("\n")
        if not (line.startswith(_ITEM) and line.strip() == "-") and (not line or line.replace(_CELL, ""))
    )
    return _BLANK_LINES.sub("\n", lines).strip()
