# Generated from spec/ by `make generate`: edit that, not this.

"""The endpoints of repository_connections, a module each."""
