# Generated from spec/ by `make generate`: edit that, not this.

from __future__ import annotations

from typing import Any

from .._definition import define, field
from ..base import new
from ..properties import JobLogProperties


@define(kw_only=True, repr=False, weakref_slot=False)
class JobLog(JobLogProperties):
    """The log of a job."""

    url: str
    """The log in the REST API."""

    content: str
    """The whole log, with its escapes."""

    size: int
    """The size of the log in bytes."""

    header_times: list[int] = field(factory=list)
    """Times of the group headers, in nanoseconds since 1970. It can be empty."""

    @staticmethod
    def _to_model(struct: Any) -> Any:
        model = new(struct._model)
        model._additional = None
        model.url = struct.url
        model.content = struct.content
        model.size = struct.size
        model.header_times = [] if struct.header_times is None else struct.header_times
        return model
