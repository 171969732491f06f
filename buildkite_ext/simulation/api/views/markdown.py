"""Markdown of annotations as HTML. https://buildkite.com/docs/pipelines/configure/annotations

Buildkite shows CommonMark with GitHub's tables and strikethrough, and HTML of which only safe elements are left. The extra
`server` installs the two packages that do the same here. Without them, paragraphs are all that is understood.
"""

from __future__ import annotations

import html
from collections.abc import Callable
from functools import cache, lru_cache

__all__ = ["rendered"]


@lru_cache(maxsize=64)
def rendered(markdown: str) -> str:
    """Return Markdown as HTML without scripts, styles and event handlers.

    Example:
        >>> rendered("Hello & welcome")
        '<p>Hello &amp; welcome</p>\\n'
    """
    return _renderer()(markdown)


@cache
def _renderer() -> Callable[[str], str]:
    try:
        import nh3
        from markdown_it import MarkdownIt
    except ImportError:
        return _paragraphs
    parser = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
    # Classes give annotations their colours and terminal output.
    attributes = {**nh3.ALLOWED_ATTRIBUTES, "*": {"class"}}

    def render(markdown: str) -> str:
        return nh3.clean(parser.render(markdown), attributes=attributes)

    return render


def _paragraphs(markdown: str) -> str:
    paragraphs = [part.strip() for part in markdown.split("\n\n") if part.strip()]
    return "".join(f"<p>{html.escape(part, quote=False)}</p>\n" for part in paragraphs)
