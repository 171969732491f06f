# Generated from spec/ by `make generate`: edit that, not this.

"""The endpoints of package_registries, a module each."""
