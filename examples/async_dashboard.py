"""Build several pipelines at once and say how each of them ended, as soon as it has.

python examples/async_dashboard.py --simulate
python examples/async_dashboard.py web,api,release
"""

from __future__ import annotations

import asyncio

from clients import arguments, async_client

from buildkite_ext import AsyncBuildkiteClient


async def main() -> None:
    options = arguments(__doc__, pipeline="web,api,release")
    async with async_client(options.simulate) as buildkite:
        builds = [build_one(buildkite, slug, options.branch) for slug in options.pipeline.split(",")]
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
