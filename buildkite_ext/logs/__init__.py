"""Logs of jobs: their new bytes, the lines in them, and following them live."""
