"""Retries: the policy, and the stage that applies it. The client has no other retry layer."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from .._forks import reset_after_fork
from ..backoff import full_jitter
from ..clock import check_seconds
from ..errors import ConfigurationError, ConnectionFailed, DeadlineExceeded, NetworkError
from ..messages import NOTHING_SENT
from ..rate_limits import LONGEST, advised_pause, reset_after
from ..urls import READS, path_of
from .closing import Closing
from .context import CircuitMoved, context_of

if TYPE_CHECKING:
    import httpx
    from buildkite_api.operations import Operation

    from ..dispatcher import Dispatcher
    from ..events import Event
    from ..runtime import Runtime, Send
    from ..stores.limits import Budget

__all__ = ["Retry", "RetryQuota", "RetryStage", "replayable"]

_TRANSIENT = frozenset({500, 502, 503, 504})


@dataclass(frozen=True, slots=True, kw_only=True)
class Retry:
    """Retry policy. `Retry(attempts=1)` never retries.

    - 429: after the seconds until the limit is reset; every method, since Buildkite did nothing.
    - 500, 502, 503, 504 and lost connections: after 1, 2, 4 … seconds with full jitter, or the seconds of `Retry-After` if they
      are more; reads, and writes that the description marks repeatable.
    - A connection that failed before the request was sent: every method.
    - An answer that asks for a pause of more than 300 seconds: never. Its error has the seconds as `retry_after`.
    - A body that can't be sent twice, such as a pipe, and a server whose certificate isn't trusted: never.

    Attributes:
        attempts: the maximum of attempts, the first one included.
        base: maximum of the first pause in seconds; each further pause doubles it.
        maximum: maximum of these pauses in seconds. It doesn't limit those that an answer asks for.
        random: returns a number from 0 to 1, for tests.

    Example:
        >>> Retry(attempts=3).attempts
        3
    """

    attempts: int = 5
    base: float = 1.0
    maximum: float = 30.0
    random: Callable[[], float] = field(default=random.random, repr=False, compare=False)

    def __post_init__(self) -> None:
        if not isinstance(self.attempts, int) or self.attempts < 1:
            raise ConfigurationError(
                f"attempts={self.attempts!r}: give a whole number of 1 or more. It counts the first attempt."
            )
        for name, seconds in (("base", self.base), ("maximum", self.maximum)):
            check_seconds(name, seconds, zero=True, endless=True)

    def delay(self, attempt: int, outcome: httpx.Response | NetworkError, *, repeatable: bool) -> float | None:
        """Return the seconds until the next attempt, or None if this was the last.

        Args:
            attempt: the attempt that failed, counted from 1.
            outcome: its answer, or the error that ended it.
            repeatable: True if the request may be sent again after it may have acted.
        """
        if attempt >= self.attempts or (isinstance(outcome, ConnectionFailed) and outcome.permanent):
            return None
        backoff = full_jitter(attempt, base=self.base, maximum=self.maximum, random=self.random())
        if isinstance(outcome, ConnectionFailed):
            return backoff
        if isinstance(outcome, NetworkError):
            return backoff if repeatable else None
        if outcome.status_code == 429:
            reset = reset_after(outcome)
            if reset is not None and reset > LONGEST:
                return None
            # A little later than Buildkite says, since all other refused clients retry in that same second.
            return backoff if reset is None else reset + self.random()
        if outcome.status_code in _TRANSIENT and repeatable:
            pause = max(backoff, advised_pause(outcome) or 0.0)
            return pause if pause <= max(LONGEST, backoff) else None
        return None


class RetryQuota:
    """Quota of retries that all calls of a client share, so that an outage isn't multiplied by the attempts of each call.

    A retry takes 5 of at most 500 tokens, and its success gives them back. The success of a first attempt gives 1. Without
    tokens a failure is final. A 429 takes none, since it is waited out.

    Example:
        >>> quota = RetryQuota()
        >>> sum(quota.take() for _ in range(1000))
        100
    """

    _MOST = 500
    _RETRY = 5

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._left = self._MOST
        reset_after_fork(self)

    def take(self) -> bool:
        """Take the tokens of a retry. Return False if there are too few."""
        with self._lock:
            if self._left < self._RETRY:
                return False
            self._left -= self._RETRY
            return True

    def succeeded(self, retries: int) -> None:
        """Give back what a call took that has succeeded after some retries."""
        if self._left < self._MOST:
            with self._lock:
                self._left = min(self._MOST, self._left + (self._RETRY * retries or 1))

    def _reset_after_fork(self) -> None:
        self._lock = threading.Lock()


class RetryStage:
    """Stage that repeats requests by a policy.

    Args:
        policy: the policy.
        events: gets a `RetryScheduled` for each pause.
        quota: the quota that bounds the retries of all calls.
        budget: the policy that bounds the pauses after a 429; None for no bound.
        closing: ends its pauses, and refuses attempts, when the client is closed.
    """

    def __init__(
        self,
        policy: Retry,
        events: Dispatcher[Event],
        quota: RetryQuota,
        budget: Budget | None = None,
        closing: Closing | None = None,
    ) -> None:
        self._policy = policy
        self._events = events
        self._quota = quota
        self._budget = budget
        self._closing = closing or Closing()

    def __repr__(self) -> str:
        return repr(self._policy)

    async def __call__(self, request: httpx.Request, send: Send, runtime: Runtime) -> httpx.Response:
        context = context_of(request)
        operation = context.operation
        repeatable = operation.repeatable if operation is not None else request.method in READS
        attempt = 1
        taken = 0
        outcome: httpx.Response | NetworkError | None = None
        while True:
            self._closing.check()
            try:
                outcome = await send(request)
            except NetworkError as lost:
                outcome = lost
            except CircuitMoved:
                if outcome is None:
                    raise
                # The circuit has opened since: what the attempt before ended with is the end of the call.
            if not isinstance(outcome, NetworkError) and outcome.status_code < 400:
                self._quota.succeeded(taken)
                return outcome
            pause = self._policy.delay(attempt, outcome, repeatable=repeatable) if replayable(request) else None
            if pause is not None and context.halted is not None and context.halted():
                pause = None
            if pause is not None and (isinstance(outcome, NetworkError) or outcome.status_code != 429):
                if self._quota.take():
                    taken += 1
                else:
                    pause = None
            if pause is None:
                if isinstance(outcome, NetworkError):
                    raise outcome
                if outcome.status_code < 500:
                    self._quota.succeeded(taken)
                if (
                    context.may_have_acted
                    and outcome.status_code == 404
                    and operation is not None
                    and _removes(operation)
                ):
                    outcome.status_code = operation.success  # an earlier attempt did it, and its answer was lost
                return outcome
            reason = _reason(outcome, request)
            if not isinstance(outcome, NetworkError) and outcome.status_code == 429:
                if context.answered is not None:
                    await context.answered()  # the call may wait for long, and others wait for what it tells
                self._check_wait(request, outcome, pause, runtime.now())
                context.wait_for_limit(pause)
            now, deadline = runtime.now(), context.deadline
            if deadline is not None and now + pause >= deadline.ends:
                cause = outcome if isinstance(outcome, NetworkError) else _error(outcome, request)
                exceeded = DeadlineExceeded(
                    f"{request.method} {path_of(request)}: the next attempt is due in {pause:.1f} s, past the "
                    f"{deadline.seconds:g} s allowed for the call; attempt {attempt}: {reason}. A longer timeout= waits for it."
                )
                exceeded.retry_after = pause
                raise exceeded from cause
            if not isinstance(outcome, NetworkError):
                await runtime.close(outcome)
            self._tell(request, attempt, pause, reason)
            await self._closing.pause(pause, runtime)
            attempt += 1

    def _tell(self, request: httpx.Request, attempt: int, pause: float, reason: str) -> None:
        from ..events import RetryScheduled  # here: most calls are not repeated

        operation = context_of(request).operation
        self._events.emit(
            RetryScheduled(
                method=request.method,
                path=path_of(request),
                operation=operation.id if operation is not None else None,
                attempt=attempt,
                pause=pause,
                reason=reason,
            )
        )

    def _check_wait(self, request: httpx.Request, refusal: httpx.Response, pause: float, now: float) -> None:
        """Raise BudgetExhausted for a pause after a 429 that is longer than the budget allows a call to wait in all."""
        context, budget = context_of(request), self._budget
        if budget is None or budget.max_wait is None:
            return
        left, deadline = max(0.0, budget.max_wait - context.waited), context.deadline
        if pause <= left or (deadline is not None and not deadline.from_admission and deadline.ends < now + left):
            return
        waits = context.waited + pause
        from .budget import exhausted  # here: a program that only makes a Retry needs no budget

        raise exhausted(request, budget, waits, retry_after=pause - left, was="done") from _error(refusal, request)


def _reason(outcome: httpx.Response | NetworkError, request: httpx.Request) -> str:
    """Return the reason why an attempt failed, without the method and path, which the message names already."""
    if isinstance(outcome, NetworkError):
        said = str(outcome).removeprefix(f"{request.method} {path_of(request)}: ")
        return said.partition(f". {NOTHING_SENT}")[0].removesuffix(".")
    return f"answered {outcome.status_code}"


def replayable(request: httpx.Request) -> bool:
    """Return True if the body of a request can be sent twice: it is in memory, or a form whose files can be rewound.

    httpx rewinds the files of a form itself when it sends them.
    """
    import httpx

    if isinstance(request.stream, httpx.ByteStream):
        return True
    fields = getattr(request.stream, "fields", None)
    files = [getattr(field, "file", b"") for field in fields or ()]
    return fields is not None and all(isinstance(file, bytes | str) or _rewinds(file) for file in files)


def _rewinds(file: Any) -> bool:
    seekable = getattr(file, "seekable", None)
    return seekable is not None and bool(seekable())


def _removes(operation: Operation) -> bool:
    """Return True if an operation deletes a resource. A DELETE that answers with a body only disables it."""
    return operation.method == "DELETE" and operation.success == 204


def _error(response: httpx.Response, request: httpx.Request) -> Exception:
    from ..error_responses import error_of

    return error_of(response, request, context_of(request).operation, {})
