"""Counters of `webhooks listen`."""

from __future__ import annotations

from dataclasses import asdict, dataclass

__all__ = ["DeliveryCounters"]


@dataclass(slots=True)
class DeliveryCounters:
    """Numbers of deliveries by result."""

    accepted: int = 0
    """Verified, and answered 200."""
    passed_over: int = 0
    """Accepted, and left out by the filters."""
    handled: int = 0
    """Written, and the command, if there is one, exited 0."""
    failed: int = 0
    """Accepted, and the command failed."""
    lost: int = 0
    """Accepted, and the command didn't run or was killed, because `listen` had to stop."""
    repeated: int = 0
    """Accepted before."""
    refused: int = 0

    def as_dict(self) -> dict[str, int]:
        return asdict(self)

    @property
    def summary(self) -> str:
        """The last line, such as `Accepted 3 (1 passed over by the filters), handled 2, failed 0, refused 1.`"""
        over = f" ({self.passed_over} passed over by the filters)" if self.passed_over else ""
        more = "".join(f", {name} {n}" for name, n in (("repeated", self.repeated), ("lost", self.lost)) if n)
        return f"Accepted {self.accepted}{over}, handled {self.handled}, failed {self.failed}, refused {self.refused}{more}."
