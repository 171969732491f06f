# Generated from spec/ by `make generate`: edit that, not this.

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from attrs import define

from ..base import RequestModel

if TYPE_CHECKING:
    from .label_operator import LabelOperator


@define(kw_only=True, repr=False, weakref_slot=False)
class UpdateTestLabelsRequest(RequestModel):
    """Which labels to add or to remove."""

    operator: LabelOperator | str
    """Whether to add or to remove them."""

    labels: Sequence[str]
    """The labels."""
