"""Output on a terminal, which is a pseudo-terminal of this test."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import termios
import time
from collections.abc import Mapping

import pytest

from buildkite_ext import SystemClock
from buildkite_ext.simulation import Simulator

from .conftest import COMMAND, TOKEN, SharedServer

SHOW_CURSOR, HIDE_CURSOR = "\x1b[?25h", "\x1b[?25l"
CSI = re.compile(r"\x1b\[([?0-9;:]*)([@-~])")
QUICK = ("--branch", "main", "--poll-interval", "0.1")


class Terminal:
    """The command on a pseudo-terminal, with all that it writes."""

    def __init__(
        self, *words: str, width: int = 80, height: int = 24, environment: Mapping[str, str] | None = None
    ) -> None:
        self.width = width
        self.text = ""
        self._master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", height, width, 0, 0))
        # A session of its own with this terminal in control, so that a typed Ctrl-C becomes its SIGINT.
        self._process = subprocess.Popen(
            [*COMMAND[:1], "-c", f"import fcntl, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0)\n{COMMAND[2]}", *words],
            stdin=slave,
            stdout=slave,
            stderr=slave,
            start_new_session=True,
            env={**os.environ, "TERM": "xterm-256color", **(environment or {})},
        )
        os.close(slave)

    def until(self, said: str, timeout: float = 60) -> None:
        deadline = time.monotonic() + timeout
        while said not in self.text:
            assert self._read(deadline), f"{said!r} never came: {self.text!r}"

    def press(self, key: str) -> None:
        os.write(self._master, key.encode())

    def end(self, timeout: float = 60) -> int:
        deadline = time.monotonic() + timeout
        while self._read(deadline):
            pass
        code = self._process.wait(max(0.1, deadline - time.monotonic()))
        os.close(self._master)
        return code

    def _read(self, deadline: float) -> bool:
        ready, _, _ = select.select([self._master], [], [], max(0.0, deadline - time.monotonic()))
        if not ready:
            self._process.send_signal(signal.SIGKILL)
            return False
        try:
            data = os.read(self._master, 65536)
        except OSError:  # how Linux says that nobody has the other end any more
            return False
        self.text += data.decode("utf-8", "replace")
        return bool(data)


def screen(text: str, width: int) -> list[str]:
    """Return the final content of a terminal, with the escape sequences that rich uses interpreted."""
    lines = [""]
    row = column = 0
    for piece in re.split(r"(\x1b\[[?0-9;:]*[@-~]|\r|\n)", text):
        control = CSI.fullmatch(piece)
        if control:
            count = int(control[1]) if control[1].isdigit() else 1
            if control[2] == "A":
                row = max(0, row - count)
            elif control[2] == "K":
                lines[row] = "" if control[1] == "2" else lines[row][:column]
            else:
                assert control[2] in "mhl", piece
        elif piece == "\r":
            column = 0
        elif piece == "\n":
            row += 1
        else:
            for character in piece:
                if column == width:
                    row, column = row + 1, 0
                while row >= len(lines):
                    lines.append("")
                lines[row] = lines[row].ljust(column)[:column] + character + lines[row][column + 1 :]
                column += 1
        while row >= len(lines):
            lines.append("")
    return [line.rstrip() for line in lines]


@pytest.mark.parametrize("words", [["run", "--help"], ["run", "web", *QUICK]], ids=["help", "run"])
def test_a_terminal_of_one_column_is_drawn_on(web: Simulator, words: list[str]) -> None:
    web.pipeline("web").job("test", log="ok\n", after=0.2)
    assert Terminal(*words, width=1).end() == 0


def test_a_table_below_the_logs_and_a_clean_end(web: Simulator) -> None:
    log = "".join(f"\x1b[32mline {number}\x1b[0m\n" for number in range(30))
    web.pipeline("web").job("lint", log=log, after=0.6).job("test", log=log, after=0.9).job("more", after=0.3)
    terminal = Terminal("run", "web", *QUICK)
    assert terminal.end() == 0
    text = terminal.text
    assert "Ctrl-C leaves it running" in text
    assert "\x1b[32mline 3\x1b[0m" in text
    assert text.count(HIDE_CURSOR) == text.count(SHOW_CURSOR) >= 1
    assert text.rindex(SHOW_CURSOR) > text.rindex(HIDE_CURSOR)

    shown = screen(text, terminal.width)
    assert shown[0] == "Created build #1: https://buildkite.test/acme/web/builds/1"
    logs = [line for line in shown if " │ " in line]
    assert [line for line in logs if line.startswith("test")] == [f"test │ line {number}" for number in range(30)]
    assert [line for line in logs if line.startswith("lint")] == [f"lint │ line {number}" for number in range(30)]
    rest = shown[1 + len(logs) :]
    assert [line.split()[:3] for line in rest[:3]] == [["✓", name, "passed"] for name in ("lint", "test", "more")]
    assert rest[3].startswith("Build web #1 passed in 0:0")
    assert rest[4:] == [""]
    assert not any("leaves it running" in line for line in shown)


def test_long_lines_are_left_to_the_terminal_and_garble_nothing(web: Simulator) -> None:
    long = "".join(f"{number:03} " for number in range(100))
    web.pipeline("web").job("test", log=f"{long}\nshort\n" * 5, after=0.6)
    terminal = Terminal("run", "web", *QUICK, width=50, height=8)
    assert terminal.end() == 0
    shown = screen(terminal.text, terminal.width)
    assert shown.count("test │ short") == 5
    assert "".join(line.ljust(50) for line in shown).count(long) == 5
    assert sum(line.startswith("✓  test  passed") for line in shown) == 1


def test_more_jobs_than_lines(web: Simulator) -> None:
    pipeline = web.pipeline("web")
    for number in range(40):
        pipeline.job(f"job {number} with a name that is longer than the terminal is wide", log="hi\n", after=1.5)
    terminal = Terminal("run", "web", *QUICK, width=40, height=10)
    assert terminal.end() == 0
    assert re.search(r"37 more: \d+ ", terminal.text)
    shown = screen(terminal.text, terminal.width)
    assert sum(" │ hi" in line for line in shown) == 40
    assert sum(line.startswith("✓  job") and "passed" in line for line in shown) == 40
    assert not any("leaves it" in line for line in shown)


def test_ctrl_c_gives_the_terminal_back(web: Simulator) -> None:
    web.pipeline("web").job("test", log=[(0.05, "begun\n")], after=60)
    terminal = Terminal("run", "web", *QUICK)
    terminal.until("begun")
    terminal.press("\x03")
    assert terminal.end() == 130
    assert terminal.text.rindex(SHOW_CURSOR) > terminal.text.rindex(HIDE_CURSOR)
    shown = screen(terminal.text.replace("^C", ""), terminal.width)
    assert not any("leaves it running" in line for line in shown)
    told = " ".join(shown)
    assert "Stopped following. Build web #1 still runs:" in told
    assert "buildkite-ext cancel web 1" in told
    assert web.pipeline("web").builds[0].state == "running"


def test_artifacts_have_bars(web: Simulator, tmp_path: object) -> None:
    files = {f"dist/file{number}.bin": b"x" * 3000 for number in range(15)}
    web.pipeline("web").job("build", after=0.2, artifacts=files)
    terminal = Terminal("run", "web", *QUICK, "--artifacts", "dist/*", "--to", str(tmp_path))
    assert terminal.end() == 0
    assert "━" in terminal.text
    assert "3.0/3.0 kB" in terminal.text
    shown = screen(terminal.text, terminal.width)
    assert sum("Fetched" in line for line in shown) == 15
    assert terminal.text.rindex(SHOW_CURSOR) > terminal.text.rindex(HIDE_CURSOR)


@pytest.mark.parametrize(
    ("words", "environment"),
    [(("--color", "never"), {}), ((), {"NO_COLOR": "1"})],
)
def test_a_live_table_without_colours(web: Simulator, words: tuple[str, ...], environment: dict[str, str]) -> None:
    web.pipeline("web").job("test", log="\x1b[31mred\x1b[0m\n", exit_status=1, after=0.3)
    terminal = Terminal("run", "web", *QUICK, *words, environment=environment)
    assert terminal.end() == 1
    assert "Ctrl-C leaves it running" in terminal.text
    assert {control[1] for control in re.findall(r"\x1b\[([0-9;]*)(m)", terminal.text)} == set()
    assert not re.search(r"\x1b\[[0-9;]*m", terminal.text)


def test_a_dumb_terminal_gets_plain_lines(web: Simulator) -> None:
    web.pipeline("web").job("test", log="ok\n", after=0.2)
    terminal = Terminal("run", "web", *QUICK, environment={"TERM": "dumb"})
    assert terminal.end() == 0
    assert "\x1b" not in terminal.text
    assert "test | ok\r\n" in terminal.text


def test_hostile_names_on_a_terminal(web: Simulator) -> None:
    name = "evil\x1b]0;title\x07\x1b[2J[red]na\x07me\nfake\u202egnp"
    web.pipeline("web").job(name, log="\x1b[2J[red]x[/red]\x1b[31mred\x1b[0m\n", exit_status=1, after=0.3)
    terminal = Terminal("run", "web", *QUICK)
    assert terminal.end() == 1
    text = terminal.text
    for control in ("\x1b]", "\x1b[2J", "\x07", "\u202e"):
        assert control not in text
    shown = screen(text, terminal.width)
    assert any(line.startswith("evil[red]name fakegnp │ [red]x[/red]red") for line in shown)
    assert any(line.startswith("✗  evil[red]name fakegnp  failed, exit status 1") for line in shown)


@pytest.mark.parametrize("environment", [{}, {"TERM": "dumb"}], ids=["terminal", "plain lines"])
def test_a_wait_for_the_rate_limit_is_told(web: Simulator, server: SharedServer, environment: dict[str, str]) -> None:
    limited = Simulator(token=TOKEN, clock=SystemClock(), user_rate_limit=1)
    limited.pipeline("web").job("test", after=300)
    server.put_behind(limited)
    terminal = Terminal("run", "web", "--branch", "main", *QUICK[2:], environment=environment)
    terminal.until("The rate limit is exhausted: GET ")
    terminal.until(" s for it.")
    terminal.press("\x03")
    assert terminal.end() == 130
