"""Removal of secrets from what is recorded, and the check that none is left."""

from __future__ import annotations

import json
import os
import re
from base64 import b64encode
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

from ...errors import ConfigurationError
from ...redaction import redacted_text

__all__ = ["REDACTED", "Cleaner", "SecretRecorded", "token_variables"]

REDACTED = "REDACTED"
"""What stands in the place of a secret."""

_SHORTEST = 6
"""Length of the shortest secret that is looked for. Words contain a shorter one."""

_TOKEN_VARIABLES = ("BUILDKITE_API_TOKEN", "BUILDKITE_TOKEN", "BUILDKITE_AGENT_TOKEN")
_HIDDEN_HEADERS = frozenset({"authorization", "cookie", "set-cookie", "proxy-authorization", "x-buildkite-token"})
_MACHINE_HEADERS = frozenset({"user-agent", "host", "connection", "content-length", "content-encoding"})
"""Headers that tell of the recording machine, or that a changed body makes wrong."""

_SECRET_KEYS = re.compile(r"(^|_)(token|secret|password|signature|credentials?|private_key)$|^webhook_url$|^value$")
_VALUES_OF = frozenset({"env", "meta_data"})
_EMAIL = re.compile(r"[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+")
_WEBHOOK = re.compile(r"(https?://webhook\.[^/\s\"']+/deliver/|/deliver/)[^/?\s\"'\\]+")
_TOKEN_PARAMETERS = re.compile(r"token|key|sig|credential|secret|policy", re.IGNORECASE)
_DATE_PARAMETERS = re.compile(r"expires|date", re.IGNORECASE)


class SecretRecorded(ConfigurationError):
    """A cassette or a scenario would hold a secret, so it isn't written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cleaner:
    """Cleaner of requests and answers.

    Attributes:
        keep_env: names of environment variables whose values are kept.
        keep_meta_data: keys of meta-data whose values are kept.
        emails: whether addresses of users are replaced.
        secrets: what mustn't be in a cassette. Tokens of requests are added while they are recorded.
    """

    keep_env: Collection[str] = ()
    keep_meta_data: Collection[str] = ()
    emails: bool = False
    secrets: set[str] = field(default_factory=set[str], repr=False)

    def learn(self, headers: Mapping[str, object], url: str) -> None:
        """Remember the tokens of a request as secrets."""
        for name, value in headers.items():
            if name.lower() in _HIDDEN_HEADERS:
                for each in value if isinstance(value, list) else [value]:
                    text = each.decode("latin-1") if isinstance(each, bytes) else str(each)
                    self.secrets.add(text.removeprefix("Bearer ").strip())
        for name, value in parse_qsl(urlsplit(url).query):
            if name in ("access_token", "api_key") and value != REDACTED:
                self.secrets.add(value)

    def url(self, url: str) -> str:
        """Return a URL without tokens, signatures and the secret part of a webhook's address.

        Example:
            >>> Cleaner().url("https://s3.test/a.whl?X-Amz-Signature=abc&part=1")
            'https://s3.test/a.whl?X-Amz-Signature=REDACTED&part=1'
        """
        parts = urlsplit(url)
        if parts.query:
            pairs = parse_qsl(parts.query, keep_blank_values=True)
            clean = [(name, REDACTED if _is_secret(name, pairs) else value) for name, value in pairs]
            if clean != pairs:
                parts = parts._replace(query=urlencode(clean))
        host = parts.netloc.rpartition("@")[2]
        return self.text(parts._replace(netloc=host).geturl())

    def headers(self, headers: Mapping[str, Any]) -> dict[str, Any]:
        """Return headers without those that hold secrets or tell of the machine."""
        left = {}
        for name, value in headers.items():
            if name.lower() in _HIDDEN_HEADERS | _MACHINE_HEADERS:
                continue
            left[name] = [self.value(each) for each in value] if isinstance(value, list) else self.value(value)
        return left

    def value(self, value: object) -> object:
        """Return the value of a header without secrets. URLs in it are cleaned."""
        text = value.decode("latin-1") if isinstance(value, bytes) else str(value)
        return self.url(text) if text.startswith(("http://", "https://")) else self.text(text)

    def body(self, body: bytes, path: str = "") -> bytes:
        """Return a body without secrets. Bytes that are no text stay as they are.

        Args:
            body: the body.
            path: the path of the request. The texts of a job's environment hold a variable a line.

        Example:
            >>> Cleaner(keep_env=["CI"]).body(b'{"env":{"CI":"true","KEY":"abc"}}')
            b'{"env":{"CI":"true","KEY":"REDACTED"}}'
        """
        try:
            text = body.decode()
        except UnicodeDecodeError:
            return body
        try:
            parsed = json.loads(text)
        except ValueError:
            if re.search(r"/jobs/[^/]+/env[^/]*$", path):
                text = re.sub(r"(?m)^([^=\n]+)=(.*)$", self._variable, text)
            return self.text(text).encode()
        if not isinstance(parsed, dict | list):
            return self.text(text).encode()
        clean = self._json(parsed)
        return body if clean == parsed else json.dumps(clean, separators=(",", ":"), ensure_ascii=False).encode()

    def text(self, text: str) -> str:
        """Return a text without known secrets, tokens and, where it was asked for, addresses of users."""
        for secret in self.secrets:
            if len(secret) >= _SHORTEST:
                text = text.replace(secret, REDACTED)
        text = _WEBHOOK.sub(rf"\1{REDACTED}", redacted_text(text))
        return _EMAIL.sub("someone@example.test", text) if self.emails else text

    def check(self, recorded: object, name: str, *, hint: str) -> None:
        """Check that no known secret is in what would be written, also where it is encoded.

        Args:
            recorded: what would be written.
            name: the name of it, for the message.
            hint: what to do where a secret is found.

        Raises:
            SecretRecorded: one is.
        """
        forms = [
            (form, secret)
            for secret in self.secrets
            if len(secret) >= _SHORTEST
            for form in {secret, quote(secret, safe=""), *_in_base64(secret)}
        ]
        for place, text in _texts(recorded, name):
            for form, secret in forms:
                if form in text:
                    raise SecretRecorded(
                        f"{place} holds a secret of {len(secret)} characters, so {name} isn't written: {hint}"
                    )

    def _json(self, value: Any, key: str = "") -> Any:
        if isinstance(value, dict):
            if key in _VALUES_OF:
                kept = self.keep_env if key == "env" else self.keep_meta_data
                return {name: self._json(each) if name in kept else REDACTED for name, each in value.items()}
            return {name: self._json(each, name) for name, each in value.items()}
        if isinstance(value, list):
            if key in _VALUES_OF:
                return [self._pair(each) for each in value]
            return [self._json(each, key) for each in value]
        if isinstance(value, str):
            if value and _SECRET_KEYS.search(key):
                return REDACTED
            return self.url(value) if value.startswith(("http://", "https://")) else self.text(value)
        return value

    def _pair(self, value: object) -> object:
        text = value if isinstance(value, str) else ""
        name, found, _ = text.partition("=")
        return text if name in self.keep_env or not found else f"{name}={REDACTED}"

    def _variable(self, line: re.Match[str]) -> str:
        return line[0] if line[1] in self.keep_env else f"{line[1]}={REDACTED}"


def token_variables() -> set[str]:
    """Return the tokens in the variables of the environment that clients and agents read."""
    return {value for name in _TOKEN_VARIABLES if (value := os.environ.get(name))}


def _is_secret(name: str, pairs: Iterable[tuple[str, str]]) -> bool:
    """Tell whether a parameter of a URL is a secret. Dates are redacted in signed URLs alone: they differ each time."""
    if _DATE_PARAMETERS.search(name):
        return any(re.search(r"sig", other, re.IGNORECASE) for other, _ in pairs)
    return _TOKEN_PARAMETERS.search(name) is not None


def _in_base64(secret: str) -> Iterator[str]:
    """Yield what is sure to be in the Base64 of any text that contains a secret, for its three places."""
    for before in range(3):
        coded = b64encode(b"\0" * before + secret.encode()).decode()
        yield coded[(4 if before else 0) : -4].rstrip("=") or coded


def _texts(value: object, place: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping):
        for key, each in value.items():
            yield place, str(key)
            yield from _texts(each, f"{place}, {key}")
    elif isinstance(value, list | tuple):
        for number, each in enumerate(value, 1):
            yield from _texts(each, f"{place} {number}")
    elif isinstance(value, bytes | bytearray):
        yield place, value.decode("latin-1")
    elif value is not None:
        yield place, str(value)
