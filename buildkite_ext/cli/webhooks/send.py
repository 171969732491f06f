"""`buildkite-ext webhooks send`: post signed samples to a receiver, and show its responses."""

from __future__ import annotations

import json
import random
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Group, Parameter

from ...urls import is_loopback
from ..acting import acting
from ..durations import shown_duration
from ..exit_codes import ExitCode
from ..inputs import Inputs, is_stdin, json_or_text, name_and_value
from ..parameters import OUTPUT, Duration, Flag, WholeNumber
from ..problem import Problem, UsageError
from ..startup import end_startup
from ..streams import Colour, coloured, print_error, short
from .credentials import SECRET_GROUP, SecretFiles, TokenFiles, WebhookAuth, read_auth

if TYPE_CHECKING:
    import httpx

__all__ = ["send"]

_DELIVERY = Group("The delivery", sort_key=2)
_LARGEST_RESPONSE = 16 * 1024
_LONGEST_SHOWN = 200


def send(
    url: Annotated[str, Parameter(metavar="URL")],
    /,
    *,
    event: Annotated[
        tuple[str, ...], Parameter(group=_DELIVERY, metavar="PATTERN", negative="", show_default=False)
    ] = (),
    body: Annotated[Path | None, Parameter(group=_DELIVERY, metavar="FILE", allow_leading_hyphen=True)] = None,
    set: Annotated[  # noqa: A002 - the option's name
        tuple[str, ...], Parameter(group=_DELIVERY, metavar="PATH=VALUE", negative="", show_default=False)
    ] = (),
    repeat: Annotated[int, WholeNumber, Parameter(group=_DELIVERY)] = 1,
    secret_file: SecretFiles = (),
    token_file: TokenFiles = (),
    plain_token: Annotated[bool, Flag, Parameter(group=SECRET_GROUP)] = False,
    unsigned: Annotated[bool, Flag, Parameter(group=SECRET_GROUP)] = False,
    timeout: Annotated[float, Duration, Parameter(group=_DELIVERY, show_default=shown_duration)] = 15.0,
    show: Annotated[bool, Flag, Parameter(group=OUTPUT)] = False,
    color: Annotated[Colour, Parameter(group=OUTPUT)] = "auto",
    debug: Annotated[bool, Flag, Parameter(group=OUTPUT)] = False,  # noqa: ARG001 - main reads it
) -> ExitCode:
    """Sign a sample of an event, post it to a URL, and show the response.

    No API token is needed or sent.

    Args:
        url: The URL to post to: http://... or https://... Redirects aren't followed.
        event: The events to send a sample of, such as job.finished or 'build.*'; may be repeated. By default
            build.finished.
        body: A file that holds the body to send, byte for byte, instead of a sample; - reads the standard input.
        set: A value to set in the samples, such as build.state=failed or build.blocked=true. The value is JSON if it
            can be read as JSON, else a string. May be repeated.
        repeat: Send each delivery so many times, with the same signature.
        secret_file: A file that holds the secret to sign with; - reads the standard input. By default
            $BUILDKITE_WEBHOOK_SECRET.
        token_file: The same for a webhook that sends its token; by default $BUILDKITE_WEBHOOK_TOKEN.
        plain_token: Send the secret in clear text instead of signing with it.
        unsigned: Send neither a signature nor a token.
        timeout: The time that a response may take.
        show: Print the bodies instead of sending them.
        color: Whether to color; auto: on a terminal, as NO_COLOR and FORCE_COLOR want it.
        debug: Show the traceback of an error.
    """
    if repeat < 1:
        raise UsageError(f"--repeat {repeat}: give a number above 0.")
    _check_url(url)
    end_startup()
    inputs = Inputs(reserved_for="--body" if is_stdin(body) else None)
    if show:
        for each in _bodies(inputs, body, event, set):
            sys.stdout.buffer.write(each + b"\n")
            sys.stdout.buffer.flush()
        return ExitCode.PASSED
    if plain_token and unsigned:
        raise UsageError("--plain-token and --unsigned: give one of them.")
    auth = read_auth(inputs, secret_file, token_file, unsigned=unsigned, unsigned_option="--unsigned")
    if plain_token:
        auth = replace(auth, mode="token")
    deliveries = [_signed(each, auth) for each in _bodies(inputs, body, event, set)]
    if auth.mode == "token" and url.lower().startswith("http:") and not _is_local(url):
        print_error("buildkite-ext: the token is sent in clear text, because the URL begins with http://.")
    return _send_all(url, deliveries, auth, repeat=repeat, timeout=timeout, colour=coloured(color, sys.stdout))


# --- Bodies -----------------------------------------------------------------------------------------------------------


def _bodies(inputs: Inputs, path: Path | None, patterns: Sequence[str], changes: Sequence[str]) -> list[bytes]:
    if path is not None:
        if patterns or changes:
            raise UsageError("--body is sent as it is: give it without --event and --set.")
        return [inputs.read("--body", path)]
    from ...simulation.webhook_samples import matching_events, webhook_sample

    events = list(matching_events(patterns or ("build.finished",)))
    if not events:
        from buildkite_api.webhooks.events import EVENTS

        raise UsageError(f"--event {patterns[0]!r}: there is no such event. The events are {', '.join(EVENTS)}.")
    seed = random.randrange(1 << 48)
    samples = [webhook_sample(event, seed=seed + number) for number, event in enumerate(events)]
    for sample in samples:
        _apply(sample, changes)
    return [json.dumps(sample, separators=(",", ":")).encode() for sample in samples]


def _apply(sample: dict[str, Any], changes: Sequence[str]) -> None:
    """Set the values of `--set` in a sample.

    Raises:
        UsageError: a change has no path or no value, or its path leads through a value that isn't an object.

    Example:
        >>> sample = {"build": {"state": "passed"}}
        >>> _apply(sample, ["build.state=failed", "build.blocked=true", "build.env.CI=x"])
        >>> sample
        {'build': {'state': 'failed', 'blocked': True, 'env': {'CI': 'x'}}}
    """
    for change in changes:
        path, value = name_and_value("--set", change)
        *keys, last = path.split(".")
        if not all([*keys, last]):
            raise UsageError(f"--set {path}: separate keys by points, such as build.state.")
        place = sample
        for key in keys:
            place = place.setdefault(key, {})
            if not isinstance(place, dict):
                raise UsageError(f"--set {path}: {key} isn't an object, so it has no keys.")
        place[last] = json_or_text(value)


# --- Requests ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _SignedDelivery:
    event: str | None
    body: bytes
    headers: dict[str, str] = field(repr=False)


@dataclass(frozen=True, slots=True)
class _Response:
    """Response of a receiver. Clean its texts before you print them."""

    status: int
    phrase: str
    body: bytes
    location: str | None
    seconds: float

    @property
    def accepted(self) -> bool:
        return 200 <= self.status < 300


def _signed(body: bytes, auth: WebhookAuth) -> _SignedDelivery:
    """Return a delivery with its headers, signed now.

    Raises:
        UsageError: the token has characters that a header can't have.
    """
    from ...errors import WebhookMalformed
    from ...version import __version__
    from ...webhooks.http import EVENT, SIGNATURE, TOKEN
    from ...webhooks.parsing import parse
    from ...webhooks.signature import sign

    try:
        event = parse(body).event
    except WebhookMalformed:
        event = None  # the user wants to see that it is refused
    headers = {"Content-Type": "application/json", "User-Agent": f"buildkite-ext/{__version__} (webhooks send)"}
    if event is not None and event.isascii() and event.isprintable():
        headers[EVENT] = event
    if auth.mode == "secret":
        headers[SIGNATURE] = sign(body, auth.credentials[0].value)
    if auth.mode == "token":
        token = auth.credentials[0].value.decode("latin-1")
        if not (token.isascii() and token.isprintable()):
            origin = auth.credentials[0].origin
            raise UsageError(f"The token of {origin} can't be sent in a header: only printable ASCII can.")
        headers[TOKEN] = token
    return _SignedDelivery(event, body, headers)


def _check_url(url: str) -> None:
    """Refuse a URL that webhooks can't be posted to."""
    from urllib.parse import urlsplit

    import httpx

    try:
        parts = urlsplit(url)
        host = httpx.URL(url).host
        _ = parts.port
    except (ValueError, httpx.InvalidURL) as error:
        raise UsageError(f"URL: it can't be parsed: {error}") from error
    if parts.scheme not in ("http", "https") or not host:
        raise UsageError("URL: give http://… or https://….")
    if parts.username is not None or parts.password is not None:
        raise UsageError("URL: give it without a user or a password.")  # and don't repeat them


def _is_local(url: str) -> bool:
    """Return whether a URL leads to this computer."""
    import httpx

    host = httpx.URL(url).host
    return is_loopback(host) or host.endswith(".localhost")


def _send_all(
    url: str, deliveries: Sequence[_SignedDelivery], auth: WebhookAuth, *, repeat: int, timeout: float, colour: bool
) -> ExitCode:
    """Post deliveries, and print a line for each response."""
    import httpx

    from ..render.colour import problem_line

    refused = 0
    # A proxy must not be used for this computer: it would look for the receiver on its own.
    with httpx.Client(follow_redirects=False, timeout=timeout, trust_env=not _is_local(url)) as client:
        for delivery in (delivery for delivery in deliveries for _ in range(repeat)):
            try:
                with acting("a delivery was on its way", "the receiver may have it", "send it", look="the receiver"):
                    response = _post(client, url, delivery, timeout)
            except httpx.HTTPError as error:
                text = (
                    f"{auth.hide(url)} can't be reached: {auth.hide(str(error)) or type(error).__name__}. Is a receiver running "
                    "there? (`buildkite-ext webhooks listen` starts one.)"
                )
                problem = Problem.described(ExitCode.API_ERROR, text, error)
                print_error(problem_line(problem, colour=coloured("auto", sys.stderr)))
                return problem.code
            refused += not response.accepted
            print(_line(delivery, response, auth, colour=colour), flush=True)
    return ExitCode.FAILED if refused else ExitCode.PASSED


def _post(client: httpx.Client, url: str, delivery: _SignedDelivery, timeout: float) -> _Response:
    """Post a delivery.

    Raises:
        httpx.HTTPError: there is no response, or it takes longer than the timeout.
    """
    import httpx

    started = time.monotonic()
    try:
        with client.stream("POST", url, content=delivery.body, headers=delivery.headers) as response:
            body = b""
            for chunk in response.iter_bytes():
                body += chunk
                if time.monotonic() - started > timeout:
                    raise TimeoutError
                if len(body) > _LARGEST_RESPONSE:
                    break
    except (TimeoutError, httpx.TimeoutException) as error:
        raise httpx.ReadTimeout(f"the response took longer than {timeout:g} s") from error
    return _Response(
        response.status_code,
        response.reason_phrase,
        body[:_LARGEST_RESPONSE],
        response.headers.get("location"),
        time.monotonic() - started,
    )


def _line(delivery: _SignedDelivery, response: _Response, auth: WebhookAuth, *, colour: bool) -> str:
    """Return the line that shows a response."""
    from ..render.colour import TONES, painted

    status = f"{response.status} {short(response.phrase, 40)}".strip()
    text = auth.hide(response.body.decode("utf-8", "replace"))
    if response.location is not None:
        text = f"redirects to {auth.hide(response.location)}, which isn't followed. {text}"
    tone = TONES["good" if response.accepted else "bad"] if colour else ""
    event = short(delivery.event, 60) or "no event"
    return (
        f"{painted(status, tone)} in {response.seconds * 1000:.0f} ms  {event}  {short(text, _LONGEST_SHOWN)}".rstrip()
    )
