# Generated from spec/ by `make generate`: edit that, not this.

from __future__ import annotations

from typing import Any

from .._definition import define
from ..base import ReadModel, new


@define(kw_only=True, repr=False, weakref_slot=False)
class OrganizationReference(ReadModel):
    """An organization, as other objects name one."""

    id: str
    """The organization's id."""

    slug: str | None = None
    """The organization's slug."""

    url: str | None = None
    """The organization in the REST API."""

    web_url: str | None = None
    """The organization's page on Buildkite."""

    @staticmethod
    def _to_model(struct: Any) -> Any:
        model = new(struct._model)
        model._additional = None
        model.id = struct.id
        model.slug = struct.slug
        model.url = struct.url
        model.web_url = struct.web_url
        return model
