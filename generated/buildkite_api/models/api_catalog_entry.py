# Generated from spec/ by `make generate`: edit that, not this.

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from .._definition import define, field
from ..base import ReadModel, new

if TYPE_CHECKING:
    from .api_catalog_link import ApiCatalogLink


@define(kw_only=True, repr=False, weakref_slot=False)
class ApiCatalogEntry(ReadModel):
    """An API, with the documents that describe it."""

    _keys: ClassVar[dict[str, str]] = {"service_desc": "service-desc", "service_doc": "service-doc"}

    anchor: str
    """Root URL of the API."""

    service_desc: list[ApiCatalogLink] = field(factory=list)
    """Descriptions for machines."""

    service_doc: list[ApiCatalogLink] = field(factory=list)
    """Descriptions for people."""

    @staticmethod
    def _to_model(struct: Any) -> Any:
        model = new(struct._model)
        model._additional = None
        model.anchor = struct.anchor
        model.service_desc = [] if struct.service_desc is None else [each._to_model() for each in struct.service_desc]
        model.service_doc = [] if struct.service_doc is None else [each._to_model() for each in struct.service_doc]
        return model
