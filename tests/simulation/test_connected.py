"""Clients that a program makes from the environment, and the simulator that a test has connected."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import unittest
from collections.abc import Callable, Generator
from contextlib import ExitStack
from itertools import permutations

import pytest

from buildkite_ext import AsyncBuildkiteClient, BuildkiteClient, ConfigurationError, SystemClock, Unauthorized
from buildkite_ext._in_process import in_process
from buildkite_ext.cli import main
from buildkite_ext.simulation import Simulator, VirtualClock
from buildkite_ext.simulation.server import running


def deploy() -> str | None:
    with BuildkiteClient() as buildkite:
        build = buildkite.builds.create("web", commit="HEAD", branch="main")
        return buildkite.builds.wait("web", build.number).outcome


def test_a_client_of_the_environment_reaches_it_and_waits_by_its_clock() -> None:
    simulator = Simulator("acme-inc", token="bkua_0123456789")
    simulator.pipeline("web").job("test", after=7200, exit_status=1)
    with simulator.connected() as same:
        assert same is simulator
        assert deploy() == "failed"
    assert simulator.clock.time() - VirtualClock().time() > 7200
    simulator.assert_calls(["builds.create", "builds.get"])


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_so_does_an_async_client(backend: str) -> None:
    import anyio

    async def names() -> list[str]:
        async with AsyncBuildkiteClient() as buildkite:
            return [pipeline.slug async for pipeline in buildkite.pipelines.list()]

    simulator = Simulator()
    simulator.pipeline("web")
    with simulator.connected():
        assert anyio.run(names, backend=backend) == ["web"]


def test_so_do_a_client_of_another_thread_and_the_command(capsys: pytest.CaptureFixture[str]) -> None:
    simulator = Simulator()
    simulator.pipeline("web").job("test")
    with simulator.connected():
        outcomes: list[str | None] = []
        thread = threading.Thread(target=lambda: outcomes.append(deploy()))
        thread.start()
        thread.join()
        assert outcomes == ["passed"]
        assert main(["api", "user"]) == 0
    assert "Ada Byron" in capsys.readouterr().out


def test_an_artifact_comes_from_it_too() -> None:
    simulator = Simulator()
    simulator.pipeline("web").job("test", artifacts={"report.txt": "3 passed"}).history(1)
    with simulator.connected(), BuildkiteClient() as buildkite:
        (artifact,) = buildkite.artifacts.list("web", 1)
        assert buildkite.artifacts.read(artifact) == b"3 passed"


def test_nothing_of_it_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BUILDKITE_TOKEN", "bkua_before")
    monkeypatch.setenv("BUILDKITE_ORGANIZATION_SLUG", "before")
    before = dict(os.environ)
    simulator = Simulator()

    def fail() -> None:
        with simulator.connected():
            raise LookupError(os.environ.get("BUILDKITE_TOKEN"))

    with pytest.raises(LookupError, match="None"):
        fail()
    assert dict(os.environ) == before
    assert in_process(simulator.base_url) is None


def test_the_inner_one_counts_and_then_the_outer_one_again() -> None:
    outer, inner = Simulator(user="Outer"), Simulator(user="Inner")
    names = []
    with outer.connected():
        for each in (outer, inner, outer):
            if each is inner:
                with inner.connected(), BuildkiteClient() as buildkite:
                    names.append(buildkite.user.get().name)
            else:
                with BuildkiteClient() as buildkite:
                    names.append(buildkite.user.get().name)
    assert names == ["Outer", "Inner", "Outer"]


@pytest.mark.parametrize("same", [True, False])
@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_blocks_may_end_in_any_order(monkeypatch: pytest.MonkeyPatch, order: tuple[int, ...], same: bool) -> None:
    """Blocks of threads do. A client never gets the environment's own token before all are over."""
    monkeypatch.setenv("BUILDKITE_TOKEN", "bkua_of_a_real_account")
    before = dict(os.environ)
    one = Simulator(token="bkua_0123456789", user="0")
    simulators = [
        one
        if same
        else Simulator(token=f"bkua_012345678{number}", user=str(number), base_url=f"https://api{number}.test")
        for number in range(3)
    ]
    blocks = [each.connected() for each in simulators]
    for block in blocks:
        block.__enter__()
    opened = [0, 1, 2]
    for number in order:
        assert not [name for name in ("BUILDKITE_TOKEN", "BUILDKITE_API_ACCESS_TOKEN") if name in os.environ]
        with BuildkiteClient(retry=None) as buildkite:
            assert buildkite.user.get().name == ("0" if same else str(opened[-1]))
        blocks[number].__exit__(None, None, None)
        opened.remove(number)
    assert dict(os.environ) == before
    assert not [each for each in simulators if in_process(each.base_url) is not None]


def test_a_block_of_a_generator_that_is_closed_is_over() -> None:
    def program() -> Generator[None, None, None]:
        with Simulator().connected():
            yield

    before = dict(os.environ)
    running_program = program()
    next(running_program)
    assert dict(os.environ) != before
    running_program.close()
    assert dict(os.environ) == before


def test_what_a_program_gives_itself_counts() -> None:
    simulator, other, clock = Simulator(), Simulator(user="Other"), SystemClock()
    with simulator.connected():
        with BuildkiteClient(transport=other.transport(), token=other.token) as buildkite:
            assert buildkite.user.get().name == "Other"
        with BuildkiteClient(clock=clock) as buildkite:
            assert buildkite.user.get().name == "Ada Byron"
        with BuildkiteClient(token="bkua_wrong") as buildkite, pytest.raises(Unauthorized):
            buildkite.user.get()


def test_a_limit_that_one_test_has_used_up_does_not_stop_the_next() -> None:
    for _ in range(2):
        simulator = Simulator(user_rate_limit=2, rate_limit=2)
        with simulator.connected(), BuildkiteClient(budget=None, retry=None) as buildkite:
            buildkite.user.get()
            buildkite.user.get()
        assert [request.status for request in simulator.requests] == [200, 200]


class TestOfUnittest(unittest.TestCase):
    def setUp(self) -> None:
        self.simulator = self.enterContext(Simulator("acme").connected())
        self.simulator.pipeline("web").job("test").ends("failed")

    def test_it_works_without_pytest(self) -> None:
        assert deploy() == "failed"
        self.simulator.assert_asked("builds.create", times=1, body={"branch": "main"})


def served_inside(simulator: Simulator, stack: ExitStack) -> None:
    stack.enter_context(simulator.connected())
    stack.enter_context(running(simulator, real_time=False))


def served_outside(simulator: Simulator, stack: ExitStack) -> None:
    stack.enter_context(running(simulator, real_time=False))
    stack.enter_context(simulator.connected())


@pytest.mark.parametrize("serve", [served_inside, served_outside])
def test_a_served_one_is_reached_by_another_process(serve: Callable[[Simulator, ExitStack], None]) -> None:
    before = dict(os.environ)
    simulator = Simulator()
    root = simulator.base_url
    program = "from buildkite_ext import BuildkiteClient; print(BuildkiteClient().user.get().name)"
    with ExitStack() as stack:
        serve(simulator, stack)
        done = subprocess.run(
            [sys.executable, "-c", program], capture_output=True, text=True, check=True, env=os.environ
        )
        assert done.stdout == "Ada Byron\n"
        with BuildkiteClient() as buildkite:
            assert buildkite.user.get().name == "Ada Byron"
    assert [request.headers["host"].partition(":")[0] for request in simulator.requests] == ["127.0.0.1", "127.0.0.1"]
    assert (simulator.base_url, in_process(root), dict(os.environ)) == (root, None, before)


def test_the_simulator_is_reached_again_after_its_server() -> None:
    simulator = Simulator()
    with simulator.connected():
        with running(simulator, real_time=False):
            pass
        with BuildkiteClient() as buildkite:
            assert buildkite.user.get().name == "Ada Byron"
    with running(simulator, real_time=False):
        assert in_process(simulator.base_url) is None


@pytest.mark.parametrize("kind", [BuildkiteClient, AsyncBuildkiteClient])
@pytest.mark.parametrize("url", ["https://api.buildkite.com", "https://API.buildkite.com:443/v2"])
def test_no_client_reaches_buildkite_itself_meanwhile(
    kind: type[BuildkiteClient | AsyncBuildkiteClient], url: str
) -> None:
    with Simulator("acme").connected(), pytest.raises(ConfigurationError, match="Nothing was sent"):
        kind("acme", token="mine", base_url=url)
    with Simulator("acme").connected() as simulator:
        BuildkiteClient("acme", token="mine", base_url=url, transport=simulator.transport())
    kind("acme", token="mine", base_url=url)


FORKING = """
import os, sys
from contextlib import nullcontext
from buildkite_ext import BuildkiteClient
from buildkite_ext.simulation import Simulator
from buildkite_ext.simulation.server import running

simulator = Simulator("acme")
simulator.pipeline("web").job("test")
before = None
with simulator.connected(), running(simulator) if "served" in sys.argv else nullcontext():
    if "before" in sys.argv:
        before = BuildkiteClient()
    child = os.fork()
    if child == 0:
        try:
            with before or BuildkiteClient() as buildkite:
                print("created", buildkite.builds.create("web", commit="HEAD", branch="main").number, flush=True)
        except Exception as error:
            print(type(error).__name__, error, flush=True)
        os._exit(0)
    os.waitpid(child, 0)
    print(len(simulator.pipeline("web").builds))
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
@pytest.mark.parametrize(
    ("words", "said", "builds"),
    [
        (["served"], "created 1", "1"),
        (["served", "before"], "ConfigurationError This client was made before a fork", "0"),
        ([], "ConfigurationError A simulator or a cassette in the parent process answers here", "0"),
        (["before"], "ConfigurationError A simulator or a cassette in the parent process answers here", "0"),
    ],
)
def test_a_forked_process_uses_no_copy_of_it(words: list[str], said: str, builds: str) -> None:
    ended = subprocess.run([sys.executable, "-c", FORKING, *words], capture_output=True, text=True, check=True)
    first, *_, last = ended.stdout.splitlines()
    assert first.startswith(said), ended.stdout
    assert last == builds
