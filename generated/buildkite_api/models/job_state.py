# Generated from spec/ by `make generate`: edit that, not this.

from ..types import OpenEnum


class JobState(OpenEnum):
    """The states of a job.

    - `pending`: Just created.
    - `waiting`: Behind a wait step.
    - `waiting_failed`: Was behind a wait step when the build failed.
    - `blocked`: A block step that waits for someone.
    - `blocked_failed`: Was blocked when the build failed.
    - `unblocked`: A block step that someone unblocked.
    - `unblocked_failed`: Was unblocked when the build failed.
    - `limited`: Waiting for its concurrency group. Also shown as `scheduled`.
    - `limiting`: About to wait for its concurrency group. Only the pages on agents and queues name it.
    - `platform_limiting`: About to wait for a limit of the platform. Only the pages on agents and queues
    name it.
    - `platform_limited`: Waiting for a limit of the platform. Only the pages on agents and queues name it.
    - `scheduled`: Waiting for an agent.
    - `reserved`: Held for a stack of agents. Only the pages on agents and queues name it.
    - `assigned`: Given to an agent.
    - `accepted`: Accepted by an agent.
    - `running`: Being run.
    - `passed`: Finished well. A wait step finishes so, too.
    - `failed`: Finished badly.
    - `canceling`: Being canceled.
    - `canceled`: Canceled on purpose.
    - `timing_out`: Ran too long and is being stopped.
    - `timed_out`: Ran too long.
    - `skipped`: Skipped because of something outside the build, such as a newer one.
    - `broken`: Not run because of something in the build, such as a condition or a branch filter.
    - `expired`: No agent took it in time."""

    ACCEPTED = "accepted"
    ASSIGNED = "assigned"
    BLOCKED = "blocked"
    BLOCKED_FAILED = "blocked_failed"
    BROKEN = "broken"
    CANCELED = "canceled"
    CANCELING = "canceling"
    EXPIRED = "expired"
    FAILED = "failed"
    LIMITED = "limited"
    LIMITING = "limiting"
    PASSED = "passed"
    PENDING = "pending"
    PLATFORM_LIMITED = "platform_limited"
    PLATFORM_LIMITING = "platform_limiting"
    RESERVED = "reserved"
    RUNNING = "running"
    SCHEDULED = "scheduled"
    SKIPPED = "skipped"
    TIMED_OUT = "timed_out"
    TIMING_OUT = "timing_out"
    UNBLOCKED = "unblocked"
    UNBLOCKED_FAILED = "unblocked_failed"
    WAITING = "waiting"
    WAITING_FAILED = "waiting_failed"
