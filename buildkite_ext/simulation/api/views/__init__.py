"""Views: the JSON of each resource, as in https://buildkite.com/docs/apis/rest-api."""

from __future__ import annotations

__all__: list[str] = []
