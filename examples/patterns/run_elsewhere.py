"""Run a commit in another pipeline, wait for it, and read the results that it uploaded.

A build of this caller that runs or has passed is taken again, so that the calling job can be retried. It is found by its
meta-data: another user's build of the same commit may run with another environment. A build that was canceled is no answer.

python examples/patterns/run_elsewhere.py benchmarks COMMIT --caller web-1234 --simulate
"""

from __future__ import annotations

import argparse
import json
import sys

from buildkite_ext import BuildkiteClient, ResponseLost
from buildkite_ext.models import Build
from buildkite_ext.simulation import Simulator

USELESS = ("failing", "failed", "canceling", "canceled", "skipped", "not_run")


def own_build(buildkite: BuildkiteClient, pipeline: str, commit: str, caller: str) -> Build | None:
    builds = buildkite.builds.list(pipeline, commit=commit, meta_data={"caller": caller})
    return next((build for build in builds if str(build.state) not in USELESS), None)


def start(buildkite: BuildkiteClient, pipeline: str, commit: str, caller: str) -> Build:
    build = own_build(buildkite, pipeline, commit, caller)
    if build is not None:
        return build
    try:
        return buildkite.builds.create(pipeline, commit=commit, meta_data={"caller": caller})
    except ResponseLost:  # the request may have arrived
        build = own_build(buildkite, pipeline, commit, caller)
        if build is None:
            raise
        return build


def results(buildkite: BuildkiteClient, build: Build) -> dict[str, object]:
    """Return the results of each job, by its name. `build.jobs` holds the last attempt of each."""
    return {
        str(job.name): json.loads(buildkite.artifacts.read(artifact, max_bytes=1_000_000))
        for job in build.jobs
        if str(job.type) == "script"
        for artifact in buildkite.artifacts.list(job, path="results.json", state="finished")
    }


def stage() -> Simulator:
    simulator = Simulator()
    simulator.pipeline("benchmarks").build(commit="d" * 40)  # somebody else's, before there was a step
    simulator.clock.sleep(60)
    files = {"results.json": b'{"ms": 12}'}
    simulator.pipeline("benchmarks").job("cpu", artifacts=files, exit_status=[1, 0], automatic_retries=1, after=600)
    return simulator


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pipeline", nargs="?", default="benchmarks", help="default: benchmarks")
    parser.add_argument("commit", nargs="?", default="d" * 40, help="the whole SHA of the commit")
    parser.add_argument("--caller", default="web-1234", help="what marks the builds of this caller; default: web-1234")
    parser.add_argument("--simulate", action="store_true", help="use a simulated Buildkite: no account, no network")
    options = parser.parse_args()
    with stage().client() if options.simulate else BuildkiteClient() as buildkite:
        build = start(buildkite, options.pipeline, options.commit, options.caller)
        result = buildkite.builds.wait(build, timeout=7200)
        print(f"#{build.number} {result.outcome} {results(buildkite, result.build)}")
    return 0 if result.passed else 1


if __name__ == "__main__":
    sys.exit(main())
