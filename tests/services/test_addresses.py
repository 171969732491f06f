"""Addresses of pipelines, builds and jobs, as the arguments of a method name them together."""

from __future__ import annotations

from typing import Any, get_args

import pytest
from buildkite_api.models import Artifact, Build, Job, Pipeline
from hypothesis import given
from hypothesis import strategies as st

from buildkite_ext.references import Reference
from buildkite_ext.services.addresses import (
    Level,
    artifact_address,
    artifact_organization,
    job_address,
    names_build,
    resolve,
)

API = "https://api.buildkite.com"
ID = "0199b4d2-3c1f-4b6e-9f00-0123456789ab"
OTHER = "0199b4d2-3c1f-4b6e-9f00-0123456789ac"
BUILD_URL = f"{API}/v2/organizations/acme/pipelines/web/builds/42"
PAGE = "https://buildkite.com/acme/web/builds/42"
PIPELINE = Reference("web", "acme")
BUILD = Reference("web", "acme", 42)
JOB = Reference("web", "acme", 42, ID)


def build(**fields: Any) -> Build:
    return Build.from_dict({"id": "b", "number": 42, "url": BUILD_URL, "web_url": PAGE, **fields})


def job(**fields: Any) -> Job:
    return Job.from_dict({"id": ID, "type": "script", "web_url": f"{PAGE}#{ID}", **fields})


def pipeline(**fields: Any) -> Pipeline:
    url = f"{API}/v2/organizations/acme/pipelines/web"
    return Pipeline.from_dict({"id": "p", "slug": "web", "url": url, **fields})


def resolved(level: Level, *arguments: object, root: str = API) -> Reference:
    return resolve("builds.get", level, *arguments, root=root)


@pytest.mark.parametrize(
    ("level", "arguments", "address"),
    [
        ("pipeline", ("web",), Reference("web")),
        ("pipeline", ("acme/web",), PIPELINE),
        ("pipeline", ("https://buildkite.com/acme/web",), PIPELINE),
        ("pipeline", (pipeline(),), PIPELINE),
        ("build", ("web", 42), Reference("web", None, 42)),
        ("build", ("acme/web", 42), BUILD),
        ("build", (pipeline(), 42), BUILD),
        ("build", (build(),), BUILD),
        ("build", (build(), 42), BUILD),
        ("build", ("web", build()), BUILD),
        ("build", ("acme/web", build()), BUILD),
        ("build", ("acme/web/42",), BUILD),
        ("build", (BUILD_URL,), BUILD),
        ("build", (PAGE,), BUILD),
        ("build", (f"{PAGE}#{ID}",), JOB),
        ("job", ("web", 42, ID), Reference("web", None, 42, ID)),
        ("job", ("web", 42, job()), JOB),
        ("job", (job(),), JOB),
        ("job", (build(), None, ID), JOB),
        ("job", (build(), None, job()), JOB),
        ("job", ("web", build(), ID), JOB),
        ("job", (f"{PAGE}#{ID}",), JOB),
        ("job", (f"{BUILD_URL}/jobs/{ID}",), JOB),
        ("job", ("web", 42, f"{PAGE}#{ID}"), JOB),
        ("build or job", (build(),), BUILD),
        ("build or job", (job(),), JOB),
        ("build or job", ("web", 42, job()), JOB),
    ],
)
def test_arguments_name_an_address_together(level: Level, arguments: tuple[object, ...], address: Reference) -> None:
    assert resolved(level, *arguments) == address


@pytest.mark.parametrize(
    "fields",
    [
        {"build_url": BUILD_URL},
        {"build_url": PAGE},
        {"web_url": f"{PAGE}#{ID}"},
        {"log_url": f"{BUILD_URL}/jobs/{ID}/log"},
        {"raw_log_url": f"{BUILD_URL}/jobs/{ID}/log.txt"},
        {"artifacts_url": f"{BUILD_URL}/jobs/{ID}/artifacts"},
        {"unblock_url": f"{PAGE}#{ID}"},
        {"build_url": "", "log_url": f"{BUILD_URL}/jobs/{ID}/log"},
        {"build_url": "https://evil.test/acme/web/builds/1", "web_url": f"{PAGE}#{ID}"},
    ],
    ids=str,
)
def test_a_job_names_its_build_by_any_url_that_is_documented(fields: dict[str, str]) -> None:
    found = Job.from_dict({"id": ID, "type": "script", **fields})
    assert resolved("job", found) == JOB
    assert job_address("jobs.get_by_id", found, root=API) == ("acme", ID)


def test_a_build_of_which_one_url_is_missing_names_itself_by_the_other() -> None:
    assert resolved("build", Build.from_dict({"number": 42, "web_url": PAGE})) == BUILD
    assert resolved("build", Build.from_dict({"number": 42, "url": BUILD_URL})) == BUILD


def test_behind_a_proxy_models_name_themselves_by_their_pages() -> None:
    assert resolved("build", build(), root="https://proxy.test") == BUILD
    assert resolved("job", job(), root="https://proxy.test") == JOB


@pytest.mark.parametrize(
    ("level", "arguments", "kind", "said"),
    [
        (
            "build",
            ("web",),
            TypeError,
            r'misses the argument number.*write builds\.get\("web", 42\), or builds\.get\(build\)',
        ),
        ("build", (ID,), TypeError, "never by its id"),
        ("build", (42,), TypeError, "^pipeline=42 is an int"),
        ("build", (None,), TypeError, "^pipeline is None"),
        ("build", (b"web", 42), TypeError, "^pipeline is a bytes"),
        ("build", (job(),), TypeError, "^pipeline is a Job"),
        ("build", ("web", "42"), TypeError, r"^number='42' is a str, and has to be an int, as int\('42'\) is"),
        ("build", ("web", ID), TypeError, "^number='0199.* is a str, and has to be an int: write"),
        ("build", ("web", True), TypeError, "^number=True is a bool"),
        ("build", ("web", 4.0), TypeError, r"^number=4\.0 is a float"),
        ("build", ("web", 0), ValueError, "^number=0: the numbers of builds begin at 1"),
        ("build", ("web", -1), ValueError, "^number=-1"),
        ("build", ("", 42), ValueError, "^pipeline=''"),
        ("build", ("..", 42), ValueError, r"^pipeline='\.\.'"),
        ("build", ("a/b/c/d", 42), ValueError, "^pipeline='a/b/c/d'"),
        ("build", ("api", build()), ValueError, "is of acme/web #42, and the arguments before it name api"),
        ("build", ("other/web", build()), ValueError, "is of acme/web #42, and the arguments before it name other/web"),
        (
            "build",
            (build(), 43),
            ValueError,
            "^number=43 is of acme/web #43, and the arguments before it name acme/web #42",
        ),
        ("build", (f"{PAGE}", 43), ValueError, "^number=43"),
        ("build", ("https://evil.test/v2/organizations/acme/pipelines/web/builds/42",), ValueError, "another API"),
        ("build", ("https://evil.test/acme/web/builds/42",), ValueError, "host isn't buildkite.com"),
        ("build", (Build.from_dict({"number": 42}),), ValueError, "pipeline is a Build that doesn't tell where it is"),
        ("job", ("web", 42), TypeError, "misses the argument job_id"),
        ("job", (build(),), TypeError, "misses the argument job_id"),
        ("job", (Job.from_dict({"id": ID, "type": "waiter"}),), ValueError, "a Job that doesn't tell where it is"),
        ("job", (job(id=""),), ValueError, "a Job without an id"),
        ("job", ("web", 42, 5), TypeError, "^job_id=5 is an int"),
        ("job", ("web", 42, build()), TypeError, "^job_id is a Build"),
        ("job", ("web", 42, ""), ValueError, "^job_id='' isn't the id of a job"),
        ("job", ("web", 42, PAGE), ValueError, "is the URL of no job"),
        ("job", ("web", 43, job()), ValueError, "^job_id=<Job> is of acme/web #42"),
        ("job", (job(), None, OTHER), ValueError, "^job_id="),
        ("pipeline", (build(),), TypeError, r"The pipeline of a build is build\.pipeline"),
        ("pipeline", (job(),), TypeError, "^pipeline is a Job"),
        ("pipeline", (PAGE,), ValueError, "is the address of a build"),
        ("pipeline", ("acme/web/42",), ValueError, "is the address of a build"),
    ],
)
def test_what_is_no_address_is_refused_by_the_name_of_the_argument(
    level: Level, arguments: tuple[object, ...], kind: type[Exception], said: str
) -> None:
    with pytest.raises(kind, match=said) as caught:
        resolved(level, *arguments)
    assert "rite builds.get(" in str(caught.value) or "builds.get takes a pipeline" in str(caught.value)


def test_a_waiter_s_id_is_enough_beside_a_pipeline_and_a_number() -> None:
    waiter = Job.from_dict({"id": ID, "type": "waiter"})
    assert resolved("job", "web", 42, waiter) == Reference("web", None, 42, ID)
    assert job_address("jobs.get_by_id", waiter, root=API) == (None, ID)


def test_a_job_by_its_id_alone() -> None:
    assert job_address("jobs.get_by_id", ID, root=API) == (None, ID)
    assert job_address("jobs.get_by_id", f"{PAGE}#{ID}", root=API) == ("acme", ID)
    with pytest.raises(TypeError, match=r"^job_id=7 is an int.*write jobs\.get_by_id\("):
        job_address("jobs.get_by_id", 7, root=API)


def test_a_pattern_follows_what_names_a_build() -> None:
    named = [names_build(each, root=API) for each in (build(), job(), PAGE, BUILD_URL, "acme/web/42")]
    assert named == [True] * 5
    unnamed = [names_build(each, root=API) for each in ("web", "acme/web", pipeline(), "", "https://evil.test/x", 42)]
    assert unnamed == [False] * 6


def test_the_organization_of_an_artifact() -> None:
    from buildkite_ext.models import Artifact

    def artifact(url: object) -> Artifact:
        return Artifact.from_dict({"id": "a", "job_id": ID, "url": url})

    assert artifact_organization(artifact(f"{BUILD_URL}/jobs/{ID}/artifacts/a"), root=API) == "acme"
    assert artifact_organization(artifact("https://evil.test/v2/organizations/x/pipelines/y"), root=API) is None
    assert artifact_organization(artifact(None), root=API) is None


SLUGS = st.from_regex(r"[a-z0-9][a-z0-9-]{0,10}", fullmatch=True)
NUMBERS = st.integers(1, 10**12)
ANYTHING = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(), st.binary(), st.just(build()), st.just(job())
)


@given(organization=SLUGS, slug=SLUGS, number=NUMBERS, identity=st.uuids().map(str))
def test_each_way_to_write_an_address_leads_to_the_same(
    organization: str, slug: str, number: int, identity: str
) -> None:
    url = f"{API}/v2/organizations/{organization}/pipelines/{slug}/builds/{number}"
    model = Build.from_dict({"number": number, "url": url})
    part = Job.from_dict({"id": identity, "type": "script", "build_url": url})
    expected = Reference(slug, organization, number)
    ways: list[tuple[object, ...]] = [(f"{organization}/{slug}", number), (url,), (model,), (slug, model)]
    assert {resolved("build", *way) for way in ways} == {expected}
    jobs: list[tuple[object, ...]] = [
        (part,),
        (model, None, identity),
        (slug, number, part),
        (f"{url}/jobs/{identity}",),
    ]
    assert {resolved("job", *way) for way in jobs} == {Reference(slug, organization, number, identity)}


@given(level=st.sampled_from(get_args(Level)), arguments=st.tuples(ANYTHING, ANYTHING, ANYTHING))
def test_an_address_is_whole_or_refused(level: Level, arguments: tuple[object, object, object]) -> None:
    try:
        found = resolved(level, *arguments)
    except (TypeError, ValueError):
        return
    assert found.pipeline
    assert level == "pipeline" or found.number
    assert level != "job" or found.job_id


ARTIFACT = "0199b4d2-9d5e-4b6e-9f00-ba9876543210"
OF_JOB = f"{BUILD_URL}/jobs/{ID}/artifacts/{ARTIFACT}"
LOADED = Artifact.from_dict({"id": ARTIFACT, "job_id": ID, "url": OF_JOB})


@pytest.mark.parametrize(
    ("arguments", "organization"),
    [
        ((ID, ARTIFACT), None),
        ((ID, LOADED), None),
        ((job(), ARTIFACT), "acme"),
        ((LOADED, None), "acme"),
        ((LOADED, LOADED), "acme"),
        ((OF_JOB, None), "acme"),
        ((OF_JOB, ARTIFACT), "acme"),
        ((f"{OF_JOB}/download", None), "acme"),
        ((f"{API}/v2/organizations/acme/jobs/{ID}/artifacts/{ARTIFACT}", None), "acme"),
        (
            (f"https://buildkite.com/organizations/acme/pipelines/web/builds/42/jobs/{ID}/artifacts/{ARTIFACT}", None),
            "acme",
        ),
        ((f"{PAGE}#{ID}", ARTIFACT), "acme"),
    ],
)
def test_arguments_name_an_artifact_together(arguments: tuple[object, object], organization: str | None) -> None:
    assert artifact_address("artifacts.get", *arguments, root=API) == (organization, ID, ARTIFACT)


@pytest.mark.parametrize(
    ("arguments", "error", "said"),
    [
        ((ID, None), TypeError, r"artifacts.get\(\) misses the argument artifact_id"),
        ((f"{PAGE}#{ID}", None), TypeError, "misses the argument artifact_id"),
        ((ID, 7), TypeError, "artifact_id=7 is an int, and has to be the id of an artifact"),
        ((ID, ".."), ValueError, "would address another resource"),
        ((None, ARTIFACT), TypeError, "job_id is None, and has to be the id of a job"),
        ((OF_JOB, ID), ValueError, f"the argument before it names the artifact '{ARTIFACT}'"),
        ((PAGE, ARTIFACT), ValueError, "it is the URL of no job"),
        ((f"https://me:s3cret@api.buildkite.com/v2/x/{ID}", None), ValueError, "holds a user or a password"),
        ((OF_JOB.replace("api.buildkite.com", "evil.test"), None), ValueError, "another API"),
        ((Artifact.from_dict({"id": ARTIFACT, "url": OF_JOB}), None), TypeError, "job_id is None"),
    ],
)
def test_what_names_no_artifact_is_refused(arguments: tuple[object, object], error: type[Exception], said: str) -> None:
    with pytest.raises(error, match=said) as caught:
        artifact_address("artifacts.get", *arguments, root=API)
    assert "s3cret" not in str(caught.value)


def test_the_page_of_a_step_says_how_its_jobs_are_found() -> None:
    with pytest.raises(TypeError, match=rf"shows a step, which may have several jobs: .*step.id is '{ID}'"):
        resolved("job", f"{PAGE}/list?sid={ID}")
    with pytest.raises(ValueError, match=rf"shows a step, .*step.id is '{ID}'"):
        resolved("job", "web", 42, f"{PAGE}/list?sid={ID}")


@pytest.mark.parametrize(
    "url",
    [
        "https://me:s3cret@buildkite.com/acme/web/builds/42",
        "https://me:s3cret@evil.test/acme/web/builds/42",
        "https://me:s3/s3cret@buildkite.com/acme/web",
        f"https://evil.test/v2/organizations/acme/pipelines/web/builds/42/jobs/{ID}?api_key=s3cret",
        f"https://evil.test/v2/organizations/acme/pipelines/web/builds/42/jobs/{ID}?access_token=s3cret#x",
    ],
)
def test_no_error_about_a_url_holds_its_credentials(url: str) -> None:
    for arguments in ((url,), ("web", 42, url)):
        with pytest.raises(ValueError, match=r"builds?") as caught:
            resolved("job", *arguments)
        assert "s3cret" not in str(caught.value)
    with pytest.raises(ValueError, match=r"job") as caught:
        job_address("jobs.get_by_id", url, root=API)
    assert "s3cret" not in str(caught.value)
