"""Addresses of pipelines, builds and jobs: slugs, and URLs of the web site and of the API."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from buildkite_ext.simulation import Simulator
from buildkite_ext.urls import BuildAddress, build_address

API = "https://api.buildkite.com"
JOB = "0199b4d2-3c1f-4b6e-9f00-0123456789ab"
WEB = BuildAddress("web", "acme")
BUILD = BuildAddress("web", "acme", 42)
JOB_OF_BUILD = BuildAddress("web", "acme", 42, JOB)
ROUTE = f"{API}/v2/organizations/acme/pipelines/web"

ADDRESSES = {
    "web": BuildAddress("web"),
    " web ": BuildAddress("web"),
    "42": BuildAddress("42"),
    "acme/web": WEB,
    "acme/42": BuildAddress("42", "acme"),
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
    "HTTPS://Buildkite.com/acme/web/builds/42#annotation-coverage": BUILD,
    f"https://buildkite.com/acme/web/builds/42#{JOB}": JOB_OF_BUILD,
    f"https://buildkite.com/acme/web/builds/42#{JOB}/12-40": JOB_OF_BUILD,
    f"https://buildkite.com/acme/web/builds/42/steps/canvas?sid={JOB}": BUILD,
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
}

REFUSED = {
    "": "can't be a slug",
    " ": "can't be a slug",
    "..": "can't be a slug",
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
    "we\nb": "control character",
    "https://buildkite.com/": "names no pipeline",
    "https://buildkite.com/acme": "names no pipeline",
    "https://buildkite.com/organizations/acme/agents": "names no pipeline",
    "https://buildkite.com/acme/web/builds/new": "can't be a build's number",
    "https://buildkite.com/acme/..%2f..": "can't be a slug",
    "https://buildkite.com/acme/%2e%2e": "can't be a slug",
    "https://buildkite.com/acme/%0a": "can't be a slug",
    "https://github.com/acme/web": "its host isn't buildkite.com",
    "https://buildkite.com.evil.example/acme/web/builds/42": "its host isn't buildkite.com",
    "https://me:s3cret@buildkite.com/acme/web/builds/42": "holds a user or a password",
    "ftp://buildkite.com/acme/web": "isn't http or https",
    "https://": "isn't http or https",
    "https://[/acme/web": "isn't a URL",
    "https://buildkite.com:port/acme/web": "isn't a URL",
    f"{API}/v2/user": "its host isn't buildkite.com",
    f"{API}/v2/organizations/acme": "names no pipeline",
    f"{API}/v2/organizations/acme/builds": "names no pipeline",
    "https://evil.example/v2/organizations/acme/pipelines/web/builds/42": "another API than https://api.buildkite.com",
    "http://api.buildkite.com/v2/organizations/acme/pipelines/web": "another API than https://api.buildkite.com",
    "https://api.buildkite.com:444/v2/organizations/acme/pipelines/web": "another API",
}


@pytest.mark.parametrize(("text", "expected"), ADDRESSES.items(), ids=ADDRESSES)
def test_every_form_of_an_address(text: str, expected: BuildAddress) -> None:
    assert build_address(text) == expected


@pytest.mark.parametrize(("text", "said"), REFUSED.items(), ids=REFUSED)
def test_what_names_no_pipeline_is_refused_with_the_reason(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=said) as caught:
        build_address(text)
    assert "s3cret" not in str(caught.value)


def test_another_root_has_its_own_api_and_web_pages_on_any_host() -> None:
    root = "http://127.0.0.1:8080/proxy"
    path = "v2/organizations/acme/pipelines/web/builds/42"
    assert build_address(f"{root}/{path}", root=root) == BUILD
    assert build_address("https://buildkite.test/acme/web/builds/42", root=root) == BUILD
    for foreign in (f"{API}/{path}", f"http://127.0.0.1:8081/proxy/{path}", f"https://127.0.0.1:8080/proxy/{path}"):
        with pytest.raises(ValueError, match="another API"):
            build_address(foreign, root=root)


def test_the_urls_of_a_build_and_its_job_lead_back_to_them() -> None:
    simulator = Simulator()
    simulator.pipeline("web").job("test")
    with simulator.client() as client:
        build = client.builds.create("web", commit="HEAD", branch="main")
        root = build.url.partition("/v2/")[0]
        for url in (build.url, build.web_url):
            assert build_address(url, root=root) == BuildAddress("web", simulator.organization, build.number)
        job = build.jobs[0]
        assert build_address(job.web_url, root=root) == BuildAddress(
            "web", simulator.organization, build.number, job.id
        )


SLUGS = st.text(st.characters(blacklist_categories=("C", "Z")), min_size=1, max_size=20).filter(
    lambda text: text.strip() not in ("", ".", "..") and not set(text) & set("/\\?#%")
)
NUMBERS = st.integers(1, 10**17)


@given(organization=SLUGS, pipeline=SLUGS, number=NUMBERS, job=st.none() | st.uuids().map(str))
def test_an_address_survives_its_web_and_api_urls(
    organization: str, pipeline: str, number: int, job: str | None
) -> None:
    expected = BuildAddress(pipeline, organization, number, job)
    org, slug = quote(organization), quote(pipeline)
    if organization not in ("organizations", "v2"):
        web = f"https://buildkite.com/{org}/{slug}/builds/{number}"
        assert build_address(web if job is None else f"{web}#{job}") == expected
    url = f"{API}/v2/organizations/{org}/pipelines/{slug}/builds/{number}"
    assert build_address(url if job is None else f"{url}/jobs/{job}/log") == expected


@given(st.text(max_size=80) | st.from_regex(r"https?://[^\s]{0,60}", fullmatch=True))
def test_any_text_is_an_address_whose_parts_fit_a_path_or_a_value_error(text: str) -> None:
    try:
        found = build_address(text)
    except ValueError:
        return
    for part in (found.pipeline, found.organization, found.job_id):
        assert part is None or (part.strip() not in ("", ".", "..") and not set(part) & set("/\\?#%"))
    assert found.number is None or found.number > 0


@given(st.from_regex(r"[a-z0-9.-]{1,30}", fullmatch=True))
def test_no_foreign_host_is_taken_for_the_api(host: str) -> None:
    url = f"https://{host}/v2/organizations/acme/pipelines/web/builds/42"
    if host == "api.buildkite.com":
        assert build_address(url) == BUILD
    else:
        with pytest.raises(ValueError, match=r"another API|isn't"):
            build_address(url)
