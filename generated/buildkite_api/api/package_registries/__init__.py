# Generated from spec/ by `make generate`: edit that, not this.

"""Endpoints of package_registries, a module each."""
