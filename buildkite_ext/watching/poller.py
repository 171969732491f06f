"""Polling of one build: what is asked for, when, which errors pass, and what each look shows."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterable
from datetime import datetime
from statistics import median
from typing import TYPE_CHECKING, Any, TypeGuard

from .._sleeps import WaitEnd
from ..errors import BuildkiteError, DeadlineExceeded
from ..messages import in_state
from ..states import build_state
from ..timestamps import parse_http_date
from .pacing import Pacing, next_pause
from .patience import Patience, asked_pause
from .state_machine import StateMachine

if TYPE_CHECKING:
    from buildkite_api.models import Build
    from buildkite_api.webhooks.events import WebhookEvent

    from ..stores.recent_actions import PendingActions
    from ..transport.requester import Requester
    from .announcements import AnnouncedPauses

__all__ = ["BuildPoller", "seconds_of", "usual_duration"]

_HISTORY = 10
"""Builds from which the usual duration is learned."""


def seconds_of(ended: object) -> float | None:
    """Return the seconds for which a build or a job ran; None if it did not, or if it has not ended."""
    began, ends = getattr(ended, "started_at", None), getattr(ended, "finished_at", None)
    if not isinstance(began, datetime) or not isinstance(ends, datetime):  # decoding keeps values of other types
        return None
    return max(0.0, (ends - began).total_seconds())


def usual_duration(builds: Iterable[Build]) -> float | None:
    """Return the median of the seconds for which builds ran; None if none of them did."""
    seconds = [each for build in builds if (each := seconds_of(build)) is not None]
    return median(seconds) if seconds else None


class BuildPoller:
    """Poller of one build, for a wait or for its events.

    Args:
        requester: sends the requests.
        pipeline, number: the build.
        timeout: seconds for all polls; None for no limit.
        pacing: the pauses between them.
        jobs: ask for the jobs at each poll. For `on_event` they are asked for anyway, the retried ones included.
        learn: read how long the builds before it ran, by one more request.
        known: the build as the caller has seen it. Then it exists, and a 404 passes for a while.
        on_event: called with each event of the build and of its jobs, in their order.
        pauses: pauses that webhooks end; None if none are expected.
    """

    def __init__(
        self,
        requester: Requester,
        pipeline: str,
        number: int,
        *,
        timeout: float | None,
        pacing: Pacing,
        jobs: bool = False,
        learn: bool = False,
        known: Build | None = None,
        on_event: Callable[[WebhookEvent], Coroutine[Any, Any, None]] | None = None,
        pauses: AnnouncedPauses | None = None,
    ) -> None:
        self._pauses = pauses
        self.requests = 0
        self.seen: Build | None = None
        self.has_jobs = False
        """True if the last look had the jobs."""
        self.last = False
        """True if the time allows no poll after the next one."""
        self.refused: set[str] = set()
        """The ids of the block steps that Buildkite has refused to unblock."""
        self.unblocked = 0
        """Number of attempts to unblock a step."""
        self.error: BuildkiteError | None = None
        """The passing error of the last poll."""
        self._requester = requester
        self.address = (requester.organization, pipeline, number)
        self._timeout = timeout
        self._pacing = pacing
        self._jobs = jobs or on_event is not None
        self._learn = learn
        self.known = known
        """The build as the caller has seen it, or None."""
        self._on_event = on_event
        self._began = requester.runtime.now()
        self._end = WaitEnd(requester.runtime, timeout)
        self._born: float | None = None
        self._ran_at: float | None = None
        self._revived = float("-inf")
        self._machines: dict[str | None, StateMachine] = {}
        self._told: Build | None = None

    @property
    def name(self) -> str:
        """The build as messages call it."""
        return f"Build {self.address[1]} #{self.address[2]}"

    def call(self, method: str) -> str:
        """Return a call of a method for the build, for messages."""
        _, pipeline, number = self.address
        return f"{method}({pipeline!r}, {number})"

    @property
    def pending(self) -> PendingActions:
        """What the client did to the build lately, which answers may not show yet."""
        return self._requester.recent_actions.pending(self.address, now=self._requester.runtime.now())

    async def look(self, *, jobs: bool = False) -> Build | None:
        """Return the build as it is now; None if the time is over before Buildkite has answered.

        Errors that pass are waited out once the build was seen.

        Args:
            jobs: ask for the jobs.

        Raises:
            BuildNotFound: the build doesn't exist, or has not been found for a minute.
            BuildkiteError: the poll failed, and no later one would do better; or the build was never seen.
        """
        patience = Patience()
        while True:
            try:
                build = await self._read(jobs=jobs)
            except BuildkiteError as error:
                self.error = error
                seen, limited = (self.seen or self.known) is not None, self._end.at is not None
                if not patience.bears(error, self._requester.runtime.now(), seen=seen, limited=limited):
                    raise
                if not await self.pause(at_least=asked_pause(error)):
                    return None
            else:
                self.error = None
                return build

    async def pause(self, *, blocked: bool = False, at_least: float = 0.0) -> bool:
        """Wait until the next poll. Return False if the time is over, so that there is none.

        Args:
            blocked: the build waits for a user.
            at_least: the fewest seconds to wait.
        """
        runtime, retry = self._requester.runtime, self._requester.options.retry
        now = runtime.now()
        ends = self._end.at
        left = None if ends is None else ends - now
        if self.last or (left is not None and left <= 0):
            return False
        pause = self._pacing.pause(
            requests=self.requests,
            elapsed=now - self._began,
            age=now - max(self._began if self._born is None else self._born, self._revived),
            ran=None if self._ran_at is None else now - self._ran_at,
            blocked=blocked,
            chance=1.0 if retry is None else retry.random(),
        )
        if self._pauses is not None:
            pause = self._pauses.lengthened(pause)
        pause, self.last = next_pause(max(pause, at_least), left)
        if self._pauses is None:
            await self._requester.pause(pause)
        elif await self._pauses.pause(pause):
            self.last = False
        return True

    def revive(self) -> None:
        """Poll as often as for a young build from now on: it continues, since a user or the wait has done something."""
        self._revived = self._requester.runtime.now()

    def late(self, *, further: str) -> DeadlineExceeded:
        """Return the error of a build that continues when the time is over.

        Args:
            further: what to do next.
        """
        state = in_state(None if self.seen is None else build_state(self.seen))
        error = DeadlineExceeded(f"{self.name} is still {state} after {self._timeout:g} s. {further}")
        error.__cause__ = self.error
        return error

    async def _read(self, *, jobs: bool) -> Build:
        """Read the build once."""
        requester = self._requester
        endpoint = requester.module("builds", "get_build")
        options: dict[str, bool] = {} if jobs or self._jobs else {"exclude_jobs": True}
        if self._on_event is not None:
            options["include_retried_jobs"] = True
        kwargs = endpoint._get_kwargs(*self.address, **options)
        request = requester.build(endpoint, kwargs, ends=self._end.at, fresh=True)
        self.requests += 1
        response = await requester.send_by(self._end.at, request)
        build: Build = requester.parse(endpoint, response)
        self.has_jobs = jobs or self._jobs
        if self.seen is None:
            await self._first(build, response.headers.get("Date"))
        elif self._ran_at is None and build.started_at is not None:
            self._ran_at = requester.runtime.now()
        self.seen = build
        await self._report(build)
        return build

    async def _first(self, build: Build, date: str | None) -> None:
        """Take in how old the build is at the first look, by the clock of Buildkite alone."""
        now = self._requester.runtime.now()
        known = (build.created_at, build.scheduled_at, build.started_at, build.failing_at)
        times: list[object] = [parse_http_date(date), *known]
        latest = max((time for time in times if _is_aware(time)), default=None)
        self._born = _on_our_clock(build.created_at, latest, now)
        self._ran_at = _on_our_clock(build.started_at, latest, now)
        if self._learn and self._pacing.expected is None and build.finished_at is None:
            self._pacing = Pacing(self._pacing.longest, self._pacing.stretch, await self._usual_duration(build))

    async def _usual_duration(self, build: Build) -> float | None:
        """Return the seconds that the last passed builds of the branch ran; None if there are none, or they can't be read."""
        requester = self._requester
        endpoint = requester.module("builds", "list_pipeline_builds")
        organization, pipeline, number = self.address
        self.requests += 1
        try:
            builds: list[Build] = await requester.call_by(
                self._end.at,
                endpoint,
                organization,
                pipeline,
                **({"branch": [build.branch]} if build.branch else {}),
                state=["passed"],
                per_page=_HISTORY,
                exclude_jobs=True,
                exclude_pipeline=True,
            )
        except BuildkiteError:
            return None  # the wait does without
        return usual_duration(each for each in builds if each.number != number)

    async def _report(self, build: Build) -> None:
        """Report what a look has shown."""
        events = self._requester.events
        state = build_state(build) or ""
        if events.wanted:
            from ..events import BuildSeen  # here: most clients have nobody who takes events

            events.emit(BuildSeen(*self.address, state))
        self._check(None, "build", state)
        for job in build.jobs:
            self._check(job.id, "job", str(job.state or ""))
        if self._on_event is not None and self.has_jobs:
            from .changes import changes  # here: it loads the models of webhooks

            before, self._told = self._told, build
            for event in changes(before, build):
                await self._on_event(event)

    def _check(self, job: str | None, of: Any, state: str) -> None:
        machine = self._machines.get(job)
        if machine is None:
            machine = self._machines[job] = StateMachine(of)
        problem = machine.see(state)
        if problem is not None:
            from ..events import UnexpectedState

            event = UnexpectedState(*self.address, job, problem.kind, problem.before, problem.after)
            self._requester.events.emit(event)


def _is_aware(time: object) -> TypeGuard[datetime]:
    return isinstance(time, datetime) and time.tzinfo is not None


def _on_our_clock(time: object, latest: datetime | None, now: float) -> float | None:
    """Return a time of Buildkite's clock on that of the runtime; None if it isn't known.

    Args:
        time: the time.
        latest: the latest time that Buildkite has told, which is taken for the present.
        now: the present on the clock of the runtime.
    """
    return now - (latest - time).total_seconds() if latest is not None and _is_aware(time) else None
