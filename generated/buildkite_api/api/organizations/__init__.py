# Generated from spec/ by `make generate`: edit that, not this.

"""Endpoints of organizations, a module each."""
