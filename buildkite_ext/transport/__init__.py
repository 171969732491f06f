"""Connections to HTTP servers: deadlines, proxies, cancellation, and pools by process and event loop."""

from __future__ import annotations

from .cancellation import guarded
from .http import AsyncHttpTransport, HttpTransport
from .network import BoundedTimeout, bounded_timeouts

__all__ = ["AsyncHttpTransport", "BoundedTimeout", "HttpTransport", "bounded_timeouts", "guarded"]
