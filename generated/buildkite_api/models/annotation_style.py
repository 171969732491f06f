# Generated from spec/ by `make generate`: edit that, not this.

from ..types import OpenEnum


class AnnotationStyle(OpenEnum):
    """The looks of an annotation. The agent also knows `default`.

    - `success`: Green, with a tick.
    - `info`: Blue, with an information icon.
    - `warning`: Orange, with a warning icon.
    - `error`: Red, with a cross."""

    ERROR = "error"
    INFO = "info"
    SUCCESS = "success"
    WARNING = "warning"
