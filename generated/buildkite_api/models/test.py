# Generated from spec/ by `make generate`: edit that, not this.

from __future__ import annotations

from typing import Any, ClassVar

from .._definition import define, field
from ..base import ReadModel, new


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

    @staticmethod
    def _to_model(struct: Any) -> Any:
        model = new(struct._model)
        model._additional = None
        model.id = struct.id
        model.url = struct.url
        model.web_url = struct.web_url
        model.scope = struct.scope
        model.name = struct.name
        model.location = struct.location
        model.file_name = struct.file_name
        model.labels = [] if struct.labels is None else struct.labels
        return model
