"""Artifacts: the targets of downloads, and the download, complete and checked or not at all."""
