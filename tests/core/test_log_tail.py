"""The position in a growing log: what to ask for, and what of an answer is new."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from buildkite_ext.logs.tail import LogReplaced, Tail, content_range

WHOLE = 1024 * 1024 * 1024


@pytest.mark.parametrize(
    ("header", "place"),
    [
        ("bytes 5-9/10", (5, 10)),
        (" bytes 0-0/1 ", (0, 1)),
        ("bytes 5-9/*", None),
        ("bytes */10", None),
        ("", None),
        ("lines 1-2/3", None),
        ("bytes 1-2/" + "9" * 100, None),
    ],
)
def test_the_place_of_a_part_is_read_off_its_header(header: str, place: tuple[int, int] | None) -> None:
    assert content_range(header) == place


def read(tail: Tail, log: bytes, now: float, asked: list[int] | None = None) -> tuple[bytes, int]:
    """Poll once; return the new bytes and the number of requests. `asked` gets the length that each of them asks for."""
    for requests in range(1, 6):
        suffix = tail.request(now)
        if asked is not None:
            asked.append(suffix)
        start = max(0, len(log) - suffix)
        action = tail.examine(start, len(log), now)
        if action == "read":
            fresh = tail.take(log[start:])
            assert tail.end()
            return fresh, requests
        if action == "nothing":
            return b"", requests
    return b"", 5


@given(st.lists(st.binary(max_size=40) | st.integers(0, 300_000).map(bytes), max_size=30), st.floats(0, 10))
@example([b"", b"x"], 0.0)
def test_however_a_log_grows_its_parts_add_up_to_it(growth: list[bytes], interval: float) -> None:
    log, found = b"", b""
    tail = Tail()
    for poll, grown in enumerate([*growth, b""]):
        log += grown
        if log:
            fresh, requests = read(tail, log, poll * interval)
            found += fresh
            assert requests <= 2
            assert found == log
            assert tail.offset == len(log)
            assert tail.settled
        else:
            tail.request(poll * interval)
            tail.empty()


@given(st.integers(1, 100), st.binary(min_size=1, max_size=300))
def test_the_end_alone_can_be_read_first(first: int, log: bytes) -> None:
    tail = Tail(first)
    assert read(tail, log, 0.0) == (log[-first:], 1)
    assert tail.begun_at == max(0, len(log) - first)
    assert read(tail, log + b"more", 1.0) == (b"more", 1)


def test_a_quiet_log_costs_little_to_look_at() -> None:
    tail = Tail()
    log = b"x" * 9_000_000
    read(tail, log, 0.0)
    for poll in range(1, 9):
        assert tail.request(poll) == 4096
        assert tail.examine(len(log) - 4096, len(log), poll) == "read"
        assert tail.take(log[-4096:]) == b""
        assert tail.end()


def test_what_is_asked_for_follows_the_rate_and_the_time() -> None:
    tail = Tail()
    read(tail, bytes(1_000_000), 0.0)
    read(tail, bytes(1_200_000), 2.0)
    assert tail.request(4.0) in range(200_000, 225_000)
    read(tail, bytes(1_400_000), 4.0)
    assert tail.request(14.0) in range(1_000_000, 1_130_000)


def test_one_burst_does_not_change_what_is_asked_for() -> None:
    tail = Tail()
    size = 1_000_000
    requests = []
    for poll in range(20):
        size += 2_000_000 if poll == 10 else 100_000
        requests.append(read(tail, bytes(size), 2.0 * poll)[1])
    assert requests == [1, 2, *[1] * 8, 2, *[1] * 9]


def test_a_log_that_can_t_be_predicted_costs_bytes_rather_than_requests() -> None:
    tail = Tail()
    size, requests = 1_000_000, 0
    asked: list[int] = []
    for poll in range(30):
        size += 1_000_000 if poll % 2 else 1000
        requests += read(tail, bytes(size), 2.0 * poll, asked)[1]
    assert requests < 50
    assert sum(min(each, size) for each in asked[1:]) <= 2 * size + 30 * 8000


def test_an_answer_that_says_too_much_again_is_not_read() -> None:
    tail = Tail()
    read(tail, bytes(100_000), 0.0)
    read(tail, bytes(5_000_000), 2.0)
    assert tail.request(4.0) > 2_000_000
    assert tail.examine(2_000_000, 5_000_000, 4.0) == "nothing"  # nothing is new
    assert tail.settled
    for now in (6.0, 8.0):  # each time 100 bytes are new; at most as many as the log may come twice
        tail.request(now)
        action = tail.examine(1_000_100, 5_000_100, now)
        if action == "read":
            tail.take(bytes(4_000_000))
            assert tail.end()
    assert action == "nothing"


def test_a_log_that_grows_in_steps_is_asked_for_when_one_is_due() -> None:
    tail = Tail()
    asked: list[int] = []
    requests = 0
    for poll in range(100):  # 400 kB and 1 MB in turn, every 3 or 4 seconds
        now = 2 * poll
        size = 200_000 * (1 + 7 * (now // 7) + 5 * (now % 7 >= 3))
        requests += read(tail, bytes(size), float(now), asked)[1]
    assert requests <= 130
    assert sum(min(each, size) for each in asked[1:]) <= 2 * size + 100 * 8000


def test_a_replaced_log_is_noticed() -> None:
    tail = Tail()
    read(tail, b"first\n", 0.0)
    tail.request(1.0)
    assert tail.examine(0, 8, 1.0) == "read"
    with pytest.raises(LogReplaced):
        tail.take(b"another\n")
    tail = Tail()
    read(tail, b"first\n", 0.0)
    tail.request(1.0)
    assert tail.examine(0, 3, 1.0) == "read"
    with pytest.raises(LogReplaced):
        tail.take(b"new")


@pytest.mark.parametrize("long", [1000, 500_000])
def test_a_shorter_log_is_an_older_answer_until_the_next_says_so_too(long: int) -> None:
    log = bytes(range(256)) * 4000
    tail = Tail()
    read(tail, log, 0.0)
    older = log[:-long]
    for poll in (1.0, 2.0):
        assert read(tail, older, poll) == (b"", 1)
        assert not tail.settled
        assert read(tail, log + bytes(int(poll)), poll + 0.5)[0] == b"\0"
        assert tail.settled
    read(tail, older[:-10_000], 4.0)
    with pytest.raises(LogReplaced):
        read(tail, b"x" * 200_000, 5.0)


def test_an_emptied_log_is_an_older_answer_until_the_next_says_so_too() -> None:
    tail = Tail()
    read(tail, b"first\n", 0.0)
    tail.request(1.0)
    tail.empty()
    assert not tail.settled
    tail.request(2.0)
    with pytest.raises(LogReplaced):
        tail.empty()


def test_a_body_that_is_cut_off_or_too_long_is_taken_as_far_as_it_goes() -> None:
    tail = Tail()
    tail.request(0.0)
    assert tail.examine(0, 10, 0.0) == "read"
    assert tail.take(b"0123") == b"0123"
    assert not tail.end()
    assert not tail.settled
    tail.request(1.0)
    assert tail.examine(2, 10, 1.0) == "read"
    assert tail.take(b"23456789behind") == b"456789"
    assert tail.end()
    assert tail.offset == 10
