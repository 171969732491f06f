# Generated from spec/ by `make generate`: edit that, not this.

"""The endpoints of cluster_maintainers, a module each."""
