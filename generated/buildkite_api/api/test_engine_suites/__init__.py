# Generated from spec/ by `make generate`: edit that, not this.

"""The endpoints of test_engine_suites, a module each."""
