"""An AWS Lambda function that receives Buildkite's webhooks, behind API Gateway, a function URL or a load balancer.

Set BUILDKITE_WEBHOOK_SECRET in the function's environment, and lambda_function.handler as its handler.
"""

from __future__ import annotations

import os

from buildkite_ext.webhooks import AgentLost, WebhookHandler

hooks = WebhookHandler(
    secret=os.environ["BUILDKITE_WEBHOOK_SECRET"],
    respond_after="handled",  # so that a failure is answered 500 and counted in the function's metrics
)


@hooks.on("agent.lost")
def replace(event: AgentLost) -> None:
    """Replace an agent. This runs before the response, because Lambda may stop the process afterwards."""
    print(f"{event.agent.name} was lost; starting another")


handler = hooks.aws_lambda
