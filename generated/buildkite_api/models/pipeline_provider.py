# Generated from spec/ by `make generate`: edit that, not this.

from __future__ import annotations

from typing import Any

from .._definition import define, field
from ..base import ReadModel, new


@define(kw_only=True, repr=False, weakref_slot=False)
class PipelineProvider(ReadModel):
    """Provider of a pipeline's source code."""

    id: str
    """The provider. Known are `github`, `github_enterprise`, `gitlab`, `gitlab_ee` and `bitbucket`; there are
    more."""

    webhook_url: str | None = None
    """URL that the provider sends its events to. Empty unless the user may edit the pipeline and the token has
    the scope `write_pipelines`."""

    settings: dict[str, Any] = field(factory=dict)
    """Settings of the provider: triggers of builds, and reports. The keys depend on the provider."""

    @staticmethod
    def _to_model(struct: Any) -> Any:
        model = new(struct._model)
        model._additional = None
        model.id = struct.id
        model.webhook_url = struct.webhook_url
        model.settings = {} if struct.settings is None else struct.settings
        return model
