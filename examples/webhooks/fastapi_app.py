"""A FastAPI app that takes Buildkite's webhooks at /webhooks/buildkite.

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
    """Runs after the delivery was answered, so it may take its time."""
    # A build at a block step says "passed" and blocked: it isn't over.
    if event.build.state == "failed":
        red[event.pipeline.slug] = event.build.web_url
    elif event.build.state == "passed" and not event.build.blocked:
        red.pop(event.pipeline.slug, None)


@hooks.on("job.finished", state="failed", once=True)
def complain(event: JobFinished) -> None:
    """Sync handlers run in a thread. This one runs once an event, also if Buildkite delivers it again."""
    print(f"{event.job.name} failed: {event.job.web_url}", flush=True)


app = FastAPI(lifespan=hooks.lifespan)  # so that what was accepted is handled before the server ends
# A route, where app.mount() would do as well but for the path's end: it sends deliveries on to "/webhooks/buildkite/".
app.router.routes.append(Route("/webhooks/buildkite", hooks.asgi()))


@app.get("/red")
async def board() -> dict[str, str]:
    """The pipelines whose last build failed."""
    return red
