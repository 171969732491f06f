# Generated from spec/ by `make generate`: edit that, not this.

"""Endpoints of cluster_maintainers, a module each."""
