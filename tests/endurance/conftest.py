"""Fixtures and the summary of the endurance tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from ..webhooks.redis.server import RedisServer, a_server
from .webhooks.figures import PROPERTY, table


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def own_server() -> Iterator[RedisServer]:
    """Yield a Redis that a test may stop."""
    yield from a_server()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the figures of the load tests. No test depends on them."""
    reports = terminalreporter.getreports("passed")
    rows = [value for report in reports for name, value in report.user_properties if name == PROPERTY]
    if rows:
        terminalreporter.section("webhooks")
        terminalreporter.write_line("\n".join(table(rows)))
