"""Views of teams, members, invitations and settings."""

from __future__ import annotations

from ....timestamps import format_optional_time, format_time
from ...state.settings import ApiSettings, PipelineSettings, Switch
from ...state.teams import Invitation, Team, TeamMember, TeamPipeline, TeamSuite
from ...state.users import User
from ..request import Json
from .urls import Urls, graphql_id
from .users import user_view

__all__ = [
    "EXPORT_STRATEGIES",
    "api_settings_view",
    "invitation_view",
    "member_view",
    "pipeline_settings_view",
    "team_member_view",
    "team_pipeline_view",
    "team_suite_view",
    "team_view",
]

EXPORT_STRATEGIES = ("s3", "gcs")
"""Strategies of the export of builds."""


def team_view(team: Team) -> Json:
    """Return a team."""
    attributes = team.attributes
    return {
        "id": team.id,
        "graphql_id": graphql_id("Team", team.id),
        "name": attributes.name,
        "slug": team.slug,
        "description": attributes.description,
        "privacy": attributes.privacy,
        "default": attributes.is_default_team,
        "default_member_role": attributes.default_member_role,
        "members_can_create_pipelines": attributes.members_can_create_pipelines,
        "members_can_create_suites": attributes.members_can_create_suites,
        "members_can_create_registries": attributes.members_can_create_registries,
        "members_can_destroy_registries": attributes.members_can_destroy_registries,
        "members_can_destroy_packages": attributes.members_can_destroy_packages,
        "created_at": format_time(team.created_at),
        "created_by": user_view(team.created_by),
    }


def team_member_view(member: TeamMember) -> Json:
    """Return a member of a team."""
    return {
        "role": member.role,
        "created_at": format_time(member.created_at),
        "user_id": member.user.id,
        "user_name": member.user.name,
    }


def team_pipeline_view(pipeline: TeamPipeline, urls: Urls) -> Json:
    """Return a pipeline of a team."""
    return {
        "access_level": pipeline.access_level,
        "created_at": format_time(pipeline.created_at),
        "pipeline_id": pipeline.pipeline.id,
        "pipeline_url": urls.pipeline(pipeline.pipeline),
    }


def team_suite_view(suite: TeamSuite, urls: Urls) -> Json:
    """Return a test suite of a team."""
    return {
        "access_level": list(suite.access_level),
        "created_at": format_time(suite.created_at),
        "suite_id": suite.suite.id,
        "suite_url": urls.suite(suite.suite.slug),
    }


def member_view(user: User, *, sso_mode: bool) -> Json:
    """Return a member of the organization, with the SSO mode or without it."""
    view: Json = {"id": user.id, "name": user.name, "email": user.email, "role": user.role}
    return {**view, "sso_mode": user.sso_mode} if sso_mode else view


def invitation_view(invitation: Invitation, urls: Urls) -> Json:
    """Return an invitation."""
    return {
        "id": invitation.id,
        "graphql_id": graphql_id("OrganizationInvitation", invitation.id),
        "url": urls.invitation(invitation),
        "email": invitation.email,
        "state": invitation.state,
        "role": invitation.role,
        "sso_mode": invitation.sso_mode,
        "teams": [
            {"id": team.id, "graphql_id": graphql_id("Team", team.id), "slug": team.slug}
            for team, _ in invitation.teams
        ],
        "created_at": format_time(invitation.created_at),
        "created_by": _person(invitation.created_by),
        "accepted_at": None,
        "accepted_by": None,
        "revoked_at": format_optional_time(invitation.revoked_at),
        "revoked_by": None if invitation.revoked_by is None else _person(invitation.revoked_by),
        "expired_at": None,
    }


def _person(user: User) -> Json:
    return {"id": user.id, "name": user.name, "email": user.email}


def pipeline_settings_view(settings: PipelineSettings, urls: Urls) -> Json:
    """Return the settings for all pipelines."""
    export = settings.build_export
    return {
        "url": f"{urls.org()}/pipeline-settings",
        "default_branch": settings.default_branch,
        "default_cluster_id": settings.default_cluster_id,
        "default_timeout_in_minutes": settings.default_timeout_in_minutes,
        "maximum_timeout_in_minutes": settings.maximum_timeout_in_minutes,
        "scheduled_job_expiry_in_minutes": settings.scheduled_job_expiry_in_minutes,
        "hosted_agents_terminal_access": _switch(settings.hosted_agents_terminal_access),
        "public_pipeline_creation": _switch(settings.public_pipeline_creation),
        "advanced_queue_metrics": {**_switch(settings.advanced_queue_metrics), "disable_supported": False},
        "build_exports": {
            "available": True,
            "enabled": export is not None,
            "location": None if export is None else export.location,
            "strategy_id": None if export is None else export.strategy_id,
            "supported_strategies": list(EXPORT_STRATEGIES),
        },
    }


def _switch(switch: Switch | None) -> Json:
    if switch is None:
        return {"enabled": False, "enabled_at": None, "enabled_by": None}
    by = switch.enabled_by
    return {
        "enabled": True,
        "enabled_at": format_time(switch.enabled_at),
        "enabled_by": {"id": by.id, "name": by.name},
    }


def api_settings_view(settings: ApiSettings, urls: Urls) -> Json:
    """Return the restrictions of the API. The plan of a simulated organization has them all."""
    return {
        "url": f"{urls.org()}/api-settings",
        "allowed_ip_addresses": settings.allowed_ip_addresses,
        "revoke_inactive_tokens_after_days": settings.revoke_inactive_tokens_after_days,
        "restrict_user_api_token_creation": settings.restrict_user_api_token_creation,
        "features": {"api_ip_allow_list": True, "inactive_api_token_revocation": True},
    }
