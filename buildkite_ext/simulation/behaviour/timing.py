"""Durations of Buildkite's own steps."""

from __future__ import annotations

from dataclasses import dataclass, fields

from ...unknown_keywords import checks_fields
from ..definition.checks import check_number, configuration_errors

__all__ = ["Timing"]


@checks_fields
@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """Seconds between the states of a build or a job, apart from the time that a command runs.

    Attributes:
        creating: a build is `creating` before it is `scheduled`.
        pickup: a job is `scheduled` before an agent takes it.
        assigned: a job is `assigned` before its agent accepts it.
        accepted: a job is `accepted` before it is `running`.
        canceling: a running job is `canceling` or `timing_out` before its agent ends the command, unless that ends by itself.
            1 s by default.
        retrying: the jobs of `retry_failed_jobs` are retried this long after the answer.
        expiry: a job is `scheduled` before it expires, if no agent takes it. None as the organization's settings say: 30 days
            after its creation by default, at the next time that is five minutes past an hour.

    Raises:
        TypeError: one isn't a number.
        ConfigurationError: one is negative or infinite.

    Example:
        >>> from buildkite_ext.simulation import Simulator
        >>> simulator = Simulator(timing=Timing(pickup=0, canceling=10))
    """

    creating: float = 0.0
    pickup: float = 1.0
    assigned: float = 0.0
    accepted: float = 0.0
    canceling: float = 1.0
    retrying: float = 0.0
    expiry: float | None = None

    def __post_init__(self) -> None:
        with configuration_errors():
            for each in fields(self):
                check_number(each.name, getattr(self, each.name), optional=each.name == "expiry")
