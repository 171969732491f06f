"""Faults: what goes wrong with requests because a test asks for it, and the requests that it affects."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, fields
from random import Random
from typing import Literal

from buildkite_api.operations import OPERATIONS, Operation
from buildkite_api.types import kind_of

from ..globs import matches_wildcard
from ..messages import shown
from ..unknown_keywords import checks_fields
from .api.request import SimRequest, dumps
from .definition.checks import (
    check_flags,
    check_name,
    check_number,
    check_text,
    check_whole,
    configuration_errors,
    elements,
    text_map,
)

__all__ = ["WITHOUT_BODY", "Fault", "Faults", "OriginName", "check_operation", "check_status"]

__tracebackhide__ = True  # pytest shows the line of the test, not of this module; --full-trace shows all

OriginName = Literal["api", "artifacts"]
_LimitName = Literal["organization", "user"]

_CALLS = frozenset(operation.call for operation in OPERATIONS.values())
_IDS = {
    **{operation.row: operation.call for operation in OPERATIONS.values()},
    **{operation.id: operation.call for operation in OPERATIONS.values()},
}
"""Ids of operations and names of their rows, each with the method that sends it."""
_LISTED = "The page Operations of the documentation"

_LISTS = frozenset({"list_builds", "list_organization_builds", "list_pipeline_builds"})
"""Rows of the operations that list builds."""

_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
WITHOUT_BODY = frozenset({204, 304})
"""Statuses of answers that have no body. https://www.rfc-editor.org/rfc/rfc9110#name-content"""

_FURTHEST = 100_000_000_000
"""Seconds of a skew. With more, the date would have a year behind 9999."""

_NOT_IN_HEADERS = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class _Kind:
    """Kind of faults.

    Attributes:
        group: what it changes. Of each group one fault affects a request.
        defaults: its own arguments with their defaults.
        origins: the origins whose requests it can affect.
        rows: the operations that it can affect; None for all.
    """

    group: str
    defaults: Mapping[str, object] = field(default_factory=dict[str, object])
    origins: frozenset[str] = frozenset({"api", "artifacts"})
    rows: frozenset[str] | None = None


_API = frozenset({"api"})
_ANSWER: Mapping[str, object] = {"headers": {}, "body": None, "after_acting": False}

_KINDS: Mapping[str, _Kind] = {
    "latency": _Kind("latency", {"seconds": 10.0}),
    "slow_headers": _Kind("head", {"seconds": 1.0, "pieces": 10}),
    "dripping": _Kind("pace", {"seconds": 1.0, "pieces": 10}),
    "truncated": _Kind("length"),
    "reset": _Kind("answer", {"after_acting": False}),
    "error": _Kind("answer", {"status": 503, "html": False, **_ANSWER}),
    "answer": _Kind("answer", {"status": 200, **_ANSWER}),
    "rate_limit": _Kind("answer", {"limit": "organization", "seconds": 60.0}, _API),
    "redirect": _Kind("answer", {"status": 307, "location": None}),
    "gzip": _Kind("encoding"),
    "broken_gzip": _Kind("encoding"),
    "content_type": _Kind("type", {"content_type": "text/html; charset=utf-8"}),
    "clock_skew": _Kind("date", {"seconds": 3600.0}),
    "stale_lists": _Kind("lag", {"seconds": 60.0}, _API, _LISTS),
    "reordered_lists": _Kind("order", {"seconds": 60.0}, _API, _LISTS),
    "expired_token": _Kind("token", {}, _API),
}


@checks_fields
@dataclass(frozen=True, slots=True)
class Fault:
    """Fault that affects requests to a simulator: what goes wrong, and with which requests.

    `simulator.faults.add` adds one. The kinds, with the arguments that belong to each:

    | kind | effect |
    |---|---|
    | `latency` | the answer begins `seconds` late; the request acts when it arrives |
    | `slow_headers` | the head of the answer arrives in `pieces`, with a pause of `seconds` before each further one |
    | `dripping` | the body does |
    | `truncated` | the connection ends after half of the body |
    | `reset` | the connection is reset, before the request acts or `after_acting` |
    | `error` | an answer with a `status` from 400 to 599, as JSON or as `html`, or with a `body` and `headers` |
    | `answer` | an answer with any `status`, `body` and `headers` |
    | `rate_limit` | 429 by the `limit` of the organization or of the user, which ends in `seconds` |
    | `redirect` | a redirect (`status` 307) to a `location`, or once to the same URL with `redirected=1` |
    | `gzip` | the body is compressed; one that is gzip already is only declared to be |
    | `broken_gzip` | the body is declared to be gzip and can't be decompressed to its end |
    | `content_type` | the `content_type` is another one |
    | `clock_skew` | the `Date` of the answer is `seconds` ahead, or behind if they are negative |
    | `stale_lists` | lists show a change of a build up to `seconds` late |
    | `reordered_lists` | lists show a build as if it had been created up to `seconds` later |
    | `expired_token` | the token of the request expires; it and all later ones with the token get 401 |

    An `error`, an `answer`, a `rate_limit` and a `redirect` take no effect, apart from an error or an answer `after_acting`.

    Args:
        kind: what goes wrong.
        on: the requests that it can affect: those to the API, or those to the storage of the artifacts, `"artifacts"`.
        operation: the only operation that it affects: a method of the client, such as `"builds.create"`, or an operation's
            id, such as `"create_build"`; any by default.
        path: the only paths that it affects, as they are sent, from the first `/` on; `*` stands for any text.
        times: the number of requests that it affects; without an end by default.
        after: the number of matching requests before the first that it affects.
        probability: the probability that it affects a request, from 0 to 1.
        seed: the seed of that chance. The same seed affects the same requests.
        schedule: the only times at which it affects requests, as pairs of a begin and an end, in seconds since the epoch by
            the simulator's clock.
        seconds, pieces, status, html, headers, body, after_acting, limit, location, content_type: of the kinds above. `body`
            is bytes that are sent as they are, or a value that is sent as JSON; an answer with the status 204 or 304 has
            none. `clock_skew` takes at most 1e11 `seconds`.

    Raises:
        TypeError: an argument has another type. The message names it.
        ConfigurationError: a name is unknown, a number is out of its range, or the kind has no such argument.

    Example:
        >>> from buildkite_ext.simulation import Simulator
        >>> simulator = Simulator()
        >>> simulator.faults.add(Fault("error", status=502, html=True, operation="builds.get", times=2))
        >>> simulator.faults.add(Fault("latency", seconds=5, probability=0.1, seed=7))
        >>> Fault("latncy")
        Traceback (most recent call last):
        ...
        buildkite_ext.errors.ConfigurationError: kind='latncy': there is no such fault; did you mean 'latency'?
    """

    kind: str
    on: OriginName = field(default="api", kw_only=True)
    operation: str | None = field(default=None, kw_only=True)
    path: str | None = field(default=None, kw_only=True)
    times: int | None = field(default=None, kw_only=True)
    after: int = field(default=0, kw_only=True)
    probability: float = field(default=1.0, kw_only=True)
    seed: int = field(default=0, kw_only=True)
    schedule: Sequence[tuple[float, float]] = field(default=(), kw_only=True)
    seconds: float | None = field(default=None, kw_only=True)
    pieces: int | None = field(default=None, kw_only=True)
    status: int | None = field(default=None, kw_only=True)
    html: bool | None = field(default=None, kw_only=True)
    headers: Mapping[str, str] | None = field(default=None, kw_only=True)
    body: object = field(default=None, kw_only=True)
    after_acting: bool | None = field(default=None, kw_only=True)
    limit: _LimitName | None = field(default=None, kw_only=True)
    location: str | None = field(default=None, kw_only=True)
    content_type: str | None = field(default=None, kw_only=True)

    def __post_init__(self) -> None:
        with configuration_errors():
            check_name("kind", self.kind, _KINDS, "fault")
            self._check_requests()
            self._take_defaults()
            self._check_effect()

    @property
    def group(self) -> str:
        """Part of a request or an answer that it changes. One fault of a group affects a request."""
        return _KINDS[self.kind].group

    def may_affect(self, request: SimRequest, operation: Operation | None, on: OriginName, now: float) -> bool:
        """Return whether it affects a request to an operation at a time, apart from its count and its chance."""
        if self.on != on:
            return False
        if self.operation is not None and (
            operation is None or self.operation not in (operation.call, operation.id, operation.row)
        ):
            return False
        rows = _KINDS[self.kind].rows
        if rows is not None and (operation is None or operation.row not in rows):
            return False
        if self.path is not None and not matches_wildcard(request.path, self.path):
            return False
        return not self.schedule or any(begin <= now < end for begin, end in self.schedule)

    def _check_requests(self) -> None:
        kind = _KINDS[self.kind]
        check_name("on", self.on, ("api", "artifacts"), "origin")
        if self.on not in kind.origins:
            raise ValueError(f"on={self.on!r}: a fault {self.kind!r} affects requests to the API alone")
        if self.operation is not None:
            check_operation("operation", self.operation)
            if self.on == "artifacts":
                raise ValueError("operation: the storage of the artifacts has no operations; give path instead")
            if kind.rows is not None and not any(self.operation in _names(row) for row in kind.rows):
                raise ValueError(f"operation={self.operation!r}: a fault {self.kind!r} affects lists of builds alone")
        if self.path is not None:
            check_text("path", self.path)
            if not self.path.startswith(("/", "*")):
                raise ValueError(
                    f"path={shown(self.path)}: each path begins with '/', so that none matches; give a whole path or a pattern "
                    f"of one, such as {'*' + self.path.removesuffix('*') + '*'!r}"
                )
        if self.times is not None:
            check_whole("times", self.times, least=1)
        check_whole("after", self.after)
        check_number("probability", self.probability, give="a number from 0 to 1")
        if self.probability > 1:
            raise ValueError(f"probability={shown(self.probability)}: give a number from 0 to 1")
        check_whole("seed", self.seed, least=None)
        object.__setattr__(self, "schedule", _schedule(self.schedule))

    def _take_defaults(self) -> None:
        """Set the defaults of the kind's own arguments.

        Raises:
            ValueError: an argument is given that the kind doesn't have.
        """
        defaults = _KINDS[self.kind].defaults
        for each in fields(self):
            if each.name in defaults:
                if getattr(self, each.name) is None:
                    object.__setattr__(self, each.name, defaults[each.name])
            elif each.name in _EFFECTS and getattr(self, each.name) is not None:
                has = f"it has {', '.join(defaults)}" if defaults else "it has no arguments of its own"
                raise ValueError(f"{each.name}: a fault {self.kind!r} doesn't have this argument; {has}")

    def _check_effect(self) -> None:
        if self.seconds is not None:
            skew = self.kind == "clock_skew" and isinstance(self.seconds, int | float) and self.seconds < 0
            check_number("seconds", -self.seconds if skew else self.seconds)
            if self.kind == "clock_skew" and abs(self.seconds) > _FURTHEST:
                raise ValueError(f"seconds={shown(self.seconds)}: give seconds from -{_FURTHEST} to {_FURTHEST}")
        if self.pieces is not None:
            check_whole("pieces", self.pieces, least=2)
        if self.status is not None:
            least, most = {"error": (400, 599), "redirect": (300, 399)}.get(self.kind, (200, 599))
            check_status(self.status, least, most)
        for name in ("html", "after_acting"):
            if getattr(self, name) is not None:
                check_flags(**{name: getattr(self, name)})
        if self.limit is not None:
            check_name("limit", self.limit, ("organization", "user"), "limit")
        for name in ("location", "content_type"):
            if getattr(self, name) is not None:
                check_text(name, getattr(self, name))
                if _NOT_IN_HEADERS.search(getattr(self, name)):
                    raise ValueError(f"{name} has a control character, such as a line break: give one line of text")
        if self.headers is not None:
            object.__setattr__(self, "headers", _sendable(text_map("headers", self.headers)))
        if self.body is not None:
            if self.html:
                raise ValueError("html: the fault has a body of its own; leave html out")
            if self.kind == "answer" and self.status in WITHOUT_BODY and self.body != b"":
                raise ValueError(f"body: an answer with the status {self.status} has none; leave body out")
            _check_body(self.body)
        _check_framing(self.headers or {}, self.body)


_EFFECTS = frozenset(name for kind in _KINDS.values() for name in kind.defaults)
"""Arguments that belong to some kinds."""


class _Active:
    """Fault with the requests that it has seen."""

    def __init__(self, fault: Fault) -> None:
        self.fault = fault
        self.matched = 0
        self.affected = 0
        self._random = Random(fault.seed)

    @property
    def over(self) -> bool:
        """True if it affects no further request."""
        return self.fault.times is not None and self.affected >= self.fault.times

    def takes(self) -> bool:
        """Count a request that it may affect, and return whether it affects it."""
        self.matched += 1
        fault = self.fault
        if self.matched <= fault.after or (fault.probability < 1 and self._random.random() >= fault.probability):
            return False
        self.affected += 1
        return True


class Faults:
    """Faults of a simulator, in the order in which they were added. Any thread may use them.

    Several may affect a request: of those that change the same part of it, the first. So two errors with `times=1` are for
    two requests, and a latency comes on top. The groups are: the answer instead of the proper one (`error`, `answer`,
    `rate_limit`, `redirect`, `reset`), the encoding (`gzip`, `broken_gzip`), and each other kind by itself.

    Example:
        >>> from buildkite_ext.simulation import Simulator
        >>> simulator = Simulator()
        >>> limited = Fault("rate_limit", operation="builds.list", times=1)
        >>> simulator.faults.add(limited)
        >>> list(simulator.faults) == [limited], simulator.faults.affected(limited)
        (True, 0)
        >>> simulator.faults.clear()
    """

    def __init__(self, lock: AbstractContextManager[object]) -> None:
        self._lock = lock
        self._active: list[_Active] = []
        self._over: list[_Active] = []

    def add(self, fault: Fault) -> None:
        """Add a fault. It affects requests from now on.

        Raises:
            TypeError: it isn't a Fault.
        """
        if not isinstance(fault, Fault):
            raise TypeError(f"fault is {kind_of(fault)}: give a Fault, such as Fault('latency', seconds=5)")
        with self._lock:
            self._active.append(_Active(fault))

    def remove(self, fault: Fault) -> None:
        """Remove a fault.

        Raises:
            ValueError: it isn't there, since it was removed or has affected all its requests.
        """
        with self._lock:
            found = next((each for each in self._active if each.fault is fault), None) or next(
                (each for each in self._active if each.fault == fault), None
            )
            if found is None:
                raise ValueError(
                    f"the fault {fault.kind!r} isn't there: it was removed, or has affected all its requests"
                )
            self._active.remove(found)

    def clear(self) -> None:
        """Remove all faults."""
        with self._lock:
            self._active.clear()
            self._over.clear()

    def affected(self, fault: Fault) -> int:
        """Return the number of requests that a fault has affected, also if all of them have come."""
        with self._lock:
            return sum(each.affected for each in (*self._active, *self._over) if each.fault == fault)

    def __iter__(self) -> Iterator[Fault]:
        with self._lock:
            return iter([each.fault for each in self._active])

    def __len__(self) -> int:
        return len(self._active)

    def take(
        self, request: SimRequest, operation: Operation | None, on: OriginName, now: Callable[[], float]
    ) -> dict[str, Fault]:
        """Return the faults that affect a request, by their groups, and count the request."""
        taken: dict[str, Fault] = {}
        if not self._active:
            return taken
        time = now()
        for each in tuple(self._active):
            fault = each.fault
            if fault.group in taken or not fault.may_affect(request, operation, on, time) or not each.takes():
                continue
            taken[fault.group] = fault
            if each.over:
                self._active.remove(each)
                self._over.append(each)
                del self._over[:-_KEPT]
        return taken


_KEPT = 1000
"""Faults that are over and whose counts are kept."""


def check_operation(argument: str, name: object) -> None:
    """Check the name of an operation: a method of the client, or an id.

    Args:
        argument: the argument that holds it.
        name: the name.

    Raises:
        TypeError: it isn't a text.
        ValueError: there is no such operation. The message has the nearest one.
    """
    check_name(argument, name, _CALLS, "operation", also=_IDS, listed=_LISTED)


def check_status(status: object, least: int, most: int = 599) -> None:
    """Check the status of an answer.

    Raises:
        TypeError: it isn't a whole number.
        ValueError: it is out of its range.
    """
    check_whole("status", status, least=None)
    if not isinstance(status, int) or not least <= status <= most:
        other = isinstance(status, int) and least == 400 and 200 <= status < 400
        hint = "; answer_next gives other answers" if other else ""
        raise ValueError(f"status={status}: give a status from {least} to {most}{hint}")


def _names(row: str) -> tuple[str, str, str]:
    operation = next(each for each in OPERATIONS.values() if each.row == row)
    return operation.row, operation.id, operation.call


def _schedule(given: object) -> tuple[tuple[float, float], ...]:
    give = "pairs of a begin and an end, such as [(clock.time() + 60, clock.time() + 120)]"
    windows: list[tuple[float, float]] = []
    for index, each in enumerate(elements("schedule", given, give=give)):
        pair = elements(f"schedule[{index}]", each, give="a begin and an end")
        if len(pair) != 2:
            raise ValueError(f"schedule[{index}] has {len(pair)} times: give a begin and an end")
        for value in pair:
            check_number(f"schedule[{index}]", value)
        begin, end = (float(str(value)) for value in pair)
        if begin >= end:
            raise ValueError(f"schedule[{index}] ends at {end} and begins at {begin}: give an end after the begin")
        windows.append((begin, end))
    return tuple(windows)


def _sendable(headers: dict[str, str]) -> dict[str, str]:
    for name, value in headers.items():
        if not _HEADER_NAME.fullmatch(name):
            raise ValueError(f"headers has the name {name!r}: give the name of a header, such as 'Retry-After'")
        if _NOT_IN_HEADERS.search(value):
            raise ValueError(f"headers[{name!r}] has a control character, such as a line break: give one line of text")
    return headers


def _check_body(body: object) -> None:
    if isinstance(body, bytes):
        return
    try:
        dumps(body)
    except (TypeError, ValueError, RecursionError) as error:
        kind = ValueError if isinstance(error, ValueError) else TypeError
        raise kind(f"body is {kind_of(body)} that can't be sent as JSON ({error}): give bytes or JSON values") from None


def _check_framing(headers: Mapping[str, str], body: object) -> None:
    """Check that no header tells the end of a body falsely: a server would break off the connection.

    Raises:
        ValueError: one does.
    """
    for name, value in headers.items():
        if name.lower() == "transfer-encoding":
            raise ValueError(f"headers[{name!r}]: the server chooses how the body is sent; leave this header out")
        if name.lower() != "content-length":
            continue
        if body is None:
            raise ValueError(f"headers[{name!r}] is given without a body: leave this header out")
        length = len(body if isinstance(body, bytes) else dumps(body))
        if value != str(length):
            raise ValueError(
                f"headers[{name!r}] is {value!r}, and the body has {length} bytes: leave this header out. "
                "A fault 'truncated' ends an answer early"
            )
