"""Notification services, portals, repository connections and audit events."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from buildkite_ext import AccessDenied, ApiError, BuildkiteClient, InvalidRequest, NotFound
from buildkite_ext.simulation import ResourceChanged, Simulator
from buildkite_ext.simulation.engine.changes import Change

from .helpers import ORG, connect, refusal

SERVICES = f"{ORG}/services"


@pytest.fixture
def client(simulator: Simulator) -> Iterator[BuildkiteClient]:
    with simulator.client(retry=None) as made:
        yield made


def webhook(client: BuildkiteClient, **settings: Any) -> str:
    return client.notification_services.create(
        provider="webhook", settings={"url": "https://example.com/hook", **settings}
    ).id


# Notification services ----------------------------------------------------------------------------------------------


def test_a_webhook_is_created_changed_disabled_and_deleted(simulator: Simulator, client: BuildkiteClient) -> None:
    changes: list[Change] = []
    simulator.on_change(changes.append)
    made = client.notification_services.create(
        provider="webhook",
        description="Deploys",
        settings={"url": "https://example.com/hook", "token": "xxx-yyy", "events": ["build.finished"]},
        build_states={"build_failed": True},
    )
    assert (made.enabled, str(made.scope), made.branch_configuration, made.scope_uuids) == (True, "all", "", [])
    assert made.build_states == {**dict.fromkeys(made.build_states, False), "build_failed": True}
    shown = connect(simulator).get(f"{SERVICES}/{made.id}").json()
    assert shown["settings"] == {
        "url": "https://example.com/hook",
        "version": 3,
        "token": "xxx-yyy",
        "token_mode": "token",
        "events": ["build.finished"],
        "tls_verify": True,
    }
    changed = client.notification_services.update(
        made.id, settings={"token_mode": "signature"}, build_states={"build_fixed": True}, branch_configuration="main"
    )
    assert (changed.description, changed.branch_configuration) == ("Deploys", "main")
    assert [name for name, on in changed.build_states.items() if on] == ["build_fixed", "build_failed"]
    assert client.notification_services.disable(made.id).enabled is False
    assert client.notification_services.enable(made.id).enabled is True
    client.notification_services.delete(made.id)
    assert list(client.notification_services.list()) == []
    actions = [each.action for each in changes if isinstance(each, ResourceChanged)]
    assert actions == ["created", "updated", "disabled", "enabled", "deleted"]
    assert "xxx-yyy" not in repr(changes) + repr(simulator.requests)


def test_services_come_oldest_first_by_cursor(client: BuildkiteClient, api: httpx.Client) -> None:
    made = [webhook(client) for _ in range(5)]
    assert [each.id for each in client.notification_services.list(per_page=2)] == made
    first = api.get(SERVICES, params={"per_page": "2"}).json()
    assert set(first["links"]) == {"self", "next"}
    second = api.get(first["links"]["next"]).json()
    assert [each["id"] for each in api.get(second["links"]["prev"]).json()["items"]] == made[:2]
    for query in ("per_page=0", "per_page=101", "after=x", "after=a&before=b"):
        assert api.get(f"{SERVICES}?{query}").status_code == 400


def test_secrets_of_services_are_masked_and_kept(
    simulator: Simulator, client: BuildkiteClient, api: httpx.Client
) -> None:
    made = client.notification_services.create(
        provider="datadog_pipeline_visibility", settings={"api_key": "0123456789abcdef"}
    )
    path = f"{SERVICES}/{made.id}"
    shown = api.get(path).json()["settings"]
    assert shown == {"api_key": "XXXXXXXXXXXXcdef", "datadog_site": "datadoghq.com", "datadog_tags": None}
    assert api.patch(path, json={"settings": {**shown, "datadog_tags": "a:b"}}).status_code == 200
    state = simulator.state.notification_services[made.id]
    assert (state.settings["api_key"], state.settings["datadog_tags"]) == ("0123456789abcdef", "a:b")
    assert api.patch(path, json={"settings": {"api_key": "new-key-9999"}}).status_code == 200
    assert state.settings["api_key"] == "new-key-9999"
    assert "new-key" not in repr(state) + repr(simulator.requests)
    slack = api.post(SERVICES, json={"provider": "slack", "settings": {"url": "https://hooks.example/secret"}}).json()
    assert slack["settings"] == {"theme": "text"}
    traced = {"endpoint": "https://otel", "headers": {"x-key": "secret"}, "service_name": "ci"}
    otel = api.post(SERVICES, json={"provider": "open_telemetry_tracing", "settings": traced}).json()
    assert otel["settings"] == {"endpoint": "https://otel", "service_name": "ci"}


def test_the_account_of_event_bridge_is_fixed(api: httpx.Client) -> None:
    settings = {"aws_region": "us-east-1", "aws_account_id": "123456789012"}
    made = api.post(SERVICES, json={"provider": "aws_event_bridge", "settings": settings}).json()
    path = f"{SERVICES}/{made['id']}"
    assert made["settings"]["aws_account_id"] == "XXXXXXXXXXXX9012"
    assert api.patch(path, json={"settings": made["settings"]}).status_code == 200
    for change in ({"aws_region": "eu-west-1"}, {"aws_account_id": "210987654321"}):
        assert refusal(api.patch(path, json={"settings": change}))[0] == 422


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"provider": "pager"},
        {"provider": "slack_workspace"},
        {"provider": "linear"},
        {"provider": "event_log_api"},
        {"provider": "webhook"},
        {"provider": "webhook", "settings": {"url": ""}},
        {"provider": "webhook", "settings": {"url": 5}},
        {"provider": "webhook", "settings": {"url": "u", "odd": 1}},
        {"provider": "webhook", "settings": {"url": "u", "token_mode": "odd"}},
        {"provider": "webhook", "settings": {"url": "u", "version": 9}},
        {"provider": "webhook", "settings": {"url": "u", "events": "build.finished"}},
        {"provider": "webhook", "settings": {"url": "u"}, "odd": 1},
        {"provider": "webhook", "settings": {"url": "u"}, "enabled": True},
        {"provider": "webhook", "settings": {"url": "u"}, "build_states": {"odd": True}},
        {"provider": "webhook", "settings": {"url": "u"}, "scope": "odd"},
        {"provider": "webhook", "settings": {"url": "u"}, "scope": "some_projects"},
        {"provider": "webhook", "settings": {"url": "u"}, "scope": "some_clusters", "scope_uuids": ["x"]},
        {"provider": "webhook", "settings": {"url": "u"}, "scope_uuids": ["x"]},
        {"provider": "aws_event_bridge", "settings": {"aws_region": "r", "aws_account_id": "12"}},
        {"provider": "open_telemetry_tracing", "settings": {"endpoint": "e", "headers": {"a": 1}}},
    ],
)
def test_a_wrong_service_is_refused(simulator: Simulator, api: httpx.Client, body: dict[str, Any]) -> None:
    status, message = refusal(api.post(SERVICES, json=body))
    assert (status, message.startswith("Validation failed: ")) == (422, True)
    assert not simulator.state.notification_services


def test_a_service_keeps_its_provider_and_its_version(client: BuildkiteClient) -> None:
    service = webhook(client, version=2)
    with pytest.raises(InvalidRequest, match="Provider can't be changed"):
        client.notification_services.update(service, provider="slack")
    client.notification_services.update(service, provider="webhook", settings={"version": 3})
    with pytest.raises(InvalidRequest, match="can't be lowered"):
        client.notification_services.update(service, settings={"version": 2})


def test_the_scope_of_a_service_names_what_there_is(simulator: Simulator, client: BuildkiteClient) -> None:
    service = webhook(client)
    pipeline = simulator.pipeline("web").state.id
    changed = client.notification_services.update(service, scope="some_projects", scope_uuids=[pipeline])
    assert (str(changed.scope), changed.scope_uuids) == ("some_projects", [pipeline])
    cluster = simulator.state.clusters[0].id
    with pytest.raises(InvalidRequest, match="unknown id"):
        client.notification_services.update(service, scope_uuids=[cluster])
    assert client.notification_services.update(service, scope="some_clusters", scope_uuids=[cluster]).scope_uuids
    assert client.notification_services.update(service, scope="all").scope_uuids == []


def test_an_organization_has_at_most_15_webhooks(client: BuildkiteClient) -> None:
    for _ in range(15):
        webhook(client)
    with pytest.raises(InvalidRequest, match="more than 15"):
        webhook(client)


# Portals ------------------------------------------------------------------------------------------------------------


def test_the_token_of_a_portal_is_shown_once(
    simulator: Simulator, client: BuildkiteClient, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    changes: list[Change] = []
    simulator.on_change(changes.append)
    made = client.portals.create(name="Trigger main build", query="{ viewer { id } }")
    assert (made.slug, made.description, made.user_invokable) == ("trigger-main-build", None, False)
    portal = simulator.state.portals[made.slug]
    assert made.token is not None
    assert made.token.reveal() == portal.token
    assert client.portals.get(made.slug).token is None
    moved = client.portals.update(made.slug, slug="main", allowed_ip_addresses="192.0.2.1/32 198.51.100.0/24")
    assert (moved.slug, moved.name) == ("main", "Trigger main build")
    with pytest.raises(NotFound):
        client.portals.get(made.slug)
    assert portal.token not in f"{portal!r} {changes!r} {caplog.text} {list(client.portals.list())!r}"
    client.portals.delete("main")
    assert list(client.portals.list()) == []


@pytest.mark.parametrize(
    "body",
    [
        {"query": "q"},
        {"name": "n"},
        {"name": "n", "query": " "},
        {"name": "taken", "query": "q"},
        {"name": "n", "query": "q", "slug": "!"},
        {"name": "n", "query": "q", "allowed_ip_addresses": "here"},
        {"name": "n", "query": "q", "user_invokable": "maybe"},
    ],
)
def test_a_wrong_portal_is_refused(api: httpx.Client, body: dict[str, Any]) -> None:
    assert api.post(f"{ORG}/portals", json={"name": "Taken", "query": "q", "user_invokable": "true"}).status_code == 201
    status, message = refusal(api.post(f"{ORG}/portals", json=body))
    assert (status, message.startswith("Validation failed: ")) == (422, True)


# Repository connections ---------------------------------------------------------------------------------------------


def test_a_connection_lists_its_repositories(simulator: Simulator, client: BuildkiteClient) -> None:
    assert list(client.repository_connections.list()) == []
    simulator.repository_connection("GitHub (acme)", repositories=["acme/web", "acme/api"])
    (listed,) = client.repository_connections.list()
    found = client.repository_connections.get(listed.id)
    assert (str(found.type), found.display_name) == ("github_app", "GitHub (acme)")
    assert found.host is not None
    assert found.host.url == "https://github.com"
    (web, _) = client.repository_connections.repositories(listed.id)
    assert (web.full_name, web.clone_url) == ("acme/web", "https://github.com/acme/web.git")
    assert [
        each.full_name for each in client.repository_connections.repositories(listed.id, repository="Acme/API")
    ] == ["acme/api"]


@pytest.mark.parametrize("kind", ["bitbucket_server", "gitlab_self_managed", "github_enterprise"])
def test_some_connections_list_nothing(simulator: Simulator, client: BuildkiteClient, kind: str) -> None:
    simulator.repository_connection("Own", kind=kind, repositories=["a/b"])
    (connection,) = client.repository_connections.list()
    with pytest.raises(InvalidRequest, match="can't be listed"):
        client.repository_connections.repositories(connection.id)


def test_ids_of_connections_are_uuids(simulator: Simulator, api: httpx.Client) -> None:
    path = f"{ORG}/repository_connections"
    for end in ("", "/repositories"):
        assert api.get(f"{path}/none{end}").status_code == 400
        assert api.get(f"{path}/00000000-0000-4000-a000-000000000000{end}").status_code == 404
    with pytest.raises(ValueError, match="kind"):
        simulator.repository_connection("x", kind="svn")


# Audit events -------------------------------------------------------------------------------------------------------


def test_changes_stand_in_the_audit_log_newest_first(simulator: Simulator, client: BuildkiteClient) -> None:
    simulator.add_token("bkua_grace", user="Grace Hopper")
    with simulator.client(token="bkua_grace") as grace:
        cluster = grace.clusters.create(name="Macs")
        with pytest.raises(AccessDenied, match="administrators"):
            list(grace.audit_events.list())
    secret = client.clusters.secrets.create(cluster.id, key="PASSWORD", value="hunter2")
    client.clusters.secrets.update_value(cluster.id, secret.id, value="swordfish")
    client.clusters.delete(cluster.id)
    simulator.clock.sleep(1)
    webhook(client)
    events = list(client.audit_events.list(per_page=2))
    assert [event.type for event in events] == [
        "NotificationServiceCreatedEvent",
        "ClusterDeletedEvent",
        "SecretUpdatedEvent",
        "SecretCreatedEvent",
        "ClusterCreatedEvent",
    ]
    created = events[-1]
    assert created.actor is not None
    assert created.subject is not None
    assert (created.actor.name, created.subject.name, created.subject.uuid) == ("Grace Hopper", "Macs", cluster.id)
    assert client.audit_events.get(created.uuid) == created
    with pytest.raises(NotFound):
        client.audit_events.get("none")
    assert not any("hunter2" in repr(event) or "swordfish" in repr(event) for event in events)


def test_pages_of_audit_events_repeat_their_links_in_the_header(client: BuildkiteClient, api: httpx.Client) -> None:
    for _ in range(3):
        webhook(client)
    page = api.get(f"{ORG}/audit_events", params={"per_page": "2"})
    assert page.links["next"]["url"] == page.json()["links"]["next"]
    for query in ("per_page=0", "after=x", "after=a&before=b"):
        assert api.get(f"{ORG}/audit_events?{query}").status_code == 400


@pytest.mark.parametrize(
    ("scope", "method"),
    [
        ("read_notification_services", "notification_services"),
        ("read_portals", "portals"),
        ("read_organization_repository_connections", "repository_connections"),
        ("read_audit_events", "audit_events"),
    ],
)
def test_each_list_asks_for_its_scope(scope: str, method: str) -> None:
    simulator = Simulator(scopes={scope})
    names = ("notification_services", "portals", "repository_connections", "audit_events")
    with simulator.client() as client:
        for name in names:
            if name == method:
                assert list(getattr(client, name).list()) == []
            else:
                with pytest.raises(AccessDenied) as refused:
                    list(getattr(client, name).list())
                assert isinstance(refused.value, ApiError)


@pytest.mark.parametrize("name", ["notification_services", "repository_connections", "audit_events"])
def test_only_administrators_read_them(simulator: Simulator, name: str) -> None:
    simulator.add_token("bkua_grace", user="Grace Hopper")
    with simulator.client(token="bkua_grace") as grace, pytest.raises(AccessDenied, match="administrators"):
        list(getattr(grace, name).list())
