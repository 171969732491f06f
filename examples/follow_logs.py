"""Create a build and print the logs of all its jobs as they are written.

python examples/follow_logs.py api --simulate
"""

from __future__ import annotations

import argparse

from buildkite_ext import BuildkiteClient
from buildkite_ext.simulation.demo import demo_organization


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pipeline", nargs="?", default="api", help="default: api")
    parser.add_argument("--branch", default="main", help="default: main")
    parser.add_argument("--simulate", action="store_true", help="use a simulated Buildkite: no account, no network")
    options = parser.parse_args()
    with demo_organization().client() if options.simulate else BuildkiteClient() as buildkite:
        build = buildkite.builds.create(options.pipeline, commit="HEAD", branch=options.branch)
        for line in buildkite.builds.follow(options.pipeline, build.number):
            when = f"{line.time:%H:%M:%S}" if line.time else "--:--:--"
            # `text` is safe to print; `styled` is the same with its colours, `raw` is what came.
            print(f"{when} {line.job_name:>18} {line.text}")


if __name__ == "__main__":
    main()
