"""Buildkite's webhooks at an AWS Lambda function: behind API Gateway, a function URL or a load balancer.

BUILDKITE_WEBHOOK_SECRET=... in the function's environment, and lambda_function.handler as its handler.
"""

from __future__ import annotations

import os

from buildkite_ext.webhooks import AgentLost, WebhookHandler

hooks = WebhookHandler(
    secret=os.environ["BUILDKITE_WEBHOOK_SECRET"],
    respond_after="handled",  # so that a failure is answered 500, and shows up in the function's metrics
)


@hooks.on("agent.lost")
def replace(event: AgentLost) -> None:
    """Runs before the delivery is answered: afterwards Lambda may stop the process."""
    print(f"{event.agent.name} was lost; starting another")


handler = hooks.aws_lambda
