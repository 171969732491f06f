"""Mark of a request that tells if something of it may have been sent, for those who count requests."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

__all__ = ["CONTEXT", "mark_sent"]

CONTEXT = "buildkite_ext.context"
"""Key of the context of a request among its extensions."""


class _Marked(Protocol):
    sent: bool


def mark_sent(extensions: Mapping[str, Any], *, sent: bool) -> None:
    """Tell the context of a request whether something of its attempt may have been sent.

    Args:
        extensions: those of the request. A transport may be used without a client, and then they hold no context.
        sent: True if it may have been.
    """
    context: _Marked | None = extensions.get(CONTEXT)
    if context is not None:
        context.sent = sent
