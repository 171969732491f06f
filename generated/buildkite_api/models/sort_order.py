# Generated from spec/ by `make generate`: edit that, not this.

from ..types import OpenEnum


class SortOrder(OpenEnum):
    """The directions of sorting.

    - `asc`: Lowest first.
    - `desc`: Highest first."""

    ASC = "asc"
    DESC = "desc"
