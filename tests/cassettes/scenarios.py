"""Scenarios of the cassettes: each is recorded once, and replayed through both clients."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from buildkite_ext import BuildNotFound, InvalidRequest

Do = Callable[[Any], Awaitable[Any]]
"""Brings a call of either client to its end: `await do(client.builds.get("web", 1))`; lists become lists."""


async def listing(client: Any, do: Do, folder: Path) -> dict[str, Any]:
    """List builds over several pages, with and without a filter."""
    builds = await do(client.builds.list("web", per_page=4))
    return {
        "numbers": [build.number for build in builds],
        "newest": [build.number for build in await do(client.builds.list("web", limit=2))],
        "on a branch": [b.number for b in await do(client.builds.list("web", branch=["main", "dev"], state="passed"))],
        "pipelines": [pipeline.slug for pipeline in await do(client.pipelines.list())],
    }


async def a_build(client: Any, do: Do, folder: Path) -> dict[str, Any]:
    """Create a build, wait for it, read its log, download its artifacts."""
    build = await do(
        client.builds.create("web", commit="HEAD", branch="main", message="Nightly", meta_data={"release": "1.2.3"})
    )
    result = await do(client.builds.wait("web", build.number, timeout=600))
    jobs = await do(client.jobs.list("web", build.number))
    logs = [await do(client.jobs.log_text("web", build.number, job.id)) for job in jobs if job.type == "script"]
    files = await do(client.artifacts.download_all("web", build.number, "dist/*.whl", to=folder))
    return {
        "outcome": result.outcome,
        "jobs": [(job.name, str(job.state)) for job in jobs],
        "log lines": [len(log.splitlines()) for log in logs],
        "files": {file.relative_to(folder).as_posix(): file.stat().st_size for file in files},
        "meta-data": await do(client.metadata.items("web", build.number)),
        "rebuilt": (await do(client.builds.rebuild("web", build.number))).number - build.number,
    }


async def refusals(client: Any, do: Do, folder: Path) -> dict[str, Any]:
    """Call operations on missing resources, and with arguments that Buildkite refuses."""
    told: dict[str, Any] = {}
    try:
        await do(client.builds.get("web", 4040))
    except BuildNotFound as error:
        told["missing"] = (error.status, "build '4040'" in str(error))
    build = await do(client.builds.create("web", commit="HEAD", branch="main"))
    job = (await do(client.jobs.list("web", build.number)))[0]
    try:
        await do(client.jobs.unblock("web", build.number, job.id))
    except InvalidRequest as error:
        told["refused"] = (type(error).__name__, error.status)
    told["canceled"] = str((await do(client.builds.cancel("web", build.number))).state) in ("canceled", "canceling")
    return told


SCENARIOS = {"listing": listing, "a_build": a_build, "refusals": refusals}
