# Generated from spec/ by `make generate`: edit that, not this.

"""Endpoints of meta, a module each."""
