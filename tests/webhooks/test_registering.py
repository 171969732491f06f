"""Registering handlers: functions that can't handle an event are refused with what to write, and routers merge."""

from __future__ import annotations

import asyncio
import functools
import gc
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import AsyncMock, Mock

import pytest

from buildkite_ext.errors import ConfigurationError
from buildkite_ext.webhooks import (
    BuildEvent,
    BuildFinished,
    DeliveryEvent,
    HandlerFailed,
    MemoryDeduplicationStore,
    Router,
    WebhookEvent,
    WebhookHandler,
)

from .conftest import post
from .posting import NOW, PING, SECRET, build_body, job_body

Target = WebhookHandler | Router


@pytest.fixture(params=["handler", "router"])
def target(request: pytest.FixtureRequest, hooks: WebhookHandler) -> Target:
    return hooks if request.param == "handler" else Router()


def generator(event: WebhookEvent) -> Iterator[None]:
    yield


async def async_generator(event: WebhookEvent) -> AsyncIterator[None]:
    yield


class Generating:
    def __call__(self, event: WebhookEvent) -> Iterator[None]:
        yield

    async def later(self, event: WebhookEvent) -> AsyncIterator[None]:
        yield

    def well(self, event: WebhookEvent) -> None: ...


@pytest.mark.parametrize(
    "function",
    [
        generator,
        async_generator,
        Generating(),
        Generating().later,
        functools.partial(generator),
        functools.partial(functools.partial(async_generator)),
    ],
)
def test_a_generator_is_refused(target: Target, function: Any) -> None:
    with pytest.raises(TypeError, match=r"has a yield, so that calling it runs nothing: write a plain (async )?def"):
        target.on("*")(function)
    assert "handlers=0" in repr(target)


def test_a_generator_that_only_running_shows_is_a_failure() -> None:
    reports: list[DeliveryEvent] = []
    hooks = WebhookHandler(secret=SECRET, respond_after="handled", now=lambda: NOW, on_delivery_event=reports.append)
    hooks.on("*")(lambda event: generator(event))
    hooks.on("*")(lambda event: async_generator(event))
    assert asyncio.run(post(hooks, PING)).status == 500
    errors = [str(event.error) for event in reports if isinstance(event, HandlerFailed)]
    assert len(errors) == 2
    assert all("which runs nothing" in error for error in errors)


def of_nothing() -> None: ...


def of_two(event: WebhookEvent, session: object) -> None: ...


def with_a_keyword(event: WebhookEvent, *, session: object) -> None: ...


async def async_of_two(event: WebhookEvent, delivery: object) -> None: ...


def only_keywords(*, event: WebhookEvent) -> None: ...


@pytest.mark.parametrize(
    ("function", "why"),
    [
        (of_nothing, "of_nothing takes no event: write one parameter"),
        (lambda: None, "takes no event"),
        (only_keywords, "takes no event"),
        (functools.partial(of_two, 1, 2), "takes no event|requires"),
        (of_two, r"of_two requires event, session, .* current_delivery\(\), and functools.partial"),
        (async_of_two, "requires event, delivery"),
        (with_a_keyword, "requires event, session"),
        (Generating.well, r"Generating.well is a method without its object: .* on\(…\)\(thing.method\)"),
        (5, "must be callable, not int"),
    ],
)
def test_a_function_that_cannot_be_called_with_an_event_is_refused(target: Target, function: Any, why: str) -> None:
    with pytest.raises(TypeError, match=why):
        target.on("*")(function)
    assert "handlers=0" in repr(target)


def with_defaults(event: WebhookEvent, session: object = None, *more: object, **options: object) -> None: ...


@pytest.mark.parametrize(
    "function",
    [
        with_defaults,
        functools.partial(of_two, session=1),
        functools.partial(with_a_keyword, session=1),
        Generating().well,
        [].append,
        print,
        Mock(),
        AsyncMock(),
        lambda event: None,
        lambda *events: None,
    ],
)
def test_a_function_that_can_be_called_with_an_event_is_taken(hooks: WebhookHandler, function: Any) -> None:
    assert hooks.on("*")(function) is function
    assert asyncio.run(post(hooks, PING)).status == 200


def test_on_without_parentheses_says_what_to_write(target: Target) -> None:
    bare: Any = target.on
    with pytest.raises(TypeError, match=r'write @….on\("\*"\) for all events, or .* above .*page$'):

        @bare
        def page(event: WebhookEvent) -> None: ...

    with pytest.raises(TypeError, match=r'@….on\("\*"\)'):

        @bare
        async def page_later(event: WebhookEvent) -> None: ...

    with pytest.raises(TypeError, match=r'@….on\("\*"\)'):
        bare(Mock())
    with pytest.raises(TypeError, match="event"):
        bare()
    assert "handlers=0" in repr(target)


@pytest.mark.parametrize(
    ("event", "why"),
    [
        (dict, r"on\(dict\): that class isn't an event"),
        (WebhookHandler, "that class isn't an event"),
        (["build.finished", "build.failing"], r"not list\. For several events, write on\(\) several times"),
        (5, "not int"),
        (None, "not NoneType"),
    ],
)
def test_what_names_no_event_is_refused(target: Target, event: Any, why: str) -> None:
    with pytest.raises(TypeError, match=why):
        target.on(event)


def test_a_router_checks_filters_as_a_handler_does() -> None:
    for refused in ({"state": []}, {"timeout": 0}, {"branch": ""}):
        with pytest.raises(ConfigurationError, match=next(iter(refused))):
            Router().on("build.finished", **refused)  # type: ignore[call-overload]
    with pytest.warns(UserWarning, match=r"build\.finnished"):
        Router().on("build.finnished")


# --- Routers ----------------------------------------------------------------------------------------------------------


def test_the_handlers_of_routers_run_in_order_with_their_filters(hooks: WebhookHandler) -> None:
    ran: list[str] = []
    builds, jobs, both = Router(), Router(), Router()
    hooks.on("*")(lambda event: ran.append("first"))
    builds.on("build.finished", state="failed")(lambda event: ran.append("failed build"))
    builds.on(BuildEvent, branch="release/*")(lambda event: ran.append("release"))
    jobs.on("job.*", pipeline="web")(lambda event: ran.append("job"))
    both.include(builds)
    both.include(jobs)
    hooks.include(both)
    hooks.on("*")(lambda event: ran.append("last"))

    asyncio.run(post(hooks, build_body()))
    assert ran == ["first", "failed build", "last"]
    ran.clear()
    asyncio.run(post(hooks, job_body()))
    assert ran == ["first", "job", "last"]
    assert "handlers=5" in repr(hooks)
    assert repr(both) == "Router(handlers=3)"


def test_handlers_that_are_registered_after_the_inclusion_run_too(hooks: WebhookHandler) -> None:
    ran: list[str] = []
    outer, inner = Router(), Router()
    hooks.include(outer)
    outer.include(inner)
    inner.on("*")(lambda event: ran.append("late"))
    asyncio.run(post(hooks, PING))
    assert ran == ["late"]


def in_a_diamond(hooks: WebhookHandler, router: Router) -> None:
    left, right = Router(), Router()
    left.include(router)
    right.include(router)
    hooks.include(left)
    hooks.include(right)


def twice(hooks: WebhookHandler, router: Router) -> None:
    hooks.include(router)
    hooks.include(router)


def in_a_circle(hooks: WebhookHandler, router: Router) -> None:
    other = Router()
    other.include(router)
    router.include(other)
    router.include(router)
    hooks.include(other)


@pytest.mark.parametrize("include", [twice, in_a_diamond, in_a_circle])
def test_a_handler_is_added_once(hooks: WebhookHandler, include: Callable[[WebhookHandler, Router], None]) -> None:
    ran: list[str] = []
    router = Router()
    router.on("*")(lambda event: ran.append("early"))
    include(hooks, router)
    router.on("*")(lambda event: ran.append("late"))
    asyncio.run(post(hooks, PING))
    assert ran == ["early", "late"]


def test_a_function_that_is_registered_twice_runs_twice(hooks: WebhookHandler) -> None:
    router = Router()
    ran: list[WebhookEvent] = []
    router.on("ping")(ran.append)
    router.on("*")(ran.append)
    hooks.include(router)
    asyncio.run(post(hooks, PING))
    assert len(ran) == 2


def test_a_router_serves_several_receivers_each_with_its_own_timeout() -> None:
    router = Router()
    reports: list[DeliveryEvent] = []

    @router.on("ping")
    async def slow(event: WebhookEvent) -> None:
        await asyncio.sleep(0.2)

    impatient = WebhookHandler(
        secret=SECRET, respond_after="handled", handler_timeout=0.01, now=lambda: NOW, on_delivery_event=reports.append
    )
    patient = WebhookHandler(secret=SECRET, respond_after="handled", now=lambda: NOW)
    for hooks in (impatient, patient):
        hooks.include(router)
    assert asyncio.run(post(impatient, PING)).status == 500
    assert asyncio.run(post(patient, PING)).status == 200
    assert next(str(event.error) for event in reports if isinstance(event, HandlerFailed)).endswith(
        "longer than 0.01 s"
    )


def test_once_holds_for_each_handler_of_a_router_alone() -> None:
    """Also for two functions of one name, which have numbers in the order of their registration."""
    ran: list[str] = []
    store = MemoryDeduplicationStore()

    def receiver() -> WebhookHandler:
        router = Router()
        for name in ("a", "b"):

            def handler(event: BuildFinished, name: str = name) -> None:
                ran.append(name)

            router.on("build.finished", once=True)(handler)
        hooks = WebhookHandler(secret=SECRET, respond_after="handled", deduplication=store, now=lambda: NOW)
        hooks.include(router)
        return hooks

    asyncio.run(post(receiver(), build_body()))
    asyncio.run(post(receiver(), build_body(), at=NOW - 1))
    assert ran == ["a", "b"]


@pytest.mark.parametrize("wrong", [None, "router", print])
def test_only_routers_are_included(hooks: WebhookHandler, wrong: Any) -> None:
    with pytest.raises(TypeError, match=r"include\(\) needs a Router"):
        hooks.include(wrong)


# --- Handlers that never began ----------------------------------------------------------------------------------------


@contextmanager
def busy_threads(hooks: WebhookHandler, release: threading.Event) -> Iterator[None]:
    yield
    release.set()
    hooks.close()
    gc.collect()


@pytest.mark.parametrize("number", [1, 2, 5])
def test_a_handler_that_found_no_thread_did_not_begin(number: int) -> None:
    reports: list[DeliveryEvent] = []
    hooks = WebhookHandler(
        secret=SECRET, respond_after="handled", threads=1, now=lambda: NOW, on_delivery_event=reports.append
    )
    release, begun = threading.Event(), threading.Event()
    ran: list[WebhookEvent] = []

    @hooks.on("build.finished")
    def occupies(event: BuildFinished) -> None:
        begun.set()
        release.wait(60)

    hooks.on("ping", timeout=0.05)(ran.append)

    async def scenario() -> list[int]:
        first = asyncio.create_task(post(hooks, build_body()))
        while not begun.is_set():  # noqa: ASYNC110
            await asyncio.sleep(0.001)
        statuses = [(await post(hooks, PING, at=NOW - each)).status for each in range(number)]
        release.set()
        await first
        return statuses

    with busy_threads(hooks, release):
        assert asyncio.run(scenario()) == [500] * number
    assert ran == []
    errors = [event.error for event in reports if isinstance(event, HandlerFailed)]
    assert len(errors) == number
    for error in errors:
        assert isinstance(error, TimeoutError)
        assert "did not begin within 0.05 s: 1 of 1 threads run other handlers. Raise threads=" in str(error)


def test_a_handler_that_began_took_longer() -> None:
    reports: list[DeliveryEvent] = []
    hooks = WebhookHandler(
        secret=SECRET, respond_after="handled", threads=2, now=lambda: NOW, on_delivery_event=reports.append
    )
    release = threading.Event()
    hooks.on("ping", timeout=1)(lambda event: release.wait(60))  # long enough for a thread to begin

    @hooks.on("ping", timeout=0.05)
    async def waits(event: WebhookEvent) -> None:
        await asyncio.sleep(60)

    with busy_threads(hooks, release):
        assert asyncio.run(post(hooks, PING)).status == 500
    assert [str(event.error).partition(" took ")[2] for event in reports if isinstance(event, HandlerFailed)] == [
        "longer than 1 s",
        "longer than 0.05 s",
    ]
