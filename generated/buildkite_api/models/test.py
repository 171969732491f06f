# Generated from spec/ by `make generate`: edit that, not this.

from __future__ import annotations

from typing import Any, ClassVar

from attrs import define, field

from ..base import ReadModel


@define(kw_only=True, repr=False, weakref_slot=False)
class Test(ReadModel):
    """A test of a suite."""

    __test__: ClassVar[bool] = False

    id: str
    """The test's id."""

    url: str
    """The test in the REST API."""

    web_url: str | None = None
    """The test's page on Buildkite."""

    scope: str | None = None
    """Group of the test, such as the class that it tests."""

    name: str
    """Its name in that scope."""

    location: str | None = None
    """Location as file and line."""

    file_name: str | None = None
    """The file that it stands in."""

    labels: list[str] = field(factory=list)
    """Its labels. Some answers leave them out."""

    def _take(self, struct: Any) -> None:
        self._additional = None
        self.id = struct.id
        self.url = struct.url
        self.web_url = struct.web_url
        self.scope = struct.scope
        self.name = struct.name
        self.location = struct.location
        self.file_name = struct.file_name
        self.labels = [] if struct.labels is None else struct.labels
