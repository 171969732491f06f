# Generated from spec/ by `make generate`: edit that, not this.

"""The endpoints of network_ranges, a module each."""
