"""Behaviour: what happens when a job runs, and how long Buildkite's own steps take."""
