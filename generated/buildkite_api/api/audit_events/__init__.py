# Generated from spec/ by `make generate`: edit that, not this.

"""Endpoints of audit_events, a module each."""
