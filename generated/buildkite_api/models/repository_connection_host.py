# Generated from spec/ by `make generate`: edit that, not this.

from __future__ import annotations

from typing import Any

from .._definition import define
from ..base import ReadModel, new


@define(kw_only=True, repr=False, weakref_slot=False)
class RepositoryConnectionHost(ReadModel):
    """The host of a connection. Which of the last four there are depends on it; their types are not
    documented."""

    type: str | None = None
    """Kind."""

    url: str | None = None
    """URL. A Bitbucket Server with several URLs has them separated by commas."""

    webhook_allowed_addresses: Any = None
    """The addresses that webhooks may come from."""

    verify_server_cert: Any = None
    """True if its certificate is verified."""

    authentication_strategy: Any = None
    """Authentication strategy of Buildkite."""

    proxy_auth_strategy: Any = None
    """Authentication strategy of Buildkite at a proxy before it."""

    @staticmethod
    def _to_model(struct: Any) -> Any:
        model = new(struct._model)
        model._additional = None
        model.type = struct.type
        model.url = struct.url
        model.webhook_allowed_addresses = struct.webhook_allowed_addresses
        model.verify_server_cert = struct.verify_server_cert
        model.authentication_strategy = struct.authentication_strategy
        model.proxy_auth_strategy = struct.proxy_auth_strategy
        return model
