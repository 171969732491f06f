"""The token goes to the API's own origin, and nowhere else; not even into a log."""

from __future__ import annotations

import itertools
import logging
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from buildkite_ext import BuildkiteClient, errors
from buildkite_ext.simulation import Simulator
from buildkite_ext.simulation.server import running
from buildkite_ext.transport.auth import origin

from .fakes import API, TOKEN, App, Flavor, agents, answer, build

SIGNED = f"Bearer {TOKEN}"


def artifact(**changes: Any) -> Any:
    from buildkite_ext.models import Artifact

    fields = {
        "id": "a1",
        "job_id": "j1",
        "url": "",
        "download_url": "",
        "state": "finished",
        "path": "x",
        "filename": "x",
    }
    return Artifact.from_dict({**fields, **changes})


async def test_requests_to_the_api_are_signed(flavor: Flavor) -> None:
    app = App(answer(build(7)))
    await flavor.call(flavor.client(app).builds.get, "web", 7)
    assert app.requests[0].headers["Authorization"] == SIGNED


async def test_the_token_is_not_sent_to_the_storage_of_artifacts(flavor: Flavor, tmp_path: Path) -> None:
    def app(request: httpx.Request) -> httpx.Response:
        seen.append((request.url.host, request.headers.get("Authorization")))
        if request.url.host == "storage.test":
            return httpx.Response(200, content=b"ok")
        return httpx.Response(302, headers={"Location": "https://storage.test/a?X-Amz-Signature=abc"})

    seen: list[tuple[str, str | None]] = []
    client = flavor.client(app)
    await flavor.call(client.artifacts.download, artifact(), tmp_path / "a")
    assert seen == [("api.buildkite.com", SIGNED), ("storage.test", None)]


@pytest.mark.parametrize(
    "link",
    [
        "https://evil.test/v2/organizations/acme/agents?page=2",
        "http://api.buildkite.com/v2/organizations/acme/agents?page=2",
        "https://api.buildkite.com:444/v2/organizations/acme/agents?page=2",
        "https://api.buildkite.com.evil.test/v2/organizations/acme/agents?page=2",
        "https://api.buildkite.com@evil.test/v2/organizations/acme/agents?page=2",
        "//evil.test/v2/organizations/acme/agents?page=2",
        "/v2/organizations/other/agents?page=2",
        "/v2/user",
        "https://xn--0/",
        "https://[::1",
        "file:///etc/passwd",
    ],
)
async def test_a_next_page_anywhere_but_in_the_same_list_is_refused(flavor: Flavor, link: str) -> None:
    header = [(b"Link", f'<{link}>; rel="next"'.encode())]
    app = App(httpx.Response(200, json=agents([1]), headers=header))
    client = flavor.client(app)
    with pytest.raises(errors.InvalidResponse, match="link to the next page"):
        await flavor.list(client.agents.list())
    assert len(app.requests) == 1


async def test_a_credential_that_buildkite_repeats_in_a_link_is_left_out(flavor: Flavor) -> None:
    app = App(
        answer(
            agents([1]),
            Link=f'<{API}/v2/organizations/acme/agents?api_key=hunter2&access_token=hunter2&page=2>; rel="next"',
        ),
        answer(agents([2])),
    )
    assert len(await flavor.list(flavor.client(app).agents.list())) == 2
    assert app.paths[1] == "/v2/organizations/acme/agents?page=2"


async def test_an_absolute_address_sent_by_hand_is_not_signed(flavor: Flavor) -> None:
    app = App(answer({}))
    raw = flavor.client(app).raw
    http = raw.get_httpx_client() if flavor.blocking else raw.get_async_httpx_client()
    await flavor.call(http.get, "https://evil.test/v2/user")
    await flavor.call(http.get, f"{API}/v2/user")
    await flavor.call(http.get, "/v2/user")
    assert [request.headers.get("Authorization") for request in app.requests] == [None, SIGNED, SIGNED]


def current(source: Callable[[], str], *, wait: bool) -> Any:
    if not wait:
        return source

    async def token() -> str:
        return source()

    return token


async def test_a_token_that_rotates_is_asked_for_with_each_request(flavor: Flavor) -> None:
    for wait in [False] if flavor.blocking else [False, True]:
        tokens = (f"token-{number}" for number in itertools.count(1))
        app = App(answer(build(7)))
        client = flavor.client(app, token=current(tokens.__next__, wait=wait))
        for _ in range(3):
            await flavor.call(client.builds.get, "web", 7)
        assert [request.headers["Authorization"] for request in app.requests] == [
            "Bearer token-1",
            "Bearer token-2",
            "Bearer token-3",
        ]


async def test_an_async_token_function_needs_the_async_client() -> None:
    async def token() -> str:
        return TOKEN

    client = BuildkiteClient("acme", token=token, transport=httpx.MockTransport(App(answer({}))))  # type: ignore[arg-type]
    with pytest.raises(errors.ConfigurationError, match="AsyncBuildkiteClient"):
        client.builds.get("web", 7)


@pytest.mark.parametrize("given", [None, b"bytes", 42, "", "two words", "a\nb"])
async def test_a_function_that_gives_something_else_than_a_token_is_named_as_the_cause(
    flavor: Flavor, given: Any
) -> None:
    app = App(answer({}))
    client = flavor.client(app, token=lambda: given)
    with pytest.raises(errors.ConfigurationError, match="token"):
        await flavor.call(client.builds.get, "web", 7)
    assert app.requests == []


async def test_an_error_of_the_token_function_comes_out_as_it_is(flavor: Flavor) -> None:
    def token() -> str:
        raise LookupError("vault is sealed")

    client = flavor.client(App(answer({})), token=token)
    with pytest.raises(LookupError, match="vault is sealed"):
        await flavor.call(client.builds.get, "web", 7)


async def test_no_log_line_at_any_level_holds_a_credential(
    flavor: Flavor, caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    def app(request: httpx.Request) -> httpx.Response:
        if request.url.host == "storage.test":
            return httpx.Response(200, content=b"ok")
        if request.url.path.endswith("/download"):
            return httpx.Response(302, headers={"Location": "https://storage.test/a?X-Amz-Signature=hunter2&part=1"})
        page = request.url.params.get("page", "1")
        if page == "3":
            return answer({"message": "no"}, 503)
        link = f'<{API}{request.url.path}?api_key=hunter2&page={int(page) + 1}>; rel="next"'
        return answer(agents([int(page)]), Link=link)

    caplog.set_level(logging.DEBUG)
    for name in ("httpx", "httpcore", "buildkite_ext"):
        caplog.set_level(logging.DEBUG, logger=name)
    client = flavor.client(app)
    with pytest.raises(errors.ServiceUnavailable) as error:
        await flavor.list(client.agents.list())
    await flavor.call(client.artifacts.download, artifact(), tmp_path / "a")
    logging.getLogger("httpx").error("failed", exc_info=error.value)
    assert "HTTP Request" in caplog.text
    for secret in (TOKEN, "hunter2"):
        assert secret not in caplog.text
        assert all(secret not in repr(record.args) for record in caplog.records)


def test_what_really_goes_over_the_wire_leaves_no_credential_in_a_log(
    caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    simulator = Simulator("acme")
    simulator.pipeline("web").job("test", artifacts={"a.whl": b"wheel"}).history(1)
    for name in ("httpx", "httpcore.http11", "httpcore.connection"):
        caplog.set_level(logging.DEBUG, logger=name)
    with running(simulator) as base_url, BuildkiteClient("acme", token=simulator.token, base_url=base_url) as client:
        client.artifacts.download(next(iter(client.artifacts.list("web", 1))), tmp_path / "a")
    assert "b'location', b'http" in caplog.text
    assert simulator.token not in caplog.text
    assert set(re.findall(r"Signature=([^&' ]+)", caplog.text)) == {"REDACTED"}


hosts = st.sampled_from(
    ["api.buildkite.com", "API.buildkite.com", "api.buildkite.com.", "evil.test", "localhost", "[::1]"]
)


@given(st.sampled_from(["http", "https"]), hosts, st.sampled_from(["", ":80", ":443", ":8443"]))
def test_an_origin_is_scheme_host_and_port(scheme: str, host: str, port: str) -> None:
    url = httpx.URL(f"{scheme}://{host}{port}/v2")
    same = scheme == "https" and host.lower() == "api.buildkite.com" and port in ("", ":443")
    assert (origin(url) == origin(httpx.URL(API))) is same
