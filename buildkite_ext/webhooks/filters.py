"""Filters of events: by name, class, state, pipeline and branch."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from buildkite_api.webhooks.events import EVENTS, AgentEvent, BuildEvent, JobEvent, WebhookEvent
from buildkite_api.webhooks.registrar import Patterns

from ..errors import ConfigurationError
from ..globs import matches_wildcard
from ..states import EVENT_STATES, build_state
from ..unknown_names import warn_unknown

__all__ = ["Filters", "Match", "event_state", "known_kinds", "matcher"]

Match = Callable[[WebhookEvent], bool]
"""A function that returns True if an event passes all filters."""


@dataclass(frozen=True, slots=True)
class Filters:
    """Filters of a handler. None matches any event."""

    state: Patterns | None = None
    pipeline: Patterns | None = None
    branch: Patterns | None = None


def matcher(event: str | type[WebhookEvent], filters: Filters) -> Match:
    """Return a function that tells if an event matches.

    Args:
        event: a name, a pattern of names, or a class.
        filters: further conditions.

    Raises:
        ConfigurationError: a filter is empty, or the event can't have its property, so that it could never match.
    """
    tests = [_matches_kind(event)]
    kinds = known_kinds(event)
    if not kinds and isinstance(event, str):
        warn_unknown("event", [event], EVENTS)
    if filters.state is not None:
        _check_possible(event, kinds, "state", (BuildEvent, JobEvent, AgentEvent))
        states = _alternatives("state", filters.state)
        warn_unknown("state", states, EVENT_STATES)
        tests.append(lambda it: event_state(it) in states)
    if filters.pipeline is not None:
        _check_possible(event, kinds, "pipeline", (BuildEvent, JobEvent))
        pipeline = _pattern("pipeline", filters.pipeline)
        tests.append(lambda it: isinstance(it, (BuildEvent, JobEvent)) and pipeline(it.pipeline.slug))
    if filters.branch is not None:
        _check_possible(event, kinds, "branch", (BuildEvent, JobEvent))
        branch = _pattern("branch", filters.branch)
        tests.append(lambda it: isinstance(it, (BuildEvent, JobEvent)) and branch(it.build.branch))
    return tests[0] if len(tests) == 1 else lambda it: all(test(it) for test in tests)


def event_state(event: WebhookEvent) -> str | None:
    """Return the state of an event's build, job or agent; None if the event has no state.

    A build at a block step is `blocked`. Buildkite then gives its `state` as `passed`, or as its last other state.
    https://buildkite.com/docs/apis/webhooks/pipelines/build-events
    """
    state: object = None
    if isinstance(event, BuildEvent):
        return build_state(event.build)
    if isinstance(event, JobEvent):
        state = event.job.state
    elif isinstance(event, AgentEvent):
        state = event.agent.connection_state
    return None if state is None else str(state)


def _matches_kind(event: str | type[WebhookEvent]) -> Match:
    if isinstance(event, type):
        return lambda it: isinstance(it, event)
    if event in EVENTS:
        return lambda it: it.event == event
    fits = _pattern("event", event)
    return lambda it: fits(it.event)


def known_kinds(event: str | type[WebhookEvent]) -> list[type[WebhookEvent]]:
    """Return the classes of the known events that match."""
    return [
        kind
        for name, kind in EVENTS.items()
        if (issubclass(kind, event) if isinstance(event, type) else _fits(event, name))
    ]


def _fits(pattern: str, name: str) -> bool:
    return _pattern("event", pattern)(name)


def _check_possible(
    event: object, kinds: list[type[WebhookEvent]], name: str, having: tuple[type[WebhookEvent], ...]
) -> None:
    if not any(issubclass(kind, having) for kind in kinds):
        raise ConfigurationError(f"on({event!r}, {name}=…): that event has no {name}, so the handler would never run")


def _alternatives(name: str, given: Patterns) -> list[str]:
    texts = [given] if isinstance(given, str) else list(given)
    if not texts or not all(isinstance(text, str) and text for text in texts):
        raise ConfigurationError(f"{name}={given!r}: give a text or several texts that aren't empty")
    return texts


def _pattern(name: str, given: Patterns) -> Callable[[str | None], bool]:
    """Return a function that matches a text with patterns, in which `*` stands for any characters."""
    patterns = _alternatives(name, given)
    return lambda text: isinstance(text, str) and any(matches_wildcard(text, each) for each in patterns)
