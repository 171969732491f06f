"""Errors of attributes that don't exist: they name the word that was meant."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from difflib import get_close_matches

__all__ = ["missing_attribute"]


def missing_attribute(
    owner: str, name: str, known: Iterable[str], other_words: Mapping[str, str | tuple[str, ...]]
) -> AttributeError:
    """Return the error of an attribute that an object doesn't have.

    Args:
        owner: The object as its users call it, such as `Build` or `client.queues`.
        name: The attribute that was asked for.
        known: The attributes that it has.
        other_words: What is called by another word here: an attribute, one of several attributes, or what to write.

    Example:
        >>> print(missing_attribute("Job", "exit_code", ["exit_status"], {"exit_code": "exit_status"}))
        Job has no attribute 'exit_code'; did you mean 'exit_status'?
        >>> print(missing_attribute("Job", "retry", ["state"], {"retry": "client.jobs.retry(job)"}))
        Job has no attribute 'retry'; write client.jobs.retry(job)
        >>> print(missing_attribute("Job", "finishedat", ["finished_at"], {}))
        Job has no attribute 'finishedat'; did you mean 'finished_at'?
    """
    names = sorted(known)
    words = other_words.get(name, ())
    words = (words,) if isinstance(words, str) else words
    meant = [word for word in words if word in names]
    written = [word for word in words if not word.isidentifier()]
    said = f"{owner} has no attribute {name!r}"
    if meant:
        return AttributeError(f"{said}; did you mean {' or '.join(map(repr, meant))}?")
    if written:
        return AttributeError(f"{said}; write {written[0]}")
    near = get_close_matches(name, names, n=1)
    return AttributeError(f"{said}; did you mean {near[0]!r}?" if near else said)
