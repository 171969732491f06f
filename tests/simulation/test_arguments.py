"""Arguments of the simulator: one that can't be used is refused at once, and the message names it and says what to write."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from buildkite_ext import ConfigurationError, simulation
from buildkite_ext.simulation import Fault, SimulatedPipeline, Simulator, Timing
from buildkite_ext.simulation.demo import demo_organization
from buildkite_ext.simulation.seeding import SimulatedRegistry, SimulatedRun, SimulatedSuite
from buildkite_ext.simulation.server import running, serve

from .helpers import WEB, create, job_path

PIPELINE = ("job", "wait", "block", "trigger", "history", "build", "configure", "script", "on_upload", "ends")
SIMULATOR = ("pipeline", "agent", "queue", "add_token", "on_change", "fail_next", "answer_next", "drop_next", "move_to")
NEEDED = {
    "job": {"name": "test"},
    "block": {"label": "Go"},
    "trigger": {"pipeline": "api"},
    "history": {"count": 1},
    "configure": {"text": "steps: []"},
    "script": {"steps": "test"},
    "on_upload": {"steps": "test", "text": "- wait"},
    "ends": {"outcome": "passed"},
    "pipeline": {"slug": "web"},
    "agent": {"name": "a"},
    "queue": {"key": "q"},
    "add_token": {"token": "t"},
    "on_change": {"listener": print},
    "move_to": {"base_url": "http://a.test", "artifacts_url": "http://b.test"},
}
"""Arguments that a call needs, with values that can be used."""


def parameters() -> Iterator[tuple[str, inspect.Parameter]]:
    functions: dict[str, Callable[..., object]] = {name: getattr(SimulatedPipeline, name) for name in PIPELINE}
    functions |= {name: getattr(Simulator, name) for name in SIMULATOR}
    functions |= {"Simulator": Simulator, "Timing": Timing}
    for name, function in functions.items():
        for parameter in inspect.signature(function).parameters.values():
            if parameter.name != "self":
                yield name, parameter


ALL = list(parameters())
WITHOUT_NONE = [(name, each) for name, each in ALL if each.default is not None]


def call(name: str, /, **arguments: Any) -> object:
    """Call a function of a new simulator, or a constructor, and prove that a refusal has changed nothing."""
    arguments = {**NEEDED.get(name, {}), **arguments}
    if name in ("Simulator", "Timing"):
        return {"Simulator": Simulator, "Timing": Timing}[name](**arguments)
    simulator = Simulator()
    simulator.pipeline("api").job("test")
    web = simulator.pipeline("refusing")
    before = str(simulator.state)
    try:
        return getattr(web if name in PIPELINE else simulator, name)(**arguments)
    except (TypeError, ValueError):
        assert str(simulator.state) == before
        assert (web.state.steps, web.builds) == ([], [])
        with simulator.client() as buildkite:
            assert buildkite.user.get().name == "Ada Byron"
        raise


def test_every_argument_is_known_here() -> None:
    assert len(ALL) > 80
    for name in (*PIPELINE, *SIMULATOR):
        if name not in ("on_change", "move_to", "queue", "answer_next"):
            call(name, **({"operation": "builds.get"} if name.endswith("_next") else {}))


@pytest.mark.parametrize(("name", "parameter"), ALL, ids=[f"{name}-{each.name}" for name, each in ALL])
def test_an_object_of_no_use_is_a_type_error_that_names_the_argument(name: str, parameter: inspect.Parameter) -> None:
    with pytest.raises(TypeError, match=rf"^{parameter.name}\b.*(: give |only measures)"):
        call(name, **{parameter.name: object()})


@pytest.mark.parametrize(
    ("name", "parameter"), WITHOUT_NONE, ids=[f"{name}-{each.name}" for name, each in WITHOUT_NONE]
)
def test_none_is_a_type_error_where_it_stands_for_nothing(name: str, parameter: inspect.Parameter) -> None:
    with pytest.raises(TypeError, match=rf"^{parameter.name} is None: give "):
        call(name, **{parameter.name: None})


@pytest.mark.parametrize(
    ("name", "arguments", "said"),
    [
        ("job", {"artifacts": {"r.json": {"ok": 1}}}, "artifacts['r.json'] is a dict: give the content of the file"),
        ("job", {"artifacts": {"r.json": None}}, "such as json.dumps(...)"),
        ("job", {"artifacts": {"r.json": 5}}, "artifacts['r.json'] is an int"),
        ("job", {"artifacts": {5: b""}}, "artifacts has a key that is an int: give the path"),
        ("job", {"artifacts": ["r.json"]}, "artifacts is a list: give a map of contents by path"),
        ("job", {"log": ["a", "b"]}, "log[0] is a str, not a piece (seconds, text): give log a text with line breaks"),
        ("job", {"log": [(1, "a"), "b"]}, "log[1] is a str"),
        ("job", {"log": [("a", 1)]}, "log[0][0] is a str: give seconds"),
        ("job", {"log": [(1, 2)]}, "log[0][1] is an int: give the text of the piece"),
        ("job", {"log": {"a": "b"}}, "log is a dict"),
        ("job", {"branches": ["main"]}, "branches is a list: give one text of patterns"),
        ("job", {"branches": ("main", "dev")}, "branches is a tuple"),
        ("pipeline", {"branch_configuration": ["main"]}, "branch_configuration is a list: give one text"),
        ("job", {"after": None}, "after is None: give seconds, as a number"),
        ("job", {"after": "5"}, "after is a str: give seconds"),
        ("job", {"timeout": True}, "timeout is a bool: give seconds"),
        ("job", {"exit_status": "1"}, "exit_status is a str: give a whole number, such as 1, or a list"),
        ("job", {"exit_status": [1, "0"]}, "exit_status has a str in it"),
        ("job", {"exit_status": True}, "exit_status has a bool in it"),
        ("job", {"exit_status": 1.0}, "exit_status is a float"),
        ("job", {"soft_fail": 1}, "soft_fail is an int: give True, False, or a list of exit statuses"),
        ("job", {"soft_fail": "*"}, "soft_fail is a str"),
        ("job", {"soft_fail": [True]}, "soft_fail has a bool in it"),
        ("job", {"skip": "not today"}, "skip is a str: give True or False"),
        ("job", {"env": {"RETRIES": 3}}, "env['RETRIES'] is an int: give a text, such as '3'"),
        ("job", {"env": {3: "RETRIES"}}, "env has a key that is an int"),
        ("job", {"env": ["A=1"]}, "env is a list: give a map of texts"),
        ("job", {"parallelism": 2.0}, "parallelism is a float: give a whole number, or None"),
        ("script", {"promise": 5}, "promise is an int: give seconds and an exit status, such as (5, 1)"),
        ("script", {"promise": ("5", 1)}, "promise[0] is a str: give seconds"),
        ("script", {"interrupted": (1, 0, 0)}, "interrupted is a tuple: give seconds and an exit status"),
        ("script", {"interrupted": (1, True)}, "interrupted[1] is a bool: give a whole number"),
        ("on_upload", {"text": ["- wait"]}, "text is a list: give the YAML text of the steps, or a function"),
        ("block", {"fields": "version"}, "fields is a str: give a list of keys, such as ['version']"),
        ("block", {"fields": {"key": "version"}}, "fields is a dict: give a list of keys"),
        ("block", {"fields": [["version"]]}, "fields[0] is a list: give the key of the field"),
        ("block", {"fields": [{"key": "v", "required": "no"}]}, "fields[0]['required'] is a str: give True or False"),
        ("trigger", {"pipeline": Simulator().pipeline("api")}, "pipeline is a SimulatedPipeline: give the slug"),
        ("build", {"meta_data": {"release": 1.5}}, "meta_data['release'] is a float: give a text, such as '1.5'"),
        ("build", {"source": 5}, "source is an int: give a text, the name of a source"),
        ("history", {"count": "5"}, "count is a str: give a whole number"),
        ("history", {"count": 1.5}, "count is a float"),
        ("history", {"branch": ["main", None]}, "branch[1] is None"),
        ("history", {"outcomes": ["passed"]}, "outcomes is a list: give a map of shares"),
        ("history", {"outcomes": {"passed": "1"}}, "outcomes['passed'] is a str: give the share"),
        ("history", {"retried": "0.5"}, "retried is a str: give a share from 0 to 1"),
        ("fail_next", {"status": "503"}, "status is a str: give a whole number"),
        ("fail_next", {"headers": {"Retry-After": 3}}, "headers['Retry-After'] is an int: give a text, such as '3'"),
        ("fail_next", {"body": {"at": object()}}, "body is a dict that can't be sent as JSON"),
        ("fail_next", {"operation": ["builds.get"]}, "operation is a list: give a text, the name of an operation"),
        ("add_token", {"scopes": "read_builds"}, "scopes='read_builds' is one string: give a set of scopes"),
        ("add_token", {"scopes": [5]}, "scopes is an int: give a text, the name of a scope"),
        ("add_token", {"expires_in": "60"}, "expires_in is a str: give seconds, as a number, or None"),
        ("Simulator", {"agents": "3"}, "agents is a str: give a whole number, or None"),
        ("Simulator", {"timing": {"pickup": 0}}, "timing is a dict: give a Timing, such as Timing(pickup=0)"),
        ("Simulator", {"timing": Timing}, "timing is"),
        ("Simulator", {"seed": "a"}, "seed is a str: give a whole number"),
        ("Timing", {"pickup": "1"}, "pickup is a str: give seconds, as a number"),
        ("Timing", {"expiry": "never"}, "expiry is a str: give seconds, as a number, or None"),
    ],
)
def test_a_wrong_type_is_refused_at_once(name: str, arguments: dict[str, Any], said: str) -> None:
    with pytest.raises(TypeError, match=re.escape(said)):
        call(name, **arguments)


@pytest.mark.parametrize(
    ("name", "arguments", "said"),
    [
        ("job", {"after": -1}, "after=-1: give a finite number, at least 0"),
        ("job", {"after": float("nan")}, "after=nan"),
        ("job", {"after": 10**400}, "after=an int of 1329 bits"),
        ("job", {"timeout": float("inf")}, "timeout=inf"),
        ("job", {"parallelism": 0}, "parallelism=0: give a whole number, at least 1"),
        ("job", {"automatic_retries": -1}, "automatic_retries=-1"),
        ("job", {"exit_status": []}, "exit_status is an empty sequence"),
        ("job", {"exit_status": 256}, "exit_status=256: give an exit status from 0 to 255, or -1 for a lost agent"),
        ("job", {"exit_status": [0, -2]}, r"exit_status[1]=-2: give an exit status"),
        ("job", {"exit_status": 2**300}, "exit_status=an int of 301 bits: give an exit status"),
        ("job", {"soft_fail": [1, 256]}, r"soft_fail[1]=256: give an exit status"),
        ("script", {"exit_status": -2}, "exit_status=-2: give an exit status from 0 to 255, or -1 for a lost agent"),
        ("script", {"promise": (5, 0)}, "promise[1]=0: give an exit status from 1 to 255"),
        ("script", {"promise": (1, 300)}, "promise[1]=300: give an exit status from 1 to 255"),
        ("script", {"interrupted": (1, -1)}, "interrupted[1]=-1: give an exit status from 0 to 255"),
        ("job", {"queue": ""}, "queue is empty"),
        ("job", {"log": "\ud800"}, "log has a lone surrogate at position 0"),
        ("job", {"log": [(-1, "a")]}, "log[0][0]=-1: give a finite number"),
        ("job", {"artifacts": {"": b""}}, "artifacts has an empty path"),
        ("job", {"artifacts": {"a": "b\ud800"}}, "artifacts['a'] has a lone surrogate at position 1"),
        ("block", {"fields": [{"text": "Version"}]}, "fields[0]: a field of a block step needs a key"),
        ("block", {"fields": [""]}, "fields[0]: a field of a block step needs a key"),
        ("block", {"blocked_state": "blocked"}, "blocked_state='blocked': there is no such state"),
        ("trigger", {"pipeline": ""}, "pipeline is empty"),
        ("history", {"count": -1}, "count=-1: give a whole number, at least 0"),
        ("history", {"every": -1}, "every=-1"),
        ("history", {"count": 3, "every": 1e12}, "the history would be 2e+12 s long, and begin before 1970"),
        ("history", {"retried": float("nan")}, "retried=nan"),
        ("pipeline", {"slug": ""}, "slug is empty: give a text of at least one character"),
        ("pipeline", {"default_branch": ""}, "default_branch is empty"),
        ("agent", {"name": ""}, "name is empty"),
        ("agent", {"queue": ""}, "queue is empty"),
        ("add_token", {"token": ""}, "token is empty"),
        ("add_token", {"token": "a b"}, "token holds a space, a line break or a character outside ASCII"),
        ("add_token", {"expires_in": -1}, "expires_in=-1"),
        ("fail_next", {"times": 0}, "times=0: give a whole number, at least 1"),
        ("fail_next", {"headers": {"Retry After": "3"}}, "headers has the name 'Retry After'"),
        ("fail_next", {"headers": {"X": "a\r\nY: b"}}, "headers['X'] has a control character"),
        ("drop_next", {"times": -1}, "times=-1"),
        ("move_to", {"base_url": "localhost:8080"}, "base_url='localhost:8080': give a URL with http or https"),
    ],
)
def test_a_wrong_value_is_refused_at_once(name: str, arguments: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=re.escape(said)):
        call(name, **arguments)


@pytest.mark.parametrize(
    ("name", "arguments", "said"),
    [
        ("Simulator", {"agents": -1}, "agents=-1: give a whole number, at least 0"),
        ("Simulator", {"rate_limit": -1}, "rate_limit=-1"),
        ("Simulator", {"deep_listing_after": -5}, "deep_listing_after=-5"),
        ("Simulator", {"organization": ""}, "organization is empty"),
        ("Simulator", {"token": ""}, "token is empty"),
        ("Simulator", {"token": "a\nb"}, "token holds a space, a line break or a character outside ASCII"),
        (
            "Simulator",
            {"organization": "Acme Inc"},
            "organization='Acme Inc': give the slug, which has letters, digits and dashes, such as 'acme-inc'",
        ),
        ("Simulator", {"base_url": "api.buildkite.test"}, "base_url='api.buildkite.test': give a URL"),
        ("Simulator", {"artifacts_url": "ftp://a.test"}, "artifacts_url='ftp://a.test'"),
        ("Simulator", {"base_url": "http://a.test:x"}, "base_url='http://a.test:x'"),
        ("Simulator", {"scopes": {"read_build"}}, "did you mean 'read_builds'"),
        ("Timing", {"pickup": -1}, "pickup=-1: give a finite number, at least 0"),
        ("Timing", {"canceling": float("inf")}, "canceling=inf"),
        ("Timing", {"expiry": -0.5}, "expiry=-0.5"),
    ],
)
def test_a_wrong_value_of_a_constructor_is_a_configuration_error(
    name: str, arguments: dict[str, Any], said: str
) -> None:
    with pytest.raises(ConfigurationError, match=re.escape(said)):
        call(name, **arguments)


@pytest.mark.parametrize("content", ['{"ok":"é"}', '{"ok":"é"}'.encode(), bytearray('{"ok":"é"}'.encode())])
def test_an_artifact_is_bytes_or_a_text_in_utf8(simulator: Simulator, api: httpx.Client, content: Any) -> None:
    simulator.pipeline("web").job("test", artifacts={"r.json": content}).history(1)
    (found,) = api.get(f"{WEB}/builds/1/artifacts").json()
    assert found["file_size"] == len('{"ok":"é"}'.encode())
    assert api.get(found["download_url"], follow_redirects=True).json() == {"ok": "é"}


@pytest.mark.parametrize(
    "log", ["a\nb\n", b"a\nb\n", [(0, "a\n"), (5, b"b\n")], ((0.0, "a\n"), (9, "b\n")), [[0, "a\n"], [1, "b\n"]]]
)
def test_a_log_is_a_text_or_pieces(api: httpx.Client, log: Any) -> None:
    simulator = Simulator(log_timestamps=False)
    web = simulator.pipeline("web").job("test", log=log, after=10).history(1)
    (job,) = web.builds[0].jobs
    assert job.log.visible(simulator.clock.time()) == b"a\nb\n"


def test_what_is_given_may_change_afterwards(simulator: Simulator, api: httpx.Client) -> None:
    env, artifacts, log = {"A": "1"}, {"a.txt": b"a"}, [(0.0, "a\n")]
    simulator.pipeline("web").job("test", env=env, artifacts=artifacts, log=log, after=1)
    env["A"], artifacts["b.txt"] = "2", b"b"
    log.append((1.0, "b\n"))
    job = create(api)["jobs"][0]
    simulator.clock.sleep(60)
    assert [each["path"] for each in api.get(f"{WEB}/builds/1/artifacts").json()] == ["a.txt"]
    assert api.get(f"{job_path(job)}/env").json()["env"]["A"] == "1"
    assert "b\n" not in api.get(f"{job_path(job)}/log").json()["content"]


def test_a_token_is_in_no_message() -> None:
    for give in (lambda token: Simulator(token=token), Simulator().add_token):
        with pytest.raises(TypeError) as caught:
            give(["bkua_secret"])
        assert "bkua_secret" not in str(caught.value)


GIVEN_BY_THE_SIMULATOR = {
    *("AgentChanged", "AnnotationChanged", "ArtifactChanged", "BuildChanged", "ClusterChanged", "JobChanged"),
    *("PipelineChanged", "QueueChanged", "ResourceChanged", "RecordedRequest", "SentDelivery", "WebhookEndpoint"),
    *("LeftOut", "Mark", "PipelineProblem", "Plan", "PlannedJob", "PlannedStep", "SimulatedPipeline", "Faults"),
    *("SimRequest", "SimResponse"),
}
"""Classes that users don't make themselves. Requests and answers are made by those who write transports, one for each request."""

SEPARATE = (running, serve, demo_organization)
"""Public functions that aren't in `buildkite_ext.simulation`."""


def functions_with_keywords() -> Iterator[tuple[str, Callable[..., object], str]]:
    """Yield each public function and constructor of the simulator that takes several arguments, and its last one with a default."""
    public = {name: getattr(simulation, name) for name in simulation.__all__}
    found: dict[str, Any] = {each.__name__: each for each in SEPARATE}
    found |= {
        name: each
        for name, each in public.items()
        if name not in GIVEN_BY_THE_SIMULATOR and not (inspect.isclass(each) and issubclass(each, Exception))
    }
    for kind in (Simulator, SimulatedPipeline, simulation.Scenario, SimulatedSuite, SimulatedRun, SimulatedRegistry):
        methods = inspect.getmembers(kind, inspect.isroutine)
        found |= {f"{kind.__name__}.{name}": each for name, each in methods if not name.startswith("_")}
    for name, function in found.items():
        parameters = inspect.signature(function).parameters.values()
        given = [each.name for each in parameters if each.default is not inspect.Parameter.empty]
        if given and len(parameters) > 1:
            yield name, function, given[-1]


WITH_KEYWORDS = list(functions_with_keywords())


def test_the_functions_with_keywords_are_found() -> None:
    names = {name for name, _, _ in WITH_KEYWORDS}
    assert {"Fault", "Deliveries", "Recorder", "running", "Scenario.from_build", "SimulatedPipeline.job"} <= names
    assert len(names) > 30


@pytest.mark.parametrize(("name", "function", "keyword"), WITH_KEYWORDS, ids=[each[0] for each in WITH_KEYWORDS])
def test_a_misspelt_keyword_is_refused_with_the_one_that_was_meant(
    name: str, function: Callable[..., object], keyword: str
) -> None:
    misspelt = keyword[:-2] + keyword[-1] + keyword[-2]
    with pytest.raises(
        TypeError, match=rf"\(\) got an unexpected keyword argument '{misspelt}'\. Did you mean {keyword}=\?$"
    ):
        function(**{misspelt: 1})


@pytest.mark.parametrize(
    ("keyword", "meant"),
    [("staus", "status"), ("code", "status"), ("delay", "seconds"), ("repeat", "times"), ("chance", "probability")],
)
def test_a_fault_knows_other_words(keyword: str, meant: str) -> None:
    with pytest.raises(
        TypeError, match=rf"^Fault\(\) got an unexpected keyword argument '{keyword}'\. Did you mean {meant}=\?$"
    ):
        Fault("error", **{keyword: 503})  # type: ignore[arg-type]  # the wrong keyword is what is tested
