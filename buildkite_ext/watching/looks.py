"""Looks of a watcher: requests for the builds that finished since the last look.

A list can be asked for the builds that finished from a time on, and not for those up to a time. A list may show an end late. So
each look overlaps with the one before it: https://buildkite.com/docs/apis/rest-api/builds

They know no clock and send nothing. `now` is in seconds of any clock, and the times of builds are seconds since the epoch on
Buildkite's clock.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from .steps import Answer, Key, ListBuilds, Narrowing, Traits

__all__ = ["LOOK_EVERY", "Looks"]

LOOK_EVERY = 5.0
"""Seconds between two looks."""

_OVERLAP = 15.0
"""Seconds by which looks overlap: what the list shows later than that is found by a sweep."""

_LEAST_OVERLAP = 8.0
"""Seconds of overlap that are left if more would need another page."""

_A_MINUTE = 12.0
_A_MINUTE_UNDER_LOAD = 13.5
"""Requests a minute for looks, and those when a look needs several pages. The other lists are sweeps."""

_LATE_FOR = 600.0
"""Seconds for which it is remembered that lists showed ends late."""

_LATE_MARGIN = 3.0

_PAGES_TO_NARROW = 1.25
"""Pages of a look, on average, from which on looks are narrowed."""

_MOST_ENDS = 5_000
"""Builds that are remembered to have ended, so that a wait for one of them that begins later is over at once."""

_MOST_PAGES = 10
"""Pages of one look. If it had more, all waits are searched again."""

_DATES = 5
"""Answers whose `Date` counts. The earliest of them is believed: a server whose clock is ahead would hide ends."""

_SHA = re.compile(r"[0-9a-f]{40}")


@dataclass(slots=True)
class _Round:
    """Look of one or several pages.

    Attributes:
        request: the next page.
        began: when it began.
        position: the latest end that the first page showed.
    """

    request: ListBuilds
    began: float
    position: float


class Looks:
    """Looks one after another: what each asks for, and what their answers say about the next one.

    Args:
        slower: how many times slower they are than usual.
        page_size: the number of builds on a page.

    Attributes:
        position: a time of Buildkite's clock: what ended before it has been seen, but for what the list shows late. None until
            an answer has told a time.
        ended: builds that looks have shown, the latest last.
    """

    def __init__(self, *, slower: float = 1.0, page_size: int = 100) -> None:
        self.position: float | None = None
        self.ended: dict[Key, None] = {}
        self._slower = slower
        self._page_size = page_size
        self._dates: deque[tuple[float, float]] = deque(maxlen=_DATES)
        """When the last answers came, and their times on Buildkite's clock."""
        self._scope: tuple[str | None, Narrowing] | None = None
        """What the last look asked for."""
        self._recent: dict[Key, float] = {}
        """Builds that the last looks have shown, with their ends."""
        self._late: deque[tuple[float, float]] = deque(maxlen=1000)
        """The overlaps that were needed to see an end, and when that was."""
        self._pages = 1.0
        """Pages of a look, a moving average."""
        self._narrow = False
        self._round: _Round | None = None
        self._next_at = 0.0

    @property
    def every(self) -> float:
        """Seconds between two looks, as far as the limit of requests allows."""
        return max(LOOK_EVERY, 60.0 * self._pages / self.a_minute) * self._slower

    @property
    def a_minute(self) -> float:
        """Requests a minute that are for looks."""
        return _A_MINUTE if self._pages < 1.1 else _A_MINUTE_UNDER_LOAD

    @property
    def next_at(self) -> float:
        """When the next request is due; 0 for a further page, since the list grows meanwhile."""
        return self._next_at if self._round is None else 0.0

    @property
    def next_pages(self) -> int:
        """The number of pages that the next request is followed by, itself included."""
        return round(self._pages) if self._round is None else 1

    def restart(self) -> None:
        """Begin again: what ended meanwhile was not looked for."""
        self.position, self._round, self._scope = None, None, None
        self._recent.clear()

    def begin(self, answer: Answer, now: float) -> None:
        """Take in the answer to any request before the first look.

        The first position is a time of a build, since the `Date` of the answer may be ahead of the times of builds.
        """
        self._note_date(answer, now)
        times = [row.latest for row in answer.rows if row.latest is not None]
        self.position = self._passed(max(times), now) if times else None

    def request(self, now: float, pipeline: str | None, waited: Sequence[Traits | None]) -> ListBuilds:
        """Return the next request.

        Args:
            now: the time.
            pipeline: the pipeline of all builds that are waited for; None if they are of several.
            waited: what lists can be narrowed by, of each of them.
        """
        assert self.position is not None
        if self._round is None:
            narrowing = _common(waited) if self._narrow else Narrowing()
            since = self.position - self._overlap(now)
            self._round = _Round(
                ListBuilds("look", pipeline, finished_from=since, narrowing=narrowing), now, self.position
            )
        return self._round.request

    def abandoned(self, now: float) -> None:
        """Take in that the last request has no answer. The look begins again."""
        self._round, self._next_at = None, now

    def answered(self, answer: Answer, now: float) -> bool:
        """Take in a page. Return True if more builds have ended than the looks read."""
        current = self._round
        assert current is not None
        assert self.position is not None
        self._note_date(answer, now)
        request = current.request
        ends = [(row.key, row.finished_at) for row in answer.rows if row.finished_at is not None]
        scope = request.pipeline, request.narrowing
        if scope == self._scope:
            self._late.extend((now, self.position - end) for key, end in ends if self._is_late(key, end))
        if request.page == 1 and ends:
            current.position = max(current.position, self._passed(max(end for _, end in ends), now))
        self._recent.update(ends)
        self.ended |= dict.fromkeys(key for key, _ in ends)
        while len(self.ended) > _MOST_ENDS:
            del self.ended[next(iter(self.ended))]
        if answer.more and request.page < _MOST_PAGES:
            current.request = replace(request, page=request.page + 1)
            return False
        self._round, self.position, self._scope = None, current.position, None if answer.more else scope
        oldest = self.position - 2 * _OVERLAP
        self._recent = {key: end for key, end in self._recent.items() if end >= oldest}
        self._pages = max(self._pages + (request.page - self._pages) / 4, request.page - 1.0)
        self._narrow = self._narrow or self._pages >= _PAGES_TO_NARROW
        self._next_at = current.began + self.every
        return answer.more

    def _note_date(self, answer: Answer, now: float) -> None:
        if answer.time is not None:
            self._dates.append((now, answer.time))

    def _passed(self, time: float, now: float) -> float:
        """Return a time of a build, or Buildkite's time if that is earlier. An end in the future would hide those before it."""
        return min([time, *(date + now - at for at, date in self._dates)])

    def _overlap(self, now: float) -> float:
        """Return the seconds by which the next look overlaps: less than usual if that saves a page, and if no end was shown
        so late that more was needed."""
        assert self.position is not None
        while self._late and self._late[0][0] < now - _LATE_FOR:
            self._late.popleft()
        needed = max((overlap for _, overlap in self._late), default=0.0)
        if needed > _LEAST_OVERLAP - _LATE_MARGIN:
            return _OVERLAP
        ends = sorted(self._recent.values(), reverse=True)
        fresh = round(len(ends) / (2 * _OVERLAP) * (self.every + 1.0))
        expected = fresh + 2 * int(fresh**0.5) + 1
        least = fresh + sum(end > self.position - _LEAST_OVERLAP for end in ends)
        room = max(0, -(-least // self._page_size) * self._page_size - expected)
        if len(ends) <= room:
            return _OVERLAP
        return min(_OVERLAP, max(_LEAST_OVERLAP, self.position - ends[room]))

    def _is_late(self, key: Key, end: float) -> bool:
        """Tell whether the look before could have shown an end that comes now."""
        assert self.position is not None
        return self._recent.get(key) != end and end < self.position


def _common(waited: Sequence[Traits | None]) -> Narrowing:
    """Return the filter that leaves the most other builds out; an empty one if the builds have nothing in common."""
    traits = [each for each in waited if each is not None]
    if len(traits) < len(waited):
        return Narrowing()
    creators = {each.creator for each in traits}
    commits = _some(each.commit for each in traits)
    return Narrowing(
        creator=next(iter(creators)) if len(creators) == 1 else None,
        branches=_some(each.branch for each in traits),
        commits=commits if all(_SHA.fullmatch(commit) for commit in commits) else (),
    )


def _some(values: Iterable[str | None]) -> tuple[str, ...]:
    """Return values that fit into a query; none if there are many, or one is missing."""
    different = set(values)
    return tuple(sorted(value for value in different if value)) if len(different) <= 5 and all(different) else ()
