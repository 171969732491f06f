# Generated from spec/ by `make generate`: edit that, not this.

"""The endpoints of access_token, a module each."""
