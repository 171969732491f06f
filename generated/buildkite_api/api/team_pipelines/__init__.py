# Generated from spec/ by `make generate`: edit that, not this.

"""Endpoints of team_pipelines, a module each."""
