# Generated from spec/ by `make generate`: edit that, not this.

"""Endpoints, a package for each group."""
