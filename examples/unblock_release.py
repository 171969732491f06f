"""Create a build, and unblock its block steps with their fields filled in.

python examples/unblock_release.py release --simulate
"""

from __future__ import annotations

import argparse
import sys

from buildkite_ext import BuildkiteClient
from buildkite_ext.simulation.demo import demo_organization


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pipeline", nargs="?", default="release", help="default: release")
    parser.add_argument("--branch", default="main", help="default: main")
    parser.add_argument("--simulate", action="store_true", help="use a simulated Buildkite: no account, no network")
    options = parser.parse_args()
    with demo_organization().client() if options.simulate else BuildkiteClient() as buildkite:
        build = buildkite.builds.create(options.pipeline, commit="HEAD", branch=options.branch)
        result = buildkite.builds.wait(options.pipeline, build.number)
        print(f"#{build.number} {result.outcome}")
        while result.outcome == "blocked":
            step = result.blocked_by[0]
            print(f"  unblocking {step.label!r}")
            buildkite.jobs.unblock(options.pipeline, build.number, step.id, fields={"version": "1.4.2"})
            result = buildkite.builds.wait(options.pipeline, build.number)
            print(f"#{build.number} {result.outcome}")
    return 0 if result.passed else 1


if __name__ == "__main__":
    sys.exit(main())
