"""Reasons of failed builds: what is read, what of a log is shown, and the summary as text or JSON."""
