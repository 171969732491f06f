"""Stages that tell how calls and attempts end: events, the audit of writes, and the spans of telemetry."""

from __future__ import annotations

import json
import re
from collections.abc import Coroutine, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Any

import httpx

from ..redaction import redacted_text
from ..urls import READS
from .budget import signer_of
from .context import context_of, organization_of

if TYPE_CHECKING:
    from buildkite_api.operations import Operation

    from ..dispatcher import Dispatcher
    from ..events import Event, WriteResult
    from ..runtime import Runtime, Send
    from ..stores.circuits import CircuitState
    from ..stores.status import LimitStatus
    from ..telemetry.base import Span, Telemetry
    from .breaker import CircuitBreakerStage
    from .budget import BudgetStage
    from .context import Match, RequestContext

__all__ = ["SeenLimits", "TraceAttempt", "TraceCall", "write_result"]

_OTHER = "other"
"""Route of a path outside the description."""

_UNASKED = "function"
"""Actor of a write for which the function of the token was not asked."""

_SENT_DETAILS: Mapping[str, tuple[str, ...]] = {"create_build": ("branch", "commit")}
"""Values of bodies that audits and spans show, by operation. No others leave the request."""

_ANSWERED_DETAILS: Mapping[str, tuple[str, ...]] = {"retry_failed_jobs": ("retried_jobs_count",)}
"""The same of answers."""

_SPANS: Mapping[str, str] = {
    "create_build": "buildkite.build.create",
    "unblock_build_job": "buildkite.job.unblock",
    "unblock_job": "buildkite.job.unblock",
}
"""Operations with a span of their own around that of the request."""

_PARAMETERS: Mapping[str, str] = {"pipeline_slug": "pipeline", "build_number": "build_number", "job_id": "job_id"}
"""Attributes of these spans, by the parameters of the path."""

_MOST_SEEN = 100
"""Organizations whose limits and circuits are watched."""


class SeenLimits:
    """Limits and circuits that requests of a client and its copies went through, for the gauges of telemetry."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._budgets: dict[str, tuple[BudgetStage, str]] = {}
        self._circuits: dict[str, tuple[CircuitBreakerStage, str]] = {}

    def add(self, organization: str, budget: BudgetStage | None, breaker: CircuitBreakerStage | None) -> None:
        """Watch the limits and the circuit of a request."""
        if budget is not None and len(self._budgets) < _MOST_SEEN:
            limits = budget.limits(organization)
            self._budgets.setdefault(f"{limits.organization} {limits.user}", (budget, organization))
        if breaker is not None and len(self._circuits) < _MOST_SEEN:
            self._circuits.setdefault(breaker.circuit(organization), (breaker, organization))

    def limits(self) -> list[tuple[str, LimitStatus]]:
        """Return the limits, with their scopes."""
        now = self._runtime.now()
        found: list[tuple[str, LimitStatus]] = []
        for budget, organization in list(self._budgets.values()):
            status = budget.status(now, organization)
            found += (("organization", status.organization), ("user", status.user))
        return found

    def circuits(self) -> list[CircuitState]:
        """Return the states of the circuits."""
        now = self._runtime.now()
        return [breaker.state(organization, now) for breaker, organization in list(self._circuits.values())]


class TraceCall:
    """Stage that tells how a call ends: by an event, for a write by one more, and by a span.

    Without anyone who takes events it only passes the request on.

    Args:
        match: finds the operation of a request.
        events: gets the events.
        actor: the identity of the token; None if a function returns it.
        telemetry: gets the spans; None for none.
        seen: is told the limits that requests count for.
        budget, breaker: the stages that know these limits.
    """

    def __init__(
        self,
        match: Match,
        events: Dispatcher[Event],
        *,
        actor: str | None,
        telemetry: Telemetry | None,
        seen: SeenLimits | None,
        budget: BudgetStage | None,
        breaker: CircuitBreakerStage | None,
    ) -> None:
        self._match = match
        self._events = events
        self._actor = actor
        self._telemetry = telemetry
        self._seen = seen
        self._budget = budget
        self._breaker = breaker

    def __repr__(self) -> str:
        return "TraceCall()"

    def __call__(self, request: httpx.Request, send: Send, runtime: Runtime) -> Coroutine[Any, Any, httpx.Response]:
        return self._traced(request, send, runtime) if self._events.wanted else send(request)

    async def _traced(self, request: httpx.Request, send: Send, runtime: Runtime) -> httpx.Response:
        context = context_of(request, self._match)
        operation = context.operation
        details = _details(operation, _SENT_DETAILS, request)
        if self._seen is not None:
            self._seen.add(organization_of(request), self._budget, self._breaker)
        began = runtime.now()
        response: httpx.Response | None = None
        error: str | None = None
        with self._around(request, context, details), self._span(request, operation) as span:
            try:
                response = await send(request)
                details = {**details, **_details(operation, _ANSWERED_DETAILS, response)}
                return response
            except BaseException as raised:
                error = type(raised).__name__
                raise
            finally:
                seconds = runtime.now() - began
                status = None if response is None else response.status_code
                if span is not None:
                    _finish(span, status, seconds)
                self._tell(request, context, details, response, error=error, seconds=seconds)

    def refused(self, request: httpx.Request) -> None:
        """Tell of a write that the client refuses to send, since it is read-only. Nothing else tells of it."""
        if self._events.wanted:
            context = context_of(request, self._match)
            self._audit_refused(
                request.method,
                context.operation,
                self._parameters(request, context),
                _details(context.operation, _SENT_DETAILS, request),
                error="WriteRefused",
            )

    def tell_refused(
        self, operation: Operation, at: Sequence[object], details: Mapping[str, str | None], *, error: str
    ) -> None:
        """Tell of a write that came to nothing before its request was made.

        Args:
            operation: the operation of the write.
            at: the values of the first parameters of its path. Further ones aren't known.
            details: the values that the audit shows; None for those that aren't known.
            error: the name of the class of the error.
        """
        if self._events.wanted:
            names = re.findall(r"{(\w+)}", operation.path)
            self._audit_refused(
                operation.method,
                operation,
                {name: redacted_text(str(value)) for name, value in zip(names, at, strict=False)},
                {name: redacted_text(value) for name, value in details.items() if value is not None},
                error=error,
            )

    def _audit_refused(
        self,
        method: str,
        operation: Operation | None,
        parameters: Mapping[str, str],
        details: Mapping[str, str],
        *,
        error: str,
    ) -> None:
        from ..events import WriteAudited

        self._events.emit(
            WriteAudited(
                actor=self._actor or _UNASKED,
                method=method,
                route=_OTHER if operation is None else operation.path,
                operation=None if operation is None else operation.id,
                parameters=parameters,
                details=details,
                result="refused",
                status=None,
                error=error,
                request_id=None,
            )
        )

    def _tell(
        self,
        request: httpx.Request,
        context: RequestContext,
        details: Mapping[str, str],
        response: httpx.Response | None,
        *,
        error: str | None,
        seconds: float,
    ) -> None:
        from ..events import RequestFinished, WriteAudited  # here: most clients have nobody who takes events

        operation = context.operation
        route, name = (_OTHER, None) if operation is None else (operation.path, operation.id)
        status = None if response is None else response.status_code
        self._events.emit(RequestFinished(request.method, route, name, status, error, context.attempts, seconds))
        request = context.passed or request
        if request.method in READS:
            return
        request_id = None if response is None else response.headers.get("X-Request-Id")
        self._events.emit(
            WriteAudited(
                actor=self._actor or signer_of(request) or _UNASKED,
                method=request.method,
                route=route,
                operation=name,
                parameters=self._parameters(request, context),
                details=details,
                result=write_result(status, operation, may_have_acted=context.may_have_acted),
                status=status,
                error=error,
                request_id=None if request_id is None else redacted_text(request_id),
            )
        )

    def _parameters(self, request: httpx.Request, context: RequestContext) -> dict[str, str]:
        values = context.path_values(request, self._match)
        return {name: redacted_text(value) for name, value in values.items()}

    def _around(
        self, request: httpx.Request, context: RequestContext, details: Mapping[str, str]
    ) -> AbstractContextManager[object]:
        """Return the span of the operation, if it has one."""
        name = None if context.operation is None else _SPANS.get(context.operation.id)
        if self._telemetry is None or name is None:
            return nullcontext()
        parameters = self._parameters(request, context)
        attributes: dict[str, str | int | float] = {
            _PARAMETERS[each]: int(value) if each == "build_number" and value.isdecimal() and len(value) < 19 else value
            for each, value in parameters.items()
            if each in _PARAMETERS
        }
        return self._telemetry.span(name, {**attributes, **details})

    def _span(self, request: httpx.Request, operation: Operation | None) -> AbstractContextManager[Span | None]:
        if self._telemetry is None:
            return nullcontext()
        route = _OTHER if operation is None else operation.path
        return self._telemetry.span("buildkite.request", {"method": _method(request), "path": route})


class TraceAttempt:
    """Stage that makes a span of each attempt, and measures it.

    Args:
        telemetry: gets the spans.
        api: the requests go to the API, and not to the storage of artifacts.
    """

    def __init__(self, telemetry: Telemetry, *, api: bool) -> None:
        self._telemetry = telemetry
        self._api = api

    def __repr__(self) -> str:
        return "TraceAttempt()"

    async def __call__(self, request: httpx.Request, send: Send, runtime: Runtime) -> httpx.Response:
        context = context_of(request)
        operation, method = context.operation, _method(request)
        attributes: dict[str, str | int | float] = {
            "http.request.method": method,
            "server.address": request.url.host,
            "server.port": request.url.port or (443 if request.url.scheme == "https" else 80),
        }
        if operation is not None:
            attributes["url.template"] = operation.path
        resent = {"http.request.resend_count": context.attempts} if context.attempts else {}
        name = method if operation is None else f"{method} {operation.path}"
        began = runtime.now()
        try:
            with self._telemetry.span(name, {**attributes, **resent}, kind="attempt") as span:
                if self._api:
                    self._telemetry.inject(request.headers)
                response = await send(request)
                status = response.status_code
                attributes["http.response.status_code"] = status
                span.set("http.response.status_code", status)
                if status >= 400:
                    attributes["error.type"] = str(status)
                    span.fail(str(status))
                return response
        except BaseException as error:
            attributes["error.type"] = type(error).__name__
            raise
        finally:
            self._telemetry.attempt_finished(attributes, runtime.now() - began)


def write_result(status: int | None, operation: Operation | None, *, may_have_acted: bool) -> WriteResult:
    """Return the result of a write.

    Args:
        status: the status of the last answer; None without one.
        operation: its operation.
        may_have_acted: an attempt may have acted, although no answer says so.

    Example:
        >>> write_result(201, None, may_have_acted=True), write_result(None, None, may_have_acted=True)
        ('done', 'unknown')
    """
    if status is not None and status < 300:
        return "done"
    if status == 503 and operation is not None and operation.unavailable:
        return "refused"
    return "unknown" if may_have_acted else "refused"


def _finish(span: Span, status: int | None, seconds: float) -> None:
    span.set("duration_ms", round(seconds * 1000, 3))
    if status is not None:
        span.set("status_code", status)
        if status >= 400:
            span.fail(str(status))


def _method(request: httpx.Request) -> str:
    from ..telemetry.labels import method_label

    return method_label(request.method)


def _details(
    operation: Operation | None, shown: Mapping[str, tuple[str, ...]], message: httpx.Request | httpx.Response
) -> dict[str, str]:
    """Return the values of a body that audits and spans show."""
    names = () if operation is None else shown.get(operation.id, ())
    if not names:
        return {}
    try:
        body = json.loads(message.content)
    except (ValueError, RecursionError, httpx.StreamError):
        return {}
    found = {name: body.get(name) for name in names} if isinstance(body, dict) else {}
    return {name: redacted_text(str(value)) for name, value in found.items() if isinstance(value, str | int)}
