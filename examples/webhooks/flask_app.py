"""A Flask app that takes Buildkite's webhooks at /webhooks/buildkite.

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
    """Runs after the delivery was answered, in a thread of the handler's own: no request context, no `flask.g`."""
    finished[str(event.build.state)] += 1


@app.post("/webhooks/buildkite")
def buildkite() -> ResponseReturnValue:
    """The WSGI app inside of a view reads the body itself: no larger than `max_body`, and only if the head is fit."""
    return Response.from_app(hooks.wsgi(), request.environ)


@app.get("/finished")
def summary() -> dict[str, int]:
    """How many builds ended in each state."""
    return dict(finished)
