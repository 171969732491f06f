"""Packages. https://buildkite.com/docs/apis/rest-api/package-registries/packages"""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING, BinaryIO

from ._base import blocking
from ._generated import packages as generated
from .arguments import positive

if TYPE_CHECKING:
    from buildkite_api.models import Package

__all__ = ["AsyncPackages", "Packages"]


class AsyncPackages(generated.AsyncPackages):
    """The packages of a registry."""

    async def publish(
        self,
        registry: str,
        file: str | os.PathLike[str] | BinaryIO,
        *,
        name: str | None = None,
        timeout: float | None = None,
    ) -> Package:
        """Publish a package: its file is read while it is sent, never as a whole. Scope: write_packages.

        It is sent again only where Buildkite took nothing of it (it never arrived, or hit a rate limit), and only a file
        that can be rewound.

        Args:
            registry: the package registry's slug.
            file: its path, or something open to read bytes from.
            name: the file's name; by default the last part of its path.
            timeout: seconds for the whole upload; None for as long as it takes, since the client's own is made for calls.

        Raises:
            OSError: the file can't be read.
            InvalidRequest: it isn't a package of the registry's kind, or is there already.

        Example:
            >>> def release(buildkite) -> str | None:
            ...     return buildkite.packages.publish("wheels", "dist/example-1.0-py3-none-any.whl").web_url

        https://buildkite.com/docs/apis/rest-api/package-registries/packages
        """
        from buildkite_api.api.packages import publish_package
        from buildkite_api.models import PublishPackageRequest
        from buildkite_api.types import File

        positive(timeout=timeout)
        requester = self._requester.copy(replace(self._requester.options, timeout=timeout))
        request = PublishPackageRequest(file=File(file, name=name))
        return await requester.call(publish_package, requester.organization, registry, body=request)


class Packages(generated.Packages):
    """The packages of a registry."""

    publish = blocking(AsyncPackages.publish)
