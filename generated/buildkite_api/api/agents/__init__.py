# Generated from spec/ by `make generate`: edit that, not this.

"""Endpoints of agents, a module each."""
