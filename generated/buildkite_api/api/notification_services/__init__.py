# Generated from spec/ by `make generate`: edit that, not this.

"""Endpoints of notification_services, a module each."""
