# Generated from spec/ by `make generate`: edit that, not this.

from __future__ import annotations

from .._definition import define
from ..base import RequestModel
from ..types import File


@define(kw_only=True, repr=False, weakref_slot=False)
class PublishPackageRequest(RequestModel):
    """The package to publish."""

    file: File
    """The package file, with its name."""
