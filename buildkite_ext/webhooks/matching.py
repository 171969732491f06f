"""Which events a handler is for: a pure question of an event and of what was registered."""

from __future__ import annotations

import difflib
import re
import warnings
from collections.abc import Callable, Collection
from dataclasses import dataclass

from buildkite_api.models import AgentConnectionState, Build, BuildState, JobState
from buildkite_api.webhooks.events import EVENTS, AgentEvent, BuildEvent, JobEvent, WebhookEvent

from ..errors import ConfigurationError

_STATES = frozenset(str(state.value) for enum in (BuildState, JobState, AgentConnectionState) for state in enum)

Patterns = str | Collection[str]
Match = Callable[[WebhookEvent], bool]


@dataclass(frozen=True, slots=True)
class Filters:
    """What an event must be like; None for what doesn't matter."""

    state: Patterns | None = None
    pipeline: Patterns | None = None
    branch: Patterns | None = None


def matcher(event: str | type[WebhookEvent], filters: Filters) -> Match:
    """The question whether a handler is for an event.

    Args:
        event: a name, a pattern of names, or a class.
        filters: what else must fit.

    Raises:
        ConfigurationError: nothing could ever fit: a filter that is empty, or that this event can't have.
    """
    tests = [_kind(event)]
    kinds = _kinds(event)
    if not kinds and isinstance(event, str):
        _doubt("event", event, EVENTS)
    if filters.state is not None:
        _possible(event, kinds, "state", (BuildEvent, JobEvent, AgentEvent))
        states = _alternatives("state", filters.state)
        for state in states:
            _doubt("state", state, _STATES)
        tests.append(lambda it: state_of(it) in states)
    if filters.pipeline is not None:
        _possible(event, kinds, "pipeline", (BuildEvent, JobEvent))
        pipeline = _pattern("pipeline", filters.pipeline)
        tests.append(lambda it: isinstance(it, (BuildEvent, JobEvent)) and pipeline(it.pipeline.slug))
    if filters.branch is not None:
        _possible(event, kinds, "branch", (BuildEvent, JobEvent))
        branch = _pattern("branch", filters.branch)
        tests.append(lambda it: isinstance(it, (BuildEvent, JobEvent)) and branch(it.build.branch))
    return lambda it: all(test(it) for test in tests)


def state_of(event: WebhookEvent) -> str | None:
    """The state that an event tells of; None where it tells of none.

    A build at a block step is `blocked`: its own `state` then says `passed`, or whatever it said last.
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


def build_state(build: Build) -> str | None:
    """The state of a build, which says `blocked` of one at a block step."""
    if build.blocked is True:
        return "blocked"
    return None if build.state is None else str(build.state)


def _doubt(name: str, given: str, known: Collection[str]) -> None:
    """Buildkite may have what this version doesn't know, so a slip of the pen is no error; but nobody would see it."""
    if given not in known:
        near = difflib.get_close_matches(given, known, n=1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        warnings.warn(f"this version knows no {name} {given!r}{hint}", UserWarning, stacklevel=5)


def _kind(event: str | type[WebhookEvent]) -> Match:
    if isinstance(event, type):
        return lambda it: isinstance(it, event)
    fits = _pattern("event", event)
    return lambda it: fits(it.event)


def _kinds(event: str | type[WebhookEvent]) -> list[type[WebhookEvent]]:
    """The known events that could be meant."""
    return [
        kind
        for name, kind in EVENTS.items()
        if (issubclass(kind, event) if isinstance(event, type) else _fits(event, name))
    ]


def _fits(pattern: str, name: str) -> bool:
    return _pattern("event", pattern)(name)


def _possible(
    event: object, kinds: list[type[WebhookEvent]], name: str, bearers: tuple[type[WebhookEvent], ...]
) -> None:
    if not any(issubclass(kind, bearers) for kind in kinds):
        raise ConfigurationError(f"on({event!r}, {name}=…): that event has no {name}, so the handler would never run")


def _alternatives(name: str, given: Patterns) -> list[str]:
    texts = [given] if isinstance(given, str) else list(given)
    if not texts or not all(isinstance(text, str) and text for text in texts):
        raise ConfigurationError(f"{name}={given!r}: give one text, or several, none of them empty")
    return texts


def _pattern(name: str, given: Patterns) -> Callable[[str | None], bool]:
    """Whether a text is one of several, in which `*` stands for anything."""
    texts = _alternatives(name, given)
    pattern = re.compile("|".join(".*".join(map(re.escape, text.split("*"))) for text in texts), re.DOTALL)
    return lambda text: isinstance(text, str) and pattern.fullmatch(text) is not None
