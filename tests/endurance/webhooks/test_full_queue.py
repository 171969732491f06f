"""More deliveries than handlers can take: each is either accepted and handled, or refused."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from .crowd import deliveries, post_all
from .figures import PROPERTY, row
from .process import receiving

SENT = 3000
Record = Callable[[str, object], None]


@pytest.mark.parametrize("branch", ["main", "sync"])
def test_slow_handlers_and_a_full_queue(branch: str, tmp_path: Path, record_property: Record) -> None:
    with receiving(tmp_path, limit=200, workers=8, slow=0.05) as receiver:
        answers = asyncio.run(post_all(receiver.port, deliveries(range(SENT), branch=branch), connections=50))
        receiver.terminate()
        receiver.ended()
    statuses = Counter(each.status for each in answers)
    accepted = [each.number for each in answers if each.status == 200]
    assert set(statuses) == {200, 503}
    assert statuses.total() == SENT
    assert sorted(receiver.handled) == sorted(accepted)
    assert receiver.counts == {
        "DeliveryAccepted": len(accepted),
        "DeliveryHandled": len(accepted),
        "DeliveryRefused 503": statuses[503],
    }
    record_property(PROPERTY, row(f"full queue, {branch} handlers", answers, len(receiver.handled)))


def test_a_refused_delivery_is_accepted_when_it_is_repeated(tmp_path: Path, record_property: Record) -> None:
    with receiving(tmp_path, limit=20, workers=8, slow=0.05) as receiver:

        async def until_accepted() -> list[int]:
            left, rounds = dict(deliveries(range(300))), []
            while left:
                answers = await post_all(receiver.port, list(left.items()))
                for each in answers:
                    if each.status == 200:
                        del left[each.number]
                rounds.append(len(answers))
                await asyncio.sleep(0.02)
            return rounds

        rounds = asyncio.run(until_accepted())
        receiver.terminate()
        receiver.ended()
    assert len(rounds) > 1
    assert sorted(receiver.handled) == list(range(300))
