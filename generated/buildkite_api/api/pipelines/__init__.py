# Generated from spec/ by `make generate`: edit that, not this.

"""Endpoints of pipelines, a module each."""
