"""Removal of secrets from what is recorded, and the check that none is left."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Self
from urllib.parse import parse_qsl, urlencode, urlsplit

from ...errors import ConfigurationError
from ...escapes import SHORTEST
from ...redaction import may_name_secret, names_secret, redacted_text
from ...urls import CREDENTIALS
from ..api.multipart import form_parts
from .codings import header_texts
from .encoded_secrets import standing_secrets
from .forms import declared_pairs, pairs_of, recorded_pairs, recorded_parts
from .graphql_text import Place, cleaned_graphql, is_graphql, variables_of
from .json_texts import begins_as_json, bytes_of, cleaned_json, declares_json, text_of, values_of
from .named_values import named_values, names_of, snake_case
from .pipeline_text import redacted_pipeline
from .secret_headers import MACHINE_HEADERS, hides_header, secrets_of
from .secret_maps import hidden_map
from .variable_lines import redacted_variables

__all__ = ["REDACTED", "Cleaner", "SecretRecorded"]

REDACTED = "REDACTED"
"""What stands in the place of a secret."""

_FURTHER_KEYS = frozenset({"webhook_url", "value"})
"""Keys whose texts are replaced, besides those of secrets: who knows such an address may send to it, and values are those of
meta-data and of a cluster's secrets."""

_VALUES_OF = frozenset({"env", "meta_data"})
_ANSWERS = "fields"
"""Key of the answers to a block step, which become meta-data; elsewhere that of the list of its questions."""

_ENTRY_NAMES = frozenset({"key", "name"})
"""Keys of the names in a list of variables or of meta-data, as GraphQL has them. All else in its items is replaced."""

_MAPS_OF_VALUES = frozenset({("settings", "headers"), ("form", "data")})
"""Further maps whose values are replaced, each with the key of the map around it: the headers that a service sends, and the
credentials for the upload of a package."""

_PIPELINES = frozenset({"configuration", "definition_yaml", "yaml"})
"""Keys of texts of pipelines, in the REST API and in GraphQL."""

_QUERY = "query"
"""Key of a text of GraphQL."""

_VARIABLES = "variables"
"""Key of the values that its variables have. They may be JSON in a text, as the answers to a block step are in GraphQL."""

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

_SHORTEST_CREDENTIAL = 16
"""Length of the shortest value of these that is looked for elsewhere: a shorter one may be a word."""

_STORE_POLICY = re.compile("^policy$", re.IGNORECASE)
"""Field of a store's form that is a credential, and an ordinary word elsewhere."""

_VARIABLE = re.compile(r"[A-Za-z_][\w.-]*")
_ENVIRONMENT = re.compile(r"/jobs/[^/]+/env[^/]*/?$")
"""Path of the environment of a job, which may be a text."""

_LOGIN_FIELDS = re.compile(r"^(device_)?code(_verifier)?$|assertion", re.IGNORECASE)
"""Further fields of a form or of a URL that give access to a user or a program. In JSON, a code is that of an error."""

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
            if hides_header(name, value):
                for text in header_texts(value):
                    self.secrets.update(secrets_of(text))
        query = parse_qsl(urlsplit(url).query)
        for name, value in query:
            if name in CREDENTIALS and value != REDACTED:
                self.secrets.add(value)
        self._learn_credentials(named_values(body, query))

    def learn_answer(self, body: bytes, content_type: str = "") -> None:
        """Remember as secrets the credentials of the forms for uploads in an answer, and those of an answer that is a form."""

        def learn(found: dict[str, Any]) -> None:
            data = form.get("data") if isinstance(form := found.get("form"), dict) else None
            self._learn_credentials([*data.items()] if isinstance(data, dict) else [])

        self._learn_credentials(declared_pairs(body, content_type), _LOGIN_FIELDS)
        if b'"form"' in body:
            values_of(text_of(body)[0], learn)

    def _learn_credentials(
        self, fields: Iterable[tuple[str, object]], further: re.Pattern[str] = _STORE_POLICY
    ) -> None:
        for name, value in fields:
            if isinstance(value, str) and len(value) >= _SHORTEST_CREDENTIAL:
                last = names_of(name)[-1]
                if names_secret(last) or further.search(last):
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
            clean = [(name, self._parameter(name, value, pairs)) for name, value in pairs]
            if clean != pairs:
                parts = parts._replace(query=urlencode(clean))
        host = parts.netloc.rpartition("@")[2]
        return self.text(parts._replace(netloc=host).geturl())

    def headers(self, headers: Mapping[str, Any]) -> dict[str, Any]:
        """Return headers without those that hold secrets or tell of the machine."""
        left = {}
        for name, value in headers.items():
            if hides_header(name, value) or name.lower() in MACHINE_HEADERS:
                continue
            left[name] = [self.value(each) for each in value] if isinstance(value, list) else self.value(value)
        return left

    def value(self, value: object) -> object:
        """Return the value of a header without secrets. URLs in it are cleaned."""
        text = value.decode("latin-1") if isinstance(value, bytes) else str(value)
        return self._cleaned(text)

    def body(self, body: bytes, path: str = "", content_type: str = "") -> bytes:
        """Return a body without secrets. In what is neither JSON nor a form, only what looks like a secret is changed.

        Of JSON that can't be read, nothing is left.

        Args:
            body: the body.
            path: the path of the request. The texts of a job's environment hold a variable a line.
            content_type: the type of an answer. A form is known by it alone, and JSON that can't be read.

        Example:
            >>> Cleaner(keep_env=["CI"]).body(b'{"env":{"CI":"true","KEY":"abc"}}')
            b'{"env":{"CI":"true","KEY":"REDACTED"}}'
        """
        pairs = declared_pairs(body, content_type)
        answer = [(name, self._answer(name, value)) for name, value in pairs]
        if answer != pairs:
            return recorded_pairs(answer)
        text, encoding = text_of(body)
        clean = cleaned_json(text, self._json, self.text, REDACTED, declared=declares_json(content_type))
        if _ENVIRONMENT.search(path) and (clean is None or not _is_json(text)):
            clean = redacted_variables(text, REDACTED, self.keep_env)
        clean = self.text(text) if clean is None else clean
        return body if clean == text else bytes_of(clean, encoding)

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
        if clean != pairs:
            return recorded_pairs(clean)
        text, encoding = text_of(body)
        return bytes_of(self._graphql(text), encoding) if is_graphql(text) else self.body(body)

    def text(self, text: str) -> str:
        """Return a text without known secrets, tokens and, where it was asked for, addresses of users."""
        for secret in self.secrets:
            if len(secret) >= SHORTEST:
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
        known = [each for each in self.secrets if len(each) >= SHORTEST]
        for place, found in standing_secrets(recorded, name, known):
            raise SecretRecorded(f"{place} holds a secret of {len(found)} characters, so {name} isn't written: {hint}")

    def _cleaned(self, text: str) -> str:
        """Return a text without secrets, which may be a URL and nothing else."""
        return self.url(text) if _URL.fullmatch(text) else self.text(text)

    def _hides(self, name: str, pairs: Iterable[tuple[str, str]]) -> bool:
        """Tell whether the value of a parameter of a URL is redacted."""
        key = _META_DATA_PARAMETER.search(name)
        return key[1] not in self.keep_meta_data if key else _is_secret(name, pairs)

    def _parameter(self, name: str, value: str, pairs: Iterable[tuple[str, str]]) -> str:
        """Return the value of a parameter of a URL without secrets."""
        if self._hides(name, pairs):
            return REDACTED
        if name == _QUERY:
            return self._graphql(value)
        return self._in_text(value, name, dict(pairs).get(_QUERY, "")) if name == _VARIABLES else value

    def _field(self, name: str, value: str, pairs: Iterable[tuple[str, str]]) -> str:
        """Return the value of a field of a form without secrets: as that in a map of JSON, or that of a parameter of a URL."""
        if names_of(name)[0] not in _VALUES_OF and self._hides(name, pairs):
            return REDACTED
        if name == _VARIABLES:
            return self._in_text(value, name, dict(pairs).get(_QUERY, ""))
        return self._answer(name, value)

    def _answer(self, name: str, value: str) -> str:
        """Return the value of a field of a form that answers without secrets, as that in a map of JSON."""
        path = names_of(name)
        if path[0] not in _VALUES_OF and _LOGIN_FIELDS.search(path[-1]):
            return REDACTED
        clean: Any = value
        for key in reversed(path):
            clean = {key: clean}
        clean = self._json(clean)
        for key in path:
            clean = clean if isinstance(clean, str) else clean[key]
        return str(clean)

    def _graphql(self, text: str) -> str:
        """Return a text of GraphQL without secrets."""
        return self.text(cleaned_graphql(text, self._at, _holds_values))

    def _at(self, value: Any, place: Place) -> Any:
        """Return a value in a text of GraphQL, or of a variable in it, without secrets."""
        if place.values:
            name = place.value or place.key
            if name not in (_ENTRY_NAMES if place.entry else self._kept(snake_case(place.values))):
                return REDACTED
        key = snake_case(place.key)
        if isinstance(value, str) and (key == _QUERY or (place.listed and key in _VALUES_OF)):
            # A text of GraphQL isn't looked for in another one.
            return self.text(value) if key == _QUERY else self._pair(value)
        return self._json(value, key, snake_case(place.within))

    def _values(self, variables: dict[str, Any], query: str) -> dict[str, Any]:
        """Return the values of the variables of GraphQL without secrets. They have names of their own: the query tells which."""
        places = variables_of(query, _holds_values)
        made = {}
        for name, value in variables.items():
            clean = self._json(value, snake_case(name))
            for place in places.get(name, ()):
                clean = self._at(clean, place)
            made[name] = clean
        return made

    def _in_text(self, text: str, key: str, query: str = "") -> str:
        """Return a text without secrets, which may be that of JSON.

        Args:
            text: the text.
            key: its key.
            query: the text of GraphQL whose variables have these values.
        """
        try:
            parsed = json.loads(text)
            if isinstance(parsed, dict):
                clean = self._values(parsed, query) if key == _VARIABLES else self._json(parsed, key)
                return text if clean == parsed else json.dumps(clean, separators=(",", ":"))
        except RecursionError:
            return REDACTED
        except ValueError:  # it isn't JSON
            pass
        return self._cleaned(text)

    def _json(self, value: Any, key: str = "", within: str = "") -> Any:
        """Return a value of JSON without secrets.

        Args:
            value: the value.
            key: its key; that of the list in which it stands.
            within: the key of the map in which it stands.
        """
        if isinstance(value, dict):
            if _holds_values(within, key):
                kept = self._kept(key)
                return {name: self._json(each) if name in kept else REDACTED for name, each in value.items()}
            if names_secret(key):
                return hidden_map(value, REDACTED, lambda name, each: self._json(each, name, key), key)
            made = {name: self._json(each, snake_case(name), key) for name, each in value.items()}
            query, variables = value.get(_QUERY), value.get(_VARIABLES)
            if isinstance(query, str) and isinstance(variables, dict):
                made[_VARIABLES] = self._values(variables, query)
            elif isinstance(query, str) and isinstance(variables, str):
                made[_VARIABLES] = self._in_text(variables, _VARIABLES, query)
            return made
        if isinstance(value, list):
            if key in _VALUES_OF:
                return [self._pair(each) if isinstance(each, str) else self._entry(each) for each in value]
            return [self._json(each, "" if key == _ANSWERS else key, within) for each in value]
        if isinstance(value, str):
            if value and (key in _VALUES_OF or key in _FURTHER_KEYS or names_secret(key)):
                return REDACTED
            if key == _QUERY:
                return self._graphql(value)
            if key in (_VARIABLES, _ANSWERS):
                return self._in_text(value, key)
            if within == _SETTINGS and key in _ADDRESSES:
                return _address(value)
            if key in _PIPELINES:
                value = redacted_pipeline(value, REDACTED, keep_env=self.keep_env, keep_meta_data=self.keep_meta_data)
            return self._text_in_json(value)
        # A number under a plural is that of several.
        return REDACTED if type(value) in (int, float) and names_secret(key) and not key.endswith("s") else value

    def _text_in_json(self, text: str) -> str:
        """Return a text without secrets, which may be JSON in its turn."""
        text = self._cleaned(text)
        clean = cleaned_json(text, self._json, self.text, REDACTED) if begins_as_json(text) else None
        return text if clean is None else clean

    def _kept(self, key: str) -> Collection[str]:
        """Return the names whose values are kept in a map. The answers to a block step become meta-data."""
        return {"env": self.keep_env, "meta_data": self.keep_meta_data, _ANSWERS: self.keep_meta_data}.get(key, ())

    def _entry(self, value: Any) -> Any:
        """Return an item of a list of variables without its value."""
        if not isinstance(value, dict):
            return REDACTED
        return {name: self._json(each) if name in _ENTRY_NAMES else REDACTED for name, each in value.items()}

    def _pair(self, text: str) -> str:
        name, found, _ = text.partition("=")
        if name in self.keep_env:
            return self.text(text)
        if _VARIABLE.fullmatch(name) is None:  # a further line of the value before it
            return REDACTED
        return f"{name}={REDACTED}" if found else self.text(text)


def _holds_values(within: str, key: str) -> bool:
    """Tell whether a map holds values, all of which are replaced, by the key of the map around it and by its own."""
    within, key = snake_case(within), snake_case(key)
    return key in _VALUES_OF or key == _ANSWERS or (within, key) in _MAPS_OF_VALUES


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
    """Tell whether a parameter of a URL, or a field of a form, is a secret.

    Dates are redacted in signed URLs alone: they differ each time.
    """
    if _DATE_PARAMETERS.search(name):
        return any(re.search(r"sig", other, re.IGNORECASE) for other, _ in pairs)
    return may_name_secret(name) or _LOGIN_FIELDS.search(name) is not None


def _is_json(text: str) -> bool:
    """Tell whether a text is JSON as a whole."""
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True
