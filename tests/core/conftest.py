"""One test, three flavors: an async test that takes `flavor` runs blocking, on asyncio and on trio."""

from __future__ import annotations

from inspect import iscoroutinefunction
from pathlib import Path
from typing import Any

import pytest

from buildkite_ext._sync import run

from .fakes import FakeClock, Flavor


@pytest.fixture(params=["blocking", "asyncio", "trio"])
def anyio_backend(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def flavor(anyio_backend: str) -> Flavor:
    return Flavor(anyio_backend)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Ignore a warning of trio: httpx leaves the generator of a body that is not read to its end to the event loop."""
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.filterwarnings("ignore:Async generator 'httpx:ResourceWarning"))


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: Any) -> bool | None:
    """Run a test of the blocking flavor without an event loop, by `buildkite_ext._sync`, which it tests."""
    if pyfuncitem.funcargs.get("anyio_backend") != "blocking" or not iscoroutinefunction(pyfuncitem.obj):
        return None
    run(pyfuncitem.obj(**{name: pyfuncitem.funcargs[name] for name in pyfuncitem._fixtureinfo.argnames}))
    return True
