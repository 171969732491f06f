"""Arguments of another type are refused before anything is sent, by the name of the argument, in every method."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

import pytest

from buildkite_ext import UNSET, Secret

from ..batches import batched
from .table import ROWS, Recorder, Row, call, call_blocking, clients, least, parameters

LEFT = frozenset({"author", "file", "maintainers"})
"""Arguments that take what has a certain form, of any type."""


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


class Another:
    """A value of a type that no method takes."""


def checked(row: Row) -> Iterator[inspect.Parameter]:
    """Return the arguments of a method that are checked, the address aside."""
    _, client = clients(Recorder())
    for parameter in parameters(row.method(client)):
        annotation = parameter.annotation.replace("builtins.", "")
        exact = not any(part in annotation.split(" | ") for part in ("Any", "File", "Sequence[Any]"))
        if parameter.name not in {"pipeline", "number", "job_id", *LEFT} and exact:
            yield parameter


@batched("row", ROWS)
async def test_another_type_is_refused_by_the_name_of_the_argument(row: Row) -> None:
    recorder = Recorder()
    recorder.operation = row.operation
    blocking, shared = clients(recorder)
    args, kwargs = least(row.method(shared))
    names = [each.name for each in parameters(row.method(shared)) if each.kind is each.POSITIONAL_OR_KEYWORD]
    for parameter in checked(row):
        given = {**dict(zip(names, args, strict=False)), **kwargs, parameter.name: Another()}
        with pytest.raises(TypeError, match=rf"^{parameter.name} is (?:an Another|of type Another)"):
            call_blocking(row.method(blocking), **given)
        with pytest.raises(TypeError, match=rf"^{parameter.name} is (?:an Another|of type Another)"):
            await call(row.method(shared), **given)
    assert recorder.requests == []


def test_all_kinds_of_methods_are_looked_at() -> None:
    found = {f"{row}.{parameter.name}" for row in ROWS for parameter in checked(row)}
    assert found >= {
        "builds.create.pull_request_id",
        "builds.create.env",
        "builds.list.limit",
        "jobs.unblock.fields",
        "annotations.create.body",
        "pipelines.create.tags",
        "clusters.update.name",
        "cluster_tokens.create.expires_at",
        "audit_events.list.per_page",
        "agents.get.agent_id",
    }


def refused(method: str, *args: Any, **kwargs: Any) -> str:
    """Return the message that a call is refused with, before anything is sent."""
    recorder = Recorder()
    client, _ = clients(recorder)
    service, _, name = method.rpartition(".")
    with pytest.raises((TypeError, ValueError)) as caught:
        call_blocking(getattr(getattr(client, service), name), *args, **kwargs)
    assert recorder.requests == []
    return str(caught.value)


@pytest.mark.parametrize(
    ("method", "args", "options", "said"),
    [
        ("builds.create", ("web",), {"pull_request_id": "false"}, 'pull_request_id=\'false\' is a str: give a whole number (int). $BUILDKITE_PULL_REQUEST holds "false" outside pull requests: leave pull_request_id out there, or pass None'),
        ("builds.create", ("web",), {"pull_request_id": "123"}, "pull_request_id='123' is a str: give a whole number (int): pull_request_id=int('123')"),
        ("builds.create", ("web",), {"pull_request_id": True}, "pull_request_id=True is a bool: give a whole number (int)"),
        ("builds.create", ("web",), {"env": "A=1"}, "env is of type str: pass a map of texts, such as {'KEY': 'value'}"),
        ("builds.create", ("web",), {"message": b"x"}, "message is a bytes: give a text (str): message.decode()"),
        ("builds.create", ("web",), {"commit": None}, "commit=None is None: give a text (str)"),
        ("builds.create", ("web",), {"clean_checkout": "true"}, "clean_checkout='true' is a str: give True or False: clean_checkout=True"),
        ("builds.create", ("web",), {"clean_checkout": 1}, "clean_checkout=1 is an int: give True or False"),
        ("builds.create", ("web",), {"pull_request_labels": ["bug", 7]}, "pull_request_labels[1]=7 is an int: give a text (str)"),
        ("builds.list", (), {"limit": "x"}, "limit='x' is a str: give a whole number (int)"),
        ("builds.list", (), {"per_page": 5.0}, "per_page=5.0 is a float: give a whole number (int)"),
        ("builds.list", (), {"exclude_jobs": "false"}, "exclude_jobs='false' is a str: give True or False: exclude_jobs=False"),
        ("builds.list", (), {"state": 3}, "state"),
        ("builds.wait", ("web", 1), {"timeout": "60"}, "timeout='60' is a str: give seconds, as a number"),
        ("builds.follow", ("web", 1), {"poll_interval": True}, "poll_interval=True is a bool: give seconds, as a number"),
        ("pipelines.get", ("",), {}, "pipeline='': '' can't be a slug"),
        ("pipelines.update", ("web",), {"tags": "abc"}, "tags is a str: give a list of texts: tags=[...]"),
        ("pipelines.update", ("web",), {"allow_rebuilds": "no"}, "allow_rebuilds='no' is a str: give True or False"),
        ("agents.get", (" ",), {}, "agent_id=' ' is empty, and would address another resource"),
        ("agents.get", (5,), {}, "agent_id=5 is an int: give a text (str)"),
        ("agents.pause", ("a1",), {"timeout_in_minutes": "5"}, "timeout_in_minutes='5' is a str: give a whole number (int): timeout_in_minutes=int('5')"),
        ("annotations.create", ("web", 1, b"x"), {}, "body is a bytes: give a text (str): body.decode()"),
        ("annotations.create", ("web", 1), {}, "annotations.create() misses the argument body: write annotations.create(..., body=...)"),
        ("jobs.reprioritize", ("web", 1, "j1"), {"priority": "5"}, "priority='5' is a str: give a whole number (int): priority=int('5')"),
        ("jobs.log_text", ("web", 1, "j1"), {"clean": "yes"}, "clean='yes' is a str: give True or False"),
        ("notification_services.update", ("n1",), {"build_states": {"build_passed": "yes"}}, "build_states['build_passed']='yes' is a str: give True or False"),
        ("cluster_tokens.create", ("c1",), {"description": 1}, "description=1 is an int: give a text (str)"),
    ],
    ids=str,
)  # fmt: skip
def test_the_message_says_what_to_write(method: str, args: tuple[Any, ...], options: dict[str, Any], said: str) -> None:
    assert refused(method, *args, **options).startswith(said)


def test_a_value_that_may_be_a_secret_isn_t_shown() -> None:
    assert "s3cret" not in refused("builds.create", "web", env="TOKEN=s3cret")
    assert "s3cret" not in refused("builds.create", "web", message=b"s3cret")
    assert "s3cret" not in refused("secrets.update_value", "c1", "s1", value=b"s3cret")
    assert "s3cret" not in refused("pipelines.update", "web", tags="s3cret")


@pytest.mark.parametrize(
    ("method", "args", "name"),
    [
        ("builds.list", (), "created_from"),
        ("builds.list_all", (), "finished_from"),
        ("cluster_tokens.update", ("c1", "t1"), "expires_at"),
        ("builds.list_in_organization", (), "created_to"),
    ],
)
def test_a_time_needs_a_zone(method: str, args: tuple[Any, ...], name: str) -> None:
    naive = datetime(2026, 11, 25, 10)  # what is refused
    day = date(2026, 11, 25)
    assert refused(method, *args, **{name: "2026-11-25T10:00:00"}).startswith(
        f"{name}='2026-11-25T10:00:00' has no time zone: write '2026-11-25T10:00:00Z' for UTC"
    )
    assert "write '2026-11-25T00:00:00Z'" in refused(method, *args, **{name: "2026-11-25"})
    assert refused(method, *args, **{name: naive}).startswith(f"{name}={naive!r} has no time zone")
    assert refused(method, *args, **{name: "yesterday"}).startswith(f"{name}='yesterday' isn't a time")
    assert refused(method, *args, **{name: day}).startswith(f"{name} is a date: give a datetime with a time zone")
    assert refused(method, *args, **{name: 5}).startswith(f"{name}=5 is an int: give a datetime with a time zone")


def test_an_update_may_leave_out_what_is_unset() -> None:
    recorder = Recorder()
    client, _ = clients(recorder)
    recorder.operation = next(row.operation for row in ROWS if str(row) == "clusters.update")
    client.clusters.update("c1", name=UNSET, description="")
    assert recorder.requests[0].content == b'{"description":""}'


def test_a_secret_is_a_text_where_one_is_taken() -> None:
    recorder = Recorder()
    client, _ = clients(recorder)
    recorder.operation = next(row.operation for row in ROWS if str(row) == "secrets.update_value")
    client.secrets.update_value("c1", "s1", value=Secret("x"))
    assert len(recorder.requests) == 1
