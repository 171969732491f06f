"""Builder of simulated pipelines: their steps, and builds that no request creates."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from random import Random

from ..states import Outcome
from ..unknown_keywords import checks_keywords
from .behaviour.commands import CommandBehaviour, LogScript, log_script
from .behaviour.endings import ENDINGS
from .behaviour.history import plan
from .definition.checks import (
    LOST_AGENT,
    check_exit_status,
    check_flags,
    check_name,
    check_names,
    check_number,
    check_optional_texts,
    check_text,
    check_whole,
    files_of,
    statuses,
    statuses_of,
    text_map,
    texts_of,
)
from .definition.selection import refuse_ignored_commit
from .definition.steps import BlockStep, CommandStep, Group, RetryRule, Step, TriggerStep, WaitStep, block_fields
from .deliveries.lock import StateLock
from .engine.endings import Endings
from .engine.engine import Engine
from .engine.history import History, check_ending, check_plans, longest_build
from .engine.scheduler import Scheduler
from .scripting import ScriptedPipeline
from .state.builds import Build, BuildRequest
from .state.pipelines import Pipeline
from .state.users import User

__all__ = ["SimulatedPipeline"]

__tracebackhide__ = True  # pytest shows the line of the test, not of this module; --full-trace shows all

_SOURCES = ("api", "schedule", "trigger_job", "ui", "webhook")
"""Sources of builds. https://buildkite.com/docs/apis/rest-api/builds"""

_BRANCHES = "one text of patterns with spaces between them, such as 'main release/*'"
_SOFT_FAIL = "True, False, or a list of exit statuses, such as [1]"


class SimulatedPipeline(ScriptedPipeline):
    """Pipeline of the simulator. Each method that adds a step returns the pipeline, so that calls can be chained.

    Existing builds keep the steps with which they were created.

    Example:
        >>> from buildkite_ext.simulation import Simulator
        >>> simulator = Simulator()
        >>> web = simulator.pipeline("web").job("test", log="ok\\n", after=30).wait().job("deploy")
        >>> web.build(branch="main").number
        1
    """

    def __init__(
        self,
        state: Pipeline,
        *,
        engine: Engine,
        past: Callable[[Scheduler], Engine],
        user: User,
        lock: StateLock,
        now: Callable[[], float],
    ) -> None:
        self.state = state
        self._engine = engine
        self._past = past
        self._user = user
        self._lock = lock
        self._now = now
        self._endings: Endings | None = None

    @property
    def slug(self) -> str:
        """Slug."""
        return self.state.slug

    @property
    def builds(self) -> list[Build]:
        """Builds at the clock's time, oldest first, so that a test can assert what a program sent.

        They are objects of the simulator, whose times are seconds since the epoch, and not models of the client. `state`,
        `number`, `branch`, `commit`, `message`, `env`, `meta_data` and `jobs` are some of their attributes.

        Example:
            >>> from buildkite_ext.simulation import Simulator
            >>> simulator = Simulator()
            >>> web = simulator.pipeline("web").job("test")
            >>> with simulator.client() as buildkite:
            ...     _ = buildkite.builds.create("web", commit="HEAD", branch="main", env={"DEBUG": "1"})
            >>> web.builds[0].env, web.builds[0].branch
            ({'DEBUG': '1'}, 'main')
        """
        with self._current():
            return list(self._engine.organization.builds_of(self.state).listed)

    @checks_keywords
    def job(
        self,
        name: str,
        *,
        command: str | None = None,
        log: LogScript = "",
        exit_status: int | Sequence[int] = 0,
        after: float = 5.0,
        artifacts: Mapping[str, bytes | str] | None = None,
        key: str | None = None,
        group: str | None = None,
        soft_fail: bool | Sequence[int] = False,
        parallelism: int | None = None,
        automatic_retries: int = 0,
        timeout: float | None = None,
        queue: str | None = None,
        priority: int = 0,
        env: Mapping[str, str] | None = None,
        branches: str | None = None,
        skip: bool = False,
    ) -> SimulatedPipeline:
        """Add a command step and what happens in its jobs.

        Args:
            name: the label.
            command: the command; `make <name>` by default.
            log: the output: a text whose lines arrive evenly while the job runs, or a list of pieces `(seconds, text)`.
            exit_status: the exit status; 0 passes. A sequence holds one for each attempt, and its last one holds for all
                further attempts.
            after: the seconds that the command runs.
            artifacts: the contents of the files that it uploads, by path; a text is encoded as UTF-8. They are `new` near
                its end and `finished` after it.
            key: the step key.
            group: the key of the step's group.
            soft_fail: whether a failure lets the build pass, or the exit statuses that do.
            parallelism: the number of jobs.
            automatic_retries: how often a failed job is retried automatically.
            timeout: the seconds after which the job is timed out.
            queue: the key of the queue whose agents run it, created if it is new; the cluster's default queue by default.
            priority: jobs of a higher priority start first when agents are few.
            env: environment variables.
            branches: the branches that run it, such as `"main release/*"`; on others, the job is broken.
            skip: whether it is skipped.

        Returns:
            The pipeline.

        Raises:
            TypeError: an argument has another type. The message names it.
            ValueError: a number is out of its range, `exit_status` is empty, or `queue` is.

        Example:
            >>> from buildkite_ext.simulation import Simulator
            >>> web = Simulator().pipeline("web")
            >>> _ = web.job("test", log="--- Tests\\n3 passed\\n", artifacts={"report.json": '{"passed": 3}'})
            >>> _ = web.job("slow", log=[(0, "begin\\n"), (55, "end\\n")], exit_status=[1, 0], after=60)
        """
        check_text("name", name)
        check_optional_texts(command=command, key=key, group=group)
        exit_statuses = statuses_of(exit_status)
        check_number("after", after)
        files = files_of(artifacts)
        soft = (
            soft_fail if isinstance(soft_fail, bool) else statuses("soft_fail", soft_fail, give=_SOFT_FAIL, one=False)
        )
        if not isinstance(soft, bool):
            for index, status in enumerate(soft):
                check_exit_status(f"soft_fail[{index}]", status, least=LOST_AGENT)
        check_whole("parallelism", parallelism, least=1, optional=True)
        check_whole("automatic_retries", automatic_retries)
        check_number("timeout", timeout, optional=True)
        check_whole("priority", priority, least=None)
        variables = text_map("env", env)
        if branches is not None:
            check_text("branches", branches, give=_BRANCHES)
        check_flags(skip=skip)
        output = log_script(log)
        if queue is not None:
            check_names(queue=queue)
            with self._current():
                cluster = self._engine.organization.cluster_of(self.state)
                self._engine.administration.clusters.add_queue(cluster, queue, self._user, of_step=True)
        step = CommandStep(
            label=name,
            command=command if command is not None else f"make {name}",
            key=key,
            group=self._group(group),
            artifact_paths=tuple(files),
            soft_fail=soft,
            parallelism=parallelism,
            retry=(RetryRule(limit=automatic_retries),) if automatic_retries else (),
            timeout=timeout,
            agents=() if queue is None else (f"queue={queue}",),
            priority=priority,
            env=variables,
            branches=branches,
            skip=skip,
        )
        behaviour = CommandBehaviour(duration=float(after), exit_statuses=exit_statuses, log=output, artifacts=files)
        return self._with_step(step, behaviour)

    @checks_keywords
    def wait(self, *, continue_on_failure: bool = False) -> SimulatedPipeline:
        """Add a wait step: the steps after it start when all steps before it have passed.

        Args:
            continue_on_failure: whether they start after a failure, too.

        Raises:
            TypeError: it isn't a boolean.
        """
        check_flags(continue_on_failure=continue_on_failure)
        return self._with_step(WaitStep(continue_on_failure=continue_on_failure))

    @checks_keywords
    def block(
        self,
        label: str,
        fields: Iterable[str | Mapping[str, object]] = (),
        *,
        key: str | None = None,
        blocked_state: str = "passed",
    ) -> SimulatedPipeline:
        """Add a block step: a user has to unblock the build.

        Args:
            label: the label.
            fields: the fields of the form, such as `["version"]`: keys of required fields, or mappings as in pipeline.yml.
                The answers become meta-data of the build.
            key: the step key.
            blocked_state: the state that the API shows while the build is blocked: passed, failed or running.

        Raises:
            TypeError: an argument has another type, such as `fields` that are a single text. The message names it.
            ValueError: a field has no key, or the state is another one.
        """
        check_text("label", label)
        check_optional_texts(key=key)
        check_name("blocked_state", blocked_state, ("passed", "failed", "running"), "state of a blocked build")
        return self._with_step(
            BlockStep(label=label, key=key, fields=block_fields(fields), blocked_state=blocked_state)
        )

    @checks_keywords
    def trigger(
        self,
        pipeline: str,
        *,
        label: str | None = None,
        key: str | None = None,
        branch: str | None = None,
        asynchronous: bool = False,
    ) -> SimulatedPipeline:
        """Add a trigger step: it creates a build of another pipeline and, unless asynchronous, passes or fails with it.

        Args:
            pipeline: the slug of the other pipeline.
            label: the label; the slug by default.
            key: the step key.
            branch: the branch; the default branch of the other pipeline by default.
            asynchronous: whether it passes at once.

        Raises:
            TypeError: an argument has another type. The message names it.
            ValueError: the slug is empty.
        """
        check_text("pipeline", pipeline, give="the slug of the other pipeline, a text such as 'deploy'")
        check_names(pipeline=pipeline)
        check_optional_texts(label=label, key=key, branch=branch)
        check_flags(asynchronous=asynchronous)
        return self._with_step(
            TriggerStep(
                pipeline=pipeline,
                label=label or pipeline,
                key=key,
                branch=branch,
                asynchronous=asynchronous,
            )
        )

    def ends(self, outcome: Outcome) -> SimulatedPipeline:
        """Make new builds end with an outcome. It doesn't matter how their jobs would end by themselves.

        With `failed` and `failing`, the jobs fail whose failure isn't allowed; with `failing` they run for two minutes at
        least, and promise to fail long before their end. With `canceled` a user cancels the build while its first job runs,
        with `skipped` it never begins, and with `not_run` all its steps are left out. With `blocked` it stays at its first
        block step; with `passed`, `failed` and `failing` a user unblocks it at once. A trigger step ends as the build that it
        triggers.

        Args:
            outcome: the outcome, one of `buildkite_ext.Outcome`.

        Returns:
            The pipeline.

        Raises:
            TypeError: the outcome isn't a text.
            ValueError: `outcome` isn't one of these, or no step can cause it, such as `blocked` without a block step: add the
                steps first.

        Example:
            >>> from buildkite_ext.simulation import Simulator
            >>> simulator = Simulator()
            >>> web = simulator.pipeline("web").job("test").ends("canceled")
            >>> with simulator.client() as buildkite:
            ...     build = buildkite.builds.create("web", commit="HEAD", branch="main")
            ...     buildkite.builds.wait("web", build.number).outcome
            'canceled'

        https://buildkite.com/docs/pipelines/configure/defining-steps
        """
        check_name("outcome", outcome, ENDINGS, "outcome")
        with self._current():
            check_ending(outcome, self.state)
            if self._endings is None:
                self._endings = Endings(self._engine, self.state, self._user)
            self.state.ending = outcome
        return self

    @checks_keywords
    def build(
        self,
        *,
        branch: str | None = None,
        commit: str | None = None,
        message: str | None = None,
        source: str = "webhook",
        env: Mapping[str, str] | None = None,
        meta_data: Mapping[str, str] | None = None,
        tag: str | None = None,
        changed: Sequence[str] | None = None,
    ) -> Build:
        """Create a build as a push does.

        Args:
            branch: the branch; the pipeline's default branch by default.
            commit: the commit; a new one by default.
            message: the message.
            source: what created it: `webhook`, `api`, `ui`, `trigger_job` or `schedule`.
            env: environment variables.
            meta_data: the meta-data.
            tag: the tag, which conditions read.
            changed: the paths of the files that the commit changes, for `if_changed`; None if they aren't known, and then
                it leaves no step out.

        Returns:
            The build. It proceeds as the simulator's `VirtualClock` does. With another clock, read `builds` to advance it.

        Raises:
            TypeError: an argument has another type. The message names it.
            ValueError: the source doesn't exist, or the message of a push holds `[skip ci]` or the like. Buildkite creates no
                build for such a push.
        """
        check_optional_texts(branch=branch, commit=commit, message=message, tag=tag)
        files = None if changed is None else texts_of("changed", changed, give="a list of paths, such as ['README.md']")
        check_name("source", source, _SOURCES, "source of a build")
        refuse_ignored_commit(message, source)
        env, meta_data = text_map("env", env), text_map("meta_data", meta_data)
        with self._current():
            request = self._request(branch, commit, message, env, meta_data)
            request = replace(request, tag=tag, changed=files)
            return self._engine.create(self.state, request, source=source, creator=self._user)

    @checks_keywords
    def history(
        self,
        count: int,
        *,
        every: float = 60.0,
        branch: str | Sequence[str] | None = None,
        meta_data: Mapping[str, str] | None = None,
        outcomes: Mapping[str, float] | None = None,
        retried: float = 0.0,
    ) -> SimulatedPipeline:
        """Add builds of the past that are over now, as a test of a long list needs.

        By default all go as the pipeline's steps say. `outcomes` and `retried` mix them; the simulator's seed decides which
        build goes how.

        Args:
            count: the number of builds.
            every: the seconds between the creation of two builds.
            branch: the branch, or several, of which each build gets one.
            meta_data: the meta-data.
            outcomes: the outcomes with the share of each, such as `{"passed": 8, "failed": 1, "canceled": 1}`. They are
                `passed`, `failed`, `canceled` and, for a pipeline with a block step, `blocked`. Users unblock the builds
                that pass or fail. The shares are met exactly, as far as `count` allows. A trigger step ends as the build
                that it triggers.
            retried: the share of the passed builds in which a job failed and passed when it was retried, from 0 to 1.

        Raises:
            TypeError: an argument has another type. The message names it.
            ValueError: an outcome is unknown or impossible in this pipeline, or a number is out of its range.

        Example:
            >>> from buildkite_ext.simulation import Simulator
            >>> web = Simulator().pipeline("web").job("test")
            >>> builds = web.history(200, outcomes={"passed": 9, "failed": 1}, retried=0.1).builds
            >>> sum(build.state == "failed" for build in builds), sum(len(build.jobs) > 1 for build in builds)
            (20, 18)
        """
        check_whole("count", count)
        check_number("every", every)
        _check_past(every * max(0, count - 1), self._now())
        meta_data = text_map("meta_data", meta_data)
        if branch is None or isinstance(branch, str):
            branches = [branch or self.state.default_branch]
        else:
            branches = list(texts_of("branch", branch, give="a branch, or a list of branches"))
        chosen = outcomes is not None or bool(retried)
        with self._current():
            # A history in which nothing is drawn takes no identifier.
            random = Random(self._engine.organization.ids.uuid() if chosen or len(branches) > 1 else 0)
            plans = plan(count, branches=branches, outcomes=outcomes, retried=retried, random=random)
            check_plans(plans, self.state)
            ending, self.state.ending = self.state.ending, None
            try:
                now = self._now()
                before = self._build_duration(now) + every * max(0, count - 1)
                if chosen:
                    before += longest_build(
                        self.state, self._engine.timing, self._engine.organization.pipeline_settings
                    )
                _check_past(before, now)
                scheduler = Scheduler(now - before)
                history = History(self._past(scheduler), self.state, self._user)
                for number, planned in enumerate(plans):
                    request = self._request(planned.branch, None, None, None, meta_data)
                    scheduler.after(number * every, history.create, request, planned)
                history.run(users_act=chosen)
            finally:
                self.state.ending = ending
        return self

    def _group(self, key: str | None) -> Group | None:
        """Return the group of a key, and add it if it is new."""
        if key is None:
            return None
        known = next((group for group in self.state.groups if group.key == key), None)
        if known is None:
            known = Group(key=key, label=key)
            self.state.groups.append(known)
        return known

    def _with_step(self, step: Step, behaviour: CommandBehaviour | None = None) -> SimulatedPipeline:
        if self.state.template is not None:
            raise ValueError(f"the steps of {self.slug!r} come from the text of configure(): add the step there")
        with self._current():
            self._engine.administration.add_step(self.state, step, behaviour)
        return self

    def _build_duration(self, now: float) -> float:
        """Return the seconds that a build takes."""
        scheduler = Scheduler(now)
        engine = self._past(scheduler)
        request = self._request(None, "0" * 40, "rehearsal", None, None)
        engine.create(self.state, request, source="webhook", creator=self._user, rehearsal=True)
        engine.drain()
        return scheduler.now - now

    def _request(
        self,
        branch: str | None,
        commit: str | None,
        message: str | None,
        env: Mapping[str, str] | None,
        meta_data: Mapping[str, str] | None,
    ) -> BuildRequest:
        branch = branch or self.state.default_branch
        return BuildRequest(
            commit=commit or self._engine.organization.ids.commit(),
            branch=branch,
            message=message or f"Push to {branch}",
            env=dict(env or {}),
            meta_data=dict(meta_data or {}),
        )


def _check_past(seconds: float, now: float) -> None:
    """Check that a history begins at a time that has a date.

    Raises:
        ValueError: it would begin before 1970.
    """
    if seconds > now:
        raise ValueError(f"the history would be {seconds:g} s long, and begin before 1970: give a smaller `every`")
