"""Wait for the outcome of a build."""

from __future__ import annotations

import inspect
from collections import deque
from collections.abc import AsyncGenerator, Callable, Collection, Coroutine
from copy import copy
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, get_args

from ..dispatcher import logger
from ..errors import BuildAlreadyFinished, BuildBlocked, BuildkiteError, DeadlineExceeded, JobNotUnblockable
from ..messages import job_name, shown
from ..states import (
    Outcome,
    blocking_jobs,
    build_state,
    failed_jobs,
    is_blocked,
    is_failing,
    outcome_of,
)
from .announcements import AnnouncedPauses
from .outcome import WaitResult
from .pacing import Pacing
from .poller import BuildPoller, seconds_of

if TYPE_CHECKING:
    from buildkite_api.models import Build, Job
    from buildkite_api.webhooks.events import WebhookEvent

    from ..events import JobTiming
    from ..stores.recent_actions import PendingActions
    from ..transport.requester import Requester

__all__ = ["GivenUp", "OnBlocked", "OnTimeout", "Until", "WaitOptions", "build_events", "decide", "wait"]

_MOST_UNBLOCKED = 500
"""Block steps that one wait unblocks. A build that goes on from block to block adds each by an upload, of which it may have 500:
https://buildkite.com/docs/platform/limits"""

_CANCEL_SECONDS = 20.0
"""Seconds in which a wait that is given up cancels its build, and looks whether it did."""

OnBlocked = Literal["return", "wait", "unblock", "raise"]
OnTimeout = Literal["raise", "return"]
GivenUp = Literal["timeout", "interrupt", "error"]
Until = Literal["finished", "failing", "blocked"]


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitOptions:
    """Options of a wait, as `AsyncBuilds.wait` describes them."""

    timeout: float | None = None
    poll_interval: float | None = None
    until: Until | Callable[[Build], bool] = "finished"
    on_blocked: OnBlocked = "return"
    on_timeout: OnTimeout = "raise"
    on_event: Callable[[WebhookEvent], object] | None = None
    cancel_on: Collection[GivenUp | str] = ()
    expected_duration: float | None = None
    learn: bool = False
    webhooks: bool = False

    def __post_init__(self) -> None:
        """Refuse what an option doesn't take.

        Raises:
            TypeError: `on_event` can't be called.
            ValueError: a word is none of those that an option takes.
        """
        if self.on_event is not None and not callable(self.on_event):
            raise TypeError(f"on_event={shown(self.on_event)}: give a function that takes an event")
        until = "finished" if callable(self.until) else self.until
        for name, given, known in (
            ("until", [until], Until),
            ("on_blocked", [self.on_blocked], OnBlocked),
            ("on_timeout", [self.on_timeout], OnTimeout),
            ("cancel_on", self.cancel_on, GivenUp),
        ):
            for word in given:
                if word not in get_args(known):
                    raise ValueError(f"{name}={word!r}: give {' or '.join(map(repr, get_args(known)))}")

    @property
    def needs_jobs(self) -> bool:
        """True if each poll has to ask for the jobs."""
        return self.on_event is not None or callable(self.until)


_Step = Literal["continue", "unblock", "over", "blocked", "failing", "condition"]


def decide(
    build: Build,
    *,
    on_blocked: OnBlocked,
    pending: PendingActions,
    until: Until | Callable[[Build], bool] = "finished",
) -> _Step:
    """Return what a wait does after a look at its build.

    Args:
        build: the build. If it has no jobs, the decision is made again with them before the wait ends.
        on_blocked: what to do at a block step.
        pending: what was done to the build lately, which it may not show yet.
        until: what is waited for.
    """
    outcome = outcome_of(build)
    if outcome is not None and pending.reopening is not None and pending.reopening.is_old(build):
        return "continue"
    blocked = outcome == "blocked"
    if outcome is not None and not blocked:
        return "over"
    if callable(until):
        if until(build):
            return "condition"
    elif until == "failing" and is_failing(build):
        return "failing"
    steps = {job.id for job in blocking_jobs(build)}
    if steps and steps <= pending.unblocked:
        return "continue"
    if until == "blocked" and is_blocked(build):
        return "blocked"
    if on_blocked == "unblock" and is_blocked(build):
        return "unblock"
    return "blocked" if blocked and on_blocked != "wait" else "continue"


_Unblock = Callable[["Job"], Coroutine[Any, Any, object]]
"""Function that unblocks a block step."""


async def wait(
    requester: Requester,
    pipeline: str,
    number: int,
    options: WaitOptions,
    *,
    unblock: _Unblock,
    known: Build | None = None,
) -> WaitResult:
    """Poll the build until the wait is over, and report what is seen of it. See `AsyncBuilds.wait`.

    Args:
        requester: sends the requests.
        pipeline, number: the build.
        options: the options.
        unblock: unblocks a block step, for `on_blocked="unblock"`.
        known: the build as the caller has it; None if there is only its address.
    """
    events, runtime = requester.events, requester.runtime
    began = runtime.now()
    pauses = AnnouncedPauses(requester, pipeline, number) if options.webhooks else None
    poller = BuildPoller(
        requester,
        pipeline,
        number,
        timeout=options.timeout,
        pacing=Pacing.of(options.poll_interval, options.expected_duration),
        jobs=options.needs_jobs,
        learn=options.learn,
        known=known,
        on_event=None if options.on_event is None else _told(requester, options.on_event),
        pauses=pauses,
    )
    outcome: str | None = None
    with requester.span("buildkite.build.wait", {"pipeline": pipeline, "build_number": number}) as span:
        try:
            result = await _wait(poller, options, unblock)
            if result.timed_out and "timeout" in options.cancel_on:
                result = await _canceled(requester, poller, result)
            outcome = result.outcome
            return result
        except BaseException as error:
            given_up: GivenUp = (
                "timeout"
                if isinstance(error, DeadlineExceeded)
                else "error"
                if isinstance(error, Exception)
                else "interrupt"
            )
            if given_up in options.cancel_on:
                await _cancel(requester, poller, error)
            raise
        finally:
            if pauses is not None:
                pauses.close()
            seconds = runtime.now() - began
            seen = poller.seen
            state = None if seen is None else build_state(seen)
            if span is not None:
                span.set("final_state", state or "")
                span.set("duration_ms", round(seconds * 1000, 3))
            if events.wanted:
                from ..events import WaitFinished  # here: most clients have nobody who takes events

                # What ran before a block step is told when the build has ended, with the rest.
                finished = None if seen is None or outcome_of(seen) in (None, "blocked") else seen
                events.emit(
                    WaitFinished(
                        requester.organization,
                        pipeline,
                        number,
                        state,
                        outcome,
                        seconds,
                        seconds_of(finished),
                        () if finished is None else _timings_of(finished),
                    )
                )


async def _wait(poller: BuildPoller, options: WaitOptions, unblock: _Unblock) -> WaitResult:
    """Poll the build until the wait is over."""
    needs_jobs = False
    while True:
        build = await poller.look(jobs=needs_jobs or (poller.last and options.on_timeout == "return"))
        if build is None:
            return _late(poller, options)
        step = decide(build, until=options.until, on_blocked=options.on_blocked, pending=poller.pending)
        may_fail = options.until == "failing" and build.failing_at is not None
        if (step != "continue" or may_fail) and not poller.has_jobs:
            # Again, with its jobs. The build continues if one of them was retried or unblocked meanwhile, or if one runs
            # beside a block step.
            ended, build = build, await poller.look(jobs=True)
            if build is None:
                return _result_of(poller, ended, outcome_of(ended)) if step == "over" else _late(poller, options)
            step = decide(build, until=options.until, on_blocked=options.on_blocked, pending=poller.pending)
        if step == "unblock":
            step = "continue" if await _unblock(poller, build, unblock) else "blocked"
        if step == "blocked" and options.on_blocked == "raise" and options.until != "blocked":
            raise _blocked(poller, build)
        if step != "continue":
            return _result(poller, build, step)
        needs_jobs = may_fail or _seems_over(build, options, poller.pending)
        if not await poller.pause(blocked=is_blocked(build) and options.on_blocked == "wait"):
            return _late(poller, options)


def _seems_over(build: Build, options: WaitOptions, pending: PendingActions) -> bool:
    """Tell if a build that continues seems not to without its jobs. Its next look is likely to need them, too."""
    seeming = copy(build)
    seeming.jobs = []
    return decide(seeming, on_blocked=options.on_blocked, pending=pending) != "continue"


def _result(poller: BuildPoller, build: Build, step: _Step) -> WaitResult:
    outcome = outcome_of(build)
    if step == "blocked":
        outcome = "blocked"
    elif outcome is None and is_failing(build):
        outcome = "failing"
    return _result_of(poller, build, outcome)


def _result_of(poller: BuildPoller, build: Build, outcome: Outcome | None, *, timed_out: bool = False) -> WaitResult:
    return WaitResult(
        build=build,
        outcome=outcome,
        failed_jobs=failed_jobs(build),
        blocked_by=blocking_jobs(build) if is_blocked(build) else [],
        requests=poller.requests,
        timed_out=timed_out,
    )


def _late(poller: BuildPoller, options: WaitOptions) -> WaitResult:
    """Return the result of a wait whose time is over, if it asked for one.

    Raises:
        DeadlineExceeded: it didn't, or the build was never seen.
    """
    build = poller.seen or poller.known
    if options.on_timeout == "return" and build is not None:
        return _result_of(poller, build, None, timed_out=True)
    if "timeout" in options.cancel_on:
        raise poller.late(further="cancel_on asks to cancel it: a note of this error tells if it was.")
    raise poller.late(further="It continues. Wait again, or cancel it with " + poller.call("builds.cancel") + ".")


async def _unblock(poller: BuildPoller, build: Build, unblock: _Unblock) -> bool:
    """Unblock the block steps of a build that weren't unblocked lately. Return False if it shows none.

    Raises:
        JobNotUnblockable: Buildkite has refused to unblock a step for a second time, as for a field that is missing.
        BuildBlocked: the wait has unblocked as many steps as it may.
    """
    steps = [job for job in blocking_jobs(build) if job.id not in poller.pending.unblocked]
    for job in steps:
        if poller.unblocked >= _MOST_UNBLOCKED:
            raise _blocked(
                poller, build, f"This wait has unblocked {_MOST_UNBLOCKED} of its steps, the most that one wait does. "
            )
        poller.unblocked += 1
        try:
            await unblock(job)
        except JobNotUnblockable:
            # Another user was faster, or has canceled the build: then the next look doesn't show the step.
            if job.id in poller.refused:
                raise
            poller.refused.add(job.id)
        finally:
            poller.requests += 1
    poller.revive()
    return bool(steps)


def _blocked(poller: BuildPoller, build: Build, why: str = "") -> BuildBlocked:
    names = ", ".join(shown(job.label or job_name(job)) for job in blocking_jobs(build)) or "a block step"
    return BuildBlocked(
        f"{poller.name} waits at {names}. {why}Unblock it with {poller.call('builds.unblock')}, or wait with another on_blocked.",
        build=build,
    )


def _told(
    requester: Requester, hook: Callable[[WebhookEvent], object]
) -> Callable[[WebhookEvent], Coroutine[Any, Any, None]]:
    """Return a function that passes events to a hook. A hook that raises is logged, and breaks nothing.

    Raises:
        TypeError: the hook is async, and the client isn't.
    """

    async def tell(event: WebhookEvent) -> None:
        result: object = None
        try:
            result = hook(event)
            if not requester.runtime.blocking:
                await requester.runtime.awaited(result)
        except Exception:
            logger.exception("on_event raised an error on %s; nothing else is affected.", type(event).__name__)
        if requester.runtime.blocking and inspect.isawaitable(result):
            if inspect.iscoroutine(result):
                result.close()
            raise TypeError(
                "on_event= is an async function, which BuildkiteClient can't await: give a plain one, such as "
                "hooks.dispatch_blocking of a WebhookHandler, or use AsyncBuildkiteClient"
            )

    return tell


async def build_events(
    requester: Requester,
    pipeline: str,
    number: int,
    *,
    timeout: float | None,
    pacing: Pacing,
    on_blocked: Literal["return", "wait"],
    known: Build | None = None,
) -> AsyncGenerator[WebhookEvent, None]:
    """Yield the events of a build and its jobs until the build ends, or comes to a block step. See `AsyncBuilds.events`."""
    found: deque[WebhookEvent] = deque()

    async def keep(event: WebhookEvent) -> None:
        found.append(event)

    poller = BuildPoller(requester, pipeline, number, timeout=timeout, pacing=pacing, known=known, on_event=keep)
    while True:
        build = await poller.look()
        while found:
            yield found.popleft()
        if build is not None:
            step = decide(build, on_blocked=on_blocked, pending=poller.pending)
            if step != "continue":
                return
        if build is None or not await poller.pause(blocked=is_blocked(build)):
            raise poller.late(further="It continues. Only its events ended: allow more with timeout=.")


# --- Giving up --------------------------------------------------------------------------------------------------------


async def _canceled(requester: Requester, poller: BuildPoller, result: WaitResult) -> WaitResult:
    """Cancel the build of a wait that was given up, and return its result anew."""
    build = await _cancel(requester, poller, None) or result.build
    return _result_of(poller, build, outcome_of(build), timed_out=True)


async def _cancel(requester: Requester, poller: BuildPoller, error: BaseException | None) -> Build | None:
    """Cancel the build of a wait that is given up, and note on the error whether that was done. Nothing hides the error.

    Returns:
        The build after that; None if it isn't known.
    """
    build: Build | None = None
    problem: BaseException | None = None

    async def cancel() -> None:
        nonlocal build, problem
        try:
            build = await _cancel_build(requester, poller)
        except BaseException as trouble:  # also a second Ctrl-C
            problem = trouble

    await requester.runtime.shielded(cancel, seconds=_CANCEL_SECONDS)
    state = None if build is None else build_state(build)
    if state in ("canceled", "canceling"):
        done = "was canceled" if state == "canceled" else "is being canceled"
        text = f"{poller.name} {done}, as cancel_on asks."
    elif build is not None and outcome_of(build) not in (None, "blocked"):
        text = f"{poller.name} wasn't canceled: it had ended ({state})."
    else:
        why = "" if problem is None else f" ({type(problem).__name__}: {problem})"
        text = (
            f"{poller.name} may not have been canceled{why}: look at it, and call {poller.call('builds.cancel')} again."
        )
        logger.warning(text)
    if error is not None:
        error.add_note(text)
    return build


async def _cancel_build(requester: Requester, poller: BuildPoller) -> Build:
    """Cancel a build, and return it. If the answer is lost, the build is read."""
    ends = requester.runtime.now() + _CANCEL_SECONDS
    endpoint = requester.module("builds", "cancel_build")
    poller.requests += 1
    try:
        request = requester.build(endpoint, endpoint._get_kwargs(*poller.address), ends=ends)
        canceled: Build = requester.parse(endpoint, await requester.send(request))
    except BuildAlreadyFinished:
        pass
    except BuildkiteError as error:
        found = await _read(requester, poller, ends)
        if build_state(found) not in ("canceled", "canceling"):
            raise error from None
        return found
    else:
        if build_state(canceled) in ("canceled", "canceling"):
            return canceled
    return await _read(requester, poller, ends)


async def _read(requester: Requester, poller: BuildPoller, ends: float) -> Build:
    endpoint = requester.module("builds", "get_build")
    poller.requests += 1
    request = requester.build(endpoint, endpoint._get_kwargs(*poller.address), ends=ends, fresh=True)
    build: Build = requester.parse(endpoint, await requester.send(request))
    return build


# --- What the jobs took -----------------------------------------------------------------------------------------------


def _timings_of(build: Build) -> tuple[JobTiming, ...]:
    """Return how long the jobs of a build ran."""
    from ..events import JobTiming

    ran = ((job, seconds_of(job)) for job in build.jobs)
    return tuple(JobTiming(str(job.type), str(job.state or ""), seconds) for job, seconds in ran if seconds is not None)
