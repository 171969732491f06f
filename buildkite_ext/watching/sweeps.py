"""Decisions of a watcher: which request comes next, and when.

They know no clock, send nothing and are given times: seconds of any clock for `now`, and seconds since the epoch on Buildkite's
clock for the times of builds.

What the API offers (https://buildkite.com/docs/apis/rest-api/builds): a list can be asked for the builds that finished from a
time on, and not for those up to a time. Lists are in the order of creation, so a build that has just ended may stand on any
page. Builds that are blocked, skipped or not run may have no `finished_at`. A list may show an end late. From this follows:

- A *look* asks for what finished since the last look, and overlaps with it.
- Slower *sweeps* ask for what may end without a time (blocked, skipped, not run), and check in the list of active builds that
  nothing was missed. A build that the list of active builds lacks is read alone.
- A *search* of the list of active builds finds out how the builds are for which a wait has just begun.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from math import inf
from typing import Literal

from ..states import ACTIVE_BUILDS, BUILD_FILTERS
from .pacing import LONGEST_PAUSE, PAUSE_WITH_WEBHOOKS, READS_AFTER_WEBHOOK

__all__ = [
    "LOOK_EVERY",
    "Answer",
    "Key",
    "ListBuilds",
    "Narrowing",
    "Pause",
    "ReadBuild",
    "SeenBuild",
    "Step",
    "Sweeps",
    "Traits",
]

Key = tuple[str, int]
"""A build: the slug of its pipeline, and its number."""

_Purpose = Literal["look", "search", "check", "quiet"]
"""Why a list is asked for. `quiet` is the sweep of what may end without a time."""

_LISTS_A_MINUTE = 15
"""Requests for lists in any minute. The further pages of a search come on top, when many waits begin at the same time."""

LOOK_EVERY = 5.0
"""Seconds between two looks."""

_OVERLAP = 15.0
"""Seconds by which looks overlap: what the list shows later than that is found by a sweep."""

_LEAST_OVERLAP = 8.0
"""Seconds of overlap that are left if more would need another page."""

_LOOKS_A_MINUTE = 12.0
_LOOKS_UNDER_LOAD = 13.5
"""Part of `_LISTS_A_MINUTE` that is for looks, and that part when a look needs several pages. The others are sweeps."""

_FEW = 3
"""Waits up to which reads of each build alone cost less than lists."""

_READ_EVERY = LONGEST_PAUSE
"""Seconds between two reads of the same build, where it is read alone."""

_READS, _READS_IN = 3, 7.5
"""Reads of builds that a search has not found: so many in so many seconds."""

_SEARCH_FAST, _SEARCH_EVERY = 1.0, 3.0
"""Seconds between two pages of a search: between its first ones, and later, so that a long one leaves requests for looks."""

_FAST_PAGES = 5

_CHECK_EVERY = 60.0
"""Seconds between the beginnings of two checks, at least."""

_SLOWER = 6.0
"""How many times slower looks and sweeps are where webhooks tell of ends."""

_LATE_FOR = 600.0
"""Seconds for which it is remembered that lists showed ends late."""

_LATE_MARGIN = 3.0

_PAGES_TO_NARROW = 1.25
"""Pages of a look, on average, from which on looks are narrowed."""

_UNKNOWN_FOR = 60.0
"""Seconds after which a new wait's build is read alone, if lists have not shown it."""

_MOST_ENDS = 5_000
"""Builds that are remembered to have ended, so that a wait for one of them that begins later is over at once."""

_MOST_PAGES = 10
"""Pages of one look. If it had more, all waits are searched again."""

_LONGEST_BACKOFF = 60.0

_MILLISECOND = 0.001

_SHA = re.compile(r"[0-9a-f]{40}")

_ACTIVE = tuple(sorted(ACTIVE_BUILDS & BUILD_FILTERS))
_QUIET = ("blocked", "not_run", "skipped")


@dataclass(frozen=True, slots=True)
class Traits:
    """What lists can be narrowed by, of one build."""

    creator: str | None = None
    branch: str | None = None
    commit: str | None = None
    meta_data: frozenset[tuple[str, str]] = frozenset()


@dataclass(frozen=True, slots=True)
class SeenBuild:
    """Build as an answer shows it.

    Attributes:
        key: the build.
        over: the wait for it ends with what is seen here. Builds that nobody waits for may have any value.
        created_at, finished_at: its times.
        latest: the latest of all its times, which Buildkite's clock has passed.
        traits: what lists can be narrowed by.
    """

    key: Key
    over: bool
    created_at: float | None = None
    finished_at: float | None = None
    latest: float | None = None
    traits: Traits | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """Answer to a request.

    Attributes:
        rows: the builds.
        time: Buildkite's time, by the `Date` of the answer; None if it has none.
        more: the list has a further page.
        pages_left: the number of further pages; None if nothing tells it.
    """

    rows: Sequence[SeenBuild]
    time: float | None = None
    more: bool = False
    pages_left: int | None = None


@dataclass(frozen=True, slots=True)
class Narrowing:
    """Filter that leaves no build out that is waited for."""

    creator: str | None = None
    branches: tuple[str, ...] = ()
    commits: tuple[str, ...] = ()
    meta_data: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class ListBuilds:
    """Request for a page of the list of a pipeline, or of the organization."""

    purpose: _Purpose
    pipeline: str | None
    states: tuple[str, ...] = ()
    finished_from: float | None = None
    created_from: float | None = None
    created_to: float | None = None
    narrowing: Narrowing = Narrowing()
    page: int = 1


@dataclass(frozen=True, slots=True)
class ReadBuild:
    """Request for one build."""

    key: Key


@dataclass(frozen=True, slots=True)
class Pause:
    """Pause until a time."""

    until: float


Step = ListBuilds | ReadBuild | Pause
"""What a watcher does next."""


@dataclass(slots=True)
class _Waited:
    """Build that is waited for."""

    created_at: float | None = None
    traits: Traits | None = None
    read_at: float = 0.0
    """When it is read next, where builds are read alone."""


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


@dataclass(slots=True)
class _Rotation:
    """Way through a list, from the newest build to the oldest. Each page begins below the last one, so that none is passed
    over when builds leave the list.

    Attributes:
        targets: builds that have not been seen yet.
        created_to: below what the next page begins; None for the newest build.
        page: its number there. It isn't 1 where more builds than a page has were created in the same millisecond.
        pages: the number of pages so far.
        found: the number of targets on the last page.
        begins: it looks for the builds of the first waits. It takes requests beyond those of each minute.
    """

    targets: set[Key] = field(default_factory=set[Key])
    created_to: float | None = None
    page: int = 1
    pages: int = 0
    found: int = 0
    begins: bool = False

    def saw(self, key: Key) -> None:
        """Take in that the list shows a build."""
        if key in self.targets:
            self.targets.remove(key)
            self.found += 1

    def turn(self, answer: Answer) -> int:
        """Move to the next page, and return the number of targets on this one."""
        found, self.found = self.found, 0
        self.pages += 1
        # Not below the last one alone, since a list may not be quite in the order of creation.
        last = answer.rows[-max(1, len(answer.rows) // 10) :]
        oldest = max((row.created_at for row in last if row.created_at is not None), default=None)
        if oldest is None or (self.created_to is not None and oldest + _MILLISECOND >= self.created_to):
            self.page += 1
        else:
            self.created_to, self.page = oldest + _MILLISECOND, 1
        return found

    def is_worth_more(self, answer: Answer) -> bool:
        """Tell whether the pages that are left cost no more than reads of each target."""
        left = answer.pages_left if answer.pages_left is not None else self.pages
        return left <= len(self.targets)


class Sweeps:
    """Schedule of a watcher: a state machine over what is waited for, and what the answers have shown.

    `next` tells what to do. A request is sent, and `answered` or `failed` takes in how it ended.

    Args:
        webhooks: webhooks tell of ends, so that requests only have to find those of which none told.
        page_size: the number of builds on a page.

    Example:
        >>> sweeps = Sweeps()
        >>> sweeps.add(("web", 42), 0.0)
        >>> sweeps.next(0.0)
        ReadBuild(key=('web', 42))
        >>> sweeps.answered(Answer([SeenBuild(("web", 42), over=False)]), 0.2)
        []
        >>> sweeps.next(0.2)
        Pause(until=15.2)
    """

    def __init__(self, *, webhooks: bool = False, page_size: int = 100) -> None:
        self._slower = _SLOWER if webhooks else 1.0
        self._read_every = PAUSE_WITH_WEBHOOKS if webhooks else _READ_EVERY
        self._page_size = page_size
        self._waited: dict[Key, _Waited] = {}
        self._unknown: dict[Key, float] = {}
        """Builds of which nothing has been seen since their wait began, and when that was."""
        self._missing: dict[Key, None] = {}
        """Builds that a list should have shown and didn't: they are read alone, soon."""
        self._costly: dict[Key, None] = {}
        """Builds of a check that reads find for less than further pages: one each time that a sweep is due."""
        self._woken: dict[Key, tuple[float, int]] = {}
        """Builds of which a webhook told: when they are read, and how often they were."""
        self._listing = False
        self._position: float | None = None
        """A time of Buildkite's clock: what ended before it has been seen, but for what the list shows late."""
        self._scope: tuple[str | None, Narrowing] | None = None
        """What the last look asked for."""
        self._recent: dict[Key, float] = {}
        """Builds that the last looks have shown, with their ends."""
        self._ended: dict[Key, None] = {}
        """Builds that looks have shown, the latest last."""
        self._late: deque[tuple[float, float]] = deque(maxlen=1000)
        """The overlaps that were needed to see an end, and when that was."""
        self._pages = 1.0
        """Pages of a look, a moving average."""
        self._narrow = False
        self._round: _Round | None = None
        self._look_at = 0.0
        self._checks_next = False
        self._search: _Rotation | None = None
        self._search_at = 0.0
        self._check: _Rotation | None = None
        self._check_at = 0.0
        self._quiet = _Rotation()
        self._sweep_at = 0.0
        self._turn = 0
        """Counts sweeps, which take turns."""
        self._sent: deque[float] = deque(maxlen=_LISTS_A_MINUTE)
        self._reads: deque[float] = deque(maxlen=_READS)
        self._not_before = 0.0
        self._failures = 0
        self._step: Step | None = None

    def __len__(self) -> int:
        return len(self._waited)

    @property
    def looks_every(self) -> float:
        """Seconds between two looks, as far as the limit of requests allows."""
        return max(LOOK_EVERY, 60.0 * self._pages / self._looks_a_minute) * self._slower

    @property
    def lists(self) -> bool:
        """True while lists are asked for, and False while each build is read alone."""
        return self._listing

    def add(self, key: Key, now: float, *, after: float = 0.0) -> None:
        """Wait for a build.

        Args:
            key: the build.
            now: the time.
            after: seconds after which it is read alone; 0 if lists may show it.
        """
        if key not in self._waited:
            self._waited[key] = _Waited(read_at=now + after if after else 0.0)
            if after:
                self._woken[key] = now + after, len(READS_AFTER_WEBHOOK)
            elif key in self._ended:
                self._missing[key] = None
            else:
                self._unknown[key] = now

    def remove(self, key: Key) -> None:
        """Wait for a build no longer."""
        self._waited.pop(key, None)
        self._woken.pop(key, None)
        self._settle(key)

    def woken(self, key: Key, now: float) -> None:
        """Take in that a webhook told of a build."""
        if key in self._waited:
            self._woken[key] = now, 0

    def next(self, now: float) -> Step:
        """Return what to do next. A request that is returned counts as sent, and replaces one that was not answered."""
        self._choose_way(now)
        step = self._step = self._next(now)
        if isinstance(step, ListBuilds) and not (step.purpose == "search" and self._search and self._search.begins):
            self._sent.append(now)
        return step

    def answered(self, answer: Answer, now: float) -> list[Key]:
        """Take in the answer to the last request, and return the builds whose wait is over. They are removed."""
        step, self._step = self._step, None
        self._failures = 0
        over: list[Key] = []
        for row in answer.rows:
            if row.key in self._waited:
                self._see(row)
                if row.over:
                    over.append(row.key)
                    self.remove(row.key)
        if self._listing and self._position is None:
            times = (row.latest for row in answer.rows if row.latest is not None)
            self._position = answer.time if answer.time is not None else max(times, default=None)
        if isinstance(step, ReadBuild):
            self._was_read(step.key, now)
        elif isinstance(step, ListBuilds):
            match step.purpose:
                case "look":
                    self._looked(answer, now)
                case "search":
                    self._searched(answer, now)
                case "check":
                    self._checked(answer)
                case "quiet":
                    self._quiet.turn(answer)
                    if not answer.more:
                        self._quiet = _Rotation()
        return over

    def failed(self, now: float, *, at_least: float = 0.0) -> None:
        """Take in that the last request had no answer. The next one is sent after a pause, which grows.

        Args:
            now: the time.
            at_least: the fewest seconds of the pause.
        """
        self._failures += 1
        self._not_before = now + max(at_least, min(_LONGEST_BACKOFF, 2.0 ** min(self._failures, 6)))
        self.abandoned(now)

    def abandoned(self, now: float) -> None:
        """Take in that nobody waits for the answer to the last request any more."""
        step, self._step = self._step, None
        if isinstance(step, ReadBuild):
            for queue in (self._missing, self._costly):
                if step.key in queue:  # behind the others, so that one that fails holds none up
                    del queue[step.key]
                    queue[step.key] = None
        elif isinstance(step, ListBuilds) and step.purpose == "look":
            self._round, self._look_at = None, now

    # --- What comes next

    def _choose_way(self, now: float) -> None:
        """Choose between lists and reads by what they cost."""
        lists = len(self._waited) > (_FEW - 1 if self._listing else _FEW)
        if lists and not self._listing:
            # What ended between the last reads and the first look would be missed, so all are searched.
            self._position, self._round, self._search, self._check, self._scope = None, None, None, None, None
            self._recent.clear()
            self._unknown = dict.fromkeys(self._waited, now)
        self._listing = lists

    def _next(self, now: float) -> Step:
        if now < self._not_before:
            return Pause(self._not_before)
        later = [due for due, _ in self._woken.values()]
        for key, (due, _) in self._woken.items():
            if due <= now:
                return ReadBuild(key)
        if not self._listing:
            return self._next_alone(now, later)
        step = (
            self._next_look(now, later)
            or self._next_search(now, later)
            or self._next_read(now, later)
            or self._next_sweep(now, later)
        )
        if step is None and not later:  # no answer has told a time of Buildkite's clock
            self._unknown = dict.fromkeys(self._waited, now)
            later.append(now + _READ_EVERY)
        return step or Pause(min(later))

    def _next_alone(self, now: float, later: list[float]) -> Step:
        """Return the next read where each build is read alone."""
        if not self._waited:
            return Pause(inf)
        key, waited = min(self._waited.items(), key=lambda item: item[1].read_at)
        return ReadBuild(key) if waited.read_at <= now else Pause(min(*later, waited.read_at, inf))

    def _room_at(self, pages: int) -> float:
        """Return when so many lists may be asked for within the limit of a minute."""
        allowed = _LISTS_A_MINUTE - min(pages, _LISTS_A_MINUTE)
        return self._sent[-1 - allowed] + 60.0 if len(self._sent) > allowed else 0.0

    def _next_look(self, now: float, later: list[float]) -> ListBuilds | None:
        if self._position is None:
            return None
        # The pages of a look come quickly one after the other: the list grows meanwhile.
        at = self._room_at(1) if self._round is not None else max(self._look_at, self._room_at(round(self._pages)))
        if at > now:
            later.append(at)
            return None
        if self._round is None:
            request = ListBuilds(
                "look",
                self._pipeline,
                finished_from=self._position - self._overlap(now),
                narrowing=self._narrowing() if self._narrow else Narrowing(),
            )
            self._round = _Round(request, now, self._position)
        return self._round.request

    def _next_search(self, now: float, later: list[float]) -> ListBuilds | None:
        """Return the next page of the search with which a watcher begins. Pages of later ones take turns with sweeps."""
        if self._search is None and self._position is None and len(self._unknown) > _FEW:
            self._search = _Rotation(set(self._unknown), begins=True)
        if self._search is None or not self._search.begins:
            return None
        if self._search_at > now:
            later.append(self._search_at)
            return None
        return self._search_page(self._search)

    def _search_page(self, rotation: _Rotation) -> ListBuilds:
        return ListBuilds("search", self._pipeline, states=_ACTIVE, created_to=rotation.created_to, page=rotation.page)

    def _next_read(self, now: float, later: list[float]) -> ReadBuild | None:
        """Return the read of a build that lists have not shown, or of a new one that was not found soon."""
        at = self._reads[0] + _READS_IN if len(self._reads) == _READS else now
        key = next(iter(self._missing), None)
        if key is None and self._search is None and self._unknown:
            key = next(iter(self._unknown))
            if len(self._unknown) > _FEW:
                at = max(at, self._unknown[key] + _UNKNOWN_FOR, self._reads[-1] + _READS_IN if self._reads else now)
        if key is None:
            return None
        if at > now:
            later.append(at)
            return None
        self._reads.append(now)
        return ReadBuild(key)

    def _next_sweep(self, now: float, later: list[float]) -> ListBuilds | ReadBuild | None:
        if self._position is None or (self._search is not None and self._search.begins):
            return None
        # Some requests are left for further pages of looks, for a minute at most.
        at = max(self._sweep_at, min(self._room_at(3), max(self._room_at(1), self._sweep_at + 60.0)))
        if at > now:
            later.append(at)
            return None
        self._sweep_at = now + 60.0 / (_LISTS_A_MINUTE - self._looks_a_minute) * self._slower
        later.append(self._sweep_at)
        self._turn += 1
        if self._turn % 2 and (self._search is not None or len(self._unknown) > _FEW):
            self._search = self._search or _Rotation(set(self._unknown))
            return self._search_page(self._search)
        created = [waited.created_at for waited in self._waited.values() if waited.created_at is not None]
        oldest = min(created, default=None)
        if oldest is None or self._checks_next:
            self._checks_next = False
            return self._next_check(now, oldest)
        self._checks_next = True
        to = self._quiet.created_to if self._quiet.created_to is not None else max(created) + 1.0
        return ListBuilds(
            "quiet", self._pipeline, states=_QUIET, created_from=oldest, created_to=to, page=self._quiet.page
        )

    def _next_check(self, now: float, oldest: float | None) -> ListBuilds | ReadBuild | None:
        key = next(iter(self._costly), None)
        if key is not None:
            return ReadBuild(key)
        if self._check is None:
            if now < self._check_at:
                return None
            self._check = _Rotation(set(self._waited) - self._unknown.keys())
            self._check_at = now + _CHECK_EVERY * self._slower
        to, page = self._check.created_to, self._check.page
        return ListBuilds("check", self._pipeline, states=_ACTIVE, created_from=oldest, created_to=to, page=page)

    @property
    def _looks_a_minute(self) -> float:
        return _LOOKS_A_MINUTE if self._pages < 1.1 else _LOOKS_UNDER_LOAD

    @property
    def _pipeline(self) -> str | None:
        """The pipeline of all builds; None if they are of several."""
        first = next(iter(self._waited))[0]
        return first if all(pipeline == first for pipeline, _ in self._waited) else None

    # --- How much a look asks for

    def _overlap(self, now: float) -> float:
        """Return the seconds by which the next look overlaps: less than usual if that saves a page, and if no end was shown
        so late that more was needed."""
        assert self._position is not None
        while self._late and self._late[0][0] < now - _LATE_FOR:
            self._late.popleft()
        needed = max((overlap for _, overlap in self._late), default=0.0)
        if needed > _LEAST_OVERLAP - _LATE_MARGIN:
            return _OVERLAP
        ends = sorted(self._recent.values(), reverse=True)
        fresh = round(len(ends) / (2 * _OVERLAP) * (self.looks_every + 1.0))
        expected = fresh + 2 * int(fresh**0.5) + 1
        least = fresh + sum(end > self._position - _LEAST_OVERLAP for end in ends)
        room = max(0, -(-least // self._page_size) * self._page_size - expected)
        if len(ends) <= room:
            return _OVERLAP
        return min(_OVERLAP, max(_LEAST_OVERLAP, self._position - ends[room]))

    def _narrowing(self) -> Narrowing:
        """Return the filter that leaves the most other builds out; an empty one if the waits have nothing in common."""
        traits = [waited.traits for waited in self._waited.values() if waited.traits is not None]
        if len(traits) < len(self._waited):
            return Narrowing()
        creators = {each.creator for each in traits}
        commits = _some(each.commit for each in traits)
        return Narrowing(
            creator=next(iter(creators)) if len(creators) == 1 else None,
            branches=_some(each.branch for each in traits),
            commits=commits if all(_SHA.fullmatch(commit) for commit in commits) else (),
            meta_data=min(frozenset.intersection(*(each.meta_data for each in traits)), default=None),
        )

    # --- What an answer shows

    def _see(self, row: SeenBuild) -> None:
        """Take in a build that is waited for."""
        waited = self._waited[row.key]
        waited.created_at = row.created_at if row.created_at is not None else waited.created_at
        waited.traits = row.traits or waited.traits
        self._settle(row.key)
        for rotation in (self._search, self._check):
            if rotation is not None:
                rotation.saw(row.key)

    def _settle(self, key: Key) -> None:
        """Take a build out of those that have to be looked up."""
        for queue in (self._unknown, self._missing, self._costly):
            queue.pop(key, None)

    def _was_read(self, key: Key, now: float) -> None:
        """Take in that a build was read alone."""
        self._settle(key)
        waited = self._waited.get(key)
        if waited is not None:
            waited.read_at = now + self._read_every
            due, reads = self._woken.pop(key, (inf, 0))
            if due <= now and reads < len(READS_AFTER_WEBHOOK):
                self._woken[key] = now + READS_AFTER_WEBHOOK[reads], reads + 1

    def _looked(self, answer: Answer, now: float) -> None:
        """Take in a page of a look."""
        current = self._round
        assert current is not None
        assert self._position is not None
        request = current.request
        ends = [(row.key, row.finished_at) for row in answer.rows if row.finished_at is not None]
        scope = request.pipeline, request.narrowing
        if scope == self._scope:
            self._late.extend((now, self._position - end) for key, end in ends if self._is_late(key, end))
        if request.page == 1 and ends:
            latest = max(end for _, end in ends)
            # An end in the future would hide those that come before it.
            current.position = max(current.position, latest if answer.time is None else min(latest, answer.time))
        self._recent.update(ends)
        self._ended |= dict.fromkeys(key for key, _ in ends)
        while len(self._ended) > _MOST_ENDS:
            del self._ended[next(iter(self._ended))]
        if answer.more and request.page < _MOST_PAGES:
            current.request = replace(request, page=request.page + 1)
            return
        if answer.more:
            self._unknown = dict.fromkeys(self._waited, now)
        self._round, self._position, self._scope = None, current.position, None if answer.more else scope
        oldest = self._position - 2 * _OVERLAP
        self._recent = {key: end for key, end in self._recent.items() if end >= oldest}
        self._pages = max(self._pages + (request.page - self._pages) / 4, request.page - 1.0)
        self._narrow = self._narrow or self._pages >= _PAGES_TO_NARROW
        self._look_at = current.began + self.looks_every

    def _is_late(self, key: Key, end: float) -> bool:
        """Tell whether the look before could have shown an end that comes now."""
        assert self._position is not None
        return self._recent.get(key) != end and end < self._position

    def _searched(self, answer: Answer, now: float) -> None:
        """Take in a page of the search."""
        rotation = self._search
        assert rotation is not None
        rotation.targets &= self._waited.keys()
        found = rotation.turn(answer)
        self._search_at = now + (_SEARCH_FAST if rotation.pages < _FAST_PAGES else _SEARCH_EVERY)
        if not (rotation.targets and answer.more and (found > 1 or rotation.is_worth_more(answer))):
            self._look_up(rotation.targets, self._missing)
            self._search = None

    def _checked(self, answer: Answer) -> None:
        """Take in a page of the check."""
        rotation = self._check
        assert rotation is not None
        rotation.targets &= self._waited.keys()
        rotation.turn(answer)
        if not answer.more:
            self._look_up(rotation.targets, self._missing)
        elif rotation.targets and rotation.is_worth_more(answer):
            return
        else:
            self._look_up(rotation.targets, self._costly)
        self._check = None

    def _look_up(self, keys: Iterable[Key], queue: dict[Key, None]) -> None:
        """Have builds read alone that a list has not shown."""
        for key in sorted(keys):
            self._unknown.pop(key, None)
            queue[key] = None


def _some(values: Iterable[str | None]) -> tuple[str, ...]:
    """Return values that fit into a query; none if there are many, or one is missing."""
    different = set(values)
    return tuple(sorted(value for value in different if value)) if len(different) <= 5 and all(different) else ()
