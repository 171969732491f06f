"""Fixtures: a simulator, and an httpx client that is connected to it."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from buildkite_ext.simulation import Simulator

from .helpers import connect


@pytest.fixture
def simulator() -> Simulator:
    return Simulator()


@pytest.fixture
def api(simulator: Simulator) -> Iterator[httpx.Client]:
    with connect(simulator) as client:
        yield client
