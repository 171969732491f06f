"""Assertions about the requests that a simulator got. What they raise says how the requests differ."""

from __future__ import annotations

import difflib
import json
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby

from ..globs import matches_wildcard
from ..unknown_keywords import checks_keywords
from .definition.checks import check_text, check_whole, texts_of
from .faults import check_operation
from .recording import RecordedRequest

__all__ = ["RequestAssertions"]

__tracebackhide__ = True  # pytest shows the line of the test, not of this module; --full-trace shows all
__unittest = True  # so does unittest

_SHOWN = 5
"""Requests that the message of an assertion shows."""

_NOTHING = object()


class RequestAssertions(ABC):
    """Assertions about the requests of a simulator. `Simulator` has them."""

    @property
    @abstractmethod
    def requests(self) -> list[RecordedRequest]:
        """Requests to the API so far, in their order."""

    @checks_keywords
    def assert_asked(
        self,
        call: str,
        *,
        times: int | None = None,
        path: str | None = None,
        query: Mapping[str, object] | None = None,
        body: Mapping[str, object] | None = None,
    ) -> None:
        """Assert that an operation was asked for, and with what.

        Args:
            call: a method of the client, such as `"builds.create"`, or the id of an operation. A wait sends `builds.get`.
            times: the number of requests; any number but 0 by default. 0 asserts that there was none.
            path: the path, or a pattern of it, such as `"*/pipelines/web/*"`.
            query: some parameters of the query: a text, a number, a boolean, or a list of them for a parameter that is sent
                several times.
            body: some keys of the body and their values. Maps in it may lack keys, too; lists may not.

        Raises:
            AssertionError: there was no such request, or another number. The message has the requests that came nearest.
            TypeError: an argument has another type. The message names it.
            ValueError: `call` isn't an operation, or `times` is negative.

        Example:
            >>> from buildkite_ext.simulation import Simulator
            >>> simulator = Simulator()
            >>> web = simulator.pipeline("web").job("test")
            >>> with simulator.client() as buildkite:
            ...     _ = buildkite.builds.create("web", commit="HEAD", branch="dev", env={"DEBUG": "1"})
            >>> simulator.assert_asked("builds.create", times=1, body={"env": {"DEBUG": "1"}})
            >>> simulator.assert_asked("builds.create", body={"branch": "main"})
            Traceback (most recent call last):
            ...
            AssertionError: builds.create was asked for once, but not with what was expected:
              POST /v2/organizations/acme/pipelines/web/builds -> 201
                body['branch'] was 'dev', not 'main'
            Asked for in all: builds.create
        """
        check_operation("call", call)
        check_whole("times", times, optional=True)
        if path is not None:
            check_text("path", path)
        for name, given in (("query", query), ("body", body)):
            if given is not None and not isinstance(given, Mapping):
                raise TypeError(f"{name}: give a map of names to values, such as {{'branch': 'main'}}")
        asked = [request for request in self.requests if call in (request.call, request.operation)]
        differences = [list(_differences(request, path, query or {}, body or {})) for request in asked]
        found = sum(not each for each in differences)
        if found if times is None else found == times:
            return
        lines = [_summary(call, found, len(asked), times)]
        wanted = times is None or found < times
        shown = [(request, each) for request, each in zip(asked, differences, strict=True) if bool(each) is wanted]
        shown.sort(key=lambda pair: len(pair[1]))
        for request, each in shown[:_SHOWN]:
            lines.append(f"  {_shown(request)}")
            lines += [f"    {difference}" for difference in each]
        if len(shown) > _SHOWN:
            lines.append(f"  and {len(shown) - _SHOWN} more")
        raise AssertionError("\n".join([*lines, f"Asked for in all: {_counted(self.requests)}"]))

    def assert_calls(self, calls: Sequence[str]) -> None:
        """Assert which operations were asked for, in their order, and no others.

        Requests of one operation that follow one another count as one: nobody knows how often a wait asks.

        Args:
            calls: methods of the client, such as `["builds.create", "builds.get"]`.

        Raises:
            AssertionError: others were. The message has the difference.
            TypeError: it isn't a list of texts.
            ValueError: one of them isn't an operation.

        Example:
            >>> from buildkite_ext.simulation import Simulator
            >>> simulator = Simulator()
            >>> with simulator.client() as buildkite:
            ...     _ = buildkite.user.get()
            >>> simulator.assert_calls(["user.get"])
            >>> simulator.assert_calls(["user.get", "organizations.get"])
            Traceback (most recent call last):
            ...
            AssertionError: Other calls were asked for (- expected, + asked):
                user.get
              - organizations.get
        """
        expected = texts_of("calls", calls, give="methods of the client, such as ['builds.create']")
        for call in expected:
            check_operation("calls", call)
        asked = [name for name, _ in groupby(self.requests, _name)]
        wanted = [name for name, _ in groupby(expected)]
        if asked != wanted:
            lines = [line for line in difflib.ndiff(wanted, asked) if not line.startswith("?")]
            raise AssertionError(
                "\n".join(
                    ["Other calls were asked for (- expected, + asked):", *(f"  {line.rstrip()}" for line in lines)]
                )
            )


def _summary(call: str, found: int, asked: int, times: int | None) -> str:
    if not asked:
        return f"{call} wasn't asked for."
    if times is None or not found:
        return f"{call} was asked for {_often(asked)}, but not with what was expected:"
    besides = "" if found == asked else f" of {asked}"
    return f"{call} was asked for {_often(found)}{besides} with what was expected, not {_often(times)}:"


def _often(times: int) -> str:
    return {0: "never", 1: "once", 2: "twice"}.get(times, f"{times} times")


def _differences(
    request: RecordedRequest, path: str | None, query: Mapping[str, object], body: Mapping[str, object]
) -> Iterator[str]:
    """Yield what differs between a request and what was expected of it."""
    if path is not None and not matches_wildcard(request.path, path):
        yield f"the path was {request.path}, not {path}"
    for name, value in query.items():
        expected = [_parameter(each) for each in (value if isinstance(value, list | tuple) else [value])]
        sent = [text for key, text in request.query if key in (name, f"{name}[]")]
        if sorted(sent) != sorted(expected):
            said = "missing" if not sent else _one(sent)
            yield f"query[{name!r}] was {said}, not {_one(expected)}"
    if body:
        try:
            content: object = json.loads(request.body)
        except ValueError:
            yield f"the body wasn't JSON, but {len(request.body)} bytes"
        else:
            yield from _body_differences("body", content, body)


def _body_differences(place: str, sent: object, expected: object) -> Iterator[str]:
    if isinstance(expected, Mapping) and isinstance(sent, Mapping):
        for key, value in expected.items():
            yield from _body_differences(f"{place}[{key!r}]", sent.get(key, _NOTHING), value)
    elif isinstance(expected, list | tuple) and isinstance(sent, list) and len(expected) == len(sent):
        for index, (one, other) in enumerate(zip(sent, expected, strict=True)):
            yield from _body_differences(f"{place}[{index}]", one, other)
    elif sent is _NOTHING:
        yield f"{place} was missing, not {expected!r}"
    elif sent != expected or isinstance(sent, bool) is not isinstance(expected, bool):
        yield f"{place} was {sent!r}, not {expected!r}"


def _parameter(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _one(values: Sequence[str]) -> str:
    return repr(values[0]) if len(values) == 1 else repr(list(values))


def _shown(request: RecordedRequest) -> str:
    query = "&".join(f"{name}={value}" for name, value in request.query)
    answer = "no answer" if request.status is None else request.status
    return f"{request.method} {request.path}{'?' if query else ''}{query} -> {answer}"


def _name(request: RecordedRequest) -> str:
    return request.call or f"{request.method} {request.path}"


def _counted(requests: Sequence[RecordedRequest]) -> str:
    counts = Counter(map(_name, requests))
    return ", ".join(name if number == 1 else f"{name} × {number}" for name, number in counts.items()) or "nothing"
