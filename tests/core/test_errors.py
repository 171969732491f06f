"""One tree of errors, each of which says what happened, to what, and what to do next."""

from __future__ import annotations

import gc
import inspect
import pickle
from types import FrameType, ModuleType, TracebackType
from typing import Any

import httpx
import pytest
from buildkite_api.api.agents import get_agent, list_agents, stop_agent
from buildkite_api.api.annotations import delete_build_annotation
from buildkite_api.api.artifacts import get_job_artifact
from buildkite_api.api.builds import cancel_build, create_build, get_build, list_organization_builds, rebuild_build
from buildkite_api.api.cluster_queues import get_cluster_queue
from buildkite_api.api.clusters import get_cluster
from buildkite_api.api.jobs import create_job_ssh_session, get_build_job, unblock_build_job, unblock_job
from buildkite_api.api.pipelines import get_pipeline
from buildkite_api.api.user import get_current_user
from buildkite_api.models import CreateBuildRequest, StopAgentRequest, UnblockBuildJobRequest, UnblockJobRequest
from hypothesis import given
from hypothesis import strategies as st

import buildkite_ext
from buildkite_ext import Retry, error_responses, errors
from buildkite_ext.error_responses import from_response
from buildkite_ext.errors import FieldError
from buildkite_ext.rate_limits import reset_after

from .fakes import TOKEN, App, Body, Flavor, answer

ONCE = Retry(attempts=1)


async def refused(flavor: Flavor, response: httpx.Response, endpoint: Any, *args: Any, **kwargs: Any) -> Any:
    """Return the error that this answer to this call raises."""
    client = flavor.client(App(response), retry=ONCE)
    with pytest.raises(errors.BuildkiteError) as caught:
        await flavor.call(client.call, endpoint, *args, **kwargs)
    return caught.value


@pytest.mark.parametrize(
    ("kind", "endpoint", "arguments"),
    [
        ("OrganizationNotFound", list_organization_builds, ("acme",)),
        ("PipelineNotFound", get_pipeline, ("acme", "web")),
        ("BuildNotFound", get_build, ("acme", "web", 7)),
        ("JobNotFound", get_build_job, ("acme", "web", 7, "j1")),
        ("ArtifactNotFound", get_job_artifact, ("acme", "j1", "a1")),
        ("AnnotationNotFound", delete_build_annotation, ("acme", "web", 7, "n1")),
        ("ClusterNotFound", get_cluster, ("acme", "c1")),
        ("ClusterQueueNotFound", get_cluster_queue, ("acme", "c1", "q1")),
        ("AgentNotFound", get_agent, ("acme", "agent-1")),
        ("NotFound", get_current_user, ()),
    ],
)
async def test_a_404_is_the_error_of_the_deepest_resource_and_names_everything_in_the_path(
    flavor: Flavor, kind: str, endpoint: ModuleType, arguments: tuple[Any, ...]
) -> None:
    error = await refused(flavor, answer({"message": "Nothing here"}, 404), endpoint, *arguments)
    assert type(error) is getattr(errors, kind)
    assert isinstance(error, errors.NotFound)
    assert (error.status, error.reason, error.operation) == (404, "Nothing here", endpoint.__name__.rpartition(".")[2])
    for argument in arguments:
        assert repr(str(argument)) in str(error)


@pytest.mark.parametrize(
    ("status", "endpoint", "arguments", "acted"),
    [
        (503, create_build, {"body": CreateBuildRequest(commit="HEAD", branch="x")}, True),
        (500, create_build, {"body": CreateBuildRequest(commit="HEAD", branch="x")}, True),
        (502, rebuild_build, {"build_number": 1}, True),
        (503, get_pipeline, {}, False),
        (422, create_build, {"body": CreateBuildRequest(commit="HEAD", branch="x")}, False),
    ],
)
async def test_a_5xx_of_a_write_says_that_it_may_have_acted(
    flavor: Flavor, status: int, endpoint: ModuleType, arguments: dict[str, Any], acted: bool
) -> None:
    error = await refused(flavor, answer({"message": "No"}, status), endpoint, "acme", "web", **arguments)
    assert ("It may have acted: check before you send it again." in str(error)) is acted


async def test_a_503_that_is_documented_for_an_operation_means_that_nothing_was_done(flavor: Flavor) -> None:
    error = await refused(flavor, answer({"message": "No"}, 503), create_job_ssh_session, "acme", "id")
    assert type(error) is errors.ServiceUnavailable
    assert "may have acted" not in str(error)


async def test_a_5xx_of_a_write_outside_the_description_may_have_acted(flavor: Flavor) -> None:
    client = flavor.client(App(answer({"message": "No"}, 500)), retry=ONCE)
    with pytest.raises(errors.ServerError, match="may have acted"):
        await flavor.call(client.request, "POST", "/v2/organizations/acme/undocumented")


def test_every_resource_of_the_description_that_has_an_error_of_its_own_is_known() -> None:
    from buildkite_api.operations import OPERATIONS

    named = {operation.resource for operation in OPERATIONS.values()} - {""}
    assert named >= set(error_responses._NOT_FOUND)


@pytest.mark.parametrize(
    ("body", "reason", "entries"),
    [
        (
            {"message": "Validation Failed", "errors": [{"field": "name", "code": "is too long"}]},
            "Validation Failed",
            (FieldError("name", "is too long"),),
        ),
        ({"message": "Validation failed: Name can't be blank"}, "Validation failed: Name can't be blank", ()),
        ({"message": "The build is archived"}, "The build is archived", ()),
        (
            {"errors": ["no branch", {"message": "no commit"}]},
            "",
            (FieldError("", "no branch"), FieldError("", "no commit")),
        ),
        ({"error": "invalid_grant", "error_description": "expired"}, "expired", ()),
        ({"message": 3, "errors": {"not": "a list"}}, "", ()),
        ([], "", ()),
    ],
)
@pytest.mark.parametrize("status", [400, 422])
async def test_an_invalid_request_lists_what_buildkite_objected_to(
    flavor: Flavor, status: int, body: Any, reason: str, entries: tuple[FieldError, ...]
) -> None:
    error = await refused(
        flavor, answer(body, status), create_build, "acme", "web", body=CreateBuildRequest(commit="HEAD", branch="x")
    )
    assert type(error) is errors.InvalidRequest
    assert (error.reason, error.errors) == (reason, entries)
    for entry in entries:
        assert entry.code in str(error)
        assert entry.field in str(error)


@pytest.mark.parametrize(
    ("status", "endpoint", "arguments", "body", "kind"),
    [
        (422, cancel_build, ("acme", "web", 7), None, errors.BuildAlreadyFinished),
        (400, cancel_build, ("acme", "web", 7), None, errors.InvalidRequest),
        (422, unblock_job, ("acme", "j"), UnblockJobRequest(), errors.JobNotUnblockable),
        (400, unblock_build_job, ("acme", "web", 7, "j"), UnblockBuildJobRequest(), errors.JobNotUnblockable),
        (401, get_build, ("acme", "web", 7), None, errors.Unauthorized),
        (403, get_build, ("acme", "web", 7), None, errors.AccessDenied),
        (409, get_build, ("acme", "web", 7), None, errors.ApiError),
        (410, get_build, ("acme", "web", 7), None, errors.ApiError),
        (429, get_build, ("acme", "web", 7), None, errors.RateLimited),
        (500, get_build, ("acme", "web", 7), None, errors.ServerError),
        (502, get_build, ("acme", "web", 7), None, errors.ServerError),
        (503, get_build, ("acme", "web", 7), None, errors.ServiceUnavailable),
        (520, get_build, ("acme", "web", 7), None, errors.ServerError),
        (599, get_build, ("acme", "web", 7), None, errors.ServerError),
    ],
)
async def test_each_status_is_an_error_of_its_own_kind(
    flavor: Flavor, status: int, endpoint: Any, arguments: tuple[Any, ...], body: Any, kind: type
) -> None:
    options = {} if body is None else {"body": body}
    error = await refused(flavor, answer({"message": "No"}, status), endpoint, *arguments, **options)
    assert type(error) is kind
    assert (error.status, error.method) == (status, "GET" if endpoint is get_build else "PUT")
    assert str(error).startswith(f"{error.method} {error.path} answered {status}: No")


async def test_access_denied_names_the_scope_that_the_operation_needs(flavor: Flavor) -> None:
    error = await refused(
        flavor, answer({"message": "Forbidden"}, 403), stop_agent, "acme", "agent-1", body=StopAgentRequest()
    )
    assert error.scope == "write_agents"
    assert "stop_agent needs the scope write_agents" in str(error)


async def test_unauthorized_says_where_to_look(flavor: Flavor) -> None:
    error = await refused(flavor, answer({"message": "Authentication required"}, 401), list_agents, "acme")
    assert "https://buildkite.com/user/api-access-tokens" in str(error)


async def test_rate_limited_says_which_limit_and_for_how_long(flavor: Flavor) -> None:
    body = {"message": "Slow down", "scope": "rest_user", "limit": 50, "current": 51, "reset": 42}
    error = await refused(flavor, answer(body, 429), list_agents, "acme")
    assert (error.scope, error.limit, error.retry_after) == ("rest_user", 50, 42.0)


async def test_a_proxy_s_page_is_told_apart_from_buildkite_s_answers(flavor: Flavor) -> None:
    page = httpx.Response(502, html="<html><h1>Bad Gateway</h1>" + "x" * 9999)
    error = await refused(flavor, page, get_build, "acme", "web", 7)
    assert error.reason == "Bad Gateway (text/html instead of JSON)"
    assert "<h1>" not in str(error)
    assert b"<h1>" in error.response.content


async def test_a_page_of_success_instead_of_json_is_an_invalid_response(flavor: Flavor) -> None:
    error = await refused(flavor, httpx.Response(200, html="<html>Sign in"), get_build, "acme", "web", 7)
    assert type(error) is errors.InvalidResponse
    assert "/v2/organizations/acme/pipelines/web/builds/7" in str(error)


async def test_plain_text_is_quoted_up_to_a_bound(flavor: Flavor) -> None:
    error = await refused(flavor, httpx.Response(500, text="boom " * 400), get_build, "acme", "web", 7)
    assert error.reason.startswith("boom boom")
    assert len(error.reason) <= 500


@pytest.mark.parametrize("body", [b"", b"\xff\xfe", b"[" * 100_000, b"null", b'{"message": "' + b"x" * 9999 + b'"}'])
async def test_no_body_is_too_odd_for_an_error(flavor: Flavor, body: bytes) -> None:
    error = await refused(flavor, httpx.Response(500, content=body), get_build, "acme", "web", 7)
    assert type(error) is errors.ServerError
    assert len(str(error)) < 700


async def test_an_unknown_redirect_is_not_followed_and_says_why(flavor: Flavor) -> None:
    app = App(httpx.Response(301, headers={"Location": "https://evil.test/v2/organizations"}), answer([]))
    client = flavor.client(app)
    with pytest.raises(errors.InvalidResponse, match="Redirects aren't followed"):
        await flavor.call(client.call, get_build, "acme", "web", 7)
    assert len(app.requests) == 1


@pytest.mark.parametrize("location", ["https://xn--0/", "https://[::1", "https://ü..d", "mailto:x", "\0", "//"])
async def test_a_redirect_to_nonsense_is_an_error_of_ours(flavor: Flavor, location: str) -> None:
    response = httpx.Response(302, headers=[(b"Location", location.encode())])
    error = await refused(flavor, response, get_build, "acme", "web", 7)
    assert isinstance(error, errors.BuildkiteError)


def test_the_names_of_the_error_module_are_complete() -> None:
    classes = {
        name
        for name, value in vars(errors).items()
        if inspect.isclass(value) and value.__module__ == errors.__name__ and not name.startswith("_")
    }
    assert classes | {"WebhookReason"} == set(errors.__all__)
    assert classes <= set(buildkite_ext.__all__)


def test_the_tree_at_the_top_of_the_module_shows_every_error_and_is_documented() -> None:
    assert errors.__doc__
    for name in sorted(set(errors.__all__) - {"WebhookReason"}):
        kind = getattr(errors, name)
        assert kind.__doc__, f"{name} has no docstring"
        if issubclass(kind, Exception):
            assert issubclass(kind, errors.BuildkiteError)
            assert name in errors.__doc__.replace("FieldError", ""), f"{name} isn't in the tree"


def test_a_deadline_is_also_a_timeout_error() -> None:
    assert issubclass(errors.DeadlineExceeded, TimeoutError)


def an_error_of_each_kind() -> list[errors.BuildkiteError]:
    found: list[errors.BuildkiteError] = []
    for name in sorted(set(errors.__all__) - {"WebhookReason"}):
        kind: Any = getattr(errors, name)
        if issubclass(kind, errors.ApiError):
            response = httpx.Response(422, json={"message": "no"}, headers={"content-encoding": "identity"})
            response.request = httpx.Request("GET", "https://x", headers={"Authorization": f"Bearer {TOKEN}"})
            found.append(
                kind(
                    "what",
                    response=response,
                    reason="no",
                    errors=[FieldError("f", "c")],
                    operation="o",
                    method="M",
                    path="/p",
                )
            )
        elif issubclass(kind, errors.ArtifactUnavailable):
            found.append(kind("what", status=403))
        elif issubclass(kind, errors.WebhookError):
            found.append(kind("what", reason="mismatch"))
        elif issubclass(kind, errors.BuildkiteError):
            found.append(kind("what"))
    return found


@pytest.mark.parametrize("error", an_error_of_each_kind(), ids=lambda error: type(error).__name__)
def test_every_error_survives_pickling_without_the_token(error: errors.BuildkiteError) -> None:
    error.add_note("while testing")
    pickled = pickle.dumps(error)
    assert TOKEN.encode() not in pickled
    copy = pickle.loads(pickled)
    assert type(copy) is type(error)
    assert (str(copy), copy.args, copy.__notes__) == (str(error), error.args, error.__notes__)
    for name in ("status", "reason", "errors", "operation", "method", "path", "scope", "limit", "retry_after"):
        assert getattr(copy, name, None) == getattr(error, name, None)
    if isinstance(error, errors.ApiError):
        assert copy.response.json() == error.response.json()


async def test_an_error_that_was_raised_survives_pickling(flavor: Flavor) -> None:
    body = {"message": "Slow down", "scope": "rest", "limit": 200, "reset": 9}
    error = await refused(flavor, answer(body, 429), get_build, "acme", "web", 7)
    copy = pickle.loads(pickle.dumps(error))
    assert (str(copy), copy.retry_after, copy.scope, copy.limit) == (str(error), 9.0, "rest", 200)


@pytest.mark.parametrize(
    "response",
    [
        answer({"message": "no"}, 404),
        answer({"message": "slow", "reset": 600}, 429),
        httpx.Response(200, text="nonsense"),
        httpx.Response(200, stream=Body(b"half", httpx.ReadError("lost"))),
    ],
    ids=["404", "429", "nonsense", "truncated"],
)
async def test_nothing_that_an_error_holds_is_the_token(flavor: Flavor, response: httpx.Response) -> None:
    error = await refused(flavor, response, get_build, "acme", "web", 7)
    error.__traceback__ = error.__cause__ = error.__context__ = None
    seen: set[int] = set()
    heap: list[Any] = [error]
    while heap:
        thing = heap.pop()
        if id(thing) in seen or isinstance(thing, type | ModuleType | FrameType | TracebackType) or callable(thing):
            continue
        seen.add(id(thing))
        if isinstance(thing, str | bytes):
            assert TOKEN not in (thing if isinstance(thing, str) else thing.decode("latin-1"))
        heap.extend(gc.get_referents(thing))


@pytest.mark.parametrize(
    ("body", "headers", "seconds"),
    [
        ({"reset": 12, "scope": "rest"}, {"RateLimit-Reset": "50", "RateLimit-User-Reset": "40"}, 12),
        ({"scope": "rest"}, {"RateLimit-Reset": "50", "RateLimit-User-Reset": "40"}, 50),
        ({"scope": "rest_user"}, {"RateLimit-Reset": "50", "RateLimit-User-Reset": "40"}, 40),
        ({"scope": "rest_user"}, {"RateLimit-Reset": "50"}, 50),
        ({"scope": "rest"}, {"RateLimit-User-Reset": "40"}, 40),
        (
            {},
            {
                "RateLimit-Reset": "50",
                "RateLimit-Remaining": "3",
                "RateLimit-User-Reset": "40",
                "RateLimit-User-Remaining": "0",
            },
            40,
        ),
        ({}, {"RateLimit-Reset": "50", "RateLimit-User-Reset": "40"}, 50),
        ({"scope": "analytics_user"}, {"RateLimit-Reset": "50", "RateLimit-User-Reset": "40"}, 40),
        (
            {"scope": "person"},
            {"RateLimit-Reset": "50", "RateLimit-User-Reset": "40", "RateLimit-User-Scope": "person"},
            40,
        ),
        (None, {"RateLimit-Reset": "50", "RateLimit-User-Reset": "40", "RateLimit-User-Warning": "slow down"}, 40),
        (
            {},
            {
                "RateLimit-Reset": "50",
                "RateLimit-Remaining": "3",
                "RateLimit-User-Reset": "40",
                "RateLimit-User-Remaining": "-2",
            },
            40,
        ),
        ({"scope": 7}, {"RateLimit-Reset": "-1"}, 0),
        ({"scope": "rest"}, {"RateLimit-Reset": "-1", "RateLimit-User-Reset": "40"}, 0),
        ({"reset": 0.5}, {"RateLimit-Reset": "5"}, 0.5),
        ({}, {"Retry-After": "-7"}, 0),
        ({}, {"Retry-After": "7"}, 7),
        ({}, {}, None),
        ({"reset": "soon"}, {"RateLimit-Reset": "never", "Retry-After": "Fri, 31 Dec 1999 23:59:59 GMT"}, None),
        ({"reset": -1}, {"RateLimit-Reset": "5"}, 5),
        ({"reset": True}, {"RateLimit-Reset": "5"}, 5),
        ({"reset": 0}, {"RateLimit-Reset": "5"}, 0),
        ({"reset": 1e300}, {"RateLimit-Reset": "5"}, 5),
        (None, {"RateLimit-Reset": "5"}, 5),
    ],
)
def test_the_wait_is_that_of_the_limit_that_was_hit(body: Any, headers: dict[str, str], seconds: float | None) -> None:
    assert reset_after(httpx.Response(429, json=body, headers=headers)) == seconds


json_values = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)
bodies = st.dictionaries(
    st.sampled_from(["message", "errors", "scope", "limit", "reset", "error", "error_description"]), json_values
)


@given(bodies | json_values, st.integers(400, 599))
def test_no_json_is_too_odd_for_an_error(body: Any, status: int) -> None:
    import json

    content = json.dumps(body).encode()
    error = from_response(httpx.Response(status, content=content), None, {}, method="GET", path="/v2/x")
    assert error.status == status
    assert isinstance(str(error), str)
    again = pickle.loads(pickle.dumps(error))
    assert str(again) == str(error)


# --- What a message shows ---------------------------------------------------------------------------------------------


async def test_the_request_id_is_in_the_error_and_in_its_message(flavor: Flavor) -> None:
    for status in (404, 422, 500):
        error = await refused(
            flavor, answer({"message": "no"}, status, X_Request_Id="4f1c"), get_build, "acme", "web", 7
        )
        assert error.request_id == "4f1c"
        assert str(error).splitlines()[-1] == "Request id for Buildkite's support: 4f1c"
        assert pickle.loads(pickle.dumps(error)).request_id == "4f1c"
    error = await refused(flavor, answer({"message": "no"}, 404), get_build, "acme", "web", 7)
    assert error.request_id is None
    assert "Request id" not in str(error)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[31mred\x1b[0m", r"\x1b[31mred\x1b[0m"),
        ("one\r\nERROR two", r"one\r\nERROR two"),
        ("\u202egnp.exe", r"\u202egnp.exe"),
        ("\x9b2J\x07", r"\x9b2J\x07"),
    ],
)
async def test_control_characters_of_a_server_are_shown_and_do_nothing(flavor: Flavor, text: str, shown: str) -> None:
    body = {"message": text, "errors": [{"field": text, "code": text}, text]}
    error = await refused(flavor, answer(body, 422), get_build, "acme", "web", 7)
    assert str(error).splitlines() == [
        f"GET /v2/organizations/acme/pipelines/web/builds/7 answered 422: {shown}",
        f"  {shown}: {shown}",
        f"  {shown}",
    ]
    assert error.reason == text
    assert error.errors[1].code == text
    assert str(errors.InvalidResponse(f"got {text}")).replace("\n", r"\n") == f"got {shown}"


# --- Tracebacks -------------------------------------------------------------------------------------------------------

CALLS: dict[str, tuple[httpx.Response, Any]] = {
    "call": (answer({"message": "no"}, 404), lambda client: client.builds.get("web", 1)),
    "generated": (answer({"message": "no"}, 404), lambda client: client.call(get_build, "acme", "web", 1)),
    "wait": (answer({"message": "no"}, 404), lambda client: client.builds.wait("web", 1)),
    "log": (answer({"message": "no"}, 404), lambda client: client.jobs.log("web", 1, "j1")),
    "download": (answer({"message": "no"}, 404), lambda client: client.artifacts.download_all("web", 1, to="x")),
    "lost": (httpx.Response(200, stream=Body(b"half", httpx.ReadError("gone"))), lambda client: client.user.get()),
    "nonsense": (httpx.Response(200, text="nonsense"), lambda client: client.user.get()),
    "list": (answer({"message": "no"}, 404), lambda client: client.builds.list("web")),
    "all": (answer({"message": "no"}, 404), lambda client: client.builds.list("web").all()),
    "first": (answer({"message": "no"}, 404), lambda client: client.builds.list("web").first()),
    "pages": (answer({"message": "no"}, 404), lambda client: client.builds.list("web").pages()),
    "follow": (answer({"message": "no"}, 404), lambda client: client.builds.follow("web", 1)),
}


@pytest.mark.parametrize(("response", "begin"), CALLS.values(), ids=CALLS)
async def test_a_traceback_ends_at_the_line_that_called(flavor: Flavor, response: httpx.Response, begin: Any) -> None:
    client = flavor.client(App(response), retry=ONCE)
    caught: errors.BuildkiteError | None = None
    result: Any = None
    try:
        result = begin(client)
        if inspect.isawaitable(result):
            await result
        elif flavor.blocking:
            for _ in result:
                pass
        else:
            async for _ in result:
                pass
    except errors.BuildkiteError as error:
        caught = error
    assert caught is not None
    each: BaseException | None = caught
    while each is not None:
        frames = []
        step = each.__traceback__
        while step is not None:
            frames.append(step.tb_frame.f_code.co_filename)
            step = step.tb_next
        assert len(frames) <= 3
        assert set(frames) <= {__file__}
        each = each.__cause__ or each.__context__


async def test_an_error_that_was_being_handled_keeps_its_traceback(flavor: Flavor) -> None:
    client = flavor.client(App(answer({"message": "no"}, 404)), retry=ONCE)

    async def handling() -> None:
        try:
            raise KeyError("the user's own")
        except KeyError:
            await flavor.call(client.builds.get, "web", 1)

    with pytest.raises(errors.NotFound) as caught:
        await handling()
    own = caught.value.__context__
    assert isinstance(own, KeyError)
    assert own.__traceback__ is not None
