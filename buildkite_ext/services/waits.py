"""Waits for builds, as the services begin them: the options of a call, and the steps that a wait unblocks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..watching.unblocking import send_unblock
from ..watching.wait import WaitOptions, wait
from .arguments import field_map, poll_pause, positive

if TYPE_CHECKING:
    from buildkite_api.models import Build, Job

    from ..transport.requester import Requester
    from ..watching.outcome import WaitResult
    from .arguments import Fields

__all__ = ["checked", "wait_for"]


def checked(options: WaitOptions, fields: Fields | None) -> WaitOptions:
    """Check the options of a wait, and return them.

    Raises:
        TypeError, ValueError: a length of time isn't one, or the fields are for no step.
    """
    positive(timeout=options.timeout, expected_duration=options.expected_duration)
    poll_pause(options.poll_interval)
    if fields is not None and options.on_blocked != "unblock":
        raise ValueError('fields= are for the block steps that a wait unblocks: give on_blocked="unblock" as well')
    field_map("fields", fields)
    return options


async def wait_for(
    requester: Requester,
    at: tuple[str, str, int],
    options: WaitOptions,
    *,
    fields: Fields | None,
    known: Build | None,
) -> WaitResult:
    """Wait for a build.

    Args:
        requester: sends the requests.
        at: organization, pipeline and number of the build.
        options: the options of the wait.
        fields: values of the fields of the steps that it unblocks.
        known: the build as the caller has it; None if there is only its address.
    """
    organization, pipeline, number = at
    requester = requester.within(organization)
    if known is not None:
        requester.recent_actions.learn(at, known, now=requester.runtime.now())

    writes = ["unblock_build_job"] if options.on_blocked == "unblock" else []
    if options.cancel_on:
        writes.append("cancel_build")
    if writes:
        requester.refuse_write("builds.wait, which may unblock or cancel the build", *writes, at=at)
    values = field_map("fields", fields)

    async def unblock(job: Job) -> None:
        await send_unblock(requester, pipeline, number, job.id, fields=values)

    return await wait(requester, pipeline, number, options, unblock=unblock, known=known)
