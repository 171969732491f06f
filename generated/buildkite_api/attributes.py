# Generated from spec/ by `make generate`: edit that, not this.

"""Errors of attributes that don't exist: they name the word that was meant."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

__all__ = ["missing_attribute"]

_DESTRUCTIVE = (
    {"delete", "remove", "revoke", "destroy", "erase", "purge", "wipe", "clear", "drop", "del", "rm"},
    {"cancel", "stop", "abort", "kill", "terminate"},
    {"archive"},
    {"reset"},
)
"""Verbs of methods that destroy or end something, with those that mean the same."""


def missing_attribute(
    owner: str, name: str, known: Iterable[str], other_words: Mapping[str, str | tuple[str, ...]]
) -> AttributeError:
    """Return the error of an attribute that an object doesn't have.

    A name that is merely near is not suggested if it destroys or ends something, unless the name that was asked for does too.
    The error has no object, since Python would add a second suggestion from its attributes.

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
        >>> print(missing_attribute("Jobs", "text_log", ["delete_log"], {}))
        Jobs has no attribute 'text_log'
    """
    names = sorted(known)
    words = other_words.get(name, ())
    words = (words,) if isinstance(words, str) else words
    meant = [word for word in words if word in names]
    written = [word for word in words if not word.isidentifier()]
    said = f"{owner} has no attribute {name!r}"
    if meant:
        return AttributeError(f"{said}; did you mean {' or '.join(map(repr, meant))}?", name=name)
    if written:
        return AttributeError(f"{said}; write {written[0]}", name=name)
    from difflib import get_close_matches  # here: most attributes are there

    near = get_close_matches(name, [each for each in names if _harmless(each, name)], n=1)
    return AttributeError(f"{said}; did you mean {near[0]!r}?" if near else said, name=name)


def _harmless(suggested: str, asked: str) -> bool:
    """Return False if a name destroys or ends something, and the name that was asked for doesn't mean that."""
    words, meant = set(suggested.split("_")), asked.lower().split("_")
    destructive = [verbs for verbs in _DESTRUCTIVE if words & verbs]
    return all(any(_means(word, verb) for word in meant for verb in verbs) for verbs in destructive)


def _means(word: str, verb: str) -> bool:
    """Return True if a word is a verb, or a misspelling of it. Those have its first letter: `unarchive` isn't one."""
    from difflib import get_close_matches

    return word[:1] == verb[0] and bool(get_close_matches(word, [verb], cutoff=0.8))
