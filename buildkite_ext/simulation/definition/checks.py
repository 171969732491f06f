"""Checks of the arguments that a test passes to the simulator: one that can't be used is refused at once, by its name.

A wrong type is a TypeError, a wrong value a ValueError. No message shows a value that may be long or secret.
"""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from difflib import SequenceMatcher
from types import MappingProxyType

from buildkite_api.types import kind_of

from ...messages import shown
from ...unknown_names import nearest

__all__ = [
    "HIGHEST_STATUS",
    "LOST_AGENT",
    "check_exit_status",
    "check_flags",
    "check_name",
    "check_names",
    "check_number",
    "check_optional_texts",
    "check_slug",
    "check_text",
    "check_token",
    "check_whole",
    "configuration_errors",
    "elements",
    "files_of",
    "statuses",
    "statuses_of",
    "text_map",
    "texts_of",
    "utf8",
]

__tracebackhide__ = True  # pytest shows the line of the test, not of this module; --full-trace shows all


def check_name(
    argument: str,
    value: object,
    known: Collection[str],
    kind: str,
    *,
    also: Mapping[str, str] = MappingProxyType({}),
    listed: str | None = None,
) -> None:
    """Check that a name is known.

    Args:
        argument: the argument that holds the name.
        value: the name.
        known: all names.
        kind: what the name stands for.
        also: names of another form, each with the known name of the same thing. An error gives the nearest name of both
            forms.
        listed: where the names are listed; the error names them all by default.

    Raises:
        TypeError: it isn't a text.
        ValueError: it is unknown.

    Example:
        >>> check_name("outcomes", "pased", ["passed", "failed"], "outcome")
        Traceback (most recent call last):
        ...
        ValueError: outcomes='pased': there is no such outcome; did you mean 'passed'?
    """
    if not isinstance(value, str):
        raise TypeError(f"{argument} is {kind_of(value)}: give a text, the name of {_article(kind)}")
    if value in known or value in also:
        return
    near = [each for names in (known, also) if (each := nearest(value, names)) is not None]
    near.sort(key=lambda each: -SequenceMatcher(None, each, value).ratio())
    if near:
        meant = (f"{each!r} ({also[each]})" if each in also else repr(each) for each in near)
        hint = f"; did you mean {' or '.join(meant)}?"
    else:
        hint = f". {listed} lists them" if listed else f"; give one of {', '.join(sorted(known))}"
    raise ValueError(f"{argument}={shown(value)}: there is no such {kind}{hint}")


def check_text(name: str, value: object, *, give: str = "a text") -> None:
    """Check a text.

    Raises:
        TypeError: it isn't one. `give` says what to write instead.

    Example:
        >>> check_text("branches", ["main"], give='one text, such as "main release/*"')
        Traceback (most recent call last):
        ...
        TypeError: branches is a list: give one text, such as "main release/*"
    """
    if not isinstance(value, str):
        raise TypeError(f"{name} is {kind_of(value)}: give {give}")


def check_optional_texts(**values: object) -> None:
    """Check texts that may be None.

    Raises:
        TypeError: one isn't a text.
    """
    for name, value in values.items():
        if value is not None:
            check_text(name, value, give="a text, or leave it out")


def check_names(**values: object) -> None:
    """Check texts that mustn't be empty, such as a slug.

    Raises:
        TypeError: one isn't a text.
        ValueError: one is empty.
    """
    for name, value in values.items():
        check_text(name, value)
        if not value:
            raise ValueError(f"{name} is empty: give a text of at least one character")


def check_slug(name: str, value: object) -> None:
    """Check a slug, which stands in the paths of URLs.

    Raises:
        TypeError: it isn't a text.
        ValueError: it is empty, or has a character that a slug doesn't have.

    Example:
        >>> check_slug("organization", "Acme Inc")
        Traceback (most recent call last):
        ...
        ValueError: organization='Acme Inc': give the slug, which has letters, digits and dashes, such as 'acme-inc'
    """
    check_names(**{name: value})
    if _SLUG.fullmatch(str(value)) is None:
        words = "-".join(re.findall(r"[a-z0-9]+", str(value).lower()))
        near = f", such as {shown(words)}" if words else ""
        raise ValueError(f"{name}={shown(value)}: give the slug, which has letters, digits and dashes{near}")


_SLUG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]*")


def check_token(token: object) -> None:
    """Check a token, which requests have to be able to carry in a header. No message shows it.

    Raises:
        TypeError: it isn't a text.
        ValueError: it is empty, or has a space, a line break or a character outside ASCII.
    """
    check_names(token=token)
    text = str(token)
    if not text.isascii() or not text.isprintable() or " " in text:
        raise ValueError("token holds a space, a line break or a character outside ASCII, which no header can carry")


def check_flags(**values: object) -> None:
    """Check booleans.

    Raises:
        TypeError: one isn't a boolean.
    """
    for name, value in values.items():
        if not isinstance(value, bool):
            raise TypeError(f"{name} is {kind_of(value)}: give True or False")


def check_number(name: str, value: object, *, give: str = "seconds, as a number", optional: bool = False) -> None:
    """Check a number that may have a fraction.

    Raises:
        TypeError: it isn't a number.
        ValueError: it is negative, infinite or NaN.

    Example:
        >>> check_number("after", None)
        Traceback (most recent call last):
        ...
        TypeError: after is None: give seconds, as a number
    """
    if optional and value is None:
        return
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise TypeError(f"{name} is {kind_of(value)}: give {give}{', or None' if optional else ''}")
    try:
        usable = value >= 0 and math.isfinite(value)
    except OverflowError:
        usable = False
    if not usable:
        raise ValueError(f"{name}={shown(value)}: give a finite number, at least 0")


def check_whole(
    name: str,
    value: object,
    *,
    least: int | None = 0,
    give: str = "a whole number",
    optional: bool = False,
) -> None:
    """Check a whole number.

    Raises:
        TypeError: it isn't one.
        ValueError: it is less than `least`.
    """
    if optional and value is None:
        return
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError(f"{name} is {kind_of(value)}: give {give}{', or None' if optional else ''}")
    if least is not None and value < least:
        raise ValueError(f"{name}={shown(value)}: give a whole number, at least {least}")


def elements(name: str, value: object, *, give: str) -> tuple[object, ...]:
    """Return the elements of a list, a tuple, a set or another iterable.

    Raises:
        TypeError: it is a single text, a mapping, or no iterable. `give` says what to write instead.

    Example:
        >>> elements("fields", "version", give='a list of keys, such as ["version"]')
        Traceback (most recent call last):
        ...
        TypeError: fields is a str: give a list of keys, such as ["version"]
    """
    if isinstance(value, str | bytes | bytearray | Mapping) or not isinstance(value, Iterable):
        raise TypeError(f"{name} is {kind_of(value)}: give {give}")
    return tuple(value)


def text_map(name: str, value: object) -> dict[str, str]:
    """Return a copy of a map of texts, such as environment variables. None is an empty one.

    Raises:
        TypeError: it isn't a map, or a name or a value isn't a text.

    Example:
        >>> text_map("env", {"RETRIES": 3})
        Traceback (most recent call last):
        ...
        TypeError: env['RETRIES'] is an int: give a text, such as '3'
    """
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise TypeError(f"{name} is {kind_of(value)}: give a map of texts, such as {{'NAME': 'value'}}")
    copied: dict[str, str] = {}
    for key, text in value.items():
        if not isinstance(key, str):
            raise TypeError(f"{name} has a key that is {kind_of(key)}: give texts as keys")
        if not isinstance(text, str):
            number = isinstance(text, int | float) and not isinstance(text, bool)
            hint = f", such as {str(text)!r}" if number else ""
            raise TypeError(f"{name}[{key!r}] is {kind_of(text)}: give a text{hint}")
        copied[key] = text
    return copied


def utf8(name: str, value: object, *, give: str) -> bytes:
    """Return the bytes of a content: a text is encoded as UTF-8.

    Raises:
        TypeError: it is neither bytes nor a text. `give` says what to write instead.
        ValueError: the text has a lone surrogate.

    Example:
        >>> utf8("artifacts['r.json']", '{"ok":1}', give="bytes or a text")
        b'{"ok":1}'
    """
    if isinstance(value, bytes | bytearray | memoryview):
        return bytes(value)
    check_text(name, value, give=give)
    try:
        return str(value).encode()
    except UnicodeEncodeError as error:
        raise ValueError(
            f"{name} has a lone surrogate at position {error.start}, which UTF-8 can't hold: give bytes, or a text without it"
        ) from None


@contextmanager
def configuration_errors() -> Iterator[None]:
    """Raise the ValueError of a `with` block as a ConfigurationError, as constructors do.

    Example:
        >>> with configuration_errors():
        ...     check_whole("agents", -1)
        Traceback (most recent call last):
        ...
        buildkite_ext.errors.ConfigurationError: agents=-1: give a whole number, at least 0
    """
    try:
        yield
    except ValueError as error:
        # Imported late, since it imports httpx, which a simulator doesn't need.
        from ...errors import ConfigurationError

        raise ConfigurationError(str(error)) from None


def _article(kind: str) -> str:
    return f"{'an' if kind[:1] in 'aeiou' else 'a'} {kind}"


LOST_AGENT, HIGHEST_STATUS = -1, 255
"""Exit statuses: that of a job whose agent was lost, with a signal that of a command which the signal ended; and the highest."""

_STATUSES = "a whole number, such as 1, or a list with one for each attempt, such as [1, 0]"
_CONTENT = "the content of the file, as bytes or as a text, such as json.dumps(...)"


def statuses_of(value: object) -> tuple[int, ...]:
    """Return the exit statuses of the attempts of a job.

    Raises:
        TypeError: they are none.
        ValueError: there is none, or no command ends with one of them.
    """
    found = statuses("exit_status", value, give=_STATUSES)
    if not found:
        raise ValueError("exit_status is an empty sequence: give at least one status")
    for index, status in enumerate(found):
        check_exit_status(
            "exit_status" if isinstance(value, int) else f"exit_status[{index}]", status, least=LOST_AGENT
        )
    return found


def check_exit_status(name: str, value: object, *, least: int) -> None:
    """Check an exit status.

    Args:
        name: the argument.
        value: its value.
        least: the least status that can be used.

    Raises:
        TypeError: it isn't a whole number.
        ValueError: no command ends with it.
    """
    check_whole(name, value, least=None)
    assert isinstance(value, int)
    if not least <= value <= HIGHEST_STATUS:
        lost = ", or -1 for a lost agent" if least == LOST_AGENT else ""
        raise ValueError(f"{name}={shown(value)}: give an exit status from {max(least, 0)} to {HIGHEST_STATUS}{lost}")


def statuses(name: str, value: object, *, give: str, one: bool = True) -> tuple[int, ...]:
    """Return exit statuses: those of a sequence, or a single one if `one`.

    Raises:
        TypeError: they are none.
    """
    if one and isinstance(value, int):
        value = (value,)
    found: list[int] = []
    for each in elements(name, value, give=give):
        if not isinstance(each, int) or isinstance(each, bool):
            raise TypeError(f"{name} has {kind_of(each)} in it: give {give}")
        found.append(each)
    return tuple(found)


def files_of(artifacts: object) -> dict[str, bytes]:
    """Return the contents of artifacts by their paths.

    Raises:
        TypeError: they aren't a map, or a content is neither bytes nor a text.
        ValueError: a path is empty.
    """
    if artifacts is None:
        return {}
    if not isinstance(artifacts, Mapping):
        raise TypeError(
            f"artifacts is {kind_of(artifacts)}: give a map of contents by path, such as {{'r.json': b'{{}}'}}"
        )
    files: dict[str, bytes] = {}
    for path, content in artifacts.items():
        if not isinstance(path, str):
            raise TypeError(f"artifacts has a key that is {kind_of(path)}: give the path of the file, a text")
        if not path:
            raise ValueError("artifacts has an empty path: give the path of the file")
        files[path] = utf8(f"artifacts[{path!r}]", content, give=_CONTENT)
    return files


def texts_of(name: str, value: object, *, give: str) -> tuple[str, ...]:
    """Return the texts of a sequence.

    Raises:
        TypeError: it is none, or has something else in it.
    """
    found = elements(name, value, give=give)
    for index, each in enumerate(found):
        check_text(f"{name}[{index}]", each)
    return tuple(map(str, found))
