"""A FastAPI app that receives Buildkite's webhooks at /webhooks/buildkite.

BUILDKITE_WEBHOOK_SECRET=... uvicorn --app-dir examples/webhooks fastapi_app:app
"""

from __future__ import annotations

import os

from fastapi import FastAPI
from starlette.routing import Route

from buildkite_ext.webhooks import BuildFinished, JobFinished, WebhookHandler

hooks = WebhookHandler(secret=os.environ["BUILDKITE_WEBHOOK_SECRET"])
failing: dict[str, str] = {}  # a real app would use a database


@hooks.on("build.finished", branch=["main", "release/*"])
async def update(event: BuildFinished) -> None:
    """Record the failing pipelines. This runs after the response, so it may be slow."""
    # A build at a block step has the state "passed" and is blocked: it isn't done.
    if event.build.state == "failed":
        failing[event.pipeline.slug] = event.build.web_url
    elif event.build.state == "passed" and not event.build.blocked:
        failing.pop(event.pipeline.slug, None)


@hooks.on("job.finished", state="failed", once=True)
def report(event: JobFinished) -> None:
    """Print a failed job, in a thread, and once an event even if Buildkite delivers it again."""
    print(f"{event.job.name} failed: {event.job.web_url}", flush=True)


app = FastAPI(lifespan=hooks.lifespan)  # so that accepted deliveries are handled before the server ends
# A route, because app.mount() would redirect deliveries to "/webhooks/buildkite/".
app.router.routes.append(Route("/webhooks/buildkite", hooks.asgi()))


@app.get("/failing")
async def failing_pipelines() -> dict[str, str]:
    """Return the pipelines whose last build failed."""
    return failing
