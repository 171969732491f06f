"""Annotation of the failures in a JUnit report, the XML that most test frameworks write.

The form of the report: https://github.com/testmoapp/junitxml. No entity of a document is expanded.
"""

from __future__ import annotations

import html
from dataclasses import dataclass, field
from xml.parsers import expat

from .messages import counted, printable, shortened

__all__ = ["junit_annotation"]

_LARGEST = 1024 * 1024
"""Bytes of an annotation. https://buildkite.com/docs/pipelines/configure/annotations"""

_LEAST = 1024

_LONGEST_TEXT = 20_000
"""Characters of one failure's text that are kept."""

_LONGEST_NAME = 300

_PROBLEMS = ("failure", "error")
_ROOTS = ("testsuites", "testsuite")

_NOTE = "\n\n<p><em>Failures that don't fit in the annotation: {}</em></p>\n"


@dataclass(slots=True)
class _Failure:
    """Test that failed.

    Attributes:
        name: its name, behind that of its class.
        place: its file and line.
        message: the message of the failure.
        texts: the pieces of its text.
        length: the characters of these.
        cut: its text was longer.
    """

    name: str
    place: str
    message: str
    texts: list[str] = field(default_factory=list[str])
    length: int = 0
    cut: bool = False


class _NotJunit(Exception):
    """Error for a document that isn't a report, in the handlers of its parser."""


class _JunitReader:
    """Reader of a report. It keeps the failures and counts the rest."""

    def __init__(self, most: int) -> None:
        self.tests = self.failed = self.skipped = self.outside = 0
        self.found = 0
        """Number of failures. A test may have several."""
        self.failures: list[_Failure] = []
        self._most = most
        self._kept = 0
        self._depth = 0
        self._case: dict[str, str] | None = None
        self._case_failed = False
        self._suite: dict[str, str] = {}
        self._encoding = "UTF-8"
        self._open: _Failure | None = None
        self._open_depth = 0
        self._parser = expat.ParserCreate()
        self._parser.buffer_text = True
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._text
        self._parser.EntityDeclHandler = self._entity
        self._parser.XmlDeclHandler = self._declaration

    def read(self, xml: bytes) -> None:
        """Read a report.

        Raises:
            ValueError: it isn't one.
        """
        try:
            self._parser.Parse(xml, True)  # it takes no keyword
        except expat.ExpatError as error:
            raise ValueError(
                f"xml isn't XML: {expat.ErrorString(error.code)}, line {error.lineno}, column {error.offset}"
            ) from None
        except _NotJunit as error:
            raise ValueError(str(error)) from None
        except (LookupError, ValueError):  # an encoding that Python doesn't have, or the parser doesn't take
            raise ValueError(
                f"xml is in the encoding {printable(self._encoding)[:50]!r}, which can't be read: convert it to UTF-8"
            ) from None

    def _declaration(self, _: str, encoding: str | None, __: int) -> None:
        self._encoding = encoding or self._encoding

    def _entity(self, name: str, *_: object) -> None:
        raise _NotJunit(
            f"xml declares the entity {printable(name)[:50]!r}: reports of tests have none, and it isn't expanded"
        )

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        if self._depth == 0 and name not in _ROOTS:
            raise _NotJunit(
                f"xml isn't a JUnit report: its root is <{printable(name)[:50]}>, not <testsuites> or <testsuite>"
            )
        self._depth += 1
        if name == "testcase":
            self.tests += 1
            self._case, self._case_failed = attributes, False
        elif name == "testsuite":
            self._suite = attributes
        elif name == "skipped":
            self.skipped += 1
        elif name in _PROBLEMS and self._open is None:
            self._begin(attributes)

    def _begin(self, attributes: dict[str, str]) -> None:
        case = self._case
        if case is None:
            self.outside += 1
        elif not self._case_failed:
            self.failed += 1
            self._case_failed = True
        self.found += 1
        if self._kept > self._most:
            return
        case = case or {"name": self._suite.get("name", "?")}
        test, group = _line(case.get("name", "?")), _line(case.get("classname", ""))
        message = _line(attributes.get("message", "") or attributes.get("type", ""))
        place = _line(":".join(filter(None, (case.get("file", ""), case.get("line", "")))))
        self._open = _Failure(f"{group}: {test}" if group else test, place, message)
        self._open_depth = self._depth
        self.failures.append(self._open)
        self._kept += len(self._open.name) + len(message) + len(place)

    def _end(self, name: str) -> None:
        if self._open is not None and self._depth == self._open_depth:
            self._kept += self._open.length
            self._open = None
        if name == "testcase":
            self._case = None
        self._depth -= 1

    def _text(self, text: str) -> None:
        failure = self._open
        if failure is None:
            return
        kept = text[: max(0, _LONGEST_TEXT - failure.length)]
        failure.texts.append(kept)
        failure.length += len(kept)
        failure.cut = failure.cut or len(kept) < len(text)


def junit_annotation(xml: bytes, *, max_bytes: int = _LARGEST) -> str:
    """Return the failures of a JUnit report as the body of one annotation, in Markdown and HTML.

    Nothing of the report is taken for Markdown or HTML. What doesn't fit is left out, and the annotation says so.

    Args:
        xml: the report.
        max_bytes: the maximum of bytes of the annotation in UTF-8, at least 1024; by default 1 MiB, which is Buildkite's.

    Raises:
        ValueError: the report isn't XML, isn't of JUnit's form or declares entities, or `max_bytes` is smaller.

    Example:
        >>> report = b'<testsuite><testcase name="total"><failure message="2 != 3">cart.py:4</failure></testcase></testsuite>'
        >>> print(junit_annotation(report))
        <p><strong>1 of 1 test failed</strong></p>
        <BLANKLINE>
        <details>
        <summary><code>total</code>: 2 != 3</summary>
        <BLANKLINE>
        <pre><code>cart.py:4</code></pre>
        </details>
        >>> def annotate(buildkite, number: int, report: bytes) -> None:
        ...     body = junit_annotation(report)
        ...     buildkite.annotations.create("web", number, body, style="error", context="junit")

    https://buildkite.com/docs/pipelines/configure/annotations
    """
    if max_bytes < _LEAST:
        raise ValueError(f"max_bytes={max_bytes}: give at least {_LEAST}")
    reader = _JunitReader(max_bytes)
    reader.read(xml)
    pieces = [_head(reader)]
    left = max_bytes - len(pieces[0].encode()) - len(_NOTE.format(reader.found).encode())
    shown = 0
    for failure in reader.failures:
        piece = _failure(failure)
        size = len(piece.encode("utf-8", "replace"))
        if size > left:
            piece = _failure(failure, left - 300)
            size = len(piece.encode("utf-8", "replace"))
        if size > left:
            break
        pieces.append(piece)
        left -= size
        shown += 1
    missing = reader.found - shown
    return "".join(pieces) + (_NOTE.format(missing) if missing > 0 else "")


def _head(reader: _JunitReader) -> str:
    tests = counted(reader.tests, "test")
    skipped = f", {reader.skipped} skipped" if reader.skipped else ""
    if reader.failed or not reader.outside:
        told = f"{reader.failed} of {tests} failed" if reader.failed else f"{tests} passed"
    else:
        told = f"none of {tests} failed" if reader.tests else ""
    if reader.outside:
        told += f"{', and ' if told else ''}{counted(reader.outside, 'failure')} outside of tests"
    return f"<p><strong>{told}</strong>{skipped}</p>"


def _failure(failure: _Failure, most: int | None = None) -> str:
    """Return one failure as HTML, of which Markdown leaves a `<pre>` alone until it ends.

    Args:
        failure: the failure.
        most: the maximum of bytes of its text; None for all of it.
    """
    message = f": {html.escape(failure.message)}" if failure.message else ""
    place = f" <small>{html.escape(failure.place)}</small>" if failure.place else ""
    lines = "".join(failure.texts).strip("\r\n").splitlines()
    text = html.escape("\n".join(printable(line.expandtabs(4)).rstrip() for line in lines), quote=False)
    cut = failure.cut
    if most is not None and len(text.encode("utf-8", "replace")) > most:
        text, cut = _shortened(text, most), True
    ended = "\n[… the rest is left out …]" if cut else ""
    body = f"\n\n<pre><code>{text}{ended}</code></pre>" if text or ended else ""
    return (
        f"\n\n<details>\n<summary><code>{html.escape(failure.name)}</code>{message}{place}</summary>{body}\n</details>"
    )


def _shortened(text: str, most: int) -> str:
    """Return the beginning of an escaped text, at most so many bytes, without a reference such as `&lt;` that is cut."""
    kept = text.encode("utf-8", "replace")[: max(0, most)].decode("utf-8", "ignore")
    reference = kept.rfind("&")
    return kept if reference < 0 or ";" in kept[reference:] else kept[:reference]


def _line(text: str) -> str:
    """Return a text of the report as one short line."""
    return shortened(" ".join(printable(text).split()), _LONGEST_NAME)
