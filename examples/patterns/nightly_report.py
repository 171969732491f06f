"""Report the newest nightly builds: the jobs that broke each of them, and the end of their logs.

Only builds of a schedule count, however many pushes lie between them. A job that failed softly, or passed when it was retried,
broke nothing; one that timed out or found no agent did.

python examples/patterns/nightly_report.py web --nights 2 --simulate
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from itertools import islice

from buildkite_ext import BuildkiteClient, JobNotFound
from buildkite_ext.simulation import Simulator


def report(buildkite: BuildkiteClient, pipeline: str, branch: str, *, nights: int, tail: int) -> Iterator[str]:
    ended = buildkite.builds.list(pipeline, branch=branch, state="finished", exclude_jobs=True)
    for build in islice((build for build in ended if str(build.source) == "schedule"), nights):
        result = buildkite.builds.wait(build)  # it has ended, so this is one request
        yield f"#{build.number} {result.outcome}"
        for job in result.failed_jobs:
            yield f"  {job.name}: {job.state}, exit status {job.exit_status}"
            try:
                lines = buildkite.jobs.log_text(job, clean=True).splitlines()
            except JobNotFound:  # it never started, so it wrote none
                continue
            yield from (f"    {line}" for line in lines[-tail:])


def stage() -> Simulator:
    simulator = Simulator()
    log = "".join(f"\x1b[32mPASSED\x1b[0m test_{number}\n" for number in range(50)) + "\x1b[31mFAILED\x1b[0m test_50\n"
    web = simulator.pipeline("web")
    web.job("lint", exit_status=1, soft_fail=True).job("network", exit_status=[1, 0], automatic_retries=1)
    web.build(source="schedule")
    web.job("model", log=log, exit_status=1).job("soak", after=900, timeout=600)
    web.build(source="schedule")
    for _ in range(40):
        web.build(source="webhook")
    simulator.clock.sleep(1800)
    return simulator


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pipeline", nargs="?", default="web", help="default: web")
    parser.add_argument("--branch", default="main", help="default: main")
    parser.add_argument("--nights", type=int, default=3, help="default: 3")
    parser.add_argument("--tail", type=int, default=2, help="lines of a log; default: 2")
    parser.add_argument("--simulate", action="store_true", help="use a simulated Buildkite: no account, no network")
    options = parser.parse_args()
    with stage().client() if options.simulate else BuildkiteClient() as buildkite:
        for line in report(buildkite, options.pipeline, options.branch, nights=options.nights, tail=options.tail):
            print(line)


if __name__ == "__main__":
    main()
