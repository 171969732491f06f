# Generated from spec/ by `make generate`: edit that, not this.

"""Endpoints of team_suites, a module each."""
