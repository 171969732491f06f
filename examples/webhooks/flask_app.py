"""A Flask app that receives Buildkite's webhooks at /webhooks/buildkite.

BUILDKITE_WEBHOOK_SECRET=... flask --app examples/webhooks/flask_app.py run
"""

from __future__ import annotations

import os
from collections import Counter

from flask import Flask, Response, request
from flask.typing import ResponseReturnValue

from buildkite_ext.webhooks import BuildFinished, WebhookHandler

app = Flask(__name__)
hooks = WebhookHandler(secret=os.environ["BUILDKITE_WEBHOOK_SECRET"])
finished: Counter[str] = Counter()


@hooks.on("build.finished", pipeline="web")
def count(event: BuildFinished) -> None:
    """Count a build. This runs after the response, in another thread: without a request context and `flask.g`."""
    finished[str(event.build.state)] += 1


@app.post("/webhooks/buildkite")
def buildkite() -> ResponseReturnValue:
    """Receive a delivery. The WSGI app reads the body itself, after it has checked the headers."""
    return Response.from_app(hooks.wsgi(), request.environ)


@app.get("/finished")
def summary() -> dict[str, int]:
    """Return the number of builds that ended in each state."""
    return dict(finished)
