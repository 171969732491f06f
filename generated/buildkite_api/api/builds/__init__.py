# Generated from spec/ by `make generate`: edit that, not this.

"""Endpoints of builds, a module each."""
