"""Waits of many tasks or threads for many builds, which share one poller.

Nothing runs in the background. The poller is one of those who wait; when its wait ends, another one takes over. What to ask for
next is decided in `sweeps`.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import AsyncGenerator, Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from math import inf
from typing import TYPE_CHECKING, Any

from .._forks import reset_after_fork
from ..dispatcher import logger
from ..errors import BuildkiteError, ClientClosed, DeadlineExceeded, NotFound
from ..events import BuildSeen, WaitFinished, WatcherSlowed
from ..messages import in_state, listed
from ..references import read_reference
from ..states import blocking_jobs, build_state, failed_jobs, outcome_of
from ..timestamps import parse_http_date
from .announcements import Announcements, announced_name
from .looks import LOOK_EVERY
from .outcome import WaitResult, outcome_after
from .patience import Patience, asked_pause
from .steps import Answer, Key, ListBuilds, Narrowing, Pause, ReadBuild, SeenBuild, Traits
from .sweeps import Sweeps

if TYPE_CHECKING:
    import httpx
    from buildkite_api.models import Build

    from ..runtime import Signal
    from ..states import Outcome
    from ..transport.requester import Requester

__all__ = ["SharedPoller"]

_LONGEST_PAUSE = 60.0
"""Seconds between two reads of a build that seems to have ended, while they fail or show that it continues."""

_SLOW = 2 * LOOK_EVERY
"""Seconds between two looks from which on it is said that ends are seen late."""


class _Waiter:
    """Task or thread that waits for one or several builds.

    Attributes:
        pending: the builds that have not ended.
        ended: those that have ended and were not taken, each as it was seen, or with the error that ended the wait for it.
        requests: number of requests that were sent for one of its builds alone.
        seen: the last state of each build that was seen.
        known: the builds that the caller has from answers.
        failing: for a build that has ended and can't be read: how often in a row that failed, and the patience with it.
        misjudged: builds that seemed to have ended as long as their jobs weren't known, and continue.
        blocked_ends: the wait for a build ends when that is blocked.
        ends: when its time is over.
        signal: wakes it.
    """

    def __init__(
        self,
        builds: Iterable[Key],
        *,
        known: Collection[Key],
        blocked_ends: bool,
        ends: float | None,
        signal: Signal,
    ) -> None:
        self.pending = dict.fromkeys(builds)
        self.ended: deque[tuple[Key, Build | BuildkiteError]] = deque()
        self.requests = dict.fromkeys(self.pending, 0)
        self.seen: dict[Key, str] = {}
        self.known = known
        self.failing: dict[Key, tuple[int, Patience]] = {}
        self.misjudged: dict[Key, _Misjudged] = {}
        self.blocked_ends = blocked_ends
        self.ends = ends
        self.signal = signal

    def accepts(self, outcome: Outcome | None) -> bool:
        """Tell whether an outcome ends the wait for a build."""
        return outcome is not None and (self.blocked_ends or outcome != "blocked")


@dataclass(frozen=True, slots=True)
class _Misjudged:
    """Build that seems to have ended where its jobs aren't shown, such as a blocked one beside a job that still runs.

    Attributes:
        look: what was seen of it. Another look may be that of its end.
        count: how often in a row it was misjudged.
        until: when it is read again.
    """

    look: tuple[object, ...]
    count: int
    until: float


class SharedPoller:
    """Poller of the builds of an organization, for all who wait for some of them.

    Args:
        requester: sends the requests.
        webhooks: webhooks tell of ends, so it polls slowly.
        further_pages: tells whether a page of a list has further ones, and their number if the answer tells it.

    Attributes:
        requests: number of requests that were sent.
    """

    def __init__(
        self,
        requester: Requester,
        *,
        webhooks: bool,
        further_pages: Callable[[httpx.Response], tuple[bool, int | None]],
    ) -> None:
        self._requester = requester
        self._further_pages = further_pages
        self._runtime = requester.runtime
        self._webhooks = webhooks
        self._lock = threading.RLock()  # never held across an await; a closed client calls back at once
        self._start()
        reset_after_fork(self)

    def _start(self) -> None:
        self._sweeps = Sweeps(webhooks=self._webhooks)
        self._waiters: dict[Key, list[_Waiter]] = {}
        self._poller: _Waiter | None = None
        self._announcements: Announcements | None = None
        self._forget_close: Callable[[], None] | None = None
        self._answered = False
        self._patience = Patience()
        self._patience_with: dict[Key, Patience] = {}
        """For builds that are not found."""
        self._failure: BuildkiteError | None = None
        """The error of the last request of the poller, if it failed."""
        self._slow = False
        self.requests = 0

    @property
    def seconds_between_looks(self) -> float:
        """Seconds between two looks for builds that have ended."""
        return self._sweeps.looks_every

    async def results(
        self, builds: Sequence[Key], *, timeout: float | None, blocked_ends: bool, known: Collection[Key] = ()
    ) -> AsyncGenerator[tuple[Key, WaitResult], None]:
        """Yield the result of each build as it ends.

        Args:
            builds: the builds.
            timeout: seconds for all of them; None for no limit.
            blocked_ends: the wait for a build ends when that is blocked.
            known: those that the caller has from answers. They exist, so that a 404 passes for a while.

        Raises:
            DeadlineExceeded: some did not end in time.
            BuildkiteError: one can't be read.
        """
        began = self._runtime.now()
        waiter = _Waiter(
            builds,
            known=known,
            blocked_ends=blocked_ends,
            ends=None if timeout is None else began + timeout,
            signal=self._runtime.signal(),
        )
        self._enter(waiter)
        try:
            while waiter.pending or waiter.ended:
                key, found = await self._next_end(waiter, timeout)
                if isinstance(found, BuildkiteError):
                    raise found
                pause = 0.0
                try:
                    result = await self._result(waiter, key, found)
                except BuildkiteError as error:
                    result, pause = None, self._unread(waiter, key, error)
                if result is None:  # it continues, by a retry or an unblocked step, or could not be read
                    self._enter(waiter, (key,), after=pause or self._misjudge(waiter, key, found))
                    continue
                self._report(waiter, key, result, self._runtime.now() - began)
                yield key, result
        finally:
            for key in waiter.pending:
                self._report(waiter, key, None, self._runtime.now() - began)
            self._leave(waiter)

    # --- Those who wait

    def _enter(self, waiter: _Waiter, builds: Iterable[Key] = (), *, after: float = 0.0) -> None:
        """Wait for builds of a waiter; for all that it begins with if none are named.

        Args:
            waiter: the waiter.
            builds: the builds.
            after: seconds after which they are read alone; 0 if lists may show them.
        """
        with self._lock:
            for key in builds or waiter.pending:
                waiter.pending[key] = None
                waiters = self._waiters.setdefault(key, [])
                if waiter not in waiters:
                    waiters.append(waiter)
                self._sweeps.add(key, self._runtime.now(), after=after)
            self._wake(self._poller)
            if self._forget_close is None:
                self._forget_close = self._requester.on_close(self._closed)
            if self._webhooks and self._announcements is None:
                self._announcements = Announcements(self._requester, self._announced)

    def _leave(self, waiter: _Waiter) -> None:
        """Wait no longer. If the waiter is the poller, another one takes over."""
        with self._lock:
            for key in waiter.requests:
                self._forget(waiter, key)
            if self._poller in (waiter, None):  # None: it was woken to take over
                self._pass_on()
            if not self._waiters:
                if self._forget_close is not None:
                    self._forget_close()
                if self._announcements is not None:
                    self._announcements.close()
                self._forget_close = self._announcements = None

    def _pass_on(self) -> None:
        """Let another one be the poller. The caller holds the lock."""
        self._poller = None
        self._sweeps.abandoned(self._runtime.now())
        # Any of them: one that is about to leave passes it on in turn.
        self._wake(next((each for waiters in self._waiters.values() for each in waiters), None))

    def _forget(self, waiter: _Waiter, key: Key) -> None:
        """Take a build out of those of a waiter. The caller holds the lock."""
        waiter.pending.pop(key, None)
        waiters = self._waiters.get(key, [])
        if waiter in waiters:
            waiters.remove(waiter)
        if not waiters and self._waiters.pop(key, None) is not None:
            self._sweeps.remove(key)
            self._patience_with.pop(key, None)

    def _wake(self, waiter: _Waiter | None) -> None:
        if waiter is not None:
            waiter.signal.set()

    def _announced(self, name: str) -> None:
        """Take in that a webhook told of a build."""
        with self._lock:
            for key in self._waiters:
                if announced_name(self._requester.organization, *key) == name:
                    self._sweeps.woken(key, self._runtime.now())
                    self._wake(self._poller)

    # --- The wait

    async def _next_end(self, waiter: _Waiter, timeout: float | None) -> tuple[Key, Build | BuildkiteError]:
        """Return the next build that has ended. Poll for all, unless another one does."""
        runtime = self._runtime
        while True:
            with self._lock:
                if waiter.ended:
                    if self._poller in (waiter, None):
                        self._pass_on()  # before the caller has the result, and perhaps never comes back
                    return waiter.ended.popleft()
                left = inf if waiter.ends is None else waiter.ends - runtime.now()
                if left > 0 and self._poller is None:
                    self._poller = waiter
                polls = self._poller is waiter
                waiter.signal = signal = runtime.signal()
            if left <= 0:
                raise DeadlineExceeded(_not_ended(waiter, timeout)) from self._failure
            if polls:
                await self._poll(waiter, signal, left)
            else:
                # By another clock than the system's, the poller wakes those whose time is over.
                await signal.wait(left if left < inf and runtime.real_time else None)

    async def _poll(self, waiter: _Waiter, signal: Signal, left: float) -> None:
        """Send the next request, or pause until it is due."""
        runtime = self._runtime
        with self._lock:
            step = self._sweeps.next(runtime.now())
        if isinstance(step, Pause):
            await self._pause(signal, min(step.until - runtime.now(), left))
            return
        try:
            answer, builds = await (
                self._list(step, waiter.ends) if isinstance(step, ListBuilds) else self._read(step, waiter.ends)
            )
        except BuildkiteError as error:
            with self._lock:
                self._failed(waiter, step, error)
            return
        except BaseException:
            with self._lock:
                self._sweeps.abandoned(runtime.now())
            raise
        with self._lock:
            self._answered, self._failure = True, None
            self._patience.succeeded()
            for key in builds:
                self._patience_with.pop(key, None)
            for key in self._sweeps.answered(answer, runtime.now()):
                self._end(key, builds[key])
        self._tell_of_pace()

    def _failed(self, waiter: _Waiter, step: ListBuilds | ReadBuild, error: BuildkiteError) -> None:
        """Take in that a request of the poller failed. The caller holds the lock."""
        now = self._runtime.now()
        self._failure = error
        if waiter.ends is not None and waiter.ends <= now:  # its own time was over
            self._sweeps.abandoned(now)
            return
        self._sweeps.failed(now, at_least=asked_pause(error))
        if isinstance(error, NotFound) and isinstance(step, ReadBuild):  # it says nothing of the other builds
            patience, builds = self._patience_with.setdefault(step.key, Patience()), [step.key]
        else:
            patience, builds = self._patience, list(self._waiters)
        for key in builds:
            for each in tuple(self._waiters.get(key, ())):
                answered = patience is self._patience and self._answered
                seen = answered or key in each.seen or key in each.known
                if not patience.bears(error, now, seen=seen, limited=each.ends is not None):
                    self._end_with(error, each, key)

    def _unread(self, waiter: _Waiter, key: Key, error: BuildkiteError) -> float:
        """Take in that a build which has ended could not be read. Return the seconds after which it is read again.

        Raises:
            BuildkiteError: `error`, since it isn't waited out.
        """
        count, patience = waiter.failing.get(key, (0, Patience()))
        waiter.failing[key] = count + 1, patience
        if not patience.bears(error, self._runtime.now(), seen=True, limited=waiter.ends is not None):
            raise error
        return max(asked_pause(error), _growing_pause(count))

    def _misjudge(self, waiter: _Waiter, key: Key, build: Build) -> float:
        """Take in that a build continues which seemed to have ended. Return the seconds after which it is read again."""
        before = waiter.misjudged.get(key)
        count = 1 if before is None else before.count + 1
        seconds = _growing_pause(count)
        waiter.misjudged[key] = _Misjudged(_look(build), count, self._runtime.now() + seconds)
        return seconds

    def _closed(self) -> None:
        """End all waits, since the client was closed."""
        error = ClientClosed(
            "The client was closed while a watcher waited for builds. They continue. Wait again with a new client."
        )
        with self._lock:
            for key, waiters in tuple(self._waiters.items()):
                for waiter in tuple(waiters):
                    self._end_with(error, waiter, key)

    async def _pause(self, signal: Signal, seconds: float) -> None:
        """Pause for the poller, until it is woken at most."""
        if seconds <= 0:
            return
        if self._announcements is not None:
            await self._announcements.pause(signal, seconds)
        elif self._runtime.real_time:
            await signal.wait(seconds)
        else:
            # By another clock than the system's, the others can't see that their time is over.
            with self._lock:
                limited = {
                    each: each.ends for waiters in self._waiters.values() for each in waiters if each.ends is not None
                }
            now = self._runtime.now()
            await self._runtime.sleep(min([seconds, *(ends - now for ends in limited.values() if ends > now)]))
            now = self._runtime.now()
            for each, ends in limited.items():
                if ends <= now:
                    self._wake(each)

    def _end(self, key: Key, build: Build) -> None:
        """Tell those who wait for a build that it has ended. The caller holds the lock."""
        outcome, now = outcome_of(build), self._runtime.now()
        later: list[float] = []
        for waiter in tuple(self._waiters.get(key, ())):
            misjudged = waiter.misjudged.get(key)
            if misjudged is not None and misjudged.look == _look(build) and misjudged.until > now:
                later.append(misjudged.until - now)
            elif waiter.accepts(outcome):
                self._forget(waiter, key)
                waiter.ended.append((key, build))
                self._wake(waiter)
        if key in self._waiters:  # others wait for more than that
            self._sweeps.add(key, now, after=min(later, default=0.0))

    def _end_with(self, error: BuildkiteError, waiter: _Waiter, key: Key) -> None:
        """End the wait for a build with an error. The caller holds the lock."""
        self._forget(waiter, key)
        waiter.ended.append((key, error))
        self._wake(waiter)

    # --- Requests

    async def _list(self, step: ListBuilds, ends: float | None) -> tuple[Answer, Mapping[Key, Build]]:
        requester = self._requester
        name = "list_organization_builds" if step.pipeline is None else "list_pipeline_builds"
        endpoint = requester.module("builds", name)
        at = (requester.organization,) if step.pipeline is None else (requester.organization, step.pipeline)
        kwargs = endpoint._get_kwargs(*at, **_query(step), exclude_jobs=True, page=step.page, per_page=100)
        self.requests += 1
        # It gives way to none: one request serves all waits.
        response = await requester.send(requester.build(endpoint, kwargs, ends=ends, fresh=True))
        builds: list[Build] = requester.parse(endpoint, response)
        rows, known = self._rows(builds)
        more, left = self._further_pages(response)
        return Answer(rows, _seconds(parse_http_date(response.headers.get("Date"))), more, left), known

    async def _read(self, step: ReadBuild, ends: float | None) -> tuple[Answer, Mapping[Key, Build]]:
        requester = self._requester
        self.requests += 1
        with self._lock:
            waiters = tuple(self._waiters.get(step.key, ()))
            for waiter in waiters:
                waiter.requests[step.key] += 1
            needs_jobs = any(step.key in waiter.misjudged for waiter in waiters)
        build = await requester.call_by(
            ends,
            requester.module("builds", "get_build"),
            *self._at(step.key),
            **({} if needs_jobs else {"exclude_jobs": True}),
        )
        return Answer([self._row(step.key, build)]), {step.key: build}

    def _at(self, key: Key) -> tuple[Any, ...]:
        return (self._requester.organization, *key)

    def _outcome(self, key: Key, build: Build) -> Outcome | None:
        """Return the outcome of a build; None while it continues, or shows the end that it had before a retry."""
        return outcome_after(build, self._requester.recent_actions.pending(self._at(key), now=self._runtime.now()))

    def _rows(self, builds: Iterable[Build]) -> tuple[list[SeenBuild], dict[Key, Build]]:
        known: dict[Key, Build] = {}
        root = self._requester.options.base_url
        for build in builds:
            try:
                address = read_reference(build.url or "", root=root)
            except ValueError:
                continue
            if address.number is not None:
                known[address.pipeline, address.number] = build
        return [self._row(key, build) for key, build in known.items()], known

    def _row(self, key: Key, build: Build) -> SeenBuild:
        waiters = tuple(self._waiters.get(key, ()))
        created, finished = _seconds(build.created_at), _seconds(build.finished_at)
        times = (created, _seconds(build.started_at), finished)
        if not waiters:
            return SeenBuild(
                key, False, created, finished, max((time for time in times if time is not None), default=None)
            )
        outcome = self._outcome(key, build)
        state = build_state(build) or ""
        changed = any(waiter.seen.get(key) != state for waiter in waiters)
        for waiter in waiters:
            waiter.seen[key] = state
        if changed and outcome is None and self._requester.events.wanted:
            self._requester.events.emit(BuildSeen(self._requester.organization, *key, state))
        return SeenBuild(
            key,
            any(waiter.accepts(outcome) for waiter in waiters),
            created,
            finished,
            max((time for time in times if time is not None), default=None),
            _traits(build),
        )

    async def _result(self, waiter: _Waiter, key: Key, build: Build) -> WaitResult | None:
        """Return the result for a build that has ended; None if it continues meanwhile.

        A list shows no jobs, so a build that failed or is blocked is read.
        """
        outcome = outcome_of(build)
        if outcome in ("failed", "blocked"):
            requester = self._requester
            self.requests += 1
            waiter.requests[key] += 1
            build = await requester.call_by(waiter.ends, requester.module("builds", "get_build"), *self._at(key))
            outcome = self._outcome(key, build)
        if outcome is None or not waiter.accepts(outcome):
            return None
        return WaitResult(
            build=build,
            outcome=outcome,
            failed_jobs=failed_jobs(build),
            blocked_by=blocking_jobs(build) if outcome == "blocked" else [],
            requests=waiter.requests[key],
        )

    # --- Events

    def _report(self, waiter: _Waiter, key: Key, result: WaitResult | None, seconds: float) -> None:
        """Emit the end of a wait."""
        events = self._requester.events
        if not events.wanted:
            return
        build = None if result is None else result.build
        state = waiter.seen.get(key) if build is None else build_state(build)
        if state:
            events.emit(BuildSeen(self._requester.organization, *key, state))
        began, ended = (None, None) if build is None else (_seconds(build.started_at), _seconds(build.finished_at))
        ran = None if began is None or ended is None else max(0.0, ended - began)
        outcome = None if result is None else result.outcome
        if outcome == "blocked":
            ran = None
        events.emit(WaitFinished(self._requester.organization, *key, state, outcome, seconds, ran))

    def _tell_of_pace(self) -> None:
        """Say that ends are seen late, once, when so many builds end that the requests of a minute don't suffice."""
        every = self._sweeps.looks_every
        usual = Sweeps(webhooks=self._webhooks).looks_every
        slow = self._sweeps.lists and every > usual * (_SLOW / LOOK_EVERY)
        if slow == self._slow:
            return
        self._slow = slow
        if slow:
            logger.warning(
                "So many builds of %s end that the watcher looks for them every %.0f s.",
                self._requester.organization,
                every,
            )
        self._requester.events.emit(WatcherSlowed(self._requester.organization, len(self._waiters), every))

    def _reset_after_fork(self) -> None:
        """Forget the waits: they are those of the parent's threads."""
        self._lock = threading.RLock()
        self._start()


def _query(step: ListBuilds) -> dict[str, Any]:
    """Return the filters of a list."""
    narrowing: Narrowing = step.narrowing
    filters: dict[str, Any] = {
        "state": list(step.states),
        "finished_from": _time(step.finished_from),
        "created_from": _time(step.created_from),
        "created_to": _time(step.created_to),
        "creator": narrowing.creator,
        "branch": list(narrowing.branches),
        "commit": list(narrowing.commits),
    }
    return {name: value for name, value in filters.items() if value}


def _traits(build: Build) -> Traits:
    """Return what lists can be narrowed by. Decoding keeps values of other types as they came."""
    creator: object = getattr(build.creator, "id", None)
    return Traits(
        creator if isinstance(creator, str) else None,
        build.branch if isinstance(build.branch, str) else None,
        build.commit if isinstance(build.commit, str) else None,
    )


def _growing_pause(count: int) -> float:
    """Return the seconds to wait after something has happened `count` times in a row."""
    return min(_LONGEST_PAUSE, 2.0 ** min(count, 6))


def _look(build: Build) -> tuple[object, ...]:
    """Return what shows an end of a build without its jobs. Another end differs in it."""
    return build.state, build.blocked, build.blocked_state, build.finished_at


def _seconds(value: object) -> float | None:
    return round(value.timestamp(), 3) if isinstance(value, datetime) else None


def _time(seconds: float | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(round(seconds, 3), UTC)


def _not_ended(waiter: _Waiter, timeout: float | None) -> str:
    """Return the message about builds that did not end in time."""
    builds = [
        f"{pipeline} #{number} ({in_state(waiter.seen[key]) if key in waiter.seen else 'not seen yet'})"
        for key in waiter.pending
        for pipeline, number in [key]
    ]
    are = "is" if len(builds) == 1 else "are"
    return (
        f"{listed(builds, most=3)} {are} not over after {timeout:g} s. What runs continues. Wait again, or cancel with "
        "builds.cancel()."
    )
