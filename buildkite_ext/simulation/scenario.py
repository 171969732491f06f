"""Scenario: what happened in a real build, so that a simulator lets it happen again."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, replace
from types import ModuleType
from typing import TYPE_CHECKING, Any, Literal

from ..errors import ConfigurationError
from ..messages import path_hint
from ..states import outcome_of
from ..unknown_keywords import checks_fields, checks_keywords
from .cassettes.cleaning import Cleaner
from .cassettes.known_secrets import given_secrets, learning, token_variables
from .cassettes.plain_yaml import read_yaml
from .clients import Simulator
from .definition.checks import check_flags, check_name, check_whole
from .scenario_jobs import RecordedBuild, contradiction, loaded, state_of
from .scenario_player import play
from .scenario_recording import BuildRecording, seconds_between

if TYPE_CHECKING:
    from ..client import BuildkiteClient
    from .state.builds import Build

__all__ = ["Scenario"]

_LOG_BYTES = 64 * 1024


@checks_fields
@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario(RecordedBuild):
    """Build that was recorded: its jobs in their order, how long they ran, how they ended, and the beginnings of their logs.

    The REST API doesn't tell which step waits for which, so wait and block steps alone keep the order of the jobs. Contents of
    artifacts, environment variables and meta-data aren't recorded.

    Attributes:
        pipeline: the slug of the pipeline.
        branch, commit, message: of the build.
        state: its last state, or `blocked`. A text that doesn't give it has the one that follows from the jobs.
        seconds: from its creation to its end.
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
        >>> played.state, [job.state for job in played.jobs]
        ('passed', ['failed', 'passed'])
    """

    @classmethod
    @checks_keywords
    def from_build(
        cls,
        client: BuildkiteClient,
        pipeline: str,
        number: int,
        *,
        log_bytes: int = _LOG_BYTES,
        emails: bool = False,
        secrets: Iterable[str] = (),
        on_left_out: Callable[[str], object] | None = None,
    ) -> Scenario:
        """Record a build: one request for it, and two for each attempt of a command.

        These are replaced in all texts: the client's tokens and all others of Buildkite, addresses of webhooks, signatures of
        URLs, and `secrets`.

        Args:
            client: reads the build, its logs and the names of its artifacts.
            pipeline: the slug of the pipeline.
            number: the number of the build.
            log_bytes: the bytes that are kept of each log; 0 for no logs. A log is read whole.
            emails: True to replace addresses of users.
            secrets: further texts to replace, such as a password that a log repeats, of 6 characters or more.
            on_left_out: called with a sentence for each part of the build that the scenario lacks, such as the end of a long log.

        Returns:
            The scenario.

        Raises:
            BuildkiteError: a request was refused.
            ConfigurationError: a text of `secrets` is too short.
            SecretRecorded: a known secret is still in the scenario, such as one that is encoded.
            TypeError: an argument has another type.
            ValueError: `log_bytes` is negative, or the build hasn't ended and isn't blocked.
        """
        check_whole("log_bytes", log_bytes)
        check_flags(emails=emails)
        cleaner = Cleaner(emails=emails, secrets=token_variables() | given_secrets(secrets))
        client = learning(client, cleaner)
        build = client.builds.get(pipeline, number, include_retried_jobs=True)
        state = "blocked" if build.blocked else str(build.state)
        if outcome_of(build) is None:
            raise ValueError(f"build {number} of {pipeline} is {state}: record it when it has ended or is blocked")
        recording = BuildRecording(
            client=client,
            pipeline=pipeline,
            number=number,
            log_bytes=log_bytes,
            began=build.scheduled_at or build.created_at,
            cleaner=cleaner,
            left_out=on_left_out or str,
        )
        made = cls(
            pipeline=pipeline,
            branch=build.branch or "main",
            commit=build.commit or "HEAD",
            message=build.message or "",
            state=state,
            seconds=seconds_between(build.created_at, build.finished_at),
            jobs=tuple(recording.jobs(build.jobs or ())),
        )
        if (said := contradiction(made)) is not None:
            recording.left_out(f"The build {number} {said}: the scenario has the state that follows from its jobs.")
            made = replace(made, state=state_of(made.jobs))
        return recording.clean(made)

    def dump(self) -> str:
        """Return the scenario as YAML.

        Raises:
            ConfigurationError: PyYAML isn't installed.
        """
        yaml = _yaml()
        dumper: Any = type("Dumper", (yaml.SafeDumper,), {})
        dumper.add_representer(str, _represented)
        return str(yaml.dump(_plain(asdict(self)), Dumper=dumper, sort_keys=False, allow_unicode=True))

    @classmethod
    def load(cls, text: str) -> Scenario:
        """Return the scenario of a text that `dump` made.

        Raises:
            ConfigurationError: the text isn't one, and the message says what is wrong in it, such as a job that has failed with
                the exit status 0; or PyYAML isn't installed.

        Example:
            >>> Scenario.load("pipeline: web\\njobs: [{kind: script, name: test}]").jobs[0].name
            'test'
        """
        try:
            return loaded(cls, read_yaml(text), "the scenario")
        except ImportError as error:
            raise _needs_yaml() from error
        except (TypeError, ValueError) as error:
            raise ConfigurationError(f"the text isn't a scenario: {error}{path_hint(text)}") from error

    @checks_keywords
    def play(self, simulator: Simulator, *, timing: Literal["recorded", "at once"] = "recorded") -> Build:
        """Create a build in a simulator that goes as the recorded one went. Later builds of its pipeline go so, too.

        Args:
            simulator: the simulator. The pipeline is created there; it must be new or have no steps.
            timing: `recorded`: each job runs as long as it did; or `at once`: no job takes time.

        Returns:
            The build. It proceeds as the simulator's `VirtualClock` does. With another clock, read `builds` of the pipeline to
            advance it.

        Raises:
            ValueError: the pipeline has steps already, or there is no such timing.
        """
        check_name("timing", timing, ("recorded", "at once"), "timing of a scenario")
        return play(self, simulator, 1.0 if timing == "recorded" else 0.0)


def _yaml() -> ModuleType:
    try:
        import yaml
    except ImportError as error:
        raise _needs_yaml() from error
    return yaml


def _needs_yaml() -> ConfigurationError:
    return ConfigurationError("Scenarios need PyYAML: pip install 'buildkite-ext[record]'")


def _represented(dumper: Any, text: str) -> object:
    """Return the node of a text for PyYAML. A text of several lines is written as lines, if it can be."""
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


def _plain(value: Any) -> Any:
    """Return a value with lists in place of tuples, and without what is empty."""
    if isinstance(value, dict):
        return {
            key: _plain(each)
            for key, each in value.items()
            if each not in (None, False, "", ())
            or key == "exit_status"
            or (key == "parallel_group_index" and each == 0)
        }
    return [_plain(each) for each in value] if isinstance(value, tuple | list) else value
