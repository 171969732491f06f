"""Labels of metrics, whose number is bounded: each value of a label makes a time series that somebody stores."""

from __future__ import annotations

import threading

from .._forks import reset_after_fork

__all__ = ["OTHER", "BoundedLabels", "method_label"]

OTHER = "other"
"""Label of all values beyond a bound."""

_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "CONNECT", "TRACE"})


class BoundedLabels:
    """Labels of which the first ones are kept for each group, and every further one is `other`.

    Args:
        most: number of labels that each group keeps.
        groups: number of groups.

    Example:
        >>> branches = BoundedLabels(most=2, groups=10)
        >>> [branches.label(branch, group="web") for branch in ("main", "one", "two", "main")]
        ['main', 'one', 'other', 'main']
    """

    def __init__(self, *, most: int, groups: int = 1) -> None:
        self._most = most
        self._groups = groups
        self._seen: dict[str, set[str]] = {}
        self._lock = threading.Lock()
        reset_after_fork(self)

    def label(self, value: str, *, group: str = "") -> str:
        """Return the label of a value."""
        seen = self._seen.get(group)
        if seen is not None and value in seen:
            return value
        with self._lock:
            if seen is None and len(self._seen) >= self._groups:
                return OTHER
            seen = self._seen.setdefault(group, set())
            if value not in seen and len(seen) >= self._most:
                return OTHER
            seen.add(value)
            return value

    def _reset_after_fork(self) -> None:
        self._lock = threading.Lock()


def method_label(method: str) -> str:
    """Return the label of an HTTP method: `_OTHER` for an unknown one, as OpenTelemetry's conventions say.

    Example:
        >>> method_label("GET"), method_label("BREW")
        ('GET', '_OTHER')
    """
    return method if method in _METHODS else "_OTHER"
