"""Tests that measure load, time or endurance: `make endurance` runs them, `make test` does not."""
