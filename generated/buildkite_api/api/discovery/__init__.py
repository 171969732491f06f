# Generated from spec/ by `make generate`: edit that, not this.

"""Endpoints of discovery, a module each."""
