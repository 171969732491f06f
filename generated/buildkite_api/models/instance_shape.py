# Generated from spec/ by `make generate`: edit that, not this.

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .._definition import define
from ..base import ReadModel, new

if TYPE_CHECKING:
    from .instance_shape_name import InstanceShapeName


@define(kw_only=True, repr=False, weakref_slot=False)
class InstanceShape(ReadModel):
    """The machines of hosted agents."""

    machine_type: str | None = None
    """The operating system, such as `linux`."""

    architecture: str | None = None
    """The processor architecture, such as `amd64`."""

    cpu: int | None = None
    """Number of virtual processors."""

    memory: int | None = None
    """Memory in gigabytes."""

    name: InstanceShapeName | None = None
    """The shape's name."""

    @staticmethod
    def _to_model(struct: Any) -> Any:
        model = new(struct._model)
        model._additional = None
        model.machine_type = struct.machine_type
        model.architecture = struct.architecture
        model.cpu = struct.cpu
        model.memory = struct.memory
        model.name = struct.name
        return model
