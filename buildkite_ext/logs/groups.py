"""Groups of a job's log: the sections that begin with `---`, `+++` or `~~~`, with their times."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from .parser import GROUP, LogLine, refuse_data

__all__ = ["LogGroup", "LogGroups", "group_log"]

_HEADERS = frozenset({"---", "+++", "~~~"})

_OPENS = re.compile(r"\^\^\^\s+\+\+\+\s*$")
"""Line that opens the group that it stands in.
https://buildkite.com/docs/pipelines/configure/managing-log-output"""


@dataclass(frozen=True, slots=True)
class LogGroup:
    """Group of a job's log: a header and the lines below it.

    Attributes:
        job_id: the job.
        job_name: its name, or its label or command if it has none.
        name: the header's text, "" if that is empty; None for the lines before the first header.
        opened: True if Buildkite's page shows it open: its header is `+++`, a line of it is `^^^ +++`, or it is the last
            with `---` of a log in which no other is open.
        quiet: True if its header is `~~~`, which Buildkite's page shows in grey.
        number: the number of its first line in the log, from 1.
        lines: the number of its lines, with the header.
        began: the time of its first line that has one.
        ended: the time at which the next group began, or that of its last line.
    """

    job_id: str
    job_name: str
    name: str | None
    opened: bool
    quiet: bool
    number: int
    lines: int
    began: datetime | None
    ended: datetime | None

    @property
    def duration(self) -> float | None:
        """Seconds from its beginning to its end; None if the log has no times."""
        return None if self.began is None or self.ended is None else (self.ended - self.began).total_seconds()


class _OpenGroup:
    """Group that isn't complete."""

    __slots__ = ("began", "ended", "header", "line", "lines", "number", "opened")

    def __init__(self, line: LogLine, header: str, number: int) -> None:
        self.line = line
        self.header = header
        self.number = number
        self.lines = 1
        self.opened = header == "+++"
        self.began = self.ended = line.time

    def group(self) -> LogGroup:
        line, name = self.line, self.line.group if self.header else None
        return LogGroup(
            *(line.job_id, line.job_name, name, self.opened, self.header == "~~~"),
            *(self.number, self.lines, self.began, self.ended),
        )


class _GroupsOfJob:
    """Groups of one job that can still change."""

    def __init__(self) -> None:
        self.section: _OpenGroup | None = None
        self.complete: list[LogGroup] = []
        """Groups since the last that opens if no other does."""
        self.opened = False
        """True if a group is open."""


class LogGroups:
    """Groups of lines that arrive one by one. Lines of several jobs may be mixed.

    A group is given out when the next begins. As long as no group is open, one with `---` is held back until the next with
    `---` begins, because the last of them opens.

    Example:
        >>> groups = LogGroups()
        >>> lines = [LogLine("j", "test", None, "Test", text, text) for text in ("+++ Test", "ok")]
        >>> [group for line in lines for group in groups.feed(line)]
        []
        >>> [(group.name, group.opened, group.lines) for group in groups.finish()]
        [('Test', True, 2)]
    """

    def __init__(self) -> None:
        self._logs: dict[str, _GroupsOfJob] = {}

    def feed(self, line: LogLine) -> list[LogGroup]:
        """Return the groups that end before this line."""
        log = self._logs.get(line.job_id)
        if log is None:
            log = self._logs[line.job_id] = _GroupsOfJob()
        text, section = line.text, log.section
        header = text[:3] if text[:3] in _HEADERS and GROUP.match(text) else ""
        if section is None:
            log.section = _OpenGroup(line, header, 1)
            return []
        if line.time is not None:
            section.ended = line.time
            section.began = section.began or line.time
        if not header:
            section.lines += 1
            if section.header and text[:3] == "^^^" and _OPENS.match(text):
                section.opened = True
            return []
        log.section = _OpenGroup(line, header, section.number + section.lines)
        return _complete(log, section.group())

    def finish(self, job_id: str | None = None) -> list[LogGroup]:
        """Return the last groups of each job.

        Args:
            job_id: those of the job with this id, whose log has ended; None for those of all.
        """
        groups: list[LogGroup] = []
        for job in [job for job in self._logs if job_id in (None, job)]:
            log = self._logs.pop(job)
            if log.section is not None:
                groups += _complete(log, log.section.group())
            if log.complete:
                groups += [replace(log.complete[0], opened=True), *log.complete[1:]]
        return groups


def _complete(log: _GroupsOfJob, group: LogGroup) -> list[LogGroup]:
    """Return the groups that are final when this one has ended."""
    if group.opened or log.opened:
        log.opened = True
        final, log.complete = [*log.complete, group], []
    elif group.name is not None and not group.quiet:
        final, log.complete = log.complete, [group]
    elif log.complete:
        log.complete.append(group)
        final = []
    else:
        final = [group]
    return final


def group_log(lines: Iterable[LogLine]) -> Iterator[LogGroup]:
    """Yield the groups of a log, in the order of their headers.

    Lines before the first header are a group without a name. See `LogGroups` for lines that arrive one by one.

    Args:
        lines: lines of one job or of several, such as those of `parse_log` or of `builds.follow`.

    https://buildkite.com/docs/pipelines/configure/managing-log-output

    Example:
        >>> from buildkite_ext.logs import parse_log
        >>> log = b"\\x1b_bk;t=1000\\x07--- Install\\n\\x1b_bk;t=4500\\x07+++ Test\\n\\x1b_bk;t=4700\\x07ok\\n"
        >>> [(group.name, group.opened, group.duration, group.lines) for group in group_log(parse_log(log))]
        [('Install', False, 3.5, 1), ('Test', True, 0.2, 2)]
    """
    refuse_data(lines)
    groups = LogGroups()
    for line in lines:
        yield from groups.feed(line)
    yield from groups.finish()
