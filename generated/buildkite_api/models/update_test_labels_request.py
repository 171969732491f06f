# Generated from spec/ by `make generate`: edit that, not this.

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from .._definition import define
from ..base import RequestModel

if TYPE_CHECKING:
    from .label_operator import LabelOperator


@define(kw_only=True, repr=False, weakref_slot=False)
class UpdateTestLabelsRequest(RequestModel):
    """Labels to add or to remove."""

    operator: LabelOperator | str
    """Operation: add or remove."""

    labels: Sequence[str]
    """The labels."""
