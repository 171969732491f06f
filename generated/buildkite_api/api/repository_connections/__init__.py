# Generated from spec/ by `make generate`: edit that, not this.

"""Endpoints of repository_connections, a module each."""
