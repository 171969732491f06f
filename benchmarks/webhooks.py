"""Verifying and parsing webhooks, beside HMAC and json.loads of the same bytes, and beside a check by hand into dataclasses."""

from __future__ import annotations

import hmac
import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from benchmarks.bodies import webhook
from benchmarks.rows import Row, at_most, compared, rounds_of
from buildkite_ext.webhooks import parse, sign, verify

TITLE = "Verifying and parsing webhooks"
SECRET = "0123456789abcdef0123456789abcdef"
DELIVERIES = 500
OURS, BARE, BY_HAND = "verify, parse", "HMAC, json.loads", "by hand into dataclasses"


def measure() -> list[Row]:
    """Return two rows for each event. Their figures are those of one delivery."""
    rows = []
    for event in ("job.finished", "build.finished"):
        body = webhook(event)
        taken = rounds_of(_ways(body), 15, often=DELIVERIES)
        work = f"Verify and parse {event}, {len(body) / 1000:.1f} kB"
        rows.append(compared(work, taken, OURS, BARE, goal=at_most(1.5)))
        rows.append(compared(work, taken, OURS, BY_HAND))
    return rows


def _ways(body: bytes) -> dict[str, Callable[[], object]]:
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

    def bare() -> object:
        return hmac.new(SECRET.encode(), signed, "sha256").hexdigest(), json.loads(body)

    def ours() -> object:
        return verify(body, headers, SECRET), parse(body, headers)

    def by_hand() -> object:
        _check(body, headers["X-Buildkite-Signature"])
        return _typed(json.loads(body))

    return {BARE: bare, OURS: ours, BY_HAND: by_hand}


# --- By hand: as Buildkite's Go client does, with the age checked -----------------------------------------------------


def _check(body: bytes, header: str) -> None:
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
