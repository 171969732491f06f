"""SIGTERM under load: each delivery that was answered 200 is handled before the end, and no other one."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path

from .crowd import Answered, deliveries, post_all
from .figures import PROPERTY, row
from .process import Receiver, receiving


def test_sigterm_in_the_middle(tmp_path: Path, record_property: Callable[[str, object], None]) -> None:
    with receiving(tmp_path, limit=300, workers=8, slow=0.02) as receiver:
        answers = asyncio.run(post_all(receiver.port, until_it_ends(receiver), connections=20))
        receiver.ended()
    accepted = {each.number for each in answers if each.status == 200}
    unanswered = {each.number for each in answers if each.status is None}
    handled = receiver.handled
    assert 100 < len(answers) < 20_000
    assert {each.status for each in answers} <= {200, 503, None}
    assert len(handled) == len(set(handled))
    assert accepted <= set(handled)
    # It may have ended between accepting and responding, which the client can't see.
    assert set(handled) - accepted <= unanswered
    assert receiver.counts["DeliveryAccepted"] == receiver.counts["DeliveryHandled"] == len(handled)
    assert receiver.counts["Lost"] == 0
    record_property(PROPERTY, row("SIGTERM in the middle", answers, len(handled)))


def until_it_ends(receiver: Receiver) -> Iterator[tuple[int, bytes]]:
    for number, sent in deliveries(range(20_000)):
        if number == 1000:
            receiver.terminate()
        yield number, sent


def test_a_delivery_under_way_gets_its_response(tmp_path: Path) -> None:
    with receiving(tmp_path, slow=0.1) as receiver:

        async def late() -> list[Answered]:
            first = await post_all(receiver.port, deliveries(range(5)), connections=5)
            receiver.terminate()
            return first

        answers = asyncio.run(late())
        assert receiver.ended() == -15
    assert [each.status for each in answers] == [200] * 5
    assert sorted(receiver.handled) == list(range(5))
