# Generated from spec/ by `make generate`: edit that, not this.

"""Endpoints of pipeline_schedules, a module each."""
