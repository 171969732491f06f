"""State: an organization with its users, clusters, pipelines and builds."""
