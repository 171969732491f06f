"""Actions that are due at a time."""

from __future__ import annotations

from collections.abc import Callable

from msgspec import Struct

__all__ = ["ScheduledAction"]


class ScheduledAction(Struct, eq=False):
    """Action that runs at its time unless it is canceled before.

    Attributes:
        action: the action.
        arguments: its arguments.
        canceled: True if it was canceled.
        earlier: an action of the same job that was added before.
    """

    action: Callable[..., object]
    arguments: tuple[object, ...]
    canceled: bool = False
    earlier: ScheduledAction | None = None

    def cancel(self) -> None:
        """Keep the action from running."""
        self.canceled = True
