# Generated from spec/ by `make generate`: edit that, not this.

"""Endpoints of organization_pipeline_settings, a module each."""
