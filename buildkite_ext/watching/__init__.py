"""Waiting for builds, and which end they came to."""
