# Generated from spec/ by `make generate`: edit that, not this.

"""Endpoints of test_engine_tests, a module each."""
