"""Parser of job logs: from bytes to lines with a time, a group and a text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

__all__ = ["CSI", "ESCAPE", "GROUP", "SGR", "STRING_CONTROL", "LineParser", "LogLine", "plain", "styled"]

_TIMESTAMP = re.compile(r"\x1b_bk;t=(\d{1,16})\x07")
"""Mark of the agent for the time of a line, in milliseconds since the epoch. A line that was redrawn has several.
https://buildkite.com/docs/pipelines/configure/managing-log-output"""

GROUP = re.compile(r"(?:---|\+\+\+|~~~)\s+(\S.*)")
"""A group's header, at the beginning of a line."""

STRING_CONTROL = re.compile(r"\x1b[\]_PX^].*?(?:\x07|\x1b\\|$)|[\x90\x98\x9d-\x9f].*?(?:\x07|\x9c|\x1b\\|$)", re.DOTALL)
CSI = re.compile(r"(?:\x1b\[|\x9b)[0-?]*[ -/]*(?:[@-~]|$)")
ESCAPE = re.compile(r"\x1b[ -/]*[0-~]?")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
SGR = re.compile(r"\x1b\[[0-9;:]*m")


@dataclass(frozen=True, slots=True)
class LogLine:
    """Line of a job's log.

    Attributes:
        job_id: the job.
        job_name: its name, or its label or command if it has none.
        time: the time at which the agent wrote it; None if the log doesn't say.
        group: the header of its group; None before the first.
        text: its text without escape sequences, safe to print.
        raw: its text with all escape sequences, which are not safe on a terminal.
    """

    job_id: str
    job_name: str
    time: datetime | None
    group: str | None
    text: str
    raw: str

    @property
    def styled(self) -> str:
        """Text with its colours and no other escape sequences, safe to print on a terminal."""
        return styled(self.raw)


class LineParser:
    """Parser of one log, whose bytes may arrive in any pieces. An unfinished line is kept until its end arrives.

    Example:
        >>> parser = LineParser("0190", "test")
        >>> [line.text for line in parser.feed(b"--- Install\\r\\nfetching\\nhal")]
        ['--- Install', 'fetching']
        >>> [(line.group, line.text) for line in parser.finish()]
        [('Install', 'hal')]
    """

    def __init__(self, job_id: str, job_name: str) -> None:
        self._job_id = job_id
        self._job_name = job_name
        self._rest = bytearray()
        self._group: str | None = None

    def feed(self, data: bytes) -> Iterator[LogLine]:
        """Yield the lines that these bytes complete."""
        start = len(self._rest)
        self._rest += data
        end = self._rest.rfind(b"\n", start)
        if end < 0:
            return
        complete = bytes(self._rest[: end + 1])
        del self._rest[: end + 1]
        for line in complete.split(b"\n")[:-1]:
            yield self._line(line)

    def finish(self) -> Iterator[LogLine]:
        """Yield the last line, if the log doesn't end with a line break."""
        if self._rest:
            rest = bytes(self._rest)
            self._rest.clear()
            yield self._line(rest)

    def _line(self, data: bytes) -> LogLine:
        raw = data.decode("utf-8", "replace").removesuffix("\r")
        times = _TIMESTAMP.findall(raw)
        text = plain(raw)
        header = GROUP.match(text)
        if header:
            self._group = header[1].strip()
        return LogLine(self._job_id, self._job_name, _time(times[-1]) if times else None, self._group, text, raw)


def plain(raw: str) -> str:
    """Return the text that a line shows on a terminal, without escape sequences and control characters.

    Example:
        >>> plain("\\x1b_bk;t=1700000000000\\x07\\x1b[32mok\\x1b[0m")
        'ok'
        >>> plain("10%\\r100%")
        '100%'
    """
    return _bare(_drawn(raw))


def styled(raw: str) -> str:
    """Return the same text with its colours (SGR), which end at the end of the line."""
    pieces: list[str] = []
    position = 0
    drawn = _drawn(raw)
    for match in SGR.finditer(drawn):
        pieces += (_bare(drawn[position : match.start()]), match[0])
        position = match.end()
    pieces.append(_bare(drawn[position:]))
    text = "".join(pieces)
    return text + "\x1b[0m" if "\x1b[" in text and not text.endswith("\x1b[0m") else text


def _drawn(raw: str) -> str:
    """Return the part after the last carriage return, which overwrites the part before it, without links and images."""
    text = STRING_CONTROL.sub("", raw)
    return next((part for part in reversed(text.split("\r")) if _bare(part).strip()), "")


def _bare(text: str) -> str:
    return _CONTROL.sub("", ESCAPE.sub("", CSI.sub("", text)))


def _time(milliseconds: str) -> datetime | None:
    try:
        return datetime.fromtimestamp(int(milliseconds) / 1000, UTC)
    except (ValueError, OverflowError, OSError):
        return None
