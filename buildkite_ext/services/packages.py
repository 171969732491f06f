"""Packages. https://buildkite.com/docs/apis/rest-api/package-registries/packages"""

from __future__ import annotations

import os
from dataclasses import replace
from typing import BinaryIO

from buildkite_api.models import Package

from ._base import blocking
from ._generated import packages as generated
from .arguments import positive
from .checks import check

__all__ = ["AsyncPackages", "Packages"]


class AsyncPackages(generated.AsyncPackages):
    """Packages of a registry."""

    async def publish(
        self,
        registry: str,
        file: str | os.PathLike[str] | BinaryIO,
        *,
        name: str | None = None,
        timeout: float | None = None,
    ) -> Package:
        """Publish a package. Its file is read while it is sent, never as a whole. Scope: write_packages.

        The request is sent again only if Buildkite took nothing of it (it never arrived, or hit a rate limit), and if the
        file can be rewound.

        Args:
            registry: the package registry's slug.
            file: the path of a regular file, or a file that is open to read bytes, such as a pipe.
            name: the name of the file; by default the last part of the path.
            timeout: seconds for the whole upload; None for no limit. The client's own timeout does not apply.

        Raises:
            OSError: the file can't be read.
            ValueError: the path is a pipe, a socket or a device, or the file has no name.
            InvalidRequest: the file isn't a package of the registry's kind, or it was published before.

        Example:
            >>> def release(buildkite) -> str | None:
            ...     return buildkite.packages.publish("wheels", "dist/example-1.0-py3-none-any.whl").web_url

        https://buildkite.com/docs/apis/rest-api/package-registries/packages
        """
        check(AsyncPackages.publish, locals())
        from buildkite_api.api.packages import publish_package
        from buildkite_api.models import PublishPackageRequest
        from buildkite_api.types import File

        positive(timeout=timeout)
        requester = self._requester.copy(replace(self._requester.options, timeout=timeout))
        request = PublishPackageRequest(file=File(file, name=name))
        return await requester.call(publish_package, requester.organization, registry, body=request)


class Packages(generated.Packages):
    """Packages of a registry."""

    publish = blocking(AsyncPackages.publish)
