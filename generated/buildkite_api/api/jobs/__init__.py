# Generated from spec/ by `make generate`: edit that, not this.

"""Endpoints of jobs, a module each."""
