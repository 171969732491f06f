"""Start of the command: as a module of Python, and Ctrl-C before anything was sent."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from buildkite_ext.cli import main
from buildkite_ext.simulation import Simulator
from buildkite_ext.version import __version__

from .conftest import TOKEN, Ended, ended
from .test_interrupt import environment

Run = Callable[..., Ended]
Start = Callable[..., subprocess.Popen[str]]

SLOW = "import sys, time\nprint('importing', flush=True)\ntime.sleep(60)\n"
IMPORTS = {
    "the parser": ("cyclopts", ("run", "web", "--branch", "main")),
    "the parser, for help": ("cyclopts", ("run", "--help")),
    "the console, for help": ("rich", ("--help",)),
    "the HTTP client": ("httpx", ("run", "web", "--branch", "main")),
    "the HTTP client of api": ("httpx", ("api", "GET", "user")),
    "the HTTP client of cancel": ("httpx", ("cancel", "web", "1")),
    "the server of webhooks": ("uvicorn", ("webhooks", "listen", "--allow-unsigned", "--port", "0")),
    "the server of the simulator": ("uvicorn", ("simulate", "--port", "0")),
    "a module of the standard library": ("json", ("webhooks", "send", "http://127.0.0.1:9/", "--unsigned")),
}


@pytest.mark.parametrize(("module", "words"), IMPORTS.values(), ids=IMPORTS)
def test_ctrl_c_during_imports_is_silent(start: Start, tmp_path: Path, module: str, words: tuple[str, ...]) -> None:
    (tmp_path / f"{module}.py").write_text(SLOW)
    process = start(*words, **environment("http://127.0.0.1:9"), PYTHONPATH=str(tmp_path))
    assert process.stdout is not None
    assert process.stdout.readline() == "importing\n"
    process.send_signal(signal.SIGINT)
    assert ended(process) == Ended(130, "", "")


@pytest.mark.parametrize(
    "words",
    [
        ("run", "web", "--branch", "main", "--token-file", "{pipe}"),
        ("cancel", "web", "1", "--token-file", "{pipe}"),
        ("webhooks", "listen", "--port", "0", "--secret-file", "{pipe}"),
        ("webhooks", "verify", "--signature", "x", "--secret-file", "{pipe}"),
    ],
    ids=lambda words: " ".join(words[:2]),
)
def test_ctrl_c_before_the_first_request_is_silent(start: Start, tmp_path: Path, words: tuple[str, ...]) -> None:
    """The command waits for a token or a secret: nobody writes to the pipe."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    process = start(*(word.replace("{pipe}", str(pipe)) for word in words), **environment("http://127.0.0.1:9"))
    with pipe.open("w"):  # waits until the command reads
        process.send_signal(signal.SIGINT)
        assert ended(process) == Ended(130, "", "")


def test_ctrl_c_that_the_parent_ignores_stays_ignored(web: Simulator, tmp_path: Path) -> None:
    """A shell that starts a command in the background lets it ignore Ctrl-C."""
    program = (
        "import os, signal, sys\n"
        "signal.signal(signal.SIGINT, signal.SIG_IGN)\n"
        "from buildkite_ext.cli import main\n"
        "os.kill(os.getpid(), signal.SIGINT)\n"
        "sys.exit(main())\n"
    )
    web.pipeline("web").job("test", after=0.02)
    words = ("run", "web", "-b", "main", "--quiet", "--poll-interval", "50ms")
    done = subprocess.run([sys.executable, "-c", program, *words], timeout=90, check=False, cwd=tmp_path)
    assert done.returncode == 0


def test_the_handlers_of_a_program_that_calls_main_are_left_alone(capsys: pytest.CaptureFixture[str]) -> None:
    before = signal.getsignal(signal.SIGINT)
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"{__version__}\n"
    assert signal.getsignal(signal.SIGINT) is before


def test_ctrl_c_in_a_program_that_calls_main_is_a_code(
    command: Run, web: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    web.pipeline("web").job("test", after=60)
    pressed: list[object] = []

    def press(*change: object) -> None:
        if not pressed:
            pressed.append(change)
            signal.raise_signal(signal.SIGINT)

    web.on_change(press)
    result = command("run", "web", "--branch", "main", "--no-follow")
    assert result.code == 130


@pytest.mark.parametrize(
    "words", [("--version",), ("run", "--help"), ("cancel",), ("api", "GET"), ("help", "webhooks")], ids=" ".join
)
def test_python_m_is_the_command(command: Run, words: tuple[str, ...]) -> None:
    process = subprocess.run(
        [sys.executable, "-m", "buildkite_ext", *words], capture_output=True, text=True, timeout=90, check=False
    )
    assert Ended(process.returncode, process.stdout, process.stderr) == command(*words)


def test_python_m_sends_requests(web: Simulator) -> None:
    process = subprocess.run(
        [sys.executable, "-m", "buildkite_ext", "api", "GET", "organizations", "--select", "[].slug", "-r"],
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )
    assert (process.returncode, process.stdout, process.stderr) == (0, "acme\n", "")
    assert TOKEN not in process.stdout


PARSER = {"cyclopts", "rich", "docstring_parser"}
CLIENT = {"httpx", "httpcore", "anyio"}
MODELS = {"attr", "msgspec", "buildkite_api.models", "buildkite_api.operations"}
OTHERS = {
    "asyncio",
    "logging",
    "email",
    "ssl",
    "subprocess",
    "urllib.request",
    "trio",
    "click",
    "pygments",
    "httpx._main",
}
VALUES = {"buildkite_api", "buildkite_ext.states", "uuid"}
UNUSED: dict[tuple[str, ...], set[str]] = {
    ("--version",): PARSER | CLIENT | MODELS | OTHERS | VALUES | {"json", "datetime", "buildkite_ext.errors"},
    ("run", "--token", "x"): PARSER | CLIENT | MODELS - {"msgspec"} | OTHERS - {"logging"},
    ("--help",): PARSER - {"rich"} | CLIENT | MODELS | OTHERS | VALUES | {"json", "buildkite_ext.errors"},
    ("run", "--help"): CLIENT | OTHERS | {"msgspec", "buildkite_ext.errors", "buildkite_ext.logs"},
    ("runn",): CLIENT | OTHERS - {"logging"},
    ("run", "--unknown"): CLIENT | OTHERS - {"logging"},
    ("completion", "bash"): CLIENT | {"asyncio", "ssl", "trio", "click", "pygments"},
    ("webhooks", "verify", "--signature", "x", "--secret-file", "none"): CLIENT | {"asyncio", "ssl", "trio"},
    ("api", "GET", "user"): PARSER
    | MODELS - {"buildkite_api.operations", "msgspec"}
    | {"asyncio", "subprocess", "trio", "click", "pygments", "httpx._main", "anyio.streams"},
    ("api", "user", "--compact"): {"rich", "asyncio", "subprocess", "trio", "click", "pygments", "httpx._main"},
}
"""Modules that a command line doesn't load."""


def loaded(program: str, *words: str, **environment: str) -> set[str]:
    """Return the modules that a process has loaded when its program has ended."""
    program += "\nimport sys\nprint('\\nloaded:', *sys.modules, file=sys.stderr)"
    process = subprocess.run(
        [sys.executable, "-c", program, *words],
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
        env={**os.environ, **environment},
    )
    assert "\nloaded: " in process.stderr, process.stderr
    return set(process.stderr.rpartition("\nloaded: ")[2].split())


@pytest.mark.parametrize("words", UNUSED, ids=" ".join)
def test_a_command_loads_only_what_it_uses(web: Simulator, words: tuple[str, ...]) -> None:
    assert web.requests == []
    modules = loaded("from buildkite_ext.cli import main\nmain()", *words)
    assert "buildkite_ext.cli.entry" in modules
    assert modules & UNUSED[words] == set()
    assert ("httpx" in modules) is (len(web.requests) > 0) is (words[0] == "api")


def test_httpx_is_whole_for_a_program_that_calls_main(web: Simulator) -> None:
    program = "from buildkite_ext.cli import main\nmain(['api', 'GET', 'user'])\nimport httpx._main\n"
    assert {"httpx._main", "click"} <= loaded(program)
    assert {"httpx._main", "click"} <= loaded(f"import httpx\n{program}")


def test_httpx_without_its_command_line_says_what_to_install(web: Simulator) -> None:
    """In the command's own process `httpx.main` is that of an httpx without its extra."""
    program = (
        "from buildkite_ext.cli import main\n"
        "main()\n"
        "import httpx\n"
        "assert httpx.main.__module__ == 'httpx', httpx.main\n"
        "assert set(httpx.__all__) <= set(dir(httpx))\n"
        "import trio, click, httpx._main\n"  # the rest of the process can import them
    )
    assert {"trio", "click", "httpx._main"} <= loaded(program, "api", "GET", "user")


@pytest.mark.parametrize(
    ("words", "method"),
    [(("user",), "GET"), (("get", "user"), "GET"), (("HEAD", "user"), "HEAD"), (("DELETE", "nothing/here"), "DELETE")],
    ids=str,
)
def test_plain_words_of_api_send_what_the_parser_reads_from_them(
    web: Simulator, command: Run, words: tuple[str, ...], method: str
) -> None:
    plain, parsed = command("api", *words), command("api", *words, "--color", "auto")
    assert (plain.code, plain.out) == (parsed.code, parsed.out)
    assert plain.err.partition("\nRequest id")[0] == parsed.err.partition("\nRequest id")[0]
    # Other tests of this process have other tokens, so the user of this one may be asked for.
    sent = [(each.method, each.path, each.body) for each in web.requests if each.path != "/v2/access-token"]
    assert sent[0] == sent[1]
    assert sent[0][0] == method


@pytest.mark.parametrize(
    "words",
    [("",), ("GET", ""), ("user\udcff",), ("GET", "user\udcff"), ("GET", "../user"), ("user", "GET")],
    ids=ascii,
)
def test_plain_words_of_api_are_refused_as_by_the_parser(web: Simulator, command: Run, words: tuple[str, ...]) -> None:
    plain, parsed = command("api", *words), command("api", *words, "--color", "auto")
    assert plain == parsed
    assert (plain.code, web.requests) == (2, [])
