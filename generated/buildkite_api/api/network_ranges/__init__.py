# Generated from spec/ by `make generate`: edit that, not this.

"""Endpoints of network_ranges, a module each."""
