# Generated from spec/ by `make generate`: edit that, not this.

"""The endpoints of cache_volumes, a module each."""
