"""The cost of a delivery, in function calls. `make bench` measures times."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from buildkite_ext.webhooks import parse, sign, verify

from .bodies import NEW_FORM, OLD_FORM, body_of, encoded

SECRET = "s3cret"


def calls(work: Callable[[], Any]) -> Counter[str]:
    """Return the calls of Python and C functions during a call."""
    counted: Counter[str] = Counter()

    def count(frame: Any, event: str, argument: Any) -> None:
        if event == "call":
            counted[frame.f_code.co_qualname] += 1
        elif event == "c_call":
            counted[argument.__qualname__] += 1

    work()  # what is worked out once for each event
    before = sys.getprofile()
    sys.setprofile(count)
    try:
        work()
    finally:
        sys.setprofile(before)
    return counted


def delivery(body: dict[str, Any]) -> Callable[[], Any]:
    raw = encoded(body)
    headers = {"Host": "x", "X-Buildkite-Event": body["event"], "X-Buildkite-Signature": sign(raw, SECRET)}
    return lambda: (verify(raw, headers, SECRET), parse(raw, headers))


@pytest.mark.parametrize("date", [OLD_FORM, NEW_FORM])
def test_a_delivery_is_read_once(date: str) -> None:
    counted = calls(delivery(body_of("job.finished", date=date)))
    assert counted["Decoder.decode"] == 1
    assert counted["hmac_digest"] == 1


def test_a_body_costs_calls_only_for_models_and_old_dates() -> None:
    small, large = body_of("job.finished"), body_of("job.finished")
    large["build"]["env"] = {f"KEY_{number}": "value" for number in range(1000)}
    large["build"]["message"] = "line\n" * 1000
    large["new"] = [{"at": NEW_FORM, "n": [1.5]} for _ in range(20)]
    assert calls(delivery(large)).total() == calls(delivery(small)).total()

    dates = encoded(small).count(OLD_FORM.encode())
    old, new = (calls(delivery(body_of("job.finished", date=date))).total() for date in (OLD_FORM, NEW_FORM))
    assert dates > 10
    assert old - new <= 2 * dates


def test_the_calls_around_the_body_are_few() -> None:
    """A generous bound, so that a delivery doesn't become twice as slow unseen."""
    assert calls(delivery(body_of("ping", optional=False))).total() <= 110
    assert calls(delivery(body_of("agent.lost", optional=False))).total() <= 110
