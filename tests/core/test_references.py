"""References to pipelines, builds, jobs, artifacts and pull requests: slugs, and URLs of the web site and of the API."""

from __future__ import annotations

from urllib.parse import quote

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from buildkite_ext import BuildkiteClient
from buildkite_ext.models import Build
from buildkite_ext.references import (
    JobReference,
    PullRequestReference,
    Reference,
    is_uuid,
    read_job_reference,
    read_pull_request,
    read_reference,
    refuse_page,
)
from buildkite_ext.simulation import Simulator

from .fakes import TOKEN, FakeClock, answer, build

API = "https://api.buildkite.com"
JOB = "0199b4d2-3c1f-4b6e-9f00-0123456789ab"
ARTIFACT = "0199b4d2-9d5e-4b6e-9f00-ba9876543210"
WEB = Reference("web", "acme")
BUILD = Reference("web", "acme", 42)
JOB_OF_BUILD = Reference("web", "acme", 42, JOB)
OF_JOB = Reference("web", "acme", 42, JOB, ARTIFACT)
STEP = Reference("web", "acme", 42, step_id=JOB)
ROUTE = f"{API}/v2/organizations/acme/pipelines/web"

ADDRESSES = {
    "web": Reference("web"),
    " web ": Reference("web"),
    "42": Reference("42"),
    "acme/web": WEB,
    "acme/42": Reference("42", "acme"),
    "acme/web/42": BUILD,
    "acme/web/builds/42": BUILD,
    "https://buildkite.com/acme/web": WEB,
    "https://buildkite.com/acme/web/": WEB,
    "https://buildkite.com/acme/web/builds": WEB,
    "https://buildkite.com/acme/web/settings/steps": WEB,
    "https://buildkite.com/acme/web/builds?branch=main": WEB,
    "https://buildkite.com/acme/web/builds/42": BUILD,
    "buildkite.com/acme/web/builds/42": BUILD,
    "http://www.buildkite.com/acme/web/builds/42": BUILD,
    "BuildKite.com/acme/web/builds/42": BUILD,
    "https://buildkite.com:443/acme/web/builds/42": BUILD,
    "http://buildkite.com:80/acme/web/builds/42": BUILD,
    "HTTPS://Buildkite.com/acme/web/builds/42#annotation-coverage": BUILD,
    f"https://buildkite.com/acme/web/builds/42#{JOB}": JOB_OF_BUILD,
    f"https://buildkite.com/acme/web/builds/42#{JOB}/12-40": JOB_OF_BUILD,
    f"https://buildkite.com/acme/web/builds/42/steps/canvas?sid={JOB}": STEP,
    f"https://buildkite.com/acme/web/builds/42/list?sid={JOB}&tab=output": STEP,
    "https://buildkite.com/acme/web/builds/42/list?sid=lint": BUILD,
    f"https://buildkite.com/acme/web/builds/42/list?sid={JOB}#{ARTIFACT}/212-1320": Reference(
        "web", "acme", 42, ARTIFACT, None, JOB
    ),
    f"https://buildkite.com/acme/web/builds/42/waterfall?jid={JOB}": JOB_OF_BUILD,
    f"https://buildkite.com/organizations/acme/pipelines/web/builds/42/jobs/{JOB}/artifacts/{ARTIFACT}": OF_JOB,
    f"https://buildkite.com/organizations/acme/pipelines/web/builds/42/jobs/{JOB}/artifacts": JOB_OF_BUILD,
    f"https://buildkite.com/acme/web/builds/42/steps/canvas?jid={JOB}&tab=output": JOB_OF_BUILD,
    f"https://buildkite.com/organizations/acme/pipelines/web/builds/42/jobs/{JOB}/download.txt": JOB_OF_BUILD,
    "https://buildkite.com/organizations/acme/pipelines/web/builds/42": BUILD,
    ROUTE: WEB,
    f"{ROUTE}/builds": WEB,
    f"{ROUTE}/builds?state=failed": WEB,
    f"{ROUTE}/builds/42": BUILD,
    f"{ROUTE}/builds/42/cancel": BUILD,
    f"{ROUTE}/builds/42/jobs": BUILD,
    f"{ROUTE}/builds/42/jobs/{JOB}": JOB_OF_BUILD,
    f"{ROUTE}/builds/42/jobs/{JOB}/log.txt": JOB_OF_BUILD,
    f"{ROUTE}/builds/42/jobs/{JOB}/artifacts": JOB_OF_BUILD,
    f"{ROUTE}/builds/42/jobs/{JOB}/artifacts/{ARTIFACT}": OF_JOB,
    f"{ROUTE}/builds/42/jobs/{JOB}/artifacts/{ARTIFACT}/download": OF_JOB,
}

REFUSED = {
    "": "can't be a slug",
    " ": "can't be a slug",
    ".": "can't be a slug: give PIPELINE",
    "..": "can't be a slug: give PIPELINE",
    "acme/..": "can't be a slug",
    "acme/": "can't be a slug",
    "/web": "can't be a slug",
    "acme/web/0": "can't be a build's number",
    "acme/web/latest": "can't be a build's number",
    "acme/web/-1": "can't be a build's number",
    "acme/web/٤٢": "can't be a build's number",
    "acme/web/builds": "give PIPELINE, ORG/PIPELINE",
    "acme/web/42/jobs": "give PIPELINE, ORG/PIPELINE",
    "web?x": "can't be a slug",
    "web#42": "can't be a slug",
    "we\\b": "can't be a slug",
    "we\nb": "^it holds a control character$",
    "we\udcffb": "^it isn't UTF-8 text$",
    "https://buildkite.com/acme/%ff": "can't be a slug",
    "https://buildkite.com/": "names no pipeline",
    "https://buildkite.com/acme": "names no pipeline",
    "https://buildkite.com/organizations/acme/agents": "names no pipeline",
    "https://buildkite.com/acme/web/builds/new": "can't be a build's number",
    "https://buildkite.com/acme/..%2f..": "can't be a slug",
    "https://buildkite.com/acme/%2e%2e": "can't be a slug",
    "https://buildkite.com/acme/%0a": "can't be a slug",
    "https://buildkite.com/acme/./web/builds/42": "a segment of dots",
    "https://buildkite.com/acme/web/builds/42/../../other/builds/7": "^a segment of dots .* leads to another path$",
    "https://buildkite.com/acme/web/builds/42/%2e%2E/7": "a segment of dots",
    "https://buildkite.com/acme/web%2fbuilds%2f42": "can't be a slug",
    "https://buildkite.com/acme/web%252fbuilds": "can't be a slug",
    f"{ROUTE}/builds/42/jobs/a%2fb": "can't be a slug",
    f"{ROUTE}/builds/42/jobs/{JOB}/artifacts/..%2f1": "can't be a slug",
    f"{ROUTE}/builds/42/jobs/{JOB}/artifacts/a%3fb": "can't be a slug",
    "https://buildkite.com\\@evil.example/acme/web": "holds a user or a password",
    "https://buildkite.com\\.evil.example/acme/web": "its host isn't buildkite.com",
    "https://buildkite.com@evil.example/acme/web": "holds a user or a password",
    "https://github.com/acme/web": "^its host isn't buildkite.com$",
    "https://buildkite.com:444/acme/web/builds/42": "its host isn't buildkite.com",
    "https://buildkite.test/acme/web/builds/42": "its host isn't buildkite.com",
    "https://buildkite.com.evil.example/acme/web/builds/42": "its host isn't buildkite.com",
    "https://me:s3cret@buildkite.com/acme/web/builds/42": "^its URL holds a user or a password$",
    "ftp://buildkite.com/acme/web": "^its scheme isn't http or https$",
    "https://": "isn't http or https",
    "https://[/acme/web": "^it isn't a URL$",
    "https://buildkite.com:port/acme/web": "isn't a URL",
    f"{API}/v2/user": "its host isn't buildkite.com",
    f"{API}/v2/organizations/acme": "names no pipeline",
    f"{API}/v2/organizations/acme/builds": "names no pipeline",
    "https://evil.example/v2/organizations/acme/pipelines/web/builds/42": "another API than https://api.buildkite.com",
    "http://api.buildkite.com/v2/organizations/acme/pipelines/web": "another API than https://api.buildkite.com",
    "https://api.buildkite.com:444/v2/organizations/acme/pipelines/web": "another API",
}


@pytest.mark.parametrize(("text", "expected"), ADDRESSES.items(), ids=ADDRESSES)
def test_every_form_of_an_address(text: str, expected: Reference) -> None:
    assert read_reference(text) == expected


@pytest.mark.parametrize(("text", "said"), REFUSED.items(), ids=REFUSED)
def test_what_names_no_pipeline_is_refused_with_the_reason(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=said) as caught:
        read_reference(text)
    assert "s3cret" not in str(caught.value)


def test_another_root_has_its_own_api_and_its_own_web_pages() -> None:
    root = "http://127.0.0.1:8080/proxy"
    path = "v2/organizations/acme/pipelines/web/builds/42"
    assert read_reference(f"{root}/{path}", root=root) == BUILD
    assert read_reference("https://buildkite.test/acme/web/builds/42", root=root) == BUILD
    assert read_reference(f"{API}/{path}", root=root) == BUILD  # as answers hold it that a proxy has passed on
    # Buildkite's own URLs, however the path of the proxy begins.
    assert read_reference(f"{API}/{path}", root="https://proxy.example/v2") == BUILD
    for foreign in (f"http://127.0.0.1:8081/proxy/{path}", f"https://127.0.0.1:8080/proxy/{path}"):
        with pytest.raises(ValueError, match="another API"):
            read_reference(foreign, root=root)


@pytest.mark.parametrize("root", ["https://api.bk.example", "https://bk.example/api", "http://bk.example:8080"])
def test_with_another_root_pages_of_its_host_and_of_buildkite_are_read(root: str) -> None:
    for host in ("buildkite.com", "www.buildkite.com", "BUILDKITE.com", "bk.example", "bk.example:3000"):
        assert read_reference(f"https://{host}/acme/web/builds/42", root=root) == BUILD
    for host in (
        "evil.example",
        "buildkite.com.evil.example",
        "bk.example.evil.example",
        "evilbk.example",
        "github.com",
        "buildkite.com:444",
    ):
        with pytest.raises(ValueError, match=f"its host isn't buildkite.com, nor that of {root}"):
            read_reference(f"https://{host}/acme/web/builds/42", root=root)


def test_a_client_of_another_api_sends_requests_there_alone() -> None:
    hosts: set[str] = set()

    def app(request: httpx.Request) -> httpx.Response:
        hosts.add(request.url.host)
        if request.url.path.endswith("/builds"):
            return answer([build(number, state="passed") for number in range(1, 9)])
        return answer(build(42, state="passed"))

    with BuildkiteClient(
        "acme", token=TOKEN, base_url="https://proxy.example/bk", transport=httpx.MockTransport(app), clock=FakeClock()
    ) as client:
        found = client.builds.get("web", 42)
        assert found.url is not None
        assert found.url.startswith(API)
        for address in (
            found,
            found.url,
            found.web_url,
            "https://proxy.example/bk/v2/organizations/acme/pipelines/web/builds/42",
        ):
            assert client.builds.get(address).number == 42
            assert client.builds.wait(address)
        watched = client.builds.watcher().wait_all([f"acme/web/{number}" for number in range(1, 9)])
        assert sum(result.requests for result in watched) == 0  # lists show them all
    assert hosts == {"proxy.example"}


def test_the_urls_of_a_build_and_its_job_lead_back_to_them() -> None:
    simulator = Simulator()
    simulator.pipeline("web").job("test")
    with simulator.client() as client:
        build = client.builds.create("web", commit="HEAD", branch="main")
        root = build.url.partition("/v2/")[0]
        for url in (build.url, build.web_url):
            assert read_reference(url, root=root) == Reference("web", simulator.organization, build.number)
        job = build.jobs[0]
        assert read_reference(job.web_url, root=root) == Reference("web", simulator.organization, build.number, job.id)


SLUGS = st.text(st.characters(blacklist_categories=("C", "Z")), min_size=1, max_size=20).filter(
    lambda text: text.strip() not in ("", ".", "..") and not set(text) & set("/\\?#%")
)
NUMBERS = st.integers(1, 10**17)


@given(organization=SLUGS, pipeline=SLUGS, number=NUMBERS, job=st.none() | st.uuids().map(str))
def test_an_address_survives_its_web_and_api_urls(
    organization: str, pipeline: str, number: int, job: str | None
) -> None:
    expected = Reference(pipeline, organization, number, job)
    org, slug = quote(organization), quote(pipeline)
    if organization not in ("organizations", "v2"):
        web = f"https://buildkite.com/{org}/{slug}/builds/{number}"
        assert read_reference(web if job is None else f"{web}#{job}") == expected
    url = f"{API}/v2/organizations/{org}/pipelines/{slug}/builds/{number}"
    assert read_reference(url if job is None else f"{url}/jobs/{job}/log") == expected


@given(st.text(max_size=80) | st.from_regex(r"https?://[^\s]{0,60}", fullmatch=True))
def test_any_text_is_an_address_whose_parts_fit_a_path_or_a_value_error(text: str) -> None:
    try:
        found = read_reference(text)
    except ValueError:
        return
    for part in (found.pipeline, found.organization, found.job_id, found.artifact_id):
        assert part is None or (part.strip() not in ("", ".", "..") and not set(part) & set("/\\?#%"))
    assert found.number is None or found.number > 0


@given(st.from_regex(r"[a-z0-9.-]{1,30}", fullmatch=True))
def test_no_foreign_host_is_taken_for_the_api(host: str) -> None:
    url = f"https://{host}/v2/organizations/acme/pipelines/web/builds/42"
    if host == "api.buildkite.com":
        assert read_reference(url) == BUILD
    else:
        with pytest.raises(ValueError, match=r"another API|isn't"):
            read_reference(url)


IDS = st.uuids().map(str)
WORDS = st.sampled_from(["organizations", "v2", "pipelines", "builds", "jobs"])
"""Slugs that stand in the paths of URLs too."""


@given(
    organization=SLUGS | WORDS,
    pipeline=SLUGS | WORDS,
    number=NUMBERS,
    job=IDS,
    artifact=IDS,
    step=IDS,
    parts=st.integers(0, 4),
)
def test_what_is_written_is_read_as_the_same_reference(
    organization: str, pipeline: str, number: int, job: str, artifact: str, step: str, parts: int
) -> None:
    written = [
        Reference(pipeline, organization),
        Reference(pipeline, organization, number),
        Reference(pipeline, organization, number, job),
        Reference(pipeline, organization, number, job, artifact),
        Reference(pipeline, organization, number, step_id=step),
    ][parts]
    assert read_reference(written.web_url()) == written
    in_api = written if written.step_id is None else Reference(pipeline, organization, number)
    assert read_reference(written.url()) == in_api
    root = "http://localhost:8080/proxy"
    assert read_reference(written.url(root), root=root) == in_api


@pytest.mark.parametrize(
    ("reference", "url", "page"),
    [
        (WEB, "", "acme/web"),
        (BUILD, "/builds/42", "acme/web/builds/42"),
        (STEP, "/builds/42", f"acme/web/builds/42/steps/canvas?sid={JOB}"),
        (JOB_OF_BUILD, f"/builds/42/jobs/{JOB}", f"acme/web/builds/42#{JOB}"),
        (
            OF_JOB,
            f"/builds/42/jobs/{JOB}/artifacts/{ARTIFACT}",
            f"organizations/acme/pipelines/web/builds/42/jobs/{JOB}/artifacts/{ARTIFACT}",
        ),
        (
            Reference("web", "acme", 42, JOB, step_id=ARTIFACT),
            f"/builds/42/jobs/{JOB}",
            f"acme/web/builds/42/steps/canvas?sid={ARTIFACT}#{JOB}",
        ),
        (Reference("web", "acme", None, JOB, ARTIFACT, JOB), "", "acme/web"),
        (Reference("web", "acme", 42, None, ARTIFACT), "/builds/42", "acme/web/builds/42"),
    ],
)
def test_a_reference_is_written_as_the_urls_of_the_api_and_of_the_page(
    reference: Reference, url: str, page: str
) -> None:
    assert reference.url() == f"{ROUTE}{url}"
    assert reference.web_url() == f"https://buildkite.com/{page}"
    assert reference.url("http://bk.test/x") == f"{ROUTE}{url}".replace(API, "http://bk.test/x")
    assert reference.web_url("http://bk.test:3000") == f"http://bk.test:3000/{page}"


def test_slugs_and_ids_are_encoded() -> None:
    odd = Reference("wéb", "a&c", 42, "j b", "a+t")
    assert odd.url() == f"{API}/v2/organizations/a%26c/pipelines/w%C3%A9b/builds/42/jobs/j%20b/artifacts/a%2Bt"
    assert odd.web_url() == (
        "https://buildkite.com/organizations/a%26c/pipelines/w%C3%A9b/builds/42/jobs/j%20b/artifacts/a%2Bt"
    )
    assert Reference("web", "acme", 42, "j b", step_id="s t").web_url().endswith("/steps/canvas?sid=s%20t#j%20b")
    for wrong in (Reference("..", "acme"), Reference("web", "a/b"), Reference("web", "acme", 42, "a/b")):
        with pytest.raises(ValueError, match="can't be a slug"):
            wrong.url()
        with pytest.raises(ValueError, match="can't be a slug"):
            wrong.web_url()


def test_a_reference_without_an_organization_has_no_url() -> None:
    for write in (Reference("web", None, 42).url, Reference("web", None, 42).web_url):
        with pytest.raises(ValueError, match=r"'web' names no organization"):
            write()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"{API}/v2/organizations/acme/jobs/{JOB}", JobReference(JOB, "acme")),
        (f"{API}/v2/organizations/acme/jobs/{JOB}/log.txt", JobReference(JOB, "acme")),
        (f"{API}/v2/organizations/acme/jobs/{JOB}/artifacts", JobReference(JOB, "acme")),
        (f"{API}/v2/organizations/acme/jobs/{JOB}/artifacts/{ARTIFACT}", JobReference(JOB, "acme", ARTIFACT)),
        (f"{API}/v2/organizations/acme/jobs/{JOB}/artifacts/{ARTIFACT}/download", JobReference(JOB, "acme", ARTIFACT)),
        (OF_JOB.url(), JobReference(JOB, "acme", ARTIFACT)),
        (OF_JOB.web_url(), JobReference(JOB, "acme", ARTIFACT)),
        (JOB_OF_BUILD.web_url(), JobReference(JOB, "acme")),
        (f" {JOB_OF_BUILD.url()} ", JobReference(JOB, "acme")),
    ],
)
def test_a_job_is_known_by_its_id_alone(text: str, expected: JobReference) -> None:
    assert read_job_reference(text) == expected


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (JOB, "^it isn't the URL of a job$"),
        (BUILD.url(), "^it is the URL of no job$"),
        (STEP.web_url(), "^it is the URL of a step of the build, and no job$"),
        (f"{API}/v2/organizations/acme/jobs/", "names no pipeline"),
        (f"{API}/v2/organizations/acme/jobs/..", "segment of dots"),
        (f"{API}/v2/organizations/acme/jobs/a%2fb", "can't be a slug"),
        (f"https://evil.example/v2/organizations/acme/jobs/{JOB}", "another API"),
        (f"https://me:s3cret@api.buildkite.com/v2/organizations/acme/jobs/{JOB}", "holds a user or a password"),
    ],
)
def test_what_names_no_job_is_refused_with_the_reason(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=said) as caught:
        read_job_reference(text)
    assert "s3cret" not in str(caught.value)


PULL_REQUEST = PullRequestReference("github.com", "acme/web", 12)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("https://github.com/acme/web/pull/12", PULL_REQUEST),
        ("https://github.com/acme/web/pull/12/files#diff-1", PULL_REQUEST),
        ("https://GitHub.com/acme/web/pull/012?w=1", PULL_REQUEST),
        ("https://github.com/acme/web/pull/1", PullRequestReference("github.com", "acme/web", 1)),
        ("https://git.acme.test/acme/web/pull/12", PullRequestReference("git.acme.test", "acme/web", 12)),
        ("https://bitbucket.org/acme/web/pull-requests/12/diff", PullRequestReference("bitbucket.org", "acme/web", 12)),
        ("https://gitlab.com/acme/a/web/-/merge_requests/12", PullRequestReference("gitlab.com", "acme/a/web", 12)),
    ],
)
def test_pull_requests_are_read(text: str, expected: PullRequestReference) -> None:
    assert read_pull_request(text) == expected


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("12", "isn't http or https"),
        ("", "isn't http or https"),
        (
            "https://github.com/acme/web/issues/12",
            "^it isn't the URL of a pull request, such as https://github.com/acme/web/pull/12$",
        ),
        ("https://github.com/web/pull/12", "isn't the URL of a pull request"),
        ("https://github.com/acme/web/pull/0", "isn't the URL of a pull request"),
        ("https://github.com/acme/web/pull/new", "isn't the URL of a pull request"),
        ("https://github.com/acme/../web/pull/12", "segment of dots"),
        ("https://github.com/acme/a%2fb/pull/12", "can't be a slug"),
        ("https://me:s3cret@github.com/acme/web/pull/12", "holds a user or a password"),
    ],
)
def test_what_is_no_pull_request_is_refused_with_the_reason(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=said) as caught:
        read_pull_request(text)
    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize(
    ("changes", "is_of"),
    [
        ({"pull_request": {"id": "12"}}, True),
        ({"pull_request": {"id": "12"}, "pipeline": {"repository": "git@github.com:acme/web.git"}}, True),
        ({"pull_request": {"id": "12"}, "pipeline": {"repository": "https://x@github.com/Acme/Web"}}, True),
        ({"pull_request": {"id": "12"}, "pipeline": {"repository": "ssh://git@github.com:22/acme/web.git"}}, True),
        ({"pull_request": {"id": "12"}, "pipeline": {"repository": "git@github.com:acme/api.git"}}, False),
        ({"pull_request": {"id": "12"}, "pipeline": {"repository": "git@gitlab.com:acme/web.git"}}, False),
        ({"pull_request": {"id": "1"}}, False),
        ({"pull_request": {}}, False),
        ({"pull_request": None}, False),
        ({}, False),
    ],
)
def test_the_builds_of_a_pull_request_are_told_by_number_and_repository(
    changes: dict[str, object], is_of: bool
) -> None:
    assert PULL_REQUEST.is_of(Build.from_dict({"id": "b", "number": 1, **changes})) is is_of


@given(st.text(max_size=60) | st.from_regex(r"https://[a-z.]{1,9}/[^\s]{0,40}/pull/[0-9]{1,3}", fullmatch=True))
def test_any_text_is_a_pull_request_or_a_value_error(text: str) -> None:
    try:
        found = read_pull_request(text)
    except ValueError:
        return
    assert found.number > 0
    assert read_pull_request(f"https://{found.host}/{quote(found.repository)}/pull/{found.number}") == found


@pytest.mark.parametrize(
    ("text", "is_one"),
    [(JOB, True), (f" {JOB.upper()}\n", True), (JOB[:-1], False), (f"{JOB}0", False), ("deploy", False)],
)
def test_an_id_of_buildkite_is_told_by_its_form(text: str, is_one: bool) -> None:
    assert is_uuid(text) is is_one


@pytest.mark.parametrize(
    ("page", "route"),
    [
        ("https://buildkite.com/acme/web", "organizations/acme/pipelines/web"),
        ("buildkite.com/acme/web", "organizations/acme/pipelines/web"),
        ("WWW.Buildkite.com/acme/web/builds/42?tab=x", "organizations/acme/pipelines/web/builds/42"),
        ("http://www.buildkite.com/acme/web/builds/42", "organizations/acme/pipelines/web/builds/42"),
        (JOB_OF_BUILD.web_url(), f"organizations/acme/pipelines/web/builds/42/jobs/{JOB}"),
        (OF_JOB.web_url(), f"organizations/acme/pipelines/web/builds/42/jobs/{JOB}/artifacts/{ARTIFACT}"),
    ],
)
@pytest.mark.parametrize("root", [API, "https://proxy.example/bk"])
def test_a_page_in_place_of_a_path_is_refused_with_the_path(page: str, route: str, root: str) -> None:
    with pytest.raises(ValueError, match=f"^it is a page of the web site; write {route}$"):
        refuse_page(page, root=root)


SIMULATED = "http://127.0.0.1:8080"


@pytest.mark.parametrize(
    ("path", "root"),
    [
        ("organizations/acme/builds", API),
        ("acme/web/builds/42", API),
        (BUILD.url(), API),
        ("buildkite.com", API),
        ("https://buildkite.com/acme", API),  # it names no pipeline, and leads outside of the API
        ("https://buildkite.test/acme/web/builds/42", API),
        ("https://bk.example/acme/web/builds/42", API),
        (BUILD.url(SIMULATED), SIMULATED),
        (f"{SIMULATED}/acme/web/builds/42", SIMULATED),  # below the API
        ("https://buildkite.test/acme/web", SIMULATED),  # any URL of two segments looks like the page of a pipeline
        ("https://evil.example/acme/web/builds/42", SIMULATED),
        ("acme/web/builds/42", SIMULATED),
    ],
)
def test_what_may_be_a_path_of_the_api_is_left_to_it(path: str, root: str) -> None:
    refuse_page(path, root=root)


def test_pages_of_another_api_are_refused_too() -> None:
    for page in ("https://buildkite.test/acme/web/builds/42", "http://127.0.0.1:3000/acme/web/builds/42"):
        with pytest.raises(ValueError, match=r"write organizations/acme/pipelines/web/builds/42$"):
            refuse_page(page, root=SIMULATED)
