"""How workers share out partitions, as arithmetic."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Literal, NamedTuple

State = Literal["mine", "taken", "free"]


class Plan(NamedTuple):
    """The partitions to take and those to let go."""

    take: list[int]
    release: list[int]


def share(partitions: int, workers: Collection[str], me: str) -> int:
    """How many partitions a worker should read: all alike, and the first few by name one more where it doesn't come out
    even. The shares of all workers add up to the number of partitions.

    Example:
        >>> [share(8, ["a", "b", "c"], worker) for worker in "abc"]
        [3, 3, 2]
    """
    names = sorted({*workers, me})
    return partitions // len(names) + (names.index(me) < partitions % len(names))


def plan(states: Sequence[State], workers: Collection[str], me: str, leaving: Collection[int] = ()) -> Plan:
    """What a worker should do about its share.

    Args:
        states: of each partition whether it is ours, another's or free.
        workers: the names of all workers that live.
        me: the name of this one.
        leaving: partitions that are still ours and already being let go.

    Example:
        >>> plan(["mine", "mine", "mine", "free"], ["a", "b"], "a")
        Plan(take=[], release=[2])
        >>> plan(["taken", "free", "free", "free"], ["a", "b"], "b")
        Plan(take=[2, 3], release=[])
    """
    mine = [index for index, state in enumerate(states) if state == "mine" and index not in leaving]
    missing = share(len(states), workers, me) - len(mine)
    if missing < 0:
        return Plan([], mine[missing:])
    # Workers begin at different places, so that they seldom want the same one.
    free = [index for index, state in enumerate(states) if state == "free"]
    names = sorted({*workers, me})
    begin = len(free) * names.index(me) // len(names)
    return Plan((free[begin:] + free[:begin])[:missing], [])
