# Generated from spec/ by `make generate`: edit that, not this.

"""The endpoints of team_suites, a module each."""
