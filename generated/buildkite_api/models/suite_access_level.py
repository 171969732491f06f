# Generated from spec/ by `make generate`: edit that, not this.

from ..types import OpenEnum


class SuiteAccessLevel(OpenEnum):
    """Access of a team to a test suite.

    - `read`: Read it.
    - `edit`: Edit it."""

    EDIT = "edit"
    READ = "read"
