"""Pytest plugin that runs the collected tests against mutants, each in a forked process: pytest starts once for all of them.

`scripts/mutants.py` runs it with `-p mutants_judge --mutants FILE --verdicts FILE`. First each test runs alone without a mutant,
which tells its time and the functions that it calls. Then each mutant gets the tests that call its function, until one fails:
those first that killed most other mutants of the function, and quick ones before slow ones.
"""

from __future__ import annotations

import json
import os
import resource
import signal
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from importlib import import_module
from multiprocessing import connection, get_context
from multiprocessing import context as forks
from pathlib import Path
from typing import TypeVar

import pytest

assert sys.platform != "win32", "Windows has no forks"

_Key = TypeVar("_Key")

_PATIENCE = 4.0
"""Seconds of a processor for which a test may run, and ten times its usual time besides. A mutant under which it runs longer is
killed, and so is one under which it waits for six times as long."""

_LONGEST = 30.0
"""Seconds, the usual time of a test of which it isn't known yet."""

_MEMORY = 3 * 2**30
"""Bytes that a process may take: a loop that a mutant makes endless may fill a list."""


@dataclass
class _Test:
    """Test, and what its run without a mutant told."""

    item: pytest.Item
    seconds: float = _LONGEST
    calls: frozenset[str] = field(default_factory=frozenset)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--mutants", type=Path, help="JSON file with a list of the names of mutants")
    parser.addoption(
        "--verdicts", type=Path, help="file to write: a line of JSON for each mutant, with the test that kills it"
    )
    parser.addoption("--processes", type=int, default=1, help="mutants that are tried at the same time")


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop(session: pytest.Session) -> bool:
    if session.testsfailed:
        raise session.Interrupted("the tests can't be imported")
    import_module(
        "mutmut.configuration"
    ).config()  # from this folder: a test may run in another, or in one that is gone
    options = session.config.option
    tests = [_Test(item) for item in session.items]
    failing = []
    alone = ((test, partial(_alone, session, test)) for test in tests)
    for test, told in _forked(alone, options.processes):
        if isinstance(told, tuple):
            test.seconds, test.calls, modules = told
            for module in modules:  # here, so that the processes that follow don't load them again
                with suppress(Exception):
                    import_module(module)
        else:
            failing.append(test.item.nodeid)
    if failing:
        raise pytest.UsageError("these tests fail without a mutant: " + ", ".join(failing))
    with options.verdicts.open("w", buffering=1) as verdicts:
        for mutant, killer in _judged(session, tests, json.loads(options.mutants.read_text()), options.processes):
            verdicts.write(json.dumps({"mutant": mutant, "killer": killer}) + "\n")
    return True


def _judged(
    session: pytest.Session, tests: Sequence[_Test], mutants: Sequence[str], processes: int
) -> Iterator[tuple[str, str | None]]:
    """Yield each mutant with the test that kills it; None if it survives."""
    kills: defaultdict[str, Counter[str]] = defaultdict(Counter)

    def jobs() -> Iterator[tuple[str, Callable[[], object]]]:
        for mutant in mutants:
            function = mutant.rpartition("__mutmut_")[0]
            of_function = kills[function]
            # What no test calls in its own process, one may call in a process that it forks.
            calling = [test for test in tests if function in test.calls] or list(tests)
            calling.sort(key=lambda test: (-of_function[test.item.nodeid], test.seconds))
            yield mutant, partial(_killer, session, mutant, calling)

    for mutant, told in _forked(jobs(), processes):
        killer = "its process ended" if told is None else str(told)
        if killer:
            kills[mutant.rpartition("__mutmut_")[0]][killer] += 1
        yield mutant, killer or None


def _alone(session: pytest.Session, test: _Test) -> tuple[float, frozenset[str], list[str]] | None:
    """Return the time of a test, the functions that it calls, and the modules that it loads; None if it fails."""
    import_module("mutmut.mutation.trampoline").set_mutant_under_test("stats")
    before = set(sys.modules)
    began = time.monotonic()
    if _fails(session, test, None):
        return None
    seconds, calls = time.monotonic() - began, frozenset(import_module("mutmut.state").state()._stats)
    return seconds, calls, [name for name in sys.modules if name not in before]


def _killer(session: pytest.Session, mutant: str, tests: Sequence[_Test]) -> str:
    """Return the name of the test that fails under a mutant; empty if none does."""
    import_module("mutmut.mutation.trampoline").set_mutant_under_test(mutant)
    for test, following in zip(tests, [*tests[1:], None], strict=False):
        if _fails(session, test, following):
            return test.item.nodeid
    return ""


def _fails(session: pytest.Session, test: _Test, following: _Test | None) -> bool:
    patience = _PATIENCE + 10 * test.seconds
    for timer, ending, seconds in (
        (signal.ITIMER_PROF, signal.SIGPROF, patience),
        (signal.ITIMER_REAL, signal.SIGALRM, 6 * patience),  # other programs may take most of the processors
    ):
        signal.signal(ending, signal.SIG_DFL)
        signal.setitimer(timer, seconds)
    test.item.ihook.pytest_runtest_protocol(item=test.item, nextitem=following and following.item)
    for timer in (signal.ITIMER_PROF, signal.ITIMER_REAL):
        signal.setitimer(timer, 0)
    return session.testsfailed > 0


def _forked(jobs: Iterator[tuple[_Key, Callable[[], object]]], processes: int) -> Iterator[tuple[_Key, object]]:
    """Yield what each job returns in a process of its own, in the order in which they end; None for one that is killed."""
    context = get_context("fork")
    running: dict[connection.Connection, tuple[_Key, forks.ForkProcess]] = {}
    try:
        while True:
            while len(running) < processes and (job := next(jobs, None)) is not None:
                receiver, sender = context.Pipe(duplex=False)
                process = context.Process(target=_child, args=(job[1], sender))
                process.start()
                sender.close()
                running[receiver] = (job[0], process)
            if not running:
                return
            ready = set(connection.wait(list(running), timeout=0.5))
            for receiver, (key, process) in list(running.items()):
                if receiver in ready or process.exitcode is not None:
                    try:
                        told = receiver.recv() if receiver.poll() else None
                    except EOFError:
                        told = None
                    del running[receiver]
                    _end(process)
                    yield key, told
    finally:
        for _, process in running.values():
            _end(process)


def _child(job: Callable[[], object], sender: connection.Connection) -> None:
    os.setpgid(0, 0)
    resource.setrlimit(resource.RLIMIT_DATA, (_MEMORY, _MEMORY))
    sys.setrecursionlimit(4 * sys.getrecursionlimit())  # a call of a function that has mutants takes several frames
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for output in (1, 2):
        os.dup2(nowhere, output)
    sender.send(job())
    os._exit(0)  # threads that a mutant leaves behind aren't waited for


def _end(process: forks.ForkProcess) -> None:
    """End a process with all those that it started."""
    with suppress(ProcessLookupError):
        if process.pid is not None:
            os.killpg(process.pid, signal.SIGKILL)
    process.join()
