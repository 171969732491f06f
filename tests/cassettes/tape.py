"""Recorder and player of cassettes, which hold neither tokens nor names of the recording machine."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Any

import vcr

FOLDER = Path(__file__).parent
API = "https://api.buildkite.com"
STORAGE = "https://artifacts.storage.test"
HIDDEN = ("authorization", "cookie", "set-cookie", "user-agent", "host", "date", "server", "connection")


def recorder(mode: str, addresses: dict[str, str] | None = None) -> vcr.VCR:
    """Return a recorder in mode `none` (replay, refuse what isn't on the tape) or `all` (record).

    Args:
        mode: the record mode of vcrpy.
        addresses: what to write in the place of the addresses that were recorded at.
    """
    replaced = addresses or {}

    def clean(text: str) -> str:
        for old, new in replaced.items():
            text = text.replace(old, new)
        return text

    def request(request: Any) -> Any:
        request.uri = clean(request.uri)
        for name in HIDDEN:
            request.headers.pop(name, None)
        return request

    def response(response: dict[str, Any]) -> dict[str, Any]:
        headers = {}
        for name, values in response["headers"].items():
            if name.lower() not in HIDDEN and name.lower() != "content-length":
                headers[name] = [clean(value) for value in values]
        body = response["body"]["string"]
        with suppress(UnicodeDecodeError):
            body = clean(body.decode()).encode()
        return {**response, "headers": headers, "body": {"string": body}}

    return vcr.VCR(
        cassette_library_dir=str(FOLDER),
        record_mode=mode,
        match_on=("method", "scheme", "host", "path", "query", "body"),
        before_record_request=request,
        before_record_response=response,
        filter_headers=["authorization"],
        filter_query_parameters=["access_token", "api_key"],
        decode_compressed_response=True,
    )
