"""Logs: whole, their size, their end, and gone. https://buildkite.com/docs/apis/rest-api/jobs"""

from __future__ import annotations

import re
from collections.abc import Mapping

from ...html import rendered
from ...jobs import Job
from ...representation import representation
from ..handler import NO_CONTENT, Call, Handler
from ..request import Refused, SimResponse, dumps, json_response

_SUFFIX_RANGE = re.compile(r"bytes=-([0-9]+)")


def get_log(call: Call) -> SimResponse:
    job = _job(call)
    now = call.engine.timeline.now
    data = job.log.visible(now)
    form = representation(call.request)
    wanted = call.request.headers.get("range")
    if wanted is not None:
        return _end(data, wanted, plain=form == "text")
    if form == "text":
        return _plain(200, data, (("Accept-Ranges", "bytes"),))
    if form == "html":
        page = rendered(data).encode()
        return SimResponse(
            200, (("Content-Type", "text/html; charset=utf-8"), ("Content-Length", str(len(page)))), page
        )
    return json_response(
        {
            "url": f"{call.urls.job(job)}/log",
            "content": data.decode("utf-8", "replace"),
            "size": len(data),
            "header_times": job.log.header_times(now),
        }
    )


def _end(data: bytes, wanted: str, *, plain: bool) -> SimResponse:
    """The last bytes of a log: the one kind of range that there is."""
    asked = _SUFFIX_RANGE.fullmatch(wanted.strip())
    count = int(asked[1][:15]) if asked else 0
    if not plain or not count:
        raise Refused(400, "Only a range of the form bytes=-N, with Accept: text/plain, can be had of a log")
    if not data:
        body = dumps({"message": "The log is empty"})
        headers = (("Content-Type", "application/json; charset=utf-8"), ("Content-Range", "bytes */0"))
        return SimResponse(416, (*headers, ("Content-Length", str(len(body)))), body)
    start = max(0, len(data) - count)
    return _plain(206, data[start:], (("Content-Range", f"bytes {start}-{len(data) - 1}/{len(data)}"),))


def _plain(status: int, data: bytes, headers: tuple[tuple[str, str], ...]) -> SimResponse:
    kind = (("Content-Type", "text/plain; charset=utf-8"), ("Content-Length", str(len(data))))
    return SimResponse(status, (*kind, *headers), data)


def head_log(call: Call) -> SimResponse:
    size = _job(call).log.size(call.engine.timeline.now)
    return SimResponse(
        200,
        (
            ("Content-Type", "application/json; charset=utf-8"),
            ("Content-Length", str(size)),
            ("Accept-Ranges", "bytes"),
        ),
    )


def delete_log(call: Call) -> SimResponse:
    """What there is afterwards is not documented; here it is 404, which clients take for "no log"."""
    _job(call).log.deleted = True
    return NO_CONTENT


def _job(call: Call) -> Job:
    job = call.job()
    if job.command_step is None or job.log.deleted:
        raise Refused(404, "No log found")
    return job


HANDLERS: Mapping[str, Handler] = {
    "get_build_job_log": get_log,
    "get_job_log": get_log,
    "head_build_job_log": head_log,
    "head_job_log": head_log,
    "delete_build_job_log": delete_log,
    "delete_job_log": delete_log,
}
