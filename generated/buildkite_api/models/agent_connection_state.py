# Generated from spec/ by `make generate`: edit that, not this.

from ..types import OpenEnum


class AgentConnectionState(OpenEnum):
    """The states of the connection between an agent and Buildkite.

    - `never_connected`: Registered, never seen.
    - `connected`: Connected.
    - `disconnected`: Disconnected properly.
    - `stopping`: Finishing its job before it stops.
    - `stopped`: Told to stop, and gone.
    - `lost`: Not heard of for a few minutes."""

    CONNECTED = "connected"
    DISCONNECTED = "disconnected"
    LOST = "lost"
    NEVER_CONNECTED = "never_connected"
    STOPPED = "stopped"
    STOPPING = "stopping"
