"""Steps of a pipeline, in the terms of pipeline.yml.

https://buildkite.com/docs/pipelines/configure/defining-steps
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from buildkite_api.types import kind_of

from .checks import elements
from .conditions import Condition
from .yaml_tree import Mark, Tree

__all__ = [
    "MOST_JOBS_OF_AN_UPLOAD",
    "BlockField",
    "BlockStep",
    "CommandStep",
    "Concurrency",
    "Dependency",
    "FilePatterns",
    "Group",
    "InputStep",
    "ManualRetry",
    "RetryRule",
    "SoftFail",
    "Step",
    "TriggerStep",
    "WaitStep",
    "block_field",
    "block_fields",
    "job_count",
]

SoftFail = bool | tuple[int | Literal["*"], ...]
"""Exit statuses with which a job fails without making its build fail. `*` is any but 0."""


@dataclass(frozen=True, slots=True)
class Dependency:
    """Entry of `depends_on`.

    Attributes:
        key: the key of a step, or of a group.
        allow_failure: True if the step may run after that one has failed.
        mark: its place in the text; the beginning for a step that was added by Python.
        on: the step itself, of the same pipeline, which needs no key then; None for those that have the key.
    """

    key: str
    allow_failure: bool = False
    mark: Mark = field(default=Mark(1, 1), compare=False, repr=False)
    on: Step | None = None


@dataclass(frozen=True, slots=True)
class FilePatterns:
    """Files whose change lets a step run: `if_changed`.

    Attributes:
        include, exclude: globs of whole paths. Without `include`, the step runs.
    """

    include: tuple[str, ...]
    exclude: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RetryRule:
    """Rule of `retry.automatic`. Each condition that is given has to hold.

    Attributes:
        exit_statuses: the exit statuses; `*` is any from 1 to 255, and not that of a lost agent. None for any.
        signal: the signal, in any case and with or without SIG; `none` if there was none. None for any.
        signal_reason: the reason of the signal; `none` if there was none. None for any.
        limit: how often a job is retried for this rule.
    """

    exit_statuses: tuple[int | Literal["*"], ...] | None = None
    signal: str | None = None
    signal_reason: str | None = None
    limit: int = 2

    def matches(self, exit_status: int | None, signal: str | None, signal_reason: str | None) -> bool:
        """Tell whether a job has ended in the way that the rule names.

        Example:
            >>> RetryRule(exit_statuses=("*",)).matches(1, None, None), RetryRule(exit_statuses=("*",)).matches(-1, None, None)
            (True, False)
            >>> RetryRule(signal="sigkill", signal_reason="none").matches(137, "KILL", None)
            True
        """
        statuses = self.exit_statuses
        if statuses is not None and not (
            exit_status in statuses or ("*" in statuses and exit_status is not None and 1 <= exit_status <= 255)
        ):
            return False
        return _is(self.signal, signal, _signal_name) and _is(self.signal_reason, signal_reason, str.lower)


@dataclass(frozen=True, slots=True)
class ManualRetry:
    """Whether users may retry the jobs of a step: `retry.manual`."""

    allowed: bool = True
    permit_on_passed: bool = False
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Concurrency:
    """Limit on the jobs of a group that run at the same time, in all pipelines of the organization.

    Attributes:
        group: the name of the group.
        limit: how many jobs may run, for jobs of this step.
        eager: True if a job may start before older ones that still wait for their dependencies.
    """

    group: str
    limit: int
    eager: bool = False


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Group:
    """Group of steps. What it says holds for each of its steps."""

    key: str | None = None
    label: str = ""
    depends_on: tuple[Dependency, ...] | None = None
    allow_dependency_failure: bool = False
    condition: Condition | None = None
    if_changed: FilePatterns | None = None
    skip: bool | str = False


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Common:
    """Attributes that each kind of step has.

    `SimulatedPipeline.job` explains most of them. Two steps with equal attributes are still two steps.

    Attributes:
        group: the group in which it stands.
        condition: its `if`.
        branches: its branch patterns, separated by spaces.
        depends_on: the steps that it waits for instead of the last wait or block step; None if it names none, and () for an
            empty list.
        allow_dependency_failure: True if these may fail.
        skip: True, or a reason, if it doesn't run.
        line: line of pipeline.yml in which it begins; 0 for a step that was added by Python.
    """

    label: str = ""
    key: str | None = None
    group: Group | None = None
    condition: Condition | None = None
    branches: str | None = None
    depends_on: tuple[Dependency, ...] | None = None
    allow_dependency_failure: bool = False
    if_changed: FilePatterns | None = None
    skip: bool | str = False
    line: int = 0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CommandStep(_Common):
    """Command step.

    Attributes:
        agents: the tags that an agent needs, such as `queue=deploy`; `*` stands for any value.
        timeout: seconds that a job may run.
        combinations: the steps that a matrix makes of this one; empty without a matrix.
        matrix: the values of the dimensions, for one of these. The single dimension of a list is `""`.
        plugins: the plugins with their configurations, as they were written.
        image: the image of the container in which its jobs run.
        cache: what its jobs keep for later builds, as it was written; False for nothing.
        queue: the queue that its tags name.
        tags: the other ones of its tags.
    """

    command: str = ""
    artifact_paths: tuple[str, ...] = ()
    soft_fail: SoftFail = False
    parallelism: int | None = None
    retry: tuple[RetryRule, ...] = ()
    manual_retry: ManualRetry = ManualRetry()
    timeout: float | None = None
    agents: tuple[str, ...] = ()
    priority: int = 0
    env: Mapping[str, str] = field(default_factory=dict[str, str])
    concurrency: Concurrency | None = None
    cancel_on_build_failing: bool = False
    combinations: tuple[CommandStep, ...] = ()
    matrix: Mapping[str, str] | None = None
    plugins: tuple[Mapping[str, object], ...] = ()
    image: str | None = None
    cache: Tree = None
    queue: str | None = field(init=False)
    tags: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        queues = [tag.removeprefix("queue=") for tag in self.agents if tag.startswith("queue=")]
        object.__setattr__(self, "queue", queues[0] if queues else None)
        object.__setattr__(self, "tags", tuple(tag for tag in self.agents if not tag.startswith("queue=")))

    def allows_failure(self, exit_status: int) -> bool:
        """Tell whether a failure with this exit status lets the build pass."""
        return _allows_failure(self.soft_fail, exit_status)

    def retry_rule(self, exit_status: int | None, signal: str | None, signal_reason: str | None) -> int | None:
        """Return the index of the rule that decides about an automatic retry: the first one that matches."""
        return next(
            (index for index, rule in enumerate(self.retry) if rule.matches(exit_status, signal, signal_reason)), None
        )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class WaitStep(_Common):
    """Wait step: the steps after it start when all steps before it have finished."""

    continue_on_failure: bool = False


@dataclass(frozen=True, slots=True)
class BlockField:
    """Field of the form of a block or input step.

    Attributes:
        format: regular expression that the whole answer matches; None for any.
        options: the values to choose from; None for a text.
        multiple: True if several of them may be chosen.
    """

    key: str
    required: bool = True
    format: str | None = None
    options: tuple[str, ...] | None = None
    multiple: bool = False
    default: str | tuple[str, ...] | None = None

    def refused(self, answer: str) -> str | None:
        """Return why an answer can't be taken; None if it can."""
        if self.format is not None and re.fullmatch(self.format, answer) is None:
            return f"{self.key} doesn't have the format {self.format}"
        chosen = answer.split("\n") if self.multiple else [answer]
        if self.options is not None and (wrong := [each for each in chosen if each not in self.options]):
            return f"{self.key} has no option {wrong[0]}"
        return None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class BlockStep(_Common):
    """Block step: a user has to unblock the build.

    Attributes:
        blocked_state: the state that the API shows while the build is blocked: passed, failed or running.
        allowed_teams: the teams whose members may unblock it; empty for all users who may write builds.
    """

    fields: tuple[BlockField, ...] = ()
    blocked_state: str = "passed"
    prompt: str | None = None
    allowed_teams: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class InputStep(BlockStep):
    """Input step: a user has to fill in its form before the build ends. Steps after it don't wait for it."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TriggerStep(_Common):
    """Trigger step: it creates a build of another pipeline.

    Attributes:
        branch, commit, message, env, meta_data: of that build; None for Buildkite's defaults.
    """

    pipeline: str
    asynchronous: bool = False
    branch: str | None = None
    commit: str | None = None
    message: str | None = None
    env: Mapping[str, str] = field(default_factory=dict[str, str])
    meta_data: Mapping[str, str] = field(default_factory=dict[str, str])
    soft_fail: SoftFail = False
    parallelism: int | None = None

    @property
    def allows_any_failure(self) -> bool:
        """True if it passes for the build, however its own build ends."""
        return self.soft_fail is not False and self.soft_fail != ()


Step = CommandStep | WaitStep | BlockStep | TriggerStep


def _allows_failure(soft_fail: SoftFail, exit_status: int) -> bool:
    return soft_fail if isinstance(soft_fail, bool) else exit_status in soft_fail or "*" in soft_fail


def _signal_name(signal: str) -> str:
    return signal.lower().removeprefix("sig")


def _is(wanted: str | None, found: str | None, form: Callable[[str], str]) -> bool:
    if wanted is None:
        return True
    return found is None if wanted.lower() == "none" else found is not None and form(found) == form(wanted)


def block_fields(fields: Iterable[str | Mapping[str, object]]) -> tuple[BlockField, ...]:
    """Return the fields of a form: a string is the key of a required field, a mapping is as in pipeline.yml.

    Raises:
        TypeError: they are a single text or mapping, a field is neither text nor mapping, or an attribute has a wrong type.
        ValueError: a field has no `key`, or an empty one.
    """
    example = repr(fields) if isinstance(fields, str) and len(fields) < 100 else '"version"'
    return tuple(
        block_field(f"fields[{index}]", item)
        for index, item in enumerate(elements("fields", fields, give=f"a list of keys, such as [{example}]"))
    )


def block_field(name: str, item: object) -> BlockField:
    """Return one field of a form.

    Args:
        name: what messages call it; empty for one of a pipeline's text.
        item: the field.

    Raises:
        TypeError, ValueError: as for `block_fields`.
    """
    given = {"key": item} if isinstance(item, str) else item
    if not isinstance(given, Mapping):
        raise TypeError(
            f"{name} is {kind_of(item)}: give the key of the field, or a mapping such as {{'key': 'version'}}"
        )
    key = given.get("key")
    if not isinstance(key, str) or not key:
        said = "a field of a block step needs a key, a text: give a mapping such as {'key': 'version'}"
        raise ValueError(f"{name}: {said}" if name else said)
    required, multiple = (
        _flag(name, given, flag, default) for flag, default in (("required", True), ("multiple", False))
    )
    form = given.get("format")
    if form is not None:
        if not isinstance(form, str):
            raise TypeError(f"{_of(name, 'format')} is {kind_of(form)}: give a regular expression, a text")
        try:
            re.compile(form)
        except (re.error, OverflowError) as error:
            raise ValueError(f"{_of(name, 'format')} is not a regular expression: {error}") from None
        except RecursionError:
            raise ValueError(
                f"{_of(name, 'format')} is a regular expression whose groups are nested too deeply"
            ) from None
    options = given.get("options")
    return BlockField(key, required, form, _options(name, options), multiple, _default(given))


def _of(name: str, attribute: str) -> str:
    """Return what a message calls an attribute of a field: that of a pipeline's text has no name in Python."""
    return f"{name}[{attribute!r}]" if name else f"`{attribute}`"


def _flag(name: str, given: Mapping[str, object], flag: str, default: bool) -> bool:
    value = given.get(flag, default)
    if not isinstance(value, bool):
        raise TypeError(f"{_of(name, flag)} is {kind_of(value)}: give True or False")
    return value


def _options(name: str, options: object) -> tuple[str, ...] | None:
    if options is None:
        return None
    values: list[str] = []
    for index, option in enumerate(elements(_of(name, "options"), options, give="a list of options")):
        value = option.get("value") if isinstance(option, Mapping) else option
        if not isinstance(value, str):
            at = f"[{index}]" if name else f", option {index + 1}"
            raise TypeError(f"{_of(name, 'options')}{at}: give a mapping with a `value`, a text")
        values.append(value)
    return tuple(values)


def _default(given: Mapping[str, object]) -> str | tuple[str, ...] | None:
    default = given.get("default")
    if isinstance(default, list | tuple):
        return tuple(map(str, default))
    return None if default is None else str(default)


MOST_JOBS_OF_AN_UPLOAD = 500
"""Jobs that Buildkite takes in one upload. https://buildkite.com/docs/platform/limits"""


def job_count(steps: Iterable[_Common]) -> int:
    """Return how many jobs some steps have, those of a matrix and of `parallelism` included."""
    count = 0
    for step in steps:
        if isinstance(step, CommandStep) and step.combinations:
            count += len(step.combinations)
        else:
            count += (step.parallelism or 1) if isinstance(step, CommandStep | TriggerStep) else 1
    return count
