"""The services of a client: `client.builds`, `client.jobs`, … Each stands in a module of its own, async and blocking."""
