# Generated from spec/ by `make generate`: edit that, not this.

"""Endpoints of rules, a module each."""
