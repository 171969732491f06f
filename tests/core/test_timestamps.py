"""Times in headers."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from buildkite_ext.timestamps import parse_http_date

NINE = datetime(2026, 1, 5, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    "text", ["Mon, 05 Jan 2026 09:00:00 GMT", "Mon, 05 Jan 2026 10:00:00 +0100", "Mon, 05 Jan 2026 09:00:00 -0000"]
)
def test_a_date_is_in_utc_whatever_its_zone(text: str) -> None:
    found = parse_http_date(text)
    assert found == NINE
    assert found.tzinfo is UTC


@pytest.mark.parametrize(
    "text",
    [None, "", "soon", "Mon, 99 Jan 2026 09:00:00 GMT", "Mon, 05 Jan 2026 09:00:00 +9999", f"Mon, 05 Jan {'9' * 5000}"],
)
def test_what_is_no_date_is_none(text: str | None) -> None:
    assert parse_http_date(text) is None
