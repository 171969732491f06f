# Generated from spec/ by `make generate`: edit that, not this.

"""The endpoints of agents, a module each."""
