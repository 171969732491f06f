"""Webhooks: a class for each event, the decoder of their bodies, and the registrar of handlers."""
