# Generated from spec/ by `make generate`: edit that, not this.

"""Service `client.agents`: ."""

from __future__ import annotations

from buildkite_ext.services._base import AsyncService, Service


class AsyncAgents(AsyncService):
    """The machines that run jobs."""


class Agents(Service[AsyncAgents]):
    """The machines that run jobs."""
