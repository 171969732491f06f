# Generated from spec/ by `make generate`: edit that, not this.

"""Endpoints of registry_tokens, a module each."""
