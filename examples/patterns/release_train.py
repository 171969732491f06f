"""Release several pipelines together: at a time, create a build of each, and unblock all when all wait at their block step.

If one of them doesn't get there, or has failed on the way, or can't even be created, all are canceled and nothing ships. A build
that passes without a block step has shipped unasked, so that it stops the others, too.

python examples/patterns/release_train.py 1.4.2 --at 2026-01-05T18:00:00Z --simulate
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from uuid import uuid4

from buildkite_ext import BuildkiteClient, BuildkiteError, EpochClock, SystemClock, WaitResult
from buildkite_ext.simulation import Simulator

ACTIVE = ("creating", "scheduled", "running", "failing", "blocked")


class NotReady(Exception):
    """Pipelines that can't be released."""


def wait_until(clock: EpochClock, time: datetime) -> None:
    if time.tzinfo is None:
        raise ValueError(f"{time} means another moment on each machine: give its zone, such as {time.isoformat()}Z")
    clock.sleep(max(0.0, time.timestamp() - clock.time()))


def release(buildkite: BuildkiteClient, pipelines: Sequence[str], version: str) -> list[WaitResult]:
    mark = {"release": version, "train": str(uuid4())}
    try:
        builds = [buildkite.builds.create(pipeline, message=version, meta_data=mark) for pipeline in pipelines]
        gates = [buildkite.builds.wait(build, timeout=7200) for build in builds]
        late = [gate for gate in gates if gate.outcome != "blocked" or gate.failed_jobs]
        if late:
            raise NotReady(", ".join(f"{gate.build.web_url} is {gate.outcome}" for gate in late))
    except BaseException:
        cancel(buildkite, pipelines, mark)
        raise
    for gate in gates:
        for step in gate.blocked_by:
            buildkite.jobs.unblock(step, fields={"version": version})
    return [buildkite.builds.wait(build, timeout=7200) for build in builds]


def cancel(buildkite: BuildkiteClient, pipelines: Sequence[str], mark: Mapping[str, str]) -> None:
    """Cancel what was created, also if the answer that named it was lost. One that can't be canceled stops no other."""
    for pipeline in pipelines:
        with suppress(BuildkiteError):
            for build in buildkite.builds.list(pipeline, meta_data=mark, state=ACTIVE).all():
                buildkite.builds.cancel(build)


def stage() -> Simulator:
    simulator = Simulator()
    for slug in ("app", "api", "docs"):
        simulator.pipeline(slug).job("package", after=300).block("Ship it?", ["version"]).job("deploy")
    return simulator


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("version", nargs="?", default="1.4.2", help="default: 1.4.2")
    parser.add_argument("--pipelines", default="app,api,docs", help="default: app,api,docs")
    parser.add_argument("--at", type=datetime.fromisoformat, help="time with a zone, such as 2026-01-05T18:00:00Z")
    parser.add_argument("--simulate", action="store_true", help="use a simulated Buildkite: no account, no network")
    options = parser.parse_args()
    simulator = stage()
    with simulator.client() if options.simulate else BuildkiteClient() as buildkite:
        if options.at is not None:
            wait_until(simulator.clock if options.simulate else SystemClock(), options.at)
        results = release(buildkite, options.pipelines.split(","), options.version)
        for result in results:
            print(f"{result.build.web_url} {result.outcome}")
    return 0 if all(result.passed for result in results) else 1


if __name__ == "__main__":
    sys.exit(main())
