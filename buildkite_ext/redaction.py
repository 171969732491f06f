"""Redaction of credentials: in URLs, texts, requests and log lines.

httpx logs the URL of each request at level INFO, and httpcore the headers of each answer at level DEBUG. Artifacts have
signed URLs, and Buildkite accepts tokens in the query and repeats them in its links. Readers of the log could use both.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import urlsplit

from .escapes import escaped_runs, unescaped_each

if TYPE_CHECKING:
    import httpx

__all__ = [
    "TOKEN_NAME",
    "has_secret_word",
    "hide_secrets",
    "is_token",
    "may_name_secret",
    "names_secret",
    "public_url",
    "redact_httpx_log",
    "redacted_request",
    "redacted_text",
    "redactor_of",
    "secrets_in",
    "token_in",
    "unsigned",
    "used_token",
    "without_secrets",
    "without_used_tokens",
]

T = TypeVar("T")

TOKEN_NAME = "the token"  # noqa: S105  # not a token itself
"""The name that stands in the place of a client's token, in brackets."""

_SHORTEST = 8
"""Length of the shortest secret that is looked for in texts, since words contain a shorter one."""

_TOKENS = r"bk(?:ua|tx|aa|aj|ar|ct|pt|pat|ps|tr)_"
"""The prefixes of Buildkite's tokens. No slug has an underscore. https://buildkite.com/docs/platform/security/tokens"""

_TOKEN = re.compile(rf"(?<![A-Za-z0-9])({_TOKENS})[A-Za-z0-9_-]+")
_WHOLE_TOKEN = re.compile(rf"\s*{_TOKENS}", re.IGNORECASE)

_MOST_USED = 64
"""Tokens of this process that are remembered. A function that gives tokens may give a new one each time."""

_WORDS = (
    r"tokens?|secrets?|passw(?:or)?ds?|passphrase|signature|credentials?|authorization|(?<![a-z])(?:sig|jwt|auth|pwd?)(?![a-z])"
    r"|(?:access|api|auth|customer|encryption|integration|private|routing|secret|security|service|shared|signing|subscription)"
    r"[_-]?key"
)
_SECRET_WORD = re.compile(_WORDS, re.IGNORECASE)
_SECRET_NAME = re.compile(rf"(?:{_WORDS}|access[_-]?key[_-]?id)(?:[_-]?(?:value|pem))?(?:[_-]?[0-9]+)?$", re.IGNORECASE)
_VAGUE_WORD = re.compile(rf"{_WORDS}|token|key|sig|credential|policy|passw", re.IGNORECASE)
_PARAMETER = re.compile(r"(?:[?&]|\\u0026)[^=&?\s'\"\\]*=")
"""Parameter of a URL. JSON may write `\\u0026` for the `&` before it: Go does."""

_VALUE = re.compile(r"[^&#\s'\"<>]*[^&#\s'\"<>,.;:!?]")
"""Value of a parameter. A mark at its end is of the sentence around the URL."""

_INNER_PARAMETER = re.compile(r"%(?:3F|26)[\w.~-]*%3D", re.IGNORECASE)
_INNER_VALUE = re.compile(r"(?:(?!%26)[^&#\s'\"<>])+")
"""Parameter of a URL that is itself the value of a parameter."""

_PUBLIC_HEADERS = frozenset(
    {
        "accept",
        "accept-encoding",
        "authorization",  # the token, which has a name of its own
        "baggage",
        "connection",
        "content-length",
        "content-type",
        "host",
        "range",
        "traceparent",
        "tracestate",
        "transfer-encoding",
        "user-agent",
    }
)
"""Headers of requests whose values are no secrets. Those that a user adds may be."""

_LOGGERS = ("httpx", *(f"httpcore.{name}" for name in ("connection", "http11", "http2", "proxy", "socks")))


def names_secret(name: str) -> bool:
    """Tell whether a value with a name is a secret: the key of JSON, an argument of GraphQL, a field of a form.

    Its end decides: `token_id` names something else, whose value readers need. Two other functions are wider on purpose:
    `has_secret_word` for headers and `may_name_secret` for URLs.

    Example:
        >>> [names_secret(name) for name in ("tokenValue", "x-amz-signature", "client_secret", "token_id", "key")]
        [True, True, True, False, False]
    """
    return _SECRET_NAME.search(name) is not None


def has_secret_word(name: str) -> bool:
    """Tell whether a header with a name is a secret: wherever the word stands, since no header with one is needed.

    Example:
        >>> [has_secret_word(name) for name in ("X-Signature-Ed25519", "PRIVATE-TOKEN", "Idempotency-Key")]
        [True, True, False]
    """
    return _SECRET_WORD.search(name) is not None


def may_name_secret(name: str) -> bool:
    """Tell whether a value with a name may be a secret: the parameter of a URL, or a field that is sent to a store.

    Stores sign URLs by parameters such as `Policy`, `sig` and `Key-Pair-Id`, which are ordinary words elsewhere.

    Example:
        >>> [may_name_secret(name) for name in ("X-Amz-Signature", "password", "Policy", "page")]
        [True, True, True, False]
    """
    return _VAGUE_WORD.search(name) is not None


def _redacted(url: httpx.URL) -> str:
    """Return a URL with the values of query parameters that may hold credentials replaced.

    Example:
        >>> import httpx
        >>> _redacted(httpx.URL("https://storage.test/a.whl?X-Amz-Signature=abc&part=1"))
        'https://storage.test/a.whl?X-Amz-Signature=REDACTED&part=1'
    """
    if not url.query:
        return _TOKEN.sub(r"\1REDACTED", str(url))
    params = [(name, "REDACTED" if may_name_secret(name) else value) for name, value in url.params.multi_items()]
    return _TOKEN.sub(r"\1REDACTED", str(url.copy_with(params=params)))


def redacted_text(text: str) -> str:
    """Return a text with Buildkite's tokens replaced, and the values of query parameters of its URLs that may hold credentials.

    Tokens without a prefix are replaced if this process has signed a request with them.

    Example:
        >>> redacted_text("the token bkua_0123 was refused")
        'the token bkua_REDACTED was refused'
        >>> redacted_text("from https://storage.test/a.whl?part=1&X-Amz-Signature=abc onwards")
        'from https://storage.test/a.whl?part=1&X-Amz-Signature=REDACTED onwards'
    """
    return _without_tokens(_without_parameters(text))


def _without_tokens(text: str) -> str:
    """Return a text without tokens: those that begin as Buildkite's do, and those that this process signed requests with."""
    return without_used_tokens(_TOKEN.sub(r"\1REDACTED", text))


def _without_parameters(text: str) -> str:
    """Return a text without the values of sensitive parameters of URLs, and of URLs in them."""
    return _without_values(_without_values(text, _PARAMETER, _VALUE), _INNER_PARAMETER, _INNER_VALUE)


def _without_values(text: str, parameter: re.Pattern[str], value_of: re.Pattern[str]) -> str:
    """Return a text without the values of sensitive parameters of URLs.

    A name is found first and looked at afterwards: one expression for both would need quadratic time.
    """
    parts: list[str] = []
    at = 0
    for name in parameter.finditer(text):
        if name.start() < at or not may_name_secret(name[0]):
            continue
        value = value_of.match(text, name.end())
        if value is not None:
            parts += (text[at : name.end()], "REDACTED")
            at = value.end()
    return "".join([*parts, text[at:]])


def is_token(text: str) -> bool:
    """Return True if a text begins as Buildkite's tokens do.

    Example:
        >>> is_token("bkua_0123"), is_token("acme")
        (True, False)
    """
    return _WHOLE_TOKEN.match(text) is not None


def public_url(url: str) -> str:
    """Return a URL without its credentials, which may be before the host and in the query.

    Example:
        >>> public_url("rediss://user:hunter2@redis.internal:6380/1?password=hunter2")
        'rediss://redis.internal:6380/1'
    """
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


def without_secrets(text: str, secrets: Iterable[tuple[str, str]], *, shortest: int = _SHORTEST) -> str:
    """Return a text with known secrets replaced by their names.

    Args:
        text: it may repeat a secret: users paste them into arguments, and servers send them back.
        secrets: the name and the value of each.
        shortest: length below which a value is left, since ordinary words contain it.

    Example:
        >>> without_secrets("401 for bkua_0123456789", [("$BUILDKITE_API_TOKEN", "bkua_0123456789")])
        '401 for [$BUILDKITE_API_TOKEN]'
    """
    for name, value in secrets:
        if len(value) >= shortest:
            text = text.replace(value, f"[{name}]")
    return text


def token_in(request: httpx.Request) -> str:
    """Return the token that a request was signed with; an empty text if it wasn't, or if it is as short as a word."""
    token = str(request.headers.get("Authorization", "")).removeprefix("Bearer ")
    return token if len(token) >= _SHORTEST else ""


_used: tuple[str, ...] = ()
"""Tokens that this process signed requests with, the last ones. What leaves the package holds none of them."""


def used_token(token: str) -> str:
    """Remember a token that a request is signed with, and return it.

    Errors, whose code doesn't know the token, and log lines are then written without it.
    """
    global _used  # noqa: PLW0603  # as the loggers are: their lines tell no client
    if len(token) >= _SHORTEST and token not in _used:
        _used = (*_used[1 - _MOST_USED :], token)
    return token


def without_used_tokens(text: str) -> str:
    """Return a text without the tokens that this process signed requests with."""
    return _without_known(text, [(TOKEN_NAME, token) for token in _used])


def _without_known(text: str, secrets: Sequence[tuple[str, str]]) -> str:
    """Return a text with secrets replaced by their names, in upper and lower case.

    A text that holds one in an encoded form, such as `%5F`, `&#95;` or `\\u005f` for `_`, is replaced as a whole. It is decoded
    once for all of them.

    Example:
        >>> _without_known("no user for 0123456789abcdef", [("the token", "0123456789abcdef")])
        'no user for [the token]'
        >>> _without_known("see /abc%5F0123456789", [("the token", "abc_0123456789")])
        '[the token]'
    """
    if not secrets:
        return text
    plain = text.lower()
    for name, secret in secrets:
        if secret.lower() in plain:
            shown = f"[{name}]".replace("\\", r"\\")  # in a replacement, a backslash begins an escape
            text = re.sub(re.escape(secret), shown, text, flags=re.IGNORECASE)
            plain = text.lower()
    for decoded in unescaped_each(escaped_runs(text, [secret for _, secret in secrets])):
        plain = decoded.lower()
        for name, secret in secrets:
            if secret.lower() in plain:
                return f"[{name}]"
    return text


def secrets_in(request: httpx.Request) -> list[tuple[str, str]]:
    """Return the names and values of what may be secret in a request.

    That is the token, the headers that the user adds, and query parameters whose name says so. Values as short as words are left.

    Example:
        >>> import httpx
        >>> secrets_in(httpx.Request("GET", "https://api.test/?api_key=0123456789&page=2", headers={"X-Key": "abcdefgh"}))
        [('the header x-key', 'abcdefgh'), ('the parameter api_key', '0123456789')]
    """
    found = [
        (TOKEN_NAME, token_in(request)),
        *((f"the header {name}", value) for name, value in request.headers.items() if name not in _PUBLIC_HEADERS),
    ]
    if request.url.query:
        found += (
            (f"the parameter {name}", value)
            for name, value in request.url.params.multi_items()
            if may_name_secret(name)
        )
    return [(name, value) for name, value in found if len(value) >= _SHORTEST]


def redactor_of(request: httpx.Request) -> Callable[[str], str]:
    """Return the function that redacts texts which a server, or the way to it, may have made of a request.

    It removes what may be secret in the request, and what `redacted_text` removes.
    """
    secrets = secrets_in(request)

    def redact(text: str) -> str:
        return _without_tokens(_without_known(_without_parameters(text), secrets))

    return redact


def hide_secrets(error: BaseException, redact: Callable[[str], str] = redacted_text, *, causes: bool = True) -> None:
    """Redact the texts of an error, and of those that caused it: a server may send back what it got.

    Args:
        error: the error.
        redact: see `redactor_of`.
        causes: also those that caused it.
    """
    seen: set[int] = set()
    left: list[BaseException | None] = [error]
    while left:
        each = left.pop()
        if each is None or id(each) in seen:
            continue
        seen.add(id(each))
        _hide(each, redact)
        if causes:
            left += (each.__cause__, each.__context__)


def _hide(error: BaseException, redact: Callable[[str], str]) -> None:
    error.args = tuple(_redacted_value(redact, arg) for arg in error.args)
    names = [*vars(error)]
    if isinstance(error, OSError):
        names += ["strerror", "filename", "filename2"]
    elif isinstance(error, UnicodeError):
        names += ["object", "reason"]
    for name in names:
        value: object = getattr(error, name, None)
        changed = _redacted_value(redact, value)
        if changed is not value:
            setattr(error, name, changed)


def _redacted_value(redact: Callable[[str], str], value: T) -> T:
    """Return a value whose texts are redacted: the same object if nothing in it is."""
    changed: object = value
    if isinstance(value, str):
        changed = redact(value)
    elif isinstance(value, bytes | bytearray):
        changed = redact(bytes(value).decode("latin-1")).encode("latin-1", "replace")
    elif type(value) in (list, tuple):
        changed = type(value)(_redacted_value(redact, each) for each in value)  # type: ignore[call-arg, attr-defined]  # a list or a tuple
    return value if changed == value else changed  # type: ignore[return-value]


def redacted_request(request: httpx.Request) -> httpx.Request:
    """Return a request without what may be secret in it, for errors, which outlive the call."""
    import httpx

    plain = unsigned(request)
    for name in {*plain.headers} - _PUBLIC_HEADERS:
        plain.headers[name] = "REDACTED"
    if plain.url.query:
        plain.url = httpx.URL(_redacted(plain.url))
    return plain


def unsigned(request: httpx.Request) -> httpx.Request:
    """Return a request without its token."""
    import httpx

    headers = [(key, value) for key, value in request.headers.raw if key.lower() != b"authorization"]
    try:
        content = request.content
    except httpx.RequestNotRead:  # a file that is sent in chunks
        content = b""
    return httpx.Request(request.method, request.url, headers=headers, content=content)


def _redacted_argument(argument: object) -> object:
    import httpx

    if isinstance(argument, httpx.URL):
        return without_used_tokens(_redacted(argument))
    return redacted_text(argument) if isinstance(argument, str) else argument


class _RedactingFilter(logging.Filter):
    """Filter that redacts the URLs and the tokens in log lines of httpx and httpcore. It drops no record."""

    def filter(self, record: logging.LogRecord) -> bool:
        if isinstance(record.msg, str):  # httpcore formats its lines itself
            record.msg = redacted_text(record.msg)
        if isinstance(record.args, tuple):
            record.args = tuple(_redacted_argument(arg) for arg in record.args)
        return True


_FILTER = _RedactingFilter()


def redact_httpx_log() -> None:
    """Add the redacting filter to the loggers of httpx and httpcore. A second call does nothing."""
    for name in _LOGGERS:
        logging.getLogger(name).addFilter(_FILTER)
