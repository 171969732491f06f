"""How each resource looks in an answer: the shapes of https://buildkite.com/docs/apis/rest-api."""
