# Generated from spec/ by `make generate`: edit that, not this.

"""The endpoints of team_pipelines, a module each."""
