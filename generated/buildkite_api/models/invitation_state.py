# Generated from spec/ by `make generate`: edit that, not this.

from ..types import OpenEnum


class InvitationState(OpenEnum):
    """The states of an invitation.

    - `pending`: Waiting for an answer.
    - `accepted`: Accepted.
    - `revoked`: Taken back.
    - `expired`: Not answered in time."""

    ACCEPTED = "accepted"
    EXPIRED = "expired"
    PENDING = "pending"
    REVOKED = "revoked"
