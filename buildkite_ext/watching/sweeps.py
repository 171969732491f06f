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

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from math import inf

from ..states import ACTIVE_BUILDS, BUILD_FILTERS
from .looks import Looks
from .pacing import LONGEST_PAUSE, PAUSE_WITH_WEBHOOKS, READS_AFTER_WEBHOOK
from .steps import Answer, Key, ListBuilds, Pause, ReadBuild, SeenBuild, Step, Traits

__all__ = ["Sweeps"]

_LISTS_A_MINUTE = 15
"""Requests for lists in any minute. The further pages of a search come on top, when many waits begin at the same time."""

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

_UNKNOWN_FOR = 60.0
"""Seconds after which a new wait's build is read alone, if lists have not shown it."""

_LONGEST_BACKOFF = 60.0

_MILLISECOND = 0.001

_ACTIVE = tuple(sorted(ACTIVE_BUILDS & BUILD_FILTERS))
_QUIET = ("blocked", "not_run", "skipped")


@dataclass(slots=True)
class _Waited:
    """Build that is waited for."""

    created_at: float | None = None
    traits: Traits | None = None
    read_at: float = 0.0
    """When it is read next, where builds are read alone."""


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
        self._looks = Looks(slower=self._slower, page_size=page_size)
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
        return self._looks.every

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
            elif key in self._looks.ended:
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
        if self._listing and self._looks.position is None:
            self._looks.begin(answer, now)
        if isinstance(step, ReadBuild):
            self._was_read(step.key, now)
        elif isinstance(step, ListBuilds):
            match step.purpose:
                case "look":
                    if self._looks.answered(answer, now):
                        self._unknown = dict.fromkeys(self._waited, now)
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
            self._looks.abandoned(now)

    # --- What comes next

    def _choose_way(self, now: float) -> None:
        """Choose between lists and reads by what they cost."""
        lists = len(self._waited) > (_FEW - 1 if self._listing else _FEW)
        if lists and not self._listing:
            # What ended between the last reads and the first look would be missed, so all are searched.
            self._search = self._check = None
            self._looks.restart()
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
        looks = self._looks
        if looks.position is None:
            return None
        at = max(looks.next_at, self._room_at(looks.next_pages))
        if at > now:
            later.append(at)
            return None
        return looks.request(now, self._pipeline, [waited.traits for waited in self._waited.values()])

    def _next_search(self, now: float, later: list[float]) -> ListBuilds | None:
        """Return the next page of the search with which a watcher begins. Pages of later ones take turns with sweeps."""
        if self._search is None and self._looks.position is None and len(self._unknown) > _FEW:
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
        if self._looks.position is None or (self._search is not None and self._search.begins):
            return None
        # Some requests are left for further pages of looks, for a minute at most.
        at = max(self._sweep_at, min(self._room_at(3), max(self._room_at(1), self._sweep_at + 60.0)))
        if at > now:
            later.append(at)
            return None
        self._sweep_at = now + 60.0 / (_LISTS_A_MINUTE - self._looks.a_minute) * self._slower
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
    def _pipeline(self) -> str | None:
        """The pipeline of all builds; None if they are of several."""
        first = next(iter(self._waited))[0]
        return first if all(pipeline == first for pipeline, _ in self._waited) else None

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
