"""The organization that the cassettes are recorded against."""

from __future__ import annotations

from buildkite_ext.simulation import Simulator, VirtualClock


def organization() -> Simulator:
    """Return a simulator with a pipeline of ten builds, whose next one passes and leaves two wheels."""
    simulator = Simulator("acme", clock=VirtualClock())
    web = simulator.pipeline("web")
    web.job("lint", log="--- Lint\nclean\n", after=5).wait()
    web.job(
        "build",
        log="+++ Build\nbuilding\ndone\n",
        after=30,
        artifacts={"dist/web-1.0-py3-none-any.whl": b"wheel\x00" * 50},
    )
    for number in range(10):
        web.build(branch=("main", "dev", "feature/x")[number % 3])
        simulator.clock.sleep(60)
    return simulator
