"""FastAPI app that receives Buildkite's webhooks at /webhooks/buildkite.

BUILDKITE_WEBHOOK_SECRET=... uvicorn --app-dir examples/webhooks fastapi_app:app
"""

from __future__ import annotations

import os

from fastapi import FastAPI
from starlette.routing import Route

from buildkite_ext.webhooks import BuildFinished, JobFinished, WebhookHandler

hooks = WebhookHandler(secret=os.environ["BUILDKITE_WEBHOOK_SECRET"])
red: dict[str, str] = {}  # a real one would write to a database


@hooks.on("build.finished", branch=["main", "release/*"])
async def keep_the_board(event: BuildFinished) -> None:
    """Record the last result of a pipeline. The delivery was answered before, so this may take long."""
    # A build at a block step has the state "passed" and is blocked: it hasn't ended.
    if event.build.state == "failed":
        red[event.pipeline.slug] = event.build.web_url
    elif event.build.state == "passed" and not event.build.blocked:
        red.pop(event.pipeline.slug, None)


@hooks.on("job.finished", state="failed", once=True)
def complain(event: JobFinished) -> None:
    """Print a failed job, once, however often Buildkite delivers it. A sync handler runs in a thread."""
    print(f"{event.job.name} failed: {event.job.web_url}", flush=True)


app = FastAPI(lifespan=hooks.lifespan)  # so that what was accepted is handled before the server ends
# A route: app.mount() would redirect deliveries to "/webhooks/buildkite/".
app.router.routes.append(Route("/webhooks/buildkite", hooks.asgi()))


@app.get("/red")
async def board() -> dict[str, str]:
    """Return the pipelines whose last build failed."""
    return red
