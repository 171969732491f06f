"""The pytest plugin: its fixtures and markers in tests of this file, and what a user's run of pytest says."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator

import httpx
import pytest
import yaml

from buildkite_ext import AsyncBuildkiteClient, BuildkiteClient, Outcome
from buildkite_ext.pytest_plugin import BuildkiteServer
from buildkite_ext.simulation import Simulator, VirtualClock
from buildkite_ext.simulation.server import running

from .loading import load_all

pytest_plugins = ["pytester"]


@pytest.fixture(scope="module", autouse=True)
def _all_is_loaded() -> None:
    load_all()


BLOCKED = "steps: [{label: Test, command: make test}, {block: Ship it?, fields: [{text: Version, key: version}]}]"


def deploy(until: str = "finished") -> str | None:
    """The program under test."""
    with BuildkiteClient() as buildkite:
        build = buildkite.builds.create("web", commit="HEAD", branch="main")
        return buildkite.builds.wait("web", build.number, until=until).outcome  # type: ignore[arg-type]


# Fixtures and markers -----------------------------------------------------------------------------------------------


def test_a_simulator_is_reached_by_clients_of_the_environment(buildkite_simulator: Simulator) -> None:
    buildkite_simulator.pipeline("web").job("test", exit_status=1, after=3600)
    assert deploy() == "failed"
    buildkite_simulator.assert_calls(["builds.create", "builds.get"])


@pytest.mark.parametrize("time", [1, 2])
def test_each_test_has_a_new_one(buildkite_simulator: Simulator, time: int) -> None:
    assert not buildkite_simulator.requests
    assert not buildkite_simulator.state.pipelines
    assert buildkite_simulator.clock.time() == VirtualClock().time()
    buildkite_simulator.pipeline("web").build()


def test_the_clients_are_those_of_the_simulator(
    buildkite_client: BuildkiteClient, buildkite_simulator: Simulator
) -> None:
    buildkite_simulator.pipeline("web")
    assert [pipeline.slug for pipeline in buildkite_client.pipelines.list()] == ["web"]


@pytest.mark.anyio
@pytest.mark.buildkite_pipeline("web", outcome="canceled")
async def test_an_async_client_works_on_each_event_loop(async_buildkite_client: AsyncBuildkiteClient) -> None:
    build = await async_buildkite_client.builds.create("web", commit="HEAD", branch="main")
    assert (await async_buildkite_client.builds.wait("web", build.number)).outcome == "canceled"


@pytest.mark.buildkite_simulator("initech", user="Grace Hopper", scopes=["read_user"])
def test_a_marker_has_the_arguments_of_the_simulator(buildkite_client: BuildkiteClient) -> None:
    assert buildkite_client.options.organization == "initech"
    assert buildkite_client.user.get().name == "Grace Hopper"


@pytest.mark.buildkite_pipeline("web", outcome="failed")
def test_a_marker_is_enough() -> None:
    assert deploy() == "failed"


@pytest.mark.buildkite_pipeline("web", BLOCKED)
@pytest.mark.buildkite_pipeline("api", outcome="skipped")
class TestOfAClass:
    def test_its_markers_hold_for_its_tests(self, buildkite_simulator: Simulator) -> None:
        assert deploy() == "blocked"
        assert set(buildkite_simulator.state.pipelines) == {"api", "web"}

    @pytest.mark.buildkite_pipeline("web", BLOCKED, outcome="failed")
    def test_that_of_a_test_takes_the_place_of_the_class(self) -> None:
        assert deploy() == "failed"


@pytest.mark.buildkite_pipeline("web")
def test_every_outcome(buildkite_outcome: Outcome) -> None:
    assert deploy("failing" if buildkite_outcome == "failing" else "finished") == buildkite_outcome


@pytest.mark.buildkite_pipeline("web", BLOCKED)
def test_every_outcome_of_a_text(buildkite_outcome: Outcome) -> None:
    assert deploy("failing" if buildkite_outcome == "failing" else "finished") == buildkite_outcome


@pytest.mark.parametrize(
    "expected", [pytest.param("passed", marks=pytest.mark.buildkite_pipeline("web")), pytest.param(None)]
)
def test_the_marker_of_one_parameter_is_its_own(expected: str | None) -> None:
    assert ("BUILDKITE_API_TOKEN" in os.environ) is (expected is not None)


@pytest.fixture
def program() -> BuildkiteClient:
    return BuildkiteClient()


@pytest.mark.buildkite_pipeline("web")
def test_a_fixture_that_makes_a_client_reaches_it(program: BuildkiteClient) -> None:
    with program:
        assert program.pipelines.get("web").slug == "web"


# Server -------------------------------------------------------------------------------------------------------------


def polled(server: BuildkiteServer) -> int:
    """Create a build over HTTP, and return the number of requests until it has passed."""
    api = httpx.Client(
        base_url=f"{server.url}/v2/organizations/acme/pipelines/web",
        headers={"Authorization": f"Bearer {server.simulator.token}"},
    )
    with api:
        number = api.post("/builds", json={"commit": "HEAD", "branch": "main"}).json()["number"]
        for requests in range(1, 100):
            if api.get(f"/builds/{number}").json()["state"] == "passed":
                return requests
    raise AssertionError("it never passed")


def test_the_time_of_a_server_passes_with_the_requests(buildkite_server: BuildkiteServer) -> None:
    buildkite_server.simulator.pipeline("web").job("test", after=60)
    assert [polled(buildkite_server), polled(buildkite_server)] == [13, 13]


@pytest.mark.buildkite_pipeline("web")
@pytest.mark.buildkite_server(seconds_per_request=1.0)
def test_a_marker_has_the_seconds_of_a_request(buildkite_server: BuildkiteServer) -> None:
    assert polled(buildkite_server) == 6
    assert deploy() == "passed"  # a client of this process has the same simulator


@pytest.mark.buildkite_pipeline("web")
def test_pybuildkite_reaches_a_server(buildkite_server: BuildkiteServer) -> None:
    from pybuildkite.buildkite import Buildkite

    other = Buildkite()
    other.base_url = f"{buildkite_server.url}/v2/"
    other.set_access_token(buildkite_server.simulator.token)
    assert [each["slug"] for each in other.pipelines().list_pipelines("acme")] == ["web"]


def test_another_process_reaches_a_server(buildkite_server: BuildkiteServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    program = "from buildkite_ext import BuildkiteClient; print(BuildkiteClient().user.get().name)"
    done = subprocess.run(
        [sys.executable, "-c", program], env=buildkite_server.environment, capture_output=True, text=True, check=True
    )
    assert done.stdout == "Ada Byron\n"


# Runs of pytest -----------------------------------------------------------------------------------------------------

ALONE = ("-pno:anyio", "-pno:hypothesispytest", "-pno:timeout", "-pno:schemathesis")
"""Other plugins, which only take time or import what is imported."""

LIGHT = """
import sys

def test_nothing_was_imported():
    assert "buildkite_ext.pytest_plugin" in sys.modules
    heavy = ("httpx", "httpcore", "msgspec", "anyio", "buildkite_api", "buildkite_ext.simulation", "buildkite_ext.client")
    assert [name for name in heavy if name in sys.modules] == []

def test_nothing_was_set(request):
    assert not [name for name in request.fixturenames if "buildkite" in name]
"""

SPREAD = """
import pytest
from buildkite_ext import BuildkiteClient

@pytest.mark.parametrize("number", range(6))
@pytest.mark.buildkite_pipeline("web", file=".buildkite/pipeline.yml")
def test_each_has_its_own(number, buildkite_client, buildkite_simulator):
    assert not buildkite_simulator.pipeline("web").builds
    assert buildkite_client.builds.create("web", commit="HEAD", branch="main").number == 1

@pytest.mark.buildkite_pipeline("web", file=".buildkite/pipeline.yml")
def test_every(buildkite_outcome):
    with BuildkiteClient() as client:
        build = client.builds.create("web", commit="HEAD", branch="main")
        assert client.builds.wait("web", build.number, until="failing").outcome == buildkite_outcome
"""

WRONG = """
import pytest

@pytest.mark.buildkite_pipeline("web", outcome="pased")
def test_a(): ...
"""


@pytest.fixture
def project(pytester: pytest.Pytester) -> pytest.Pytester:
    """A project with a pipeline."""
    pytester.makeini("[pytest]\n")
    (pytester.path / ".buildkite").mkdir()
    (pytester.path / ".buildkite" / "pipeline.yml").write_text("steps: [{label: Test, command: make test}]\n")
    return pytester


def test_the_plugin_imports_neither_the_client_nor_the_simulator(project: pytest.Pytester) -> None:
    """Neither does any other plugin of the run: those of hypothesis, anyio and schemathesis are switched off."""
    project.makepyfile(LIGHT)
    ended = project.runpytest_subprocess("--strict-markers", *ALONE, "-pno:xdist", "-pno:xdist.looponfail")
    ended.assert_outcomes(passed=2)


def test_it_is_safe_under_xdist_and_tells_each_process_what_is_wrong(project: pytest.Pytester) -> None:
    project.makepyfile(test_spread=SPREAD, test_wrong=WRONG)
    ended = project.runpytest_subprocess("-n2", "--strict-markers", "-rs", *ALONE)
    ended.assert_outcomes(passed=12, skipped=1, errors=1)
    ended.stdout.fnmatch_lines(
        [
            "*test_wrong.py::test_a: @pytest.mark.buildkite_pipeline: outcome='pased': did you mean 'passed'? Give one of *",
            "SKIPPED * no build of 'web' can be blocked: add a block step to the pipeline first",
        ]
    )


@pytest.mark.parametrize(
    ("marker", "said"),
    [
        (
            'buildkite_pipeline("web", outcome="pased")',
            "outcome='pased': did you mean 'passed'? Give one of passed, failed, blocked, canceled,*",
        ),
        ('buildkite_pipeline("web", file="missing.yml")', "file='missing.yml': *missing.yml doesn't exist"),
        ('buildkite_pipeline("web", "steps: []", file="a.yml")', "give steps or file, not both"),
        (
            'buildkite_pipeline("web", outcom="failed")',
            "the marker got an unexpected keyword argument 'outcom'. Did you mean outcome=?",
        ),
        ("buildkite_pipeline()", "the marker lacks 'slug'"),
        ("buildkite_pipeline(1)", "slug=1: give the slug of the pipeline, a text such as 'web'"),
        (
            "buildkite_server(seconds=1)",
            "the marker got an unexpected keyword argument 'seconds'. Did you mean seconds_per_request=?",
        ),
        ("buildkite_server(banana=1)", "the marker got an unexpected keyword argument 'banana'"),
        ('buildkite_cassette(check="yes")', "check='yes': give True or False"),
        (
            "buildkite_cassette(stricter=1)",
            "the marker got an unexpected keyword argument 'stricter'. Did you mean strict=?",
        ),
    ],
)
def test_a_wrong_marker_is_a_wrong_use_of_pytest(project: pytest.Pytester, marker: str, said: str) -> None:
    project.makepyfile(test_it=f"import pytest\n\n@pytest.mark.{marker}\ndef test_a(): ...\n")
    ended = project.runpytest_inprocess()
    assert ended.ret == pytest.ExitCode.USAGE_ERROR
    name = marker.partition("(")[0]
    ended.stderr.fnmatch_lines([f"ERROR: test_it.py::test_a: @pytest.mark.{name}: {said}"])


def test_all_wrong_markers_are_told_at_once(project: pytest.Pytester) -> None:
    project.makepyfile(
        test_it="""
        import pytest

        @pytest.mark.buildkite_pipeline("web", outcome="faild")
        def test_a(): ...

        @pytest.mark.buildkite_pipeline("web", file="missing.yml")
        def test_b(): ...
        """
    )
    ended = project.runpytest_inprocess()
    assert ended.ret == pytest.ExitCode.USAGE_ERROR
    ended.stderr.fnmatch_lines(["*test_a: *'faild': did you mean 'failed'?*", "*test_b: *missing.yml doesn't exist"])


def test_one_outcome_in_all_runs_of_every_outcome_is_a_wrong_use(project: pytest.Pytester) -> None:
    project.makepyfile(
        test_it="""
        import pytest

        @pytest.mark.buildkite_pipeline("web", outcome="failed")
        def test_a(buildkite_outcome): ...
        """
    )
    ended = project.runpytest_inprocess()
    assert ended.ret == pytest.ExitCode.USAGE_ERROR
    ended.stderr.fnmatch_lines(["*test_a*: @pytest.mark.buildkite_pipeline: outcome='failed': with the fixture *"])
    project.makepyfile(
        test_it="""
        import pytest

        @pytest.mark.buildkite_pipeline("api", outcome="failed")
        @pytest.mark.buildkite_pipeline("web")
        def test_a(buildkite_outcome): ...
        """
    )
    project.runpytest_inprocess().assert_outcomes(passed=7)


def test_a_forgotten_pipeline_is_told(project: pytest.Pytester) -> None:
    project.makepyfile(
        test_it="""
        def test_a(buildkite_client):
            buildkite_client.builds.create("web", commit="HEAD", branch="main")

        def test_b(buildkite_client, buildkite_simulator):
            buildkite_simulator.pipeline("web")
            buildkite_client.builds.get("web", 5)
        """
    )
    ended = project.runpytest_inprocess()
    ended.assert_outcomes(failed=2)
    said = "The simulator of this test has no pipeline 'web'. @pytest.mark.buildkite_pipeline('web') adds it, or *"
    ended.stdout.fnmatch_lines(["*test_a*", said])
    assert str(ended.stdout).count("has no pipeline") == 1


@pytest.mark.parametrize(
    ("markers", "said"),
    [
        (
            "@pytest.mark.buildkite_simulator(agent=1)",
            "@pytest.mark.buildkite_simulator: *'agent'. Did you mean agents=?",
        ),
        ('@pytest.mark.buildkite_pipeline("web", "steps: 1")', "@pytest.mark.buildkite_pipeline('web'): steps: *line*"),
        (
            '@pytest.mark.buildkite_pipeline("web", file=".buildkite/pipeline.yml", outcome="blocked")',
            "@pytest.mark.buildkite_pipeline('web'): no build of 'web' can be blocked: add a block step *",
        ),
        ("@pytest.mark.buildkite_cassette", "the cassette *cassettes*test_it*test_a.yaml doesn't exist. Record it, *"),
        ('@pytest.mark.buildkite_cassette(".buildkite/pipeline.yml")', "*isn't a cassette*"),
    ],
)
def test_what_is_only_seen_later_fails_the_test(project: pytest.Pytester, markers: str, said: str) -> None:
    project.makepyfile(test_it=f"import pytest\n\n{markers}\ndef test_a(): ...\n")
    ended = project.runpytest_inprocess()
    ended.assert_outcomes(errors=1)
    ended.stdout.fnmatch_lines(["*ERROR at setup of test_a*", said])


FAILING = """
    import unittest
    import pytest
    from buildkite_ext.simulation import Fault, Simulator

    def test_asked(buildkite_simulator):
        buildkite_simulator.assert_asked("builds.create")

    def test_calls(buildkite_simulator):
        buildkite_simulator.assert_calls(["builds.create"])

    def test_a_wrong_name(buildkite_simulator):
        buildkite_simulator.assert_asked("builds.creat")

    def test_a_wrong_keyword(buildkite_simulator):
        buildkite_simulator.pipeline("web").job("test", exit_code=1)

    def test_a_wrong_value(buildkite_simulator):
        buildkite_simulator.pipeline("web").job("test", exit_status="1")

    def test_a_wrong_fault(buildkite_simulator):
        buildkite_simulator.faults.add(Fault("error", seconds=3))

    def test_a_wrong_simulator():
        Simulator(agent=0)

    @pytest.mark.buildkite_pipeline("web", "steps: [")
    def test_a_wrong_text():
        pass

    @pytest.mark.buildkite_simulator(agent=0)
    def test_a_wrong_argument():
        pass

    class Test(unittest.TestCase):
        def test_asked(self):
            Simulator().assert_asked("builds.create")
"""


def test_a_failure_shows_the_line_of_the_test_and_nothing_of_the_simulator(project: pytest.Pytester) -> None:
    project.makepyfile(test_failing=FAILING)
    result = project.runpytest_subprocess()
    result.assert_outcomes(failed=8, errors=2)
    result.stdout.fnmatch_lines([">*assert_asked(*", "E*AssertionError: builds.create wasn't asked for.*"])
    text = result.stdout.str()
    assert "def assert_asked" not in text
    assert "During handling" not in text
    assert "SimulatedOrganization" not in text
    assert not [line for line in text.splitlines() if "buildkite_ext/" in line and ".py:" in line]


def test_a_failure_of_unittest_shows_the_line_of_the_test(project: pytest.Pytester) -> None:
    project.makepyfile(test_failing=FAILING)
    ended = subprocess.run([sys.executable, "-m", "unittest", "test_failing"], capture_output=True, text=True)
    assert 'Simulator().assert_asked("builds.create")' in ended.stderr
    assert "AssertionError: builds.create wasn't asked for." in ended.stderr
    assert "assertions.py" not in ended.stderr


def test_a_test_has_a_cassette_or_a_simulator(project: pytest.Pytester) -> None:
    project.makepyfile(
        "import pytest\n\n@pytest.mark.buildkite_cassette\n@pytest.mark.buildkite_pipeline('web')\ndef test_a(): ...\n"
    )
    ended = project.runpytest_inprocess()
    ended.stderr.fnmatch_lines(
        ["ERROR: *::test_a: *buildkite_cassette: a test has a cassette or a simulator, not both"]
    )


def test_the_markers_and_the_option_are_described(project: pytest.Pytester) -> None:
    shown = project.runpytest_inprocess("--markers").stdout.str()
    for name in ("buildkite_simulator", "buildkite_pipeline", "buildkite_server", "buildkite_cassette"):
        assert f"@pytest.mark.{name}(" in shown
    assert {"--buildkite-record", "--buildkite-check"} <= set(
        project.runpytest_inprocess("--help").stdout.str().split()
    )


def test_without_the_plugin_nothing_of_it_is_there(project: pytest.Pytester) -> None:
    project.makepyfile("def test_a(buildkite_simulator): ...\n")
    ended = project.runpytest_inprocess("-p", "no:buildkite")
    ended.assert_outcomes(errors=1)
    ended.stdout.fnmatch_lines(["*fixture 'buildkite_simulator' not found"])


# Cassettes ----------------------------------------------------------------------------------------------------------

RECORDED = """
import pytest
from buildkite_ext import BuildkiteClient

@pytest.mark.buildkite_cassette
def test_names(buildkite_client):
    assert [pipeline.slug for pipeline in buildkite_client.pipelines.list()] == ["web"]

class TestBuilds:
    @pytest.mark.parametrize("number", [1, 2])
    @pytest.mark.buildkite_cassette
    def test_state(self, number):
        with BuildkiteClient() as client:
            assert client.builds.wait("web", number).outcome == "passed"

@pytest.mark.anyio
@pytest.mark.buildkite_cassette("shared/user.yaml")
async def test_async(anyio_backend, async_buildkite_client, buildkite_cassette):
    assert buildkite_cassette.name == "user.yaml"
    async with async_buildkite_client as client:
        assert (await client.user.get()).name == "Ada Byron"

@pytest.fixture
def anyio_backend():
    return "asyncio"
"""


@pytest.fixture
def buildkite(monkeypatch: pytest.MonkeyPatch) -> Iterator[Simulator]:
    """What stands for Buildkite, and the environment of somebody who has a token for it."""
    simulator = Simulator("acme", token="bkua_0123456789abcdef")
    simulator.pipeline("web").job("test").history(2)
    with running(simulator) as url:
        monkeypatch.setenv("BUILDKITE_API_TOKEN", simulator.token)
        monkeypatch.setenv("BUILDKITE_ORGANIZATION_SLUG", simulator.organization)
        monkeypatch.setenv("BUILDKITE_REST_API_ENDPOINT", url)
        yield simulator


def test_what_was_recorded_is_answered_without_a_network(
    project: pytest.Pytester, buildkite: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.makepyfile(test_it=RECORDED)
    project.runpytest_inprocess("--buildkite-record").assert_outcomes(passed=4)
    cassettes = sorted(str(path.relative_to(project.path)) for path in project.path.rglob("*.yaml"))
    assert cassettes == [
        "cassettes/test_it/TestBuilds-test_state-1.yaml",
        "cassettes/test_it/TestBuilds-test_state-2.yaml",
        "cassettes/test_it/test_names.yaml",
        "shared/user.yaml",
    ]
    assert not [path for path in project.path.rglob("*.yaml") if buildkite.token in path.read_text()]
    sent = len(buildkite.requests)
    for name in [name for name in os.environ if name.startswith("BUILDKITE_")]:
        monkeypatch.delenv(name)
    project.runpytest_inprocess("--strict-markers").assert_outcomes(passed=4)
    assert len(buildkite.requests) == sent
    assert not [name for name in os.environ if name.startswith("BUILDKITE_")]


RAW = """
import os
import httpx
import pytest

client = httpx.Client()

@pytest.mark.buildkite_cassette
def test_raw():
    url = os.environ["BUILDKITE_REST_API_ENDPOINT"] + "/v2/organizations/acme/pipelines/web"
    headers = {"Authorization": f"Bearer {os.environ['BUILDKITE_API_TOKEN']}"}
    with client:
        assert httpx.get(url, headers=headers).json()["slug"] == client.get(url, headers=headers).json()["slug"] == "web"

@pytest.mark.buildkite_cassette
def test_async():
    async def main():
        async with httpx.AsyncClient() as client:
            url = os.environ["BUILDKITE_REST_API_ENDPOINT"] + "/v2/user"
            headers = {"Authorization": f"Bearer {os.environ['BUILDKITE_API_TOKEN']}"}
            assert (await client.get(url, headers=headers)).status_code == 200
    import asyncio
    asyncio.run(main())
"""


def test_httpx_itself_is_answered_from_a_cassette(project: pytest.Pytester, buildkite: Simulator) -> None:
    project.makepyfile(test_it=RAW)
    project.runpytest_inprocess("--buildkite-record").assert_outcomes(passed=2)
    sent = len(buildkite.requests)
    project.runpytest_inprocess("--buildkite-check").assert_outcomes(passed=2)
    other = RAW.replace("/v2/user", "/v2/organizations").replace(
        'os.environ["BUILDKITE_REST_API_ENDPOINT"] + "/v2/organizations"', '"https://api.buildkite.com/v2/user"'
    )
    project.makepyfile(test_it=other)
    ended = project.runpytest_inprocess()
    ended.assert_outcomes(passed=1, failed=1)
    ended.stdout.fnmatch_lines(["*the cassette doesn't answer GET /v2/user*its host is *not 'api.buildkite.com'*"])
    assert len(buildkite.requests) == sent


def test_a_request_that_was_not_recorded_fails_the_test(project: pytest.Pytester, buildkite: Simulator) -> None:
    project.makepyfile(test_it=RECORDED)
    project.runpytest_inprocess("--buildkite-record", "-k", "names").assert_outcomes(passed=1, deselected=3)
    project.makepyfile(test_it=RECORDED.replace("pipelines.list()", "pipelines.list(name='api')"))
    ended = project.runpytest_inprocess("-k", "names")
    ended.assert_outcomes(failed=1, deselected=3)
    ended.stdout.fnmatch_lines(["*ReplayMiss: the cassette doesn't answer GET *"])


ASKS = """
import pytest
from contextlib import suppress

def ask(client, *names):
    for name in names:
        if name == "user":
            client.user.get()
        elif name == "pipelines":
            client.pipelines.list().all()
        else:
            client.builds.create("web", commit="HEAD", branch=name)

@pytest.mark.buildkite_cassette("a.yaml"{arguments})
def test_a(buildkite_client):
    with suppress({caught}):
        ask(buildkite_client, {names})
"""


def asks(*names: str, arguments: str = "", caught: str = "") -> str:
    """Return a test that asks for some things, possibly in a program that catches all errors."""
    return ASKS.format(names=", ".join(map(repr, names)), arguments=arguments, caught=caught)


@pytest.fixture
def recorded(project: pytest.Pytester, buildkite: Simulator) -> pytest.Pytester:
    """Project with a cassette in which the user, the pipelines and a new build were asked for."""
    project.makepyfile(test_it=asks("user", "pipelines", "main"))
    project.runpytest_inprocess("--buildkite-record").assert_outcomes(passed=1)
    return project


NEVER = "Recorded, never sent: "
PIPELINES = "GET /v2/organizations/acme/pipelines?per_page=100."
BUILDS = "POST /v2/organizations/acme/pipelines/web/builds."


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (("pipelines", "user", "main", "user"), []),
        (("user", "main"), [f"{NEVER}{PIPELINES}"]),
        (("user", "pipelines"), [f"{NEVER}{BUILDS}"]),
        (("user",), [f"{NEVER}{PIPELINES}", f"{NEVER}{BUILDS}"]),
        (("user", "pipelines", "main", "main"), [f"Recorded once, sent 2 times: {BUILDS}"]),
    ],
)
@pytest.mark.parametrize("way", ["option", "marker"])
def test_a_checked_cassette_has_to_be_asked_for_all_that_it_holds(
    recorded: pytest.Pytester, way: str, names: tuple[str, ...], said: list[str]
) -> None:
    recorded.makepyfile(test_it=asks(*names, arguments=", check=True" if way == "marker" else ""))
    options = ["--buildkite-check"] if way == "option" else []
    ended = recorded.runpytest_inprocess(*options)
    ended.assert_outcomes(passed=1, errors=1 if said else 0)
    if said:
        ended.stdout.fnmatch_lines(
            [
                "*ERROR at teardown of test_a*",
                "the requests aren't those of the cassette *a.yaml:",
                *said,
                "If they are right, record it again: pytest --buildkite-record 'test_it.py::test_a'",
            ],
            consecutive=False,
        )
        assert "Traceback" not in ended.stdout.str()


@pytest.mark.parametrize("arguments", ["", ", check=False"])
def test_without_a_check_a_test_may_ask_for_less(recorded: pytest.Pytester, arguments: str) -> None:
    recorded.makepyfile(test_it=asks("user", arguments=arguments))
    recorded.runpytest_inprocess(*(["--buildkite-check"] if arguments else [])).assert_outcomes(passed=1)


def test_a_test_that_fails_or_skips_is_not_checked_too(recorded: pytest.Pytester) -> None:
    recorded.makepyfile(test_it=asks("user") + "    assert False\n")
    recorded.runpytest_inprocess("--buildkite-check").assert_outcomes(failed=1)
    recorded.makepyfile(test_it=asks("user") + "    pytest.skip()\n")
    recorded.runpytest_inprocess("--buildkite-check").assert_outcomes(skipped=1)


@pytest.mark.parametrize("caught", ["Exception", "LookupError"])
@pytest.mark.parametrize("name", ["dev", "user"])
def test_a_miss_that_the_program_catches_fails_the_test_without_a_check_too(
    project: pytest.Pytester, buildkite: Simulator, name: str, caught: str
) -> None:
    project.makepyfile(test_it=asks("main"))
    project.runpytest_inprocess("--buildkite-record").assert_outcomes(passed=1)
    project.makepyfile(test_it=asks(name, caught=caught))
    ended = project.runpytest_inprocess()
    ended.assert_outcomes(passed=1, errors=1)
    asked = 'POST */builds. *the branch in its body is "main", not "dev".' if name == "dev" else "GET /v2/user. *"
    ended.stdout.fnmatch_lines([f"Sent, not recorded: {asked}"])


def test_what_fixtures_ask_for_at_the_end_counts(project: pytest.Pytester, buildkite: Simulator) -> None:
    project.makepyfile(
        test_it=asks("user")
        + """
@pytest.fixture
def ended(buildkite_client):
    yield
    ask(buildkite_client, "pipelines")

@pytest.mark.buildkite_cassette("b.yaml", check=True)
def test_b(ended): ...
"""
    )
    project.runpytest_inprocess("--buildkite-record").assert_outcomes(passed=2)
    project.runpytest_inprocess("--buildkite-check").assert_outcomes(passed=2)


def test_a_test_that_fails_keeps_the_old_cassette(project: pytest.Pytester, buildkite: Simulator) -> None:
    cassette = project.path / "cassettes" / "test_it" / "test_names.yaml"
    project.makepyfile(test_it=RECORDED)
    project.runpytest_inprocess("--buildkite-record", "-k", "names")
    before = cassette.read_bytes()
    project.makepyfile(test_it=RECORDED.replace('== ["web"]', '== ["api"]'))
    project.runpytest_inprocess("--buildkite-record", "-k", "names").assert_outcomes(failed=1, deselected=3)
    assert cassette.read_bytes() == before
    assert [path.name for path in cassette.parent.iterdir()] == ["test_names.yaml"]


@pytest.mark.parametrize(
    "stop", ["raise KeyboardInterrupt", "pytest.exit('enough')", "pytest.skip()", "pytest.xfail()"]
)
def test_a_test_that_does_not_end_keeps_the_old_cassette(
    project: pytest.Pytester, buildkite: Simulator, stop: str
) -> None:
    cassette = project.path / "a.yaml"
    cassette.write_text("old")
    project.makepyfile(
        "import pytest\n\n@pytest.mark.buildkite_cassette('a.yaml')\n"
        f"def test_a(buildkite_client):\n    buildkite_client.user.get()\n    {stop}\n"
    )
    run = project.runpytest_subprocess if "Interrupt" in stop else project.runpytest_inprocess
    run("--buildkite-record", *ALONE)
    assert [request.call for request in buildkite.requests] == ["user.get"]
    assert cassette.read_text() == "old"
    assert not [path for path in project.path.iterdir() if path.name.endswith(".new")]


def test_a_test_that_sends_nothing_has_a_cassette_too(project: pytest.Pytester, buildkite: Simulator) -> None:
    project.makepyfile("import pytest\n\n@pytest.mark.buildkite_cassette('a.yaml')\ndef test_a(): ...\n")
    for options in ([], [], ["-W", "error"]):
        project.runpytest_inprocess("--buildkite-record", *options).assert_outcomes(passed=1)
    project.runpytest_inprocess().assert_outcomes(passed=1)


def test_a_test_that_sends_nothing_keeps_a_cassette_with_requests(
    project: pytest.Pytester, buildkite: Simulator
) -> None:
    (project.path / "a.yaml").write_text("old")
    project.makepyfile("import pytest\n\n@pytest.mark.buildkite_cassette('a.yaml')\ndef test_a(): ...\n")
    ended = project.runpytest_inprocess("--buildkite-record")
    ended.assert_outcomes(passed=1, errors=1)
    ended.stdout.fnmatch_lines(
        ["--buildkite-record: the test has sent no request that can be recorded, so *a.yaml stays *"]
    )
    assert (project.path / "a.yaml").read_text() == "old"


ALIKE = """
import pytest

@pytest.mark.buildkite_cassette
@pytest.mark.parametrize("name", ["a b", "a/b", "a-b", "a" * 90 + "/" + "b" * 90])
def test_name(name, buildkite_client, buildkite_cassette):
    assert buildkite_client.user.get().name == "Ada Byron"
    print(buildkite_cassette)

@pytest.mark.buildkite_cassette("./two.yaml")
def test_one(buildkite_client):
    assert buildkite_client.user.get().name == "Ada Byron"

@pytest.mark.buildkite_cassette("two.yaml")
def test_two(buildkite_client):
    assert [pipeline.slug for pipeline in buildkite_client.pipelines.list()] == ["web"]
"""


def test_no_test_replaces_the_cassette_of_another(project: pytest.Pytester, buildkite: Simulator) -> None:
    project.makepyfile(test_it=ALIKE)
    ended = project.runpytest_inprocess("--buildkite-record")
    ended.assert_outcomes(passed=5, errors=1)
    ended.stdout.fnmatch_lines(
        ["test_it.py::test_two: @pytest.mark.buildkite_cassette: test_it.py::test_one records *two.yaml, too, *"]
    )
    assert len(list(project.path.rglob("*.yaml"))) == 5
    project.runpytest_inprocess("-k", "not two").assert_outcomes(passed=5, deselected=1)
    project.runpytest_inprocess("--buildkite-record", "-k", "two").assert_outcomes(passed=1, deselected=5)


def test_a_known_secret_is_not_recorded(project: pytest.Pytester, buildkite: Simulator) -> None:
    buildkite.answer_next(operation="user.get", body={"id": "1", "name": "Ada Byron", "note": "hunter2"})
    project.makepyfile(
        "import pytest\n\n@pytest.mark.buildkite_cassette('a.yaml', secrets=['hunter2'])\n"
        "def test_a(buildkite_client):\n    assert buildkite_client.user.get().name == 'Ada Byron'\n"
    )
    project.runpytest_inprocess("--buildkite-record").assert_outcomes(passed=1)
    recorded = str(yaml.safe_load((project.path / "a.yaml").read_text()))
    assert "Ada Byron" in recorded
    assert "hunter2" not in recorded


def test_recording_needs_a_token(project: pytest.Pytester) -> None:
    project.makepyfile("import pytest\n\n@pytest.mark.buildkite_cassette\ndef test_a(): ...\n")
    ended = project.runpytest_inprocess("--buildkite-record")
    ended.assert_outcomes(errors=1)
    ended.stdout.fnmatch_lines(["--buildkite-record sends requests to Buildkite: set $BUILDKITE_API_TOKEN to a token"])
