"""Find the newest commit of a branch that is green: a release or a test run starts from it.

The newest build that came to an end decides about its commit. A build at a block step decides nothing, whatever its state says.
A step named by `--require` has to have passed in all its jobs: a soft failure isn't enough.

python examples/patterns/last_green.py web --require gpu --simulate
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable

from buildkite_ext import BuildkiteClient
from buildkite_ext.models import Build
from buildkite_ext.simulation import Simulator


def last_green(buildkite: BuildkiteClient, pipeline: str, branch: str, required: Iterable[str] = ()) -> Build | None:
    decided: set[str | None] = {"HEAD"}  # a build that no agent has looked at has no commit yet
    for build in buildkite.builds.list(pipeline, branch=branch, state=["passed", "failed"]):
        if build.blocked or build.commit in decided:
            continue
        decided.add(build.commit)
        if build.passed and all(step_passed(build, key) for key in required):
            return build
    return None


def step_passed(build: Build, key: str) -> bool:
    jobs = [job for job in build.jobs if job.step_key == key]
    return bool(jobs) and all(job.passed for job in jobs)


def stage() -> Simulator:
    simulator = Simulator()
    web = simulator.pipeline("web").job("test").job("test on GPUs", key="gpu")
    web.build(commit="a" * 40)
    simulator.clock.sleep(60)
    web.block("Deploy?").build(commit="b" * 40)
    simulator.clock.sleep(60)
    return simulator


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pipeline", nargs="?", default="web", help="default: web")
    parser.add_argument("--branch", default="main", help="default: main")
    parser.add_argument("--require", action="append", default=[], metavar="KEY", help="key of a step; may be repeated")
    parser.add_argument("--simulate", action="store_true", help="use a simulated Buildkite: no account, no network")
    options = parser.parse_args()
    with stage().client() if options.simulate else BuildkiteClient() as buildkite:
        build = last_green(buildkite, options.pipeline, options.branch, options.require)
        print(f"{build.commit} by #{build.number}" if build else "no commit is green")
    return 0 if build else 1


if __name__ == "__main__":
    sys.exit(main())
