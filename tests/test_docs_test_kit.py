"""docs/test-kit.md: its tests are run by pytest as a reader would, and what it says of fixtures, markers and messages is so."""

from __future__ import annotations

import os
import re

import pytest

from buildkite_ext import BuildkiteClient, pytest_plugin
from buildkite_ext.simulation import Simulator
from buildkite_ext.simulation.server import running

from .documents import ROOT
from .loading import load_all

pytest_plugins = ["pytester"]

PAGE = (ROOT / "docs" / "test-kit.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r'^```python(?: title="(\w+\.py)")?\n(.*?)^```$', PAGE, re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module", autouse=True)
def _all_is_loaded() -> None:
    load_all()


def test_its_tests_pass_recorded_and_replayed(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    for number, (name, code) in enumerate(BLOCKS):
        (pytester.path / (name or f"test_{number}.py")).write_text(code, encoding="utf-8")
    pytester.makeini("[pytest]\npythonpath = .\nfilterwarnings = error\n")
    pytester.makeconftest("import pytest\n\n@pytest.fixture\ndef anyio_backend():\n    return 'asyncio'\n")
    real = Simulator("acme", token="bkua_0123456789abcdef")
    real.pipeline("web").job("test").history(2)
    tests = sum(len(re.findall(r"^ *(?:async )?def test_", code, re.MULTILINE)) for _, code in BLOCKS) + 6
    with running(real) as url, monkeypatch.context() as patch:
        patch.setenv("BUILDKITE_API_TOKEN", real.token)
        patch.setenv("BUILDKITE_ORGANIZATION_SLUG", "acme")
        patch.setenv("BUILDKITE_REST_API_ENDPOINT", url)
        pytester.runpytest_inprocess("--buildkite-record", "-k", "newest_build").assert_outcomes(
            passed=1, deselected=tests - 1
        )
        assert len(real.requests) == 1
    pytester.runpytest_inprocess("--strict-markers").assert_outcomes(passed=tests)
    assert len(real.requests) == 1


def test_the_message_is_what_it_shows() -> None:
    shown = re.findall(r"^```text\nAssertionError: (.*?)\n```$", PAGE, re.MULTILINE | re.DOTALL)
    simulator = Simulator()
    simulator.pipeline("web").job("test")
    with simulator.connected(), BuildkiteClient() as buildkite:
        build = buildkite.builds.create("web", commit="HEAD", branch="release")
        buildkite.builds.wait("web", build.number)
    with pytest.raises(AssertionError) as raised:
        simulator.assert_asked("builds.create", times=1, body={"branch": "main"})
    assert re.sub(r"× \d+", "× 4", str(raised.value)) == shown[0]


def test_the_example_passes(pytester: pytest.Pytester) -> None:
    example = ROOT / "examples" / "testing" / "test_deploy.py"
    assert "pytest examples/testing/test_deploy.py" in example.read_text(encoding="utf-8")
    pytester.makeini("[pytest]\nfilterwarnings = error\n")
    (pytester.path / example.name).write_text(example.read_text(encoding="utf-8"), encoding="utf-8")
    pytester.runpytest_inprocess("--strict-markers").assert_outcomes(passed=10)


def test_its_tables_are_whole(pytester: pytest.Pytester) -> None:
    fixtures = {name for name in pytest_plugin.__all__ if "buildkite_" in name}
    assert fixtures == set(re.findall(r"^\| `(\w+)` \|", PAGE, re.MULTILINE))
    shown = pytester.runpytest_inprocess("--markers").stdout.str()
    markers = set(re.findall(r"^@pytest\.mark\.(buildkite_\w+)", shown, re.MULTILINE))
    assert markers == set(re.findall(r"^\| `(\w+)\(", PAGE, re.MULTILINE))
    assert not [name for name in os.environ if name.startswith("BUILDKITE_")]
