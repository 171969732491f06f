# Generated from spec/ by `make generate`: edit that, not this.

"""Endpoints of user, a module each."""
