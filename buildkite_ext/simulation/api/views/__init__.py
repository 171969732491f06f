"""Views: the JSON of each resource, as in https://buildkite.com/docs/apis/rest-api."""
