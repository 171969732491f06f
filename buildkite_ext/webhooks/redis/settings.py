"""What a worker was told, in one value."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from .dead_letters import DeadLetter
from .names import Names


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The arguments of `RedisStreamSource`, which says what each means."""

    names: Names
    group: str
    consumer: str
    ordered: bool
    concurrency: int
    tries: int
    claim_after: float
    lease: float
    pause: float
    block: float
    timeout: float
    dead_letter_limit: int
    on_dead_letter: Callable[[DeadLetter], None] | None
    random: Callable[[], float]

    @property
    def tick(self) -> float:
        """Seconds between two looks at what others left."""
        return min(1.0, (self.lease if self.ordered else self.claim_after) / 5)
