"""What the type checkers make of handlers that are registered: this file is checked, and never run."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, assert_type

from buildkite_api.webhooks.registrar import Registrar

from buildkite_ext.webhooks import (
    AgentEvent,
    BuildEvent,
    BuildFinished,
    EventName,
    JobEvent,
    JobFinished,
    JobPromisedExitStatus,
    UnknownEvent,
    WebhookEvent,
)


def by_name(handler: Registrar) -> None:
    @handler.on("build.finished", state="failed", pipeline=["web", "api"], branch="release/*", once=True, timeout=30)
    def finished(event: BuildFinished) -> None: ...

    @handler.on("build.finished")
    async def finished_async(event: BuildFinished) -> None: ...

    @handler.on("build.finished")
    def any_build(event: BuildEvent) -> None: ...

    @handler.on("build.finished")
    async def any_event(event: WebhookEvent) -> str:
        return event.event

    @handler.on("job.promised_exit_status")
    def promised(event: JobPromisedExitStatus) -> None: ...

    # A function stays what it is.
    assert_type(finished, Callable[[BuildFinished], None])
    stays: Callable[[BuildFinished], Coroutine[Any, Any, None]] = finished_async
    print(stays)

    @handler.on("build.finished")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    def of_another_event(event: JobFinished) -> None: ...

    handler.on("build.finished")(of_a_job)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    handler.on("build.finished")(of_a_job_async)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    handler.on("build.finished")(of_nothing)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    handler.on("build.finished")(of_two)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


def of_a_job(event: JobFinished) -> None: ...


async def of_a_job_async(event: JobFinished) -> None: ...


def of_a_build(event: BuildEvent) -> None: ...


def of_nothing() -> None: ...


def of_two(event: BuildFinished, other: int) -> None: ...


def of_any(event: WebhookEvent) -> int:
    return len(event.raw)


async def of_any_async(event: WebhookEvent) -> None: ...


def by_class(handler: Registrar) -> None:
    @handler.on(BuildEvent, branch="main")
    def built(event: BuildEvent) -> None:
        print(event.build.number)

    @handler.on(BuildEvent)
    async def built_async(event: BuildEvent) -> None: ...

    @handler.on(JobEvent, state=("failed", "timed_out"))
    def job(event: JobEvent) -> None: ...

    @handler.on(AgentEvent)
    def agent(event: AgentEvent) -> None: ...

    @handler.on(UnknownEvent)
    def unknown(event: UnknownEvent) -> None:
        print(event.problem)

    handler.on(BuildEvent)(of_finished)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    handler.on(BuildEvent)(of_a_job)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    handler.on(dict)  # type: ignore[type-var]  # pyright: ignore[reportArgumentType,reportCallIssue]
    assert_type(handler.on(BuildFinished)(lambda event: event.build.number), Callable[[BuildFinished], int])


def of_finished(event: BuildFinished) -> None: ...


def by_pattern(handler: Registrar, name: str, known: EventName) -> None:
    assert_type(handler.on("build.*")(of_any), Callable[[WebhookEvent], int])
    handler.on("build.*")(of_any_async)
    handler.on("*")(of_any)
    handler.on(name)(of_any)
    handler.on(known)(of_any)
    handler.on("build.*")(of_a_build)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    handler.on("new.thing")(of_finished)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


def refused(handler: Registrar) -> None:
    handler.on()  # type: ignore[call-overload]  # pyright: ignore[reportCallIssue]
    handler.on(5)  # type: ignore[call-overload]  # pyright: ignore[reportArgumentType,reportCallIssue]
    handler.on("ping", state=5)  # type: ignore[call-overload]  # pyright: ignore[reportArgumentType,reportCallIssue]
    handler.on("ping", nonsense=1)  # type: ignore[call-overload]  # pyright: ignore[reportCallIssue]
    handler.on("ping", "failed")  # type: ignore[call-overload]  # pyright: ignore[reportCallIssue]


def what_a_handler_gives_back(handler: Registrar) -> Callable[[BuildFinished], Awaitable[None]]:
    @handler.on("build.finished")
    async def finished(event: BuildFinished) -> None: ...

    return finished
