# Generated from spec/ by `make generate`: edit that, not this.

"""Endpoints of annotations, a module each."""
