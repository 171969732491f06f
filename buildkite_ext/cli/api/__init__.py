"""`buildkite-ext api`: any request to the API, with the token, the budget and the errors handled."""
