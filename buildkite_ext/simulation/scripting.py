"""Scripts of simulated pipelines: steps from a pipeline.yml, and what happens in their jobs."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from itertools import chain
from typing import Any, Self

from buildkite_api.types import kind_of

from ..errors import ConfigurationError
from ..unknown_keywords import checks_keywords
from ..unknown_names import UnknownNameWarning, nearest
from .behaviour.commands import CommandBehaviour, LogScript, Upload, log_script
from .behaviour.rules import BehaviourRule, StepMatcher, names_step
from .definition.checks import check_exit_status, check_flags, check_number, check_text, files_of, statuses_of
from .definition.places import placed
from .definition.steps import CommandStep, Step
from .definition.template import Template
from .definition.yaml_tree import PipelineError
from .deliveries.lock import StateLock
from .engine.engine import Engine
from .state.builds import Job
from .state.pipelines import Pipeline

__all__ = ["ScriptedPipeline"]

__tracebackhide__ = True  # pytest shows the line of the test, not of this module; --full-trace shows all


class ScriptedPipeline:
    """Pipeline whose steps come from a text, and whose jobs do what a test says. `SimulatedPipeline` is one."""

    state: Pipeline
    _engine: Engine
    _lock: StateLock
    _now: Callable[[], float]

    def configure(self, text: str) -> Self:
        """Take the steps from the text of a pipeline.yml, in place of those that the pipeline has.

        Environment variables in it are expanded for each build, by the rules of `buildkite-agent pipeline upload`. Queues that
        it names are created.

        Args:
            text: the YAML text.

        Returns:
            The pipeline.

        Raises:
            ConfigurationError: Buildkite would refuse it. The message has the line and the column.
            TypeError: it isn't a text.

        Example:
            >>> from buildkite_ext.simulation import Simulator
            >>> simulator = Simulator()
            >>> web = simulator.pipeline("web").configure('''
            ... steps:
            ...   - {label: Test, key: test, command: make test}
            ...   - {label: Deploy, command: make deploy, depends_on: test, if: build.branch == "main"}
            ... ''')
            >>> web = web.script("test", exit_status=1)
            >>> build = web.build(branch="main")
            >>> _ = simulator.clock.advance(60)
            >>> web.builds[0].state, [job.state for job in build.jobs]
            ('failed', ['failed', 'waiting_failed'])

        https://buildkite.com/docs/pipelines/configure/defining-steps
        """
        check_text("text", text, give="the text of a pipeline.yml")
        try:
            template = Template(text)
            errors = template.definition.errors
        except PipelineError as error:
            raise ConfigurationError(str(error)) from None
        if errors:
            first = placed(errors[:1], text)[0]
            raise ConfigurationError(f"line {first.mark.line}, column {first.mark.column}: {first.message}")
        for problem in template.definition.problems:
            warnings.warn(f"line {problem.mark.line}: {problem.message}", UnknownNameWarning, stacklevel=2)
        with self._current():
            self._engine.administration.configure(self.state, template)
        return self

    @checks_keywords
    def script(
        self,
        steps: StepMatcher,
        *,
        log: LogScript | None = None,
        exit_status: int | Sequence[int] | None = None,
        after: float | None = None,
        artifacts: Mapping[str, bytes | str] | None = None,
        signal: str | None = None,
        signal_reason: str | None = None,
        promise: tuple[float, int] | None = None,
        interrupted: tuple[float, int] | None = None,
    ) -> Self:
        """Say what happens in the jobs of some steps. What isn't given stays as it is.

        It also holds for steps that are uploaded later, and for builds that exist where their jobs have not been created. A name
        that no step has, neither of the pipeline nor of a text given to `on_upload` before, is warned about. Where `on_upload`
        got a function, no name is: its steps aren't known yet.

        Args:
            steps: the key or the label of a step, a pattern of it with `*`, or a function that tells whether a step is meant.
            log, exit_status, after, artifacts: as for `job`. The exit status -1 is that of a lost agent, which never comes
                back: a retry needs another agent. With `agents=N`, jobs stay `scheduled` once N agents were lost.
            signal: the signal that ended a job that failed, such as `SIGKILL`.
            signal_reason: the reason of the signal, such as `process_run_error`.
            promise: the second at which a job promises to fail, and the exit status that it promises. An attempt whose
                `exit_status` is 0 promises nothing.
            interrupted: what the command does when its job is timed out or canceled: the seconds that it takes to end, and its
                exit status. With 0, a job that is timed out has passed; a canceled one stays canceled. By default, and where
                it takes longer than `Timing.canceling`, which is 1 s by default, the agent ends it.

        Returns:
            The pipeline.

        Raises:
            TypeError: an argument has another type. The message names it.
            ValueError: a number is out of its range.

        Example:
            >>> from buildkite_ext.simulation import Simulator
            >>> web = Simulator().pipeline("web").job("unit").job("lint")
            >>> web = web.script("*", after=30).script("unit", exit_status=[1, 0], log="--- unit\\n")

        https://buildkite.com/docs/pipelines/configure/build-timeouts
        """
        changes: dict[str, Any] = {}
        if log is not None:
            changes["log"] = log_script(log)
        if exit_status is not None:
            changes["exit_statuses"] = statuses_of(exit_status)
        if after is not None:
            check_number("after", after)
            changes["duration"] = float(after)
        if artifacts is not None:
            changes["artifacts"] = files_of(artifacts)
        for name, value in (("signal", signal), ("signal_reason", signal_reason)):
            if value is not None:
                check_text(name, value)
                changes[name] = value
        for name, pair in (("promise", promise), ("interrupted", interrupted)):
            if pair is not None:
                changes[name] = _second_and_status(name, pair, least=1 if name == "promise" else 0)
        return self._with_rule(steps, lambda behaviour: replace(behaviour, **changes))

    @checks_keywords
    def on_upload(
        self,
        steps: StepMatcher,
        text: str | Callable[[Job], str],
        *,
        after: float = 0.0,
        replaces: bool = False,
        interpolate: bool = True,
        each_attempt: bool = False,
    ) -> Self:
        """Let the jobs of some steps upload further steps, as `buildkite-agent pipeline upload` does.

        An upload that Buildkite refuses makes the job fail with the exit status 1, and its log ends with the reason.

        Args:
            steps: the steps, as for `script`.
            text: the YAML text of the upload, or a function that returns it, as a script does that prints steps. The
                function gets the job: `job.step.key`, `job.attempt`, and `job.build` with its `branch`, `env` and
                `meta_data` are some of its attributes. It must change nothing, and may return `[]` for no steps.
            after: seconds after the start of a job.
            replaces: True for `--replace`: the steps that have not begun are removed.
            interpolate: False for `--no-interpolation`.
            each_attempt: True if a retry uploads again; else the first attempt alone does.

        Raises:
            TypeError: an argument has another type. The message names it. The function is called when the job uploads. What
                it raises, and an error about what it returns, come out of the call that makes the simulator catch up with
                its clock, such as `builds` or a request.

        Example:
            >>> from buildkite_ext.simulation import Simulator
            >>> simulator = Simulator()
            >>> web = simulator.pipeline("web").job("upload")
            >>> web = web.on_upload("upload", "- {label: Test, command: make test}")
            >>> web = web.on_upload("upload", lambda job: f"- label: {job.build.env['SERVICE']}\\n  command: make")
            >>> build = web.build(branch="main", env={"SERVICE": "api"})
            >>> _ = simulator.clock.advance(60)
            >>> [job.step.label for job in web.builds[0].jobs]
            ['upload', 'Test', 'api']

        https://buildkite.com/docs/pipelines/configure/dynamic-pipelines
        """
        if not callable(text):
            check_text("text", text, give="the YAML text of the steps, or a function that returns it for a job")
        check_number("after", after)
        check_flags(replaces=replaces, interpolate=interpolate, each_attempt=each_attempt)
        upload = Upload(
            text=text,
            after=float(after),
            replace=replaces,
            interpolate=interpolate,
            attempt=None if each_attempt else 0,
        )
        return self._with_rule(
            steps, lambda behaviour: replace(behaviour, uploads=(*behaviour.uploads, upload)), upload
        )

    def _with_rule(
        self, steps: StepMatcher, change: Callable[[CommandBehaviour], CommandBehaviour], upload: Upload | None = None
    ) -> Self:
        if not isinstance(steps, str) and not callable(steps):
            raise TypeError(f"steps is {kind_of(steps)}: give the key or the label of a step, or a function of a step")
        with self._current():
            self.state.rules.append(BehaviourRule(steps, change, upload))
            if isinstance(steps, str):
                self._warn_unknown(steps)
        return self

    def _warn_unknown(self, name: str) -> None:
        """Warn of the name of a step that neither the pipeline nor a text given to `on_upload` has."""
        if "*" in name:
            return
        uploads = [rule.upload for rule in self.state.rules if rule.upload is not None]
        if any(callable(upload.text) for upload in uploads):  # what a function returns isn't known before it uploads
            return
        steps: list[Step] = []
        for step in chain(self.state.steps, *map(_uploaded, uploads)):
            steps += (step, *step.combinations) if isinstance(step, CommandStep) else (step,)
        names = [each for step in steps for each in (step.key, step.label) if each]
        if not names or any("$" in each for each in names) or any(names_step(name, step) for step in steps):
            return
        near = nearest(name, names)
        hint = "." if near is None else f": did you mean {near!r}?"
        warnings.warn(
            f"no step of {self.state.slug!r} has the key or the label {name!r}{hint} If a job uploads that step, call "
            "on_upload with its text first.",
            UnknownNameWarning,
            stacklevel=5,
        )

    @contextmanager
    def _current(self) -> Iterator[None]:
        """Advance to the clock's time, and keep other threads out during a `with` block."""
        with self._lock, self._engine.at(self._now()):
            yield


def _uploaded(upload: Upload) -> Sequence[Step]:
    """Return the steps of a text that jobs upload; none if it is refused, which its job's log tells."""
    try:
        return Template(str(upload.text), interpolated=upload.interpolate).definition.steps
    except PipelineError:
        return ()


def _second_and_status(name: str, pair: tuple[float, int], *, least: int) -> tuple[float, int]:
    """Return a number of seconds and an exit status.

    Raises:
        TypeError: it isn't a pair of them.
        ValueError: the number is negative or infinite, or the status is none, or less than `least`.
    """
    if not isinstance(pair, tuple | list) or len(pair) != 2:
        raise TypeError(f"{name} is {kind_of(pair)}: give seconds and an exit status, such as (5, 1)")
    check_number(f"{name}[0]", pair[0])
    check_exit_status(f"{name}[1]", pair[1], least=least)
    return float(pair[0]), pair[1]
