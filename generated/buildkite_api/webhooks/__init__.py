# Generated from spec/ by `make generate`: edit that, not this.

"""What Buildkite posts when something happens: a class for each event."""
