# Generated from spec/ by `make generate`: edit that, not this.

"""Endpoints of cluster_secrets, a module each."""
