"""Routes of logs: get one, its size or its end; delete it. https://buildkite.com/docs/apis/rest-api/jobs"""

from __future__ import annotations

import html
import re
from collections.abc import Mapping

from ...behaviour.logs import Log
from ...state.builds import Job
from ..handler import NO_CONTENT, Handler, RoutedRequest
from ..request import RefusedRequest, SimResponse, encoded, json_response, representation

__all__ = ["HANDLERS"]


_TOKEN = re.compile(
    r"\x1b_bk;t=(\d+)\x07|\x1b\[([0-9;]*)m|\x1b\][^\x07\x1b]*\x07|\x1b\[[0-9;?]*[A-Za-z]|\x1b_[^\x07\x1b]*\x07"
)
_SUFFIX_RANGE = re.compile(r"bytes=-([0-9]+)")


def _get_log(request: RoutedRequest) -> SimResponse:
    job = _job(request)
    now = request.engine.scheduler.now
    form = representation(request.request)
    wanted = request.request.headers.get("range")
    if wanted is not None:
        return _end(job.log, now, wanted, plain=form == "text")
    data = job.log.visible(now)
    if form == "text":
        return _plain(200, data, (("Accept-Ranges", "bytes"),))
    if form == "html":
        page = _html(data).encode()
        return SimResponse(
            200, (("Content-Type", "text/html; charset=utf-8"), ("Content-Length", str(len(page)))), page
        )
    return json_response(
        {
            "url": f"{request.urls.job(job)}/log",
            "content": data.decode("utf-8", "replace"),
            "size": len(data),
            "header_times": job.log.header_times(now),
        }
    )


def _end(log: Log, now: float, wanted: str, *, plain: bool) -> SimResponse:
    """Return the last bytes of a log: the only range that Buildkite serves."""
    asked = _SUFFIX_RANGE.fullmatch(wanted.strip())
    count = int(asked[1][:15]) if asked else 0
    if not plain or not count:
        raise RefusedRequest(400, "The only range of a log is bytes=-N with Accept: text/plain")
    size = log.size(now)
    if not size:
        body = encoded({"message": "The log is empty"})
        headers = (("Content-Type", "application/json; charset=utf-8"), ("Content-Range", "bytes */0"))
        return SimResponse(416, (*headers, ("Content-Length", str(len(body)))), body)
    data = log.last(count, now)
    return _plain(206, data, (("Content-Range", f"bytes {size - len(data)}-{size - 1}/{size}"),))


def _plain(status: int, data: bytes, headers: tuple[tuple[str, str], ...]) -> SimResponse:
    kind = (("Content-Type", "text/plain; charset=utf-8"), ("Content-Length", str(len(data))))
    return SimResponse(status, (*kind, *headers), data)


def _head_log(request: RoutedRequest) -> SimResponse:
    size = _job(request).log.size(request.engine.scheduler.now)
    return SimResponse(
        200,
        (
            ("Content-Type", "application/json; charset=utf-8"),
            ("Content-Length", str(size)),
            ("Accept-Ranges", "bytes"),
        ),
    )


def _delete_log(request: RoutedRequest) -> SimResponse:
    """Delete a log.

    The answer to later requests is not documented; here it is 404.
    """
    request.engine.delete_log(_job(request))
    return NO_CONTENT


def _html(log: bytes) -> str:
    """Return a log as HTML, similar to the output of Buildkite's terminal-to-html.

    The lines are escaped. Colours become classes such as `term-fg31`, timestamps become `<time>`.
    """
    return "\n".join(_html_line(line.rstrip("\r")) for line in log.decode("utf-8", "replace").split("\n"))


def _html_line(line: str) -> str:
    # A carriage return starts the line again: the terminal no longer shows what was there before.
    line = line.rsplit("\r", 1)[-1]
    parts: list[str] = []
    opened = False
    end = 0
    for token in _TOKEN.finditer(line):
        parts.append(html.escape(line[end : token.start()]))
        end = token.end()
        if token[1]:
            parts.append(f'<time datetime="{token[1]}"></time>')
        elif token[2] is not None:
            if opened:
                parts.append("</span>")
            codes = [code for code in token[2].split(";") if code not in ("", "0")]
            opened = bool(codes)
            if opened:
                parts.append(f'<span class="{" ".join(f"term-fg{code}" for code in codes)}">')
    parts.append(html.escape(line[end:]))
    if opened:
        parts.append("</span>")
    return "".join(parts) or "&nbsp;"


def _job(request: RoutedRequest) -> Job:
    job = request.job()
    if job.command_step is None or job.log.deleted:
        raise RefusedRequest(404, "No log found")
    return job


HANDLERS: Mapping[str, Handler] = {
    "get_build_job_log": _get_log,
    "get_job_log": _get_log,
    "head_build_job_log": _head_log,
    "head_job_log": _head_log,
    "delete_build_job_log": _delete_log,
    "delete_job_log": _delete_log,
}
