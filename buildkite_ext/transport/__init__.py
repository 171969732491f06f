"""Path of every request: middleware, retries, deadlines, and the wire."""
