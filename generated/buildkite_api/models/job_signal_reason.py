# Generated from spec/ by `make generate`: edit that, not this.

from ..types import OpenEnum


class JobSignalReason(OpenEnum):
    """Reason why a job was signaled or could not begin.

    - `agent_stop`: The agent was stopped gracefully.
    - `cancel`: The job was canceled.
    - `process_run_error`: The agent could not start the process.
    - `agent_refused`: The agent refused the job.
    - `signature_rejected`: The signature of the job was not valid.
    - `stack_error`: An error inside the agent.
    - `agent_incompatible`: The agent cannot run this type of job."""

    AGENT_INCOMPATIBLE = "agent_incompatible"
    AGENT_REFUSED = "agent_refused"
    AGENT_STOP = "agent_stop"
    CANCEL = "cancel"
    PROCESS_RUN_ERROR = "process_run_error"
    SIGNATURE_REJECTED = "signature_rejected"
    STACK_ERROR = "stack_error"
