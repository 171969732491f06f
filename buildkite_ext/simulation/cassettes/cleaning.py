"""Removal of secrets from what is recorded, and the check that none is left."""

from __future__ import annotations

import html
import json
import os
import re
import zlib
from base64 import b64encode
from binascii import a2b_base64
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Self
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit

from ...errors import ConfigurationError
from ...options import TOKEN_VARIABLES
from ...redaction import redacted_text
from ..api.multipart import form_parts
from ..definition.checks import texts_of
from .forms import pairs_of, recorded_pairs, recorded_parts
from .pipeline_text import redacted_pipeline

__all__ = ["REDACTED", "Cleaner", "SecretRecorded", "given_secrets", "token_variables"]

REDACTED = "REDACTED"
"""What stands in the place of a secret."""

_SHORTEST = 6
"""Length of the shortest secret that is looked for. Words contain a shorter one."""

_TOKENS = (*TOKEN_VARIABLES, "BUILDKITE_AGENT_TOKEN")
_HIDDEN_HEADERS = frozenset({"authorization", "cookie", "set-cookie", "proxy-authorization", "x-buildkite-token"})
_CREDENTIAL_HEADERS = re.compile(
    r"token|secret|signature|credential|(api|access|customer)-?key$|authorization$", re.IGNORECASE
)
"""Further headers that hold secrets: those of stores, of proxies, and of webhooks that a program sends."""

_MACHINE_HEADERS = frozenset({"user-agent", "host", "connection", "content-length", "content-encoding"})
"""Headers that tell of the recording machine, or that a changed body makes wrong."""

_SECRET_KEYS = re.compile(
    r"(token|secret|password|signature|credentials?|(private|api|access)[_-]?key)([_-]?value)?$|^webhook_url$|^value$",
    re.IGNORECASE,
)
"""Keys of JSON whose texts are secrets, also with the words that GraphQL writes together, such as `tokenValue`."""

_ANY = ("utf-8", "surrogatepass")
_URL_SAFE = str.maketrans("+/", "-_")
_DEEPEST = 3
"""Times that a text may be encoded around a secret."""

_ESCAPE = re.compile(r"(?<!\\)\\+(?:u00|x)([0-9a-f]{2})", re.IGNORECASE)
_BACKSLASHES = re.compile(r"(?<!\\)\\+([\"/'])")
_BASE64 = re.compile(r"[A-Za-z0-9+/]{8,}")
"""Base64 of something as long as a secret, possibly behind other letters."""
_GZIP = b"\x1f\x8b"
_LARGEST = 64 * 1024 * 1024
"""Bytes that are looked at in a file that is compressed."""

_VALUES_OF = frozenset({"env", "meta_data"})
_ANSWERS = "fields"
"""Key of the answers to a block step, which become meta-data; elsewhere that of the list of its questions."""

_MAPS_OF_VALUES = frozenset({("settings", "headers"), ("form", "data")})
"""Further maps whose values are replaced, each with the key of the map around it: the headers that a service sends, and the
credentials for the upload of a package."""

_PIPELINES = frozenset({"configuration", "definition_yaml"})
"""Keys of texts of pipelines."""

_SETTINGS = "settings"
_ADDRESSES = frozenset({"url", "endpoint"})
"""Settings of a notification service that hold the address to which it sends."""

_EMAIL = re.compile(r"(?<![\w.%+-])[\w.%+-]+(@|%40)[\w-]+(?:\.[\w-]+)+")
"""Address of a user. It is looked for at the beginnings of words alone: at each letter, a long word would need quadratic time."""
_SOMEONE = re.compile(r"someone(?:@|%40)example\.test")
_URL = re.compile(r"https?://\S+")
_USER = re.compile(r"(?<=://)(?:[^\s/@:'\"<>]*:[^\s/@'\"<>]+|(?<=http://)[^\s/@:'\"<>]+|(?<=https://)[^\s/@:'\"<>]+)@")
"""User and password in a URL; with HTTP, a user alone may be a token. The user of `ssh://git@github.com/` is none."""
_META_DATA_PARAMETER = re.compile(r"meta_data\[(.*)\]$")
_WEBHOOK = re.compile(
    r"(https?://webhook\.[^/\s\"']+/deliver/|/deliver/)[^/?\s\"'\\]+"
    r"|(//hooks\.slack\.com/|//(?:\w+\.)?discord(?:app)?\.com/api/webhooks/|\.webhook\.office\.com/)[^\s\"'\\<>|,)\]]+"
)
"""Addresses of webhooks of Buildkite, and of chats that get messages: who knows one may send to it."""

_TOKEN_PARAMETERS = re.compile(r"token|key|sig|credential|secret|policy", re.IGNORECASE)
_CREDENTIALS = re.compile(
    r"(access|security|api)[_-]?(token|key)|(signature|credential|secret|password)$|^(sig|policy)$", re.IGNORECASE
)
"""Parameters of URLs and fields of forms that are credentials. A store that refuses them repeats them in its answer."""

_SHORTEST_CREDENTIAL = 16
"""Length of the shortest value of these that is looked for elsewhere: a shorter one may be a word."""

_LOGIN_FIELDS = re.compile(r"passw|^code(_verifier)?$|assertion", re.IGNORECASE)
"""Fields of a form that gives access to a user or a program."""

_NAMES = re.compile(r"[^\[\]]+")
"""Parts of the name of a field that stands for a value in a map, such as `env[CI]`."""

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

    def learn(self, headers: Mapping[str, object], url: str, body: bytes = b"") -> None:
        """Remember the tokens of a request, and the credentials in its URL and in its form, as secrets."""
        for name, value in headers.items():
            if _hides_header(name):
                for each in value if isinstance(value, list) else [value]:
                    text = each.decode("latin-1") if isinstance(each, bytes) else str(each)
                    self.secrets.update(_secrets_of(text))
        query = parse_qsl(urlsplit(url).query)
        for name, value in query:
            if name in ("access_token", "api_key") and value != REDACTED:
                self.secrets.add(value)
        fields = [(each.name, each.data.decode(errors="replace")) for each in form_parts(body) if each.filename is None]
        self._learn_credentials([*query, *(fields or pairs_of(body))])

    def learn_answer(self, body: bytes) -> None:
        """Remember as secrets the credentials of the forms for uploads in an answer."""

        def learn(found: dict[str, Any]) -> dict[str, Any]:
            data = form.get("data") if isinstance(form := found.get("form"), dict) else None
            self._learn_credentials([*data.items()] if isinstance(data, dict) else [])
            return found

        if b'"form"' in body:
            with suppress(ValueError):  # it isn't JSON
                json.loads(body, object_hook=learn)

    def _learn_credentials(self, fields: Iterable[tuple[str, object]]) -> None:
        for name, value in fields:
            if isinstance(value, str) and len(value) >= _SHORTEST_CREDENTIAL and _CREDENTIALS.search(name):
                self.secrets.add(value)

    @classmethod
    def of_recorded(cls, texts: Iterable[str]) -> Self:
        """Return what cleans a request as the requests of a cassette were cleaned.

        Args:
            texts: URLs and bodies of its requests. They show whether addresses of users were replaced.
        """
        return cls(emails=any(_SOMEONE.search(each) for each in texts))

    def url(self, url: str) -> str:
        """Return a URL without tokens, signatures and the secret part of a webhook's address.

        Example:
            >>> Cleaner().url("https://s3.test/a.whl?X-Amz-Signature=abc&part=1")
            'https://s3.test/a.whl?X-Amz-Signature=REDACTED&part=1'
        """
        try:
            parts = urlsplit(url)
        except ValueError:  # such as http://[
            return self.text(url)
        if parts.query:
            pairs = parse_qsl(parts.query, keep_blank_values=True)
            clean = [(name, REDACTED if self._hides(name, pairs) else value) for name, value in pairs]
            if clean != pairs:
                parts = parts._replace(query=urlencode(clean))
        host = parts.netloc.rpartition("@")[2]
        return self.text(parts._replace(netloc=host).geturl())

    def headers(self, headers: Mapping[str, Any]) -> dict[str, Any]:
        """Return headers without those that hold secrets or tell of the machine."""
        left = {}
        for name, value in headers.items():
            if _hides_header(name) or name.lower() in _MACHINE_HEADERS:
                continue
            left[name] = [self.value(each) for each in value] if isinstance(value, list) else self.value(value)
        return left

    def value(self, value: object) -> object:
        """Return the value of a header without secrets. URLs in it are cleaned."""
        text = value.decode("latin-1") if isinstance(value, bytes) else str(value)
        return self._cleaned(text)

    def body(self, body: bytes, path: str = "") -> bytes:
        """Return a body without secrets. In bytes that are no UTF-8, only what looks like a secret is changed.

        Args:
            body: the body.
            path: the path of the request. The texts of a job's environment hold a variable a line.

        Example:
            >>> Cleaner(keep_env=["CI"]).body(b'{"env":{"CI":"true","KEY":"abc"}}')
            b'{"env":{"CI":"true","KEY":"REDACTED"}}'
        """
        try:
            text = body.decode()
        except UnicodeDecodeError:  # such as a log with one wrong byte
            return self.text(body.decode("latin-1")).encode("latin-1", "replace")
        try:
            parsed = json.loads(text)
        except ValueError:
            if re.search(r"/jobs/[^/]+/env[^/]*$", path):
                text = re.sub(r"(?m)^([^=\n]+)=(.*)$", self._variable, text)
            return self.text(text).encode()
        if not isinstance(parsed, dict | list):
            return self.text(text).encode()
        clean = self._json(parsed)
        if clean == parsed:
            return body
        made = json.dumps(clean, separators=(",", ":"), ensure_ascii=False)
        try:
            return made.encode()
        except UnicodeEncodeError:  # JSON may name half a character
            return json.dumps(clean, separators=(",", ":")).encode()

    def request_body(self, body: bytes) -> bytes:
        """Return the body of a request without secrets. Of a form with files, the names of its fields and files are left.

        Example:
            >>> Cleaner().request_body(b"branch=main&env%5BKEY%5D=abc")
            b'branch=main&env%5BKEY%5D=REDACTED'
        """
        if parts := [*form_parts(body)]:
            return recorded_parts(parts, REDACTED, self.text)
        pairs = pairs_of(body)
        clean = [(name, self._field(name, value, pairs)) for name, value in pairs]
        return self.body(body) if clean == pairs else recorded_pairs(clean)

    def text(self, text: str) -> str:
        """Return a text without known secrets, tokens and, where it was asked for, addresses of users."""
        for secret in self.secrets:
            if len(secret) >= _SHORTEST:
                text = text.replace(secret, REDACTED)
        text = _WEBHOOK.sub(rf"\1\2{REDACTED}", redacted_text(_USER.sub("", text)))
        return _EMAIL.sub(r"someone\1example.test", text) if self.emails else text

    def check(self, recorded: object, name: str, *, hint: str) -> None:
        """Check that no known secret is in what would be written, also where it is encoded.

        Args:
            recorded: what would be written.
            name: the name of it, for the message.
            hint: what to do where a secret is found.

        Raises:
            SecretRecorded: one is.
        """
        known = [each for each in self.secrets if len(each) >= _SHORTEST]
        encoded = [(form, secret) for secret in known for form in {*_in_base64(secret)}]
        plain = [(form.lower(), secret) for secret in known for form in _plain(secret)]
        for place, text in _texts(recorded, name):
            found = next((secret for form, secret in encoded if form in text), None)
            for held in _held(text):
                for each in _decoded(held):
                    found = found or next((secret for form, secret in plain if form in each), None)
            if found is not None:
                raise SecretRecorded(
                    f"{place} holds a secret of {len(found)} characters, so {name} isn't written: {hint}"
                )

    def _cleaned(self, text: str) -> str:
        """Return a text without secrets, which may be a URL and nothing else."""
        return self.url(text) if _URL.fullmatch(text) else self.text(text)

    def _hides(self, name: str, pairs: Iterable[tuple[str, str]]) -> bool:
        """Tell whether the value of a parameter of a URL is redacted."""
        key = _META_DATA_PARAMETER.search(name)
        return key[1] not in self.keep_meta_data if key else _is_secret(name, pairs)

    def _field(self, name: str, value: str, pairs: Iterable[tuple[str, str]]) -> str:
        """Return the value of a field of a form without secrets: as that in a map of JSON, or that of a parameter of a URL."""
        path = _NAMES.findall(name) or [name]
        if path[0] not in _VALUES_OF and (self._hides(name, pairs) or _LOGIN_FIELDS.search(path[-1])):
            return REDACTED
        clean: Any = value
        for key in reversed(path):
            clean = {key: clean}
        clean = self._json(clean)
        for key in path:
            clean = clean if isinstance(clean, str) else clean[key]
        return str(clean)

    def _json(self, value: Any, key: str = "", within: str = "") -> Any:
        """Return a value of JSON without secrets.

        Args:
            value: the value.
            key: its key; that of the list in which it stands.
            within: the key of the map in which it stands.
        """
        if isinstance(value, dict):
            if key in _VALUES_OF or key == _ANSWERS or (within, key) in _MAPS_OF_VALUES:
                kept = self._kept(key)
                return {name: self._json(each) if name in kept else REDACTED for name, each in value.items()}
            return {name: self._json(each, name, key) for name, each in value.items()}
        if isinstance(value, list):
            if key in _VALUES_OF:
                return [self._pair(each) for each in value]
            return [self._json(each, "" if key == _ANSWERS else key, within) for each in value]
        if isinstance(value, str):
            if value and (key in _VALUES_OF or _SECRET_KEYS.search(key)):
                return REDACTED
            if within == _SETTINGS and key in _ADDRESSES:
                return _address(value)
            if key in _PIPELINES:
                value = redacted_pipeline(value, REDACTED, keep_env=self.keep_env, keep_meta_data=self.keep_meta_data)
            return self._cleaned(value)
        return value

    def _kept(self, key: str) -> Collection[str]:
        """Return the names whose values are kept in a map. The answers to a block step become meta-data."""
        return {"env": self.keep_env, "meta_data": self.keep_meta_data, _ANSWERS: self.keep_meta_data}.get(key, ())

    def _pair(self, value: object) -> object:
        text = value if isinstance(value, str) else ""
        name, found, _ = text.partition("=")
        return text if name in self.keep_env or not found else f"{name}={REDACTED}"

    def _variable(self, line: re.Match[str]) -> str:
        return line[0] if line[1] in self.keep_env else f"{line[1]}={REDACTED}"


def given_secrets(secrets: Iterable[str]) -> set[str]:
    """Return the secrets that a caller gives.

    Raises:
        ConfigurationError: one is too short to be told from parts of words.
        TypeError: they aren't texts.
    """
    given = texts_of("secrets", secrets, give="several texts")
    for number, secret in enumerate(given, 1):
        if len(secret) < _SHORTEST:
            raise ConfigurationError(
                f"secrets: text {number} has {len(secret)} characters. Words contain it, so it can't be replaced: give "
                f"{_SHORTEST} or more, such as what stands around it"
            )
    return set(given)


def token_variables() -> set[str]:
    """Return the tokens in the variables of the environment that clients and agents read."""
    return {value for name in _TOKENS if (value := os.environ.get(name))}


def _hides_header(name: str) -> bool:
    """Tell whether a header holds a secret."""
    return name.lower() in _HIDDEN_HEADERS or _CREDENTIAL_HEADERS.search(name) is not None


def _secrets_of(header: str) -> Iterator[str]:
    """Yield what is secret in the value of such a header: what follows the scheme, and the password of a user.

    Example:
        >>> list(_secrets_of("Bearer abc")), list(_secrets_of("Basic YWRhOnB3")), list(_secrets_of("abc"))
        (['abc'], ['YWRhOnB3', 'pw'], ['abc'])
    """
    scheme, _, rest = header.strip().partition(" ")
    yield rest.strip() or scheme
    if scheme.lower() == "basic":
        with suppress(ValueError):  # it isn't Base64
            yield a2b_base64(rest).decode(errors="replace").partition(":")[2]


def _address(url: str) -> str:
    """Return the origin of an address to which a service sends. The rest of it may be what gives access.

    Example:
        >>> _address("https://hooks.test/services/T0/abc"), _address("https://hooks.test/")
        ('https://hooks.test/REDACTED', 'https://hooks.test/')
    """
    try:
        parts = urlsplit(url)
    except ValueError:  # such as http://[
        return REDACTED
    if not parts.scheme or not parts.netloc:
        return REDACTED if url else url
    host = parts.netloc.rpartition("@")[2]
    rest = parts._replace(scheme="", netloc="").geturl()
    return f"{parts.scheme}://{host}{rest if rest in ('', '/') else '/' + REDACTED}"


def _is_secret(name: str, pairs: Iterable[tuple[str, str]]) -> bool:
    """Tell whether a parameter of a URL is a secret. Dates are redacted in signed URLs alone: they differ each time."""
    if _DATE_PARAMETERS.search(name):
        return any(re.search(r"sig", other, re.IGNORECASE) for other, _ in pairs)
    return _TOKEN_PARAMETERS.search(name) is not None


def _plain(secret: str) -> set[str]:
    """Return a secret, and its bytes in UTF-8 as characters and in hexadecimal."""
    data = secret.encode(*_ANY)
    return {secret, data.decode("latin-1"), data.hex()}


def _in_base64(secret: str) -> Iterator[str]:
    """Yield what is sure to be in the Base64 of any text that contains a secret, for its three places and both alphabets."""
    for before in range(3):
        coded = b64encode(b"\0" * before + secret.encode(*_ANY)).decode()
        kept = coded[(4 if before else 0) : -4].rstrip("=") or coded
        yield kept
        yield kept.translate(_URL_SAFE)


def _held(text: str) -> Iterator[str]:
    """Yield a text, and what is in it as Base64, possibly several times and also within URLs, HTML and JSON."""
    texts = [text]
    for _ in range(_DEEPEST):
        yield from texts
        texts = [held for each in texts for form in {each, _unescaped(each)} for held in _from_base64(form)]
    yield from texts


def _from_base64(text: str) -> Iterator[str]:
    """Yield what the Base64 in a text holds, a character a byte: four texts, since letters may stand in front of it."""
    pieces = _BASE64.findall(text.replace("-", "+").replace("_", "/"))
    for place in range(4 if pieces else 0):
        # Base64 consists of groups of four letters: each piece is filled up, and a group of its own keeps two pieces apart.
        coded = "".join(f"{each[place:]}{'A' * (-(len(each) - place) % 4)}AAAA" for each in pieces)
        yield a2b_base64(coded).decode("latin-1")


def _unescaped(text: str) -> str:
    """Return a text of a URL, of HTML or of JSON without their escapes."""
    text = html.unescape(unquote(text))
    if "\\" not in text:
        return text
    return _BACKSLASHES.sub(r"\1", _ESCAPE.sub(lambda escape: chr(int(escape[1], 16)), text))


def _decoded(text: str) -> Iterator[str]:
    """Yield a text in lower case, and what is in it as URLs, HTML and JSON encode it, possibly several times."""
    text = text.lower()
    yield text
    for _ in range(_DEEPEST):
        before = text
        text = _unescaped(text).lower()
        if text == before:
            return
        yield text


def _texts(value: object, place: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping):
        for key, each in value.items():
            yield place, str(key)
            yield from _texts(each, f"{place}, {key}")
    elif isinstance(value, list | tuple):
        for number, each in enumerate(value, 1):
            yield from _texts(each, f"{place} {number}")
    elif isinstance(value, bytes | bytearray):
        yield place, value.decode(errors="replace")
        yield place, value.decode("latin-1")
        if value.startswith(_GZIP):
            with suppress(zlib.error):  # not whole, or something else
                yield place, zlib.decompressobj(31).decompress(value, _LARGEST).decode(errors="replace")
    elif value is not None:
        yield place, str(value)
