"""The simulator's server, measured."""

from __future__ import annotations

import time

import httpx

from buildkite_ext.simulation import Simulator
from buildkite_ext.simulation.server import running

HEADERS = {"Authorization": "Bearer bkua_simulator"}


def test_the_server_answers_at_once() -> None:
    with running(Simulator()) as url, httpx.Client(base_url=url, headers=HEADERS) as api:
        before = time.monotonic()
        for _ in range(60):
            api.get("/v2/user")
    assert time.monotonic() - before < 2  # with delayed packets each would take 40 ms
