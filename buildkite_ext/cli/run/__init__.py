"""`buildkite-ext run`: its options, what is known while it runs, and its result."""
