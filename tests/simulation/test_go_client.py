"""Buildkite's own client for Go, against a simulator that is served. Tests are skipped where Go or its module isn't there."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

from buildkite_ext.simulation import Simulator, SystemClock, Timing
from buildkite_ext.simulation.server import running

from .go_programs import go_program

_TOKEN = "bkua_go"


def test_the_official_go_client_lists_creates_follows_and_downloads(tmp_path: Path) -> None:
    program = go_program("go_client", tmp_path)
    simulator = Simulator(token=_TOKEN, clock=SystemClock(), timing=Timing(pickup=0.02))
    simulator.pipeline("docs").job("spelling")
    web = simulator.pipeline("web")
    web.job("test", log="collected 2 items\n", after=0.05)
    web.job("wheel", artifacts={"dist/web.whl": b"PK wheel", "dist/sums.txt": b"abc"}, after=0.05)
    web.history(25, every=60)
    with running(simulator) as url:
        ended = subprocess.run([str(program), f"{url}/", _TOKEN], capture_output=True, text=True, timeout=90)
    assert ended.stderr == ""
    found = json.loads(ended.stdout)
    assert sorted(found["pipelines"]) == ["docs", "web"]
    assert (found["listed"], found["pages"]) == ([*range(25, 0, -1)], 3)
    assert (found["number"], found["state"]) == (26, "passed")
    assert found["looks"] >= 1
    assert found["jobs"] == {"test": "passed", "wheel": "passed"}
    assert "collected 2 items" in found["logs"]["test"]
    assert found["artifacts"] == {"dist/web.whl": "PK wheel", "dist/sums.txt": "abc"}
    assert found["missing"] == 404
    assert simulator.pipeline("web").builds[-1].message == "From Go"
