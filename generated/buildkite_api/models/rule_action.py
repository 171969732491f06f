# Generated from spec/ by `make generate`: edit that, not this.

from ..types import OpenEnum


class RuleAction(OpenEnum):
    """Action of a rule.

    - `trigger_build`: Triggering builds.
    - `artifacts_read`: Reading artifacts."""

    ARTIFACTS_READ = "artifacts_read"
    TRIGGER_BUILD = "trigger_build"
