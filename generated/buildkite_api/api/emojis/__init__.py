# Generated from spec/ by `make generate`: edit that, not this.

"""Endpoints of emojis, a module each."""
