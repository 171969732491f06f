"""Transport that checks each request and each answer against the description."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any, cast

import httpx
import yaml
from buildkite_api.operations import Operation, match
from jsonschema import Draft202012Validator, FormatChecker

Json = dict[str, Any]

BUNDLE = Path(__file__).parents[2] / "generated" / "openapi.yaml"


@cache
def description() -> Json:
    """Return the bundled description. Objects that list properties allow no others."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    document = yaml.load(BUNDLE.read_text(encoding="utf-8"), Loader=loader)
    return cast("Json", _strict(document))


def _strict(value: Any) -> Any:
    if isinstance(value, list):
        return [_strict(item) for item in value]
    if not isinstance(value, dict):
        return value
    made = {key: _strict(item) for key, item in value.items()}
    if value.get("type") in ("object", ["object", "null"]) and "properties" in value:
        made.setdefault("additionalProperties", False)
    return made


class Described(httpx.BaseTransport):
    """Transport that forwards requests to another one and records their operations.

    Raises `AssertionError` where a request or an answer is not described.
    """

    def __init__(self, inner: httpx.BaseTransport) -> None:
        self._inner = inner
        self.operations: set[str] = set()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        body = request.read()
        found = match(request.method, request.url.raw_path.decode().partition("?")[0])
        assert found is not None, f"{request.method} {request.url.path} is no operation"
        operation, _ = found
        described = description()["paths"][operation.path][operation.method.lower()]
        _check_query(operation, described, request)
        if body:
            _check_body(described, request, body)
        response = self._inner.handle_request(request)
        content = response.read()
        _check_answer(operation, described, response, content)
        self.operations.add(operation.id)
        return httpx.Response(response.status_code, headers=response.headers, stream=httpx.ByteStream(content))


def _check_query(operation: Operation, described: Json, request: httpx.Request) -> None:
    shared = description()["paths"][operation.path].get("parameters", [])
    parameters = [_resolved(parameter) for parameter in (*shared, *described.get("parameters", []))]
    names = {parameter["name"] for parameter in parameters if parameter["in"] == "query"}
    maps = {parameter["name"] for parameter in parameters if parameter.get("style") == "deepObject"}
    for name in request.url.params:
        # A single value of `x[]` may be sent as `x`.
        known = name in names or f"{name}[]" in names or name.partition("[")[0] in maps
        assert known, f"{operation.id} has no query parameter {name}"


def _check_body(described: Json, request: httpx.Request, body: bytes) -> None:
    content = _resolved(described["requestBody"])["content"]
    if request.headers.get("Content-Type", "").startswith("multipart/form-data"):
        assert "multipart/form-data" in content
    else:
        _validate(content["application/json"]["schema"], json.loads(body))


def _check_answer(operation: Operation, described: Json, response: httpx.Response, content: bytes) -> None:
    status = str(response.status_code)
    success = response.status_code == operation.success
    answers = described["responses"]
    assert success or response.status_code >= 400, f"{operation.id} answered {status}"
    answer = _resolved(answers[status if status in answers else "default"])
    expected = answer.get("content", {})
    if not expected or operation.method == "HEAD":
        assert not content, f"{operation.id} answers nothing, and yet: {content[:100]!r}"
        return
    kind = response.headers["Content-Type"].partition(";")[0]
    assert kind in expected, f"{operation.id} answered {kind}"
    if kind == "application/json":
        _validate(expected[kind]["schema"], json.loads(content))


def _resolved(value: Json) -> Json:
    while "$ref" in value:
        target = description()
        for key in value["$ref"].removeprefix("#/").split("/"):
            target = target[key]
        value = target
    return value


def _validate(schema: Json, value: Any) -> None:
    root = {**schema, "components": description()["components"]}
    checker = Draft202012Validator(root, format_checker=FormatChecker(["date-time"]))
    problems = [f"{error.json_path}: {error.message}" for error in checker.iter_errors(value)]
    assert not problems, "\n".join(problems[:10])
