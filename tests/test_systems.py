"""What can be shown elsewhere of Windows and macOS: the package works without what Windows lacks, in tests/windows.py."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
ELSEWHERE = pytest.mark.skipif(sys.platform == "win32", reason="Windows needs no imitation of itself")
IMPORT_ALL = """
    import importlib, pkgutil
    import buildkite_api, buildkite_ext

    names = [
        each.name
        for package in (buildkite_ext, buildkite_api)
        for each in pkgutil.walk_packages(package.__path__, f"{package.__name__}.")
    ]
    assert {"buildkite_ext.cli.webhooks.jsonl", "buildkite_ext.webhooks.redis.source", "buildkite_api.models"} < {*names}
    for name in names:
        importlib.import_module(name)
    print(len(names))
"""
PREAMBLE = "from tests.windows import imitate\nfake = imitate()\n"


def on_windows(program: str, *, cwd: Path, **environment: str) -> str:
    """Return what a program prints in a process in which `tests.windows` hides what Windows lacks."""
    done = subprocess.run(
        [sys.executable, "-W", "error::EncodingWarning", "-X", "warn_default_encoding", "-"],
        input=PREAMBLE + textwrap.dedent(program),
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8", **environment},
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_every_module_can_be_imported_on_this_system(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(IMPORT_ALL)], cwd=tmp_path, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) > 500


@ELSEWHERE
def test_the_imitation_hides_what_windows_lacks(tmp_path: Path) -> None:
    probe = tmp_path / "buildkite_ext"
    probe.mkdir()
    (probe / "__init__.py").write_text(
        "import os, signal, socket, sys\n"
        "assert sys.platform == 'win32' and not hasattr(os, 'fork') and not hasattr(signal, 'SIGHUP')\n"
        "assert not hasattr(os, 'O_NOFOLLOW') and not hasattr(socket, 'AF_UNIX') and os.path.sep == '/'\n"
        "for statement in ('import fcntl', 'from os import killpg', 'from signal import SIGKILL', 'import termios as t'):\n"
        "    try:\n"
        "        exec(statement)\n"
        "    except ImportError:\n"
        "        print(statement)\n"
    )
    program = f"import sys; sys.path.insert(0, {str(tmp_path)!r})\nimport buildkite_ext"
    assert on_windows(program, cwd=tmp_path).splitlines() == [
        *["import fcntl", "from os import killpg", "from signal import SIGKILL", "import termios as t"]
    ]


@ELSEWHERE
def test_every_module_can_be_imported_on_windows(tmp_path: Path) -> None:
    assert int(on_windows(IMPORT_ALL, cwd=tmp_path)) > 500


@ELSEWHERE
def test_a_client_a_simulator_and_their_server_work(tmp_path: Path) -> None:
    program = """
        import asyncio
        from pathlib import Path
        from buildkite_ext import AsyncBuildkiteClient, BuildkiteClient
        from buildkite_ext.simulation import Simulator, SystemClock, Timing
        from buildkite_ext.simulation.server import running

        simulator = Simulator("acme", clock=SystemClock(), timing=Timing(pickup=0.01, canceling=0.01))
        simulator.pipeline("web").job("test", log="ok\\n", after=0.05, artifacts={"dist/a.whl": b"wheel", "b.txt": b"b"})

        with running(simulator) as url:
            with BuildkiteClient("acme", token=simulator.token, base_url=url) as client:
                build = client.builds.create("web", commit="HEAD", branch="main")
                print([line.text for line in client.builds.follow("web", build.number, poll_interval=0.05)])
                print(client.builds.wait("web", build.number, poll_interval=0.05).outcome)
                print([pipeline.slug for pipeline in client.pipelines.list()])
                print([str(path.relative_to("to")) for path in client.artifacts.download_all("web", 1, "**", to=Path("to"))])
                print(Path("to/dist/a.whl").read_bytes())

            async def main():
                async with AsyncBuildkiteClient("acme", token=simulator.token, base_url=url) as client:
                    print([build.number async for build in client.builds.list()])

            asyncio.run(main())
    """
    assert on_windows(program, cwd=tmp_path).splitlines() == [
        "['ok']",
        "passed",
        "['web']",
        "['dist/a.whl', 'b.txt']",
        "b'wheel'",
        "[1]",
    ]


@ELSEWHERE
def test_webhooks_are_received_in_a_program_and_in_a_worker(tmp_path: Path) -> None:
    program = """
        import io, json, signal, threading
        from buildkite_ext.webhooks import MemoryQueue, WebhookHandler, sign
        from buildkite_ext.simulation.webhook_samples import webhook_sample

        hooks = WebhookHandler(secret="s3cret")
        done = threading.Event()

        @hooks.on("build.finished")
        def show(event):
            print(event.build.state)
            done.set()

        body = json.dumps(webhook_sample("build.finished")).encode()
        headers = {"X-Buildkite-Event": "build.finished", "X-Buildkite-Signature": sign(body, "s3cret")}

        def start_response(status, headers, error=None):
            print(status)
        environ = {
            "REQUEST_METHOD": "POST", "CONTENT_TYPE": "application/json", "CONTENT_LENGTH": str(len(body)),
            "wsgi.input": io.BytesIO(body), "PATH_INFO": "/", "REMOTE_ADDR": "127.0.0.1",
            **{f"HTTP_{name.upper().replace('-', '_')}": value for name, value in headers.items()},
        }
        list(hooks.wsgi()(environ, start_response))
        assert done.wait(60)
        hooks.close()

        # Ctrl-C, and Ctrl-Break, lets a worker finish what has begun.
        import asyncio

        from buildkite_ext.webhooks.delivery import Delivery

        for number in (signal.SIGINT, signal.SIGUSR1):
            worker, queue = WebhookHandler(allow_unsigned=True), MemoryQueue()

            @worker.on("build.finished")
            async def finish(event):
                signal.raise_signal(number)
                await asyncio.sleep(0.05)
                print("finished", event.build.state)

            asyncio.run(queue.put(Delivery("d", "build.finished", body, 0.0)))
            worker.work(queue)
    """
    assert on_windows(program, cwd=tmp_path).splitlines() == [
        *["200 OK", "passed", "finished passed", "finished passed"]
    ]


@ELSEWHERE
def test_the_command_runs(tmp_path: Path) -> None:
    program = """
        from buildkite_ext.cli import main

        print(main(["webhooks", "listen", "--help"]))
        print(main(["run", "web", "--branch", "main", "--simulate", "--artifacts", "dist/*.whl", "--to", "wheels"]))
        print(main(["api", "GET", "organizations/{org}/pipelines", "--select", "[].slug", "--compact", "--simulate"]))
    """
    lines = on_windows(program, cwd=tmp_path).splitlines()
    assert "Usage: buildkite-ext webhooks listen [OPTIONS]" in lines
    assert [line for line in lines if line in ("0", "1", "2", "3", "70")] == ["0", "0", "0"]
    assert lines[-2] == '["web","api","release"]'
    assert list((tmp_path / "wheels" / "dist").iterdir())


@ELSEWHERE
def test_the_command_receives_webhooks_and_runs_commands(tmp_path: Path) -> None:
    """The listener stops at Ctrl-Break, the signal that Windows has for services."""
    program = """
        import signal, subprocess, sys, threading, re, io, time
        from pathlib import Path
        from buildkite_ext.cli import main

        class Tee(io.StringIO):
            def write(self, text):
                found = re.search(r"Receiving webhooks at (\\S+)", text)
                if found:
                    threading.Thread(target=send, args=(found[1],)).start()
                return super().write(text)

        def send(url):
            for number in range(2):
                command = [sys.executable, "-m", "tests.sending", url]
                subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
            signal.raise_signal(signal.SIGUSR1)

        out, sys.stdout = sys.stdout, Tee()
        words = [sys.executable, "-c", "import os, sys; print(os.environ['BUILDKITE_WEBHOOK_EVENT'], len(sys.stdin.read()) > 9)"]
        quoted = " ".join(f"'{word}'" if "'" not in word else f'"{word}"' for word in words)
        code = main(["webhooks", "listen", "--port", "0", "--jsonl", "events.jsonl", "--exec", quoted])
        text, sys.stdout = sys.stdout.getvalue(), out
        print(code)
        print(len(re.findall(r"\\| build.finished True", text)))
        print(fake.locks.history == [(did, 2**31 - 2) for did in ("lock", "unlock", "lock", "unlock")])
    """
    assert on_windows(program, cwd=tmp_path, BUILDKITE_WEBHOOK_SECRET="s3cret").splitlines() == ["0", "2", "True"]
    events = [json.loads(line)["event"] for line in (tmp_path / "events.jsonl").read_text("utf-8").splitlines()]
    assert events == ["build.finished", "build.finished"]


@ELSEWHERE
def test_what_is_printed_for_a_shell_is_for_powershell(tmp_path: Path) -> None:
    program = """
        import io, re, signal, sys
        from buildkite_ext.cli import main

        class Tee(io.StringIO):
            def write(self, text):
                done = super().write(text)
                if "Then try:" in self.getvalue():
                    raise KeyboardInterrupt
                return done

        out, sys.stdout = sys.stdout, Tee()
        main(["simulate", "--port", "0", "--organization", "acme"])
        text, sys.stdout = sys.stdout.getvalue(), out
        print(text)
    """
    text = on_windows(program, cwd=tmp_path, HTTP_PROXY="http://proxy.test", NO_PROXY="o'brien.test")
    assert "  $env:BUILDKITE_ORGANIZATION_SLUG = 'acme'\n" in text
    assert "  $env:NO_PROXY = 'o''brien.test,127.0.0.1" in text
    assert 'curl.exe -H "Authorization: Bearer $env:BUILDKITE_API_TOKEN" http://127.0.0.1:' in text
    assert "export" not in text


@ELSEWHERE
def test_backslashes_of_a_command_belong_to_paths(tmp_path: Path) -> None:
    program = (tmp_path / "page.exe").with_name("a\\page.exe")
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    script = f"""
        from buildkite_ext.cli.webhooks.command_runner import split_command
        print(split_command(r"{program} C:\\logs 'two words' # x"))
    """
    assert on_windows(script, cwd=tmp_path).strip() == repr([str(program), "C:\\logs", "two words", "#", "x"])


@ELSEWHERE
def test_a_command_that_takes_too_long_is_killed_with_its_children(tmp_path: Path) -> None:
    bin_folder = tmp_path / "bin"
    bin_folder.mkdir()
    taskkill = bin_folder / "taskkill"
    taskkill.write_text('#!/bin/sh\necho "$@" >taskkill.log\n')
    taskkill.chmod(0o755)
    program = """
        import asyncio
        from buildkite_ext.cli.webhooks.command_runner import CommandRunner
        from buildkite_ext.cli.webhooks.event_fields import event_fields
        from buildkite_ext.webhooks.delivery import Delivery
        from buildkite_ext.webhooks.parsing import event_of
        from buildkite_ext.simulation.webhook_samples import webhook_sample
        import json

        delivery = Delivery("d", "build.finished", json.dumps(webhook_sample("build.finished")).encode(), 0.0)

        async def on_line(line):
            print(line)

        runner = CommandRunner(["sleep", "60"], 0.1)
        print(asyncio.run(runner.run(delivery, event_fields(event_of(delivery)), on_line)).problem)
    """
    path = f"{bin_folder}{os.pathsep}{os.environ['PATH']}"
    assert on_windows(program, cwd=tmp_path, PATH=path).strip() == "the command took longer than 0.1 s and was killed"
    assert re.fullmatch(r"/F /T /PID \d+\n", (tmp_path / "taskkill.log").read_text())


@ELSEWHERE
@pytest.mark.parametrize(
    ("can", "expected"), [(True, "True True 7"), (False, "False False 3")], ids=["Windows 10", "an older Windows"]
)
def test_colours_only_on_consoles_that_interpret_them(tmp_path: Path, can: bool, expected: str) -> None:
    program = f"""
        import os, pty, sys
        from buildkite_ext.cli.streams import coloured, is_terminal

        fake.console.can = {can}
        _, terminal = pty.openpty()
        with os.fdopen(terminal, "w", encoding="utf-8") as console:
            print(is_terminal(console), coloured("auto", console), fake.console.mode)
        print(is_terminal(sys.stdout))
    """
    environment = {"TERM": "xterm", "NO_COLOR": "", "FORCE_COLOR": ""}
    assert on_windows(program, cwd=tmp_path, **environment).splitlines() == [expected, "False"]


@ELSEWHERE
def test_a_pipe_without_a_reader_is_known_by_its_error_of_windows(tmp_path: Path) -> None:
    program = """
        import errno, io, sys
        from buildkite_ext.cli import main

        class Closed(io.StringIO):
            def write(self, text):
                raise OSError(errno.EINVAL, "Invalid argument")

        out, sys.stdout = sys.stdout, Closed()
        code = main(["completion", "bash"])
        sys.stdout = out
        print(code)
    """
    assert on_windows(program, cwd=tmp_path).splitlines() == ["141"]
