"""README.md: its programs do what it says, and end by themselves. That they run, alone, is tested in test_docs.py."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from buildkite_ext.simulation import Simulator, SystemClock, Timing
from buildkite_ext.simulation.server import running

from .documents import ROOT, blocks
from .webhooks.posting import build_body, signed

README = ROOT / "README.md"
FIRST, WHOLE, TEST, HOOKS = blocks(README, "python")
WHEEL = "dist/web-1.0-py3-none-any.whl"

TEAM_RIGHTS = (
    *("members_can_create_pipelines", "members_can_create_suites", "members_can_create_registries"),
    *("members_can_destroy_registries", "members_can_destroy_packages"),
)

Run = Callable[[Simulator, str], None]


@pytest.fixture
def first_program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs the first program, with another number of seconds, in an organization of the test's own."""

    def run(simulator: Simulator, seconds: str) -> None:
        with running(simulator) as base_url:
            monkeypatch.setenv("BUILDKITE_API_TOKEN", simulator.token)
            monkeypatch.setenv("BUILDKITE_REST_API_ENDPOINT", base_url)
            exec(compile(FIRST.code.replace("timeout=1800", f"timeout={seconds}"), "README.md", "exec"), {})

    monkeypatch.chdir(tmp_path)
    return run


def acme(**options: Any) -> Simulator:
    return Simulator("acme", token="bkua_readme", clock=SystemClock(), timing=Timing(pickup=0), **options)


def test_the_first_program(first_program: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    simulator = acme()
    simulator.pipeline("web").job("test", log="It works\n", artifacts={WHEEL: b"wheel"}, after=0)
    first_program(simulator, "60")
    assert "test It works" in capsys.readouterr().out
    assert (tmp_path / "wheels" / WHEEL).read_bytes() == b"wheel"


def test_the_first_program_ends_when_no_agent_takes_the_job(first_program: Run) -> None:
    simulator = acme(agents=0)
    web = simulator.pipeline("web").job("test")
    with pytest.raises(SystemExit, match="canceled after 30 minutes: https://"):
        first_program(simulator, "0.2")
    assert web.builds[0].state == "canceled"


def test_the_first_program_says_what_failed(first_program: Run) -> None:
    simulator = acme()
    simulator.pipeline("web").job("lint", after=0).job("test", exit_status=1, after=0)
    with pytest.raises(SystemExit, match="failed: test"):
        first_program(simulator, "60")


def test_the_first_program_names_a_blocked_build(first_program: Run, capsys: pytest.CaptureFixture[str]) -> None:
    simulator = acme()
    simulator.pipeline("web").block("Ship it?")
    first_program(simulator, "60")
    assert capsys.readouterr().out.startswith("waits for approval: https://")


def test_the_tour_of_the_api_only_reads(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    simulator = acme()
    simulator.pipeline("web")
    simulator.registry("wheels", ecosystem="python")
    wheel = tmp_path / "web-1.0-py3-none-any.whl"
    wheel.write_bytes(b"wheel")
    with simulator.client() as client:
        client.schedules.create("web", cronline="0 0 * * *", branch="main", message="Nightly")
        rights = dict.fromkeys(TEAM_RIGHTS, False)
        team = client.teams.create(
            name="Backend",
            description="",
            privacy="visible",
            is_default_team=False,
            default_member_role="member",
            **rights,
        )
        client.teams.members.create(team.id, user_id=client.user.get().id, role="maintainer")
        client.test_engine.suites.create(name="Unit", default_branch="main")
        client.packages.publish("wheels", wheel)
    made = len(simulator.requests)
    with running(simulator) as base_url:
        monkeypatch.setenv("BUILDKITE_API_TOKEN", simulator.token)
        monkeypatch.setenv("BUILDKITE_REST_API_ENDPOINT", base_url)
        WHOLE.run({})
    assert {request.method for request in simulator.requests[made:]} == {"GET"}
    printed = capsys.readouterr().out
    for line in (
        "Default cluster default dispatches",
        "Backend Ada Byron maintainer",
        "web 0 0 * * * ",
        "Unit main",
        "wheels web ",
    ):
        assert line in printed


def test_the_test_of_a_program_passes(buildkite_simulator: Simulator) -> None:
    names: dict[str, Any] = {}
    TEST.run(names)
    names["test_a_broken_build_is_reported"](buildkite_simulator)


def test_the_receiver_takes_a_delivery(capsys: pytest.CaptureFixture[str]) -> None:
    names: dict[str, Any] = {}
    HOOKS.run(names)
    body = build_body(state="failed", branch="release/1", message="Nightly")
    headers = signed(body, secret="…", at=time.time())

    async def scenario() -> None:
        transport = httpx.ASGITransport(names["app"])
        async with httpx.AsyncClient(transport=transport, base_url="https://hooks.test") as http:
            assert (await http.post("/", content=body, headers=headers)).status_code == 200
        await names["hooks"].aclose()

    asyncio.run(scenario())
    assert capsys.readouterr().out == "https://buildkite.test/acme/web/builds/1 Nightly\n"


def test_the_counts_are_written_from_the_code() -> None:
    counted = README.read_text(encoding="utf-8").partition("<!-- Written by scripts/reference.py: -->\n")[2]
    assert re.match(r"\d+ of \d+ documented operations .*\sthe simulator answers \d+ of these\.", counted, re.DOTALL)
