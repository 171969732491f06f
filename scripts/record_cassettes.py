"""Record the cassettes of tests/cassettes again, over HTTP, against the simulator.

python scripts/record_cassettes.py
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from buildkite_ext import BuildkiteClient
from buildkite_ext.simulation.server import running
from tests.cassettes.driver import do
from tests.cassettes.scenarios import SCENARIOS
from tests.cassettes.simulated import organization
from tests.cassettes.tape import API, FOLDER, STORAGE, recorder


def main() -> None:
    """Record every scenario."""
    for name, scenario in SCENARIOS.items():
        simulator = organization()
        (FOLDER / f"{name}.yaml").unlink(missing_ok=True)
        with running(simulator, real_time=False) as url, tempfile.TemporaryDirectory() as folder:
            tape = recorder("all", {url: API, simulator.artifacts_url: STORAGE})
            client = BuildkiteClient("acme", token=simulator.token, base_url=url, clock=simulator.clock)
            with tape.use_cassette(f"{name}.yaml"), client:
                print(f"{name}: {asyncio.run(scenario(client, do, Path(folder)))}")


if __name__ == "__main__":
    main()
