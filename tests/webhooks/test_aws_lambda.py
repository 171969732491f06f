"""The AWS Lambda adapter, with the events of each service."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from buildkite_ext.webhooks import AllowedIPs, BuildFinished, Delivery, DeliveryEvent, DeliveryRefused, WebhookHandler

from .posting import NOW, SECRET, build_body, signed


@pytest.fixture
def hooks() -> Iterator[WebhookHandler]:
    it = WebhookHandler(secret=SECRET, now=lambda: NOW)
    yield it
    it.close()


def payload(body: bytes, encoded: bool) -> dict[str, Any]:
    return {"body": base64.b64encode(body).decode() if encoded else body.decode(), "isBase64Encoded": encoded}


def rest_api(body: bytes, encoded: bool = False, address: str = "192.0.2.7") -> dict[str, Any]:
    headers = signed(body)
    return {
        "resource": "/buildkite",
        "path": "/buildkite",
        "httpMethod": "POST",
        "headers": headers,
        "multiValueHeaders": {name: [value] for name, value in headers.items()},
        "queryStringParameters": None,
        "requestContext": {"identity": {"sourceIp": address, "userAgent": "Buildkite"}, "stage": "prod"},
        **payload(body, encoded),
    }


def http_api(body: bytes, encoded: bool = False, address: str = "192.0.2.7") -> dict[str, Any]:
    return {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": "/buildkite",
        "headers": {name.lower(): value for name, value in signed(body).items()},
        "requestContext": {"http": {"method": "POST", "path": "/buildkite", "sourceIp": address}},
        **payload(body, encoded),
    }


def balancer(body: bytes, encoded: bool = False, address: str = "192.0.2.7") -> dict[str, Any]:
    headers = {name.lower(): value for name, value in signed(body).items()}
    return {
        "requestContext": {"elb": {"targetGroupArn": "arn:aws:elasticloadbalancing:us-east-1:1:targetgroup/x/y"}},
        "httpMethod": "POST",
        "path": "/buildkite",
        "queryStringParameters": {},
        "headers": {**headers, "x-forwarded-for": address},
        **payload(body, encoded),
    }


def several(body: bytes, encoded: bool = False, address: str = "192.0.2.7") -> dict[str, Any]:
    event = balancer(body, encoded, address)
    event["multiValueHeaders"] = {name: [value] for name, value in event.pop("headers").items()}
    return event


FORMS = [rest_api, http_api, balancer, several]


@pytest.mark.parametrize("encoded", [False, True])
@pytest.mark.parametrize("form", FORMS)
def test_a_delivery_is_handled_before_the_answer(hooks: WebhookHandler, form: Any, encoded: bool) -> None:
    seen: list[bytes] = []

    @hooks.on("build.finished")
    async def note(event: BuildFinished) -> None:
        await asyncio.sleep(0.01)
        seen.append(event.raw)

    body = build_body(message="Größe — étape 2 \u2028")
    answer = hooks.aws_lambda(form(body, encoded), object())
    assert (answer["statusCode"], seen) == (200, [body])
    assert json.loads(answer["body"]) == {"message": "Handled."}
    assert answer["isBase64Encoded"] is False
    assert json.loads(json.dumps(answer)) == answer


def test_each_service_gets_its_form_of_response(hooks: WebhookHandler) -> None:
    headers = {"Content-Type": "application/json"}
    answers = [hooks.aws_lambda(form(build_body(number=number))) for number, form in enumerate(FORMS)]
    assert [answer.get("headers") for answer in answers] == [headers, headers, headers, None]
    assert answers[3]["multiValueHeaders"] == {"Content-Type": ["application/json"]}
    assert [answer.get("statusDescription") for answer in answers] == [None, None, "200 OK", "200 OK"]


def test_after_a_failed_handler_the_status_is_as_configured() -> None:
    for way, status in (("accepted", 200), ("handled", 500)):
        hooks = WebhookHandler(secret=SECRET, now=lambda: NOW, respond_after=way)  # type: ignore[arg-type]
        hooks.on("*")(lambda event: 1 / 0)
        assert hooks.aws_lambda(http_api(build_body()))["statusCode"] == status
        assert hooks.counts["failed"] == 1
        hooks.close()


def test_with_another_sink_only_that_is_awaited() -> None:
    class Sink:
        def __init__(self) -> None:
            self.deliveries: list[Delivery] = []

        async def put(self, delivery: Delivery, /) -> None:
            await asyncio.sleep(0)
            self.deliveries.append(delivery)

        async def aclose(self) -> None: ...

    sink = Sink()
    hooks = WebhookHandler(secret=SECRET, now=lambda: NOW, sink=sink)
    hooks.on("*")(lambda event: pytest.fail("that is the workers' business"))
    body = build_body()
    assert hooks.aws_lambda(rest_api(body))["statusCode"] == 200
    assert [delivery.body for delivery in sink.deliveries] == [body]
    hooks.close()


def test_the_same_delivery_again_is_answered_and_not_handled(hooks: WebhookHandler) -> None:
    answers = [hooks.aws_lambda(http_api(build_body())) for _ in range(2)]
    assert [json.loads(answer["body"])["message"] for answer in answers] == ["Handled.", "Accepted before."]
    assert hooks.counts["handled"] == 1


def test_a_header_that_came_twice_is_refused(hooks: WebhookHandler) -> None:
    event = rest_api(build_body())
    event["multiValueHeaders"]["X-Buildkite-Signature"] *= 2
    assert hooks.aws_lambda(event)["statusCode"] == 401
    event = http_api(build_body())  # this form joins them
    event["headers"]["x-buildkite-signature"] += "," + event["headers"]["x-buildkite-signature"]
    assert hooks.aws_lambda(event)["statusCode"] == 401


@pytest.mark.parametrize(
    "change",
    [
        {"body": 7},
        {"body": "\ud800"},
        {"body": "not base64!", "isBase64Encoded": True},
        {"body": "é", "isBase64Encoded": True},
        {"body": None},
        {"requestContext": None},
        {"requestContext": {"http": {"method": 3}}},
    ],
)
def test_an_event_that_is_broken_is_answered_400_or_401(hooks: WebhookHandler, change: dict[str, Any]) -> None:
    assert hooks.aws_lambda({**http_api(build_body()), **change})["statusCode"] in (400, 401)


@pytest.mark.parametrize("event", [None, [], "Records", {"source": "aws.events"}, {"Records": [{}]}])
def test_an_event_that_is_not_a_request_is_400(hooks: WebhookHandler, event: Any) -> None:
    assert hooks.aws_lambda(event)["statusCode"] == 400


def test_a_body_that_is_too_large(hooks: WebhookHandler) -> None:
    for encoded in (False, True):
        assert hooks.aws_lambda(rest_api(b'{"event": "ping"}' + b" " * (3 << 20), encoded))["statusCode"] == 413


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda it: st.lists(it) | st.dictionaries(st.text(), it),
    max_leaves=6,
)


@given(st.sampled_from(FORMS), st.data())
def test_any_event_gets_a_response(form: Any, data: st.DataObject) -> None:
    event = form(build_body())
    for key in data.draw(st.sets(st.sampled_from(sorted(event)))):
        event[key] = data.draw(JSON)
    hooks = WebhookHandler(secret=SECRET, now=lambda: NOW)
    try:
        assert 200 <= hooks.aws_lambda(event)["statusCode"] < 600
    finally:
        hooks.close()


@pytest.mark.parametrize("form", FORMS)
def test_the_clients_address_is_the_services(form: Any) -> None:
    reports: list[DeliveryEvent] = []
    # A load balancer doesn't give its own address.
    sources = AllowedIPs(lambda: ["192.0.2.0/24"], trusted_proxies=["unix:"])
    hooks = WebhookHandler(secret=SECRET, now=lambda: NOW, allowed_ips=sources, on_delivery_event=reports.append)
    assert hooks.aws_lambda(form(build_body(), address="198.51.100.1"))["statusCode"] == 403
    assert hooks.aws_lambda(form(build_body()))["statusCode"] == 200
    assert isinstance(reports[0], DeliveryRefused)
    assert reports[0].reason == "source"
    hooks.close()


def test_a_load_balancer_must_be_trusted() -> None:
    hooks = WebhookHandler(secret=SECRET, now=lambda: NOW, allowed_ips=AllowedIPs(lambda: ["192.0.2.0/24"]))
    assert hooks.aws_lambda(balancer(build_body()))["statusCode"] == 403
    hooks.close()
