"""What a process pays before its first useful act: an import, a client's first call, and the command.

Each way is a process of its own, by its CPU time. The bytecode is compiled before, as that of an installed package is.
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
import tempfile
from collections.abc import Callable
from functools import partial

from .bodies import build
from .rows import Goal, Row, at_most, compared, rounds_of
from .server import running

TITLE = "Start of a process"
ROUNDS = 9

IMPORT = "import httpx"
BARE = "httpx: Client, get, json"
GET = "Process start to the first builds.get answered"

_PROGRAMS = {
    IMPORT: "import httpx",
    # Without certificates: over HTTP a client of ours doesn't read them, and over HTTPS both do.
    BARE: "import httpx\n"
    "with httpx.Client(verify=False) as client:\n"
    "    client.get('{url}/v2/organizations/acme/pipelines/web/builds/1', headers={{'Authorization': 'Bearer x'}}).json()\n",
    GET: "from buildkite_ext import BuildkiteClient\n"
    "with BuildkiteClient('acme', token='x', base_url='{url}') as client:\n"
    "    client.builds.get('web', 1)\n",
    "import buildkite_ext": "import buildkite_ext",
    "from buildkite_ext import BuildkiteClient": "from buildkite_ext import BuildkiteClient",
}
_WITHOUT_CLICK = "import sys\nsys.modules['click'] = None\n"
"""Imports httpx as where its command line isn't installed. Where it is, a client of ours doesn't import it."""
_PLAIN_GET, _PLAIN_BARE = f"{GET}, without httpx[cli]", f"{BARE}, without httpx[cli]"
_PROGRAMS |= {_PLAIN_GET: _WITHOUT_CLICK + _PROGRAMS[GET], _PLAIN_BARE: _WITHOUT_CLICK + _PROGRAMS[BARE]}

_COMMANDS: dict[str, tuple[str, Goal | None]] = {
    "--version": ("", at_most(0.46)),
    "--help": ("", at_most(0.92)),
    "api GET user": ("", at_most(1.54)),
    "run --help": ("", None),
    "run --unknown": (" (exit 2)", None),
    "completion bash": ("", None),
}
"""Command lines, with the goals: 60, 120 and 200 ms on a machine where a process that imports httpx takes 130 ms."""


def measure() -> list[Row]:
    """Measure processes that import, call and run the command."""
    with running([build(random.Random("start"), 1, 3)], 0) as url, tempfile.TemporaryDirectory() as bytecode:
        environment = {name: value for name, value in os.environ.items() if name[:6] != "PYTHON"}
        environment |= {
            "PYTHONPYCACHEPREFIX": bytecode,
            "BUILDKITE_API_TOKEN": "x" * 40,
            "BUILDKITE_REST_API_ENDPOINT": url,
        }
        ways: dict[str, Callable[[], object]] = {
            name: partial(_run, ["-c", program.format(url=url)], environment) for name, program in _PROGRAMS.items()
        }
        for words in _COMMANDS:
            ways[words] = partial(_run, ["-m", "buildkite_ext", *words.split()], environment)
        taken = rounds_of(ways, ROUNDS)
    return [
        compared(f"{GET}, over loopback", taken, GET, BARE, goal=at_most(1.2)),
        compared("  where httpx[cli] isn't installed", taken, _PLAIN_GET, _PLAIN_BARE),
        *(
            compared(f"buildkite-ext {words}{end}", taken, words, IMPORT, goal=goal)
            for words, (end, goal) in _COMMANDS.items()
        ),
        *(
            compared(name, taken, name, IMPORT)
            for name in _PROGRAMS
            if "import buildkite_ext" in name or name[:4] == "from"
        ),
    ]


def _run(arguments: list[str], environment: dict[str, str]) -> None:
    done = subprocess.run([sys.executable, *arguments], env=environment, capture_output=True, check=False)
    if done.returncode != (2 if "--unknown" in arguments else 0):
        raise RuntimeError(f"{arguments} ended with {done.returncode}: {done.stderr.decode()}")
