# Generated from spec/ by `make generate`: edit that, not this.

"""Endpoints of portals, a module each."""
