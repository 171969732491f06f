"""Circuits: after some calls in a row have failed, calls are refused for a while, and then one of them probes the API.

The decisions are pure: a `Circuit` is a value, and each of its methods returns the next one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from ..clock import check_seconds
from ..errors import ConfigurationError

__all__ = ["PROBE_LEASE", "PROBE_PAUSE", "Circuit", "CircuitBreaker", "CircuitState", "Permit"]

CircuitState = Literal["closed", "open", "half_open"]
"""State of a circuit: `closed` lets calls through, `open` refuses them, `half_open` lets one through as a probe."""


PROBE_PAUSE = 1.0
"""Seconds after which to ask again while another call probes the API."""

PROBE_LEASE = 60.0
"""Seconds after which a probe that has not reported counts no longer. One whose process or event loop has ended never does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CircuitBreaker:
    """Policy of the circuit breaker. There is a circuit for each organization and host.

    A call fails if its last answer is a 5xx or was lost. Every other answer is a success, 4xx and 429 included. These count as
    neither: an answer that an operation documents for a feature that is off, a call that the library itself gave up (its
    timeout, cancellation, a wait for a connection or for the rate limit), the storage of artifacts, and a 5xx of a job's log
    within five minutes of the last one: a log that can't be read opens no circuit.

    Attributes:
        failures: calls in a row that have to fail to open the circuit.
        open_for: seconds for which calls are refused, until one call probes the API. If it fails, they are refused again.

    Example:
        >>> CircuitBreaker(failures=10).open_for
        30.0
    """

    failures: int = 5
    open_for: float = 30.0

    def __post_init__(self) -> None:
        if isinstance(self.failures, bool) or not isinstance(self.failures, int) or self.failures < 1:
            raise ConfigurationError(f"failures={self.failures!r}: give a whole number of 1 or more.")
        check_seconds("open_for", self.open_for)


class Permit(Struct, frozen=True):
    """Permission for one call.

    Attributes:
        epoch: the epoch of the circuit in which the call began.
        probe: the call probes the API for all others.
    """

    epoch: int
    probe: bool = False


class Circuit(Struct, frozen=True):
    """Circuit at a moment.

    Attributes:
        failures: calls that failed in a row since the last success.
        opened_at: the time at which it opened; None while it is closed.
        probe_ends: the time at which another call may probe, if the one that does never reports; None without a probe.
        epoch: the number of changes of its state. A call that began in an earlier epoch says nothing about this one.
    """

    failures: int = 0
    opened_at: float | None = None
    probe_ends: float | None = None
    epoch: int = 0

    def state(self, policy: CircuitBreaker, now: float) -> CircuitState:
        """Return the state at a time."""
        if self.opened_at is None:
            return "closed"
        return "open" if now < self.opened_at + policy.open_for else "half_open"

    def admit(self, policy: CircuitBreaker, now: float, *, probe_for: float) -> tuple[Circuit, Permit | float]:
        """Return the circuit after a call asked to begin, and its permit, or the seconds after which to ask again.

        Args:
            policy: the policy.
            now: the time.
            probe_for: seconds after which a probe that never reports counts no longer.

        Example:
            >>> circuit, policy = Circuit(opened_at=100.0, epoch=1), CircuitBreaker()
            >>> circuit.admit(policy, 110.0, probe_for=60)[1]
            20.0
            >>> circuit, permit = circuit.admit(policy, 130.0, probe_for=60)
            >>> permit
            Permit(epoch=1, probe=True)
            >>> circuit.admit(policy, 131.0, probe_for=60)[1]
            1.0
        """
        if self.opened_at is None:
            return self, Permit(self.epoch)
        left = self.opened_at + policy.open_for - now
        if left > 0:
            return self, min(left, policy.open_for)
        if self.probe_ends is not None and now < self.probe_ends:
            return self, min(PROBE_PAUSE, self.probe_ends - now)
        return replace(self, probe_ends=now + probe_for), Permit(self.epoch, probe=True)

    def succeeded(self, permit: Permit) -> Circuit:
        """Return the circuit after a call succeeded."""
        if permit.epoch != self.epoch:
            return self
        if permit.probe:
            return Circuit(epoch=self.epoch + 1)
        return replace(self, failures=0) if self.failures and self.opened_at is None else self

    def failed(self, permit: Permit, policy: CircuitBreaker, now: float) -> Circuit:
        """Return the circuit after a call failed at a time."""
        if permit.epoch != self.epoch:
            return self
        if permit.probe:
            return Circuit(self.failures + 1, opened_at=now, epoch=self.epoch + 1)
        if self.opened_at is not None:
            return self
        if self.failures + 1 < policy.failures:
            return replace(self, failures=self.failures + 1)
        return Circuit(self.failures + 1, opened_at=now, epoch=self.epoch + 1)

    def halts(self, permit: Permit) -> bool:
        """Tell if the circuit has opened since a call began, so that the call may send nothing more."""
        return self.opened_at is not None and permit.epoch != self.epoch

    def released(self, permit: Permit) -> Circuit:
        """Return the circuit after a call ended that says nothing about the API, such as a cancelled one."""
        return self.without_probe() if permit.probe and permit.epoch == self.epoch else self

    def without_probe(self) -> Circuit:
        """Return the circuit without the call that probes, so that another one may."""
        return replace(self, probe_ends=None)
