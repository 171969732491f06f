# Generated from spec/ by `make generate`: edit that, not this.

"""The endpoints of audit_events, a module each."""
