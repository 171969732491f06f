"""Tests of handlers without a server: sample events of every kind, signatures, and a client that sends them.

from buildkite_ext.webhooks import BuildFinished
from buildkite_ext.webhooks.testing import WebhookClient

def test_a_failed_build_pages_someone() -> None:
    WebhookClient(hooks).send(BuildFinished, {"build.state": "failed"})
    assert paged == [...]
"""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Never, TypeVar, overload
from weakref import WeakKeyDictionary

from attrs import fields
from buildkite_api.base import Model
from buildkite_api.decoding import Drift
from buildkite_api.types import OpenEnum
from buildkite_api.webhooks.events import EVENTS, WebhookEvent

from ..simulation.webhook_samples import webhook_sample
from ..unknown_names import nearest
from .handler import WebhookHandler
from .http import EVENT, SIGNATURE, Headers, WebhookResponse
from .parsing import parse
from .signature import Secrets, sign

__all__ = ["Changes", "WebhookClient", "sample", "signed_headers"]

E = TypeVar("E", bound=WebhookEvent)

Changes = Mapping[str, object]
"""Values to set in a sample, by path: `{"build.state": "failed", "pipeline.slug": "web"}`."""


@overload
def sample(
    event: type[E], changes: Changes | None = None, /, *, seed: int = 0, now: Callable[[], float] = time.time
) -> E: ...


@overload
def sample(
    event: str, changes: Changes | None = None, /, *, seed: int = 0, now: Callable[[], float] = time.time
) -> WebhookEvent: ...


def sample(
    event: str | type[Any],
    changes: Changes | None = None,
    /,
    *,
    seed: int = 0,
    now: Callable[[], float] = time.time,
    **misplaced: object,
) -> Any:
    """Return a sample of an event, as Buildkite would send it.

    The builds, jobs and agents in it are those of a simulated organization, `acme`, with the pipelines `web` and `api`.

    Args:
        event: the event's class, such as `BuildFinished`, or its name.
        changes: values to set in it. The keys of a path are separated by points.
        seed: the seed of the identifiers in it. The same seed gives the same event.
        now: returns the time of the delivery, in seconds since the epoch.

    Returns:
        The event. Its `raw` is the body.

    Raises:
        ValueError: there is no such event, or a change has a path or a value that Buildkite doesn't document.
        TypeError: a change was given as an argument.

    Example:
        >>> from buildkite_ext.webhooks import BuildFinished
        >>> event = sample(BuildFinished, {"build.state": "failed", "build.branch": "release/1"})
        >>> event.pipeline.slug, event.build.state, event.build.branch, event.build.number
        ('web', <BuildState.FAILED: 'failed'>, 'release/1', 1)

    Documentation: https://buildkite.com/docs/apis/webhooks
    """
    body = webhook_sample(_event_name(event), seed=seed, now=now())
    _refuse_misplaced("sample", body, misplaced)
    for path, value in (changes or {}).items():
        _set(body, path, value)
    drifts: list[Drift] = []
    parsed = parse(json.dumps(body, separators=(",", ":")).encode(), on_drift=drifts.append)
    for drift in drifts:
        raise ValueError(f"a change doesn't fit {parsed.event}: {drift.model}.{drift.key} is {_DRIFTS[drift.kind]}")
    for path, value in _undocumented(parsed) if changes else ():
        known = [each.value for each in type(value)]
        near = nearest(value.value, known)
        hint = f"did you mean {near!r}?" if near else f"it is one of {', '.join(known)}"
        raise ValueError(f"a change doesn't fit {parsed.event}: Buildkite documents no {path} {value.value!r}; {hint}")
    return parsed


_DRIFTS = {
    "unknown": "a key that Buildkite doesn't document",
    "missing": "required, and missing",
    "null": "never null",
    "type": "of another type",
}


def _undocumented(value: Any, path: str = "") -> Iterator[tuple[str, OpenEnum]]:
    """Yield each value of an enum, with its path, that Buildkite doesn't document."""
    inner: Iterator[tuple[str, Any]]
    if isinstance(value, OpenEnum):
        if not value.known:
            yield path, value
        return
    if isinstance(value, Model):
        inner = ((each.name.rstrip("_"), getattr(value, each.name)) for each in fields(type(value)) if each.init)
    elif isinstance(value, WebhookEvent):
        inner = ((name, getattr(value, name)) for name in value.__struct_fields__)
    elif isinstance(value, list | tuple):
        inner = (("", each) for each in value)
    else:
        return
    for name, each in inner:
        yield from _undocumented(each, ".".join(filter(None, (path, name))))


def _event_name(event: object) -> str:
    names = [name for name, kind in EVENTS.items() if event in (name, kind)]
    if len(names) == 1:
        return names[0]
    shown = event.__name__ if isinstance(event, type) else repr(event)
    near = nearest(event, EVENTS, cutoff=_NEAR_EVENT) if isinstance(event, str) else None
    if near:
        raise ValueError(f"there is no sample of {shown}; did you mean {near!r}?")
    raise ValueError(f"there is no sample of {shown}: give one event, of {', '.join(EVENTS)}, or its class")


_NEAR_EVENT = 0.8
"""How alike a name is to the event that was meant. The names of events share their first words."""


def _set(body: dict[str, Any], path: str, value: object) -> None:
    *keys, last = path.split(".")
    place: Any = body
    for key in keys:
        place = place.get(key) if isinstance(place, dict) else None
    if not isinstance(place, dict) or not last:
        raise ValueError(
            f"a change of {path!r}: the event {body['event']} has no {'.'.join(keys) or 'such key'}{_hint(body, path)}"
        )
    if not keys and last not in body:
        raise ValueError(
            f"a change of {path!r}: the event {body['event']} has the keys {', '.join(body)}{_hint(body, path)}"
        )
    place[last] = value


def _hint(body: dict[str, Any], given: str) -> str:
    """Return the end of an error text: the path that was meant."""
    near = _near_path(body, given)
    return f"; did you mean {near!r}?" if near else ""


def _near_path(body: dict[str, Any], given: str) -> str | None:
    """Return the path that was meant, such as `build.state` for `state`.

    Example:
        >>> body = {"event": "job.finished", "build": {"state": "x"}, "job": {"state": "x"}, "pipeline": {"slug": "web"}}
        >>> [_near_path(body, given) for given in ("state", "pipeline", "biuld.state", "x")]
        ['job.state', 'pipeline.slug', 'build.state', None]
    """
    inner = {name: value for name, value in body.items() if isinstance(value, dict)}
    about = str(body["event"]).partition(".")[0]
    named = sorted((name for name, value in inner.items() if given in value), key=lambda name: name != about)
    if named:
        return f"{named[0]}.{given}"
    if "slug" in inner.get(given, {}):
        return f"{given}.slug"
    paths = [f"{name}.{key}" for name, value in inner.items() for key in value]
    return nearest(given, paths, cutoff=0.8)


def _refuse_misplaced(function: str, body: dict[str, Any], misplaced: Mapping[str, object]) -> None:
    """Refuse changes that were given as arguments, such as `state="failed"`."""
    for name, value in misplaced.items():
        path = _near_path(body, name)
        more = f": write {{{path!r}: {value!r}}} as the second argument" if path else ""
        raise TypeError(f"{function}() has no argument {name}={more}")


def signed_headers(body: bytes, secret: Secrets, *, now: Callable[[], float] = time.time) -> dict[str, str]:
    """Return the headers of a signed delivery, as Buildkite sends them.

    Args:
        body: the raw body.
        secret: the secret to sign with; of several, the first is used.
        now: returns the time of the delivery, in seconds since the epoch.

    Raises:
        WebhookMalformed: the body isn't an event.
        ConfigurationError: the secret is empty.

    Example:
        >>> signed_headers(b'{"event": "ping"}', "s3cret", now=lambda: 1)["X-Buildkite-Event"]
        'ping'

    Documentation: https://buildkite.com/docs/apis/webhooks/pipelines#http-headers
    """
    return {**_plain_headers(body), _titled(SIGNATURE): sign(body, secret, now=now)}


def _plain_headers(body: bytes) -> dict[str, str]:
    return {
        "Content-Type": "application/json",
        "Content-Length": str(len(body)),
        _titled(EVENT): parse(body).event,
    }


def _titled(name: str) -> str:
    return name.title()


_SENT: WeakKeyDictionary[WebhookHandler, Counter[bytes]] = WeakKeyDictionary()
"""How often each body was sent to a receiver, which remembers deliveries of all clients; under b"", the number of samples."""


class WebhookClient:
    """Sender of deliveries to a `WebhookHandler` in the same process, without a server.

    A delivery goes through all steps: it is signed with the secret of the handler, verified, deduplicated and handled. It is
    handled before `send` returns, also without `respond_after="handled"`. With a sink of another process, such as a
    `RedisStreamSink`, it is put there.

    Args:
        hooks: the receiver. Its `now=` is the time of the deliveries.
        raise_errors: raise the error of a handler; False to get the response that Buildkite would get.

    Example:
        >>> from buildkite_ext.webhooks import BuildFinished, WebhookHandler
        >>> hooks = WebhookHandler(secret="s3cret")
        >>> @hooks.on("build.finished", state="failed")
        ... def page_someone(event: BuildFinished) -> None:
        ...     print("Wake up:", event.build.web_url)
        >>> client = WebhookClient(hooks)
        >>> client.send(BuildFinished, {"build.state": "failed"}).status
        Wake up: https://buildkite.test/acme/web/builds/1
        200
        >>> hooks.close()
    """

    def __init__(self, hooks: WebhookHandler, *, raise_errors: bool = True) -> None:
        self._hooks = hooks
        self._raise_errors = raise_errors
        self._sent = _SENT.setdefault(hooks, Counter())

    def __repr__(self) -> str:
        return f"WebhookClient({self._hooks!r})"

    def send(
        self,
        event: str | type[WebhookEvent] | WebhookEvent | bytes,
        changes: Changes | None = None,
        /,
        *,
        headers: Mapping[str, str] | None = None,
        **misplaced: Never,
    ) -> WebhookResponse:
        """Send one delivery. Handlers run in the event loop of `receive_blocking`.

        Args:
            event: a name or a class, of which a sample is sent; an event of `sample` or `parse`, of which the body is sent;
                or a body. The samples that a receiver gets differ in their identifiers. The same event or body again is another
                delivery of it, signed a second earlier.
            changes: values to set in the sample.
            headers: further headers. They replace those of the delivery, so that a wrong signature can be sent.
            misplaced: no argument is taken. A change such as `state="failed"` belongs into `changes`, and the error says how.

        Returns:
            The response that Buildkite would get.

        Raises:
            Exception: what a handler raised; of several handlers, an `ExceptionGroup`.
            ValueError: there is no such event, or a change that Buildkite doesn't document.
            TypeError: a change was given as an argument.
        """
        body, sent = self._request("send", event, changes, headers, misplaced)
        return self._checked(self._hooks.receive_blocking("POST", sent, body, handle_first=True))

    async def asend(
        self,
        event: str | type[WebhookEvent] | WebhookEvent | bytes,
        changes: Changes | None = None,
        /,
        *,
        headers: Mapping[str, str] | None = None,
        **misplaced: Never,
    ) -> WebhookResponse:
        """Do the same as `send` in async code. Async handlers run in the event loop of the caller."""
        body, sent = self._request("asend", event, changes, headers, misplaced)
        return self._checked(await self._hooks.receive("POST", sent, body, handle_first=True))

    def _request(
        self,
        function: str,
        event: object,
        changes: Changes | None,
        headers: Mapping[str, str] | None,
        misplaced: Mapping[str, object],
    ) -> tuple[bytes, Headers]:
        body = self._body(event, changes)
        _refuse_misplaced(function, json.loads(body) if misplaced else {}, misplaced)
        credentials = self._hooks._receiver.credentials_for(body, earlier=self._sent[body])
        self._sent[body] += 1
        sent = {**_plain_headers(body), **{_titled(name): value for name, value in credentials.items()}}
        replaced = {name.lower() for name in headers or {}}
        return body, {name: value for name, value in sent.items() if name.lower() not in replaced} | dict(headers or {})

    def _body(self, event: object, changes: Changes | None) -> bytes:
        if isinstance(event, (bytes, WebhookEvent)):
            if changes:
                raise ValueError("changes are made in samples only: give the event's name or class with them")
            return event if isinstance(event, bytes) else event.raw
        kind: Any = event
        self._sent[b""] += 1
        return bytes(sample(kind, changes, seed=self._sent[b""] - 1, now=self._hooks._receiver.now).raw)

    def _checked(self, response: WebhookResponse) -> WebhookResponse:
        if not self._raise_errors or not response.errors:
            return response
        if len(response.errors) == 1:
            raise response.errors[0]
        raise ExceptionGroup(f"{len(response.errors)} handlers failed", response.errors)
