# Generated from spec/ by `make generate`: edit that, not this.

from __future__ import annotations

from typing import Any

from .._definition import define
from ..base import ReadModel, new


@define(kw_only=True, repr=False, weakref_slot=False)
class RegistryReference(ReadModel):
    """A package registry, as other objects name one."""

    id: str
    """The registry's id."""

    graphql_id: str | None = None
    """The same registry in the GraphQL API."""

    slug: str | None = None
    """The name in URLs."""

    url: str | None = None
    """The registry in the REST API."""

    web_url: str | None = None
    """The registry's page on Buildkite."""

    @staticmethod
    def _to_model(struct: Any) -> Any:
        model = new(struct._model)
        model._additional = None
        model.id = struct.id
        model.graphql_id = struct.graphql_id
        model.slug = struct.slug
        model.url = struct.url
        model.web_url = struct.web_url
        return model
