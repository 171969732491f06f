"""Texts of pipelines without the values of environment variables and meta-data, and without addresses of webhooks."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING

from .plain_yaml import yaml_nodes

if TYPE_CHECKING:
    import yaml

__all__ = ["redacted_pipeline"]

_META_DATA = "meta_data"
_ENV = frozenset({"env", "environment"})
"""Keys of what holds environment variables: of a pipeline, a step, the build of a trigger step, and some plugins."""

_NOTIFIED = frozenset({"webhook", "basecamp_campfire", "pagerduty_change_event"})
"""Keys of `notify` whose value is an address or a key by which anybody may send."""

_MENTIONED = re.compile(r"env|meta_data|webhook|basecamp_campfire|pagerduty_change_event|\\")
"""Part of every text that has one of the keys. A backslash is one, since a key in quotes may have escapes."""

_PROPERTIES = re.compile(r"(?:[&!]\S*\s+)*")
_PLAIN = re.compile(r"\w+(=\w+)?")

_SPACE = re.compile(r"\s")
_NULL = "tag:yaml.org,2002:null"
_VALUE = "value"
_MERGE = "<<"


def redacted_pipeline(text: str, redacted: str, *, keep_env: Collection[str], keep_meta_data: Collection[str]) -> str:
    """Return the text of a pipeline with another text in the place of the values below `env`, `environment` and `meta_data`.

    So are the addresses and keys of `notify`. All else stays as it is, comments and commands included. A text that isn't YAML is
    replaced as a whole.

    Args:
        text: the text of a pipeline.yml.
        redacted: what stands in the place of a value.
        keep_env: names of environment variables whose values are kept.
        keep_meta_data: keys of meta-data whose values are kept.

    Example:
        >>> redacted_pipeline("env: {CI: 'true', KEY: abc} # both", "REDACTED", keep_env=["CI"], keep_meta_data=())
        "env: {CI: 'true', KEY: REDACTED} # both"
    """
    if not _MENTIONED.search(text):
        return text
    mark = "\ufeff" if text.startswith("\ufeff") else ""
    text = text.removeprefix(mark)
    try:
        nodes = yaml_nodes(text)
    except ValueError:
        return redacted
    values = _RedactedValues(text, redacted, {**dict.fromkeys(_ENV, keep_env), _META_DATA: keep_meta_data})
    for node in nodes:
        values.find(node)
    pieces: list[str] = []
    at = 0
    for start, (end, new) in sorted(values.found.items()):
        pieces += (text[at:start], new)
        at = end
    return mark + "".join(pieces) + text[at:]


class _RedactedValues:
    """Values in the text of a pipeline that are replaced.

    Attributes:
        found: the end of each and what replaces it, by its begin.
    """

    def __init__(self, text: str, redacted: str, kept: Mapping[str, Collection[str]]) -> None:
        self.found: dict[int, tuple[int, str]] = {}
        self._text = text
        self._redacted = redacted
        self._kept = kept
        self._seen: set[tuple[int, str, bool]] = set()

    def find(self, node: yaml.Node, within: str = "", *, listed: bool = False) -> None:
        """Find the values in a node.

        Args:
            node: the node.
            within: the key of the variables that it holds; `_VALUE` for the value of a variable, `""` for all else.
            listed: True for an item of a list. One without a value is the name of a variable, which an agent looks up.
        """
        import yaml

        if (id(node), within, listed) in self._seen:  # an alias, possibly to a node around it
            return
        self._seen.add((id(node), within, listed))
        if isinstance(node, yaml.MappingNode):
            for key, value in node.value:
                if not within and key.value in _NOTIFIED and isinstance(value, yaml.ScalarNode):
                    self._replace(value, self._redacted)
                else:
                    self.find(value, self._within(key.value, within))
        elif isinstance(node, yaml.SequenceNode):
            for each in node.value:
                self.find(each, within, listed=True)
        elif within == _VALUE or (within and not listed and _SPACE.search(node.value)):
            self._replace(node, self._redacted)
        elif within:
            name, found, _ = node.value.partition("=")
            if name in self._kept[within]:
                return
            if found:
                self._replace(node, f"{name}={self._redacted}")
            elif not listed and node.tag != _NULL:
                self._replace(node, self._redacted)

    def _within(self, key: object, within: str) -> str:
        """Return what the value of a key holds, by what its map holds."""
        if within == _VALUE or key == _MERGE:
            return within
        if within:
            return "" if key in self._kept[within] else _VALUE
        return key if isinstance(key, str) and key in self._kept else ""

    def _replace(self, node: yaml.Node, value: str) -> None:
        start = node.start_mark.index
        source = self._text[start : node.end_mark.index].rstrip()  # a block ends behind its last line
        if not source:
            return
        properties = _PROPERTIES.match(source)
        anchors = [each for each in (properties[0].split() if properties else ()) if each.startswith("&")]
        written = value if _PLAIN.fullmatch(value) else json.dumps(value)
        if start not in self.found or value == self._redacted:
            self.found[start] = start + len(source), " ".join([*anchors, written])
