"""Receive Buildkite's webhooks: verified, typed, and handled."""
