"""Recorded answers, replayed through both clients."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from buildkite_ext import AsyncBuildkiteClient, BuildkiteClient
from buildkite_ext.simulation import Simulator, VirtualClock

from .driver import do
from .scenarios import SCENARIOS
from .simulated import organization
from .tape import FOLDER, recorder

EXPECTED: dict[str, dict[str, Any]] = {
    "listing": {
        "numbers": list(range(10, 0, -1)),
        "newest": [10, 9],
        "on a branch": [10, 8, 7, 5, 4, 2, 1],
        "pipelines": ["web"],
    },
    "a_build": {
        "outcome": "passed",
        "jobs": [("lint", "passed"), (None, "passed"), ("build", "passed")],
        "log lines": [2, 3],
        "files": {"dist/web-1.0-py3-none-any.whl": 300},
        "meta-data": {"release": "1.2.3"},
        "rebuilt": 1,
    },
    "refusals": {"missing": (404, True), "refused": ("JobNotUnblockable", 400), "canceled": True},
}


@pytest.mark.parametrize("name", SCENARIOS)
@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_a_recording_replays_through_the_async_client(name: str, backend: str, tmp_path: Path) -> None:
    import anyio

    async def main() -> dict[str, Any]:
        async with AsyncBuildkiteClient("acme", token="replayed", clock=VirtualClock()) as client:
            return await SCENARIOS[name](client, do, tmp_path)

    with recorder("none").use_cassette(f"{name}.yaml") as tape:
        assert anyio.run(main, backend=backend) == EXPECTED[name]
    assert tape.all_played


@pytest.mark.anyio
@pytest.mark.parametrize("name", SCENARIOS)
async def test_a_recording_replays_through_the_blocking_client(name: str, tmp_path: Path) -> None:
    client = BuildkiteClient("acme", token="replayed", clock=VirtualClock())
    with recorder("none").use_cassette(f"{name}.yaml") as tape, client:
        assert await SCENARIOS[name](client, do, tmp_path) == EXPECTED[name]
    assert tape.all_played


@pytest.mark.anyio
@pytest.mark.parametrize("name", SCENARIOS)
async def test_the_simulator_still_answers_as_it_did(name: str, tmp_path: Path) -> None:
    with organization().client() as client:
        assert await SCENARIOS[name](client, do, tmp_path) == EXPECTED[name]


def test_no_cassette_holds_a_token_or_tells_where_it_was_recorded() -> None:
    cassettes = sorted(FOLDER.glob("*.yaml"))
    assert [cassette.stem for cassette in cassettes] == sorted(SCENARIOS)
    for cassette in cassettes:
        text = cassette.read_text()
        assert Simulator().token not in text
        assert not re.search(r'"(?:access_token|api_token|password|private_key|token)": ?"', text)
        assert not re.search(
            r"\bbk[a-z]{2,3}_|[Aa]uthorization|[Bb]earer|127\.0\.0\.1|localhost|[Uu]ser-[Aa]gent:", text
        )
