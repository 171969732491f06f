"""`buildkite-ext api`: any request to the API, with the token, retries, rate limits and errors handled."""
