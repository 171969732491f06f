"""Logs that are made to take time: the work for each byte has a bound, whatever the log does with the cursor and colours."""

from __future__ import annotations

import sys
from collections.abc import Callable

import pytest

from buildkite_ext.logs.parser import LineParser

SHAPES: dict[str, Callable[[int], bytes]] = {
    "left and right": lambda count: b"\x1b[D\x1b[C" * count,
    "up and down": lambda count: b"x\x1b[A\x1b[B" * count,
    "far up and down": lambda count: b"\x1b[99A\x1b[99Bx" * count,
    "up in lines": lambda count: b"a\n\x1b[2Ab\n\n" * count,
    "home in lines": lambda count: b"a\x1b[H\n" * count,
    "saved and restored": lambda count: b"\x1b7a\x1b[5A\x1b8b" * count,
    "the screen erased in lines": lambda count: b"abc\n\x1b[2J" * count,
    "the rest of the screen erased": lambda count: b"\x1b[99A\x1b[Jabc\n" * count,
    "colours that are never ended": lambda count: b"\x1b[31ma\n\x1b[42m" * count,
    "256 colours": lambda count: b"".join(b"\x1b[38;5;%dmx" % (number % 256) for number in range(count)),
    "columns": lambda count: b"\x1b[31m\x1b[160Ga\x1b[1Gb" * count,
    "backspaces": lambda count: b"a\b" * count,
    "marks of time": lambda count: b"\x1b_bk;t=1\x07a" * count,
    "an element of many parts": lambda count: b"\x1b]1339;content=" + b";a" * count + b"\x07",
    "strings that are never ended": lambda count: b"\x1b]" * count,
    "a control that is never ended": lambda count: b"\x1b[" + b"1;" * count,
}


def steps(log: bytes) -> int:
    """Return how many functions are called, and characters of lines are made, while a log is read and shown."""
    count = 0

    def called(_: object, event: str, __: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    parser, characters = LineParser("0190", "test"), 0
    sys.setprofile(called)
    try:
        for at in range(0, len(log), 65536):
            for line in parser.feed(log[at : at + 65536]):
                characters += len(line.styled) + len(line.raw)
        for line in parser.finish():
            characters += len(line.styled) + len(line.raw)
    finally:
        sys.setprofile(None)
    return count + characters


@pytest.mark.parametrize("shape", SHAPES)
def test_the_work_for_a_log_grows_as_its_size(shape: str) -> None:
    few, many = (steps(SHAPES[shape](count)) for count in (600, 2400))
    assert many <= 4.4 * few
    assert many <= 60 * len(SHAPES[shape](2400))
