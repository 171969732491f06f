# Generated from spec/ by `make generate`: edit that, not this.

"""The endpoints of registry_tokens, a module each."""
