"""The pause of the garbage collector while a large body is decoded: it ends however the decoding ends."""

from __future__ import annotations

import gc
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import pytest
from buildkite_api._collector import MOST_IN_A_ROW, YOUNG, without_collection
from buildkite_api.decoding import DecodeError, Decoder, Drift, UnexpectedBody
from buildkite_api.models import Build

from .test_decoding import BUILD

PAGE = json.dumps([{**BUILD, "jobs": BUILD["jobs"] * 50}] * 40).encode()


@pytest.fixture(autouse=True)
def collector() -> Iterator[None]:
    """The collector is enabled at the beginning and, unless a test says otherwise, at the end."""
    assert gc.isenabled()
    yield
    enabled = gc.isenabled()
    gc.enable()
    assert enabled


@pytest.fixture
def collections() -> Iterator[list[int]]:
    """The generations of the collections that ran."""
    ran: list[int] = []

    def note(phase: str, info: dict[str, int]) -> None:
        if phase == "start":
            ran.append(info["generation"])

    gc.callbacks.append(note)
    yield ran
    gc.callbacks.remove(note)


# --- What a user sees -------------------------------------------------------------------------------------------------


def test_nothing_is_collected_while_a_page_is_decoded(collections: list[int]) -> None:
    decoder = Decoder()
    decoder.decode(list[Build], PAGE)
    gc.collect()
    collections.clear()
    builds = decoder.decode(list[Build], PAGE)
    during = len(collections)
    assert (len(builds), during) == (40, 0)
    assert gc.isenabled()


def test_of_a_page_larger_than_a_cache_the_youngest_objects_alone_are_visited_by_the_mebibyte(
    collections: list[int],
) -> None:
    page = b"[" + b",".join([PAGE[1:-1]] * 9) + b"]"
    decoder = Decoder()
    decoder.decode(list[Build], page)
    gc.collect()
    collections.clear()
    builds = decoder.decode(list[Build], page)
    during = len(collections)  # a new list would give the collector its turn
    assert (len(builds), collections[:during]) == (360, [0] * (len(page) // YOUNG))


@pytest.mark.parametrize("how", ["gc.disable()", "gc.set_threshold(0)"])
def test_nothing_is_visited_in_pages_of_a_user_who_disabled_the_collector(collections: list[int], how: str) -> None:
    thresholds = gc.get_threshold()
    if how == "gc.disable()":
        gc.disable()
    else:
        gc.set_threshold(0)
    Decoder().decode(list[Build], b"[" + b",".join([PAGE[1:-1]] * 3) + b"]")
    during = [*collections]
    gc.set_threshold(*thresholds)
    gc.enable()
    assert during == []


@pytest.mark.parametrize(
    ("options", "content", "error"),
    [
        ({}, PAGE[:-1], UnexpectedBody),
        ({}, b'"' + b"x" * 1_000_000 + b'"', UnexpectedBody),
        ({"strict": True}, PAGE.replace(b'"number"', b'"nmber"'), DecodeError),
        ({"strict": True}, PAGE, DecodeError),
        ({"unknown": "keep"}, PAGE[:-1], UnexpectedBody),
    ],
)
def test_a_decoding_that_fails_ends_its_pause(options: Any, content: bytes, error: type[Exception]) -> None:
    for _ in range(3):
        with suppress(error):
            Decoder(**options).decode(list[Build], content)
        assert gc.isenabled()


@pytest.mark.parametrize("content", [PAGE, PAGE[:-1]])
def test_a_collector_that_a_user_disabled_stays_disabled(content: bytes) -> None:
    gc.disable()
    with suppress(UnexpectedBody):
        Decoder().decode(list[Build], content)
    enabled = gc.isenabled()
    gc.enable()
    assert not enabled


def test_users_are_told_of_differences_after_the_pause() -> None:
    enabled: list[bool] = []

    def on_drift(drift: Drift) -> None:
        enabled.append(gc.isenabled())

    Decoder(on_drift=on_drift).decode(list[Build], PAGE.replace(b'"number": 7', b'"number": "7", "new": 1'))
    assert enabled == [True, True]


def test_the_collector_has_its_turn_between_two_pages(collections: list[int]) -> None:
    decoder = Decoder()
    kept = [decoder.decode(list[Build], PAGE)]
    for _ in range(5):
        collections.clear()
        kept.append(decoder.decode(list[Build], PAGE))
        assert collections


# --- Pauses within and beside each other ------------------------------------------------------------------------------


def test_a_pause_returns_what_the_work_returns_or_raises_what_it_raises() -> None:
    assert without_collection(gc.isenabled) is False
    with pytest.raises(ZeroDivisionError):
        without_collection(lambda: 1 // 0)
    assert gc.isenabled()


def test_a_pause_within_a_pause_ends_with_the_outer_one() -> None:
    def outer() -> tuple[bool, bool]:
        return without_collection(gc.isenabled), gc.isenabled()

    assert without_collection(outer) == (False, False)
    assert gc.isenabled()


def test_a_user_who_enables_the_collector_in_a_pause_has_it_enabled() -> None:
    def work() -> list[bool]:
        gc.enable()
        return [gc.isenabled(), without_collection(gc.isenabled)]

    assert without_collection(work) == [True, True]
    assert without_collection(gc.isenabled) is False


class Held:
    """Pause that another thread holds open."""

    def __init__(self) -> None:
        self.entered, self.ends = threading.Event(), threading.Event()
        self.thread = threading.Thread(target=without_collection, args=(self._hold,))
        self.thread.start()
        assert self.entered.wait(10)

    def _hold(self) -> None:
        self.entered.set()
        self.ends.wait(10)

    def end(self) -> None:
        self.ends.set()
        self.thread.join()


def test_the_last_of_several_threads_ends_the_pause() -> None:
    held = [Held() for _ in range(4)]
    seen = []
    for each in held:
        seen.append(gc.isenabled())
        each.end()
    assert seen == [False] * 4
    assert gc.isenabled()


def test_threads_that_always_overlap_leave_a_break() -> None:
    held = [Held()]
    breaks = 0
    for _ in range(3 * MOST_IN_A_ROW):
        held.append(Held())
        held.pop(0).end()
        breaks += gc.isenabled()
    held.pop().end()
    assert 1 <= breaks <= 6


def test_a_user_who_disables_the_collector_between_pauses_is_respected() -> None:
    without_collection(int)
    gc.disable()
    held = Held()
    gc.enable()
    held.end()
    assert gc.isenabled()


# --- Interrupts -------------------------------------------------------------------------------------------------------


def interrupted_at(step: int, work: Callable[[], object]) -> bool:
    """Run something, and raise KeyboardInterrupt where Python would notice a signal: at the n-th of all such places.

    Returns:
        True if there were fewer places.
    """
    left = step

    def interrupt(frame: Any, event: str, argument: Any) -> None:
        nonlocal left
        if event in ("call", "c_return") and left >= 0:
            left -= 1
            if left < 0:
                raise KeyboardInterrupt

    before = sys.getprofile()
    try:
        sys.setprofile(interrupt)
        work()
    except KeyboardInterrupt:
        return False
    finally:
        left = -1
        sys.setprofile(before)
    return True


@pytest.mark.parametrize("work", [int, lambda: without_collection(int)])
@pytest.mark.parametrize("user_disabled", [False, True])
def test_an_interrupt_anywhere_ends_the_pause(work: Callable[[], object], user_disabled: bool) -> None:
    for step in range(1000):
        if user_disabled:
            gc.disable()
        done = interrupted_at(step, lambda: without_collection(work))
        enabled = gc.isenabled()
        gc.enable()
        assert enabled is not user_disabled, step
        # The next pause works as if nothing had been.
        assert without_collection(gc.isenabled) is False
        assert gc.isenabled()
        if done:
            break
    else:
        pytest.fail("no end")
    assert step > 5


def test_an_interrupted_decoding_ends_its_pause() -> None:
    decoder = Decoder()
    decoder.decode(list[Build], PAGE)
    for step in range(0, 400, 7):
        interrupted_at(step, lambda: decoder.decode(list[Build], PAGE))
        assert gc.isenabled(), step


def test_a_signal_handler_may_decode_too() -> None:
    def handle(number: int, frame: object) -> None:
        Decoder().decode(list[Build], PAGE)
        states.append(gc.isenabled())

    states: list[bool] = []
    before = signal.signal(signal.SIGINT, handle)
    try:
        without_collection(lambda: signal.raise_signal(signal.SIGINT))
    finally:
        signal.signal(signal.SIGINT, before)
    assert states == [False]
    assert gc.isenabled()


# --- Forks ------------------------------------------------------------------------------------------------------------

FORK = """
import gc, os, threading
from buildkite_api._collector import without_collection

entered, ends = threading.Event(), threading.Event()

def hold():
    entered.set()
    ends.wait(10)

def in_child(check):
    pid = os.fork()
    if not pid:
        ok = False
        try:
            ok = check()
        finally:
            os._exit(0 if ok else 1)
    return os.waitpid(pid, 0)[1] == 0

thread = threading.Thread(target=without_collection, args=(hold,))
thread.start()
assert entered.wait(10)

# The other thread's pause does not exist in the child, and the next one works.
assert in_child(lambda: gc.isenabled() and not without_collection(gc.isenabled) and gc.isenabled())

# A child that is forked in a pause is in it until its end.
def forks():
    pid = os.fork()
    return pid, gc.isenabled()

pid, enabled = without_collection(forks)
if not pid:
    os._exit(0 if not enabled and gc.isenabled() else 1)
assert os.waitpid(pid, 0)[1] == 0
assert not gc.isenabled()
ends.set()
thread.join()
assert gc.isenabled()
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the system does not fork")
def test_a_forked_process_has_the_pauses_of_its_own_thread() -> None:
    subprocess.run([sys.executable, "-W", "ignore", "-c", FORK], check=True, timeout=60)
