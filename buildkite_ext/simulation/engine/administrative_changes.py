"""Changes by administrators: each is emitted as an event."""

from __future__ import annotations

from ...timestamps import to_millisecond
from ..state.users import User
from .changes import Changes, ResourceChanged
from .scheduler import Scheduler

__all__ = ["AdministrativeChanges"]


class AdministrativeChanges:
    """Reporter of changes by administrators.

    Args:
        scheduler: knows the time.
        changes: receives the events.
    """

    def __init__(self, scheduler: Scheduler, changes: Changes) -> None:
        self._scheduler = scheduler
        self._changes = changes

    @property
    def now(self) -> float:
        """Current time, at the precision that the API shows."""
        return to_millisecond(self._scheduler.now)

    def resource(
        self, kind: str, id_: str, before: str | None, after: str | None, by: User | None, *, action: str | None = None
    ) -> None:
        """Report a change of an object, from one name to another.

        Args:
            kind: the kind of the object.
            id_: its id.
            before: its name before; None for a new object.
            after: its name after the change; None for a deleted object.
            by: the user who has changed it; None where the simulator has.
            action: what has happened, if that is more than a change.
        """
        if self._changes.wanted:
            action = action or _action(before, after)
            self._changes.emit(ResourceChanged(kind, id_, action, before, after, by, self.now))


def _action(before: str | None, after: str | None) -> str:
    if before is None:
        return "created"
    return "deleted" if after is None else "updated"
