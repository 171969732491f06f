# Generated from spec/ by `make generate`: edit that, not this.

"""Webhooks: a class for each event, the decoder of their bodies, and the registrar of handlers."""
