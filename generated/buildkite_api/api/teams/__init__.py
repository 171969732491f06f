# Generated from spec/ by `make generate`: edit that, not this.

"""Endpoints of teams, a module each."""
