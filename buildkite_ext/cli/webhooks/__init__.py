"""`buildkite-ext webhooks`: receive Buildkite's webhooks here, find out why a signature doesn't fit, and send samples."""
