"""Members, invitations, teams and the settings of the organization."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from buildkite_ext import BuildkiteClient
from buildkite_ext.errors import AccessDenied, ApiError, InvalidRequest, NotFound
from buildkite_ext.simulation import ResourceChanged, Simulator

from .administration import TEAM
from .helpers import ORG, WEB, connect, refusal


@pytest.fixture
def client(simulator: Simulator) -> Iterator[BuildkiteClient]:
    simulator.add_token("bkua_member", user="Grace Hopper")
    with simulator.client() as client:
        yield client


@pytest.fixture
def member(simulator: Simulator, client: BuildkiteClient) -> Iterator[BuildkiteClient]:
    with simulator.client(token="bkua_member") as member:
        yield member


@pytest.fixture
def grace(client: BuildkiteClient) -> str:
    return next(user.id for user in client.members.list() if user.name == "Grace Hopper")


@pytest.fixture
def team(api: httpx.Client) -> str:
    made: str = api.post(f"{ORG}/teams", json=TEAM).json()["id"]
    return made


# Members -----------------------------------------------------------------------------------------------------------


def test_the_first_user_administrates(client: BuildkiteClient, member: BuildkiteClient, grace: str) -> None:
    assert [(user.name, user.role, user.sso_mode) for user in client.members.list()] == [
        ("Ada Byron", "admin", "required"),
        ("Grace Hopper", "member", "required"),
    ]
    # Others see their own SSO mode alone.
    assert [user.sso_mode for user in member.members.list()] == [None, "required"]
    changed = client.members.update(grace, sso_mode="optional")
    assert (changed.role, changed.sso_mode) == ("member", "optional")
    assert client.members.update(grace, role="admin").role == "admin"
    assert member.members.list().first().sso_mode == "required"


def test_who_may_change_members(client: BuildkiteClient, member: BuildkiteClient, grace: str) -> None:
    ada = client.members.list().first()
    with pytest.raises(AccessDenied, match="administrators"):
        member.members.update(ada.id, role="member")
    with pytest.raises(AccessDenied, match="own membership"):
        client.members.update(ada.id, role="member")
    with pytest.raises(InvalidRequest, match="role or sso_mode must be given"):
        client.members.update(grace)
    with pytest.raises(InvalidRequest, match="role must be one of admin, member"):
        client.members.update(grace, role="king")
    with pytest.raises(InvalidRequest, match="last administrator"):
        client.members.remove(ada.id)
    with pytest.raises(NotFound):
        client.members.get("no")


def test_a_removed_member_is_a_stranger(
    simulator: Simulator, client: BuildkiteClient, member: BuildkiteClient, grace: str, team: str
) -> None:
    simulator.pipeline("web").job("test")
    build = member.builds.create("web", commit="HEAD", branch="main")
    client.teams.members.create(team, user_id=grace, role="member")
    client.members.remove(grace)
    for act in (lambda: member.pipelines.get("web"), lambda: member.organizations.get()):
        with pytest.raises(NotFound):
            act()
    assert list(member.organizations.list()) == []
    with connect(simulator, "bkua_member") as raw:
        assert raw.get("/v2/builds").json() == []
    assert member.access_token.get().user is not None
    assert list(client.teams.members.list(team)) == []
    kept = client.builds.get("web", build.number)
    assert kept.creator is not None
    assert kept.creator.name == "Grace Hopper"


# Invitations -------------------------------------------------------------------------------------------------------


def test_invitations_are_made_all_or_none(client: BuildkiteClient, team: str) -> None:
    made = client.invitations.create(
        emails=["New@acme.example", "two@acme.example", "new@acme.example"],
        teams=[{"id": team, "role": "maintainer"}],
        role="admin",
    )
    assert [(item.email, item.state, item.role, item.teams[0].slug) for item in made] == [
        ("New@acme.example", "pending", "admin", "backend"),
        ("two@acme.example", "pending", "admin", "backend"),
    ]
    for emails, said in (
        ([], "can't be blank"),
        (["three@acme.example", "odd"], "odd isn't an e-mail address"),
        (["three@acme.example", "GRACE.hopper@acme.example"], "member already"),
        (["three@acme.example", "NEW@acme.example"], "invited already"),
    ):
        with pytest.raises(InvalidRequest, match=said):
            client.invitations.create(emails=emails)
    for teams in (
        [{"id": "no", "role": "member"}],
        [{"id": team, "role": "king"}],
        [{"id": team, "role": "member"}] * 2,
    ):
        with pytest.raises(InvalidRequest, match="teams must be different teams"):
            client.invitations.create(emails=["three@acme.example"], teams=teams)
    assert [item.email for item in client.invitations.list()] == ["two@acme.example", "New@acme.example"]


def test_a_revoked_invitation_can_only_be_got(client: BuildkiteClient, member: BuildkiteClient) -> None:
    (made,) = client.invitations.create(emails=["new@acme.example"])
    with pytest.raises(AccessDenied):
        member.invitations.get(made.id)
    client.invitations.revoke(made.id)
    with pytest.raises(InvalidRequest, match="revoked already"):
        client.invitations.revoke(made.id)
    found = client.invitations.get(made.id)
    assert found.revoked_by is not None
    assert (found.state, found.revoked_by.name, list(client.invitations.list())) == ("revoked", "Ada Byron", [])
    with pytest.raises(NotFound):
        client.invitations.get("no")


def test_pages_of_invitations_have_cursors_in_the_body_and_in_the_header(api: httpx.Client) -> None:
    api.post(f"{ORG}/invitations", json={"emails": [f"{number}@acme.example" for number in range(5)]})
    first = api.get(f"{ORG}/invitations", params={"per_page": "2"})
    assert [item["email"][0] for item in first.json()["items"]] == ["4", "3"]
    assert first.links["next"]["url"] == first.json()["links"]["next"]
    second = api.get(first.json()["links"]["next"])
    assert [item["email"][0] for item in second.json()["items"]] == ["2", "1"]
    assert set(second.links) == {"next", "prev", "first"}
    back = api.get(second.json()["links"]["prev"])
    assert back.json()["items"] == first.json()["items"]
    for query in ({"per_page": "0"}, {"after": "x"}, {"after": "x", "before": "y"}):
        assert api.get(f"{ORG}/invitations", params=query).status_code == 400


# Teams -------------------------------------------------------------------------------------------------------------


def test_teams_are_enabled_once(client: BuildkiteClient, member: BuildkiteClient) -> None:
    with pytest.raises(AccessDenied):
        member.teams.enable()
    for _ in range(2):
        client.teams.enable()
    (everyone,) = client.teams.list()
    assert everyone.id is not None
    assert (everyone.name, everyone.default) == ("Everyone", True)
    assert [(item.user_name, item.role) for item in client.teams.members.list(everyone.id)] == [
        ("Ada Byron", "maintainer"),
        ("Grace Hopper", "member"),
    ]


def test_answers_to_writes_repeat_what_was_asked(api: httpx.Client, client: BuildkiteClient, team: str) -> None:
    made = api.get(f"{ORG}/teams/{team}").json()
    assert ("is_default_team" in made, made["default"], made["slug"]) == (False, False, "backend")
    changed = api.patch(f"{ORG}/teams/{team}", json={"name": "Core Team", "is_default_team": "true"}).json()
    assert {**TEAM, "name": "Core Team", "is_default_team": True}.items() <= changed.items()
    assert (changed["id"], changed["slug"], changed["privacy"]) == (team, "core-team", "secret")
    for body, said in (
        ({}, "name can't be blank"),
        ({"name": "core team"}, "Name has already been taken"),
        ({"name": "x", "privacy": "odd"}, "privacy must be one of visible, secret"),
    ):
        assert refusal(api.post(f"{ORG}/teams", json=body)) == (422, f"Validation failed: {said}")
    client.teams.delete(team)
    with pytest.raises(NotFound):
        client.teams.get(team)


def test_members_of_teams(client: BuildkiteClient, grace: str, team: str) -> None:
    added = client.teams.members.create(team, user_id=grace, role="member")
    assert (added.user_name, added.role) == ("Grace Hopper", "member")
    for user_id, said in ((grace, "already a member"), ("no", "must be a member of the organization")):
        with pytest.raises(InvalidRequest, match=f"Validation failed: .*{said}"):
            client.teams.members.create(team, user_id=user_id, role="member")
    assert [item.id for item in client.teams.list(user_id=grace)] == [team]
    assert client.teams.members.update(team, grace, role="maintainer").role == "maintainer"
    client.teams.members.delete(team, grace)
    with pytest.raises(NotFound):
        client.teams.members.get(team, grace)
    assert list(client.teams.list(user_id=grace)) == []


def test_pipelines_of_teams(simulator: Simulator, client: BuildkiteClient, team: str) -> None:
    web = simulator.pipeline("web").job("test").state
    added = client.teams.pipelines.create(team, pipeline_id=web.id, access_level="read_only")
    assert added.pipeline_url == f"{simulator.base_url}{WEB}"
    for pipeline_id, level, said in (
        (web.id, "read_only", "already"),
        ("no", "read_only", "one of"),
        (web.id, "odd", "one of"),
    ):
        with pytest.raises(InvalidRequest, match=said):
            client.teams.pipelines.create(team, pipeline_id=pipeline_id, access_level=level)
    client.teams.pipelines.update(team, web.id, access_level="build_and_read")
    assert client.teams.pipelines.get(team, web.id).access_level == "build_and_read"
    client.pipelines.delete("web")
    assert list(client.teams.pipelines.list(team)) == []


def test_suites_of_teams(simulator: Simulator, client: BuildkiteClient, api: httpx.Client, team: str) -> None:
    suites = client.test_engine.suites
    first, second = (suites.create(name=name, default_branch="main").id for name in ("rspec", "jest"))
    added = client.teams.suites.create(team, suite_id=first, access_level=["read"])
    assert added.suite_url == f"{simulator.base_url}/v2/analytics/organizations/acme/suites/rspec"
    # Buildkite's Go client posts to another path.
    body = {"suite_id": second, "access_level": ["read", "edit"]}
    assert api.post(f"{ORG}/teams/{team}/suite", json=body).json()["access_level"] == ["read", "edit"]
    assert [item.suite_id for item in client.teams.suites.list(team)] == [first, second]
    for suite_id, level, said in (
        (first, ["read"], "already"),
        ("no", ["read"], "one of"),
        (second, ["odd"], "access_level"),
    ):
        with pytest.raises(InvalidRequest, match=said):
            client.teams.suites.create(team, suite_id=suite_id, access_level=level)
    assert client.teams.suites.update(team, first, access_level=["edit", "read"]).access_level == ["edit", "read"]
    with pytest.raises(InvalidRequest, match="access_level"):
        client.teams.suites.update(team, first, access_level=[])
    client.teams.suites.delete(team, first)
    with pytest.raises(NotFound):
        client.teams.suites.get(team, first)
    suites.delete("jest")
    assert list(client.teams.suites.list(team)) == []


def test_the_scope_that_is_published_opens_what_is_documented_with_another(simulator: Simulator, team: str) -> None:
    simulator.add_token("bkua_teams", scopes={"read_teams", "read_organizations"})
    with connect(simulator, "bkua_teams") as api:
        assert api.get(f"{ORG}/teams/{team}/members").status_code == 200
        assert api.get(f"{ORG}/rate_limit").status_code == 200
        assert api.post(f"{ORG}/teams/{team}/members", json={}).status_code == 403


def test_steps_ask_for_the_teams_of_the_creator(
    simulator: Simulator, client: BuildkiteClient, grace: str, team: str
) -> None:
    simulator.pipeline("web").configure('- {command: a, if: build.creator.teams includes "backend"}')
    client.builds.create("web", commit="HEAD", branch="main")
    client.teams.members.create(team, user_id=client.user.get().id, role="member")
    client.builds.create("web", commit="HEAD", branch="main")
    assert [build.jobs[0].state for build in simulator.pipeline("web").builds] == ["broken", "scheduled"]


def test_allowed_teams_unblock(
    simulator: Simulator, client: BuildkiteClient, member: BuildkiteClient, grace: str, team: str
) -> None:
    web = simulator.pipeline("web").configure("- {block: Ship, allowed_teams: [backend]}")
    for _ in range(2):
        client.builds.create("web", commit="HEAD", branch="main")
    first, second = (build.jobs[0].id for build in web.builds)
    with pytest.raises(AccessDenied, match="allowed teams"):
        member.jobs.unblock("web", 1, first)
    client.teams.members.create(team, user_id=grace, role="member")
    member.jobs.unblock("web", 1, first)
    with pytest.raises(ApiError):
        client.jobs.unblock("web", 2, second)
    client.jobs.unblock("web", 2, second, unblocker=grace)


# Settings ----------------------------------------------------------------------------------------------------------


def test_settings_are_for_administrators(client: BuildkiteClient, member: BuildkiteClient) -> None:
    for act in (
        member.pipeline_settings.get,
        member.pipeline_settings.enable_public_pipeline_creation,
        member.api_settings.get,
        member.api_settings.update,
        member.invitations.list().all,
    ):
        with pytest.raises(AccessDenied, match="administrators"):
            act()


def test_switches_remember_who_and_when(simulator: Simulator, client: BuildkiteClient) -> None:
    settings = client.pipeline_settings
    first = settings.enable_advanced_queue_metrics().advanced_queue_metrics
    simulator.clock.sleep(60)
    second = settings.enable_advanced_queue_metrics().advanced_queue_metrics
    assert first is not None
    assert first == second
    assert first.enabled_by is not None
    assert (first.enabled, first.enabled_by.name, first.disable_supported) == (True, "Ada Byron", False)
    assert settings.enable_hosted_agents_remote_access().hosted_agents_terminal_access != first
    off = settings.disable_hosted_agents_remote_access().hosted_agents_terminal_access
    assert off is not None
    assert (off.enabled, off.enabled_at) == (False, None)


def test_settings_that_do_not_fit_are_refused(client: BuildkiteClient) -> None:
    for body, said in (
        ({"default_cluster_id": "no"}, "default_cluster_id"),
        ({"default_timeout_in_minutes": 0}, "default_timeout_in_minutes"),
    ):
        with pytest.raises(InvalidRequest, match=said):
            client.pipeline_settings.update(**body)  # type: ignore[arg-type]
    assert client.pipeline_settings.update(default_cluster_id=None).default_cluster_id is None
    for location, strategy in ((" ", "s3"), ("bucket", "ftp")):
        with pytest.raises(InvalidRequest):
            client.pipeline_settings.configure_build_export(location=location, strategy_id=strategy)
    exports = client.pipeline_settings.configure_build_export(location="bucket", strategy_id="gcs").build_exports
    assert exports is not None
    assert (exports.enabled, exports.location) == (True, "bucket")
    for days in (31, 0):
        with pytest.raises(InvalidRequest, match="revoke_inactive_tokens_after_days"):
            client.api_settings.update(revoke_inactive_tokens_after_days=days)
    with pytest.raises(InvalidRequest, match="CIDR"):
        client.api_settings.update(allowed_ip_addresses="192.0.2.0/24 here")
    changed = client.api_settings.update(
        allowed_ip_addresses="192.0.2.0/24 2001:db8::1", revoke_inactive_tokens_after_days=90
    )
    assert changed.revoke_inactive_tokens_after_days == 90
    cleared = client.api_settings.update(allowed_ip_addresses=None, revoke_inactive_tokens_after_days=None)
    assert (cleared.allowed_ip_addresses, cleared.revoke_inactive_tokens_after_days) == (None, None)


def test_each_change_is_an_event(simulator: Simulator, client: BuildkiteClient, grace: str) -> None:
    seen: list[tuple[str, str, str | None, str | None]] = []

    def listen(change: object) -> None:
        if isinstance(change, ResourceChanged):
            seen.append((change.kind, change.action, change.before, change.after))

    remove = simulator.on_change(listen)
    client.teams.enable()
    client.members.update(grace, role="admin")
    (made,) = client.invitations.create(emails=["new@acme.example"])
    client.invitations.revoke(made.id)
    client.api_settings.update(restrict_user_api_token_creation=True)
    client.members.remove(grace)
    remove()
    client.api_settings.update(restrict_user_api_token_creation=False)
    assert seen == [
        ("team", "created", None, "Everyone"),
        ("team", "updated", "Everyone", "Everyone"),
        ("team", "updated", "Everyone", "Everyone"),
        ("member", "updated", "Grace Hopper", "Grace Hopper"),
        ("invitation", "created", None, "new@acme.example"),
        ("invitation", "revoked", "new@acme.example", "new@acme.example"),
        ("settings", "updated", "api", "api"),
        ("team", "updated", "Everyone", "Everyone"),
        ("member", "deleted", "Grace Hopper", None),
    ]
