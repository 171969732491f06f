"""Write how long each step of a pipeline takes, waits for an agent, and how often it is flaky, as CSV.

Every attempt counts, of all builds of a branch since a day. The duration begins when an agent starts the job, not when it was
created. A failed attempt is flaky if the last attempt of its job passed. `--json` writes the builds as Buildkite sent them.

python examples/patterns/step_durations.py web --since 2026-01-01T00:00:00Z --simulate
"""

from __future__ import annotations

import argparse
import csv
import json
import sys
from collections import defaultdict
from dataclasses import dataclass, field
from statistics import median

from buildkite_ext import BuildkiteClient, Items
from buildkite_ext.models import Build, Job
from buildkite_ext.simulation import Simulator, Timing


@dataclass
class Step:
    """Seconds that the attempts of one step took and waited."""

    took: list[float] = field(default_factory=list)
    waited: list[float] = field(default_factory=list)
    flaky: int = 0


def builds_since(buildkite: BuildkiteClient, pipeline: str, branch: str, since: str) -> Items[Build]:
    return buildkite.builds.list(
        pipeline, branch=branch, state="finished", created_from=since, include_retried_jobs=True
    )


def measure(builds: Items[Build]) -> dict[str, Step]:
    steps: dict[str, Step] = defaultdict(Step)
    for build in builds:
        attempts = {job.id: job for job in build.jobs}
        for job in build.jobs:
            if str(job.type) != "script" or job.duration is None:
                continue
            step = steps[job.step_key or str(job.name)]
            step.took.append(job.duration.total_seconds())
            step.waited.append(job.queue_wait.total_seconds() if job.queue_wait else 0.0)
            step.flaky += not job.passed and last_attempt(job, attempts).passed
    return dict(steps)


def last_attempt(job: Job, attempts: dict[str, Job]) -> Job:
    while job.retried_in_job_id in attempts:
        job = attempts[job.retried_in_job_id]
    return job


def stage() -> Simulator:
    simulator = Simulator(timing=Timing(pickup=30))
    web = simulator.pipeline("web").job("lint", key="lint", after=10)
    web.job("test", key="test", after=100, exit_status=[1, 0], automatic_retries=1).history(150)
    return simulator


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pipeline", nargs="?", default="web", help="default: web")
    parser.add_argument("--branch", default="main", help="default: main")
    parser.add_argument("--since", default="2026-01-01T00:00:00Z", help="default: 2026-01-01T00:00:00Z")
    parser.add_argument("--json", action="store_true", help="write the builds as they came")
    parser.add_argument("--simulate", action="store_true", help="use a simulated Buildkite: no account, no network")
    options = parser.parse_args()
    with stage().client() if options.simulate else BuildkiteClient() as buildkite:
        builds = builds_since(buildkite, options.pipeline, options.branch, options.since)
        if options.json:
            json.dump(builds.raw().all(), sys.stdout)
            return
        rows = csv.writer(sys.stdout, lineterminator="\n")
        rows.writerow(["step", "runs", "median_s", "longest_s", "median_wait_s", "flaky"])
        for name, step in measure(builds).items():
            rows.writerow([name, len(step.took), median(step.took), max(step.took), median(step.waited), step.flaky])


if __name__ == "__main__":
    main()
