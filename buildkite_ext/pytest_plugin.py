"""pytest plugin: fixtures, markers and an option for tests of code that drives Buildkite.

pytest loads this module in each run on a machine where buildkite-ext is installed. So it imports neither the client nor the
simulator: a fixture does, when a test asks for it.
"""

from __future__ import annotations

import inspect
import os
import re
import warnings
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn, TypeVar, cast, get_args
from urllib.parse import unquote

import pytest

from .states import Outcome

if TYPE_CHECKING:
    import httpx

    from .client import AsyncBuildkiteClient, BuildkiteClient
    from .clock import VirtualClock
    from .simulation import Replayer, Simulator

__all__ = [
    "BuildkiteServer",
    "async_buildkite_client",
    "buildkite_cassette",
    "buildkite_client",
    "buildkite_outcome",
    "buildkite_server",
    "buildkite_simulator",
    "pytest_addoption",
    "pytest_collection_modifyitems",
    "pytest_configure",
    "pytest_itemcollected",
    "pytest_runtest_makereport",
    "pytest_runtest_setup",
]

T = TypeVar("T")

_OUTCOMES: tuple[Outcome, ...] = get_args(Outcome)

_MARKERS = (
    "buildkite_simulator(organization='acme', **options): arguments of the Simulator that the test gets.",
    (
        "buildkite_pipeline(slug, steps=None, *, file=None, outcome=None): a pipeline of the simulator, by the text of its "
        "pipeline.yml or a file below the root of the tests, and the outcome of its builds."
    ),
    "buildkite_server(*, seconds_per_request=5.0, real_time=False): how time passes for the fixture buildkite_server.",
    (
        "buildkite_cassette(path=None, *, strict=True, check=None, keep_env=(), keep_meta_data=(), emails=False, "
        "secrets=()): the test's requests are answered from a cassette, or recorded into it with --buildkite-record. With "
        "check=True or --buildkite-check, all that it holds has to be asked for."
    ),
)

_RECORD = "--buildkite-record"
_CHECK = "--buildkite-check"

_LONGEST_NAME = 150
"""Characters of a cassette's name. File systems allow 255, and fewer on some."""

_misuse = pytest.StashKey[str]()
"""Message about wrong markers of a test."""

_simulator = pytest.StashKey["Simulator"]()
"""Simulator of a test."""

_PIPELINE = re.compile(r"^/v2/organizations/[^/]+/pipelines/([^/?]+)")

_passed = pytest.StashKey[bool]()
"""True if the function of a test has passed. Its fixtures may still fail at their end."""


# Markers ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Pipeline:
    """Arguments of the marker `buildkite_pipeline`."""

    slug: str
    steps: str | None = None
    file: str | os.PathLike[str] | None = None
    outcome: Outcome | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.slug, str) or not self.slug:
            raise ValueError(f"slug={self.slug!r}: give the slug of the pipeline, a text such as 'web'")
        if self.steps is not None and not isinstance(self.steps, str):
            raise ValueError("steps: give the text of a pipeline.yml")
        if self.steps is not None and self.file is not None:
            raise ValueError("give steps or file, not both")
        if self.outcome is not None and self.outcome not in _OUTCOMES:
            from .unknown_names import nearest

            near = nearest(str(self.outcome), _OUTCOMES)
            hint = f"did you mean {near!r}? Give" if near else "give"
            raise ValueError(f"outcome={self.outcome!r}: {hint} one of {', '.join(_OUTCOMES)}")

    def path(self, root: Path) -> Path | None:
        """Return the path of its file.

        Raises:
            ValueError: there is none.
        """
        if self.file is None:
            return None
        path = root / self.file
        if not path.is_file():
            raise ValueError(f"file={str(self.file)!r}: {path} doesn't exist")
        return path


@dataclass(frozen=True)
class _Server:
    """Arguments of the marker `buildkite_server`."""

    seconds_per_request: float = 5.0
    real_time: bool = False


@dataclass(frozen=True)
class _Cassette:
    """Arguments of the marker `buildkite_cassette`."""

    path: str | os.PathLike[str] | None = None
    strict: bool = True
    check: bool | None = None
    keep_env: Sequence[str] = ()
    keep_meta_data: Sequence[str] = ()
    emails: bool = False
    secrets: Sequence[str] = ()

    def __post_init__(self) -> None:
        if self.check not in (None, True, False):
            raise ValueError(f"check={self.check!r}: give True or False")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options `--buildkite-record` and `--buildkite-check`."""
    group = parser.getgroup("buildkite", "Buildkite")
    group.addoption(
        _RECORD,
        action="store_true",
        help="send the requests of tests with the marker buildkite_cassette to Buildkite, and record them",
    )
    group.addoption(
        _CHECK,
        action="store_true",
        help="fail tests with the marker buildkite_cassette that don't ask for all that their cassettes hold",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Register the markers."""
    for marker in _MARKERS:
        config.addinivalue_line("markers", marker)


def pytest_itemcollected(item: pytest.Item) -> None:
    """Check a test's markers, and let it have the fixture that they stand for."""
    try:
        _checked(item)
    except pytest.UsageError as error:
        item.stash[_misuse] = str(error)


@pytest.hookimpl(wrapper=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> Generator[None, object, object]:
    """Refuse wrong markers. While cassettes are recorded, let only one test have a cassette: a second would replace it.

    Raises:
        pytest.UsageError: markers are wrong. The message has them all, with the names of their tests. A process of pytest-xdist
            can't tell it to its user, so that there the tests fail with it.
    """
    wrong = [said for item in items if (said := item.stash.get(_misuse, None)) is not None]
    if wrong and not hasattr(config, "workerinput"):
        raise pytest.UsageError("\n".join(wrong))
    result = yield
    first: dict[Path, str] = {}
    for item in items if config.getoption(_RECORD) else ():
        mark = item.get_closest_marker("buildkite_cassette")
        if mark is None or item.stash.get(_misuse, None) is not None:
            continue
        path = _cassette_path(item, _parsed(item, mark, _Cassette))
        other = first.setdefault(path, item.nodeid)
        if other != item.nodeid:
            item.stash[_misuse] = (
                f"{item.nodeid}: @pytest.mark.buildkite_cassette: {other} records {path}, too, and one would replace the "
                "other: give each test a cassette of its own"
            )
    return result


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Fail a test whose markers are wrong."""
    error = item.stash.get(_misuse, None)
    if error is not None:
        _fail(error)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Note whether a test has passed. What another one recorded is thrown away: Ctrl-C ends it without a report."""
    report = yield
    if call.when in ("setup", "call"):
        item.stash[_passed] = call.when == "call" and report.passed
    if call.when == "call" and report.failed and (simulator := item.stash.get(_simulator, None)) is not None:
        lacking = _lacking(simulator)
        if lacking:
            report.sections.append(("buildkite_simulator", "\n".join(map(_advice, lacking))))
    return report


def _lacking(simulator: Simulator) -> list[str]:
    """Return the slugs of pipelines that requests were refused for, since the simulator has none of them."""
    refused = [_PIPELINE.search(request.path) for request in simulator.requests if request.status == 404]
    slugs = dict.fromkeys(unquote(found[1]) for found in refused if found is not None)
    return [slug for slug in slugs if slug not in simulator.state.pipelines]


def _advice(slug: str) -> str:
    return (
        f"The simulator of this test has no pipeline {slug!r}. @pytest.mark.buildkite_pipeline({slug!r}) adds it, or "
        f"buildkite_simulator.pipeline({slug!r}).job('test')."
    )


def _checked(item: pytest.Item) -> None:
    pipelines = [_parsed(item, mark, _Pipeline) for mark in item.iter_markers("buildkite_pipeline")]
    for mark in item.iter_markers("buildkite_server"):
        _parsed(item, mark, _Server)
    for pipeline in pipelines:
        try:
            pipeline.path(item.config.rootpath)
        except ValueError as error:
            raise _misused(item, "buildkite_pipeline", error) from None
    simulated = bool(pipelines) or item.get_closest_marker("buildkite_simulator") is not None
    chosen = {each.slug: each.outcome for each in reversed(pipelines)}
    if chosen and None not in chosen.values() and "buildkite_outcome" in getattr(item, "fixturenames", ()):
        raise _misused(
            item,
            "buildkite_pipeline",
            f"outcome={next(iter(chosen.values()))!r}: with the fixture buildkite_outcome, all runs of the test would be the "
            "same. Leave outcome= out of the pipeline whose builds end in each way",
        )
    cassette = item.get_closest_marker("buildkite_cassette")
    if cassette is not None:
        _parsed(item, cassette, _Cassette)
        if simulated:
            raise _misused(item, cassette.name, "a test has a cassette or a simulator, not both")
        _use(item, "buildkite_cassette")
    elif simulated:
        _use(item, "buildkite_simulator")


def _parsed(item: pytest.Item, mark: pytest.Mark, kind: Callable[..., T]) -> T:
    try:
        return kind(*mark.args, **mark.kwargs)
    except (TypeError, ValueError) as caught:
        error = caught
        if isinstance(caught, TypeError):
            from .unknown_keywords import unknown_keyword

            error = unknown_keyword(caught, inspect.signature(kind), mark.kwargs) or caught
        said = str(error).replace(f"{kind.__name__}.__init__()", "the marker")
        said = re.sub(r"missing \d+ required positional arguments?:", "lacks", said)
        raise _misused(item, mark.name, said) from None


def _fail(message: str) -> NoReturn:
    """Fail a test with a message alone, without a traceback and without the error that is being handled."""
    raise pytest.fail.Exception(message, pytrace=False) from None


def _misused(item: pytest.Item, marker: str, error: object) -> pytest.UsageError:
    return pytest.UsageError(f"{item.nodeid}: @pytest.mark.{marker}: {error}")


def _use(item: pytest.Item, fixture: str) -> None:
    """Let a test have a fixture that it doesn't name: after those that each test has, before those that it names."""
    names: list[str] = getattr(item, "fixturenames", [])
    if fixture in names or not isinstance(item, pytest.Function):
        return
    info = item._fixtureinfo  # pytest has no public way to it
    named = [
        index
        for index, name in enumerate(names)
        if name in info.argnames and all(each.scope == "function" for each in info.name2fixturedefs.get(name, ())[-1:])
    ]
    place = named[0] if named else len(names)
    item.fixturenames = [
        *names[:place],
        fixture,
        *names[place:],
    ]  # a new list: the test's other parameters share the old


# Simulator ----------------------------------------------------------------------------------------------------------


@pytest.fixture(params=_OUTCOMES)
def buildkite_outcome(request: pytest.FixtureRequest) -> Outcome:
    """Outcome of the builds of the test's pipelines: the test runs once with each outcome that builds can have.

    It holds for the pipelines of markers without an `outcome=`. Where the steps of such a pipeline can't bring it about, the
    test is skipped. For another pipeline: `simulator.pipeline("web").job("test").ends(buildkite_outcome)`.
    """
    return cast("Outcome", request.param)


@pytest.fixture
def buildkite_simulator(request: pytest.FixtureRequest) -> Iterator[Simulator]:
    """Simulator of the test, to which the clients lead that the code under test makes from the environment."""
    from .simulation import Simulator

    mark = request.node.get_closest_marker("buildkite_simulator")
    try:
        simulator = Simulator() if mark is None else Simulator(*mark.args, **mark.kwargs)
    except (TypeError, ValueError) as error:
        _fail(f"@pytest.mark.buildkite_simulator: {error}")
    every: Outcome | None = None
    if "buildkite_outcome" in request.fixturenames:
        every = request.getfixturevalue("buildkite_outcome")
    request.node.stash[_simulator] = simulator
    marks = [_Pipeline(*mark.args, **mark.kwargs) for mark in request.node.iter_markers("buildkite_pipeline")]
    for pipeline in {each.slug: each for each in reversed(marks)}.values():
        _add_pipeline(simulator, pipeline, every, request.config.rootpath)
    with simulator.connected():
        yield simulator


def _add_pipeline(simulator: Simulator, marked: _Pipeline, every: Outcome | None, root: Path) -> None:
    outcome = marked.outcome or every
    path = marked.path(root)
    text = marked.steps if path is None else path.read_text(encoding="utf-8")
    try:
        pipeline = simulator.pipeline(marked.slug)
        if text is not None:
            pipeline.configure(text)
        else:
            pipeline.job("test")
            if outcome == "blocked":
                pipeline.block("Continue?")
    except (ImportError, TypeError, ValueError) as error:
        _fail(f"@pytest.mark.buildkite_pipeline({marked.slug!r}): {path or 'steps'}: {error}")
    if outcome is None:
        return
    try:
        pipeline.ends(outcome)
    except ValueError as error:
        if marked.outcome is None:
            pytest.skip(str(error))
        _fail(f"@pytest.mark.buildkite_pipeline({marked.slug!r}): {error}")


@pytest.fixture
def buildkite_client(request: pytest.FixtureRequest) -> Iterator[BuildkiteClient]:
    """Client of the test's simulator, or of its cassette."""
    from .client import BuildkiteClient

    request.getfixturevalue(_answering(request))
    with BuildkiteClient() as client:
        yield client


@pytest.fixture
def async_buildkite_client(request: pytest.FixtureRequest) -> AsyncBuildkiteClient:
    """Async client of the test's simulator, or of its cassette, for asyncio and trio. It needs no closing.

    The fixture isn't async, so that it works with each plugin for async tests.
    """
    from .client import AsyncBuildkiteClient

    request.getfixturevalue(_answering(request))
    return AsyncBuildkiteClient()


def _answering(request: pytest.FixtureRequest) -> str:
    marked = request.node.get_closest_marker("buildkite_cassette") is not None
    return "buildkite_cassette" if marked else "buildkite_simulator"


@dataclass(frozen=True)
class BuildkiteServer:
    """Simulator that is served over HTTP, for clients of other libraries and for other processes.

    Attributes:
        simulator: the simulator.
        url: the root of its API.
    """

    simulator: Simulator
    url: str

    @property
    def environment(self) -> dict[str, str]:
        """Environment of this process with the variables that clients read, for processes that the test starts."""
        return dict(os.environ)


@pytest.fixture
def buildkite_server(request: pytest.FixtureRequest, buildkite_simulator: Simulator) -> Iterator[BuildkiteServer]:
    """HTTP server of the test's simulator. Five seconds of its clock pass with each request, and no real time."""
    from .simulation.clients import environment
    from .simulation.server import running

    mark = request.node.get_closest_marker("buildkite_server")
    time = _Server() if mark is None else _Server(*mark.args, **mark.kwargs)
    with ExitStack() as stack:
        try:
            url = stack.enter_context(
                running(buildkite_simulator, real_time=time.real_time, seconds_per_request=time.seconds_per_request)
            )
        except (ImportError, TypeError, ValueError) as error:
            _fail(str(error))
        direct = ",".join(filter(None, (os.environ.get("NO_PROXY"), "127.0.0.1,localhost")))
        stack.enter_context(environment({"NO_PROXY": direct, "no_proxy": direct}))
        yield BuildkiteServer(buildkite_simulator, str(url))


# Cassettes ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def buildkite_cassette(request: pytest.FixtureRequest) -> Iterator[Path]:
    """Path of the test's cassette, from which the clients of the test are answered.

    With `--buildkite-record` their requests go to Buildkite instead, with the token of the environment, and are recorded. The
    cassette is replaced if the test passes.

    A request that the cassette doesn't answer fails the test, also if the program catches the error. That a test asks for all
    that the cassette holds is checked with `check=True` or `--buildkite-check`.
    """
    mark = request.node.get_closest_marker("buildkite_cassette")
    cassette = _Cassette() if mark is None else _Cassette(*mark.args, **mark.kwargs)
    path = _cassette_path(request.node, cassette)
    if request.config.getoption(_RECORD):
        yield from _recorded(request.node, cassette, path)
    else:
        check = bool(request.config.getoption(_CHECK)) if cassette.check is None else cassette.check
        yield from _replayed(request.node, cassette, path, check=check)


def _cassette_path(item: pytest.Item, cassette: _Cassette) -> Path:
    """Return the path of a test's cassette. A name that isn't the test's own has a digest: `[a/b]` and `[a-b]` are two tests."""
    folder = item.path.parent
    if cassette.path is not None:
        return Path(os.path.normpath(folder / cassette.path))
    test = item.nodeid.split("::", 1)[-1]
    name = re.sub(r"[^A-Za-z0-9_.-]+", "-", test).strip("-")[:_LONGEST_NAME]
    if name != re.sub(r"::|\[", "-", test.removesuffix("]"))[:_LONGEST_NAME] or len(test) > _LONGEST_NAME:
        name += f"-{sha256(test.encode(errors='surrogatepass')).hexdigest()[:8]}"
    return folder / "cassettes" / item.path.stem / f"{name}.yaml"


def _recorded(node: pytest.Item, cassette: _Cassette, path: Path) -> Iterator[Path]:
    from .options import TOKEN_VARIABLES
    from .simulation import Recorder

    if not any(os.environ.get(name) for name in TOKEN_VARIABLES):
        _fail(f"{_RECORD} sends requests to Buildkite: set ${TOKEN_VARIABLES[0]} to a token")
    new = path.with_name(f"{path.name}.new")
    try:
        recorder = Recorder(
            new,
            keep_env=cassette.keep_env,
            keep_meta_data=cassette.keep_meta_data,
            emails=cassette.emails,
            secrets=cassette.secrets,
        )
    except (TypeError, ValueError) as error:
        _fail(f"{_RECORD}: {error}")
    stack = ExitStack()
    stack.enter_context(recorder)
    try:
        try:
            yield path
        finally:
            with warnings.catch_warnings():
                warnings.filterwarnings("ignore", "Nothing was recorded")
                stack.close()
        if node.stash.get(_passed, False):
            if not new.exists():
                _keep_or_empty(path)
            else:
                new.replace(path)
    finally:
        new.unlink(missing_ok=True)


def _keep_or_empty(path: Path) -> None:
    """Write the cassette of a test that has sent nothing, unless there is one with requests, which the test fails to send."""
    from .simulation.cassettes.recorder import EMPTY

    if path.exists() and path.read_text(encoding="utf-8") != EMPTY:
        _fail(
            f"{_RECORD}: the test has sent no request that can be recorded, so the cassette {path} stays as it is. "
            "If that is right, delete it"
        )
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(EMPTY, encoding="utf-8")


def _replayed(node: pytest.Item, cassette: _Cassette, path: Path, *, check: bool) -> Iterator[Path]:
    from ._in_process import answer_in_process
    from .clock import VirtualClock
    from .options import DEFAULT_BASE_URL, TOKEN_VARIABLES, client_variables, normalize_base_url
    from .simulation import Replayer
    from .simulation.cassettes.replayed_httpx import replayed_httpx
    from .simulation.cassettes.replayer import organization_of
    from .simulation.clients import environment

    if not path.is_file():
        pytest.fail(
            f"the cassette {path} doesn't exist. Record it, with a token in the environment: pytest {_RECORD} '{node.nodeid}'",
            pytrace=False,
        )
    try:
        replayer = Replayer(path, strict=cassette.strict)
    except (TypeError, ValueError) as error:
        _fail(f"@pytest.mark.buildkite_cassette: {error}")
    recorded = replayer.interactions
    url = next((each.url.partition("/v2/")[0] for each in recorded if "/v2/" in each.url), DEFAULT_BASE_URL)
    variables = client_variables("bkua_replayed", url, organization_of(recorded))
    with (
        environment({**dict.fromkeys(TOKEN_VARIABLES), **variables}),
        answer_in_process(normalize_base_url(url), _Replay(replayer, VirtualClock())),
        replayed_httpx(replayer, url),
    ):
        yield path
    wrong = replayer.differences if check else replayer.missed
    if node.stash.get(_passed, False) and wrong:
        again = f"If they are right, record it again: pytest {_RECORD} '{node.nodeid}'"
        _fail("\n".join([f"the requests aren't those of the cassette {path}:", *wrong, again]))


@dataclass(frozen=True)
class _Replay:
    """Cassette that answers the clients of this process. Their pauses take no real time."""

    replayer: Replayer
    clock: VirtualClock
    _is_served: bool = False

    def transport(self) -> httpx.BaseTransport:
        """Return a transport for a blocking client."""
        return self.replayer.transport()

    def async_transport(self) -> httpx.AsyncBaseTransport:
        """Return a transport for an async client."""
        return self.replayer.async_transport()
