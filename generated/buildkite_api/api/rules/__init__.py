# Generated from spec/ by `make generate`: edit that, not this.

"""The endpoints of rules, a module each."""
