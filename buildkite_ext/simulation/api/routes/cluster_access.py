"""Routes of agent tokens, maintainers and secrets of clusters. https://buildkite.com/docs/apis/rest-api/clusters

The texts of refusals are not documented, apart from those for what can't be changed in a secret.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from ...state.cluster_resources import ClusterSecret, ClusterToken, Maintainer
from ...state.clusters import Cluster
from ..fields import Attributes
from ..handler import NO_CONTENT, Handler, RoutedRequest
from ..request import RefusedRequest, SimResponse, json_response, validation_failed
from ..views.clusters import maintainer_view, secret_view, token_view
from .clusters import actor_named, cluster_of

__all__ = ["HANDLERS"]

_KEY = re.compile(r"(?!buildkite|bk)[a-z][a-z0-9_]{0,254}", re.IGNORECASE | re.ASCII)
"""Key of a secret."""

_MAX_SECRET = 8 * 1024
"""Bytes that the value of a secret has to stay below."""


# Agent tokens -------------------------------------------------------------------------------------------------------


def _list_tokens(request: RoutedRequest) -> SimResponse:
    cluster = cluster_of(request)
    return request.page(list(cluster.tokens.values()), lambda item: token_view(item, cluster, request.urls))


def _get_token(request: RoutedRequest) -> SimResponse:
    cluster, token = _token(request)
    return json_response(token_view(token, cluster, request.urls))


def _create_token(request: RoutedRequest) -> SimResponse:
    cluster, given = cluster_of(request), Attributes(request.body())
    token = request.engine.administration.clusters.create_token(
        cluster,
        given.required("description"),
        request.user,
        allowed_ip_addresses=given.networks("allowed_ip_addresses"),
        expires_at=given.time("expires_at"),
    )
    return json_response(token_view(token, cluster, request.urls, with_value=True), status=201)


def _update_token(request: RoutedRequest) -> SimResponse:
    """Change an agent token.

    The documentation's table has only the description; its example also the other two attributes, which change here as well.
    """
    cluster, token = _token(request)
    given = Attributes(request.body())
    request.engine.administration.clusters.update_token(
        token,
        request.user,
        description=given.text("description", blank=False),
        allowed_ip_addresses=given.networks("allowed_ip_addresses"),
        expires_at=given.time("expires_at"),
    )
    return json_response(token_view(token, cluster, request.urls))


def _revoke_token(request: RoutedRequest) -> SimResponse:
    cluster, token = _token(request)
    request.engine.administration.clusters.revoke_token(cluster, token, request.user)
    return NO_CONTENT


def _token(request: RoutedRequest) -> tuple[Cluster, ClusterToken]:
    cluster = cluster_of(request)
    token = cluster.tokens.get(request.path["token_id"])
    if token is None:
        raise RefusedRequest(404, "No agent token found")
    return cluster, token


# Maintainers --------------------------------------------------------------------------------------------------------


def _list_maintainers(request: RoutedRequest) -> SimResponse:
    maintainers = list(cluster_of(request).maintainers.values())
    return request.page(maintainers, lambda item: maintainer_view(item, request.organization))


def _get_maintainer(request: RoutedRequest) -> SimResponse:
    return json_response(maintainer_view(_maintainer(request)[1], request.organization))


def _create_maintainer(request: RoutedRequest) -> SimResponse:
    """Add a maintainer. One that is a maintainer already is refused, which is not documented."""
    cluster = cluster_of(request)
    kind, actor_id = actor_named(request, Attributes(request.body()))
    if any(each.actor_id == actor_id for each in cluster.maintainers.values()):
        raise validation_failed(f"{kind.title()} has already been taken")
    maintainer = request.engine.administration.clusters.add_maintainer(cluster, kind, actor_id, request.user)
    return json_response(maintainer_view(maintainer, request.organization), status=201)


def _remove_maintainer(request: RoutedRequest) -> SimResponse:
    cluster, maintainer = _maintainer(request)
    request.engine.administration.clusters.remove_maintainer(cluster, maintainer, request.user)
    return NO_CONTENT


def _maintainer(request: RoutedRequest) -> tuple[Cluster, Maintainer]:
    cluster = cluster_of(request)
    maintainer = cluster.maintainers.get(request.path["maintainer_id"])
    if maintainer is None:
        raise RefusedRequest(404, "No maintainer found")
    return cluster, maintainer


# Secrets ------------------------------------------------------------------------------------------------------------


def _list_secrets(request: RoutedRequest) -> SimResponse:
    cluster = cluster_of(request)
    return request.page(
        list(cluster.secrets.values()), lambda item: secret_view(item, cluster, request.urls, request.organization)
    )


def _get_secret(request: RoutedRequest) -> SimResponse:
    return _secret_response(request, *_secret(request))


def _create_secret(request: RoutedRequest) -> SimResponse:
    """Create a secret.

    Its value is documented as optional, and that it may not be blank. Here it has to be given. The status of what doesn't
    fit is not documented; here it is 422.
    """
    cluster, given = cluster_of(request), Attributes(request.body())
    key = given.required("key")
    if not _KEY.fullmatch(key):
        raise validation_failed(
            "Key must begin with a letter, have letters, numbers and underscores only, at most 255, and not begin with "
            "buildkite or bk"
        )
    if any(secret.key == key for secret in cluster.secrets.values()):
        raise validation_failed("Key has already been taken")
    secret = request.engine.administration.clusters.create_secret(
        cluster,
        key,
        _value(given),
        request.user,
        description=given.text("description"),
        policy=given.text("policy"),
    )
    return _secret_response(request, cluster, secret, status=201)


def _update_secret(request: RoutedRequest) -> SimResponse:
    """Change the description and the policy of a secret. The status for its key and its value is not documented."""
    cluster, secret = _secret(request)
    given = Attributes(request.body())
    if "key" in given:
        raise RefusedRequest(422, "The key parameter cannot be updated.")
    if "value" in given:
        raise RefusedRequest(422, "The value parameter cannot be updated on this endpoint.")
    request.engine.administration.clusters.update_secret(
        secret, request.user, description=given.text("description"), policy=given.text("policy")
    )
    return _secret_response(request, cluster, secret)


def _update_secret_value(request: RoutedRequest) -> SimResponse:
    cluster, secret = _secret(request)
    value = _value(Attributes(request.body()))
    request.engine.administration.clusters.update_secret(secret, request.user, value=value)
    return _secret_response(request, cluster, secret)


def _delete_secret(request: RoutedRequest) -> SimResponse:
    cluster, secret = _secret(request)
    request.engine.administration.clusters.delete_secret(cluster, secret, request.user)
    return NO_CONTENT


def _secret(request: RoutedRequest) -> tuple[Cluster, ClusterSecret]:
    cluster = cluster_of(request)
    secret = cluster.secrets.get(request.path["secret_id"])
    if secret is None:
        raise RefusedRequest(404, "No secret found")
    return cluster, secret


def _value(given: Attributes) -> str:
    value = given.required("value")
    if len(value.encode("utf-8", "replace")) >= _MAX_SECRET:
        raise validation_failed("Value must be less than 8 kilobytes")
    return value


def _secret_response(
    request: RoutedRequest, cluster: Cluster, secret: ClusterSecret, *, status: int = 200
) -> SimResponse:
    return json_response(secret_view(secret, cluster, request.urls, request.organization), status=status)


HANDLERS: Mapping[str, Handler] = {
    "list_cluster_tokens": _list_tokens,
    "get_cluster_token": _get_token,
    "create_cluster_token": _create_token,
    "update_cluster_token": _update_token,
    "revoke_cluster_token": _revoke_token,
    "list_cluster_maintainers": _list_maintainers,
    "get_cluster_maintainer": _get_maintainer,
    "create_cluster_maintainer": _create_maintainer,
    "remove_cluster_maintainer": _remove_maintainer,
    "list_cluster_secrets": _list_secrets,
    "get_cluster_secret": _get_secret,
    "create_cluster_secret": _create_secret,
    "update_cluster_secret": _update_secret,
    "update_cluster_secret_value": _update_secret_value,
    "delete_cluster_secret": _delete_secret,
}
