"""`buildkite-ext webhooks send`: signed samples, to see what a receiver makes of them."""

from __future__ import annotations

import random
import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

from cyclopts import Group, Parameter

from ..exit_codes import ExitCode
from ..inputs import positive
from ..parameters import OUTPUT, Flag
from ..problem import Problem, UsageError
from ..streams import Colour, coloured
from .credentials import PROOF, SecretFiles, TokenFiles, proof_of

if TYPE_CHECKING:
    from ..render.colour import Tone
    from .credentials import Proof
    from .posting import Answered, Outgoing

DELIVERY = Group("The delivery", sort_key=2)
LONGEST_SHOWN = 200


def send(
    url: Annotated[str, Parameter(metavar="URL")],
    /,
    *,
    event: Annotated[
        tuple[str, ...], Parameter(group=DELIVERY, metavar="PATTERN", negative="", show_default=False)
    ] = (),
    body: Annotated[str | None, Parameter(group=DELIVERY, metavar="FILE", allow_leading_hyphen=True)] = None,
    set: Annotated[  # noqa: A002 - the option's name
        tuple[str, ...], Parameter(group=DELIVERY, metavar="PATH=VALUE", negative="", show_default=False)
    ] = (),
    repeat: Annotated[int, Parameter(group=DELIVERY, metavar="N")] = 1,
    secret_file: SecretFiles = (),
    token_file: TokenFiles = (),
    plain_token: Annotated[bool, Flag, Parameter(group=PROOF)] = False,
    unsigned: Annotated[bool, Flag, Parameter(group=PROOF)] = False,
    timeout: Annotated[float, Parameter(group=DELIVERY, metavar="S")] = 15.0,
    show: Annotated[bool, Flag, Parameter(group=OUTPUT)] = False,
    color: Annotated[Colour, Parameter(group=OUTPUT)] = "auto",
    debug: Annotated[bool, Flag, Parameter(group=OUTPUT)] = False,  # noqa: ARG001 - main reads it
) -> ExitCode:
    """Sign a sample and post it. See `app`.

    Args:
        url: Where to post it: http://... or https://... Redirects aren't followed.
        event: The events to send a sample of, such as job.finished or 'build.*'; may be repeated. By default
            build.finished.
        body: A file that holds the body to send, byte for byte, instead of a sample; - reads the standard input.
        set: Another value in the samples, such as build.state=failed or build.blocked=true. The value is JSON where it
            reads as JSON, else a string. May be repeated.
        repeat: Send each so many times: the same delivery, with the same signature.
        secret_file: A file that holds the secret to sign with; - reads the standard input. By default
            $BUILDKITE_WEBHOOK_SECRET.
        token_file: The same for a webhook that shows its token; by default $BUILDKITE_WEBHOOK_TOKEN.
        plain_token: Show the secret in clear text instead of signing with it.
        unsigned: Neither sign nor show anything.
        timeout: Seconds that an answer may take.
        show: Print the bodies instead of sending them.
        color: Whether to colour; auto: on a terminal, as NO_COLOR and FORCE_COLOR want it.
        debug: Show where an error came from.
    """
    from .posting import checked_url, is_local, outgoing

    seconds = positive("--timeout", timeout)
    if repeat < 1:
        raise UsageError(f"--repeat {repeat}: give a number above 0.")
    checked_url(url)
    if show:
        return _show(_bodies(event, body, set))
    if plain_token and unsigned:
        raise UsageError("--plain-token and --unsigned: give one of them.")
    taken_by = "--body" if body == "-" else None
    proof = proof_of(secret_file, token_file, unsigned=unsigned, unsigned_option="--unsigned", taken_by=taken_by)
    if plain_token:
        proof = replace(proof, mode="token")
    deliveries = (outgoing(each, proof) for each in _bodies(event, body, set))
    if proof.mode == "token" and url.lower().startswith("http:") and not is_local(url):
        print("buildkite-ext: the token goes over the network in clear text: the URL is http.", file=sys.stderr)
    return _Sending(url, seconds, proof, colour=coloured(color, sys.stdout)).all(list(deliveries), repeat)


def _bodies(patterns: tuple[str, ...], path: str | None, changes: tuple[str, ...]) -> list[bytes]:
    if path is not None:
        if patterns or changes:
            raise UsageError("--body is sent as it is: give it without --event and --set.")
        from ..inputs import Inputs

        return [Inputs().read("--body", path)]
    import json

    from buildkite_api.webhooks.events import EVENTS

    from ...simulation.webhook_samples import matching_events, webhook_sample
    from .edits import edited

    events = list(matching_events(patterns or ("build.finished",)))
    if not events:
        raise UsageError(f"--event {patterns[0]!r}: there is no such event. There are {', '.join(EVENTS)}.")
    seed = random.randrange(1 << 48)
    made = [edited(webhook_sample(event, seed=seed + number), changes) for number, event in enumerate(events)]
    return [json.dumps(each, separators=(",", ":")).encode() for each in made]


def _show(bodies: list[bytes]) -> ExitCode:
    for body in bodies:
        sys.stdout.buffer.write(body + b"\n")
        sys.stdout.buffer.flush()
    return ExitCode.PASSED


class _Sending:
    """Sends deliveries and prints what is answered, a line each."""

    def __init__(self, url: str, timeout: float, proof: Proof, *, colour: bool) -> None:
        self._url = url
        self._timeout = timeout
        self._proof = proof
        self._colour = colour

    def all(self, deliveries: list[Outgoing], repeat: int) -> ExitCode:
        import httpx

        from .posting import post, sender

        refused = 0
        with sender(self._url, self._timeout) as client:
            for delivery in deliveries:
                for _ in range(repeat):
                    try:
                        answered = post(client, self._url, delivery, self._timeout)
                    except httpx.HTTPError as error:
                        return self._unreachable(error)
                    refused += not answered.accepted
                    self._print(delivery, answered)
        return ExitCode.FAILED if refused else ExitCode.PASSED

    def _print(self, delivery: Outgoing, answered: Answered) -> None:
        from ..render.colour import TONES, painted
        from ..streams import short

        tone: Tone = "good" if answered.accepted else "bad"
        status = f"{answered.status} {short(answered.phrase, 40)}".strip()
        event = short(delivery.event, 60) or "no event"
        text = self._proof.hide(answered.body.decode("utf-8", "replace"))
        if answered.location is not None:
            text = f"to {self._proof.hide(answered.location)}, which isn't followed. {text}"
        print(
            f"{painted(status, TONES[tone] if self._colour else '')} in {answered.seconds * 1000:.0f} ms  {event}  "
            f"{short(text, LONGEST_SHOWN)}".rstrip(),
            flush=True,
        )

    def _unreachable(self, error: Exception) -> ExitCode:
        from ..render.colour import problem_line
        from ..streams import print_error

        trouble = Problem.described(
            ExitCode.API_ERROR,
            f"{self._proof.hide(self._url)} can't be reached: {self._proof.hide(str(error)) or type(error).__name__}. Does "
            "the receiver run there? (`buildkite-ext webhooks listen` is one.)",
            error,
        )
        print_error(problem_line(trouble, colour=coloured("auto", sys.stderr)))
        return trouble.code
