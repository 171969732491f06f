# Generated from spec/ by `make generate`: edit that, not this.

"""Endpoints of organization_api_settings, a module each."""
