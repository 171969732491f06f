"""Look at builds from a pool of processes that share the rate limits of Buildkite over Redis.

python examples/share_a_budget.py web --simulate
python examples/share_a_budget.py web --redis redis://localhost:6379/0
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
from collections import Counter
from functools import cache

from buildkite_ext import BuildkiteClient, RedisStore
from buildkite_ext.simulation import Simulator
from buildkite_ext.simulation.server import running


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pipeline", nargs="?", default="web", help="default: web")
    parser.add_argument("--redis", default="redis://localhost:6379/0", help="default: redis://localhost:6379/0")
    parser.add_argument("--processes", type=int, default=4, help="default: 4")
    parser.add_argument("--simulate", action="store_true", help="use a simulated Buildkite: no account, no network")
    options = parser.parse_args()
    if not options.simulate:
        look_at_builds(options.pipeline, options.redis, options.processes)
        return
    simulator = Simulator(user_rate_limit=50)
    simulator.pipeline(options.pipeline).job("test").history(40)
    with running(simulator) as url:
        os.environ["BUILDKITE_REST_API_ENDPOINT"] = url
        os.environ["BUILDKITE_API_TOKEN"] = simulator.token
        os.environ["BUILDKITE_ORGANIZATION_SLUG"] = simulator.organization
        look_at_builds(options.pipeline, options.redis, options.processes)
        print(f"{sum(request.status == 429 for request in simulator.requests)} requests were refused")


def look_at_builds(pipeline: str, redis: str, processes: int) -> None:
    with client(redis) as buildkite:
        builds = [build.number for build in buildkite.builds.list(pipeline).with_options(limit=40)]
        with multiprocessing.get_context("spawn").Pool(processes) as pool:
            states = Counter(pool.starmap(state_of, [(redis, pipeline, number) for number in builds], chunksize=1))
        for state, count in states.most_common():
            print(f"{count:>4} {state}")
        buildkite.builds.get(pipeline, builds[0])
        user = buildkite.budget.user
        print(f"{user.remaining} of {user.limit} requests of this minute are left to all processes together")


@cache
def client(redis: str) -> BuildkiteClient:
    """Return the client of this process. Its store is shared with all processes that use the same Redis."""
    return BuildkiteClient(store=RedisStore(redis))


def state_of(redis: str, pipeline: str, number: int) -> str:
    """Return the state of a build. It runs in a process of the pool."""
    return str(client(redis).builds.get(pipeline, number).state)


if __name__ == "__main__":
    main()
