# Generated from spec/ by `make generate`: edit that, not this.

"""Endpoints of organization_invitations, a module each."""
