# Generated from spec/ by `make generate`: edit that, not this.

"""Endpoints of packages, a module each."""
