# Generated from spec/ by `make generate`: edit that, not this.

from __future__ import annotations

from typing import Any

from attrs import define, field

from ..base import ReadModel


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

    def _take(self, struct: Any) -> None:
        self._additional = None
        self.id = struct.id
        self.webhook_url = struct.webhook_url
        self.settings = {} if struct.settings is None else struct.settings
