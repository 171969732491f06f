# Generated from spec/ by `make generate`: edit that, not this.

from __future__ import annotations

from typing import TYPE_CHECKING

from .._definition import define
from ..base import RequestModel

if TYPE_CHECKING:
    from .rule_type import RuleType
    from .rule_value_request import RuleValueRequest


@define(kw_only=True, repr=False, weakref_slot=False)
class CreateRuleRequest(RequestModel):
    """The new rule."""

    type: RuleType | str
    """Kind of the rule."""

    value: RuleValueRequest
    """Pipelines of the rule."""
