"""Comparison of the requests that a program sent with those that a cassette holds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from .request_texts import Key, names_of

__all__ = ["ReplayedRequest", "differences"]


class _RecordedRequest(Protocol):
    """Recorded request."""

    @property
    def key(self) -> Key: ...

    @property
    def repeatable(self) -> bool: ...


@dataclass(frozen=True, slots=True)
class ReplayedRequest:
    """Request that a replayer got.

    Attributes:
        text: its method, path and query.
        recorded: the recorded request that answered it; None where there was none.
        differs: in what it differs from the nearest recorded request; an empty text if in nothing.
    """

    text: str
    recorded: _RecordedRequest | None
    differs: str


def differences(recorded: Sequence[_RecordedRequest], sent: Sequence[ReplayedRequest]) -> Iterator[str]:
    """Yield a sentence for each difference between what was recorded and what was sent.

    A read may be sent more or less often than it was recorded, and reads may come in any order: programs poll. Writes have to be
    sent as often as they were recorded, and in their order; where some were left out or repeated, the others in theirs.

    Args:
        recorded: the recorded requests in their order.
        sent: the requests of the program in their order.
    """
    yield from dict.fromkeys(_of_request(each) for each in sent if each.recorded is None or each.differs)
    names = names_of(recorded)
    asked = {each.recorded.key for each in sent if each.recorded is not None}
    yield from dict.fromkeys(f"Recorded, never sent: {names[each.key]}." for each in recorded if each.key not in asked)
    wanted = [each.key for each in recorded if not each.repeatable]
    got = [each.recorded.key for each in sent if each.recorded is not None and not each.recorded.repeatable]
    yield from _of_writes(wanted, got, names)


def _of_request(each: ReplayedRequest) -> str:
    if each.recorded is None:
        return f"Sent, not recorded: {each.text}. {each.differs}."
    return f"Sent otherwise than recorded: {each.text}: {each.differs}."


def _of_writes(wanted: Sequence[Key], got: Sequence[Key], names: Mapping[Key, str]) -> Iterator[str]:
    """Yield the differences in the number and in the order of the writes that both have."""
    often, recorded = Counter(got), Counter(wanted)
    for key, times in recorded.items():
        if often[key] not in (0, times):
            yield f"Recorded {_times(times)}, sent {_times(often[key])}: {names[key]}."
    if _longest_common(wanted, got) < (often & recorded).total():
        before, now = ("; ".join(names[key] for key in keys if key in often) for keys in (wanted, got))
        yield f"Sent in another order. Recorded: {before}. Sent: {now}."


def _longest_common(wanted: Sequence[Key], got: Sequence[Key]) -> int:
    """Return how many writes both sequences have in one order."""
    numbers = {key: number for number, key in enumerate(dict.fromkeys((*wanted, *got)))}
    one, other = ([numbers[key] for key in keys] for keys in (wanted, got))
    start = next(
        (place for place, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other))
    )
    lengths = [0] * (len(other) - start + 1)
    for a in one[start:]:
        diagonal = 0
        for place, b in enumerate(other[start:], 1):
            above = lengths[place]
            lengths[place] = diagonal + 1 if a == b else max(above, lengths[place - 1])
            diagonal = above
    return start + lengths[-1]


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"
