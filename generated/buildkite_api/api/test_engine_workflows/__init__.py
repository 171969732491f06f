# Generated from spec/ by `make generate`: edit that, not this.

"""Endpoints of test_engine_workflows, a module each."""
