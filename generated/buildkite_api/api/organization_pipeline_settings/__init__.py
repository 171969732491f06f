# Generated from spec/ by `make generate`: edit that, not this.

"""The endpoints of organization_pipeline_settings, a module each."""
