"""Artifacts: where their paths may go, and their download, whole and checked or not at all."""
