# Generated from spec/ by `make generate`: edit that, not this.

"""Endpoints of cache_volumes, a module each."""
