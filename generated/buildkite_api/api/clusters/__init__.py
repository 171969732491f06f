# Generated from spec/ by `make generate`: edit that, not this.

"""Endpoints of clusters, a module each."""
