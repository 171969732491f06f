# Generated from spec/ by `make generate`: edit that, not this.

"""Service `client.packages`: packages."""

from __future__ import annotations

from buildkite_api.models import Package, PackagePresignedUpload
from buildkite_ext.pagination.items import AsyncItems
from buildkite_ext.services._base import AsyncService, Service, blocking
from buildkite_ext.services.checks import check


class AsyncPackages(AsyncService):
    """Packages in registries."""

    def list(
        self,
        registry: str,
        *,
        name: str | None = None,
        per_page: int | None = None,
        limit: int | None = None,
        concurrency: int = 1,
    ) -> AsyncItems[Package]:
        """List a registry's packages. Scope: read_packages.

        The packages of a registry, newest first, a page at a time. They come without their organization and
        registry. Pages go by cursor.

        Args:
            registry: the package registry's slug, as in its URL.
            name: only packages with this name.
            per_page: items a request, at most 100.
            limit: the maximum of items.
            concurrency: pages fetched at once.

        https://buildkite.com/docs/apis/rest-api/package-registries/packages
        """
        check(AsyncPackages.list, locals())
        from buildkite_api.api.packages import list_packages

        return self._items(
            "packages.list",
            list_packages,
            self._requester.organization,
            registry,
            name=name,
            per_page=per_page,
            limit=limit,
            concurrency=concurrency,
        )

    async def get(self, registry: str, package_id: str) -> Package:
        """Get a package. Scope: read_packages.

        One package by its id.

        Args:
            registry: the package registry's slug, as in its URL.
            package_id: the package's id.

        https://buildkite.com/docs/apis/rest-api/package-registries/packages
        """
        check(AsyncPackages.get, locals())
        from buildkite_api.api.packages import get_package

        return await self._requester.call(get_package, self._requester.organization, registry, package_id)

    async def request_upload(self, registry: str) -> PackagePresignedUpload:
        """Ask where to upload a package.

        Ask for a place to upload a package file to, aside from the API: what the answer says is a form, to be
        sent with the file to a host of its own, without the API token.

        The form holds credentials. Never log them.

        Args:
            registry: the package registry's slug, as in its URL.

        https://github.com/buildkite/go-buildkite/blob/v5.14.0/package_uploads.go
        """
        check(AsyncPackages.request_upload, locals())
        from buildkite_api.api.packages import request_package_upload

        return await self._requester.call(request_package_upload, self._requester.organization, registry)

    async def copy(self, registry: str, package_id: str, *, to: str) -> Package:
        """Copy a package to another registry. Scope: read_packages+write_packages.

        Copy a package into another registry of the organization. Only apk, deb, generic, npm, PyPI, RPM and
        RubyGems packages.

        Args:
            registry: the package registry's slug, as in its URL.
            package_id: the package's id.
            to: the slug of the registry to copy it into.

        https://buildkite.com/docs/apis/rest-api/package-registries/packages
        """
        check(AsyncPackages.copy, locals())
        from buildkite_api.api.packages import copy_package

        return await self._requester.call(copy_package, self._requester.organization, registry, package_id, to=to)

    async def delete(self, registry: str, package_id: str) -> None:
        """Delete a package. Scope: delete_packages.

        Delete a package. What the answer's body holds is not documented.

        Args:
            registry: the package registry's slug, as in its URL.
            package_id: the package's id.

        https://buildkite.com/docs/apis/rest-api/package-registries/packages
        """
        check(AsyncPackages.delete, locals())
        from buildkite_api.api.packages import delete_package

        return await self._requester.call(delete_package, self._requester.organization, registry, package_id)


class Packages(Service[AsyncPackages]):
    """Packages in registries."""

    list = blocking(AsyncPackages.list)
    get = blocking(AsyncPackages.get)
    request_upload = blocking(AsyncPackages.request_upload)
    copy = blocking(AsyncPackages.copy)
    delete = blocking(AsyncPackages.delete)
