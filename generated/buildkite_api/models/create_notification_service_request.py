# Generated from spec/ by `make generate`: edit that, not this.

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from .._definition import define, field
from ..base import RequestModel
from ..types import UNSET, Unset

if TYPE_CHECKING:
    from .notification_service_scope import NotificationServiceScope
    from .notification_service_type import NotificationServiceType


@define(kw_only=True, repr=False, weakref_slot=False)
class CreateNotificationServiceRequest(RequestModel):
    """The new service."""

    provider: NotificationServiceType | str
    """Kind of the service."""

    description: str | Unset = UNSET
    """Purpose."""

    branch_configuration: str | Unset = UNSET
    """Pattern of the branches to notify it of, such as `main release/*`. Empty for all."""

    scope: NotificationServiceScope | str | Unset = UNSET
    """Pipelines to notify it of. All, if left out."""

    scope_uuids: Sequence[str] | Unset = UNSET
    """The ids of those pipelines, teams or clusters. Not together with the scope `all`."""

    build_states: Mapping[str, bool] | Unset = UNSET
    """Events to notify it of: true or false for any of `build_passed`, `build_fixed`, `build_failed`,
    `build_blocked`, `build_canceled`, `build_failing` and `job_activated`."""

    settings: Mapping[str, Any] | Unset = field(default=UNSET, repr=False)
    """Settings of the provider. The keys depend on it; the documentation lists them. They can hold secrets."""
