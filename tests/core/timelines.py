"""Builds as a server shows them over time, for tests of waits in virtual time."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

import httpx

from .fakes import FakeClock, answer, build

Shown = dict[str, Any] | int | Exception
"""What a server answers from a time on: a build with these fields, a status, or no answer at all."""


class Timeline:
    """Server that shows a build as it is at the clock's time. It acts on nothing but `cancel`, unless a test says so.

    Args:
        clock: the clock of the client.
        shown: seconds since the beginning, and what is answered from then on.
        on_write: answers a PUT; the path's last part is its argument. By default a build that is canceled.
        date: the `Date` header of each answer.
    """

    def __init__(
        self,
        clock: FakeClock,
        shown: Sequence[tuple[float, Shown]],
        *,
        on_write: Callable[[str], httpx.Response] | None = None,
        date: str | None = None,
    ) -> None:
        self._clock = clock
        self._began = clock.monotonic()
        self.shown = list(shown)
        self._on_write = on_write
        self._date = date
        self.requests: list[tuple[float, httpx.Request]] = []

    @property
    def now(self) -> float:
        return self._clock.monotonic() - self._began

    @property
    def reads(self) -> list[httpx.Request]:
        return [request for _, request in self.requests if request.method == "GET"]

    @property
    def writes(self) -> list[str]:
        return [request.url.path.rpartition("/")[2] for _, request in self.requests if request.method == "PUT"]

    def change(self, shown: Shown) -> None:
        """Answer this from now on."""
        self.shown = [each for each in self.shown if each[0] <= self.now] + [(self.now, shown)]

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append((self.now, request))
        if request.method == "PUT":
            action = request.url.path.rpartition("/")[2]
            if self._on_write is not None:
                return self._on_write(action)
            self.change({"state": "canceled"})
        now = [what for since, what in self.shown if since <= self.now][-1]
        if isinstance(now, Exception):
            raise now
        headers = {} if self._date is None else {"Date": self._date}
        if isinstance(now, int):
            return answer({"message": "No build found"}, now, **headers)
        body = build(7, **now)
        if "exclude_jobs" in request.url.params:
            body["jobs"] = []
        elif "include_retried_jobs" not in request.url.params:
            body["jobs"] = [job for job in body["jobs"] if not job.get("retried")]
        return answer(body, 200, **headers)


def body_of(request: httpx.Request) -> Any:
    """Return the body of a request."""
    return json.loads(request.content)
