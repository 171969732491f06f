"""Times of verifying and parsing webhooks, compared with HMAC and json.loads of the same bytes.

python -m benchmarks.webhooks
"""

from __future__ import annotations

import hmac
import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from benchmarks.bodies import webhook
from benchmarks.table import Row, best_of
from buildkite_ext.webhooks import parse, sign, verify

SECRET = "0123456789abcdef0123456789abcdef"
DELIVERIES = 1000


def measure(rounds: int = 15) -> list[Row]:
    """Return the best of several rounds of each way, in seconds for 1,000 deliveries."""
    rows = []
    for event in ("job.finished", "build.finished"):
        ways = _ways(webhook(event))
        best = best_of(rounds, {name: _often(way) for name, way in ways.items()})
        rows += [Row(f"{name}, {event}", seconds, best["HMAC, json.loads"]) for name, seconds in best.items()]
    return rows


def _ways(body: bytes) -> dict[str, Callable[[], Any]]:
    event = json.loads(body)["event"]
    headers = {
        "Host": "hooks.acme.test",
        "User-Agent": "Buildkite-Request",
        "Accept": "*/*",
        "Content-Type": "application/json",
        "Content-Length": str(len(body)),
        "X-Buildkite-Event": event,
        "X-Buildkite-Signature": sign(body, SECRET),
    }
    signed = headers["X-Buildkite-Signature"].split(",")[0].removeprefix("timestamp=").encode() + b"." + body

    def bare() -> Any:
        return hmac.new(SECRET.encode(), signed, "sha256").hexdigest(), json.loads(body)

    def ours() -> Any:
        return verify(body, headers, SECRET), parse(body, headers)

    def by_hand() -> Any:
        _checked(body, headers["X-Buildkite-Signature"])
        return json.loads(body)

    def by_hand_typed() -> Any:
        _checked(body, headers["X-Buildkite-Signature"])
        return _typed(json.loads(body))

    return {
        "HMAC, json.loads": bare,
        "verify, parse": ours,
        "by hand into dicts": by_hand,
        "by hand into dataclasses": by_hand_typed,
    }


def _often(way: Callable[[], Any]) -> Callable[[], None]:
    def often() -> None:
        for _ in range(DELIVERIES):
            way()

    return often


# --- By hand: as Buildkite's Go client does, with the age checked -----------------------------------------------------


def _checked(body: bytes, header: str) -> None:
    timestamp, signature = (part.partition("=")[2] for part in header.split(","))
    digest = hmac.new(SECRET.encode(), f"{timestamp}.".encode() + body, "sha256").hexdigest()
    if not hmac.compare_digest(digest, signature) or abs(time.time() - int(timestamp)) > 300:
        raise PermissionError


@dataclass
class _Object:
    """A build or a job with a few fields that a script needs."""

    id: str
    state: str
    web_url: str
    created_at: datetime | None
    scheduled_at: datetime | None
    started_at: datetime | None
    finished_at: datetime | None


def _typed(data: dict[str, Any]) -> list[_Object]:
    return [_object(data[key]) for key in ("job", "build") if key in data]


def _object(data: dict[str, Any]) -> _Object:
    times = [_date(data[key]) for key in ("created_at", "scheduled_at", "started_at", "finished_at")]
    return _Object(data["id"], data["state"], data["web_url"], *times)


def _date(text: str | None) -> datetime | None:
    return datetime.strptime(text, "%Y-%m-%d %H:%M:%S UTC").replace(tzinfo=UTC) if text else None


if __name__ == "__main__":
    for name in ("job.finished", "build.finished"):
        print(f"{name}: {len(webhook(name)):,} bytes, {webhook(name).count(b' UTC')} dates")
    for row in measure():
        print(row)
