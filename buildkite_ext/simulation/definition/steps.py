"""A pipeline's template: what each of its builds will do."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

LogScript = str | bytes | Sequence[tuple[float, str | bytes]]
"""A job's output: a text whose lines come evenly while it runs, or pieces with the second each of them comes at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandStep:
    """A command. What the fields mean stands at `SimulatedPipeline.job`."""

    name: str
    command: str
    key: str | None = None
    group: str | None = None
    log: LogScript = ""
    exit_status: tuple[int, ...] = (0,)
    after: float = 5.0
    artifacts: Mapping[str, bytes] = field(default_factory=dict[str, bytes])
    soft_fail: bool | tuple[int, ...] = False
    parallelism: int | None = None
    automatic_retries: int = 0
    timeout: float | None = None
    queue: str | None = None
    priority: int = 0
    env: Mapping[str, str] = field(default_factory=dict[str, str])
    branches: str | None = None
    skip: bool = False

    def exit_status_of(self, attempt: int) -> int:
        """How the attempt (the first is 0) exits; the last status named goes on."""
        return self.exit_status[min(attempt, len(self.exit_status) - 1)]

    def softens(self, exit_status: int) -> bool:
        """Whether a failure with this status lets the build pass."""
        return self.soft_fail if isinstance(self.soft_fail, bool) else exit_status in self.soft_fail


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitStep:
    """Everything before it has to end before anything behind it begins."""

    key: str | None = None
    continue_on_failure: bool = False


@dataclass(frozen=True, slots=True)
class BlockField:
    """A field of a block step's form."""

    key: str
    required: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockStep:
    """A person has to let the build go on."""

    label: str
    key: str | None = None
    group: str | None = None
    fields: tuple[BlockField, ...] = ()
    blocked_state: str = "passed"


@dataclass(frozen=True, slots=True, kw_only=True)
class TriggerStep:
    """A build of another pipeline."""

    pipeline: str
    label: str
    key: str | None = None
    group: str | None = None
    wait_for_it: bool = True
    branch: str | None = None


Step = CommandStep | WaitStep | BlockStep | TriggerStep


def block_fields(fields: Iterable[str | Mapping[str, object]]) -> tuple[BlockField, ...]:
    """The fields of a form: a plain string is the key of a required one, a mapping is as in pipeline.yml.

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
            raise ValueError(f"a block step's field needs a key: {dict(item)!r}")
    return tuple(made)
