# Generated from spec/ by `make generate`: edit that, not this.

"""The endpoints of pipeline_templates, a module each."""
