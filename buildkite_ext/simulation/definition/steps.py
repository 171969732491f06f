"""Steps of a pipeline, in the terms of pipeline.yml.

https://buildkite.com/docs/pipelines/configure/defining-steps
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

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
        ValueError: a mapping has no `key`.
    """
    made: list[BlockField] = []
    for item in fields:
        if isinstance(item, str):
            made.append(BlockField(item, True))
        elif isinstance(item.get("key"), str):
            made.append(BlockField(str(item["key"]), item.get("required", True) is not False))
        else:
            raise ValueError(f"a field of a block step needs a key, a string: {dict(item)!r}")
    return tuple(made)
