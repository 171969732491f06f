# Generated from spec/ by `make generate`: edit that, not this.

"""Endpoints of access_token, a module each."""
