"""What Buildkite posts when something happens: a class for each event."""
