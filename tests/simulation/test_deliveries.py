"""Webhooks of a simulator: which deliveries follow from what happens, and how they arrive."""

from __future__ import annotations

import json
import re
import socket
import subprocess
import threading
from collections.abc import Iterator, Mapping
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest
from buildkite_api.webhooks.events import EVENTS

from buildkite_ext import ConfigurationError, SystemClock
from buildkite_ext.simulation import Deliveries, SentDelivery, Simulator, Timing, WebhookEndpoint
from buildkite_ext.simulation.server import running
from buildkite_ext.webhooks import (
    BuildFinished,
    WebhookEvent,
    WebhookHandler,
    WebhookUnverified,
    parse,
    verify,
    verify_token,
)

from .go_programs import go_program

SECRET = "s3cret"


class Receiver:
    """Receiver that keeps what it gets, and answers with statuses."""

    def __init__(self, *statuses: int) -> None:
        self.got: list[tuple[bytes, Mapping[str, str]]] = []
        self._statuses = list(statuses)

    def __call__(self, body: bytes, headers: Mapping[str, str]) -> int:
        self.got.append((body, headers))
        return self._statuses.pop(0) if self._statuses else 200

    @property
    def events(self) -> list[str]:
        return [str(json.loads(body)["event"]) for body, _ in self.got]

    def bodies(self, event: str) -> list[dict[str, Any]]:
        return [found for body, _ in self.got if (found := json.loads(body))["event"] == event]


def test_a_build_from_its_creation_to_its_end() -> None:
    simulator, receiver = Simulator(agents=1), Receiver()
    simulator.webhook(receiver, secret=SECRET)
    simulator.pipeline("web").job("test", after=30).build()
    simulator.clock.sleep(60)
    assert receiver.events == [
        "ping",
        "build.scheduled",
        "job.scheduled",
        "job.started",
        "build.running",
        "job.finished",
        "build.finished",
    ]


def test_a_build_that_waits_for_a_user_and_goes_on() -> None:
    simulator, receiver = Simulator(agents=1), Receiver()
    simulator.webhook(receiver, events=["build.*", "job.activated"])
    simulator.pipeline("web").block("Ship it?", key="ship").job("deploy").build()
    simulator.clock.sleep(60)
    assert receiver.events == ["build.scheduled", "build.finished"]
    assert receiver.bodies("build.finished")[0]["build"]["blocked"] is True
    with simulator.client() as buildkite:
        buildkite.jobs.unblock("web", 1, buildkite.builds.get("web", 1).jobs[0].id)  # type: ignore[index, union-attr]
    simulator.clock.sleep(60)
    assert receiver.events[2:] == ["job.activated", "build.running", "build.finished"]
    assert receiver.bodies("job.activated")[0]["job"]["unblocked_by"]["name"] == "Ada Byron"


def test_builds_that_fail_early_and_are_skipped() -> None:
    simulator, receiver = Simulator(agents=2), Receiver()
    simulator.webhook(receiver, events=["build.*", "job.promised_exit_status"])
    web = simulator.pipeline("web", skip_queued_branch_builds=True).job("a", exit_status=1, after=60).job("b", after=90)
    web.script("a", promise=(10, 1))
    web.build()
    web.build()
    simulator.clock.sleep(300)
    assert sorted(receiver.events) == [
        "build.failing",
        "build.finished",
        "build.running",
        "build.scheduled",
        "build.scheduled",
        "build.skipped",
        "job.promised_exit_status",
    ]
    assert receiver.bodies("job.promised_exit_status")[0]["job"]["promised_exit_status"] == 1


def test_agents_that_connect_stop_and_are_lost() -> None:
    simulator, receiver = Simulator(agents=0), Receiver()
    simulator.webhook(receiver, events=["agent.*"])
    simulator.agent("mac-1")
    with simulator.client() as buildkite:
        buildkite.agents.stop(next(iter(buildkite.agents.list())).id)
    simulator.agent("mac-2")
    simulator.pipeline("web").job("test", exit_status=-1).build()
    simulator.clock.sleep(60)
    assert receiver.events == [
        "agent.connected",
        "agent.stopped",
        "agent.disconnected",
        "agent.connected",
        "agent.lost",
    ]
    states = [json.loads(body)["agent"]["connection_state"] for body, _ in receiver.got]
    assert states == ["connected", "stopped", "disconnected", "connected", "lost"]


def test_builds_of_the_past_and_builds_before_send_nothing() -> None:
    simulator, receiver = Simulator(agents=1), Receiver()
    web = simulator.pipeline("web").job("test")
    web.build()
    simulator.clock.sleep(60)
    simulator.webhook(receiver, events=["build.*"])
    web.history(5)
    simulator.clock.sleep(60)
    assert receiver.events == []


def everything() -> Receiver:
    """Return a receiver that got the events of builds of all kinds."""
    simulator, receiver = Simulator(agents=2), Receiver()
    simulator.webhook(receiver, secret=SECRET)
    web = simulator.pipeline("web").job("test", exit_status=[1, 0], automatic_retries=1).job("slow", after=90)
    web.block("Ship it?", key="ship").trigger("api")
    simulator.pipeline("api").job("lint", exit_status=1)
    web.build(meta_data={"created_at": "2026-01-05T09:00:00Z"}, message="of 2026-01-05T09:00:00Z")
    simulator.clock.sleep(300)
    with simulator.client() as buildkite:
        block = next(job for job in buildkite.builds.get("web", 1).jobs or () if job.type == "manual")
        buildkite.jobs.unblock("web", 1, block.id)
    simulator.clock.sleep(300)
    return receiver


def test_bodies_are_as_documented() -> None:
    receiver = everything()
    assert {"build.finished", "job.activated", "job.finished"} <= {*receiver.events}
    for body, headers in receiver.got:
        drifts: list[object] = []
        event = parse(body, headers, on_drift=drifts.append)
        assert type(event) is EVENTS[event.event], body
        assert drifts == []
        found = json.loads(body)
        assert sorted(found["sender"]) == ["id", "name"]
        if "build" in found:
            assert not {"jobs", "pipeline"} & {*found["build"]}
            assert found["pipeline"]["slug"] in ("web", "api")
            if found["pipeline"]["slug"] == "web":
                assert found["build"].pop("meta_data") == {"created_at": "2026-01-05T09:00:00Z"}
                assert found["build"].pop("message") == "of 2026-01-05T09:00:00Z"
        assert not re.search(r"_at\": \"\d{4}-\d\d-\d\dT", json.dumps(found))


def test_signed_with_a_secret_or_a_token_in_plain_text() -> None:
    for options in ({"secret": SECRET}, {"token": SECRET}, {}):
        simulator, receiver = Simulator(agents=1), Receiver()
        simulator.webhook(receiver, **options)  # type: ignore[arg-type]
        simulator.pipeline("web").job("test").build()
        simulator.clock.sleep(60)
        for body, headers in receiver.got:
            assert headers["Content-Length"] == str(len(body))
            given = {name for name in headers if name in ("X-Buildkite-Token", "X-Buildkite-Signature")}
            if "secret" in options:
                assert verify(body, headers, SECRET, now=simulator.clock.time).timestamp
                with pytest.raises(WebhookUnverified):
                    verify(body + b" ", headers, SECRET, now=simulator.clock.time)
            elif "token" in options:
                verify_token(headers, SECRET)
            assert len(given) == len(options)


def test_a_handler_gets_them_before_the_clock_has_moved_on() -> None:
    simulator = Simulator()
    hooks = WebhookHandler(secret=SECRET, now=simulator.clock.time)
    seen: list[tuple[str, int]] = []

    @hooks.on(BuildFinished, state="failed")
    def rebuild(event: BuildFinished) -> None:
        seen.append((event.pipeline.slug, event.build.number or 0))
        if len(seen) == 1:  # a handler may use the simulator
            with simulator.client() as buildkite:
                buildkite.builds.rebuild("web", event.build.number or 0)

    simulator.webhook(hooks, secret=SECRET)
    simulator.pipeline("web").job("test", exit_status=1, after=30).build()
    simulator.clock.sleep(60)
    assert seen == [("web", 1)]
    simulator.clock.sleep(60)
    assert seen == [("web", 1), ("web", 2)]
    assert hooks.counts["refused"] == 0
    hooks.close()


@pytest.mark.anyio
async def test_an_async_client_lets_deliveries_arrive() -> None:
    simulator, receiver = Simulator(), Receiver()
    simulator.webhook(receiver, events=["build.finished"])
    simulator.pipeline("web").job("test")
    async with simulator.async_client() as buildkite:
        build = await buildkite.builds.create("web", commit="HEAD", branch="main")
        await buildkite.builds.wait("web", build.number or 0)
    assert receiver.events == ["build.finished"]


def delivered(plan: Deliveries, *statuses: int, seconds: float = 600) -> tuple[WebhookEndpoint, Receiver]:
    """Return an endpoint of a plan, and its receiver, after five builds."""
    simulator, receiver = Simulator(agents=5), Receiver(*statuses)
    endpoint = simulator.webhook(receiver, secret=SECRET, events=["build.*"], deliveries=plan)
    web = simulator.pipeline("web").job("test", after=7)
    for _ in range(5):
        web.build()
    for _ in range(int(seconds)):
        simulator.clock.sleep(1)
    return endpoint, receiver


def numbered(receiver: Receiver) -> list[tuple[str, int]]:
    return [(found["event"], found["build"]["number"]) for body, _ in receiver.got for found in [json.loads(body)]]


def test_deliveries_in_order_or_shuffled() -> None:
    kept, shuffled = (numbered(delivered(plan)[1]) for plan in (Deliveries(), Deliveries(order="shuffled", spread=30)))
    assert len(kept) == 15
    assert sorted(kept) == sorted(shuffled)
    assert kept != shuffled
    assert shuffled == numbered(delivered(Deliveries(order="shuffled", spread=30))[1])
    assert shuffled != numbered(delivered(Deliveries(order="shuffled", spread=30, seed=1))[1])


def test_deliveries_that_are_repeated_lost_and_late() -> None:
    _, receiver = delivered(Deliveries(repeat=1))
    assert len(numbered(receiver)) == 30
    assert len({body for body, _ in receiver.got}) == 15
    endpoint, receiver = delivered(Deliveries(lose=0.4))
    assert endpoint.lost == 15 - len(receiver.got) > 0
    assert delivered(Deliveries(lose=1))[1].got == []
    endpoint, receiver = delivered(Deliveries(delay=100), seconds=99)
    assert receiver.got == []
    endpoint, receiver = delivered(Deliveries(delay=100))
    assert len(receiver.got) == 15


def test_a_refused_delivery_is_sent_again_where_the_plan_says_so() -> None:
    endpoint, receiver = delivered(Deliveries(), 500)
    assert len(receiver.got) == 15
    endpoint, receiver = delivered(Deliveries(retries=(60, 120)), 500, 200, 302)
    again = [sent for sent in endpoint.deliveries if sent.body == receiver.got[0][0]]
    assert [(sent.attempt, sent.status, sent.accepted) for sent in again] == [(1, 500, False), (2, 200, True)]
    assert again[1].sent_at - again[0].sent_at == pytest.approx(60, abs=2)
    assert again[0].headers["X-Buildkite-Signature"] != again[1].headers["X-Buildkite-Signature"]
    assert len(receiver.got) == 17


@pytest.mark.parametrize(
    ("plan", "count"),
    [
        (Deliveries(delay=30), 7),
        (Deliveries(order="shuffled"), 7),
        (Deliveries(delay=30, order="shuffled", repeat=1), 14),
        (Deliveries(delay=280), 7),
    ],
    ids=repr,
)
def test_deliveries_that_come_late_come_within_the_sleep_in_which_they_are_due(plan: Deliveries, count: int) -> None:
    at_once, in_steps = Receiver(), Receiver()
    for receiver, steps in ((at_once, 1), (in_steps, 300)):
        simulator = Simulator()
        simulator.webhook(receiver, deliveries=plan)
        simulator.pipeline("web").job("test").build()
        for _ in range(steps):
            simulator.clock.sleep(300 / steps)
        assert len(receiver.got) == count
    assert at_once.events == in_steps.events


def test_a_delivery_does_not_come_before_it_is_due() -> None:
    simulator, receiver = Simulator(), Receiver()
    simulator.webhook(receiver, events=["build.finished"], deliveries=Deliveries(delay=60))
    simulator.pipeline("web").job("test", after=200).build()
    simulator.clock.sleep(260)  # the build ends after 201 s
    assert receiver.events == []
    simulator.clock.sleep(1)
    assert receiver.events == ["build.finished"]


def test_refused_deliveries_are_sent_again_within_the_same_sleep() -> None:
    simulator, refusing = Simulator(), Receiver(*[500] * 100)
    endpoint = simulator.webhook(refusing, deliveries=Deliveries(retries=[5, 10]))
    simulator.pipeline("web").job("test").build()
    simulator.clock.sleep(300)
    assert len(refusing.got) == 7 * 3
    assert sorted(sent.attempt for sent in endpoint.deliveries) == [1] * 7 + [2] * 7 + [3] * 7
    simulator.clock.sleep(300)
    assert len(refusing.got) == 7 * 3


def test_refused_deliveries_to_a_url_are_sent_again_while_one_waits_for_them(server: tuple[str, Receiver]) -> None:
    url, receiver = server
    receiver._statuses = [500] * 100
    simulator = Simulator()
    simulator.webhook(url, deliveries=Deliveries(retries=[5, 10], delay=1))
    simulator.pipeline("web").job("test").build()
    simulator.clock.sleep(300)
    assert simulator.webhooks.wait(30)
    assert len(receiver.got) == 7 * 3


def test_a_receiver_that_raises_disturbs_nobody() -> None:
    simulator, receiver = Simulator(), Receiver()

    def broken(body: bytes, headers: Mapping[str, str]) -> None:
        raise LookupError("no such pipeline")

    first = simulator.webhook(broken)
    simulator.webhook(receiver)
    assert receiver.events == ["ping"]
    (sent,) = first.deliveries
    assert isinstance(sent, SentDelivery)
    assert (sent.status, sent.error) == (None, "LookupError: no such pipeline")
    wrong = simulator.webhook(lambda body, headers: "fine")
    assert "return a status" in wrong.deliveries[0].error


def test_pipelines_branches_and_events_restrict_what_is_sent() -> None:
    simulator, of_web, of_releases, of_jobs = Simulator(), Receiver(), Receiver(), Receiver()
    simulator.webhook(of_web, pipelines=["web"], events=["build.finished"])
    simulator.webhook(of_releases, branches="release/*", events=["build.finished"])
    removed = simulator.webhook(of_jobs, events=["job.finished"])
    for slug in ("web", "api"):
        for branch in ("main", "release/1"):
            simulator.pipeline(slug).job("test")
            simulator.pipeline(slug).build(branch=branch)
    simulator.clock.sleep(60)
    assert [body["pipeline"]["slug"] for body in of_web.bodies("build.finished")] == ["web", "web"]
    assert [body["build"]["branch"] for body in of_releases.bodies("build.finished")] == ["release/1"] * 2
    before = len(of_jobs.got)
    assert before
    removed.remove()
    simulator.pipeline("web").build()
    simulator.clock.sleep(60)
    assert len(of_jobs.got) == before
    assert len(simulator.webhooks) == 2


HOOK = "https://hooks.acme.test/buildkite"


def service(simulator: Simulator, *, url: str = HOOK, **attributes: Any) -> str:
    """Create a webhook by a request, and return its id."""
    settings = {"url": url, "token": SECRET, "events": ["build.finished"], **attributes.pop("settings", {})}
    with simulator.client() as buildkite:
        return buildkite.notification_services.create(provider="webhook", settings=settings, **attributes).id


def received_by_service(simulator: Simulator, plan: Deliveries | None = None) -> Receiver:
    """Return a receiver of what services send to the URL."""
    receiver = Receiver()
    simulator.webhook_receiver(HOOK, receiver, deliveries=plan)
    return receiver


@pytest.mark.parametrize("mode", ["token", "signature"])
def test_a_notification_service_gets_the_events_of_its_settings(mode: str) -> None:
    simulator = Simulator()
    receiver = received_by_service(simulator)
    made = service(simulator, settings={"token_mode": mode, "events": ["build.running", "job.finished", "agent.lost"]})
    simulator.pipeline("web").job("test").build()
    simulator.clock.sleep(60)
    assert receiver.events == ["ping", "build.running", "job.finished"]
    (ping,) = receiver.bodies("ping")
    assert ping["service"] == {"id": made, "provider": "webhook", "settings": {"url": HOOK}}
    for body, headers in receiver.got:
        assert type(parse(body, headers)) is EVENTS[json.loads(body)["event"]]
        if mode == "token":
            verify_token(headers, SECRET)
        else:
            verify(body, headers, SECRET, now=simulator.clock.time)
    (endpoint,) = simulator.webhooks
    assert (endpoint.id, [sent.accepted for sent in endpoint.deliveries]) == (made, [True] * 3)


def test_a_service_that_is_changed_disabled_and_deleted() -> None:
    simulator = Simulator()
    receiver = received_by_service(simulator)
    made = service(simulator)
    web = simulator.pipeline("web").job("test")

    def events_of_a_build() -> list[str]:
        receiver.got.clear()
        web.build()
        simulator.clock.sleep(60)
        return receiver.events

    assert events_of_a_build() == ["build.finished"]
    with simulator.client() as buildkite:
        services = buildkite.notification_services
        services.update(made, settings={"events": ["build.scheduled"]})
        assert receiver.events == ["build.finished", "ping"]
        assert events_of_a_build() == ["build.scheduled"]
        services.disable(made)
        assert events_of_a_build() == []
        services.update(made, description="Off")
        assert receiver.events == []
        services.enable(made)
        assert events_of_a_build() == ["build.scheduled"]
        services.update(made, settings={"token": "other", "token_mode": "token"})
        verify_token(receiver.got[-1][1], "other")
        services.update(made, settings={"url": "https://elsewhere.acme.test/"})
        assert events_of_a_build() == []
        services.delete(made)
    assert len(simulator.webhooks) == 0


def test_scope_and_branches_of_a_service() -> None:
    simulator = Simulator()
    web, api = (simulator.pipeline(slug).job("test") for slug in ("web", "api"))
    with simulator.client() as buildkite:
        buildkite.teams.enable()
        flags = ("create_pipelines", "create_suites", "create_registries", "destroy_registries", "destroy_packages")
        team = buildkite.teams.create(
            name="Web",
            description="",
            privacy="visible",
            is_default_team=False,
            default_member_role="member",
            **{f"members_can_{flag}": False for flag in flags},
        )
        buildkite.teams.pipelines.create(team.id, pipeline_id=web.state.id, access_level="read_only")
        other = buildkite.clusters.create(name="Other").id
    api.state.cluster_id = other
    scopes = {
        "some_projects": [api.state.id],
        "some_teams": [team.id],
        "some_clusters": [other],
    }
    receivers = {}
    for scope, ids in scopes.items():
        receivers[scope] = Receiver()
        simulator.webhook_receiver(f"https://{scope}.test/", receivers[scope])
        settings = {"events": ["build.scheduled"]}
        service(simulator, url=f"https://{scope}.test/", settings=settings, scope=scope, scope_uuids=ids)
    releases = received_by_service(simulator)
    service(simulator, branch_configuration="release/* !release/old", settings={"events": ["build.scheduled"]})
    for pipeline in (web, api):
        for branch in ("main", "release/1", "release/old"):
            pipeline.build(branch=branch)
    simulator.clock.sleep(600)
    got = {
        scope: {body["pipeline"]["slug"] for body in each.bodies("build.scheduled")}
        for scope, each in receivers.items()
    }
    assert got == {"some_projects": {"api"}, "some_teams": {"web"}, "some_clusters": {"api"}}
    assert [body["build"]["branch"] for body in releases.bodies("build.scheduled")] == ["release/1"] * 2


def test_services_of_other_kinds_get_no_webhooks() -> None:
    simulator = Simulator()
    receiver = received_by_service(simulator)
    with simulator.client() as buildkite:
        for provider, settings in {
            "slack": {"url": HOOK},
            "open_telemetry_tracing": {"endpoint": HOOK},
            "datadog_pipeline_visibility": {"api_key": "k"},
        }.items():
            buildkite.notification_services.create(provider=provider, settings=settings)
    simulator.pipeline("web").job("test").build()
    simulator.clock.sleep(60)
    assert (receiver.events, len(simulator.webhooks)) == ([], 0)


def test_nothing_is_sent_to_another_computer() -> None:
    simulator = Simulator()
    service(simulator, url="https://hooks.example.com/")
    (endpoint,) = simulator.webhooks
    (sent,) = endpoint.deliveries
    assert (sent.event, sent.status) == ("ping", None)
    assert "give simulator.webhook_receiver('https://hooks.example.com/', to)" in sent.error
    receiver = Receiver()
    simulator.webhook_receiver("https://hooks.example.com/", receiver)  # also for a service that exists
    simulator.pipeline("web").job("test").build()
    simulator.clock.sleep(60)
    assert receiver.events == ["build.finished"]


def test_deliveries_of_a_service_are_shuffled_repeated_and_lost_as_told() -> None:
    for plan, count in (
        (Deliveries(repeat=1), 8),
        (Deliveries(lose=1), 0),
        (Deliveries(order="shuffled", spread=30), 4),
    ):
        simulator = Simulator()
        receiver = received_by_service(simulator, plan)
        service(simulator, settings={"events": ["build.scheduled", "build.running", "build.finished"]})
        simulator.pipeline("web").job("test").build()
        for _ in range(60):
            simulator.clock.sleep(2)
        assert len(receiver.got) == count
        assert len({body for body, _ in receiver.got}) in (0, 4)


def test_a_service_of_this_computer_gets_them_by_http(server: tuple[str, Receiver]) -> None:
    url, receiver = server
    simulator = Simulator()
    service(simulator, url=url)
    simulator.pipeline("web").job("test").build()
    simulator.clock.sleep(60)
    assert simulator.webhooks.wait(30)
    assert receiver.events == ["ping", "build.finished"]


@pytest.fixture
def server() -> Iterator[tuple[str, Receiver]]:
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(receiver(body, dict(self.headers)))
            self.end_headers()

        def log_message(self, *_: object) -> None: ...

    listening = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=listening.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{listening.server_port}/hook", receiver
    listening.shutdown()
    listening.server_close()
    thread.join()


def test_no_proxy_gets_what_is_sent_to_this_computer(
    server: tuple[str, Receiver], monkeypatch: pytest.MonkeyPatch
) -> None:
    url, receiver = server
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    simulator = Simulator()
    service(simulator, url=url)
    assert simulator.webhooks.wait(30)
    assert receiver.events == ["ping"]


@pytest.mark.parametrize("mode", ["token", "signature"])
@pytest.mark.parametrize("token", ["pässwort-☃", "half \ud83d", "two\r\nX-Lines: 1"])
def test_a_token_that_cannot_be_sent_stops_neither_the_simulator_nor_other_deliveries(
    server: tuple[str, Receiver], token: str, mode: str
) -> None:
    url, receiver = server
    simulator = Simulator()
    settings = {"url": url, "token": token, "token_mode": mode, "events": ["build.finished"]}
    body = json.dumps({"provider": "webhook", "settings": settings})
    with httpx.Client(transport=simulator.transport(), base_url=simulator.base_url) as client:
        headers = {"Authorization": f"Bearer {simulator.token}"}
        answer = client.post("/v2/organizations/acme/services", content=body, headers=headers)
    assert answer.status_code == 201
    other = simulator.webhook(url, secret=SECRET, events=["build.finished"])
    simulator.pipeline("web").job("test").build()
    simulator.clock.sleep(60)
    assert simulator.webhooks.wait(30)
    assert [sent.status for sent in other.deliveries] == [200]
    assert "X-Lines" not in str([headers for _, headers in receiver.got])


def test_an_endless_answer_is_not_read() -> None:
    ended = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(200)
            self.end_headers()
            with suppress(OSError):
                while True:
                    self.wfile.write(b" " * 65536)
            ended.set()

        def log_message(self, *_: object) -> None: ...

    with HTTPServer(("127.0.0.1", 0), Handler) as listening:
        thread = threading.Thread(target=listening.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        simulator = Simulator()
        endpoint = simulator.webhook(f"http://127.0.0.1:{listening.server_port}/", events=["ping"])
        assert simulator.webhooks.wait(30)
        assert [sent.status for sent in endpoint.deliveries] == [200]
        assert ended.wait(30)
        listening.shutdown()
        thread.join()


DRIPS = {
    "nothing": (b"", b""),
    "a header": (b"HTTP/1.1 200 OK\r\nX-Long: ", b"x"),
    "headers": (b"HTTP/1.1 200 OK\r\n", b"X-More: 1\r\n"),
    "interim answers": (b"", b"HTTP/1.1 102 Processing\r\n\r\n"),
    "a body": (b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n", b"x"),
}
"""Answers that don't end: what comes at once, and what comes again and again."""


@pytest.mark.parametrize("name", DRIPS)
def test_a_receiver_whose_answer_does_not_end_holds_up_nobody(server: tuple[str, Receiver], name: str) -> None:
    first, more = DRIPS[name]
    gone = threading.Event()

    def answer() -> None:
        connection, _ = listening.accept()
        with connection, suppress(OSError):
            connection.recv(65536)
            connection.sendall(first)
            connection.settimeout(0.01)
            while True:
                with suppress(TimeoutError):
                    if not connection.recv(65536):
                        break
                connection.sendall(more)
        gone.set()

    with socket.create_server(("127.0.0.1", 0)) as listening:
        threading.Thread(target=answer, daemon=True).start()
        simulator = Simulator()
        plan = Deliveries(timeout=0.2)
        slow = simulator.webhook(f"http://127.0.0.1:{listening.getsockname()[1]}/", events=["ping"], deliveries=plan)
        other = simulator.webhook(server[0], events=["ping"])
        assert simulator.webhooks.wait(30)
        assert gone.wait(30)
    (sent,) = slow.deliveries
    expected = (200, "") if name == "a body" else (None, "TimeoutError: the receiver didn't answer in 0.2 seconds")
    assert (sent.status, sent.error) == expected
    assert [sent.status for sent in other.deliveries] == [200]


def test_a_proxy_that_cannot_be_used_is_the_reason_why_there_is_no_answer(
    server: tuple[str, Receiver], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "nonsense://proxy")
    simulator = Simulator()
    lost = simulator.webhook("http://hooks.example.test/", events=["ping"])
    other = simulator.webhook(server[0], events=["ping"])
    assert simulator.webhooks.wait(30)
    assert (lost.deliveries[0].status, lost.deliveries[0].error[:11]) == (None, "ValueError:")
    assert [sent.status for sent in other.deliveries] == [200]


def test_no_thread_stays_when_all_is_sent(server: tuple[str, Receiver]) -> None:
    simulator = Simulator()
    for _ in range(2):
        endpoint = simulator.webhook(server[0], events=["ping"])
        assert simulator.webhooks.wait(30)
        assert [sent.status for sent in endpoint.deliveries] == [200]
        for thread in threading.enumerate():
            if thread.name == "simulated webhooks":
                thread.join(30)
                assert not thread.is_alive()


def test_deliveries_to_a_url(server: tuple[str, Receiver]) -> None:
    url, receiver = server
    simulator = Simulator()
    endpoint = simulator.webhook(url, secret=SECRET, events=["ping", "build.*"])
    simulator.pipeline("web").job("test").build()
    simulator.clock.sleep(60)
    assert simulator.webhooks.wait(30)
    assert receiver.events == ["ping", "build.scheduled", "build.running", "build.finished"]
    assert receiver.bodies("ping")[0]["service"]["settings"] == {"url": url}
    assert [sent.status for sent in endpoint.deliveries] == [200] * 4
    for body, headers in receiver.got:
        verify(body, headers, SECRET, now=simulator.clock.time)
    lost = simulator.webhook("http://127.0.0.1:1/", events=["ping"])
    assert simulator.webhooks.wait(30)
    assert lost.deliveries[0].status is None
    assert "ConnectError" in lost.deliveries[0].error


def test_in_real_time_nobody_has_to_ask() -> None:
    arrived = threading.Event()
    simulator = Simulator(clock=SystemClock(), timing=Timing(pickup=0))
    simulator.webhook(lambda body, headers: arrived.set(), events=["build.finished"])
    simulator.pipeline("web").job("test", after=0).build()
    assert arrived.wait(60)


def test_served_with_virtual_time_nobody_has_to_ask() -> None:
    arrived = threading.Event()
    simulator = Simulator(timing=Timing(pickup=0))
    simulator.webhook(lambda body, headers: arrived.set(), events=["build.finished"])
    with running(simulator):
        simulator.pipeline("web").job("test", after=0).build()
        assert arrived.wait(60)


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        ({"events": ["build.finnished"]}, ConfigurationError, "did you mean 'build.finished'"),
        ({"events": "build.finished"}, TypeError, "events"),
        ({"secret": "a", "token": "b"}, ConfigurationError, "one of them"),
        ({"secret": ""}, ConfigurationError, "secret is empty"),
        ({"to": "ftp://x"}, ConfigurationError, "http or https"),
        ({"to": 3}, TypeError, "WebhookHandler"),
        ({"deliveries": 3}, TypeError, "Deliveries"),
    ],
)
def test_arguments_that_cant_be_used(options: dict[str, Any], error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        Simulator().webhook(**{"to": Receiver(), **options})


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"lose": 2}, ConfigurationError),
        ({"repeat": -1}, ConfigurationError),
        ({"order": "mixed"}, ConfigurationError),
        ({"retries": 3}, TypeError),
        ({"delay": "1"}, TypeError),
    ],
)
def test_plans_that_cant_be(options: dict[str, Any], error: type[Exception]) -> None:
    with pytest.raises(error):
        Deliveries(**options)


def test_our_receiver_accepts_each_once() -> None:
    simulator = Simulator(agents=2)
    handled: list[WebhookEvent] = []
    hooks = WebhookHandler(secret=SECRET, now=simulator.clock.time)
    hooks.on("*")(handled.append)
    simulator.webhook(hooks, secret=SECRET, deliveries=Deliveries(repeat=1, spread=20, order="shuffled"))
    web = simulator.pipeline("web").job("test")
    for _ in range(5):
        web.build()
    for _ in range(60):
        simulator.clock.sleep(5)
    assert hooks.counts["refused"] == 0
    assert hooks.counts["accepted"] + hooks.counts["repeated"] == 2 * (1 + 5 * 6)
    hooks.close()


def test_the_official_go_client_verifies_and_parses_them(tmp_path: Path) -> None:
    program = go_program("go_parser", tmp_path)
    got = everything().got
    lines = "\n".join(json.dumps({"headers": dict(headers), "body": body.decode()}) for body, headers in got)
    parsed = subprocess.run([str(program), SECRET], input=lines, capture_output=True, text=True, check=True)
    names = ["".join(word.title() for word in re.split(r"[._]", json.loads(body)["event"])) for body, _ in got]
    expected = [f"*buildkite.{name}Event" for name in names]
    assert parsed.stdout.split("\n")[:-1] == expected
