"""Jobs of a scenario, and their attempts."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

from buildkite_api.types import kind_of

from ..states import ACTIVE_JOBS, FINISHED_JOBS, HELD_JOBS
from .definition.checks import check_name, check_number, check_whole, texts_of

__all__ = ["KINDS", "ScenarioAttempt", "ScenarioJob", "checked_attributes", "loaded_job", "loaded_list"]

KINDS = ("script", "manual", "trigger", "waiter")
"""Kinds of jobs that a scenario holds."""

_STATES = ACTIVE_JOBS | FINISHED_JOBS | HELD_JOBS
_RETRIES = ("manual", "automatic")


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


def loaded_job(place: str, found: Any) -> ScenarioJob:
    """Return a job of a scenario's text.

    Args:
        place: where it stands, such as `jobs[0]`.
        found: what stands there.

    Raises:
        TypeError: it, or a part of it, has another type.
        ValueError: an attribute doesn't exist, or has a value that doesn't.
    """
    values = checked_attributes(place, found, ScenarioJob)
    check_name(f"{place}.kind", found.get("kind"), KINDS, "kind of a job")
    attempts = loaded_list(f"{place}.attempts", found.get("attempts"))
    return ScenarioJob(
        **{
            **values,
            "attempts": tuple(_loaded_attempt(f"{place}.attempts[{n}]", each) for n, each in enumerate(attempts)),
        }
    )


def _loaded_attempt(place: str, found: Any) -> ScenarioAttempt:
    values = checked_attributes(place, found, ScenarioAttempt)
    check_name(f"{place}.state", found.get("state", "passed"), _STATES, "state of a job")
    if found.get("retried") is not None:
        check_name(f"{place}.retried", found["retried"], _RETRIES, "kind of a retry")
    artifacts = loaded_list(f"{place}.artifacts", found.get("artifacts"))
    return ScenarioAttempt(**{**values, "artifacts": texts_of(f"{place}.artifacts", artifacts, give="paths")})


def checked_attributes(place: str, found: Any, kind: type[Any]) -> dict[str, Any]:
    """Return the attributes of a part of a scenario, each of which has the type of its default.

    Args:
        place: where the part stands.
        found: what stands there.
        kind: the class of the part.

    Raises:
        TypeError: it isn't a map, or an attribute has another type.
        ValueError: there is no such attribute.
    """
    if not isinstance(found, dict):
        raise TypeError(f"{place} is {kind_of(found)}, not a map")
    known = {each.name: each for each in fields(kind)}
    for name, value in found.items():
        check_name(f"an attribute of {place}", name, known, "attribute")
        default = known[name].default
        if isinstance(default, bool):
            if not isinstance(value, bool):
                raise TypeError(f"{place}.{name} is {kind_of(value)}: give true or false")
        elif name == "exit_status":
            check_whole(f"{place}.{name}", value, least=None, optional=True)
        elif isinstance(default, float):
            check_number(f"{place}.{name}", value)
        elif isinstance(default, str) and not isinstance(value, str):
            raise TypeError(f"{place}.{name} is {kind_of(value)}: give a text")
    return found


def loaded_list(place: str, found: Any) -> list[Any]:
    """Return a list of a scenario's text; an empty one if there is none.

    Raises:
        TypeError: it is something else.
    """
    if found is not None and not isinstance(found, list):
        raise TypeError(f"{place} is {kind_of(found)}, not a list")
    return found or []
