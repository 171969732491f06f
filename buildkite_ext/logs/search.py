"""Search of log lines: the lines that match a pattern, with the lines around them, in little memory."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from .parser import LogLine, refuse_data

__all__ = ["LogMatch", "LogSearch", "search_log"]


@dataclass(frozen=True, slots=True)
class LogMatch:
    """Line that a search has found, with the lines around it.

    Attributes:
        line: the line.
        number: its number in the log of its job, from 1.
        start, end: the place of the first match in `line.text`.
        before: the lines before it, of the same job.
        after: the lines after it, of the same job.
    """

    line: LogLine
    number: int
    start: int
    end: int
    before: tuple[LogLine, ...] = ()
    after: tuple[LogLine, ...] = ()


@dataclass(slots=True)
class _LinesOfJob:
    """Last lines of one job, and the matches whose following lines haven't all arrived."""

    lines: deque[LogLine]
    count: int = 0
    found: deque[tuple[int, re.Match[str]]] = field(default_factory=deque)


class LogSearch:
    """Search of lines that arrive one by one, such as those of a log that is followed.

    Lines of several jobs may be mixed: numbers count within a job, and the lines around a match are those of its job.
    Memory holds `before` and `after` lines of each job.

    Example:
        >>> search = LogSearch("error", after=1)
        >>> lines = [LogLine("j", "test", None, None, text, text) for text in ("ok", "an error", "a hint")]
        >>> [match.number for line in lines for match in search.feed(line)]
        [2]
    """

    def __init__(self, pattern: str | re.Pattern[str], *, before: int = 0, after: int = 0) -> None:
        """Create a search.

        Args:
            pattern: a regular expression, which is searched in the text of a line. `re.escape` makes one of a text.
            before: the number of lines before a match.
            after: the number of lines after a match. A match is given out when they have arrived.

        Raises:
            ValueError: the pattern isn't a regular expression, or a number is negative.
        """
        try:
            self._search = re.compile(pattern).search
        except re.error as error:
            raise ValueError(
                f"pattern {pattern!r} is not a regular expression: {error}. To search for a text as it is, write "
                "re.escape(text)."
            ) from error
        for name, number in (("before", before), ("after", after)):
            if number < 0:
                raise ValueError(f"{name} is {number}. It is a number of lines, 0 or more.")
        self._before = before
        self._after = after
        self._logs: dict[str, _LinesOfJob] = {}

    def feed(self, line: LogLine) -> list[LogMatch]:
        """Return the matches that this line completes, in the order of their lines."""
        log = self._logs.get(line.job_id)
        if log is None:
            log = self._logs[line.job_id] = _LinesOfJob(deque(maxlen=self._before + self._after + 1))
        log.count += 1
        log.lines.append(line)
        match = self._search(line.text)
        if match is not None:
            log.found.append((log.count, match))
        if log.found and log.found[0][0] + self._after <= log.count:
            return [self._match(log)]
        return []

    def finish(self, job_id: str | None = None) -> list[LogMatch]:
        """Return the matches that have fewer lines after them than asked for.

        Args:
            job_id: those of the job with this id, whose log has ended; None for those of all.
        """
        logs = [log for job, log in self._logs.items() if job_id in (None, job)]
        return [self._match(log) for log in logs for _ in range(len(log.found))]

    def _match(self, log: _LinesOfJob) -> LogMatch:
        number, match = log.found.popleft()
        lines = list(log.lines)
        place = len(lines) - 1 - (log.count - number)
        before, after = lines[max(0, place - self._before) : place], lines[place + 1 : place + 1 + self._after]
        return LogMatch(lines[place], number, *match.span(), tuple(before), tuple(after))


def search_log(
    lines: Iterable[LogLine], pattern: str | re.Pattern[str], *, before: int = 0, after: int = 0
) -> Iterator[LogMatch]:
    """Yield the lines that match a pattern, with the lines around them.

    Args:
        lines: lines of one job or of several, such as those of `parse_log` or of `builds.follow`.
        pattern: a regular expression, which is searched in the text of a line. `re.escape` makes one of a text.
        before: the number of lines before a match to give with it.
        after: the number of lines after a match to give with it.

    Raises:
        ValueError: the pattern isn't a regular expression, or a number is negative.

    Example:
        >>> from buildkite_ext.logs import parse_log
        >>> for match in search_log(parse_log(b"--- Test\\n1 passed\\n2 failed\\n"), r"(\\d+) failed", before=1):
        ...     print(match.number, match.line.group, match.line.text, [line.text for line in match.before])
        3 Test 2 failed ['1 passed']
    """
    refuse_data(lines)
    search = LogSearch(pattern, before=before, after=after)
    return _matches(search, lines)


def _matches(search: LogSearch, lines: Iterable[LogLine]) -> Iterator[LogMatch]:
    for line in lines:
        yield from search.feed(line)
    yield from search.finish()
