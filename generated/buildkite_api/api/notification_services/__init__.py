# Generated from spec/ by `make generate`: edit that, not this.

"""The endpoints of notification_services, a module each."""
