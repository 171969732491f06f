"""Builds. https://buildkite.com/docs/apis/rest-api/builds"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from re import Pattern
from typing import TYPE_CHECKING, Literal, cast

from buildkite_api.models import Build, Job, Pipeline

from .._sync import DetachedIterator
from ..states import JOB_STATES, JobStateName
from ..unknown_names import warn_unknown
from ._base import blocking
from ._generated import builds as generated
from .arguments import Fields, Scalar, at_least, count, many, not_empty, per_minute, poll_pause, positive
from .build_creation import AsyncBuildCreation, Author
from .checks import check
from .watcher import AsyncWatcher, Watcher

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from buildkite_api.webhooks.events import WebhookEvent

    from ..failures.summary import FailureSummary
    from ..logs.parser import LogLine
    from ..logs.search import LogMatch
    from ..logs.selection import JobSelection
    from ..watching.outcome import WaitResult
    from ..watching.wait import GivenUp, OnBlocked, OnTimeout, Until

__all__ = ["AsyncBuilds", "Author", "Builds"]


class AsyncBuilds(AsyncBuildCreation):
    """Builds: create, list, follow, wait, unblock, cancel, rebuild."""

    async def wait(
        self,
        pipeline: str | Build,
        number: int | Build | None = None,
        *,
        timeout: float | None = None,
        poll_interval: float | None = None,
        until: Until | Callable[[Build], bool] = "finished",
        on_blocked: OnBlocked = "return",
        fields: Fields | None = None,
        on_event: Callable[[WebhookEvent], object] | None = None,
        on_timeout: OnTimeout = "raise",
        cancel_on: GivenUp | Sequence[GivenUp] | None = None,
        expected_duration: float | None = None,
        learn: bool = False,
        webhooks: bool = False,
    ) -> WaitResult:
        """Wait until a build has finished, or waits at a block step. Scope: read_builds.

        Polls are frequent while the build is young, and every 15 seconds later: four requests a minute. An end is seen 15 seconds
        later at most, and 18 in the first 20 minutes, in which the polls of the first one are made up for. Errors that pass,
        such as a 5xx or a lost connection, are waited out once the build was seen, and so is a 404 for a minute.

        The client remembers for five minutes that it retried jobs, or unblocked a step. A wait that begins then doesn't take the
        old end of the build, which Buildkite may still answer, for the new one. Give the Build that `retry_failed_jobs` returned
        for the same in another process.

        Args:
            pipeline: the pipeline's slug, as `web` or `acme/web`; or a Build or its URL, which needs no number.
            number: the build's number, or a Build.
            timeout: maximum of seconds to wait; None for no limit.
            poll_interval: the longest pause between two polls, in seconds, at least 0.01; None for 15. A build that waits at a
                block step is polled every five thirds of it.
            until: `finished`; `failing`, to return as soon as the build is going to fail; `blocked`, to return as soon as a step
                blocks it, also while other jobs run; or a function that gets the build with its jobs at each poll and returns
                True. Whatever it is, the wait is over when the build has ended.
            on_blocked: at a block step: `return`; `wait` until a user has unblocked it; `unblock` it, at most 500 times in one
                wait; or `raise` BuildBlocked.
            fields: values of the fields of the steps, for `on_blocked="unblock"`.
            on_event: called with each change of the build and its jobs, as the event that a webhook would bring, such as
                `hooks.dispatch` of a `WebhookHandler`. The polls ask for the jobs then.
            on_timeout: `raise` DeadlineExceeded, or `return` a result whose outcome is None.
            cancel_on: what makes the wait cancel its build, and look whether it did: `timeout`; `interrupt`, which is Ctrl-C or
                the cancellation of its task; `error`. One or several.
            expected_duration: seconds that the build usually runs. Polls are frequent around that time.
            learn: take the expected duration from the builds of the branch that passed last, by one more request.
            webhooks: a handler of webhooks tells of the build by `builds.handle`, so it is polled every 60 seconds only.

        Returns:
            The build with its jobs, its outcome (`passed`, `failed`, `blocked`, `canceled`, `skipped`, `not_run`), the jobs
            that broke it, and the block steps that it waits at. `.passed` is True for the outcome `passed` alone.

        Raises:
            DeadlineExceeded: the build did not finish in time. It continues, unless `cancel_on` names `timeout`.
            BuildBlocked: the build waits at a block step, and `on_blocked` is `raise`; or it is `unblock`, and 500 steps were
                unblocked.
            BuildNotFound: the build doesn't exist, or has not been found for a minute.
            ValueError: an argument takes other words, or `fields` is given without `on_blocked="unblock"`.

        Example:
            >>> def passes(buildkite, number: int) -> bool:
            ...     return buildkite.builds.wait("web", number, timeout=1800).passed
            >>> def not_yet(buildkite, number: int) -> list[str | None]:
            ...     result = buildkite.builds.wait("web", number, timeout=60, on_timeout="return")
            ...     return [job.name for job in result.waiting_for]
        """
        check(AsyncBuilds.wait, locals())
        from ..watching.wait import WaitOptions  # here: most programs wait for nothing
        from .waits import checked, wait_for

        at = self._build_at("builds.wait", pipeline, number)
        options = WaitOptions(
            timeout=timeout,
            poll_interval=poll_interval,
            until=until,
            on_blocked=on_blocked,
            on_timeout=on_timeout,
            on_event=on_event,
            cancel_on=many(cancel_on) or (),
            expected_duration=expected_duration,
            learn=learn,
            webhooks=webhooks,
        )
        known = _build_in(pipeline, number)
        return await wait_for(self._requester, at, checked(options, fields), fields=fields, known=known)

    async def run(
        self,
        pipeline: str | Pipeline,
        *,
        branch: str | None = None,
        commit: str = "HEAD",
        message: str | None = None,
        author: Author | Mapping[str, str] | None = None,
        env: Mapping[str, str] | None = None,
        meta_data: Mapping[str, Scalar] | None = None,
        clean_checkout: bool | None = None,
        ignore_pipeline_branch_filters: bool | None = None,
        pull_request_base_branch: str | None = None,
        pull_request_id: int | None = None,
        pull_request_labels: str | Sequence[str] | None = None,
        pull_request_repository: str | None = None,
        once: str | bool | None = None,
        timeout: float | None = None,
        poll_interval: float | None = None,
        until: Until | Callable[[Build], bool] = "finished",
        on_blocked: OnBlocked = "return",
        fields: Fields | None = None,
        on_event: Callable[[WebhookEvent], object] | None = None,
        on_timeout: OnTimeout = "raise",
        cancel_on: GivenUp | Sequence[GivenUp] | None = None,
        expected_duration: float | None = None,
        learn: bool = False,
        webhooks: bool = False,
    ) -> WaitResult:
        """Create a build, and wait for it: `create`, then `wait`. Scopes: write_builds, read_builds.

        Args:
            pipeline: the pipeline's slug, as `web` or `acme/web`, its URL, or a Pipeline.
            branch, commit, message, author, env, meta_data: of the build, as for `create`.
            clean_checkout, ignore_pipeline_branch_filters: as for `create`.
            pull_request_base_branch, pull_request_id, pull_request_labels, pull_request_repository: as for `create`.
            once: a key that no other build of the pipeline has, as for `create`. A build that has it already is waited for.
            timeout, poll_interval, until, on_blocked, fields, on_event: as for `wait`. The time begins when the build is created.
            on_timeout, cancel_on, expected_duration, learn, webhooks: as for `wait`.

        Returns:
            The result of the wait, with the build.

        Raises:
            BuildkiteError: the build wasn't created, as for `create`, or wasn't waited for to its end, as for `wait`.
            ValueError: as for `create` and `wait`. If the arguments are wrong no build was created.

        Example:
            >>> def deployed(buildkite) -> bool:
            ...     return buildkite.builds.run("deploy", branch="main", timeout=1800, cancel_on=["timeout", "interrupt"]).passed

        https://buildkite.com/docs/apis/rest-api/builds
        """
        check(AsyncBuilds.run, locals())
        from ..watching.wait import WaitOptions
        from .waits import checked, wait_for

        options = WaitOptions(
            timeout=timeout,
            poll_interval=poll_interval,
            until=until,
            on_blocked=on_blocked,
            on_timeout=on_timeout,
            on_event=on_event,
            cancel_on=many(cancel_on) or (),
            expected_duration=expected_duration,
            learn=learn,
            webhooks=webhooks,
        )
        checked(options, fields)
        build = await self.create(
            pipeline,
            branch=branch,
            commit=commit,
            message=message,
            author=author,
            env=env,
            meta_data=meta_data,
            clean_checkout=clean_checkout,
            ignore_pipeline_branch_filters=ignore_pipeline_branch_filters,
            pull_request_base_branch=pull_request_base_branch,
            pull_request_id=pull_request_id,
            pull_request_labels=pull_request_labels,
            pull_request_repository=pull_request_repository,
            once=once,
        )
        at = (*self._pipeline_at("builds.run", pipeline), build.number)
        return await wait_for(self._requester, at, options, fields=fields, known=build)

    def events(
        self,
        pipeline: str | Build,
        number: int | Build | None = None,
        *,
        timeout: float | None = None,
        poll_interval: float | None = None,
        on_blocked: Literal["return", "wait"] = "return",
    ) -> DetachedIterator[WebhookEvent]:
        """Poll a build, and yield each change of it and its jobs as the event that a webhook would bring. Scope: read_builds.

        The events end with the build, or at a block step. What has happened before the first poll comes first. `hooks.dispatch`
        of a `WebhookHandler` gives an event to the handlers of webhooks; it has no `raw` body. As in webhooks, the build and the
        job in an event may be newer than the event.

        Args:
            pipeline: the pipeline's slug, as `web` or `acme/web`; or a Build or its URL, which needs no number.
            number: the build's number, or a Build.
            timeout: maximum of seconds to poll; None for no limit.
            poll_interval: the longest pause between two polls, in seconds, at least 0.01, as for `wait`.
            on_blocked: at a block step: `return`, or `wait` until a user has unblocked it.

        Raises:
            DeadlineExceeded: the build did not finish in time. It continues.

        Example:
            >>> def report(buildkite, number: int) -> None:
            ...     for event in buildkite.builds.events("web", number):
            ...         print(event.event, event.build.state)
        """
        check(AsyncBuilds.events, locals())
        from ..watching.pacing import Pacing
        from ..watching.wait import build_events

        organization, slug, found = at = self._build_at("builds.events", pipeline, number)
        self._note_retry(at, pipeline, number)
        positive(timeout=timeout)
        poll_pause(poll_interval)
        if on_blocked not in ("return", "wait"):
            raise ValueError(f"on_blocked={on_blocked!r}: give 'return' or 'wait'")
        requester = self._requester.within(organization)
        pacing = Pacing.of(poll_interval)
        return DetachedIterator(
            build_events(
                requester,
                slug,
                found,
                timeout=timeout,
                pacing=pacing,
                on_blocked=on_blocked,
                known=_build_in(pipeline, number),
            )
        )

    def watcher(self, *, webhooks: bool = False) -> AsyncWatcher:
        """Return a watcher: any number of waits, in any tasks or threads, that share their requests. Nothing is sent.

        Args:
            webhooks: a handler of webhooks tells of builds by `builds.handle`, so that the watcher polls slowly.

        Example:
            >>> def all_pass(buildkite, builds) -> bool:
            ...     return all(buildkite.builds.watcher().wait_all(builds, timeout=3600))
        """
        return AsyncWatcher(self._requester, webhooks=webhooks)

    async def handle(self, event: WebhookEvent) -> None:
        """Wake the waits for the build of a webhook event, in all processes that share the client's store.

        They are waits that expect webhooks: `wait(..., webhooks=True)` and those of `watcher(webhooks=True)`. Events of builds
        wake them, other events do nothing.

        Args:
            event: the event.

        Example:
            >>> def connect(hooks, buildkite) -> None:
            ...     hooks.on("*")(buildkite.builds.handle)

        https://buildkite.com/docs/apis/webhooks/pipelines/build-events
        """
        from ..watching.announcements import announced_build

        name = announced_build(event, self._requester.options.organization)
        if name is not None:
            await self._requester.store.announce(name, self._requester.runtime)

    def follow(
        self,
        pipeline: str | Build,
        number: int | Build | None = None,
        *,
        poll_interval: float | None = None,
        timeout: float | None = None,
        tail: int | None = None,
        max_requests_per_minute: float | None = None,
        jobs: str | Job | Sequence[str | Job] | None = None,
        state: JobStateName | str | Sequence[JobStateName | str] | None = None,
        focus: str | Job | Sequence[str | Job] | None = None,
        on_build: Callable[[Build], None] | None = None,
    ) -> DetachedIterator[LogLine]:
        """Follow the logs of all jobs, line by line, until the build finishes or waits at a block step.
        Scopes: read_builds and read_build_logs.

        The logs share a number of requests a minute, whatever the number of jobs. Where not all can be read, the order is: jobs
        that have failed, others that have ended, those of `focus`, and the longest unread. Logs that grow are polled more often
        than quiet ones. See `jobs.follow`.

        A log that can't be read is left out, and the build is followed to its end with the others. Then the error of that log is
        raised. The event `LogIncomplete` names each such log, and each that wasn't read to its end in the time allowed.

        Args:
            pipeline: the pipeline's slug, as `web` or `acme/web`; or a Build or its URL, which needs no number.
            number: the build's number, or a Build.
            poll_interval: seconds between two polls of the build, and the shortest between two polls of one log, at least 0.01.
                By default the build is polled every 8 seconds once a job runs, and a log that grows every 2 if the requests
                suffice.
            timeout: maximum of seconds to follow; None for no limit.
            tail: number of lines to begin with, for each log that has begun: the last ones that it has now; 0 for new lines only,
                None for all.
            max_requests_per_minute: limit on the requests in any minute, at least 4. Fewer than 40 poll the build less often. By
                default 40, or what `poll_interval` takes for the build and one log if that is more. One running job takes
                about 20, and 30 jobs 30.
            jobs: the jobs to follow, one or several: a step key, a name in which `*` stands for any text, an id, or a Job.
            state: the states of the jobs to follow, one or several, such as `failed`. A job that gets one of them is followed
                from then on.
            focus: the jobs whose logs come before those of other running jobs, as for `jobs`.
            on_build: called at each poll of the build with the build and its jobs. It serves to show a
                table of jobs beside the log, without further requests.

        Raises:
            DeadlineExceeded: the build did not finish in time, and continues; or not all logs were read in time.
            NothingMatched: the build has ended, and `jobs` names none of its jobs.
            BuildkiteError: a log can't be read; or all can't, as for `get`. Its notes name the logs.

        Example:
            >>> def show(buildkite, number: int) -> None:
            ...     for line in buildkite.builds.follow("web", number):
            ...         print(f"{line.job_name:>20} {line.text}")
        """
        check(AsyncBuilds.follow, locals())
        from ..logs.follow import follow_build  # here: most programs follow nothing
        from ..logs.schedule import Pace

        organization, slug, found = at = self._build_at("builds.follow", pipeline, number)
        self._note_retry(at, pipeline, number)
        positive(timeout=timeout)
        poll_pause(poll_interval)
        pace = Pace.of(poll_interval, per_minute("max_requests_per_minute", max_requests_per_minute))
        lines = cast(
            "AsyncGenerator[LogLine, None]",
            follow_build(
                self._requester.within(organization),
                slug,
                found,
                pace=pace,
                timeout=timeout,
                tail=count("tail", tail),
                jobs=_selection(jobs, state),
                focus=_selection(focus, None),
                known=_build_in(pipeline, number) is not None,
                on_build=on_build,
            ),
        )
        return DetachedIterator(lines)

    def log_search(
        self,
        pipeline: str | Build,
        number: int | Build | None = None,
        *,
        pattern: str | Pattern[str],
        context: int = 0,
        jobs: str | Job | Sequence[str | Job] | None = None,
        state: JobStateName | str | Sequence[JobStateName | str] | None = None,
        follow: bool = False,
        tail: int | None = None,
        timeout: float | None = None,
        max_requests_per_minute: float | None = None,
        on_build: Callable[[Build], None] | None = None,
    ) -> DetachedIterator[LogMatch]:
        """Search the logs of all jobs of a build for lines that match a pattern. Scopes: read_builds and read_build_logs.

        The logs are read as by `follow`, those of failed jobs first, at most five at the same time. They are searched while they
        arrive, in little memory. See `jobs.log_search`. A log that can't be read is left out, as by `follow`.

        Args:
            pipeline: the pipeline's slug, as `web` or `acme/web`; or a Build or its URL, which needs no number.
            number: the build's number, or a Build.
            pattern: a regular expression, which is searched in the text of each line. `re.escape` makes one of a text.
            context: the number of lines before and after a match to give with it. A match is given when they have
                arrived, or when its log has ended.
            jobs, state: the jobs whose logs are searched, as for `follow`.
            follow: search the logs as they grow, until the build finishes. False searches what they have now.
            tail: number of lines to begin with, for each log that has begun, as for `follow`. Matches are
                counted from there.
            timeout: maximum of seconds; None for no limit.
            max_requests_per_minute: limit on the requests in any minute, at least 4; by default 40.
            on_build: called at each poll of the build, as for `follow`.

        Raises:
            NothingMatched: `jobs` names none of the build's jobs.
            DeadlineExceeded: the logs were not searched to their ends in time.

        Example:
            >>> def errors(buildkite, number: int) -> None:
            ...     for match in buildkite.builds.log_search("web", number, pattern="error:", state="failed"):
            ...         print(f"{match.line.job_name}:{match.number}: {match.line.text}")
        """
        check(AsyncBuilds.log_search, locals())
        organization, slug, found = at = self._build_at("builds.log_search", pipeline, number)
        self._note_retry(at, pipeline, number)
        from ..logs.follow import follow_build, found_in
        from ..logs.schedule import Pace
        from ..logs.search import LogSearch

        search = LogSearch(pattern, before=count("context", context) or 0, after=context)
        positive(timeout=timeout)
        lines = follow_build(
            self._requester.within(organization),
            slug,
            found,
            pace=Pace.of(None, per_minute("max_requests_per_minute", max_requests_per_minute)),
            timeout=timeout,
            tail=count("tail", tail),
            jobs=_selection(jobs, state),
            stored=not follow,
            known=_build_in(pipeline, number) is not None,
            on_build=on_build,
            ends=True,
        )
        return DetachedIterator(found_in(DetachedIterator(lines), search))

    async def failure_summary(
        self,
        pipeline: str | Build,
        number: int | Build | None = None,
        *,
        max_jobs: int = 10,
        max_bytes: int = 8192,
        max_log_bytes: int = 262_144,
    ) -> FailureSummary:
        """Tell why a build failed: its failed jobs with the useful lines of their logs, retries, annotations, failed tests.
        Scopes: read_builds and read_build_logs; read_suites for a build with Test Engine runs.

        At most 3 requests are sent, one for each job that is shown, and one for each of at most 3 Test Engine runs. Of each log
        only the end is read, at most 5 at the same time. A log that is missing just after the end of its job is read again, for
        10 seconds at most. A part that can't be read, such as for want of a scope, is named in `problems`, and the rest is there.

        A build that hasn't failed has a summary too, which says so.

        Args:
            pipeline: the pipeline's slug, as `web` or `acme/web`; or a Build or its URL, which needs no number.
            number: the build's number, or a Build.
            max_jobs: the maximum of jobs to show, those of builds that were triggered included. 0 reads no log.
            max_bytes: the maximum of bytes of the summary's text, and of its JSON; at least 1024.
            max_log_bytes: the maximum of bytes to read of the end of each log; at least 1.

        Raises:
            BuildNotFound: the build, its pipeline or its organization doesn't exist for this token.
            ValueError: a maximum is too small.

        Example:
            >>> def report(buildkite, number: int) -> None:
            ...     summary = buildkite.builds.failure_summary("web", number)
            ...     if summary.failed:
            ...         print(summary)

        https://buildkite.com/docs/apis/rest-api/builds
        """
        check(AsyncBuilds.failure_summary, locals())
        from ..failures.reading import read_summary
        from ..failures.summary import LEAST_BYTES

        organization, slug, found = self._build_at("builds.failure_summary", pipeline, number)
        return await read_summary(
            self._requester.within(organization),
            slug,
            found,
            max_jobs=at_least("max_jobs", max_jobs, 0),
            max_bytes=at_least("max_bytes", max_bytes, LEAST_BYTES),
            max_log_bytes=at_least("max_log_bytes", max_log_bytes, 1),
        )


def _build_in(*arguments: object) -> Build | None:
    """Return the Build among arguments; None if they hold an address alone."""
    return next((each for each in arguments if isinstance(each, Build)), None)


def _selection(jobs: str | Job | Sequence[str | Job] | None, state: str | Sequence[str] | None) -> JobSelection | None:
    """Return the selection that the arguments `jobs` and `state` ask for; None for all jobs. An unknown state is warned of.

    Example:
        >>> _selection("unit*", "failed")
        JobSelection(patterns=('unit*',), states=frozenset({'failed'}))
        >>> _selection(None, None) is None
        True
    """
    names = [jobs] if isinstance(jobs, str | Job) else jobs
    states = many(state)
    if names is None and states is None:
        return None
    from ..logs.selection import JobSelection

    warn_unknown("state", states, JOB_STATES)
    patterns = tuple(name.id if isinstance(name, Job) else name for name in not_empty(names) or ())
    return JobSelection(patterns, frozenset(map(str, states or ())))


class Builds(generated.Builds):
    """Builds: create, list, follow, wait, unblock, cancel, rebuild."""

    list = blocking(AsyncBuilds.list)
    list_all = blocking(AsyncBuilds.list_all)
    get = blocking(AsyncBuilds.get)
    create = blocking(AsyncBuilds.create)
    find_or_create = blocking(AsyncBuilds.find_or_create)
    cancel = blocking(AsyncBuilds.cancel)
    rebuild = blocking(AsyncBuilds.rebuild)
    retry_failed_jobs = blocking(AsyncBuilds.retry_failed_jobs)
    unblock = blocking(AsyncBuilds.unblock)
    wait = blocking(AsyncBuilds.wait)
    handle = blocking(AsyncBuilds.handle)
    run = blocking(AsyncBuilds.run)
    events = blocking(AsyncBuilds.events)
    follow = blocking(AsyncBuilds.follow)
    log_search = blocking(AsyncBuilds.log_search)
    failure_summary = blocking(AsyncBuilds.failure_summary)

    def watcher(self, *, webhooks: bool = False) -> Watcher:
        """Return a watcher: any number of waits, in any tasks or threads, that share their requests. Nothing is sent.

        Args:
            webhooks: a handler of webhooks tells of builds by `builds.handle`, so that the watcher polls slowly.

        Example:
            >>> def all_pass(buildkite, builds) -> bool:
            ...     return all(buildkite.builds.watcher().wait_all(builds, timeout=3600))
        """
        return Watcher(AsyncWatcher(self._shared._requester, webhooks=webhooks))
