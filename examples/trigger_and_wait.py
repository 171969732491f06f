"""Create a build, wait for it, and exit with 0 only if it passed.

python examples/trigger_and_wait.py web --simulate
"""

from __future__ import annotations

import argparse
import sys

from buildkite_ext import BuildkiteClient, DeadlineExceeded
from buildkite_ext.simulation.demo import demo_organization


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pipeline", nargs="?", default="web", help="default: web")
    parser.add_argument("--branch", default="main", help="default: main")
    parser.add_argument("--simulate", action="store_true", help="use a simulated Buildkite: no account, no network")
    options = parser.parse_args()
    with demo_organization().client() if options.simulate else BuildkiteClient() as buildkite:
        build = buildkite.builds.create(
            options.pipeline,
            commit="HEAD",
            branch=options.branch,
            message="Triggered by an example",
            env={"DEBUG": "1"},
            meta_data={"asked-by": "examples/trigger_and_wait.py"},
        )
        print(f"Created {build.web_url}")
        try:
            result = buildkite.builds.wait(options.pipeline, build.number, timeout=1800)
        except DeadlineExceeded as error:
            print(error)
            return 1
    # The outcome tells blocked from passed; the build's own state doesn't.
    print(f"{result.outcome}, after {result.requests} requests")
    for job in result.failed_jobs:
        print(f"  {job.name} exited {job.exit_status}: {job.web_url}")
    return 0 if result.passed else 1


if __name__ == "__main__":
    sys.exit(main())
