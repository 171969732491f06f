"""Steps of a pipeline, in the terms of pipeline.yml.

https://buildkite.com/docs/pipelines/configure/defining-steps
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from buildkite_api.types import kind_of

from .checks import elements

__all__ = ["BlockField", "BlockStep", "CommandStep", "Step", "TriggerStep", "WaitStep", "block_fields"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CommandStep:
    """Command step.

    `SimulatedPipeline.job` explains the fields. Two steps with equal fields are still two steps.
    """

    label: str
    command: str
    key: str | None = None
    group: str | None = None
    artifact_paths: tuple[str, ...] = ()
    soft_fail: bool | tuple[int, ...] = False
    parallelism: int | None = None
    automatic_retries: int = 0
    timeout: float | None = None
    queue: str | None = None
    priority: int = 0
    env: Mapping[str, str] = field(default_factory=dict[str, str])
    branches: str | None = None
    skip: bool = False

    def allows_failure(self, exit_status: int) -> bool:
        """Return whether a failure with this exit status lets the build pass."""
        return self.soft_fail if isinstance(self.soft_fail, bool) else exit_status in self.soft_fail


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class WaitStep:
    """Wait step: the steps after it start when all steps before it have finished."""

    key: str | None = None
    continue_on_failure: bool = False


@dataclass(frozen=True, slots=True)
class BlockField:
    """Field of a block step's form."""

    key: str
    required: bool


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class BlockStep:
    """Block step: a user has to unblock the build."""

    label: str
    key: str | None = None
    group: str | None = None
    fields: tuple[BlockField, ...] = ()
    blocked_state: str = "passed"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TriggerStep:
    """Trigger step: it creates a build of another pipeline."""

    pipeline: str
    label: str
    key: str | None = None
    group: str | None = None
    asynchronous: bool = False
    branch: str | None = None


Step = CommandStep | WaitStep | BlockStep | TriggerStep


def block_fields(fields: Iterable[str | Mapping[str, object]]) -> tuple[BlockField, ...]:
    """Return the fields of a form: a string is the key of a required field, a mapping is as in pipeline.yml.

    Raises:
        TypeError: they are a single text or mapping, a field is neither text nor mapping, or `required` isn't a boolean.
        ValueError: a field has no `key`, or an empty one.
    """
    example = repr(fields) if isinstance(fields, str) and len(fields) < 100 else '"version"'
    return tuple(
        _block_field(f"fields[{index}]", item)
        for index, item in enumerate(elements("fields", fields, give=f"a list of keys, such as [{example}]"))
    )


def _block_field(name: str, item: object) -> BlockField:
    given = {"key": item} if isinstance(item, str) else item
    if not isinstance(given, Mapping):
        raise TypeError(
            f"{name} is {kind_of(item)}: give the key of the field, or a mapping such as {{'key': 'version'}}"
        )
    key, required = given.get("key"), given.get("required", True)
    if not isinstance(key, str) or not key:
        raise ValueError(
            f"{name}: a field of a block step needs a key, a text: give a mapping such as {{'key': 'version'}}"
        )
    if not isinstance(required, bool):
        raise TypeError(f"{name}['required'] is {kind_of(required)}: give True or False")
    return BlockField(key, required)
