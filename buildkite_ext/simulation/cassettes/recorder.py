"""Recorder of real traffic, by vcrpy, into a cassette without secrets."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Collection, Iterable, Mapping
from contextlib import ExitStack
from pathlib import Path
from types import SimpleNamespace, TracebackType
from typing import Any, NoReturn, Self

from ...errors import ConfigurationError
from ...unknown_keywords import checks_keywords
from ...whole_files import replace_text
from ..definition.checks import texts_of
from .cleaning import Cleaner
from .codings import UndecodedBody, decoded
from .forms import BOUNDARY, is_recorded_form
from .known_secrets import given_secrets, token_variables

__all__ = ["EMPTY", "Recorder"]

EMPTY = "interactions: []\nversion: 1\n"
"""Cassette of a test that sends no request."""

_NOTHING = (
    "Nothing was recorded: httpx sent no request in the block. What other libraries send isn't recorded, nor what a transport of "
    "another kind answers, such as a simulator's. No cassette is written, and one that was there stays as it was"
)


class Recorder:
    """Recorder of the requests that httpx sends in a `with` block, by sync and async clients, into a cassette.

    These don't get into it: tokens, addresses of webhooks, signatures of download URLs, credentials and files of forms for
    uploads, values of environment variables and of meta-data, also in the texts of pipelines and of GraphQL, answers to block
    steps, and headers that tell of the machine. Commands and logs aren't searched for anything but tokens. `Replayer` answers
    from the file; so does vcrpy.

    Args:
        path: the file, in YAML. It is replaced when the block ends. One that ends with an error, or that has sent nothing,
            leaves it as it is; the second one warns.
        keep_env: the names of environment variables whose values are kept.
        keep_meta_data: the keys of meta-data whose values are kept.
        emails: True to replace addresses of users.
        secrets: further texts that mustn't be in the file, such as a password that a log repeats. They are replaced,
            and have 6 characters or more.
        before_record: takes the body of each answer and returns what is recorded of it.

    Raises:
        ConfigurationError: vcrpy isn't installed, or a text of `secrets` is too short; when the block ends: a body has a coding
            that can't be decoded. The file stays as it is.
        SecretRecorded: when the block ends: a known secret is still in what would be written. The file stays as it is.

    The bodies of streams are read whole before the program gets them. Traffic of other libraries than httpx isn't recorded.

    Example:
        ```python
        with Recorder("tests/cassettes/build.yaml"), BuildkiteClient("acme") as buildkite:
            buildkite.builds.get("web", 123)
        ```
    """

    @checks_keywords
    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        keep_env: Collection[str] = (),
        keep_meta_data: Collection[str] = (),
        emails: bool = False,
        secrets: Iterable[str] = (),
        before_record: Callable[[bytes], bytes] | None = None,
    ) -> None:
        try:
            import vcr
        except ImportError as error:
            raise ConfigurationError("Recording needs vcrpy: pip install 'buildkite-ext[record]'") from error
        self._path = Path(path)
        self._cleaner = Cleaner(
            keep_env=texts_of("keep_env", keep_env, give="names of variables, such as ['CI']"),
            keep_meta_data=texts_of("keep_meta_data", keep_meta_data, give="keys of meta-data, such as ['release']"),
            emails=emails,
            secrets=token_variables() | given_secrets(secrets),
        )
        self._before_record = before_record
        self._stack = ExitStack()
        self._vcr = vcr.VCR(
            record_mode=vcr.mode.ALL,
            before_record_request=self._request,
            before_record_response=self._response,
        )
        self._undecoded: list[str] = []
        self._recorded = _RecordedCassette()
        self._vcr.register_persister(self._recorded)

    def __enter__(self) -> Self:
        self._undecoded.clear()
        self._stack.enter_context(self._vcr.use_cassette(str(self._path)))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        from vcr.serialize import serialize

        self._stack.__exit__(kind, error, traceback)
        cassette, self._recorded.cassette = self._recorded.cassette, None
        if error is not None and not (isinstance(error, SystemExit) and error.code in (None, 0)):
            return
        if cassette is None:
            warnings.warn(_NOTHING, stacklevel=2)
            return
        if self._undecoded:
            raise UndecodedBody(f"{self._undecoded[0]}. What it holds isn't known, so the cassette isn't written")
        text = serialize(cassette, SimpleNamespace(serialize=self._text))
        self._path.parent.mkdir(parents=True, exist_ok=True)
        replace_text(self._path.resolve(), text)

    def _text(self, cassette: dict[str, Any]) -> str:
        """Return the text of a cassette.

        Raises:
            SecretRecorded: a known secret is in it.
        """
        import yaml

        for interaction in cassette["interactions"]:
            path = interaction["request"]["uri"].partition("?")[0]
            answer = interaction["response"]
            body = answer["body"]
            if body.get("string"):
                kind = _content_type(answer["headers"])
                body["string"] = _legible(self._cleaner.body(_bytes(body["string"]), path, kind))
        self._cleaner.check(cassette, "the cassette", hint="redact it with before_record=, or leave this request out")
        dumper = getattr(yaml, "CSafeDumper", yaml.SafeDumper)  # the first one is PyYAML's with libyaml
        return str(yaml.dump(cassette, Dumper=dumper, allow_unicode=True))

    def _request(self, request: Any) -> Any:
        body = self._decoded(request.body or b"", request.headers, f"the request {request.method}", request.uri)
        self._cleaner.learn(request.headers, request.uri, body)
        request.uri = self._cleaner.url(request.uri)
        clean = self._cleaner.headers(dict(request.headers))
        request.headers.clear()
        request.headers.update(clean)
        if body:
            request.body = self._cleaner.request_body(body)
            if is_recorded_form(request.body):
                request.headers["Content-Type"] = f"multipart/form-data; boundary={BOUNDARY}"
        return request

    def _decoded(self, body: str | bytes, headers: Mapping[str, object], name: str, url: str) -> bytes:
        """Return a body without its codings. Of one that can't be decoded, nothing is left, and no cassette is written."""
        try:
            return decoded(_bytes(body), headers)
        except UndecodedBody as error:
            self._undecoded.append(f"{name} {self._cleaner.url(url).partition('?')[0]}: {error}")
            return b""

    def _response(self, response: dict[str, Any]) -> dict[str, Any]:
        body = self._decoded(
            response["body"]["string"] or b"",
            response["headers"],
            "an answer with the status",
            str(response["status"]["code"]),
        )
        self._cleaner.learn_answer(body, _content_type(response["headers"]))
        if self._before_record is not None:
            body = self._before_record(body)
        headers = self._cleaner.headers(response["headers"])
        if not body:  # of a HEAD request: the size is that of the body that a GET gets
            headers |= {name: value for name, value in response["headers"].items() if name.lower() == "content-length"}
        return {**response, "headers": headers, "body": {"string": body}}


def _bytes(body: str | bytes) -> bytes:
    return body.encode() if isinstance(body, str) else body


def _content_type(headers: Mapping[str, Any]) -> str:
    """Return the type of the body of an answer."""
    found = next((value for name, value in headers.items() if name.lower() == "content-type"), "")
    return str(found[0] if isinstance(found, list) and found else found)


def _legible(body: bytes) -> str | bytes:
    """Return a body as it is written: as a text if it is one, so that a cassette can be read and reviewed."""
    try:
        return body.decode()
    except UnicodeDecodeError:
        return body


class _RecordedCassette:
    """Persister that keeps what vcrpy recorded. It is written when vcrpy has ended: an error of it would leave httpx patched."""

    def __init__(self) -> None:
        self.cassette: dict[str, Any] | None = None

    def load_cassette(self, *_: object, **__: object) -> NoReturn:
        """Tell vcrpy that there is nothing yet."""
        from vcr.persisters.filesystem import CassetteNotFoundError

        raise CassetteNotFoundError

    def save_cassette(self, _: object, cassette: dict[str, Any], **__: object) -> None:
        """Take what vcrpy has recorded."""
        self.cassette = cassette
