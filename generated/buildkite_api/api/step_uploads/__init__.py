# Generated from spec/ by `make generate`: edit that, not this.

"""Endpoints of step_uploads, a module each."""
