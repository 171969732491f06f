# Generated from spec/ by `make generate`: edit that, not this.

from __future__ import annotations

from typing import TYPE_CHECKING

from .._definition import define
from ..base import RequestModel
from ..types import UNSET, Unset

if TYPE_CHECKING:
    from .annotation_style import AnnotationStyle


@define(kw_only=True, repr=False, weakref_slot=False)
class CreateBuildAnnotationRequest(RequestModel):
    """Content and style of an annotation."""

    body: str
    """The body, as Markdown or HTML."""

    style: AnnotationStyle | str | Unset = UNSET
    """Style."""

    priority: int | Unset = UNSET
    """From 1 to 10. Higher stands first; Buildkite takes 3 when left out."""

    context: str | Unset = UNSET
    """Its name within the build, to add to it or replace it later."""

    append: bool | Unset = UNSET
    """Add the body to the end of the annotation with the same context, instead of replacing it."""
