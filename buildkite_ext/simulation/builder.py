"""A pipeline as tests write it: its steps, and builds of it made without a request."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial

from .definition.steps import BlockStep, CommandStep, LogScript, TriggerStep, WaitStep, block_fields
from .engine.engine import Engine
from .engine.scheduler import Timeline
from .state.builds import Asked, Build
from .state.pipelines import Pipeline
from .state.users import User


class SimulatedPipeline:
    """A pipeline of the simulator. Each method that adds a step returns the pipeline, so that steps read as a list.

    Builds that exist already keep the steps that they were created with.

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
        past: Callable[[Timeline], Engine],
        user: User,
        lock: threading.RLock,
        now: Callable[[], float],
    ) -> None:
        self.state = state
        self._engine = engine
        self._past = past
        self._user = user
        self._lock = lock
        self._now = now

    @property
    def slug(self) -> str:
        """Its slug."""
        return self.state.slug

    @property
    def builds(self) -> list[Build]:
        """Its builds as they are now, oldest first."""
        with self._current():
            return list(self.state.builds)

    def job(
        self,
        name: str,
        *,
        command: str | None = None,
        log: LogScript = "",
        exit_status: int | Sequence[int] = 0,
        after: float = 5.0,
        artifacts: Mapping[str, bytes] | None = None,
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
        """Add a command.

        Args:
            name: its label.
            command: what it runs.
            log: what it prints: a text, whose lines come evenly while it runs, or `(seconds, text)` pieces.
            exit_status: 0 passes; of a sequence the first is the first attempt's, the last goes on for all others.
            after: the seconds that it runs.
            artifacts: the files that it uploads, by path. They are `new` near its end and `finished` when it ends.
            key: its step key.
            group: the key of the group it belongs to.
            soft_fail: whether a failure lets the build pass; or the exit statuses with which it does.
            parallelism: how many jobs it becomes.
            automatic_retries: how often a failure is retried at once.
            timeout: the seconds after which it is timed out.
            queue: the queue whose agents run it; the cluster's default queue where there is none of this key.
            priority: higher ones are taken first where agents are few.
            env: its environment variables.
            branches: the branches it runs on, such as `"main release/*"`; elsewhere it is broken.
            skip: it is skipped.

        Returns:
            The pipeline.

        Raises:
            ValueError: a number makes no sense.
        """
        if after < 0 or automatic_retries < 0 or (parallelism is not None and parallelism < 1):
            raise ValueError("after and automatic_retries are at least 0, parallelism at least 1")
        statuses = (exit_status,) if isinstance(exit_status, int) else tuple(exit_status)
        if not statuses:
            raise ValueError("exit_status needs at least one status")
        if queue is not None:
            with self._lock:
                organization = self._engine.organization
                cluster = next(item for item in organization.clusters if item.id == self.state.cluster_id)
                organization.add_queue(cluster, queue, self._user, self._now())
        self.state.steps.append(
            CommandStep(
                name=name,
                command=command if command is not None else f"make {name}",
                key=key,
                group=group,
                log=log,
                exit_status=statuses,
                after=float(after),
                artifacts=dict(artifacts or {}),
                soft_fail=soft_fail if isinstance(soft_fail, bool) else tuple(soft_fail),
                parallelism=parallelism,
                automatic_retries=automatic_retries,
                timeout=timeout,
                queue=queue,
                priority=priority,
                env=dict(env or {}),
                branches=branches,
                skip=skip,
            )
        )
        return self

    def wait(self, *, continue_on_failure: bool = False) -> SimulatedPipeline:
        """Add a wait: what stands behind it begins when everything before it has passed.

        Args:
            continue_on_failure: it begins after a failure, too.
        """
        self.state.steps.append(WaitStep(continue_on_failure=continue_on_failure))
        return self

    def block(
        self,
        label: str,
        fields: Iterable[str | Mapping[str, object]] = (),
        *,
        key: str | None = None,
        blocked_state: str = "passed",
    ) -> SimulatedPipeline:
        """Add a block: somebody has to let the build go on.

        Args:
            label: what the person is asked.
            fields: the form's fields: keys of required ones, or mappings as in pipeline.yml. The answers become the
                build's meta-data.
            key: its step key.
            blocked_state: the state that the API shows while the build is blocked: passed, failed or running.

        Raises:
            ValueError: a field has no key, or the state is none of the three.
        """
        if blocked_state not in ("passed", "failed", "running"):
            raise ValueError(f"blocked_state={blocked_state!r}: it is passed, failed or running")
        self.state.steps.append(
            BlockStep(label=label, key=key, fields=block_fields(fields), blocked_state=blocked_state)
        )
        return self

    def trigger(
        self,
        pipeline: str,
        *,
        label: str | None = None,
        key: str | None = None,
        branch: str | None = None,
        asynchronous: bool = False,
    ) -> SimulatedPipeline:
        """Add a trigger: it creates a build of another pipeline and, unless asynchronous, passes or fails with it.

        Args:
            pipeline: the other pipeline's slug.
            label: its label; the slug unless given.
            key: its step key.
            branch: the branch to build; the other pipeline's default branch unless given.
            asynchronous: whether it passes at once.
        """
        self.state.steps.append(
            TriggerStep(
                pipeline=pipeline,
                label=label or pipeline,
                key=key,
                branch=branch,
                wait_for_it=not asynchronous,
            )
        )
        return self

    def build(
        self,
        *,
        branch: str | None = None,
        commit: str | None = None,
        message: str | None = None,
        source: str = "webhook",
        env: Mapping[str, str] | None = None,
        meta_data: Mapping[str, str] | None = None,
    ) -> Build:
        """Create a build, as a push would.

        Returns:
            The build. It goes on with the clock; `builds` brings it up to the hour.
        """
        with self._current():
            asked = self._asked(branch, commit, message, env, meta_data)
            return self._engine.create(self.state, asked, source=source, creator=self._user)

    def history(
        self,
        count: int,
        *,
        every: float = 60.0,
        branch: str | None = None,
        meta_data: Mapping[str, str] | None = None,
    ) -> SimulatedPipeline:
        """Have builds that are over by now: as many as a test of a long list needs.

        Args:
            count: how many.
            every: the seconds between the creation of two.
            branch: their branch.
            meta_data: their meta-data.

        Example:
            >>> from buildkite_ext.simulation import Simulator
            >>> len(Simulator().pipeline("web").job("test").history(200).builds)
            200
        """
        with self._current():
            now = self._now()
            span = self._rehearse(now)
            timeline = Timeline(now - span - every * max(0, count - 1))
            engine = self._past(timeline)
            for number in range(count):
                asked = self._asked(branch, None, None, None, meta_data)
                create = partial(engine.create, self.state, asked, source="webhook", creator=self._user)
                timeline.after(number * every, create)
            timeline.drain()
        return self

    def _rehearse(self, now: float) -> float:
        """The seconds that one build takes."""
        timeline = Timeline(now)
        engine = self._past(timeline)
        asked = self._asked(None, "0" * 40, "rehearsal", None, None)
        engine.create(self.state, asked, source="webhook", creator=self._user, rehearsal=True)
        timeline.drain()
        return timeline.now - now

    def _asked(
        self,
        branch: str | None,
        commit: str | None,
        message: str | None,
        env: Mapping[str, str] | None,
        meta_data: Mapping[str, str] | None,
    ) -> Asked:
        branch = branch or self.state.default_branch
        return Asked(
            commit=commit or self._engine.organization.ids.commit(),
            branch=branch,
            message=message or f"Push to {branch}",
            env=dict(env or {}),
            meta_data=dict(meta_data or {}),
        )

    @contextmanager
    def _current(self) -> Iterator[None]:
        """Everything that is due by now has happened, and nothing else happens meanwhile."""
        with self._lock:
            self._engine.timeline.advance(self._now())
            yield
