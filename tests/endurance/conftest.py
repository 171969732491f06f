"""Fixtures and the summary of the endurance tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from ..webhooks.redis.server import RedisServer, a_server
from .webhooks.figures import LINE, PROPERTY, table


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def own_server() -> Iterator[RedisServer]:
    """Yield a Redis that a test may stop."""
    yield from a_server()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print what the tests counted and measured. No test depends on it."""
    found = [each for report in terminalreporter.getreports("passed") for each in report.user_properties]
    rows = [value for name, value in found if name == PROPERTY]
    lines = [*(str(value) for name, value in found if name == LINE), *(table(rows) if rows else [])]
    if lines:
        terminalreporter.section("endurance")
        terminalreporter.write_line("\n".join(lines))
