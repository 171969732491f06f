# Generated from spec/ by `make generate`: edit that, not this.

"""The endpoints, a package for each group."""
