"""The generated models hold what the description says: every key of every schema arrives, and goes back out."""

from __future__ import annotations

import copy
import doctest
import json
import pickle
import re
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import attrs
import pytest
import yaml
from buildkite_api import models
from buildkite_api.base import ReadModel, RequestModel
from buildkite_api.decoding import Decoder, Drift
from buildkite_api.models import BuildState, CreateBuildRequest, Error, Job, User
from buildkite_api.operations import OPERATIONS, match
from buildkite_api.types import UNSET, OpenEnum

from .batches import batched

ROOT = Path(__file__).resolve().parents[1]
# Beside the repository, or beside what its worktrees stand in.
_PLACES = [folder / "shared" / "reference" / "documented-samples.jsonl" for folder in ROOT.parents]
SAMPLES = next((place for place in _PLACES if place.exists()), _PLACES[0])
DOCUMENT: dict[str, Any] = yaml.load((ROOT / "generated" / "openapi.yaml").read_text(), yaml.CSafeLoader)
SCHEMAS: dict[str, Any] = DOCUMENT["components"]["schemas"]

CLASSES = {name: getattr(models, name) for name in models.__all__}
READ = sorted(name for name, each in CLASSES.items() if issubclass(each, ReadModel))
SENT = sorted(name for name, each in CLASSES.items() if issubclass(each, RequestModel))
ENUMS = sorted(name for name, each in CLASSES.items() if issubclass(each, OpenEnum))


def example(schema: dict[str, Any], *, optional: bool = True, null: bool = False, depth: int = 0) -> Any:
    """A value of a schema.

    Args:
        schema: The schema.
        optional: Whether objects hold the keys that they may leave out.
        null: Whether to say null wherever that is allowed.
        depth: How many objects stand around; deep inside only what is required is there.
    """
    if "$ref" in schema:
        return example(SCHEMAS[schema["$ref"].rpartition("/")[2]], optional=optional, null=null, depth=depth)
    members = schema.get("anyOf") or schema.get("oneOf") or schema.get("allOf")
    if members:
        kinds = [each for each in members if each.get("type") != "null"]
        return (
            None if null and len(kinds) < len(members) else example(kinds[0], optional=optional, null=null, depth=depth)
        )
    kind = schema.get("type")
    if isinstance(kind, list):
        if null and "null" in kind:
            return None
        kind = next(each for each in kind if each != "null")
    if "enum" in schema:
        return schema["enum"][-1]
    if kind == "array":
        return [example(schema["items"], optional=optional, null=null, depth=depth)]
    if kind == "object":
        properties = schema.get("properties", {})
        if not properties:
            value = schema.get("additionalProperties", True)
            return {"any key": "text" if value is True else example(value, null=null, depth=depth)}
        wanted = properties if optional and depth < 4 else schema.get("required", ())
        return {key: example(properties[key], optional=optional, null=null, depth=depth + 1) for key in wanted}
    if schema.get("format") == "date-time":
        return "2026-01-02T03:04:05.678Z"
    return {"string": "text", "integer": 3, "number": 1.5, "boolean": True, None: {"any": ["thing", 1, None]}}[kind]


def attribute(model: type[Any], key: str) -> str:
    return next((name for name, other in model._keys.items() if other == key), key)


def within(value: Any, around: Any) -> bool:
    """Whether one JSON value is what another one holds, apart from keys that are null or empty there."""
    if isinstance(value, dict) and isinstance(around, dict):
        rest = [around[key] for key in around.keys() - value.keys()]
        return not any(rest) and all(key in around and within(inner, around[key]) for key, inner in value.items())
    if value is None and around in ([], {}):
        return True
    if isinstance(value, list) and isinstance(around, list) and len(value) == len(around):
        return all(map(within, value, around))
    return value == around and type(value) is type(around)


Place = tuple[str | int, ...]


def places(body: Any, *, depth: int = 0) -> list[Place]:
    """The place of each value in a body that may be null: keys of objects, indexes of lists of anything but objects."""
    if depth > 5:
        return []
    inside = body.items() if isinstance(body, dict) else enumerate(body) if isinstance(body, list) else ()
    return [
        place
        for key, value in inside
        for place in [(key,), *((key, *rest) for rest in places(value, depth=depth + 1))]
        if not (place == (key,) and isinstance(body, list) and isinstance(value, dict))
    ]


def with_null(body: Any, place: Place) -> Any:
    """A copy of a body with null in a place."""
    if not place:
        return None
    copied = copy.copy(body)
    copied[place[0]] = with_null(body[place[0]], place[1:])
    return copied


def built_slowly(model: Any, bodies: list[dict[str, Any]]) -> int:
    """How many items of a page take the slow way, which keeps unknown keys while the fast one passes over them."""
    page = json.dumps([{**body, "key_of_tomorrow": 1} for body in bodies]).encode()
    found = Decoder().decode(list[model], page)
    assert len(found) == len(bodies)
    return sum("key_of_tomorrow" in each.additional_properties for each in found)


every_schema_that_is_read = batched("name", READ)


class TestEverySchemaThatIsRead:
    def decode(self, name: str, body: Any) -> Any:
        return Decoder(strict=True).decode(CLASSES[name], json.dumps(body).encode())

    @every_schema_that_is_read
    def test_every_key_arrives(self, name: str) -> None:
        body = example(SCHEMAS[name])
        model = self.decode(name, body)
        for key in SCHEMAS[name]["properties"]:
            assert getattr(model, attribute(type(model), key)) not in (None, [], {}), key
        assert within(body, model.to_dict())

    @every_schema_that_is_read
    def test_every_key_arrives_the_fast_way(self, name: str) -> None:
        body = json.dumps(example(SCHEMAS[name])).encode()
        drift: list[Drift] = []
        decoder = Decoder(on_drift=drift.append)
        assert decoder.decode(CLASSES[name], body) == self.decode(name, json.loads(body))
        assert decoder.decode(list[CLASSES[name]], b"[" + body + b"]") == [self.decode(name, json.loads(body))]
        assert drift == []

    @every_schema_that_is_read
    def test_every_null_arrives(self, name: str) -> None:
        body = example(SCHEMAS[name], null=True)
        model = self.decode(name, body)
        assert within(body, model.to_dict())
        assert Decoder().decode(CLASSES[name], json.dumps(body).encode()) == model

    @every_schema_that_is_read
    def test_a_null_in_any_place_takes_the_fast_way(self, name: str) -> None:
        body = example(SCHEMAS[name])
        bodies = [with_null(body, place) for place in places(body)]
        assert bodies
        assert built_slowly(CLASSES[name], bodies) == 0
        # Both ways make the same of it.
        page = json.dumps(bodies).encode()
        assert Decoder().decode(list[CLASSES[name]], page) == Decoder(unknown="keep").decode(list[CLASSES[name]], page)

    @every_schema_that_is_read
    def test_whatever_is_optional_may_be_absent(self, name: str) -> None:
        body = example(SCHEMAS[name], optional=False)
        model = self.decode(name, body)
        assert set(body) == set(SCHEMAS[name].get("required", ()))
        for key in SCHEMAS[name]["properties"].keys() - body.keys():
            assert getattr(model, attribute(type(model), key)) in (None, [], {}), key
        assert Decoder().decode(CLASSES[name], json.dumps(body).encode()) == model

    @every_schema_that_is_read
    def test_it_goes_out_and_in_again(self, name: str) -> None:
        model = self.decode(name, example(SCHEMAS[name]))
        again = self.decode(name, model.to_dict())
        assert again == model
        assert CLASSES[name].from_dict(model.to_dict()) == model
        assert pickle.loads(pickle.dumps(model)) == model
        assert copy.deepcopy(model) == model
        assert attrs.evolve(model) == model

    @every_schema_that_is_read
    def test_its_attributes_are_its_keys(self, name: str) -> None:
        fields = [field for field in attrs.fields(CLASSES[name]) if field.init]
        keys = [CLASSES[name]._keys.get(field.name, field.name) for field in fields]
        assert keys == list(SCHEMAS[name]["properties"])

    @every_schema_that_is_read
    def test_it_is_slotted(self, name: str) -> None:
        assert not hasattr(self.decode(name, example(SCHEMAS[name])), "__dict__")


@batched("name", SENT)
def test_every_schema_that_is_sent(name: str) -> None:
    schema = SCHEMAS[name]
    cls = CLASSES[name]
    required = {key: example(schema["properties"][key]) for key in schema.get("required", ())}
    plain = cls(**{attribute(cls, key): value for key, value in required.items()})
    assert plain.to_dict() == required
    body = example(schema)
    full = cls(**{attribute(cls, key): value for key, value in body.items()})
    assert full.to_dict() == body
    assert set(body) == set(schema["properties"])
    for field in attrs.fields(cls):
        if field.init and field.default is not attrs.NOTHING:
            assert field.default is UNSET


def test_a_page_of_builds_with_a_null_in_each_place_takes_the_fast_way() -> None:
    build = example(SCHEMAS["Build"])
    bodies = [with_null(build, place) for place in places(build)]
    assert len(bodies) > 300
    assert built_slowly(CLASSES["Build"], bodies) == 0
    assert built_slowly(CLASSES["Build"], [{**build, "number": "7"}, build, build]) == 1
    old = json.loads(json.dumps(bodies).replace("2026-01-02T03:04:05.678Z", "2026-01-02 03:04:05 UTC"))
    assert built_slowly(CLASSES["Build"], old) == 0


@pytest.mark.parametrize(
    "change",
    [
        {"pull_request": None, "author": None, "tag": None, "rebuilt_from": None, "blocked_state": ""},
        {"pull_request": {}, "author": {}, "creator": {"id": "u1", "name": None}},
        {"pipeline": {"id": "p1", "url": "u", "name": "n", "slug": "s", "env": None, "tags": None, "color": None}},
        {"cluster_id": "", "cluster_url": None, "jobs": []},
        {"jobs": [{"id": "j1", "type": "manual", "step_key": None, "web_url": None, "unblocked_by": None}]},
    ],
)
def test_nulls_that_recorded_answers_show_are_no_differences(change: dict[str, Any]) -> None:
    body = {"id": "b1", "url": "u", "web_url": "w", "number": 7, "state": "passed", **change}
    build = Decoder(strict=True).decode(CLASSES["Build"], json.dumps(body).encode())
    drift: list[Drift] = []
    assert Decoder(on_drift=drift.append).decode(CLASSES["Build"], json.dumps(body).encode()) == build
    assert drift == []
    if build.pipeline:
        assert (build.pipeline.env, build.pipeline.tags) == ({}, [])


def test_a_request_says_null_only_when_told_to() -> None:
    request = CreateBuildRequest(commit="HEAD", branch="main")
    assert request.to_dict() == {"commit": "HEAD", "branch": "main"}
    request.message = None  # type: ignore[assignment]
    request.additional_properties["new_key"] = {"since": ["today"]}
    assert request.to_dict() == {
        "commit": "HEAD",
        "branch": "main",
        "message": None,
        "new_key": {"since": ["today"]},
    }
    assert copy.copy(request) == request
    assert pickle.loads(pickle.dumps(request)).to_dict() == request.to_dict()


@batched("name", ENUMS)
def test_enums_know_their_values_and_keep_others(name: str) -> None:
    enum = CLASSES[name]
    assert sorted(member.value for member in enum) == sorted(SCHEMAS[name]["enum"])
    assert all(member.known for member in enum)
    for value in [*SCHEMAS[name]["enum"], "a new value", "", next(iter(enum)).name, "ünï"]:
        member = enum(value)
        assert isinstance(member, enum)
        assert member == value
        assert hash(member) == hash(value)
        assert {member: 1}[value] == {value: 1}[member] == 1
        assert str(member) == f"{member}" == json.loads(json.dumps(member)) == member.value == value
        assert member.known is (value in SCHEMAS[name]["enum"])
        for again in (pickle.loads(pickle.dumps(member)), copy.copy(member), copy.deepcopy(member), enum(member)):
            assert again == member
            assert type(again) is enum
    assert len(enum) == len(SCHEMAS[name]["enum"])
    with pytest.raises(ValueError, match="3"):
        enum(3)


def test_an_unknown_value_shows_itself() -> None:
    assert repr(BuildState("frozen")) == "<BuildState.frozen: 'frozen'>"
    assert BuildState("frozen") != BuildState.PASSED
    assert BuildState("passed") is BuildState.PASSED


def test_a_model_shows_what_it_has() -> None:
    job = Job.from_dict({"id": "j1", "type": "script", "async": False, "agent": {"id": "a1"}})
    assert str(job) == "Job(id='j1', type=<JobType.SCRIPT: 'script'>, agent=Agent(id='a1'), async_=False)"
    assert repr(job) == "Job(id='j1', type='script', agent=Agent(id='a1'), async_=False)"
    assert (job.to_dict()["async"], job.to_dict()["command"]) == (False, None)


def test_a_repr_begins_with_what_tells_an_object_from_others() -> None:
    build = models.Build.from_dict(example(SCHEMAS["Build"]))
    build.id, build.number = "0199b4d2-3c1f-4b6e-9f00-0123456789ab", 42
    build.state, build.branch = BuildState.PASSED, "main"
    assert (
        repr(build) == "Build(id='0199b4d2-3c1f-4b6e-9f00-0123456789ab', number=42, state='passed', branch='main', …)"
    )
    assert build.graphql_id is not None
    assert str(build).count("=") > 100
    job = Job.from_dict({"id": "j" * 60, "type": "script", "name": "a\nb\x1b[2J", "state": "passed", "agent": {}})
    assert repr(job) == f"Job(id='{'j' * 38}…', name='a\\nb\\x1b[2J', type='script', …)"


@batched("name", READ)
def test_a_repr_is_one_line_whatever_an_object_holds(name: str) -> None:
    cls, body = CLASSES[name], example(SCHEMAS[name])
    objects = [cls.from_dict(body), cls.from_dict({key: [{"x": 1}] for key in body}), cls.from_dict({})]
    for odd in ("é\n\u202e" * 99, 10**50, -0.5, None, {"a": ["b"] * 9}):
        made = cls.from_dict({})
        for key in body:  # not from_dict, which refuses them in the place of a list of objects
            setattr(made, attribute(cls, key), odd)
        objects.append(made)
    for each in objects:
        text = repr(each)
        assert text.startswith(f"{name}(")
        assert text.endswith(")")
        assert len(text) <= 100
        assert text.isprintable()
        assert name in str(each)
        each.to_dict()


def holder(value: object) -> Job:
    """Return a model that holds another one."""
    job = Job.from_dict({"id": "j1", "type": "script"})
    job.step = value  # type: ignore[assignment]
    return job


def test_secrets_stay_out_of_a_repr() -> None:
    found = 0
    for name, schema in SCHEMAS.items():
        for key, each in schema.get("properties", {}).items():
            if each.get("x-buildkite-secret"):
                found += 1
                cls = CLASSES[name]
                values = {field.name: f"{field.name}-is-s3cret" for field in attrs.fields(cls) if field.init}
                shown = cls(**values)
                for text in (repr(shown), str(shown), repr(holder(shown)), str(holder(shown)), f"{holder([shown])!r}"):
                    assert f"{key}-is-s3cret" not in text
    assert found >= 17


def test_additional_properties_are_part_of_a_model() -> None:
    plain = User.from_dict({"id": "u1"})
    more = User.from_dict({"id": "u1", "shoe_size": 43})
    assert more.additional_properties == {"shoe_size": 43}
    assert plain != more
    assert plain.additional_properties == {}
    assert plain == User.from_dict({"id": "u1"})
    assert more.to_dict()["shoe_size"] == 43
    assert pickle.loads(pickle.dumps(more)) == more


def test_models_take_keywords_only() -> None:
    with pytest.raises(TypeError):
        User("u1")  # type: ignore[misc]


# --- Endpoints --------------------------------------------------------------------------------------------------------


def answer(operation_id: str, content: bytes, decoder: Decoder, *, success: bool = True, status: int = 200) -> Any:
    module = import_module(f"buildkite_api.api.{OPERATIONS[operation_id].group}.{operation_id}")
    response = SimpleNamespace(
        content=content, text=content.decode("utf-8", "replace"), is_success=success, status_code=status
    )
    return module._parse_response(client=SimpleNamespace(decoder=decoder), response=response)


@batched("operation_id", sorted(OPERATIONS))
def test_every_operation_reads_its_answer(operation_id: str) -> None:
    operation = OPERATIONS[operation_id]
    described = DOCUMENT["paths"][operation.path][operation.method.lower()]["responses"][str(operation.success)]
    content = described.get("content", {})
    if "application/json" in content:
        body = example(content["application/json"]["schema"])
        value = answer(operation_id, json.dumps(body).encode(), Decoder(strict=True), status=operation.success)
        plain = [each.to_dict() for each in value] if isinstance(value, list) else value.to_dict()
        assert within(body, plain)
    elif content:
        assert answer(operation_id, b"two\nlines\xff", Decoder()) == "two\nlines\ufffd"
    else:
        assert answer(operation_id, b"", Decoder()) is None


@batched("operation_id", sorted(OPERATIONS))
def test_every_operation_reads_a_refusal(operation_id: str) -> None:
    refusal = answer(operation_id, b'{"message": "Forbidden"}', Decoder(), success=False, status=403)
    assert refusal == Error(message="Forbidden")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"<html>Bad gateway</html>", "<html>Bad gateway</html>"),
        (b"[1]", "[1]"),
        (b"", "status 520 without a body"),
        (b"x" * 1000, "x" * 200),
    ],
)
def test_a_refusal_that_is_no_json_object(content: bytes, message: str) -> None:
    assert answer("get_build", content, Decoder(strict=True), success=False, status=520) == Error(message=message)


def test_a_download_is_read_from_its_redirect() -> None:
    operation = next(each for each in OPERATIONS.values() if each.success == 302)
    read = answer(operation.id, b'{"url": "https://files.test/x"}', Decoder(), success=False, status=302)
    assert read.url.reveal() == "https://files.test/x"


def leftovers(value: Any) -> list[str]:
    """The keys of an answer that no model holds, as `Model.key`."""
    if isinstance(value, list):
        return [found for each in value for found in leftovers(each)]
    if not isinstance(value, ReadModel):
        return []
    own = [f"{type(value).__name__}.{key}" for key in value.additional_properties]
    return own + leftovers([getattr(value, field.name) for field in attrs.fields(type(value)) if field.init])


# The documentation shows an hour that no clock has; it stays as it came.
IMPOSSIBLE = {"get_current_user: User.created_at (type)"}


# Samples that stand for no operation: what answers alike.
STANDS_FOR = {
    "Schema": ("GET", "/"),
    "Notification service data model": ("GET", "/v2/organizations/1/services/1"),
    "Exceeding the rate limit": ("GET", "/"),
}


@pytest.mark.skipif(not SAMPLES.exists(), reason="the documented samples are not at hand")
def test_every_key_of_the_documented_samples_has_a_place() -> None:
    missing: set[str] = set()
    elsewhere: list[str] = []
    for line in SAMPLES.read_text().splitlines():
        sample = json.loads(line)
        if sample["kind"] != "response":
            continue
        found = match(sample["method"], re.sub(r"\{[^}]*\}", "1", sample["path"])) if sample["path"] else None
        if found is None:
            elsewhere.append(sample["section"])
            found = match(*STANDS_FOR[sample["section"]])
        assert found is not None
        drift: list[Drift] = []
        decoder = Decoder(unknown="keep", on_drift=drift.append)
        operation = found[0]
        if operation.id == "get_build" and sample["body"].get("type") == "trigger":
            operation = OPERATIONS["get_job"]  # The page on builds shows a job on its own, too.
        refused = sample["section"] == "Exceeding the rate limit"
        status = 429 if refused else operation.success
        body = json.dumps(sample["body"]).encode()
        value = answer(operation.id, body, decoder, success=not refused, status=status)
        missing.update(f"{operation.id}: {key}" for key in leftovers(value))
        missing.update(f"{operation.id}: {each.model}.{each.key} ({each.kind})" for each in drift)
    assert elsewhere == list(STANDS_FOR)
    assert missing <= IMPOSSIBLE, "\n".join(sorted(missing - IMPOSSIBLE))


# --- What it costs to import, and what type checkers see --------------------------------------------------------------


def test_an_endpoint_is_cheap_to_import() -> None:
    code = (
        "import sys; import buildkite_api, buildkite_api.operations, buildkite_api.models; "
        "from buildkite_api.api.builds import get_build, list_builds; "
        "get_build._get_kwargs('acme', 'web', 3); buildkite_api.operations.find('GET', '/v2/builds'); "
        "print(sorted({name.partition('.')[0] for name in sys.modules} & {'attr', 'attrs', 'msgspec', 'httpx'}), "
        "[name for name in sys.modules if name.startswith('buildkite_api.models.')])"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[] []"


def test_the_examples_of_the_generated_code_run() -> None:
    package = ROOT / "generated" / "buildkite_api"
    with_examples = {path.stem for path in package.rglob("*.py") if ">>>" in path.read_text(encoding="utf-8")}
    assert with_examples == {"_reprs", "attributes", "client", "decoding", "operations", "types"}
    for name in with_examples:
        result = doctest.testmod(import_module(f"buildkite_api.{name}"))
        assert (result.failed, result.attempted > 0) == (0, True), name


def test_models_can_all_be_asked_for() -> None:
    assert sorted(models.__all__) == dir(models) == sorted(set(models.__all__))
    with pytest.raises(AttributeError, match="Nonsense"):
        _ = models.Nonsense  # type: ignore[attr-defined]


@pytest.mark.parametrize("checker", [["mypy", "--strict"], ["pyright"]])
def test_the_type_checkers_infer_what_a_call_gives(checker: list[str]) -> None:
    pytest.importorskip(checker[0])
    command = [sys.executable, "-m", *checker, "tests/typing/endpoints.py"]
    result = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
    assert result.returncode == 0, result.stdout + result.stderr
