"""The documents for readers: README.md, docs/ and their blocks of code, for the tests that run them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

__all__ = ["PROJECT", "ROOT", "Block", "anchors", "blocks", "documents", "links", "prose"]

ROOT = Path(__file__).parents[1]
PROJECT = "https://github.com/buildkite-ext/buildkite-ext"
_FENCE = re.compile(r"^```(?P<language>\w*)(?P<options>[^\n`]*)\n(?P<code>.*?)^```$", re.MULTILINE | re.DOTALL)
_OUTPUT = 'title="Output"'


@dataclass(frozen=True)
class Block:
    """A block of code in a document."""

    document: Path
    line: int
    language: str
    code: str
    output: str | None = None
    """What the document says that it prints: the block after it, where that has the title "Output"."""

    def __str__(self) -> str:
        return f"{self.document.relative_to(ROOT)}:{self.line}"

    def run(self, names: dict[str, object]) -> None:
        """Run a block of Python; its errors name the document's lines."""
        code = compile("\n" * self.line + self.code, str(self.document), "exec", dont_inherit=True)
        exec(code, names)


def documents() -> list[Path]:
    """Return every document: those of the root, and those of the site that are written by hand."""
    written = [
        path for path in (ROOT / "docs").rglob("*.md") if not path.read_text("utf-8").startswith("<!-- Written by")
    ]
    return [*(ROOT / f"{name}.md" for name in ("README", "CONTRIBUTING", "SECURITY", "CHANGELOG")), *sorted(written)]


def blocks(document: Path, *languages: str) -> Iterator[Block]:
    """Yield the blocks of a document that are written in one of these languages."""
    text = document.read_text(encoding="utf-8")
    found = list(_FENCE.finditer(text))
    for block, following in zip(found, [*found[1:], None], strict=False):
        if block["language"] in languages:
            output = following["code"] if following and _OUTPUT in following["options"] else None
            yield Block(document, text.count("\n", 0, block.start("code")), block["language"], block["code"], output)


def prose(document: Path) -> str:
    """Return the text of a document without its blocks of code."""
    return _FENCE.sub("", document.read_text(encoding="utf-8"))


def links(document: Path) -> list[str]:
    """Return the targets of a document's links."""
    return re.findall(r"\]\(([^)\s]+)\)", prose(document))


def anchors(document: Path) -> set[str]:
    """Return the anchors of a document's headings."""
    headings = re.findall(r"^#+ (.+)$", prose(document), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading).strip().lower().replace(" ", "-") for heading in headings}
