"""Every status that Buildkite documents becomes the right error, for every operation, and says what it is about."""

from __future__ import annotations

import copy
import json
import pickle
from dataclasses import replace
from typing import Any

import httpx
import pytest
from buildkite_api.models import Error
from hypothesis import given, settings
from hypothesis import strategies as st

from buildkite_ext import BuildkiteClient, errors
from buildkite_ext.events import RequestFinished, WriteAudited
from buildkite_ext.scopes import PUBLISHED_SCOPES

from ..batches import batched
from .answers import Answers, content, headers_of
from .calls import Call, in_path, least, module
from .description import OPERATIONS, Described, misfits
from .values import Fill
from .wire import TOKEN, Buildkite

every_operation = batched("operation", OPERATIONS.values())
ERROR = {"$ref": "#/components/schemas/Error"}
CLASSES: dict[int, type[errors.ApiError]] = {
    400: errors.InvalidRequest,
    401: errors.Unauthorized,
    403: errors.AccessDenied,
    404: errors.NotFound,
    422: errors.InvalidRequest,
    429: errors.RateLimited,
    500: errors.ServerError,
    503: errors.ServiceUnavailable,
    520: errors.ServerError,
}
# What its last parameter names decides which class a 404 is.
NOT_FOUND = {
    "org_slug": errors.OrganizationNotFound,
    "pipeline_slug": errors.PipelineNotFound,
    "build_number": errors.BuildNotFound,
    "job_id": errors.JobNotFound,
    "artifact_id": errors.ArtifactNotFound,
    "annotation_uuid": errors.AnnotationNotFound,
    "cluster_id": errors.ClusterNotFound,
    "queue_id": errors.ClusterQueueNotFound,
    "agent_id": errors.AgentNotFound,
}
SPECIAL = {
    ("cancel_build", 422): errors.BuildAlreadyFinished,
    ("unblock_job", 400): errors.JobNotUnblockable,
    ("unblock_job", 422): errors.JobNotUnblockable,
    ("unblock_build_job", 400): errors.JobNotUnblockable,
    ("unblock_build_job", 422): errors.JobNotUnblockable,
}


def refusal(fill: Fill, seed: int = 0) -> dict[str, Any]:
    """An error as the description has it."""
    found: dict[str, Any] = Answers(fill, seed).make(ERROR)
    assert misfits(ERROR, found) == []
    return found


def refused(client: BuildkiteClient, buildkite: Buildkite, call: Call, status: int, body: Any) -> Any:
    """The error that a call ends in when it is answered so."""
    content = b"" if call.operation.method == "HEAD" else json.dumps(body).encode()
    buildkite.will_answer(status, content, Content_Type="application/json")
    with pytest.raises(errors.ApiError) as caught:
        client.call(module(call.operation), *call.args, **call.kwargs)
    assert len(buildkite.requests) == 1
    return caught.value


@every_operation
@pytest.mark.parametrize("status", CLASSES)
def test_a_refusal_is_the_error_of_its_status(
    operation: Described, status: int, client: BuildkiteClient, buildkite: Buildkite
) -> None:
    for body in (refusal(Fill.BARE), refusal(Fill.FULL), {**refusal(Fill.FULL, 1), "message": "Not so"}):
        error = refused(client, buildkite, least(operation), status, body)
        assert isinstance(error, CLASSES[status])
        assert isinstance(error, errors.ServerError) is (status >= 500)
        assert (error.status, error.operation, error.method) == (status, operation.id, operation.method)
        assert error.path == buildkite.taken().raw_path
        assert f"{operation.method} {error.path} answered {status}" in str(error)
        assert TOKEN not in "".join(map(repr, (error, str(error), error.response.request.headers.raw, vars(error))))
        if operation.method != "HEAD" and body:
            assert error.reason == (body.get("message") or "").strip()
            assert error.reason in str(error)
            assert [(each.field, each.code) for each in error.errors] == [
                (each.get("field", ""), each.get("code", "")) for each in body.get("errors", [])
            ]


def test_a_refusal_that_gives_no_reason_is_given_none(client: BuildkiteClient, buildkite: Buildkite) -> None:
    assert refusal(Fill.BARE) == {}  # nothing of an error is required, so this is one as described
    error = refused(client, buildkite, least(OPERATIONS["get_build"]), 422, {})
    assert error.reason == ""
    assert "instead of JSON" not in str(error)


@pytest.mark.parametrize(("name", "status"), SPECIAL)
def test_a_refusal_that_has_a_name_has_its_class(
    name: str, status: int, client: BuildkiteClient, buildkite: Buildkite
) -> None:
    error = refused(client, buildkite, least(OPERATIONS[name]), status, {"message": "No"})
    assert type(error) is SPECIAL[name, status]


@every_operation
def test_a_404_names_everything_in_the_path_and_is_of_the_deepest_thing(
    operation: Described, client: BuildkiteClient, buildkite: Buildkite
) -> None:
    parameters = operation.within("path")
    class_ = NOT_FOUND.get(parameters[-1].name) if parameters else errors.NotFound
    simplest = least(operation)

    @settings(max_examples=3)
    @given(st.tuples(*[in_path(each) for each in parameters]))
    def check(drawn: tuple[Any, ...]) -> None:
        names = [parameter.name for parameter in parameters]
        call = replace(simplest, path=dict(zip(names, drawn, strict=True)))
        error = refused(client, buildkite, call, 404, {"message": "No such thing"})
        assert isinstance(error, errors.NotFound)
        assert class_ is None or type(error) is class_
        for value in call.values_in_path.values():
            assert repr(value) in str(error)
        assert "\n".join(str(error).splitlines()[:1]).isprintable()

    check()


@pytest.mark.parametrize(
    "root", ["https://proxy.test", "http://localhost:8080/buildkite/v2/", "https://proxy.test/a%20b"]
)
def test_a_404_below_another_root_names_everything_too(root: str, buildkite: Buildkite) -> None:
    with BuildkiteClient(token=TOKEN, base_url=root, transport=buildkite) as client:
        for operation in OPERATIONS.values():
            call = least(operation)
            error = refused(client, buildkite, call, 404, {"message": "No such thing"})
            for value in call.values_in_path.values():
                assert repr(value) in str(error)
            # Nobody has to have said which operation it is.
            url = buildkite.taken().url
            with pytest.raises(errors.NotFound) as caught:
                client.raw.get_httpx_client().request(operation.method, url)
            assert caught.value.operation == operation.id


@every_operation
def test_a_403_names_the_scope(operation: Described, client: BuildkiteClient, buildkite: Buildkite) -> None:
    error = refused(client, buildkite, least(operation), 403, {"message": "Forbidden"})
    assert error.scope == operation.scope
    assert operation.scope is None or f"{operation.id} needs the scope {operation.scope}" in str(error)
    # A scope that no token can have, such as view_teams, is no advice by itself.
    for scope in (operation.scope or "").split("+"):
        assert PUBLISHED_SCOPES.get(scope, "") in str(error)


@every_operation
def test_a_429_says_which_limit_and_for_how_long(
    operation: Described, client: BuildkiteClient, buildkite: Buildkite
) -> None:
    body = {"message": "Slow down", "scope": "rest", "limit": 200, "current": 201, "reset": 37}
    error = refused(client, buildkite, least(operation), 429, body)
    if operation.method != "HEAD":
        assert (error.scope, error.limit, error.retry_after) == ("rest", 200, 37)


@every_operation
def test_a_refusal_travels_between_processes(
    operation: Described, client: BuildkiteClient, buildkite: Buildkite
) -> None:
    error = refused(client, buildkite, least(operation), 422, refusal(Fill.FULL))
    for again in (pickle.loads(pickle.dumps(error)), copy.copy(error), copy.deepcopy(error)):
        assert type(again) is type(error)
        assert (str(again), again.errors, again.operation, again.status) == (
            str(error),
            error.errors,
            operation.id,
            422,
        )


@every_operation
def test_the_generated_half_reads_a_refusal_as_an_error(operation: Described, client: BuildkiteClient) -> None:
    for body in (refusal(Fill.BARE), refusal(Fill.FULL)):
        response = httpx.Response(422, json=body)
        found = module(operation)._parse_response(client=client.raw, response=response)
        assert isinstance(found, Error)
        assert found == Error.from_dict(body)


@every_operation
def test_a_read_only_client_refuses_each_write_and_tells_the_audit_alone(operation: Described) -> None:
    events: list[Any] = []
    api = Buildkite()
    api.will_answer(operation.success, content(operation), **headers_of(operation))
    client = BuildkiteClient("acme", token=TOKEN, transport=api, on_event=events.append, read_only=True)
    call = least(operation)
    if operation.method in ("GET", "HEAD"):
        client.call(module(operation), *call.args, **call.kwargs)
        assert [type(event) for event in events] == [RequestFinished]
        return
    with pytest.raises(errors.WriteRefused, match="read-only"):
        client.call(module(operation), *call.args, **call.kwargs)
    (audited,) = events
    assert isinstance(audited, WriteAudited)
    assert (audited.operation, audited.method) == (operation.id, operation.method)
    assert (audited.result, audited.error, audited.status) == ("refused", "WriteRefused", None)
    named = {each.name for each in operation.parameters if each.place == "path"}
    assert set(audited.parameters) == named
    assert api.requests == []
