"""Plan of deliveries: whether, when and how often each is sent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import Literal

from ...unknown_keywords import checks_fields
from ..definition.checks import check_name, check_number, check_whole, configuration_errors, elements

__all__ = ["Deliveries"]

_ORDERS = ("kept", "shuffled")


@checks_fields
@dataclass(frozen=True, slots=True, kw_only=True)
class Deliveries:
    """Plan of the deliveries to an endpoint. By default each event is sent once, at once and in order.

    Buildkite documents neither an order nor whether refused deliveries are sent again, so receivers should bear both.

    Args:
        order: `kept`, or `shuffled`: each delivery comes up to `spread` seconds later.
        spread: the seconds by which shuffled deliveries are apart at most.
        repeat: the share of the deliveries that are sent a second time, from 0 to 1. Both have the same body.
        delay: the seconds by which all deliveries come later than their events.
        lose: the share of the deliveries that are never sent, from 0 to 1.
        retries: the seconds after which a delivery is sent again that was refused, for each further attempt. A delivery is
            refused by a status other than 2xx, or by no answer. None by default.
        timeout: the seconds in which a URL has to answer: from the begin of the connection to the end of the headers.
        seed: the seed of what is lost, repeated and shuffled. The same seed gives the same deliveries.

    Raises:
        ConfigurationError: there is no such order, or a number is out of its range.
        TypeError: an argument has another type.

    Example:
        >>> from random import Random
        >>> Deliveries(delay=3).delays(Random(0)), Deliveries(lose=1).delays(Random(0))
        ((3.0,), ())
        >>> Deliveries(repeat=1).delays(Random(0))
        (0.0, 0.0)
    """

    order: Literal["kept", "shuffled"] = "kept"
    spread: float = 5.0
    repeat: float = 0.0
    delay: float = 0.0
    lose: float = 0.0
    retries: Sequence[float] = ()
    timeout: float = 10.0
    seed: int = 0

    def __post_init__(self) -> None:
        check_whole("seed", self.seed, least=None)
        with configuration_errors():
            check_name("order", self.order, _ORDERS, "order of deliveries")
            for name, share in (("repeat", self.repeat), ("lose", self.lose)):
                check_number(name, share, give="a share from 0 to 1, as a number")
                if share > 1:
                    raise ValueError(f"{name}={share}: give the share of the deliveries, from 0 to 1")
            for name, seconds in (("spread", self.spread), ("delay", self.delay), ("timeout", self.timeout)):
                check_number(name, seconds)
            for pause in elements(
                "retries", self.retries, give="seconds before each further attempt, such as (60, 600)"
            ):
                check_number("retries", pause)

    def delays(self, random: Random) -> tuple[float, ...]:
        """Return the seconds after its event at which each delivery of an event is sent. None of a lost one.

        Args:
            random: draws what is lost, repeated and shuffled.
        """
        lost, repeated = random.random() < self.lose, random.random() < self.repeat
        apart = [random.random() * self.spread if self.order == "shuffled" else 0.0 for _ in range(2)]
        if lost:
            return ()
        return tuple(float(self.delay) + each for each in apart[: 1 + repeated])

    def retry_after(self, attempt: int) -> float | None:
        """Return the seconds after which a refused delivery is sent again; None if it isn't.

        Args:
            attempt: how often it was sent, from 1.

        Example:
            >>> [Deliveries(retries=(60, 600)).retry_after(attempt) for attempt in (1, 2, 3)]
            [60, 600, None]
        """
        return self.retries[attempt - 1] if attempt <= len(self.retries) else None
