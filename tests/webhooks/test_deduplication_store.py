"""The deduplication store in memory."""

from __future__ import annotations

import asyncio

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from buildkite_ext.webhooks import MemoryDeduplicationStore


def test_a_key_is_taken_once_until_it_expires() -> None:
    now = 0.0
    replays = MemoryDeduplicationStore(clock=lambda: now)

    async def scenario() -> None:
        nonlocal now
        assert await replays.claim("a", 10) == "new"
        assert await replays.claim("a", 10) == "pending"
        now = 10.0
        assert await replays.claim("a", 10) == "new"
        await replays.settle("a", 100)
        now = 109.0
        assert await replays.claim("a", 10) == "settled"
        now = 110.0
        assert await replays.claim("a", 10) == "new"
        await replays.settle("a", 0)
        assert await replays.claim("a", 10) == "new"

    asyncio.run(scenario())


def test_memory_stays_bounded_and_the_newest_are_kept() -> None:
    replays = MemoryDeduplicationStore(limit=100, clock=lambda: 0.0)

    async def scenario() -> None:
        for number in range(1000):
            await replays.claim(str(number), 60)
        assert len(replays) == 100
        assert await replays.claim("999", 60) == "pending"
        assert await replays.claim("0", 60) == "new"

    asyncio.run(scenario())


class Remembering(RuleBasedStateMachine):
    """A store compared with a simple model of it."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0
        self.store = MemoryDeduplicationStore(clock=lambda: self.now)
        self.plain: dict[str, tuple[float, str]] = {}

    def known(self, key: str) -> str | None:
        until, state = self.plain.get(key, (0.0, ""))
        return state if until > self.now else None

    @rule(key=st.sampled_from("abc"), seconds=st.integers(1, 50))
    def claim(self, key: str, seconds: int) -> None:
        expected = self.known(key) or "new"
        assert asyncio.run(self.store.claim(key, seconds)) == expected
        if expected == "new":
            self.plain[key] = (self.now + seconds, "pending")

    @rule(key=st.sampled_from("abc"), seconds=st.integers(0, 50))
    def settle(self, key: str, seconds: int) -> None:
        asyncio.run(self.store.settle(key, seconds))
        self.plain[key] = (self.now + seconds, "settled")

    @rule(seconds=st.integers(0, 60))
    def wait(self, seconds: int) -> None:
        self.now += seconds

    @invariant()
    def it_holds_no_more_than_was_given(self) -> None:
        assert len(self.store) <= len(self.plain)


TestRemembering = Remembering.TestCase
TestRemembering.settings = settings(max_examples=40, stateful_step_count=20, deadline=None)
