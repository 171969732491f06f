"""Definition: what a pipeline says."""
