# Generated from spec/ by `make generate`: edit that, not this.

from ..types import OpenEnum


class NotificationServiceType(OpenEnum):
    """The kinds of services.

    - `webhook`: A webhook.
    - `slack`: An incoming webhook of Slack, or of something like it.
    - `slack_workspace`: A Slack workspace. Cannot be created by the API.
    - `linear`: Linear. Cannot be created by the API.
    - `aws_event_bridge`: Amazon EventBridge.
    - `datadog_pipeline_visibility`: Datadog.
    - `open_telemetry_tracing`: OpenTelemetry tracing.
    - `event_log_api`: The event log, where the organization has it."""

    AWS_EVENT_BRIDGE = "aws_event_bridge"
    DATADOG_PIPELINE_VISIBILITY = "datadog_pipeline_visibility"
    EVENT_LOG_API = "event_log_api"
    LINEAR = "linear"
    OPEN_TELEMETRY_TRACING = "open_telemetry_tracing"
    SLACK = "slack"
    SLACK_WORKSPACE = "slack_workspace"
    WEBHOOK = "webhook"
