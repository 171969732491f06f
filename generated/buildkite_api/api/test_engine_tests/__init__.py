# Generated from spec/ by `make generate`: edit that, not this.

"""The endpoints of test_engine_tests, a module each."""
