"""Lines of a crontab in Buildkite's form: when a schedule creates builds.

https://buildkite.com/docs/pipelines/configure/workflows/scheduled-builds#schedule-intervals
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from itertools import pairwise
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

__all__ = ["CronError", "CronLine", "parse_cron"]

_INTERVALS: Mapping[str, str] = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
    "@yearly": "0 0 1 1 *",
}

_LEAST_MINUTES = 10
"""Minutes between two builds: Buildkite doesn't support fewer."""

_DAYS_SEARCHED = 366 * 28
"""Days in which the next build is looked for. After 28 years, the weekdays of a calendar repeat."""

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_WEEKDAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_FIRST_WEEK = date(2019, 1, 1)
"""First day of the week 1, from which `%` counts."""

_OFFSET = re.compile(r"([+-])(\d\d):(\d\d)", re.ASCII)
_NUMBER = r"-?\d{1,2}|[a-z]{1,4}"
_ITEM = re.compile(
    rf"(?:(?P<any>\*)|(?P<first>{_NUMBER})(?:-(?P<last>{_NUMBER}))?)(?:/(?P<step>\d{{1,2}}))?(?:%(?P<modulo>\d{{1,2}})(?:\+(?P<offset>\d{{1,2}}))?)?",
    re.ASCII,
)


class CronError(ValueError):
    """Line that isn't one of a crontab."""


@dataclass(frozen=True, slots=True)
class _Range:
    """Part of a field: the numbers from `first` to `last`, each `step`-th. -1 is the last day of the month.

    Attributes:
        modulo, offset: of the weeks in which it holds; the modulo 0 stands for every week.
    """

    first: int
    last: int
    step: int = 1
    modulo: int = 0
    offset: int = 0


@dataclass(frozen=True, slots=True)
class _Field:
    """Field: its name in messages, its least and its greatest number, and names of numbers."""

    name: str
    least: int
    most: int
    names: Mapping[str, int]


_FIELDS = (
    _Field("minute", 0, 59, {}),
    _Field("hour", 0, 23, {}),
    _Field("day of month", 1, 31, {"l": -1, "last": -1}),
    _Field("month", 1, 12, {name: number for number, name in enumerate(_MONTHS, 1)}),
    _Field("day of week", 0, 7, {name: number for number, name in enumerate(_WEEKDAYS)}),
)


@dataclass(frozen=True, slots=True)
class CronLine:
    """Line of a crontab.

    Attributes:
        minutes, hours, months: their numbers in order.
        days: the days of the month; None for all.
        weekdays: the days of the week; None for all. Where both are given, a day that fits either is meant.
        zone: the time zone.
    """

    minutes: tuple[int, ...]
    hours: tuple[int, ...]
    days: tuple[_Range, ...] | None
    months: tuple[int, ...]
    weekdays: tuple[_Range, ...] | None
    zone: tzinfo

    def next_after(self, time: float) -> float | None:
        """Return the next time after a time, both in seconds since the epoch; None if there is none.

        A time that the zone's clocks skip is left out. One that they show twice counts once, the first time.

        Example:
            >>> from datetime import UTC, datetime
            >>> line = parse_cron("0 8 * * 1-5 America/Vancouver")
            >>> friday = datetime(2026, 1, 9, 20, tzinfo=UTC).timestamp()
            >>> datetime.fromtimestamp(line.next_after(friday), UTC).isoformat()
            '2026-01-12T16:00:00+00:00'
        """
        begin = datetime.fromtimestamp(time, self.zone).date() - timedelta(days=1)
        for day in self._dates(begin):
            for hour in self.hours:
                for minute in self.minutes:
                    local = datetime(day.year, day.month, day.day, hour, minute, tzinfo=self.zone)
                    found = local.timestamp()
                    if found > time and datetime.fromtimestamp(found, self.zone).replace(fold=0) == local:
                        return found
        return None

    def _dates(self, begin: date) -> Iterator[date]:
        day = begin
        for _ in range(_DAYS_SEARCHED):
            if day.month in self.months and self._on(day):
                yield day
            if day == date.max:
                return
            day += timedelta(days=1)

    def _on(self, day: date) -> bool:
        fits = [rule(day) for rule, given in ((self._in_month, self.days), (self._in_week, self.weekdays)) if given]
        return any(fits) or not fits

    def _in_month(self, day: date) -> bool:
        length = monthrange(day.year, day.month)[1]
        return any(
            day.day in range(_from_end(each.first, length), _from_end(each.last, length) + 1, each.step)
            for each in self.days or ()
        )

    def _in_week(self, day: date) -> bool:
        weekday, week = day.isoweekday() % 7, (day - _FIRST_WEEK).days // 7 + 1
        return any(
            weekday in {number % 7 for number in range(each.first, each.last + 1, each.step)}
            and (not each.modulo or week % each.modulo == each.offset % each.modulo)
            for each in self.weekdays or ()
        )


def parse_cron(text: str) -> CronLine:
    """Return the line of a crontab: a predefined interval, or five fields and possibly a time zone.

    Raises:
        CronError: it isn't one, its builds would come more often than every ten minutes, or none would ever come.

    Example:
        >>> parse_cron("@daily").hours, parse_cron("0 */12 * * * +01:00").hours
        ((0,), (0, 12))
        >>> parse_cron("0 ~ * * *")
        Traceback (most recent call last):
        ...
        buildkite_ext.simulation.definition.cron.CronError: '~' can't be the hour
    """
    words = _INTERVALS.get(text.strip(), text).split()
    if len(words) not in (5, 6):
        raise CronError(f"{text!r} is neither a line of five fields nor one of {', '.join(_INTERVALS)}")
    zone = UTC if len(words) == 5 else _zone(words[5])
    minutes, hours, days, months, weekdays = (
        _ranges(word, field) for word, field in zip(words[:5], _FIELDS, strict=True)
    )
    line = CronLine(_numbers(minutes, 0, 59), _numbers(hours, 0, 23), days, _numbers(months, 1, 12), weekdays, zone)
    if _least_gap(line) < _LEAST_MINUTES:
        raise CronError(f"builds come at most every {_LEAST_MINUTES} minutes")
    if next(line._dates(date(2024, 1, 1)), None) is None:
        raise CronError(f"{text!r} names no day")
    return line


def _least_gap(line: CronLine) -> int:
    """Return the minutes between two builds that are closest to each other."""
    minutes, hours = line.minutes, line.hours
    gaps = [after - before for before, after in pairwise(minutes)]
    if any((hour + 1) % 24 in hours for hour in hours):
        gaps.append(60 - minutes[-1] + minutes[0])
    return min(gaps, default=60)


def _zone(word: str) -> tzinfo:
    offset = _OFFSET.fullmatch(word)
    if offset is not None and int(offset[2]) < 24 and int(offset[3]) < 60:
        ahead = timedelta(hours=int(offset[2]), minutes=int(offset[3]))
        return timezone(-ahead if offset[1] == "-" else ahead)
    try:
        return ZoneInfo(word)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise CronError(f"{word!r} isn't a time zone") from None


def _ranges(word: str, field: _Field) -> tuple[_Range, ...] | None:
    """Return the parts of a field; None for `*`."""
    return None if word == "*" else tuple(_range(item, field) for item in word.split(","))


def _range(item: str, field: _Field) -> _Range:
    found = _ITEM.fullmatch(item.lower())
    if found is None:
        raise CronError(f"{item!r} can't be the {field.name}")
    if found["modulo"] and (field.name != "day of week" or not int(found["modulo"])):
        raise CronError(f"{item!r}: % is for days of the week, and not with 0")
    if found["any"]:
        first, last = field.least, field.most if field.name != "day of week" else 6
    else:
        first = _number(found["first"], field, item)
        last = first if found["last"] is None else _number(found["last"], field, item)
        if found["step"] and found["last"] is None:
            last = field.most
    step = int(found["step"] or 1)
    if not step or first < 0 <= last or (last < first and (first < 0) == (last < 0)):
        raise CronError(f"{item!r} can't be the {field.name}: it is empty")
    return _Range(first, last, step, int(found["modulo"] or 0), int(found["offset"] or 0))


def _number(word: str, field: _Field, item: str) -> int:
    if word in field.names:
        return field.names[word]
    negative = word.startswith("-") and field.name == "day of month"
    if not word.lstrip("-").isdigit() or (word.startswith("-") and not negative):
        raise CronError(f"{item!r} can't be the {field.name}")
    number = int(word)
    if not (field.least <= abs(number) <= field.most):
        raise CronError(f"{item!r} can't be the {field.name}: these go from {field.least} to {field.most}")
    return number


def _numbers(ranges: tuple[_Range, ...] | None, least: int, most: int) -> tuple[int, ...]:
    if ranges is None:
        return tuple(range(least, most + 1))
    return tuple(sorted({number for each in ranges for number in range(each.first, each.last + 1, each.step)}))


def _from_end(day: int, length: int) -> int:
    """Return a day of a month of some length, where -1 is its last day."""
    return day if day > 0 else length + 1 + day
