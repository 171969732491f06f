"""README.md: its programs run, and what it says stands where is there."""

from __future__ import annotations

import asyncio
import re
import time
from pathlib import Path
from typing import Any

import httpx
import pytest

from buildkite_ext.simulation import Pace, Simulator, SystemClock
from buildkite_ext.simulation.server import running

from .contract.answers import content
from .contract.description import OPERATIONS
from .contract.values import Fill
from .webhooks.posting import build_body, signed

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
FIRST, WHOLE, TEST, HOOKS = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
WHEEL = "dist/web-1.0-py3-none-any.whl"


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_the_first_program_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    simulator = Simulator("acme", token="bkua_readme", clock=SystemClock(), pace=Pace(pickup=0.01))
    simulator.pipeline("web").job("test", log="It works\n", artifacts={WHEEL: b"wheel"}, after=0.01)
    with running(simulator) as base_url:
        monkeypatch.setenv("BUILDKITE_API_TOKEN", simulator.token)
        monkeypatch.setenv("BUILDKITE_REST_API_ENDPOINT", base_url)
        exec(compile(FIRST, "README.md", "exec"), {})
    assert "test It works" in capsys.readouterr().out
    assert (tmp_path / "wheels" / WHEEL).read_bytes() == b"wheel"


def test_the_calls_of_the_whole_api_are_there(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    simulator = Simulator()
    called = ("create_pipeline_schedule", "pause_cluster_queue", "list_team_members", "publish_package")
    for name in called:
        operation = OPERATIONS[name]
        body, kind = content(operation, Fill.FULL), {"Content-Type": operation.media or ""}
        simulator.fail_next(status=operation.success, operation=name, body=body, headers=kind)
    (tmp_path / "dist").mkdir()
    (tmp_path / WHEEL).write_bytes(b"wheel")
    with simulator.client() as buildkite:
        names: dict[str, Any] = {"buildkite": buildkite, "cluster_id": "c1", "queue_id": "q1", "team_id": "t1"}
        exec(compile(WHOLE, "README.md", "exec"), names)
    assert [request.operation for request in simulator.requests] == list(called)
    assert capsys.readouterr().out


def test_the_test_of_a_program_passes() -> None:
    names: dict[str, Any] = {}
    exec(compile(TEST, "README.md", "exec"), names)
    names["test_a_broken_build_is_reported"]()


def test_the_receiver_takes_a_delivery(capsys: pytest.CaptureFixture[str]) -> None:
    names: dict[str, Any] = {}
    exec(compile(HOOKS, "README.md", "exec"), names)
    body = build_body(state="failed", branch="release/1", message="Nightly")
    headers = signed(body, secret="…", at=time.time())

    async def scenario() -> None:
        transport = httpx.ASGITransport(names["app"])
        async with httpx.AsyncClient(transport=transport, base_url="https://hooks.test") as http:
            assert (await http.post("/", content=body, headers=headers)).status_code == 200
        await names["hooks"].aclose()

    asyncio.run(scenario())
    assert capsys.readouterr().out == "https://buildkite.test/acme/web/builds/1 Nightly\n"


def test_what_is_named_is_there() -> None:
    layout = README.partition("## How the pieces fit")[2].partition("```\n")[2].partition("```")[0]
    named = re.findall(r"^( {0,2})([a-z_]+(?:/|\.py))", layout, re.MULTILINE)
    assert len(named) > 8
    for indent, name in named:
        assert (ROOT / ("buildkite_ext" if indent else "") / name).exists(), name
    for target in re.findall(r"\]\(([^)#]+)\)", README):
        assert target.startswith("https://") or (ROOT / target).exists(), target
