# Generated from spec/ by `make generate`: edit that, not this.

"""Endpoints of organization_members, a module each."""
