"""Create builds of several pipelines at the same time and print how each ended, as soon as it has.

python examples/async_dashboard.py --simulate
python examples/async_dashboard.py web,api,release
"""

from __future__ import annotations

import argparse
import asyncio

from buildkite_ext import AsyncBuildkiteClient
from buildkite_ext.simulation.demo import demo_organization


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pipelines", nargs="?", default="web,api,release", help="default: web,api,release")
    parser.add_argument("--branch", default="main", help="default: main")
    parser.add_argument("--simulate", action="store_true", help="use a simulated Buildkite: no account, no network")
    options = parser.parse_args()
    async with demo_organization().async_client() if options.simulate else AsyncBuildkiteClient() as buildkite:
        builds = [build_one(buildkite, slug, options.branch) for slug in options.pipelines.split(",")]
        for finished in asyncio.as_completed(builds):
            print(await finished)


async def build_one(buildkite: AsyncBuildkiteClient, pipeline: str, branch: str) -> str:
    build = await buildkite.builds.create(pipeline, commit="HEAD", branch=branch)
    result = await buildkite.builds.wait(pipeline, build.number)
    done = result.build
    took = (done.finished_at - done.created_at).total_seconds() if done.finished_at and done.created_at else None
    return f"{pipeline:>12} #{build.number:<4} {result.outcome:<8} {'' if took is None else f'{took:5.1f} s'}"


if __name__ == "__main__":
    asyncio.run(main())
