"""Requests without a body: they are built with the headers that httpx would give them."""

from __future__ import annotations

import httpx
import pytest

from buildkite_ext import BuildkiteClient

ROOTS = [
    "https://api.buildkite.com",
    "http://127.0.0.1:8080",
    "https://buildkite.example.com:8443/api",
    "http://[::1]:3000",
    "https://bücher.example",
]


def sent_by(call: str, root: str) -> list[httpx.Request]:
    """Return the requests of a call."""
    sent: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        sent.append(request)
        more = {} if len(sent) > 1 else {"Link": f'<{request.url.copy_merge_params({"page": "2"})}>; rel="next"'}
        return httpx.Response(200, json=[] if call == "builds.list" else {}, headers=more)

    with BuildkiteClient("acme", token="t" * 20, base_url=root, transport=httpx.MockTransport(answer)) as client:
        if call == "builds.list":
            client.builds.list("web").all()
        elif call == "builds.get":
            client.builds.get("web", 1)
        else:
            client.request("GET", "organizations/acme", headers={"Accept": "text/plain"})
    return sent


@pytest.mark.parametrize("call", ["builds.get", "builds.list", "request"])
@pytest.mark.parametrize("root", ROOTS)
def test_a_get_has_the_headers_that_httpx_would_give_it(root: str, call: str) -> None:
    sent = sent_by(call, root)
    assert len(sent) == (2 if call == "builds.list" else 1)
    for request in sent:
        other = [(key, value) for key, value in request.headers.raw if key != b"Host"]
        assert request.headers.raw == httpx.Request("GET", request.url, headers=other).headers.raw
        assert request.content == b""
