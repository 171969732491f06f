# Generated from spec/ by `make generate`: edit that, not this.

"""Endpoints of artifacts, a module each."""
