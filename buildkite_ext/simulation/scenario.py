"""Scenario: what happened in a real build, so that a simulator lets it happen again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from buildkite_api.types import kind_of

from ..errors import ConfigurationError
from .behaviour.commands import CommandBehaviour
from .clients import Simulator
from .definition.checks import check_name, check_whole
from .definition.steps import BlockStep, CommandStep, RetryRule, Step, TriggerStep, WaitStep
from .engine.changes import Change, JobChanged
from .state.builds import Build, Job

if TYPE_CHECKING:
    from buildkite_api import models

    from ..client import BuildkiteClient

__all__ = ["Scenario", "ScenarioAttempt", "ScenarioJob"]

_LOG_BYTES = 64 * 1024
_KINDS = ("script", "manual", "trigger", "waiter")
_LEFT = "\n[the rest of the log was not recorded]\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class ScenarioAttempt:
    """Attempt of a job.

    Attributes:
        state: its last state, such as `passed`, `failed`, `timed_out` or `canceled`.
        exit_status: its exit status; None where it has none.
        seconds: how long it ran.
        soft_failed: whether its failure was allowed.
        log: the beginning of its log.
        artifacts: the paths of its artifacts.
        retried: how it was retried: `manual`, `automatic`, or None.
    """

    state: str = "passed"
    exit_status: int | None = 0
    seconds: float = 0.0
    soft_failed: bool = False
    log: str = ""
    artifacts: tuple[str, ...] = ()
    retried: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ScenarioJob:
    """Job of a scenario, with its attempts.

    Attributes:
        kind: `script`, `manual`, `trigger` or `waiter`.
        name: its label.
        key: the key of its step.
        command: its command.
        pipeline: the slug of the pipeline that it triggered.
        attempts: its attempts, oldest first. A block step has one: `unblocked` after `seconds`, or `blocked`.
    """

    kind: str
    name: str = ""
    key: str | None = None
    command: str | None = None
    pipeline: str | None = None
    attempts: tuple[ScenarioAttempt, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """Build that was recorded: its jobs in their order, how long they ran, how they ended, and the beginnings of their logs.

    The REST API doesn't tell which step waits for which, so wait and block steps alone keep the order of the jobs. Contents of
    artifacts, environment variables and meta-data aren't recorded.

    Attributes:
        pipeline: the slug of the pipeline.
        branch, commit, message: of the build.
        state: its last state.
        jobs: its jobs.

    Example:
        >>> from buildkite_ext.simulation import Simulator
        >>> simulator = Simulator()
        >>> web = simulator.pipeline("web").job("test", exit_status=[1, 0], automatic_retries=1, after=90, log="3 passed\\n")
        >>> build = web.build()
        >>> simulator.clock.sleep(600)
        >>> with simulator.client() as buildkite:
        ...     scenario = Scenario.from_build(buildkite, "web", build.number)
        >>> [attempt.exit_status for attempt in scenario.jobs[0].attempts]
        [1, 0]
        >>> other = Simulator()
        >>> played = scenario.play(other)
        >>> other.clock.sleep(600)
        >>> other.pipeline("web").builds[0].state, [job.state for job in played.jobs]
        ('passed', ['failed', 'passed'])
    """

    pipeline: str
    branch: str = "main"
    commit: str = "HEAD"
    message: str = ""
    state: str = "passed"
    jobs: tuple[ScenarioJob, ...] = field(default_factory=tuple)

    @classmethod
    def from_build(
        cls, client: BuildkiteClient, pipeline: str, number: int, *, log_bytes: int = _LOG_BYTES
    ) -> Scenario:
        """Record a build: one request for it, and two for each attempt of a command.

        Args:
            client: reads the build, its logs and the names of its artifacts.
            pipeline: the slug of the pipeline.
            number: the number of the build.
            log_bytes: the bytes that are kept of each log; 0 for no logs. Tokens in them are replaced.

        Returns:
            The scenario.

        Raises:
            BuildkiteError: a request was refused.
            TypeError: `log_bytes` isn't a number.
            ValueError: it is negative.
        """
        check_whole("log_bytes", log_bytes)
        build = client.builds.get(pipeline, number, include_retried_jobs=True)
        jobs = [*(build.jobs or ())]
        later = {retried for job in jobs if isinstance(retried := getattr(job, "retried_in_job_id", None), str)}
        known = {job.id: job for job in jobs}
        made = tuple(
            _recorded(client, pipeline, number, [*_attempts(job, known)], log_bytes)
            for job in jobs
            if job.id not in later
        )
        return cls(
            pipeline=pipeline,
            branch=build.branch or "main",
            commit=build.commit or "HEAD",
            message=build.message or "",
            state="blocked" if build.blocked else _word(build.state),
            jobs=made,
        )

    def dump(self) -> str:
        """Return the scenario as YAML."""
        import yaml

        return str(yaml.safe_dump(_plain(asdict(self)), sort_keys=False, allow_unicode=True))

    @classmethod
    def load(cls, text: str) -> Scenario:
        """Return the scenario of a text that `dump` made.

        Raises:
            ConfigurationError: the text isn't one. The message says what is wrong in it.

        Example:
            >>> Scenario.load("pipeline: web\\njobs: [{kind: script, name: test}]").jobs[0].name
            'test'
        """
        import yaml

        try:
            found: Any = yaml.safe_load(text)
            if not isinstance(found, dict):
                raise TypeError(f"it is {kind_of(found)}, not a map with the key pipeline")
            jobs = tuple(_loaded(each) for each in found.get("jobs") or ())
            return cls(**{**found, "jobs": jobs})
        except (yaml.YAMLError, TypeError, ValueError, RecursionError) as error:
            raise ConfigurationError(f"the text isn't a scenario: {error}") from error

    def play(self, simulator: Simulator, *, timing: Literal["recorded", "at once"] = "recorded") -> Build:
        """Create a build in a simulator that goes as the recorded one went.

        Args:
            simulator: the simulator. The pipeline is created there; it must be new or have no steps.
            timing: `recorded`: each job runs as long as it did; or `at once`: no job takes time.

        Returns:
            The build. It proceeds as the simulator's clock does.

        Raises:
            ValueError: the pipeline has steps already, or there is no such timing.
        """
        check_name("timing", timing, ("recorded", "at once"), "timing of a scenario")
        pipeline = simulator.pipeline(self.pipeline)
        if pipeline.state.steps:
            raise ValueError(f"the pipeline {self.pipeline!r} has steps already: play the scenario in a new pipeline")
        scale = 1.0 if timing == "recorded" else 0.0
        for job in self.jobs:
            if job.kind == "trigger" and job.pipeline is not None:
                target = simulator.pipeline(job.pipeline)
                if not target.state.steps:
                    failed = bool(job.attempts) and job.attempts[-1].state != "passed"
                    target.job(
                        "build", exit_status=int(failed), after=job.attempts[-1].seconds * scale if job.attempts else 0
                    )
            pipeline._with_step(_step(job, scale), _behaviour(job, 0, scale))
        player = _Player(self, pipeline._engine, scale)
        simulator.on_change(player.react)
        build = pipeline.build(branch=self.branch, commit=self.commit, message=self.message)
        player.begin(build)
        return build


class _Player:
    """Player of a scenario: it does what users did, and lets each attempt go as it went."""

    def __init__(self, scenario: Scenario, engine: Any, scale: float) -> None:
        self._scenario = scenario
        self._engine = engine
        self._scale = scale
        self._build: Build | None = None
        self._jobs: dict[Step, ScenarioJob] = {}

    def begin(self, build: Build) -> None:
        """Begin with a build that was created."""
        self._build = build
        self._jobs = {job.step: made for job, made in zip(build.jobs, self._scenario.jobs, strict=True)}

    def react(self, change: Change) -> None:
        """React to a change of the build."""
        if not isinstance(change, JobChanged) or change.job.build is not self._build:
            return
        job = change.job
        recorded = self._jobs.get(job.step)
        if recorded is None or not recorded.attempts:
            return
        attempt = recorded.attempts[min(job.attempt, len(recorded.attempts) - 1)]
        if change.before is None and job.attempt:
            job.behaviour = _behaviour(recorded, job.attempt, self._scale)
        elif change.after == "blocked" and attempt.state == "unblocked":
            self._later(attempt.seconds, lambda: self._unblock(job))
        elif change.after == "running" and change.before == "accepted" and attempt.state == "canceled":
            self._later(attempt.seconds, lambda: self._cancel(job))
        elif job.over and attempt.retried == "manual" and not job.retried and change.before != change.after:
            self._later(0, lambda: self._retry(job))

    def _later(self, seconds: float, act: Any) -> None:
        self._engine.scheduler.after(seconds * self._scale, act)

    def _unblock(self, job: Job) -> None:
        if job.state == "blocked":
            self._engine.unblock(job, job.build.creator, {})

    def _cancel(self, job: Job) -> None:
        if job.state == "running":
            self._engine.cancel(job.build)

    def _retry(self, job: Job) -> None:
        if not job.retried:
            self._engine.retry(job, by=job.build.creator)


def _attempts(job: Any, known: Mapping[str, Any]) -> Iterator[Any]:
    """Yield a job and those that retried it, oldest first."""
    while job is not None:
        yield job
        job = known.get(getattr(job, "retried_in_job_id", None) or "")


def _recorded(client: BuildkiteClient, pipeline: str, number: int, attempts: list[Any], log_bytes: int) -> ScenarioJob:
    first: models.Job = attempts[0]
    kind = _word(first.type)
    name = _text(first, "name") or _text(first, "label") or ""
    triggered = getattr(first, "triggered_build", None)
    url = _text(triggered, "url") or "" if triggered is not None else ""
    return ScenarioJob(
        kind=kind,
        name=name,
        key=_text(first, "step_key"),
        command=_text(first, "command"),
        pipeline=url.partition("/pipelines/")[2].partition("/")[0] or None,
        attempts=tuple(_attempt(client, pipeline, number, job, log_bytes=log_bytes) for job in attempts)
        if kind != "waiter"
        else (),
    )


def _attempt(client: BuildkiteClient, pipeline: str, number: int, job: Any, *, log_bytes: int) -> ScenarioAttempt:
    status = getattr(job, "exit_status", None)
    ended = getattr(job, "unblocked_at", None) or getattr(job, "finished_at", None)
    began = getattr(job, "started_at", None) or getattr(job, "runnable_at", None)
    seconds = max(0.0, (ended - began).total_seconds()) if ended is not None and began is not None else 0.0
    log, artifacts = "", tuple[str, ...]()
    if _word(job.type) == "script" and began is not None:
        if log_bytes:
            from ..redaction import redacted_text

            content = client.jobs.log(pipeline, number, job.id).content
            text = content if isinstance(content, str) else ""
            cut = text.encode()[:log_bytes].decode(errors="ignore")
            log = redacted_text(cut) + (_LEFT if len(cut) < len(text) else "")
        artifacts = tuple(each.path for each in client.artifacts.list_for_job(pipeline, number, job.id) if each.path)
    retried = getattr(job, "retry_type", None)
    return ScenarioAttempt(
        state=_word(job.state),
        exit_status=status if isinstance(status, int) else None,
        seconds=seconds,
        soft_failed=getattr(job, "soft_failed", None) is True,
        log=log,
        artifacts=artifacts,
        retried=None if retried is None else _word(retried),
    )


def _word(value: object) -> str:
    """Return the text of a value of an enumeration, also of one that this version doesn't know."""
    return str(getattr(value, "value", value))


def _text(job: Any, name: str) -> str | None:
    found = getattr(job, name, None)
    return found if isinstance(found, str) else None


def _step(job: ScenarioJob, scale: float) -> Step:
    last = job.attempts[-1] if job.attempts else ScenarioAttempt()
    if job.kind == "waiter":
        return WaitStep()
    if job.kind == "manual":
        return BlockStep(label=job.name or "Block", key=job.key)
    if job.kind == "trigger" and job.pipeline is not None:
        return TriggerStep(pipeline=job.pipeline, label=job.name or job.pipeline, key=job.key)
    automatic = sum(each.retried == "automatic" for each in job.attempts)
    timed = [each.seconds * scale for each in job.attempts if each.state == "timed_out"]
    return CommandStep(
        label=job.name,
        command=job.command or "",
        key=job.key,
        soft_fail=any(each.soft_failed for each in job.attempts),
        retry=(RetryRule(limit=automatic),) if automatic else (),
        timeout=timed[0] if timed else None,
        skip=last.state in ("broken", "skipped"),
    )


def _behaviour(job: ScenarioJob, attempt: int, scale: float) -> CommandBehaviour:
    if not job.attempts:
        return CommandBehaviour(duration=0)
    one = job.attempts[min(attempt, len(job.attempts) - 1)]
    failed = one.state in ("failed", "timed_out")
    status = 0 if one.state == "passed" else int(failed) if one.exit_status is None else one.exit_status
    longer = 1.0 if one.state in ("timed_out", "canceled") else 0.0
    return CommandBehaviour(
        duration=one.seconds * scale + longer,
        exit_statuses=(status,),
        log=one.log.encode(),
        artifacts=dict.fromkeys(one.artifacts, b""),
    )


def _loaded(found: Any) -> ScenarioJob:
    if not isinstance(found, dict):
        raise TypeError(f"a job is {kind_of(found)}, not a map")
    check_name("kind", found.get("kind"), _KINDS, "kind of a job")
    attempts = tuple(
        ScenarioAttempt(**{**each, "artifacts": tuple(each.get("artifacts") or ())})
        for each in found.get("attempts") or ()
    )
    return ScenarioJob(**{**found, "attempts": attempts})


def _plain(value: Any) -> Any:
    """Return a value with lists in place of tuples, and without what is empty."""
    if isinstance(value, dict):
        return {key: _plain(each) for key, each in value.items() if each not in (None, "", ()) or key == "exit_status"}
    return [_plain(each) for each in value] if isinstance(value, tuple | list) else value
