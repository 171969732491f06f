# Generated from spec/ by `make generate`: edit that, not this.

"""The endpoints of step_uploads, a module each."""
