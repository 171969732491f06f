# Generated from spec/ by `make generate`: edit that, not this.

from __future__ import annotations

from .._definition import define
from ..base import RequestModel


@define(kw_only=True, repr=False, weakref_slot=False)
class ConfigureBuildExportRequest(RequestModel):
    """Destination of exported builds."""

    location: str
    """The bucket, as its name or as a URI such as `s3://name`."""

    strategy_id: str
    """Strategy: one of `PipelineSettings.build_exports.supported_strategies`."""
