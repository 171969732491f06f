# Generated from spec/ by `make generate`: edit that, not this.

"""The endpoints of organization_api_settings, a module each."""
