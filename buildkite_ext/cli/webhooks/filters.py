"""The filters of `listen`, which are those of `WebhookHandler.on`."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence

from buildkite_api.webhooks.events import WebhookEvent

from ...errors import ConfigurationError
from ...webhooks.filters import Filters, matcher
from ..problem import UsageError


def wanted_by(
    events: Sequence[str],
    *,
    pipelines: Sequence[str] = (),
    branches: Sequence[str] = (),
    states: Sequence[str] = (),
    note: Callable[[str], None],
) -> Callable[[WebhookEvent], bool]:
    """Whether an event is wanted: it is of one of the kinds, and passes all filters.

    Args:
        events: names and patterns of events; none for all.
        pipelines: patterns of pipelines' slugs.
        branches: patterns of branches.
        states: the states of what events are about.
        note: called with doubts about what was given.

    Raises:
        UsageError: nothing could ever pass.
    """
    filters = Filters(state=states or None, pipeline=pipelines or None, branch=branches or None)
    try:
        with warnings.catch_warnings(record=True) as doubts:
            warnings.simplefilter("always")
            matches = [matcher(event, filters) for event in events or ("*",)]
    except ConfigurationError as error:
        raise UsageError(f"--event, --pipeline, --branch, --state: {error}") from error
    for doubt in dict.fromkeys(str(each.message) for each in doubts):
        note(f"Is that what you mean? {doubt[0].upper()}{doubt[1:]}{'' if doubt.endswith('?') else '.'}")
    return lambda event: any(match(event) for match in matches)
