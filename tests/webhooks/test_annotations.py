"""A handler that is annotated with events gets these and no other ones."""

from __future__ import annotations

import functools
import json
from typing import Annotated, Any

import pytest

from buildkite_ext import ConfigurationError
from buildkite_ext.webhooks import (
    BuildEvent,
    BuildFinished,
    BuildRunning,
    DeliveryEvent,
    HandlerFailed,
    JobFinished,
    UnknownEvent,
    WebhookEvent,
    WebhookHandler,
)

BUILD = {"build": {"id": "b1", "state": "passed"}, "pipeline": {"slug": "web"}}
HEADERS = {"Content-Type": "application/json"}


class Receiver:
    """A receiver that runs its handlers within the request."""

    def __init__(self) -> None:
        self.seen: list[WebhookEvent] = []
        self.reported: list[DeliveryEvent] = []
        self.hooks = WebhookHandler(
            allow_unsigned=True, respond_after="handled", on_delivery_event=self.reported.append
        )

    async def post(self, event: str, **body: Any) -> int:
        content = json.dumps({"event": event, **body}).encode()
        return (await self.hooks.receive("POST", HEADERS, content)).status

    @property
    def failures(self) -> list[str]:
        return [str(each.error) for each in self.reported if isinstance(each, HandlerFailed)]


@pytest.fixture
def receiver() -> Receiver:
    return Receiver()


async def test_an_event_without_its_required_fields_never_reaches_a_handler_of_its_class(receiver: Receiver) -> None:
    @receiver.hooks.on("build.finished")
    async def notify(event: BuildFinished) -> None:
        receiver.seen.append(event)

    assert await receiver.post("build.finished", pipeline={"slug": "web"}) == 500
    assert receiver.seen == []
    (failure,) = receiver.failures
    assert "notify takes BuildFinished, and build.finished came otherwise than documented: it has no build" in failure
    assert await receiver.post("build.finished", **BUILD) == 200
    assert [type(event) for event in receiver.seen] == [BuildFinished]


async def test_another_event_passes_a_handler_by(receiver: Receiver) -> None:
    @receiver.hooks.on("*")
    async def notify(event: BuildFinished | BuildRunning) -> None:
        receiver.seen.append(event)

    for event, body in (
        ("build.running", BUILD),
        ("build.failing", BUILD),
        ("build.invented", BUILD),
        ("agent.lost", {"agent": {"id": "a"}}),
        ("build.finished", {**BUILD, "build": {"id": "b2"}}),
    ):
        assert await receiver.post(event, **body) == 200
    assert [type(event) for event in receiver.seen] == [BuildRunning, BuildFinished]
    assert receiver.failures == []


async def test_a_handler_without_annotation_and_one_of_any_event_get_unknown_events_too(receiver: Receiver) -> None:
    @receiver.hooks.on("build.*")
    def plain(event):  # type: ignore[no-untyped-def]
        receiver.seen.append(event)

    @receiver.hooks.on("build.*")
    def base(event: WebhookEvent) -> None:
        receiver.seen.append(event)

    @receiver.hooks.on("build.*")
    def anything(event: Any) -> None:
        receiver.seen.append(event)

    assert await receiver.post("build.invented", **BUILD) == 200
    assert [type(event) for event in receiver.seen] == [UnknownEvent] * 3


async def test_every_form_of_handler_is_read(receiver: Receiver) -> None:
    class Handlers:
        def method(self, event: JobFinished) -> None:
            raise AssertionError(event)

        def __call__(self, event: JobFinished) -> None:
            raise AssertionError(event)

    def with_options(event: Annotated[JobFinished, "a note"], *, channel: str) -> None:
        raise AssertionError(event, channel)

    for function in (Handlers().method, Handlers(), functools.partial(with_options, channel="ci")):
        receiver.hooks.on("*")(function)
    assert await receiver.post("build.finished", **BUILD) == 200
    assert await receiver.post("job.finished", **BUILD) == 500
    assert len(receiver.failures) == 3
    assert all("takes JobFinished, and job.finished came otherwise" in failure for failure in receiver.failures)


def test_an_annotation_that_no_event_can_have_is_refused_at_once(receiver: Receiver) -> None:
    def notify(event: JobFinished) -> None: ...

    with pytest.raises(ConfigurationError, match="notify takes JobFinished, and is registered for BuildFinished"):
        receiver.hooks.on("build.finished")(notify)  # type: ignore[arg-type]
    with pytest.raises(ConfigurationError, match="it would never run"):
        receiver.hooks.on(BuildEvent)(notify)  # type: ignore[arg-type]


async def test_an_annotation_that_only_checkers_can_read_is_left_alone(receiver: Receiver) -> None:
    def notify(event: Missing) -> None:  # type: ignore[name-defined]  # noqa: F821
        receiver.seen.append(event)

    receiver.hooks.on("build.finished")(notify)
    assert await receiver.post("build.finished", **BUILD) == 200
    assert [type(event) for event in receiver.seen] == [BuildFinished]


def test_a_receiver_that_is_only_half_made_has_a_repr() -> None:
    assert repr(object.__new__(WebhookHandler)) == "<WebhookHandler without options>"
