# Generated from spec/ by `make generate`: edit that, not this.

"""Endpoints of pipeline_templates, a module each."""
