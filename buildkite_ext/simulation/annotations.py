"""Annotations of builds and jobs."""

from __future__ import annotations

import html
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .jobs import Job

STYLES = ("success", "info", "warning", "error")
PRIORITY = 3
LARGEST_BODY = 1024 * 1024


@dataclass(slots=True, eq=False)
class Annotation:
    """A note on a build, or on one of its jobs."""

    id: str
    context: str
    style: str
    priority: int
    body: str
    job: Job | None
    created_at: float
    updated_at: float

    @property
    def body_html(self) -> str:
        """The body as HTML. Of Markdown only the paragraphs are understood."""
        paragraphs = [part.strip() for part in self.body.split("\n\n") if part.strip()]
        return "".join(f"<p>{html.escape(part, quote=False)}</p>\n" for part in paragraphs)
