"""Health checks of load balancers: answered at a path, and never counted as refusals."""

from __future__ import annotations

import asyncio
import io
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.routing import Mount

from buildkite_ext.errors import ConfigurationError
from buildkite_ext.webhooks import AllowedIPs, DeliveryEvent, WebhookHandler, WebhookResponse

from .posting import NOW, PING, SECRET, signed


def healthy(reports: list[DeliveryEvent], health: str | None = "/healthz", **options: Any) -> WebhookHandler:
    return WebhookHandler(secret=SECRET, health=health, now=lambda: NOW, on_delivery_event=reports.append, **options)


def by_asgi(hooks: WebhookHandler, method: str, path: str) -> tuple[int, bytes]:
    return _over_asgi(hooks.asgi(), method, path)


def in_a_mount(hooks: WebhookHandler, method: str, path: str) -> tuple[int, bytes]:
    return _over_asgi(Starlette(routes=[Mount("/hooks", app=hooks.asgi())]), method, f"/hooks{path}")


def _over_asgi(app: Any, method: str, path: str) -> tuple[int, bytes]:
    async def scenario() -> tuple[int, bytes]:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://hooks.test") as http:
            answer = await http.request(method, path)
            return answer.status_code, answer.content

    return asyncio.run(scenario())


def by_wsgi(hooks: WebhookHandler, method: str, path: str) -> tuple[int, bytes]:
    statuses: list[str] = []
    environ = {"REQUEST_METHOD": method, "PATH_INFO": path, "SCRIPT_NAME": "/hooks", "wsgi.input": io.BytesIO()}
    body = b"".join(hooks.wsgi()(environ, lambda status, headers: statuses.append(status)))
    return int(statuses[0][:3]), body


def _by_lambda(hooks: WebhookHandler, event: dict[str, Any]) -> tuple[int, bytes]:
    answer = hooks.aws_lambda(event)
    return answer["statusCode"], answer["body"].encode()


def by_function_url(hooks: WebhookHandler, method: str, path: str) -> tuple[int, bytes]:
    context = {"http": {"method": method, "sourceIp": "192.0.2.7"}, "stage": "$default"}
    return _by_lambda(hooks, {"version": "2.0", "rawPath": path, "headers": {}, "requestContext": context})


def by_http_api_with_a_stage(hooks: WebhookHandler, method: str, path: str) -> tuple[int, bytes]:
    context = {"http": {"method": method, "sourceIp": "192.0.2.7"}, "stage": "prod"}
    return _by_lambda(hooks, {"version": "2.0", "rawPath": f"/prod{path}", "headers": {}, "requestContext": context})


def by_rest_api(hooks: WebhookHandler, method: str, path: str) -> tuple[int, bytes]:
    context = {"identity": {"sourceIp": "192.0.2.7"}, "stage": "prod"}
    return _by_lambda(hooks, {"httpMethod": method, "path": path, "headers": {}, "requestContext": context})


def by_load_balancer(hooks: WebhookHandler, method: str, path: str) -> tuple[int, bytes]:
    context = {"elb": {"targetGroupArn": "arn"}}
    return _by_lambda(hooks, {"httpMethod": method, "path": path, "headers": {}, "requestContext": context})


WAYS = [
    by_asgi,
    in_a_mount,
    by_wsgi,
    by_function_url,
    by_http_api_with_a_stage,
    by_rest_api,
    by_load_balancer,
]


@pytest.mark.parametrize("way", WAYS)
def test_a_health_check_is_answered_and_not_counted(way: Any, caplog: pytest.LogCaptureFixture) -> None:
    reports: list[DeliveryEvent] = []
    # Nobody's address is allowed, and none was asked for.
    hooks = healthy(reports, allowed_ips=AllowedIPs(list))
    assert way(hooks, "GET", "/healthz") == (200, b'{"message": "Healthy."}')
    assert way(hooks, "HEAD", "/healthz") == (200, b"")
    assert (hooks.counts, reports, caplog.records) == ({}, [], [])
    hooks.close()
    assert way(hooks, "GET", "/healthz")[0] == 503  # the load balancer sends nothing more
    assert reports == []


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    ("method", "path"), [("GET", "/"), ("GET", "/healthz/"), ("POST", "/healthz"), ("DELETE", "/healthz")]
)
def test_other_requests_are_as_before(way: Any, method: str, path: str) -> None:
    reports: list[DeliveryEvent] = []
    hooks = healthy(reports)
    assert way(hooks, method, path)[0] in (405, 411, 415)
    assert hooks.counts["refused"] == 1
    hooks.close()


@pytest.mark.parametrize("way", WAYS)
def test_it_is_off_unless_asked_for(way: Any) -> None:
    hooks = healthy([], None)
    assert way(hooks, "GET", "/healthz")[0] == 405
    hooks.close()


def test_the_path_of_the_webhooks_may_be_the_one_of_health_checks() -> None:
    hooks = healthy([], "/")
    assert by_asgi(hooks, "GET", "/")[0] == 200

    async def scenario() -> WebhookResponse:
        response = await hooks.receive("POST", signed(PING), PING)
        await hooks.aclose()
        return response

    assert asyncio.run(scenario()).status == 200


@pytest.mark.parametrize("wrong", ["healthz", "", "http://x/healthz"])
def test_a_path_begins_with_a_slash(wrong: str) -> None:
    with pytest.raises(ConfigurationError, match='such as "/healthz"'):
        healthy([], wrong)
