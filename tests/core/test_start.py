"""What a process loads before its first useful act with the library."""

from __future__ import annotations

import subprocess
import sys

import pytest

HTTP = {"httpx", "httpcore", "anyio"}
ASYNC = {"asyncio", "trio", "anyio.streams.tls", "buildkite_ext.transport.sockets"}
OURS = {
    "buildkite_ext.cli",
    "buildkite_ext.simulation",
    "buildkite_ext.webhooks",
    "buildkite_ext.artifacts",
    "cyclopts",
    "uvicorn",
}
MODELS = {"attr", "buildkite_api.models", "buildkite_api.operations"}
DECODING = MODELS | {"msgspec"}
HTTPX_COMMAND = {"httpx._main", "click", "rich", "pygments"}
"""The command line of httpx."""
RARE = {
    "buildkite_ext.error_responses",
    "buildkite_ext.events",
    "buildkite_ext.logs.follow",
    "buildkite_ext.stores.status",
    "difflib",
}
"""What a call that succeeds, without a hook, has no use for."""
FLOWS = {
    "buildkite_api.webhooks",
    "buildkite_ext.failures",
    "buildkite_ext.logs.parser",
    "buildkite_ext.logs.search",
    "buildkite_ext.watching.outcome",
    "buildkite_ext.watching.wait",
    "statistics",
}
"""What methods that wait, follow or explain use. Annotations name their types."""

SERVER = """
import threading, socket
build = b'{"id": "b", "url": "u", "web_url": "w", "number": 1, "state": "passed", "jobs": []}'
listening = socket.create_server(("127.0.0.1", 0))
url = f"http://127.0.0.1:{listening.getsockname()[1]}"
def serve():
    with listening.accept()[0] as connection:
        head = b""
        while b"\\r\\n\\r\\n" not in head:
            head += connection.recv(65536)
        content = build if b"/builds/1 " in head or head[:4] == b"POST" else b"[" + build + b"]"
        connection.sendall(b"HTTP/1.1 200 OK\\r\\nContent-Length: %d\\r\\n\\r\\n" % len(content) + content)
threading.Thread(target=serve, daemon=True).start()
"""
FIRST_CALL = (
    f"{SERVER}\n"
    "import httpx\n"
    "with httpx.Client(trust_env=False) as bare: pass\n"
    "import httpcore\n"
    "bare = set(sys.modules)\n"
    "from buildkite_ext import BuildkiteClient\n"
    "with BuildkiteClient('acme', token='t', base_url=url) as client:\n"
)


def loaded(program: str) -> tuple[set[str], set[str]]:
    """Return the modules that a program loads, and those of them that it noted as `bare`."""
    program = f"import sys\nbare = set()\n{program}\nprint(*sys.modules)\nprint(*bare)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=240)
    everything, bare = done.stdout.split("\n")[:2]
    return set(everything.split()), set(bare.split())


UNUSED: dict[str, set[str]] = {
    "import buildkite_ext": HTTP | ASYNC | OURS | DECODING | {"logging", "json", "dataclasses"},
    "from buildkite_ext import ApiError, BuildkiteError": HTTP | ASYNC | OURS | DECODING | {"logging", "ssl"},
    "from buildkite_ext import Retry, TransferRate": HTTP | ASYNC | OURS | DECODING | {"ssl"},
    "from buildkite_ext.webhooks import verify": HTTP | ASYNC | DECODING | {"ssl", "buildkite_ext.client"},
    "from buildkite_ext import BuildkiteClient": ASYNC | OURS | MODELS | RARE | HTTPX_COMMAND | {"httpcore"},
    "from buildkite_ext import AsyncBuildkiteClient\nAsyncBuildkiteClient('acme', token='t')": ASYNC
    | HTTPX_COMMAND
    | OURS
    | MODELS
    | RARE,
}


@pytest.mark.parametrize("program", UNUSED, ids=lambda program: program.replace("\n", "; "))
def test_an_import_loads_only_what_it_names(program: str) -> None:
    assert loaded(program)[0] & UNUSED[program] == set()


@pytest.mark.parametrize(
    "call",
    [
        "builds.get('web', 1)",
        "builds.list('web').all()",
        "builds.create('web', branch='main')",
    ],
    ids=lambda call: call.partition("(")[0],
)
def test_the_first_call_of_a_blocking_client_loads_nothing_async_and_few_models(call: str) -> None:
    modules, bare = loaded(f"{FIRST_CALL}    client.{call}\n")
    assert "buildkite_api.models.build" in modules
    assert (modules - bare) & (ASYNC | OURS | RARE | FLOWS) == set()
    assert len([name for name in modules if name.startswith("buildkite_api.models.")]) < 60
    assert {
        "buildkite_api.models.cluster",
        "buildkite_api.models.team",
        "buildkite_api.models.suite",
    } & modules == set()


def test_a_first_call_that_reads_no_list_loads_nothing_of_lists_and_no_other_operation() -> None:
    modules, bare = loaded(f"{FIRST_CALL}    client.builds.get('web', 1)\n")
    ours = modules - bare
    assert (
        ours & {f"buildkite_ext.pagination.{name}" for name in ("links", "page", "slices", "sources", "walker")}
        == set()
    )
    operations = {name for name in ours if name.startswith("buildkite_api.api.") and name.count(".") == 3}
    assert operations == {"buildkite_api.api.builds.get_build"}


@pytest.mark.parametrize(
    ("method", "returned"),
    [
        ("builds.wait", "buildkite_ext.watching.outcome.WaitResult"),
        ("builds.follow", "buildkite_ext._sync.BlockingIterator[buildkite_ext.logs.parser.LogLine]"),
        ("builds.failure_summary", "buildkite_ext.failures.summary.FailureSummary"),
        ("jobs.log_groups", "buildkite_ext._sync.BlockingIterator[buildkite_ext.logs.groups.LogGroup]"),
    ],
)
def test_a_type_of_an_annotation_is_loaded_when_it_is_asked_for(method: str, returned: str) -> None:
    home = returned.removesuffix("]").rpartition("[")[2].rpartition(".")[0]
    modules, _ = loaded(
        "import typing\n"
        "from buildkite_ext import BuildkiteClient\n"
        f"method = BuildkiteClient('acme', token='t').{method}\n"
        f"assert {home!r} not in sys.modules\n"
        "hint = typing.get_type_hints(method)['return']\n"
        "text = f'{hint.__module__}.{hint.__qualname__}' if isinstance(hint, type) else str(hint)\n"
        f"assert text == {returned!r}, text\n"
    )
    assert home in modules


def test_a_client_over_http_reads_no_certificates() -> None:
    program = f"{SERVER}\nimport ssl\nmade = []\n"
    program += "original = ssl.SSLContext.load_verify_locations\n"
    program += "ssl.SSLContext.load_verify_locations = lambda *a, **k: (made.append(a), original(*a, **k))[1]\n"
    program += "from buildkite_ext import BuildkiteClient\n"
    program += "with BuildkiteClient('acme', token='t', base_url=url) as client: client.builds.get('web', 1)\n"
    program += "assert made == [], made"
    loaded(program)


@pytest.mark.parametrize(
    "use",
    [
        "from httpx import *",
        "import httpx; assert {*httpx.__all__} <= {*dir(httpx)}; httpx.main; assert dir(httpx).count('main') == 1",
    ],
    ids=["all", "main"],
)
def test_the_command_line_of_httpx_is_there_when_it_is_asked_for(use: str) -> None:
    same = "import httpx, httpx._main; assert httpx.main is httpx._main.main and httpx.main.__module__ == 'httpx'"
    modules, _ = loaded(f"from buildkite_ext import BuildkiteClient\nassert 'click' not in sys.modules\n{use}\n{same}")
    assert "click" in modules


def test_an_httpx_that_the_program_has_imported_before_stays_as_it_is() -> None:
    loaded(
        "import httpx\nbefore = {**vars(httpx)}\nfrom buildkite_ext import BuildkiteClient\nassert vars(httpx) == before"
    )


WHILE_HTTPX_IS_IMPORTED = """
import threading
class Finder:
    def find_spec(self, name, path=None, target=None):
        if name == "httpx._api":
            meanwhile()
sys.meta_path.insert(0, Finder())
"""


def test_another_thread_finds_the_command_line_of_httpx_while_it_is_imported() -> None:
    program = f"{WHILE_HTTPX_IS_IMPORTED}found = []\n"
    program += "def search(): found.extend(each.find_spec('httpx._main', sys.modules['httpx'].__path__) for each in sys.meta_path)\n"
    program += "def meanwhile():\n    thread = threading.Thread(target=search)\n    thread.start()\n    thread.join()\n"
    program += "from buildkite_ext import BuildkiteClient\nassert any(found)"
    loaded(program)


def test_finders_may_be_replaced_while_httpx_is_imported() -> None:
    program = f"{WHILE_HTTPX_IS_IMPORTED}before = sys.meta_path[1:]\n"
    program += "def meanwhile(): sys.meta_path[:] = before\n"
    program += "from buildkite_ext import BuildkiteClient\nimport httpx\nhttpx.main\nassert sys.meta_path == before"
    loaded(program)


def test_httpx_without_click_says_what_to_install_beside_this_package_too() -> None:
    loaded(
        "sys.modules['click'] = None\n"
        "from buildkite_ext import BuildkiteClient\n"
        "import contextlib, httpx, io\n"
        "with contextlib.suppress(SystemExit), contextlib.redirect_stdout(io.StringIO()) as said:\n"
        "    httpx.main()\n"
        "assert 'httpx[cli]' in said.getvalue()\n"
        "try:\n"
        "    httpx.mian\n"
        "except AttributeError as error:\n"
        "    assert str(error) == \"module 'httpx' has no attribute 'mian'\"\n"
        "else:\n"
        "    raise AssertionError\n"
    )
