"""Clean environment and settings of hypothesis for every test."""

from __future__ import annotations

import gc
import os
import signal
import threading

import pytest
from hypothesis import HealthCheck, Phase, settings

_COMMON = settings(
    database=None,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
settings.register_profile("repeatable", _COMMON, max_examples=60)
settings.register_profile("thorough", _COMMON, max_examples=150)
settings.register_profile("mutants", _COMMON, max_examples=20, phases=[Phase.explicit, Phase.generate])
settings.load_profile("repeatable")

# A shell ignores SIGINT in what it starts in the background, and nohup SIGHUP. The processes that tests interrupt would inherit that.
if threading.current_thread() is threading.main_thread():
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    if hasattr(signal, "SIGHUP") and signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:
        signal.signal(signal.SIGHUP, signal.SIG_DFL)


@pytest.fixture(autouse=True)
def no_buildkite_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Remove a token and other settings of the developer from the environment."""
    for name in [name for name in os.environ if name.startswith("BUILDKITE_")]:
        monkeypatch.delenv(name)


def pytest_collection_finish() -> None:
    """Exempt what stays to the end, above all 17,000 tests, from garbage collection: some tests ask for it very often."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="module")
def small_heap() -> None:
    """Exempt what earlier tests have left from garbage collection."""
    gc.collect()
    gc.freeze()
