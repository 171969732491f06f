"""Words that the options of a wait for a build take."""

from __future__ import annotations

from typing import Literal

__all__ = ["GivenUp", "OnBlocked", "OnTimeout", "Until"]

OnBlocked = Literal["return", "wait", "unblock", "raise"]
OnTimeout = Literal["raise", "return"]
GivenUp = Literal["timeout", "interrupt", "error"]
Until = Literal["finished", "failing", "blocked"]
