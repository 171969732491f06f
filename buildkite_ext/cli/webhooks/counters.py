"""What `listen` counts."""

from __future__ import annotations

from dataclasses import asdict, dataclass


@dataclass(slots=True)
class Tally:
    """How many deliveries came, and what became of them."""

    accepted: int = 0
    """Verified, and answered 200."""
    passed_over: int = 0
    """Of these, those that the filters leave out."""
    handled: int = 0
    """Shown, kept, and where there is a command, that has exited 0."""
    failed: int = 0
    """The command didn't exit 0."""
    lost: int = 0
    """Accepted, and no command was run, for the end came first."""
    repeated: int = 0
    """Accepted before."""
    refused: int = 0

    def counts(self) -> dict[str, int]:
        return asdict(self)

    @property
    def summary(self) -> str:
        """Such as `Accepted 3 (1 passed over by the filters), handled 2, failed 0, refused 1.`"""
        over = f" ({self.passed_over} passed over by the filters)" if self.passed_over else ""
        more = "".join(f", {name} {n}" for name, n in (("repeated", self.repeated), ("lost", self.lost)) if n)
        return f"Accepted {self.accepted}{over}, handled {self.handled}, failed {self.failed}, refused {self.refused}{more}."
