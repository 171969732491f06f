# Generated from spec/ by `make generate`: edit that, not this.

"""The endpoints of team_members, a module each."""
