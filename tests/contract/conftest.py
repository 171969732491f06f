"""One client of each flavor for all tests of a session, and the Buildkite that both of them talk to."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from buildkite_ext import AsyncBuildkiteClient, BuildkiteClient, Retry

from .description import API
from .wire import TOKEN, Buildkite

ONCE = Retry(attempts=1)


@pytest.fixture(scope="session")
def buildkite() -> Buildkite:
    return Buildkite()


@pytest.fixture(scope="session")
def client(buildkite: Buildkite) -> Iterator[BuildkiteClient]:
    with BuildkiteClient(
        "acme", token=TOKEN, base_url=API, transport=buildkite, retry=ONCE, budget=None, breaker=None
    ) as made:
        yield made


@pytest.fixture(scope="session")
def async_client(buildkite: Buildkite) -> AsyncBuildkiteClient:
    # Its transport holds nothing that would have to be closed, so it may serve many loops.
    return AsyncBuildkiteClient(
        "acme", token=TOKEN, base_url=API, transport=buildkite, retry=ONCE, budget=None, breaker=None
    )
