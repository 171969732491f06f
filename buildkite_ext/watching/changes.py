"""Changes between two looks at a build, as the events that Buildkite's webhooks bring.

Handlers of webhooks take them too, so code need not know whether a program polls or is told. Between two looks a job may have
been scheduled, started and finished: that is three events. As in webhooks, the build and the job in an event may be newer than
the event. https://buildkite.com/docs/apis/webhooks
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from operator import itemgetter

from buildkite_api.models import Build, Job, Pipeline
from buildkite_api.webhooks.events import (
    BuildFailing,
    BuildFinished,
    BuildRunning,
    BuildScheduled,
    BuildSkipped,
    JobActivated,
    JobFinished,
    JobPromisedExitStatus,
    JobScheduled,
    JobStarted,
    WebhookEvent,
)

from ..states import RUNNING_BUILDS, RUNNING_JOBS, UNREACHED_JOBS, build_state, is_job_over, outcome_of

__all__ = ["changes"]

_LATEST = datetime.max.replace(tzinfo=UTC)

_WAITS = frozenset({"pending", "waiting", *UNREACHED_JOBS})
"""States of a command job that was never scheduled."""


def changes(before: Build | None, after: Build) -> list[WebhookEvent]:
    """Return what happened to a build and its jobs between two looks, in the order of their times.

    Args:
        before: the build at the first look, with its jobs; None if there was none. Then all that the second one shows has
            happened since.
        after: the build at the second look, with its jobs, those that were retried included.

    Returns:
        Events of builds and jobs, such as `BuildRunning` and `JobFinished`. A build that comes to a block step is a
        `BuildFinished` whose `build.blocked` is true, as in webhooks.

    Example:
        >>> from buildkite_ext.webhooks.testing import sample
        >>> build = sample("build.finished").build
        >>> [event.event for event in changes(None, build)]
        ['build.scheduled', 'build.running', 'build.finished']
        >>> changes(build, build)
        []
    """
    pipeline = after.pipeline if isinstance(after.pipeline, Pipeline) else _pipeline_of(after)
    jobs = {job.id: job for job in (() if before is None else before.jobs)}
    moments = [
        moment for job in after.jobs for moment in _of_job(jobs.get(job.id), job, build=after, pipeline=pipeline)
    ]
    if _begins_to_fail(before, after):
        moments.append((_time(after.failing_at), BuildFailing(build=after, pipeline=pipeline)))
    found: list[WebhookEvent] = [kind(build=after, pipeline=pipeline) for kind in _beginnings(before, after)]
    found += [event for _, event in sorted(moments, key=itemgetter(0))]
    if _has_come_to_rest(before, after):
        kind = BuildSkipped if outcome_of(after) == "skipped" else BuildFinished
        found.append(kind(build=after, pipeline=pipeline))
    return found


_Moment = tuple[datetime, WebhookEvent]
"""An event and its time."""


def _beginnings(before: Build | None, after: Build) -> Iterator[type[BuildScheduled | BuildRunning]]:
    state = build_state(after)
    if state != "creating" and (before is None or build_state(before) == "creating"):
        yield BuildScheduled
    started = before is not None and _has_started(before)
    continued = (
        before is not None
        and outcome_of(before) is not None
        and state not in ("canceling", "canceled")
        and (outcome_of(after) is None or before.finished_at != after.finished_at)
    )
    if (_has_started(after) and not started) or continued:
        yield BuildRunning


def _has_started(build: Build) -> bool:
    return build.started_at is not None or str(build.state) in RUNNING_BUILDS


def _begins_to_fail(before: Build | None, after: Build) -> bool:
    if (before is None or before.failing_at is None) and after.failing_at is not None:
        return True
    return str(after.state) == "failing" and (before is None or str(before.state) != "failing")


def _has_come_to_rest(before: Build | None, after: Build) -> bool:
    """Tell whether a build has ended, or come to a block step, since the first look."""
    outcome = outcome_of(after)
    if outcome is None:
        return False
    return before is None or outcome_of(before) != outcome or before.finished_at != after.finished_at


def _of_job(before: Job | None, job: Job, *, build: Build, pipeline: Pipeline) -> Iterator[_Moment]:
    kind = str(job.type)
    if kind == "manual" and _is_new(before, job, _is_unblocked):
        yield _time(job.unblocked_at), JobActivated(job=job, build=build, pipeline=pipeline)
    if kind == "script":
        if _is_new(before, job, _is_scheduled):
            yield _time(job.scheduled_at), JobScheduled(job=job, build=build, pipeline=pipeline)
        if _is_new(before, job, _is_started):
            yield _time(job.started_at), JobStarted(job=job, build=build, pipeline=pipeline)
        if _is_new(before, job, _has_promised):
            promised = JobPromisedExitStatus(job=job, build=build, pipeline=pipeline)
            yield _time(job.promised_exit_status_at), promised
    if kind in ("script", "trigger") and _is_new(before, job, _is_finished):
        yield _time(job.finished_at), JobFinished(job=job, build=build, pipeline=pipeline)


def _is_scheduled(job: Job) -> bool:
    return job.scheduled_at is not None or str(job.state) not in _WAITS


def _is_started(job: Job) -> bool:
    return job.started_at is not None or str(job.state) in RUNNING_JOBS


def _has_promised(job: Job) -> bool:
    return job.promised_exit_status is not None


def _is_finished(job: Job) -> bool:
    return is_job_over(job) and str(job.state) not in UNREACHED_JOBS


def _is_unblocked(job: Job) -> bool:
    return str(job.state) == "unblocked"


def _is_new(before: Job | None, job: Job, what: Callable[[Job], bool]) -> bool:
    """Tell whether something is true of a job that wasn't before."""
    return what(job) and (before is None or not what(before))


def _time(value: object) -> datetime:
    """Return a time to sort by; the latest one for what isn't a time."""
    return value.astimezone(UTC) if isinstance(value, datetime) else _LATEST


def _pipeline_of(build: Build) -> Pipeline:
    """Return the pipeline of a build that came without it, with what the build's URL tells."""
    url, _, _ = str(build.url).rpartition("/builds/")
    return Pipeline.from_dict({"url": url, "slug": url.rpartition("/")[2]})
