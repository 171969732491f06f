"""Jobs of a scenario, and their attempts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from buildkite_api.types import kind_of

from .definition.checks import check_name

__all__ = ["KINDS", "ScenarioAttempt", "ScenarioJob", "loaded_job"]

KINDS = ("script", "manual", "trigger", "waiter")
"""Kinds of jobs that a scenario holds."""


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


def loaded_job(found: Any) -> ScenarioJob:
    """Return a job of a scenario's text.

    Raises:
        TypeError: it, or a part of it, has another type.
        ValueError: there is no such kind of a job.
    """
    if not isinstance(found, dict):
        raise TypeError(f"a job is {kind_of(found)}, not a map")
    check_name("kind", found.get("kind"), KINDS, "kind of a job")
    attempts = tuple(
        ScenarioAttempt(**{**each, "artifacts": tuple(each.get("artifacts") or ())})
        for each in found.get("attempts") or ()
    )
    return ScenarioJob(**{**found, "attempts": attempts})
