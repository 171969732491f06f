"""Filters: the handlers that a delivery reaches."""

from __future__ import annotations

import asyncio
import json
import warnings
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from buildkite_ext import ConfigurationError
from buildkite_ext.webhooks import (
    AgentEvent,
    BuildEvent,
    BuildFinished,
    JobEvent,
    WebhookEvent,
    WebhookHandler,
    event_state,
    parse,
)

from .posting import PING, agent_body, build_body, job_body

UNKNOWN = b'{"event": "pipeline.renamed", "pipeline": {"slug": "web"}}'


def reached(body: bytes, event: Any, **filters: Any) -> bool:
    """Return True if a handler with these filters gets the delivery."""
    hooks = WebhookHandler(allow_unsigned=True, respond_after="handled")
    given: list[WebhookEvent] = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # some of them aren't known, on purpose
        hooks.on(event, **filters)(given.append)
    answer = asyncio.run(hooks.receive("POST", {"Content-Type": "application/json"}, body))
    assert answer.status == 200
    return bool(given)


@pytest.mark.parametrize(
    ("body", "event", "filters", "expected"),
    [
        (build_body(), "build.finished", {}, True),
        (build_body(), "build.running", {}, False),
        (build_body(), "build.*", {}, True),
        (build_body(), "*", {}, True),
        (build_body(), "build", {}, False),
        (build_body(), BuildFinished, {}, True),
        (build_body("build.running"), BuildFinished, {}, False),
        (build_body(), BuildEvent, {}, True),
        (build_body(), JobEvent, {}, False),
        (build_body(), WebhookEvent, {}, True),
        (UNKNOWN, WebhookEvent, {}, True),
        (UNKNOWN, "pipeline.renamed", {}, True),
        (UNKNOWN, "*", {}, True),
        (PING, "ping", {}, True),
        # states
        (build_body(state="failed"), "build.finished", {"state": "failed"}, True),
        (build_body(state="failed"), "build.finished", {"state": "passed"}, False),
        (build_body(state="failed"), "build.finished", {"state": ["passed", "failed"]}, True),
        (build_body(state="passed", blocked=True), "build.finished", {"state": "passed"}, False),
        (build_body(state="passed", blocked=True), "build.finished", {"state": "blocked"}, True),
        (build_body(state="perplexed"), "build.finished", {"state": "perplexed"}, True),
        (build_body(state=None), "build.finished", {"state": "failed"}, False),
        (job_body(state="failed"), "job.finished", {"state": "failed"}, True),
        (job_body(state="passed"), "job.*", {"state": "failed"}, False),
        (agent_body(connection_state="lost"), "agent.lost", {"state": "lost"}, True),
        (agent_body(connection_state="lost"), AgentEvent, {"state": {"lost", "stopped"}}, True),
        (agent_body(), AgentEvent, {"state": "lost"}, False),
        (PING, "*", {"state": "failed"}, False),
        # pipelines and branches
        (build_body(), "build.finished", {"pipeline": "web"}, True),
        (build_body(), "build.finished", {"pipeline": "we"}, False),
        (build_body(), "build.finished", {"pipeline": "w*"}, True),
        (build_body(), "build.finished", {"pipeline": ["api", "web"]}, True),
        (job_body(pipeline="api"), "job.finished", {"pipeline": "web"}, False),
        (build_body(branch="release/1/2"), "build.finished", {"branch": "release/*"}, True),
        (build_body(branch="release"), "build.finished", {"branch": "release/*"}, False),
        (build_body(branch="main\n"), "build.finished", {"branch": "main"}, False),
        (build_body(branch="a\nb"), "build.finished", {"branch": "a*b"}, True),
        (build_body(branch="fix[1]"), "build.finished", {"branch": "fix[1]"}, True),
        (build_body(branch="mainx"), "build.finished", {"branch": "main."}, False),
        (build_body(branch=None), "build.finished", {"branch": "*"}, False),
        (job_body(branch="main"), "job.finished", {"branch": "main", "state": "failed", "pipeline": "web"}, True),
        (job_body(branch="main"), "job.finished", {"branch": "main", "state": "failed", "pipeline": "api"}, False),
        (agent_body(), "*", {"branch": "*"}, False),
    ],
)
def test_a_handler_gets_matching_events(body: bytes, event: Any, filters: dict[str, Any], expected: bool) -> None:
    assert reached(body, event, **filters) is expected


@pytest.mark.parametrize(
    ("event", "filters", "says"),
    [
        ("ping", {"state": "failed"}, "that event has no state"),
        ("agent.lost", {"branch": "main"}, "that event has no branch"),
        ("agent.*", {"pipeline": "web"}, "that event has no pipeline"),
        (AgentEvent, {"branch": "main"}, "that event has no branch"),
        ("package.created", {"pipeline": "web"}, "that event has no pipeline"),
        ("build.finished", {"branch": ""}, "texts that aren.t empty"),
        ("build.finished", {"branch": []}, "texts that aren.t empty"),
        ("build.finished", {"state": ["failed", ""]}, "texts that aren.t empty"),
        ("", {}, "texts that aren.t empty"),
        ("build.finished", {"timeout": 0}, "seconds above 0"),
    ],
)
def test_a_handler_that_could_never_run_is_refused(event: Any, filters: dict[str, Any], says: str) -> None:
    with pytest.raises(ConfigurationError, match=says):
        WebhookHandler(allow_unsigned=True).on(event, **filters)


@given(st.text(min_size=1), st.text(), st.text())
def test_a_star_matches_any_characters(text: str, before: str, after: str) -> None:
    event = parse(build_body(branch=f"{before}{text}{after}".encode("utf-8", "replace").decode()))
    branch = json.loads(event.raw)["build"]["branch"]
    assert isinstance(event, BuildFinished)
    assert event.build.branch == branch
    hooks = WebhookHandler(allow_unsigned=True, respond_after="handled")
    seen: list[BuildFinished] = []
    star = branch[:1].replace("*", "") + "*" if branch else "*"
    hooks.on("build.finished", branch=star)(seen.append)
    asyncio.run(hooks.receive("POST", {"Content-Type": "application/json"}, event.raw))
    assert len(seen) == 1


def test_event_state() -> None:
    assert event_state(parse(build_body(state="passed"))) == "passed"
    assert event_state(parse(build_body(state="running", blocked=True))) == "blocked"
    assert event_state(parse(job_body(state="timed_out"))) == "timed_out"
    assert event_state(parse(agent_body(connection_state="stopped"))) == "stopped"
    assert event_state(parse(PING)) is None


@pytest.mark.parametrize(
    ("event", "filters", "says"),
    [
        ("build.finised", {}, "doesn.t know the event 'build.finised'; did you mean 'build.finished'"),
        ("pipeline.renamed", {}, "doesn.t know the event 'pipeline.renamed'$"),
        ("build.finished", {"state": "fialed"}, "doesn.t know the state 'fialed'; did you mean 'failed'"),
        ("build.*", {"state": ["failed", "success"]}, "doesn.t know the state 'success'"),
    ],
)
def test_an_unknown_name_is_a_warning_at_the_callers_line(event: str, filters: dict[str, Any], says: str) -> None:
    with pytest.warns(UserWarning, match=says) as told:
        WebhookHandler(allow_unsigned=True).on(event, **filters)
    assert [warning.filename for warning in told] == [__file__]


@pytest.mark.parametrize(
    "state", ["passed", "failed", "blocked", "canceled", "timed_out", "lost", "skipped", "not_run"]
)
def test_a_known_name_is_no_warning(state: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        WebhookHandler(allow_unsigned=True).on("*", state=state)
