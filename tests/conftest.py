"""What every test has: a clean environment, and property tests that give the same result each time."""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, settings

from tests.webhooks.load.figures import PROPERTY, table

settings.register_profile(
    "repeatable",
    database=None,
    deadline=None,
    derandomize=True,
    max_examples=60,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
settings.load_profile("repeatable")


@pytest.fixture(autouse=True)
def no_buildkite_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever runs the tests may have a token in the environment."""
    for name in [name for name in os.environ if name.startswith("BUILDKITE_")]:
        monkeypatch.delenv(name)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """What was measured under load: only numbers for whoever looks, no test depends on them."""
    reports = terminalreporter.getreports("passed")
    rows = [value for report in reports for name, value in report.user_properties if name == PROPERTY]
    if rows:
        terminalreporter.section("webhooks")
        terminalreporter.write_line("\n".join(table(rows)))
