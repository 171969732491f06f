# Generated from spec/ by `make generate`: edit that, not this.

"""The endpoints of packages, a module each."""
