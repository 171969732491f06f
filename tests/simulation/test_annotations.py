"""Annotations of builds and of jobs."""

from __future__ import annotations

import subprocess
import sys
from html.parser import HTMLParser
from typing import Any

import httpx
import pytest

from buildkite_ext.simulation import Simulator

from .helpers import ORG, WEB, create, job_path, refusal

BUILD = f"{WEB}/builds/1/annotations"


@pytest.fixture
def job(simulator: Simulator, api: httpx.Client) -> dict[str, Any]:
    simulator.pipeline("web").job("test")
    found: dict[str, Any] = create(api)["jobs"][0]
    return found


def annotate(api: httpx.Client, path: str = BUILD, **body: Any) -> dict[str, Any]:
    response = api.post(path, json={"body": "Hello & welcome", **body})
    assert response.status_code == 201, response.text
    made: dict[str, Any] = response.json()
    return made


@pytest.mark.usefixtures("job")
def test_an_annotation_is_made_and_changed_by_its_context(simulator: Simulator, api: httpx.Client) -> None:
    made = annotate(api)
    assert (made["context"], made["style"], made["priority"], made["scope"]) == ("default", "info", 3, "build")
    assert made["body_html"] == "<p>Hello &amp; welcome</p>\n"
    simulator.clock.sleep(5)
    changed = annotate(api, body="Bye", style="error", priority=9)
    assert (changed["id"], changed["body_html"], changed["style"]) == (made["id"], "<p>Bye</p>\n", "error")
    assert changed["updated_at"] > changed["created_at"]
    longer = annotate(api, body="\n\nAgain", append=True)
    assert (longer["body_html"], longer["style"]) == ("<p>Bye</p>\n<p>Again</p>\n", "error")
    annotate(api, context="other")
    assert len(api.get(BUILD).json()) == 2


@pytest.mark.parametrize("twin", ["build", "organization"])
def test_annotations_of_a_job_are_their_own(api: httpx.Client, job: dict[str, Any], twin: str) -> None:
    path = f"{job_path(job) if twin == 'build' else ORG + '/jobs/' + job['id']}/annotations"
    on_build, on_job = annotate(api), annotate(api, path)
    assert (on_job["scope"], on_job["job_id"]) == ("job", job["id"])

    def ids(path: str, **query: str) -> list[str]:
        return [item["id"] for item in api.get(path, params=query).json()]

    assert ids(path) == [on_job["id"]]
    assert ids(BUILD) == [on_build["id"]]
    assert ids(BUILD, scope="job") == [on_job["id"]]
    assert ids(BUILD, scope="all") == [on_build["id"], on_job["id"]]
    assert api.get(BUILD, params={"scope": "odd"}).status_code == 400
    assert api.delete(f"{path}/{on_build['id']}").status_code == 404
    assert api.delete(f"{path}/{on_job['id']}").status_code == 204
    assert api.delete(f"{BUILD}/{on_build['id']}").status_code == 204
    assert refusal(api.delete(f"{BUILD}/{on_build['id']}")) == (404, "No annotation found")
    assert ids(BUILD, scope="all") == []


MARKDOWN = [
    ("# Failures", "<h1>Failures</h1>"),
    (
        "- **bold**\n- `code`\n- [link](https://example.com)",
        "<li><strong>bold</strong></li>\n<li><code>code</code></li>",
    ),
    ("```\na < b\n```", "<pre><code>a &lt; b\n</code></pre>"),
    ("| a | b |\n|---|---|\n| 1 | 2 |", "<th>a</th>"),
    ("~~gone~~", "<s>gone</s>"),
    (
        "<details><summary>More</summary>\n\n*Text*\n\n</details>",
        "<details><summary>More</summary>\n<p><em>Text</em></p>",
    ),
    ('<pre class="term"><code>$ make</code></pre>', '<pre class="term"><code>$ make</code></pre>'),
    ("Fish & chips: 1 < 2", "<p>Fish &amp; chips: 1 &lt; 2</p>"),
    ("\n\nOne\n\nTwo", "<p>One</p>\n<p>Two</p>\n"),
]


@pytest.mark.usefixtures("job")
@pytest.mark.parametrize(("body", "shown"), MARKDOWN)
def test_markdown_is_rendered(api: httpx.Client, body: str, shown: str) -> None:
    made = annotate(api, body=body)
    assert shown in made["body_html"]
    assert api.get(BUILD).json()[0]["body_html"] == made["body_html"]


@pytest.mark.usefixtures("job")
@pytest.mark.parametrize(
    "body",
    [
        "<script>alert(1)</script>ok",
        '<img src="x" onerror="alert(1)">ok',
        "[ok](javascript:alert(1))",
        '<a href="javascript:alert(1)">ok</a>',
        '<iframe src="https://evil.example"></iframe>ok',
        '<p style="position:fixed">ok</p>',
        "<details ontoggle=alert(1) open>ok</details>",
        "<svg><a xlink:href=javascript:alert(1)>ok</a></svg>",
        '<div class="a" onclick="alert(1)">ok</div>',
    ],
)
def test_nothing_unsafe_is_rendered(api: httpx.Client, body: str) -> None:
    found = annotate(api, body=body)["body_html"]
    # As a browser reads it: only elements and attributes count, not text.
    elements: list[tuple[str, dict[str, str | None]]] = []

    class Reader(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            elements.append((tag, dict(attrs)))

    Reader().feed(found)
    assert not {"script", "iframe", "svg", "style"} & {tag for tag, _ in elements}
    for _, attributes in elements:
        assert not [name for name in attributes if name.startswith("on") or name == "style"]
        assert not [value for value in attributes.values() if value and value.strip().lower().startswith("javascript:")]


def test_without_the_extra_paragraphs_are_escaped() -> None:
    script = (
        "import sys\n"
        "sys.modules['nh3'] = sys.modules['markdown_it'] = None\n"
        "from buildkite_ext.simulation import Simulator\n"
        "simulator = Simulator()\n"
        "simulator.pipeline('web').job('test').build()\n"
        "with simulator.client() as client:\n"
        "    made = client.annotations.create('web', 1, body='# <b>One</b>\\n\\n**Two** & <script>3</script>')\n"
        "    print(made.body_html)"
    )
    told = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
    assert told.splitlines()[:2] == [
        "<p># &lt;b&gt;One&lt;/b&gt;</p>", "<p>**Two** &amp; &lt;script&gt;3&lt;/script&gt;</p>",
    ]  # fmt: skip


@pytest.mark.usefixtures("job")
def test_bodies_can_be_left_out_and_lists_are_paged(api: httpx.Client) -> None:
    for number in range(3):
        annotate(api, context=str(number))
    assert "body_html" not in api.get(BUILD, params={"omit_body": "true"}).json()[0]
    first = api.get(BUILD, params={"per_page": "2"})
    assert [item["context"] for item in api.get(first.links["next"]["url"]).json()] == ["2"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "body"),
        ({"body": ""}, "body"),
        ({"body": "é" * 600_000}, "body"),
        ({"body": "x", "style": "odd"}, "style"),
        ({"body": "x", "style": ["info"]}, "style"),
        ({"body": "x", "priority": 11}, "priority"),
        ({"body": "x", "priority": True}, "priority"),
        ({"body": "x", "context": 5}, "context"),
    ],
)
@pytest.mark.usefixtures("job")
def test_what_makes_no_annotation_is_refused(api: httpx.Client, body: dict[str, Any], field: str) -> None:
    response = api.post(BUILD, json=body)
    assert response.status_code == 422
    assert [entry["field"] for entry in response.json()["errors"]] == [field]


@pytest.mark.parametrize("of_job", [False, True])
def test_an_annotation_grows_to_1_mib_and_no_further(api: httpx.Client, job: dict[str, Any], of_job: bool) -> None:
    path = f"{job_path(job)}/annotations" if of_job else BUILD
    annotate(api, path, body="é" * 300_000, append=True)
    body = {"body": "x" * (1024 * 1024 - 600_000), "append": True}
    assert [api.post(path, json=body | more).status_code for more in ({}, {"body": "y"})] == [201, 422]
    assert "y" not in api.get(path).json()[0]["body_html"]
    assert annotate(api, path, context="other", body="y", append=True)["body_html"] == "<p>y</p>\n"
    assert annotate(api, path, body="z")["body_html"] == "<p>z</p>\n"
