# Generated from spec/ by `make generate`: edit that, not this.

"""The endpoints of agent_images, a module each."""
