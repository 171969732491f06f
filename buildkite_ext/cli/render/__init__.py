"""Output formats of the command: plain lines, JSON, and a terminal with a table of jobs."""
