"""Logs: lines of several kinds, beside decoding and splitting alone; and the memory that following a large log takes."""

from __future__ import annotations

import statistics
import subprocess
import sys
from collections.abc import Callable, Iterator

from buildkite_ext.logs import LineParser, parse_log, search_log

from .follow import follow
from .rows import Row, at_most, compared, medians, peak_kilobytes, rounds_of

TITLE = "Logs"

_SIZE = 4_000_000
_CHUNK = 64 * 1024
_MB = 1_000_000

_SPLIT = 550
"""Megabytes a second that the machine of the goals decodes and splits. A goal is a ratio to that, so that it holds on others."""

_PLAIN = "tests/unit/test_module.py::test_case[%d] PASSED [ 42%%] lorem ipsum dolor\r\n"
_COLOURED = "\x1b[32mtests/unit/test_module.py\x1b[0m::test_case[%d] \x1b[1mPASSED\x1b[0m [ 42%%] lorem ipsum\r\n"


def _stamped(number: int) -> str:
    return f"\x1b_bk;t={1_767_603_600_000 + 7 * number}\x07"


def _progress(number: int) -> str:
    """Return a line that is drawn fifty times, as that of a download is."""
    drawn = (f"\rDownloading {number} {2 * step:3d}% |{'#' * step:<50}| 12.3 MB/s" for step in range(50))
    return f"{_stamped(number)}{''.join(drawn)}\r\n"


def _redrawn(number: int) -> str:
    """Return a line and its second state, which is drawn over it, as test runners and `docker pull` do."""
    drawn = f"{_stamped(number + 1)}\x1b[1A\x1b[2K\x1b[32m✓\x1b[0m test_case[{number}]"
    return f"{_stamped(number)}test_case[{number}] runs\r\n{drawn}\r\n"


_KINDS: dict[str, tuple[Callable[[int], str], int | None]] = {
    "plain": (lambda number: _PLAIN % number, 50),
    "coloured": (lambda number: _COLOURED % number, 30),
    "plain, with the times of the agent": (lambda number: _stamped(number) + _PLAIN % number, 25),
    "coloured, with the times of the agent": (lambda number: _stamped(number) + _COLOURED % number, 30),
    "progress bars": (_progress, 30),
    "lines drawn again": (_redrawn, None),
}
"""Lines of each kind, and the megabytes a second to reach where decoding and splitting does 550."""


def measure() -> Iterator[Row]:
    """Parse logs of several kinds, and follow a log of 300 MB in a process of its own."""
    for kind, (line, goal) in _KINDS.items():
        told = f" (goal {goal} MB/s where splitting does {_SPLIT})" if goal else ""
        yield _parsed(f"Parse a log, {kind}{told}", line, _SPLIT / goal if goal else None)
    yield _searched()
    for kind, how in (("that is there", "there"), ("that grows by 5 MB/s", "growing")):
        done = subprocess.run(
            [sys.executable, "-m", __name__, how], capture_output=True, text=True, check=True, timeout=300
        )
        yield Row(f"Follow a log of 300 MB {kind}: memory", float(done.stdout), "MB", goal=at_most(64, "figure"))


def _log(line: Callable[[int], str]) -> bytes:
    data = b""
    count = 1
    while len(data) < _SIZE:
        count *= 2
        data = "".join(line(number) for number in range(count)).encode()
    return data[:_SIZE]


def _searched() -> Row:
    """Search a log with the lines around each match, beside parsing alone."""
    data = _log(_KINDS["coloured, with the times of the agent"][0])

    def ours() -> None:
        for _ in search_log(parse_log(data), r"case\[\d+00\]", before=3, after=3):
            pass

    def parsed() -> None:
        for _ in parse_log(data):
            pass

    return compared("Parse and search a log", rounds_of({"ours": ours, "parsing": parsed}), "ours", "parsing")


def _parsed(work: str, line: Callable[[int], str], most: float | None) -> Row:
    data = _log(line)

    def ours() -> None:
        parser = LineParser("job", "test")
        for at in range(0, len(data), _CHUNK):
            for _ in parser.feed(data[at : at + _CHUNK]):
                pass

    def split() -> None:
        for _ in data.decode("utf-8", "replace").splitlines():
            pass

    taken = rounds_of({"ours": ours, "split": split})
    pairs = list(zip(taken["ours"], taken["split"], strict=True))
    speed = {name: len(data) / _MB / medians(runs).cpu for name, runs in taken.items()}
    return Row(
        work,
        speed["ours"],
        "MB/s",
        "decode and splitlines",
        speed["split"],
        statistics.median(one.cpu / other.cpu for one, other in pairs),
        statistics.median(one.wall / other.wall for one, other in pairs),
        goal=None if most is None else at_most(round(most, 1)),
    )


def _memory(size: Callable[[float], int], ends: float) -> float:
    """Return the megabytes by which this process grows while it follows a log."""
    follow(lambda _: 10_000, ends=0.0)  # what is imported and built once is not the log's
    before = peak_kilobytes()
    follow(size, ends=ends)
    return (peak_kilobytes() - before) * 1024 / _MB


if __name__ == "__main__":
    if sys.argv[1] == "there":
        print(_memory(lambda _: 300 * _MB, ends=0.0))
    else:
        print(_memory(lambda now: int(5 * _MB * now), ends=60.0))
