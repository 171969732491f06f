"""Pipelines and builds on the command line: slugs, ORG/PIPELINE, and URLs; the branch that isn't given; short options."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from buildkite_ext.simulation import Simulator

from .conftest import TOKEN, Ended, ended

Run = Callable[..., Ended]
Start = Callable[..., subprocess.Popen[str]]
JOB = "0199b4d2-3c1f-4b6e-9f00-0123456789ab"
BUILD = "https://buildkite.com/acme/web/builds/1"


@pytest.fixture
def quick(command: Run, web: Simulator) -> Run:
    """Return a function that runs `run … --quiet` for a pipeline that passes."""
    web.pipeline("web").job("test", after=0.02)
    return lambda *words: command("run", *words, "--quiet", "--poll-interval", "50ms")


@pytest.fixture
def canceled(command: Run, web: Simulator) -> Run:
    """Return a function that runs `cancel …` for build 1 of acme/web, which runs."""
    web.pipeline("web").job("test", after=1)
    with web.client() as client:
        client.builds.create("web", commit="HEAD", branch="main")
    return lambda *words: command("cancel", *words)


PIPELINES = {
    "a slug": ("web",),
    "ORG/PIPELINE": ("acme/web",),
    "the option": ("--pipeline", "web"),
    "the short option": ("-p", "acme/web"),
    "a page": ("https://buildkite.test/acme/web",),
    "the page of a build": (f"https://buildkite.test/acme/web/builds/7#{JOB}",),
    "a URL of the API": ("{base_url}/v2/organizations/acme/pipelines/web/builds",),
}


@pytest.mark.parametrize("words", PIPELINES.values(), ids=PIPELINES)
def test_run_takes_every_address_of_a_pipeline(quick: Run, web: Simulator, words: tuple[str, ...]) -> None:
    result = quick(*(word.replace("{base_url}", web.base_url) for word in words))
    assert (result.code, result.err) == (0, "")
    assert result.out.startswith("Build web #1 passed in ")
    assert [request.operation for request in web.requests][:2] == ["get_pipeline", "create_build"]


BUILDS = {
    "a slug and a number": ("web", "1"),
    "ORG/PIPELINE and a number": ("acme/web", "1"),
    "a page and a number": ("https://buildkite.test/acme/web", "1"),
    "ORG/PIPELINE/NUMBER": ("acme/web/1",),
    "a number and the option": ("1", "--pipeline", "web"),
    "a number and the short option": ("-p", "acme/web", "1"),
    "the page of the build": ("https://buildkite.test/acme/web/builds/1",),
    "the page of a job": (f"https://buildkite.test/acme/web/builds/1#{JOB}",),
    "a URL of the API": ("{base_url}/v2/organizations/acme/pipelines/web/builds/1",),
    "a job of the API": (f"{{base_url}}/v2/organizations/acme/pipelines/web/builds/1/jobs/{JOB}/log",),
    "the page, and the number again": ("https://buildkite.test/acme/web/builds/1", "1"),
}


@pytest.mark.parametrize("words", BUILDS.values(), ids=BUILDS)
def test_cancel_takes_every_address_of_a_build(canceled: Run, web: Simulator, words: tuple[str, ...]) -> None:
    result = canceled(*(word.replace("{base_url}", web.base_url) for word in words))
    assert (result.code, result.err) == (0, "")
    assert result.out.startswith("Build web #1 is cancel")


def test_the_organization_of_an_address_comes_before_that_of_the_environment(
    canceled: Run, quick: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BUILDKITE_ORGANIZATION_SLUG", "elsewhere")
    assert canceled("acme/web", "1").code == 0
    assert quick("acme/web").code == 0
    monkeypatch.delenv("BUILDKITE_ORGANIZATION_SLUG")
    assert canceled("acme/web/1").code == 0
    assert canceled("acme/web/1", "--organization", "acme").code == 0


def test_advice_repeats_the_organization_of_an_address(command: Run, web: Simulator) -> None:
    web.pipeline("web").job("test", after=30)
    result = command("run", "acme/web", "--timeout", "0.1", "--no-follow")
    assert result.code == 6
    assert result.err.endswith("This cancels it: buildkite-ext cancel web 1 --organization acme\n")


def test_an_address_names_the_organization_of_the_simulator(command: Run) -> None:
    result = command("run", "https://buildkite.com/globex/web", "--simulate", "--json", "--quiet")
    assert result.code == 0
    assert json.loads(result.out)["organization"] == "globex"


REFUSED = {
    "no pipeline": (["run"], "missing argument PIPELINE"),
    "two pipelines": (["run", "web", "-p", "api"], "PIPELINE and --pipeline: give one of them."),
    "another site": (["run", "https://github.com/acme/web/builds"], "PIPELINE: its host isn't buildkite.com"),
    "another API": (
        ["run", "https://evil.example/v2/organizations/acme/pipelines/web"],
        "PIPELINE: it is a URL of another API than https://api.buildkite.com",
    ),
    "a password": (["run", "https://me:s3cret@buildkite.com/acme/web"], "holds a user or a password"),
    "no page of a pipeline": (["run", "-p", "https://buildkite.com/acme"], "--pipeline: it names no pipeline"),
    "two organizations": (
        ["run", "acme/web", "--organization", "globex"],
        "PIPELINE names the organization 'acme', and --organization 'globex': give one of them.",
    ),
    "no build": (["cancel"], "missing argument BUILD"),
    "a pipeline alone": (["cancel", "acme/web"], "missing argument NUMBER"),
    "a number alone": (
        ["cancel", "42"],
        "missing argument PIPELINE: write PIPELINE 42 (buildkite-ext cancel web 42), or --pipeline web 42.",
    ),
    "two pipelines of a build": (["cancel", "web", "1", "-p", "api"], "PIPELINE and --pipeline: give one of them."),
    "two numbers": (["cancel", BUILD, "2"], "NUMBER 2: the address before it names build 1."),
    "a URL beside the option": (["cancel", BUILD, "-p", "web"], "give a whole number."),
    "number 0": (["cancel", "acme/web/0"], "'0' can't be a build's number"),
    "a foreign build": (["cancel", "https://buildkite.com.evil.example/acme/web/builds/1"], "isn't buildkite.com"),
}


@pytest.mark.parametrize(("words", "said"), REFUSED.values(), ids=REFUSED)
def test_what_names_no_pipeline_or_build_is_refused_before_anything_is_sent(
    command: Run, monkeypatch: pytest.MonkeyPatch, words: list[str], said: str
) -> None:
    monkeypatch.setenv("BUILDKITE_API_TOKEN", TOKEN)
    monkeypatch.delenv("BUILDKITE_REST_API_ENDPOINT", raising=False)
    result = command(*words)
    assert (result.code, result.out) == (2, "")
    assert said in result.err
    assert "s3cret" not in result.err


def test_the_branch_is_the_pipeline_s_default_branch(command: Run, web: Simulator) -> None:
    web.pipeline("web", default_branch="trunk").job("test", after=0.02)
    for words, branch in (((), "trunk"), (("-b", "main"), "main")):
        web.requests.clear()
        result = command("run", "web", *words, "--json", "--quiet", "--poll-interval", "50ms")
        assert json.loads(result.out)["branch"] == branch
        assert [request.operation for request in web.requests].count("get_pipeline") == (not words)


@pytest.mark.parametrize("branch", [None, ""])
def test_a_pipeline_without_a_default_branch_needs_the_option(command: Run, web: Simulator, branch: str | None) -> None:
    web.pipeline("web").job("test")
    with web.client() as client:
        body = {**client.pipelines.get("web").to_dict(), "default_branch": branch}
    web.answer_next(status=200, operation="get_pipeline", body=body)
    result = command("run", "web")
    assert (result.code, result.out) == (2, "")
    assert result.err == "buildkite-ext: missing option --branch: the pipeline 'web' has no default branch.\n"
    assert web.pipeline("web").builds == []


@pytest.mark.parametrize("status", [403, 404, 400])
def test_no_build_is_created_if_the_default_branch_is_not_known(command: Run, web: Simulator, status: int) -> None:
    web.pipeline("web").job("test")
    web.fail_next(status=status, operation="get_pipeline")
    result = command("run", "web")
    assert result.code == 3
    assert "No build was created. GET " in result.err
    assert web.pipeline("web").builds == []


def test_the_short_options_are_those_of_the_official_command(quick: Run, web: Simulator) -> None:
    words = ("-p", "web", "-b", "dev", "-m", "Nightly", "-c", "abc123", "-e", "A=1", "-e", "B=2", "-M", "release=1.2")
    assert quick(*words).code == 0
    request = web.pipeline("web").builds[0].request
    assert (request.branch, request.message, request.commit) == ("dev", "Nightly", "abc123")
    assert (dict(request.env), dict(request.meta_data)) == ({"A": "1", "B": "2"}, {"release": "1.2"})


@pytest.mark.parametrize("option", ["-w", "--web"])
def test_web_opens_the_page_of_the_build(start: Start, web: Simulator, tmp_path: Path, option: str) -> None:
    web.pipeline("web").job("test", after=0.02)
    opened = tmp_path / "opened"
    browser = tmp_path / "browser"
    browser.write_text(f'#!{sys.executable}\nimport sys\nopen({str(opened)!r}, "w").write(sys.argv[1])\n')
    browser.chmod(0o755)
    assert ended(start("run", "web", option, "--quiet", BROWSER=f"{browser} %s")).code == 0
    assert opened.read_text() == "https://buildkite.test/acme/web/builds/1"


def test_a_build_without_a_browser_is_followed_all_the_same(start: Start, web: Simulator) -> None:
    web.pipeline("web").job("test", after=0.02)
    nowhere = {"BROWSER": "/nowhere/none %s", "PATH": "/nowhere", "DISPLAY": "", "WAYLAND_DISPLAY": ""}
    result = ended(start("run", "web", "-w", "--poll-interval", "50ms", **nowhere))
    assert result.code == 0
    assert "* No web browser could be started for https://buildkite.test/acme/web/builds/1" in result.lines


def test_a_simulated_build_has_no_page(command: Run) -> None:
    result = command("run", "web", "-w", "--simulate")
    assert (result.code, result.err) == (2, "buildkite-ext: --web: builds of --simulate have no page.\n")
