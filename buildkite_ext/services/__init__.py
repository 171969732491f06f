"""Services of a client: `client.builds`, `client.jobs`, … One module for each, with its async and its blocking class."""
