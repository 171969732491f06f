# Generated from spec/ by `make generate`: edit that, not this.

"""Endpoints of agent_images, a module each."""
