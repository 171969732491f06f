"""Create a build and retry its failed jobs once. A job that passes the second time is flaky.

python examples/retry_failed.py api --simulate
"""

from __future__ import annotations

import argparse
import sys

from buildkite_ext import BuildkiteClient
from buildkite_ext.simulation.demo import demo_organization


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pipeline", nargs="?", default="api", help="default: api")
    parser.add_argument("--branch", default="main", help="default: main")
    parser.add_argument("--simulate", action="store_true", help="use a simulated Buildkite: no account, no network")
    options = parser.parse_args()
    with demo_organization().client() if options.simulate else BuildkiteClient() as buildkite:
        build = buildkite.builds.create(options.pipeline, commit="HEAD", branch=options.branch)
        first = buildkite.builds.wait(options.pipeline, build.number)
        print(f"#{build.number} {first.outcome}")
        if first.outcome != "failed":
            return 0 if first.passed else 1
        for job in first.failed_jobs:
            print(f"  retrying {job.name}, which exited {job.exit_status}")
            buildkite.jobs.retry(options.pipeline, build.number, job.id)
        second = buildkite.builds.wait(options.pipeline, build.number)
        print(f"#{build.number} {second.outcome}")
        still = {job.name for job in second.failed_jobs}
        for job in first.failed_jobs:
            print(f"  {job.name} {'is broken' if job.name in still else 'is flaky'}")
    return 0 if second.passed else 1


if __name__ == "__main__":
    sys.exit(main())
