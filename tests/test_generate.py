"""scripts/generate.py: what it makes of a small description, that it makes it again, and that it sees what changed."""

from __future__ import annotations

import datetime as dt
import importlib
import json
import os
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any
from urllib.parse import quote, unquote

import httpx
import pytest
import yaml
from buildkite_api.api.builds import create_build, get_build, list_pipeline_builds
from buildkite_api.client import Client
from buildkite_api.models import Build, BuildStateFilter, CreateBuildRequest, Error
from buildkite_api.operations import OPERATIONS, Operation, find, match
from buildkite_api.types import UNSET, Unset, header_values, path_segment, query_params
from hypothesis import given, settings
from hypothesis import strategies as st

from .batches import batched

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "scripts"))

import generate  # noqa: E402

SMALL = """
openapi: 3.1.0
info: {title: Small, version: '1', description: A small one.}
servers: [{url: https://api.test}]
paths:
  /v2/things/{thing_id}:
    parameters:
    - {name: thing_id, in: path, required: true, schema: {type: string}, description: Which thing.}
    get:
      operationId: get_thing
      tags: [things]
      summary: Get a thing
      description: Ends with a quote, "so".
      x-buildkite-scope: read_things
      parameters:
      - {name: 'colour[]', in: query, schema: {type: array, items: {type: string}}, description: The colours.}
      - {name: since, in: query, schema: {type: string, format: date-time}}
      responses:
        '200':
          description: The thing.
          content: {application/json: {schema: {$ref: '#/components/schemas/Thing'}}}
        default: {$ref: '#/components/responses/Error'}
    put:
      operationId: rename_thing
      tags: [things]
      summary: Rename a thing
      x-buildkite-repeatable: true
      requestBody: {content: {application/json: {schema: {$ref: '#/components/schemas/RenameThingRequest'}}}}
      responses:
        '204': {description: Done.}
        default: {$ref: '#/components/responses/Error'}
  /v2/things/{thing_id}/content:
    parameters:
    - {name: thing_id, in: path, required: true, schema: {type: string}, description: Which thing.}
    post:
      operationId: send_thing
      tags: [things]
      summary: Send a thing
      x-buildkite-note: Nobody says how.
      x-buildkite-no-store: true
      requestBody:
        required: true
        content: {multipart/form-data: {schema: {$ref: '#/components/schemas/SendThingRequest'}}}
      responses:
        '201': {description: Done.}
        default: {$ref: '#/components/responses/Error'}
  /:
    get:
      operationId: list_tests
      tags: [things]
      summary: List the tests
      description: As old as `get_thing`.
      x-buildkite-pagination: cursor
      parameters:
      - {name: 'filter[job_id]', in: query, schema: {type: string}, description: Of this job.}
      - {name: per_page, in: query, schema: {type: integer}}
      - {name: Api-Version, in: header, schema: {type: string}, description: As a date.}
      responses:
        '200':
          description: The tests.
          content: {application/json: {schema: {$ref: '#/components/schemas/ThingPage'}}}
        default: {$ref: '#/components/responses/Error'}
components:
  responses:
    Error:
      description: Anything else.
      content: {application/json: {schema: {$ref: '#/components/schemas/Error'}}}
  schemas:
    Error: {type: object, properties: {message: {type: [string, 'null']}}}
    Colour: {type: string, enum: [red, blue], description: A colour.}
    Thing:
      type: object
      description: A thing.
      required: [id]
      properties:
        id: {type: string}
        class: {type: [string, 'null'], description: A keyword.}
        dash-ed: {type: [integer, 'null']}
        to_dict: {type: [string, 'null'], description: A method's name.}
        colour: {$ref: '#/components/schemas/Colour', description: Beside a reference.}
        labels: {type: object, additionalProperties: {type: string}}
        extra: {type: object, additionalProperties: true}
        parts: {type: array, items: {$ref: '#/components/schemas/Thing'}}
        by_name: {type: object, additionalProperties: {$ref: '#/components/schemas/Thing'}}
        whole: {anyOf: [{$ref: '#/components/schemas/Thing'}, {type: 'null'}]}
        password: {type: [string, 'null'], x-buildkite-secret: true}
        anything: {}
    RenameThingRequest:
      type: object
      required: [name]
      properties:
        name: {type: string}
        class: {type: [string, 'null']}
        at: {type: string, format: date-time}
        owner: {$ref: '#/components/schemas/OwnerRequest'}
    OwnerRequest: {type: object, properties: {id: {type: string}}}
    SendThingRequest:
      type: object
      required: [file]
      properties:
        file: {type: string, format: binary, description: The thing itself.}
        label: {type: string}
        public: {type: boolean}
    TestThing: {type: object, description: No test case., properties: {id: {type: string}}}
    ThingPage:
      type: object
      required: [items]
      properties:
        items: {type: array, items: {$ref: '#/components/schemas/TestThing'}}
"""

CALLS = """
services:
  things: {get: get_thing, rename: rename_thing, send: send_thing}
  shelf.tests: {list: list_tests}
by_hand: {things: [send]}
"""

WEBHOOKS = """
openapi: 3.1.0
info: {title: Small webhooks, version: '1'}
paths: {}
webhooks:
  things:
    post:
      operationId: receive
      requestBody:
        content:
          application/json:
            schema:
              anyOf:
              - {$ref: '#/components/schemas/ThingMade'}
              - {$ref: '#/components/schemas/ThingSold'}
      responses: {'200': {description: Received.}}
components:
  schemas:
    WebhookEvent:
      type: object
      description: An event.
      required: [event]
      properties:
        event: {type: string, description: The event's name.}
    ThingEvent:
      description: Something happened to a thing.
      allOf:
      - $ref: '#/components/schemas/WebhookEvent'
      - type: object
        required: [thing]
        properties:
          thing: {$ref: 'openapi.yaml#/components/schemas/Thing', description: The thing.}
    ThingMade:
      description: A thing was made.
      allOf:
      - $ref: '#/components/schemas/ThingEvent'
      - type: object
        required: [event]
        properties:
          event: {const: thing.made}
          at: {type: [string, 'null'], format: date-time, description: When.}
    ThingSold:
      description: A thing was sold.
      allOf:
      - $ref: '#/components/schemas/ThingEvent'
      - type: object
        required: [event]
        properties:
          event: {const: thing.sold}
          price: {anyOf: [{$ref: '#/components/schemas/Price'}, {type: 'null'}], description: "Say \\"how much\\"."}
          notes: {type: object, additionalProperties: true, description: Anything.}
    Price: {type: object, description: A price., properties: {amount: {type: [integer, 'null']}}}
"""


def small_spec(folder: Path, change: Any = None) -> Path:
    document = yaml.safe_load(SMALL)
    calls: dict[str, Any] = yaml.safe_load(CALLS)
    webhooks: dict[str, Any] = yaml.safe_load(WEBHOOKS)
    if change:
        change({**document, "calls": calls, "webhooks.yaml": webhooks})
    (folder / "resources").mkdir(parents=True)
    (folder / "calls.yaml").write_text(yaml.safe_dump(calls, sort_keys=False))
    (folder / "openapi.yaml").write_text(yaml.safe_dump(document, sort_keys=False))
    (folder / "webhooks.yaml").write_text(yaml.safe_dump(webhooks, sort_keys=False))
    shutil.copy(ROOT / "spec" / "generator.yaml", folder)
    for name in ("templates", "runtime"):
        shutil.copytree(ROOT / "spec" / name, folder / name)
    return folder


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A small description, and what is generated from it."""
    folder = tmp_path_factory.mktemp("small")
    spec = small_spec(folder / "spec")
    assert run(spec, folder / "generated") == 0
    return spec, folder / "generated"


def run(spec: Path, output: Path, *options: str) -> int:
    services = output.parent / "services"
    return generate.main(["--spec", str(spec), "--output", str(output), "--services", str(services), *options])


# --- The script -------------------------------------------------------------------------------------------------------


def test_everything_is_there_and_says_where_it_comes_from(small: tuple[Path, Path]) -> None:
    names = generate.files(small[1])
    assert {"openapi.yaml", "buildkite_api/py.typed", "buildkite_api/operations.py"} <= names
    assert {"buildkite_api/models/thing.py", "buildkite_api/api/things/get_thing.py"} <= names
    # A map without keys of its own is a dict, not a class.
    assert {name for name in names if "/models/" in name} == {
        f"buildkite_api/models/{name}.py"
        for name in (
            "__init__",
            "colour",
            "error",
            "owner_request",
            "rename_thing_request",
            "send_thing_request",
            "test_thing",
            "thing",
            "thing_page",
        )
    }
    for name in names - {"buildkite_api/py.typed"}:
        assert (small[1] / name).read_text().startswith("# Generated from spec/ by `make generate`"), name
    services = small[1].parent / "services"
    assert generate.files(services) == {"__init__.py", "things.py", "shelf.py"}
    for name in generate.files(services):
        assert (services / name).read_text().startswith("# Generated from spec/ by `make generate`"), name


def test_the_runtime_is_copied_as_it_is(small: tuple[Path, Path]) -> None:
    for name in RUNTIME:
        written = (small[1] / "buildkite_api" / name).read_text()
        assert written == f"{generate.HEADER}\n{(ROOT / 'spec' / 'runtime' / name).read_text()}"


def test_it_makes_the_same_again(small: tuple[Path, Path], tmp_path: Path) -> None:
    for seed in ("0", "4711"):
        output = tmp_path / seed
        command = [
            sys.executable,
            str(ROOT / "scripts" / "generate.py"),
            "--spec",
            str(small[0]),
            "--output",
            str(output / "generated"),
            "--services",
            str(output / "services"),
        ]
        environment = {**os.environ, "PYTHONHASHSEED": seed, "LC_ALL": "C"}
        subprocess.run(command, check=True, capture_output=True, env=environment, cwd=tmp_path)
        assert list(generate.differences(small[1], output / "generated")) == []
        assert list(generate.differences(small[1].parent / "services", output / "services")) == []


def test_check_names_what_changed_and_generating_mends_it(
    small: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output, services = tmp_path / "generated", tmp_path / "services"
    shutil.copytree(small[1], output)
    shutil.copytree(small[1].parent / "services", services)
    package = output / "buildkite_api"
    (services / "things.py").write_text("# by hand\n")
    (package / "operations.py").write_text("# by hand\n")
    (package / "models" / "colour.py").unlink()
    (package / "api" / "gone").mkdir()
    (package / "api" / "gone" / "stray.py").write_text("")
    (package / "__pycache__").mkdir(exist_ok=True)
    (package / "__pycache__" / "operations.cpython-311.pyc").write_bytes(b"")

    assert run(small[0], output, "--check") == 1
    said = capsys.readouterr().err
    assert said.splitlines() == [
        "stray: generated/buildkite_api/api/gone/stray.py",
        "missing: generated/buildkite_api/models/colour.py",
        "changed: generated/buildkite_api/operations.py",
        "changed: services/things.py",
        "generated/ and services/ differ from what spec/ compiles to: run `make generate`",
    ]
    assert (package / "operations.py").read_text() == "# by hand\n"

    assert run(small[0], output) == 0
    assert list(generate.differences(small[1], output)) == []
    assert list(generate.differences(small[1].parent / "services", services)) == []
    assert not (package / "api" / "gone").exists()
    assert run(small[0], output, "--check") == 0


def test_a_second_run_writes_nothing(small: tuple[Path, Path], capsys: pytest.CaptureFixture[str]) -> None:
    before = {path: path.stat().st_mtime_ns for path in small[1].parent.rglob("*.py")}
    assert run(*small) == 0
    assert {path: path.stat().st_mtime_ns for path in small[1].parent.rglob("*.py")} == before
    assert "are up to date" in capsys.readouterr().out


def test_the_committed_tree_is_what_the_description_makes() -> None:
    assert generate.main(["--check"]) == 0


# --- The checkers and the hand-written runtime ------------------------------------------------------------------------

RUNTIME = sorted(generate.files(ROOT / "spec" / "runtime"))
PLANTED = '\n\ndef planted() -> int:\n    return "text"\n'


def configured(pyproject: dict[str, Any], tool: str, key: str) -> list[str]:
    """The files of the generated client that a checker is told to check, from the package's root."""
    patterns = [each for each in pyproject["tool"][tool][key] if each.startswith("generated/")]
    found = {path for pattern in patterns for path in ROOT.glob(pattern)}
    return sorted(path.relative_to(ROOT / "generated" / "buildkite_api").as_posix() for path in found)


@pytest.mark.parametrize(("tool", "key"), [("mypy", "files"), ("pyright", "include")])
def test_the_checkers_are_told_of_each_module_of_the_runtime(tool: str, key: str) -> None:
    pyproject = tomllib.loads((ROOT / "pyproject.toml").read_text())
    assert set(configured(pyproject, tool, key)) >= set(RUNTIME)


def test_ruff_checks_each_module_of_the_runtime() -> None:
    command = [sys.executable, "-m", "ruff", "check", "--show-files", "."]
    shown = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    assert {str(ROOT / "spec" / "runtime" / name) for name in RUNTIME} <= set(shown.splitlines())


def test_mypy_finds_a_planted_error_in_each_module_of_the_runtime(small: tuple[Path, Path], tmp_path: Path) -> None:
    pytest.importorskip("mypy")
    text = (ROOT / "pyproject.toml").read_text()
    checked = [f"generated/buildkite_api/{name}" for name in configured(tomllib.loads(text), "mypy", "files")]
    (tmp_path / "pyproject.toml").write_text(text)
    spec = small_spec(tmp_path / "spec")
    for name in RUNTIME:
        with (spec / "runtime" / name).open("a") as file:
            file.write(PLANTED)
    shutil.copytree(small[1], tmp_path / "generated")
    generate.copy_runtime(spec / "runtime", tmp_path / "generated" / "buildkite_api")
    done = subprocess.run(
        [sys.executable, "-m", "mypy", *checked], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    found = [line.partition(":")[0] for line in done.stdout.splitlines() if "return value type" in line]
    assert sorted(found) == sorted(f"generated/buildkite_api/{name}" for name in RUNTIME), done.stdout + done.stderr


def operation(document: dict[str, Any], method: str) -> dict[str, Any]:
    found: dict[str, Any] = document["paths"]["/v2/things/{thing_id}"][method]
    return found


def schemas_of_webhooks(document: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = document["webhooks.yaml"]["components"]["schemas"]
    return found


BREAKS: dict[str, tuple[Any, str]] = {
    "no tag": (lambda it: operation(it, "get").pop("tags"), "get_thing needs exactly one tag"),
    "two successes": (
        lambda it: operation(it, "get")["responses"].update({"201": {"description": "x"}}),
        "get_thing needs exactly one response that is a success",
    ),
    "a cookie": (
        lambda it: operation(it, "get")["parameters"].append(
            {"name": "X", "in": "cookie", "schema": {"type": "string"}}
        ),
        "get_thing has a parameter in cookie",
    ),
    "a form without files": (
        lambda it: operation(it, "put").update(
            requestBody={"content": {"application/x-www-form-urlencoded": {"schema": {}}}}
        ),
        "rename_thing takes application/x-www-form-urlencoded",
    ),
    "what is sent is not called so": (
        lambda it: operation(it, "put").update(
            requestBody={"content": {"application/json": {"schema": {"$ref": "#/components/schemas/TestThing"}}}}
        ),
        "TestThing is both sent and read",
    ),
    "what is read is called as if it were sent": (
        lambda it: it["components"]["schemas"]["Error"]["properties"].update(
            odd={"$ref": "#/components/schemas/SendThingRequest"}
        ),
        "SendThingRequest is both sent and read",
    ),
    "a name against its use": (
        lambda it: (
            it["components"]["schemas"].update(
                Owner={"type": "object", "properties": {"id": {"type": "string"}}},
                OddRequest={"type": "object", "properties": {"id": {"type": "string"}}},
            ),
            it["components"]["schemas"]["RenameThingRequest"]["properties"].update(
                owner={"$ref": "#/components/schemas/Owner"}
            ),
        ),
        "Owner is sent: what is sent is called ...Request",
    ),
    "no service": (lambda it: it["calls"]["services"]["things"].pop("get"), "get_thing is in no service"),
    "two services": (
        lambda it: it["calls"]["services"]["things"].update(again="get_thing"),
        "get_thing is there twice",
    ),
    "an unknown call": (
        lambda it: it["calls"]["services"]["things"].update(sell="sell_thing"),
        "sell_thing isn't an operation of the description",
    ),
    "by hand, but no call": (
        lambda it: it["calls"]["by_hand"]["things"].append("sell"),
        "by_hand: things.sell isn't in services",
    ),
    "two arguments of one name": (
        lambda it: operation(it, "get")["parameters"].append(
            {"name": "request", "in": "query", "schema": {"type": "string"}}
        ),
        "get_thing: two arguments would be called request",
    ),
    "sent and read": (
        lambda it: it["components"]["schemas"]["Thing"]["properties"].update(
            owner={"$ref": "#/components/schemas/OwnerRequest"}
        ),
        "OwnerRequest is both sent and read",
    ),
    "an array without items": (
        lambda it: it["components"]["schemas"]["Thing"]["properties"].update(odd={"type": "array"}),
        "openapi_python_client failed",
    ),
    "a dotted parameter": (
        lambda it: it["paths"].update({"/v2/{a.b}": {"delete": {**operation(it, "put"), "operationId": "x"}}}),
        "x has {a.b} in its path",
    ),
    "a union of models": (
        lambda it: it["components"]["schemas"]["Thing"]["properties"].update(
            either={"anyOf": [{"$ref": "#/components/schemas/Thing"}, {"$ref": "#/components/schemas/Error"}]}
        ),
        "msgspec cannot decode one of the models",
    ),
    "an event in no webhook": (
        lambda it: schemas_of_webhooks(it).update(ThingLost=schemas_of_webhooks(it)["ThingMade"]),
        "ThingLost is in no webhook",
    ),
    "two classes of one event": (
        lambda it: schemas_of_webhooks(it)["ThingSold"]["allOf"][1]["properties"].update(event={"const": "thing.made"}),
        "thing.made is the event of several classes",
    ),
    "a model that does not exist": (
        lambda it: schemas_of_webhooks(it)["ThingEvent"]["allOf"][1]["properties"].update(
            shop={"$ref": "openapi.yaml#/components/schemas/Shop"}
        ),
        "openapi.yaml#/components/schemas/Shop leads nowhere",
    ),
    "an event that is not required": (
        lambda it: schemas_of_webhooks(it)["ThingMade"]["allOf"][1].pop("required"),
        "ThingMade must require its event",
    ),
}


@pytest.mark.parametrize(("change", "says"), BREAKS.values(), ids=BREAKS)
def test_a_description_that_cannot_be_made_right_code_of(
    change: Any, says: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    spec = small_spec(tmp_path / "spec", change)
    assert run(spec, tmp_path / "generated") == 1
    assert says in capsys.readouterr().err
    assert not (tmp_path / "generated").exists()


# --- What it makes of the small description ---------------------------------------------------------------------------


@pytest.fixture(scope="module")
def package(small: tuple[Path, Path]) -> Iterator[ModuleType]:
    """The small package, under a name of its own."""
    source = small[1].parent / "importable"
    shutil.copytree(small[1] / "buildkite_api", source / "small_api")
    shutil.copytree(small[1].parent / "services", source / "small_services")
    for path in (source / "small_services").glob("*.py"):
        path.write_text(path.read_text().replace("from buildkite_api.", "from small_api."))
    sys.path.insert(0, str(source))
    yield importlib.import_module("small_api")
    sys.path.remove(str(source))


def test_models_with_awkward_keys(package: ModuleType) -> None:
    models = importlib.import_module("small_api.models")
    decoder = importlib.import_module("small_api.decoding").Decoder(strict=True)
    body = {
        "id": "t1",
        "class": "c",
        "dash-ed": 3,
        "to_dict": "x",
        "colour": "green",
        "labels": {"a": "b"},
        "extra": {"a": [1]},
        "parts": [{"id": "t2", "parts": []}],
        "by_name": {"one": {"id": "t3", "class": "d"}},
        "whole": {"id": "t4"},
        "password": "s3cret",
        "anything": [{"x": 1}],
    }
    thing = decoder.decode(models.Thing, json.dumps(body).encode())
    assert (thing.class_, thing.dash_ed, thing.to_dict_) == ("c", 3, "x")
    assert thing.colour == "green"
    assert thing.parts[0].id == "t2"
    assert thing.by_name["one"].class_ == "d"
    assert thing.whole.whole is None
    assert {key: value for key, value in thing.to_dict().items() if isinstance(value, (int, str))} == {
        key: value for key, value in body.items() if isinstance(value, (int, str))
    }
    assert thing == importlib.import_module("small_api.decoding").Decoder().decode(
        models.Thing, json.dumps(body).encode()
    )
    assert "s3cret" not in repr(thing)
    assert models.Colour.__doc__ == "A colour."


def test_requests_of_the_small_description(package: ModuleType) -> None:
    models = importlib.import_module("small_api.models")
    rename = importlib.import_module("small_api.api.things.rename_thing")
    moment = dt.datetime(2026, 1, 2, 3, tzinfo=dt.timezone(dt.timedelta(hours=2)))
    body = models.RenameThingRequest(name="n", class_=None, at=moment, owner=models.OwnerRequest(id="o"))
    sent = {"name": "n", "class": None, "at": "2026-01-02T01:00:00.000Z", "owner": {"id": "o"}}
    assert rename._get_kwargs("a/b", body=body) == {"method": "put", "url": "/v2/things/a%2Fb", "json": sent}
    assert rename._get_kwargs("t1") == {"method": "put", "url": "/v2/things/t1"}
    with pytest.raises(ValueError, match="at needs a timezone"):
        models.RenameThingRequest(name="n", at=dt.datetime(2026, 1, 2)).to_dict()


def test_a_file_and_a_header(package: ModuleType, tmp_path: Path) -> None:
    models = importlib.import_module("small_api.models")
    types = importlib.import_module("small_api.types")
    send = importlib.import_module("small_api.api.things.send_thing")
    tests = importlib.import_module("small_api.api.things.list_tests")
    path = tmp_path / "thing.bin"
    path.write_bytes(b"12345")
    kwargs = send._get_kwargs("t1", body=models.SendThingRequest(file=types.File(path), public=True))
    assert kwargs["data"] == {"public": True}
    request = httpx.Client(base_url="https://api.test").build_request(**kwargs)
    body = request.read()
    assert b'filename="thing.bin"' in body
    assert b"12345" in body
    assert b"true" in body
    assert int(request.headers["content-length"]) == len(body)
    assert tests._get_kwargs(filter_job_id="j", api_version="2026-08-01") == {
        "method": "get",
        "url": "/",
        "params": {"filter[job_id]": "j"},
        "headers": {"Api-Version": "2026-08-01"},
    }
    assert tests._get_kwargs()["headers"] == {}
    assert models.TestThing.__test__ is False


def test_services_of_the_small_description(package: ModuleType) -> None:
    things = importlib.import_module("small_services.things")
    shelf = importlib.import_module("small_services.shelf")
    assert {name for name in vars(things.AsyncThings) if not name.startswith("_")} == {"get", "rename"}
    assert "As old as `things.get`." in shelf.AsyncShelfTests.list.__doc__
    assert "api_version: as a date." in shelf.AsyncShelfTests.list.__doc__
    assert "Get a thing. Scope: read_things." in things.AsyncThings.get.__doc__


def test_events_of_the_small_description(package: ModuleType) -> None:
    events = importlib.import_module("small_api.webhooks.events")
    thing = package.models.Thing(id="t")
    sold = events.ThingSold(thing=thing, raw=b'{"event": "thing.sold", "odd": 1}')
    assert list(events.EVENTS.items()) == [("thing.made", events.ThingMade), ("thing.sold", events.ThingSold)]
    assert issubclass(events.ThingSold, events.ThingEvent)
    assert issubclass(events.ThingEvent, events.WebhookEvent)
    assert (sold.event, sold.thing, sold.price, sold.notes) == ("thing.sold", thing, None, {})
    assert sold.data == {"event": "thing.sold", "odd": 1}
    assert repr(sold) == "ThingSold(event='thing.sold', thing=Thing(id='t'))"
    with pytest.raises(AttributeError, match="immutable"):
        sold.notes = {"a": 1}
    with pytest.raises(TypeError, match="thing"):
        events.ThingMade()


def test_a_registrar_takes_what_a_handler_is_for(package: ModuleType) -> None:
    registrar = importlib.import_module("small_api.webhooks.registrar")

    class Kept(registrar.Registrar):  # type: ignore[name-defined, misc]
        def _register(self, event: Any, **filters: Any) -> Any:
            return event, filters

    event, filters = Kept().on("thing.sold", branch="main", once=True)
    assert event == "thing.sold"
    assert filters == {"state": None, "pipeline": None, "branch": "main", "once": True, "timeout": None}
    with pytest.raises(TypeError):
        registrar.Registrar()


def test_documentation_reaches_the_functions(package: ModuleType) -> None:
    text = importlib.import_module("small_api.api.things.get_thing").sync.__doc__
    for part in (
        "Get a thing.",
        'Ends with a quote, "so".',
        "thing_id: Which thing.",
        "colour: The colours.",
        "The thing.",
    ):
        assert part in text


def test_operations_of_the_small_description(package: ModuleType) -> None:
    table = importlib.import_module("small_api.operations")
    got = table.OPERATIONS["get_thing"]
    assert (got.method, got.group, got.resource, got.success, got.scope) == (
        "GET",
        "things",
        "thing",
        200,
        "read_things",
    )
    assert (got.repeatable, got.pagination, got.row) == (True, None, "get_thing")
    assert table.OPERATIONS["rename_thing"].repeatable is True
    sending = table.OPERATIONS["send_thing"]
    assert (sending.note, sending.no_store, sending.repeatable) == ("Nobody says how.", True, False)
    assert (got.note, got.no_store, got.accept) == ("", False, "application/json")
    assert table.match("GET", "/") == (table.OPERATIONS["list_tests"], {})
    assert table.match("PUT", "/v2/things/a%2Fb/") == (table.OPERATIONS["rename_thing"], {"thing_id": "a/b"})


# --- The real one: paths, queries, requests ---------------------------------------------------------------------------


@given(
    st.text(max_size=30) | st.sampled_from(["", ".", "..", "...", "a/../b", "%2e%2e", "?", "#", "//", "\\..\\", "\0"])
)
def test_a_path_segment_is_one_segment_or_refused(text: str) -> None:
    if text in ("", ".", ".."):
        with pytest.raises(ValueError, match="slug must not be"):
            path_segment("slug", text)
        return
    segment = path_segment("slug", text)
    assert unquote(segment) == text
    url = httpx.Client(base_url="https://api.test").build_request("GET", f"/v2/a/{segment}/b?x=1").url
    raw = url.raw_path.decode()
    assert raw.partition("?")[2] == "x=1"
    assert [unquote(part) for part in raw.partition("?")[0].split("/")] == ["", "v2", "a", text, "b"]


@pytest.mark.parametrize("value", [None, True, 1.5, b"x", ["x"], UNSET, "\ud83d"])
def test_a_path_segment_is_text_or_a_number(value: Any) -> None:
    with pytest.raises(ValueError, match="slug"):
        path_segment("slug", value)


def test_numbers_are_path_segments() -> None:
    assert path_segment("number", 42) == "42"


def sent(**arguments: Any) -> str:
    kwargs = list_pipeline_builds._get_kwargs("acme", "web", **arguments)
    return unquote(str(httpx.Client(base_url="https://api.test").build_request(**kwargs).url.query, "ascii"))


UTC = dt.UTC


@pytest.mark.parametrize(
    ("arguments", "query"),
    [
        ({}, ""),
        ({"branch": None, "page": UNSET, "state": []}, ""),
        ({"branch": ["main"]}, "branch=main"),
        ({"branch": "main"}, "branch=main"),
        ({"branch": ("main", "dev")}, "branch[]=main&branch[]=dev"),
        ({"branch": iter(["main", "dev"])}, "branch[]=main&branch[]=dev"),
        ({"branch": ["main", None]}, "branch=main"),
        ({"state": [BuildStateFilter.FAILED]}, "state=failed"),
        ({"state": [BuildStateFilter.FAILED, "new_state"]}, "state[]=failed&state[]=new_state"),
        ({"state": BuildStateFilter.FAILED}, "state=failed"),
        ({"exclude_jobs": True, "include_paused": False}, "exclude_jobs=true&include_paused=false"),
        ({"page": 2, "per_page": 100}, "page=2&per_page=100"),
        ({"meta_data": {"os": "linux", "a b": "1&2"}}, "meta_data[os]=linux&meta_data[a+b]=1&2"),
        ({"meta_data": {}}, ""),
        ({"meta_data": {"os": None}}, ""),
        ({"created_from": dt.datetime(2026, 1, 2, 3, 4, 5, 678912, UTC)}, "created_from=2026-01-02T03:04:05.678Z"),
        (
            {"created_to": dt.datetime(2026, 1, 2, 3, tzinfo=dt.timezone(dt.timedelta(hours=10)))},
            "created_to=2026-01-01T17:00:00.000Z",
        ),
    ],
)
def test_queries(arguments: dict[str, Any], query: str) -> None:
    assert sent(**arguments) == query


def test_a_moment_needs_a_timezone() -> None:
    with pytest.raises(ValueError, match=r"created_from needs a timezone: 2026-01-02T03:04:05"):
        sent(created_from=dt.datetime(2026, 1, 2, 3, 4, 5))


@given(st.dictionaries(st.text(max_size=9), st.text(max_size=9), max_size=4), st.lists(st.text(max_size=9), max_size=4))
def test_any_text_survives_a_query(meta_data: dict[str, str], branch: list[str]) -> None:
    params = query_params({"branch[]": branch, "state[]": branch, "meta_data": meta_data}, bare=("branch[]",))
    url = httpx.URL("https://api.test/v2/builds", params=params)
    assert url.params.get_list("branch" if len(branch) == 1 else "branch[]") == branch
    assert url.params.get_list("state[]") == branch
    assert {key: value for key, value in url.params.items() if key.startswith("meta_data[")} == {
        f"meta_data[{key}]": value for key, value in meta_data.items()
    }


def test_a_list_of_commas_is_one_text() -> None:
    assert query_params({"labels": ["flaky", "!slow"]}) == {"labels": "flaky,!slow"}
    assert query_params({"labels": ["flaky"], "owners": [], "tags": None}) == {"labels": "flaky"}
    assert query_params({"labels": "flaky,!slow"}) == {"labels": "flaky,!slow"}
    for labels in (["a,b"], ["a", "b,c"]):
        with pytest.raises(ValueError, match=r"labels is sent as one text with commas .* holds a comma"):
            query_params({"labels": labels})


def test_a_header_has_a_default() -> None:
    known = {"Buildkite-Version": "2026-08-01"}
    for nothing in (None, UNSET):
        assert header_values({"Buildkite-Version": nothing}, known) == known
        assert header_values({"Buildkite-Version": nothing}) == {}
    assert header_values({"Buildkite-Version": ""}, known) == {"Buildkite-Version": ""}


def test_unset_is_one_thing() -> None:
    import copy
    import pickle

    assert not UNSET
    assert repr(UNSET) == "UNSET"
    assert copy.deepcopy(UNSET) is pickle.loads(pickle.dumps(UNSET)) is UNSET
    assert isinstance(UNSET, Unset)


# --- The client -------------------------------------------------------------------------------------------------------


def answering(status: int, body: object, seen: list[httpx.Request]) -> httpx.MockTransport:
    def handle(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(status, json=body)

    return httpx.MockTransport(handle)


BODY = {"id": "b1", "url": "u", "web_url": "w", "number": 3, "state": "passed"}


def test_a_blocking_call() -> None:
    seen: list[httpx.Request] = []
    with Client("https://api.test/", httpx_args={"transport": answering(200, BODY, seen)}) as client:
        build = get_build.sync("acme", "web", 3, client=client, exclude_jobs=True)
        detailed = get_build.sync_detailed("acme", "web", 3, client=client)
    assert isinstance(build, Build)
    assert build.number == 3
    assert str(seen[0].url) == "https://api.test/v2/organizations/acme/pipelines/web/builds/3?exclude_jobs=true"
    assert (detailed.status_code, detailed.parsed, detailed.headers["content-type"]) == (200, build, "application/json")
    assert detailed.content == json.dumps(BODY, separators=(",", ":")).encode()


def test_a_call_with_a_body() -> None:
    seen: list[httpx.Request] = []
    with Client("https://api.test", httpx_args={"transport": answering(201, BODY, seen)}) as client:
        body = CreateBuildRequest(commit="HEAD", branch="main", env={"A": "1"})
        assert isinstance(create_build.sync("acme", "web", client=client, body=body), Build)
    assert json.loads(seen[0].content) == {"commit": "HEAD", "branch": "main", "env": {"A": "1"}}
    assert seen[0].headers["content-type"] == "application/json"


@pytest.mark.parametrize("status", [401, 404, 422, 429, 500, 520, 529])
def test_any_status_that_is_a_refusal(status: int) -> None:
    with Client("https://api.test", httpx_args={"transport": answering(status, {"message": "No"}, [])}) as client:
        response = get_build.sync_detailed("acme", "web", 3, client=client)
    assert (response.status_code, response.parsed) == (status, Error(message="No"))


def test_an_asynchronous_call() -> None:
    import asyncio

    async def call() -> object:
        async with Client("https://api.test", httpx_args={"transport": answering(200, BODY, [])}) as client:
            detailed = await get_build.asyncio_detailed("acme", "web", 3, client=client)
            assert detailed.status_code == 200
            return await get_build.asyncio("acme", "web", 3, client=client)

    assert isinstance(asyncio.run(call()), Build)


def test_what_a_client_does_by_default() -> None:
    client = Client("https://api.test", headers={"x-a": "1"}, cookies={"c": "2"}, httpx_args={"auth": ("u", "s3cret")})
    inner = client.get_httpx_client()
    assert inner.timeout == httpx.Timeout(30.0, connect=10.0)
    assert inner.follow_redirects is False
    assert inner.headers["x-a"] == "1"
    assert "authorization" not in inner.headers
    assert client.get_httpx_client() is inner
    assert repr(client) == "Client('https://api.test')"
    inner.close()


def test_a_clients_timeout_may_be_none() -> None:
    assert Client("https://api.test", timeout=None).get_httpx_client().timeout == httpx.Timeout(None)


# --- The table of operations ------------------------------------------------------------------------------------------

VALUES = st.text(min_size=1, max_size=9).filter(lambda text: text not in (".", ".."))


@batched("operation_id", sorted(OPERATIONS))
def test_every_path_finds_its_operation(operation_id: str) -> None:
    check = settings(max_examples=10)(given(values=st.lists(VALUES, min_size=6, max_size=6))(check_path))
    check(OPERATIONS[operation_id])


def check_path(operation: Operation, values: list[str]) -> None:
    names = [part[1:-1] for part in operation.path.split("/") if part.startswith("{")]
    parameters = dict(zip(names, values, strict=False))
    path = operation.path
    for name, value in parameters.items():
        path = path.replace(f"{{{name}}}", quote(value, safe=""))
    found = match(operation.method, path)
    assert found is not None
    if found[0] is operation:
        assert found[1] == parameters
    else:
        # A value may be spelt like the fixed part of another path.
        assert set(path.split("/")) & set(found[0].path.split("/")) > set(operation.path.split("/")) & set(
            path.split("/")
        )
    assert match(operation.method, f"{path}/") == match(operation.method, f"{path}?a=/b") == found


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/v2"),
        ("GET", ""),
        ("POST", "/"),
        ("GET", "v2/builds"),
        ("GET", "/v3/builds"),
        ("GET", "/v2//builds"),
        ("GET", "/v2/organizations//builds"),
        ("GET", "/v2/builds//"),
        ("PATCH", "/v2/builds"),
        ("get", "/v2/builds"),
        ("GET", "/v2/organizations/acme/unheard_of"),
    ],
)
def test_what_is_no_operation(method: str, path: str) -> None:
    assert match(method, path) is None
    assert find(method, path) is None


def test_a_fixed_segment_comes_before_a_parameter() -> None:
    log = find("GET", "/v2/organizations/acme/jobs/1/log")
    text = find("GET", "/v2/organizations/acme/jobs/1/log.txt")
    assert log is not None
    assert text is not None
    assert (log.id, text.id, text.row) == ("get_job_log", "get_job_log_text", "get_job_log")


def test_reading_may_always_be_repeated() -> None:
    for each in OPERATIONS.values():
        assert each.repeatable or each.method not in ("GET", "HEAD"), each.id
        assert each.doc.startswith(("https://buildkite.com/docs/", "https://github.com/buildkite/go-buildkite/")), (
            each.id
        )
        assert (
            f"buildkite_api.api.{each.group}.{each.id}"
            == importlib.import_module(f"buildkite_api.api.{each.group}.{each.id}").__name__
        )
    assert not OPERATIONS["create_build"].repeatable
    assert {each.resource for each in OPERATIONS.values()} >= {
        "",
        "organization",
        "pipeline",
        "build",
        "job",
        "cluster_queue",
    }
