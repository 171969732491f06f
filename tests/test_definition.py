"""Models are attrs classes, though attrs adds to a class only what is asked for, when it is asked for."""

from __future__ import annotations

import copy
import inspect
import pickle
import subprocess
import sys
from typing import Any

import attrs
import pytest
from buildkite_api.models import Agent, Build, CreateBuildRequest, Job, JobLog, User

JOB: dict[str, Any] = {"id": "j1", "type": "script", "state": "passed"}


def fresh(code: str) -> None:
    """Run code in a process that has not used any model."""
    subprocess.run([sys.executable, "-c", code], check=True)


def test_attrs_knows_them() -> None:
    job = Job(**JOB)
    assert attrs.has(Job)
    assert [each.name for each in attrs.fields(User)][:3] == ["_additional", "id", "graphql_id"]
    assert attrs.fields(Build).jobs.default.factory is list
    assert attrs.fields(Agent).access_token.repr is False
    assert attrs.evolve(job, state="failed") == Job(**{**JOB, "state": "failed"})
    assert attrs.asdict(job)["id"] == "j1"


@pytest.mark.parametrize("cls", [Job, Agent, CreateBuildRequest])
def test_they_have_signatures(cls: Any) -> None:
    parameters = inspect.signature(cls).parameters
    assert {each.kind for each in parameters.values()} == {inspect.Parameter.KEYWORD_ONLY}
    assert list(parameters) == [each.name for each in attrs.fields(cls) if each.init]
    assert cls.__init__.__qualname__ == f"{cls.__name__}.__init__"
    assert cls.__match_args__ == ()


def test_wrong_arguments_are_type_errors() -> None:
    with pytest.raises(TypeError, match=r"Job.__init__\(\) missing 1 required keyword-only argument: 'type'"):
        Job(id="j1")  # type: ignore[call-arg]
    with pytest.raises(TypeError, match=r"Job.__init__\(\) got an unexpected keyword argument 'stat'"):
        Job(**JOB, stat="passed")
    with pytest.raises(AttributeError):
        Job(**JOB).stat = "passed"  # type: ignore[attr-defined]


def test_they_compare_by_their_values_and_have_no_hash() -> None:
    assert Job(**JOB) == Job(**JOB)
    assert Job(**JOB) != Job(**{**JOB, "id": "j2"})
    assert Job(**JOB) != JOB
    with pytest.raises(TypeError, match="unhashable"):
        hash(Job(**JOB))


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_they_can_be_pickled_and_copied(protocol: int) -> None:
    job = Job(**JOB, agent=Agent(id="a1", url="u", name="n"))
    job.additional_properties["new"] = 1
    again = pickle.loads(pickle.dumps(job, protocol))
    assert again == job == copy.deepcopy(job) == copy.copy(job)
    assert again.additional_properties == {"new": 1}


class OwnJob(Job):
    """A class of a user."""

    def __init__(self, **values: Any) -> None:
        super().__init__(**{**JOB, **values})


@attrs.define(kw_only=True)
class OwnLog(JobLog):
    """A class of a user, made by attrs."""

    lines: int = 3


def test_users_may_derive_classes() -> None:
    assert OwnJob(id="j2").id == "j2"
    assert OwnJob() == OwnJob()
    assert OwnJob() != Job(**JOB)
    assert pickle.loads(pickle.dumps(OwnJob())) == OwnJob()
    log = OwnLog(url="u", content="c", size=1, header_times=[])
    assert (log.content, log.lines) == ("c", 3)
    assert [each.name for each in attrs.fields(OwnLog)][-1] == "lines"
    assert attrs.evolve(log, lines=4) != log


USES = {
    "constructor": "Job(id='j', type='t').id == 'j'",
    "comparison": "decoded == other and not decoded != other",
    "comparison with another type": "decoded != 5",
    "fields": "len(attrs.fields(Job)) > 50",
    "has": "attrs.has(Job)",
    "evolve": "attrs.evolve(decoded, id='k').id == 'k'",
    "pickle": "pickle.loads(pickle.dumps(decoded)).id == 'j'",
    "copy": "copy.deepcopy(decoded).id == copy.copy(decoded).id == 'j'",
    "signature": "'retried' in inspect.signature(Job).parameters",
    "derived": "type('Own', (Job,), {})(id='j', type='t').id == 'j'",
    "super": "type('Own', (Job,), {'__init__': lambda s: super(type(s), s).__init__(id='j', type='t')})().id == 'j'",
}


@pytest.mark.parametrize("use", USES.values(), ids=USES)
def test_any_use_can_be_the_first(use: str) -> None:
    fresh(f"""
import copy, inspect, pickle, sys
from buildkite_api.decoding import Decoder
from buildkite_api.models import Job
decoded, other = Decoder().decode(list[Job], b'[{{"id": "j", "type": "t"}}, {{"id": "j", "type": "t"}}]')
assert 'attrs' not in sys.modules and 'attr' not in sys.modules
import attrs
assert {use}
""")


def test_reading_needs_no_attrs() -> None:
    fresh("""
import sys
from buildkite_api.decoding import Decoder
from buildkite_api.models import Build
for options in {}, {"unknown": "keep"}, {"on_drift": print}:
    build = Decoder(**options).decode(Build, b'{"id": "b", "number": "7", "jobs": [{"id": "j"}], "creator": {"id": "u"}}')
    assert (build.jobs[0].id, build.creator.id) == ("j", "u")
    assert build.to_dict()["jobs"][0]["id"] == "j"
    assert Build.from_dict(build.to_dict()).id == "b"
assert 'attrs' not in sys.modules and 'attr' not in sys.modules
""")


def test_many_threads_may_be_the_first() -> None:
    fresh("""
import sys, threading
from buildkite_api.models import Agent, Job, User
sys.setswitchinterval(1e-6)
results, start = [], threading.Barrier(12)
def work(number):
    start.wait()
    own = [Job(id='j', type='t'), Agent(id='a', url='u', name='n'), User(id='u')]
    results.append(own == [Job(id='j', type='t'), Agent(id='a', url='u', name='n'), User(id='u')])
threads = [threading.Thread(target=work, args=(each,)) for each in range(12)]
[each.start() for each in threads], [each.join() for each in threads]
assert results == [True] * 12, results
""")


def test_an_interrupted_first_use_does_no_harm() -> None:
    fresh("""
import sys
import attrs
from buildkite_api import models
from buildkite_api.base import ReadModel
classes = [each for each in (getattr(models, name) for name in models.__all__) if issubclass(each, ReadModel)]
interrupted = 0
for number, cls in enumerate(classes):
    left = number * 25
    def interrupt(frame, event, argument):
        global left
        left -= 1
        if left < 0:
            sys.setprofile(None)
            raise KeyboardInterrupt
    try:
        sys.setprofile(interrupt)
        cls.__attrs_attrs__
    except KeyboardInterrupt:
        interrupted += 1
    finally:
        sys.setprofile(None)
    values = {each.name: 1 for each in attrs.fields(cls) if each.init}
    assert cls(**values) == cls(**values)
    assert cls.__init__.__qualname__ == cls.__name__ + ".__init__"
assert interrupted > 10, interrupted
""")
