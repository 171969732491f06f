"""The hand-kept description holds what endpoints.tsv says, no less and no more, and its tools find planted faults."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable
from operator import itemgetter
from pathlib import Path
from typing import Any

import pytest

from .batches import batched

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "scripts"))

import lint_spec  # noqa: E402
from bundle import BundleError, bundle, dump, load  # noqa: E402
from lint_spec import Description, Operation, lint, read_rows, usable  # noqa: E402

SPEC = ROOT / "spec"
TABLE = read_rows(SPEC / "endpoints.tsv")
ROWS = [row for row in TABLE.values() if usable(row)]
EXCLUDED = [row for row in TABLE.values() if not usable(row)]
GROUPS = {row["group"] for row in ROWS}
BUNDLE = bundle(SPEC)
DESCRIPTION = Description(BUNDLE, TABLE)
OPERATIONS = {operation.id: operation for operation in DESCRIPTION.operations()}
FORMS = [operation for operation in OPERATIONS.values() if "x-buildkite-row" in operation.body]
SCHEMAS = BUNDLE["components"]["schemas"]

# --- Where the description departs from the letter of the table, and why ---

# The table marks `configuration` as required and notes when it is not: a template or visual steps may stand for it.
REQUIRED_ONLY_SOMETIMES = {("create_pipeline", "configuration")}

# The table names the model of this answer after its one extra field; a Build holds that field.
MODELS = {"BuildWithRetriedJobsCount": "Build"}

# No witness states these: the description assumes 200, and names no scope. Each of them says so in its note.
STATUSES = {"unspecified": "200"}
NO_SCOPE = ("none", "unspecified")

# Rows without a page are known from the Go client alone; they name its source.
GO_SOURCES = {
    "list_build_step_uploads": "step_uploads.go",
    "get_build_step_upload": "step_uploads.go",
    "request_package_upload": "package_uploads.go",
}

# The table writes a header into the notes of its rows.
HEADERS = {"list_tests": ["Buildkite-Version"], "get_test": ["Buildkite-Version"]}

# The one body that is not JSON, and the answers that are text.
BODIES = {"publish_package": "multipart/form-data"}
TEXTS = {
    "get_analytics_openapi": "application/openapi+yaml",
    "get_job_env_text": "text/plain",
    "get_build_job_env_text": "text/plain",
}

# --- What the table does not say, written down once more ---

# The first two are documented as idempotent, the last two only read. Every DELETE may be repeated but the token's own:
# it would be sent with a token that is revoked by then, and answered 401.
REPEATABLE_BESIDES_DELETES = {
    "enable_github_webhook_processing",
    "enable_teams",
    "find_test",
    "list_skipped_tests",
}
DELETES_SENT_ONCE = {"revoke_access_token"}

NO_STORE = {"create_job_vnc_session", "create_job_ssh_session"}

SECRETS = {
    "Agent.access_token",
    "ArtifactDownload.url",
    "ClusterToken.token",
    "CreateClusterSecretRequest.value",
    "CreateNotificationServiceRequest.settings",
    "JobEnv.env",
    "NotificationService.settings",
    "PackagePresignedUploadForm.data",
    "Portal.token",
    "RegistryToken.token",
    "SshCredentials.private_key",
    "SshSession.access_token",
    "Suite.api_token",
    "UpdateClusterSecretValueRequest.value",
    "UpdateNotificationServiceRequest.settings",
    "VncCredentials.password",
    "VncSession.access_token",
}

# Timestamps that the documented samples have as `2013-09-03 13:24:38 UTC`.
OLDER_TIMESTAMPS = {"AccessToken.created_at", "AccessToken.expires_at", "Pipeline.created_at"}

# What null clears, as the documentation says, or for a schedule's environment the Go client.
NULL_CLEARS = {
    "CreatePipelineRequest": {
        "branch_configuration",
        "cancel_running_branch_builds_filter",
        "clone_mirror_url",
        "pipeline_template_uuid",
        "skip_queued_branch_builds_filter",
        "slug",
    },
    "UpdatePipelineRequest": {
        "branch_configuration",
        "cancel_running_branch_builds_filter",
        "clone_mirror_url",
        "cluster_id",
        "pipeline_template_uuid",
        "skip_queued_branch_builds_filter",
        "slug",
    },
    "UpdateOrganizationApiSettingsRequest": {"allowed_ip_addresses", "revoke_inactive_tokens_after_days"},
    "UpdateOrganizationPipelineSettingsRequest": {"default_cluster_id"},
    "UpdatePipelineScheduleRequest": {"env"},
    "CreateSuiteRequest": {"oidc_policy"},
    "UpdateSuiteRequest": {"oidc_policy"},
    "CreateRegistryRequest": {"oidc_policy"},
    "UpdateRegistryRequest": {"oidc_policy"},
}

each_row = batched("row", ROWS, tests=2, names=itemgetter("operation_id"))


def operation_of(row: dict[str, str]) -> Operation:
    name = row["operation_id"]
    assert name in OPERATIONS, f"{name} is in endpoints.tsv but not described: add it to {row['group']}.yaml"
    return OPERATIONS[name]


def fields_of(column: str) -> dict[str, bool]:
    """The names in a column of the table, each with whether it is required. Braces hold the fields of an object."""
    names = filter(None, re.sub(r"\{[^}]*\}", "", column).split(","))
    return {name.rstrip("*"): name.endswith("*") for name in names}


def described(name: str, schema: dict[str, Any]) -> str:
    """A name as the table writes it: lists have brackets."""
    return f"{name}[]" if schema.get("type") == "array" and not name.endswith("[]") else name


def body_of(operation: Operation) -> dict[str, Any]:
    """The schema of a request body, or an empty one."""
    body = operation.body.get("requestBody")
    if body is None:
        return {}
    assert list(body["content"]) == [BODIES.get(operation.id, "application/json")]
    (content,) = body["content"].values()
    return DESCRIPTION.resolve(content["schema"])


def test_the_coverage_is_what_the_documentation_says(capsys: pytest.CaptureFixture[str]) -> None:
    import reference

    coverage = reference.coverage()
    assert (coverage.described, coverage.rows, coverage.operations) == (len(ROWS), len(ROWS), len(OPERATIONS))
    assert coverage.called == len(OPERATIONS)
    assert str(coverage) in (ROOT / "docs" / "operations.md").read_text()
    assert reference.main(["--check"]) == 0
    said = capsys.readouterr().out
    assert str(coverage) in said
    groups = {
        line.split()[0]: [int(number) for number in line.split()[1:]] for line in reference.table().splitlines()[1:]
    }
    assert groups.keys() == GROUPS | {"all"}
    assert groups["all"][:3] == [len(ROWS)] * 3
    assert all(len({rows, described, called}) == 1 for rows, described, called, _ in groups.values())
    assert reference.table() in said
    with capsys.disabled():
        print(f"\n{said}")


def test_the_table_is_whole() -> None:
    assert (len(ROWS), len(EXCLUDED)) == (218, 3)
    assert len(TABLE) == len(ROWS) + len(EXCLUDED)
    assert {row["group"] for row in EXCLUDED} == {"go_only_contradicted"}
    assert {"builds", "jobs", "artifacts", "pipelines", "clusters", "teams"} <= GROUPS


REFERENCE = next(
    (place for folder in ROOT.parents if (place := folder / "shared" / "reference" / "endpoints.tsv").exists()), None
)


@pytest.mark.skipif(REFERENCE is None, reason="the reference table is not at hand")
def test_the_table_is_the_reference_s() -> None:
    assert REFERENCE is not None
    assert read_rows(REFERENCE) == TABLE


UPDATES_BY_PUT = {
    "update_cluster",
    "update_cluster_queue",
    "update_cluster_token",
    "update_cluster_secret",
    "update_cluster_secret_value",
    "update_pipeline_schedule",
    "update_portal",
}


def test_updates_keep_the_documented_method_where_the_official_clients_send_patch() -> None:
    methods = {name: operation.method for name, operation in OPERATIONS.items() if name.startswith("update_")}
    assert {name for name in UPDATES_BY_PUT if methods[name] != "put"} == set()
    assert methods["update_registry"] == methods["update_registry_token"] == "post"
    for name in ("update_cluster", "update_cluster_queue", "update_cluster_token", "update_pipeline_schedule"):
        assert "PATCH" in OPERATIONS[name].body["x-buildkite-note"]
    assert "PATCH" in OPERATIONS["update_registry"].body["x-buildkite-note"]


FIELDS_OF_PROGRAMS = {
    "Build": ["blocked_state", "cluster_id", "cluster_url", "pull_request"],
    "Pipeline": ["cluster_url", "color", "emoji", "env"],
    "Job": ["artifacts_url", "step_key"],
    "Suite": ["team_ids"],
}


def test_fields_that_recorded_answers_show() -> None:
    for name, keys in FIELDS_OF_PROGRAMS.items():
        for key in keys:
            assert key in SCHEMAS[name]["properties"], f"{name}.{key}"
    assert SCHEMAS["Pipeline"]["properties"]["env"]["type"] == ["object", "null"]
    assert {"type": "null"} in SCHEMAS["Build"]["properties"]["pull_request"]["anyOf"]
    assert {"reserved", "limiting", "platform_limiting", "platform_limited"} <= set(SCHEMAS["JobState"]["enum"])
    assert "waiting_failed" in SCHEMAS["BuildState"]["enum"]


def test_a_file_for_each_group() -> None:
    files = {path.stem: load(path) for path in (SPEC / "resources").glob("*.yaml")}
    assert files.keys() == GROUPS
    for group, part in files.items():
        operations = [item[method] for item in part["paths"].values() for method in lint_spec.METHODS if method in item]
        assert {tag for operation in operations for tag in operation["tags"]} == {group}


@pytest.mark.parametrize("row", EXCLUDED, ids=[row["operation_id"] for row in EXCLUDED])
def test_what_the_table_excludes_is_absent(row: dict[str, str]) -> None:
    assert row["operation_id"] not in OPERATIONS
    assert (row["method"], row["path"]) not in {(o.method.upper(), o.path) for o in OPERATIONS.values()}


@each_row
def test_method_path_and_group(row: dict[str, str]) -> None:
    operation = operation_of(row)
    assert (operation.method.upper(), operation.path) == (row["method"], row["path"])
    assert operation.body["tags"] == [row["group"]]


@each_row
def test_success_status(row: dict[str, str]) -> None:
    status = row["success_status"]
    assert operation_of(row).successes == [STATUSES.get(status, status)]


@each_row
def test_scope(row: dict[str, str]) -> None:
    scope = row["required_scope"]
    assert operation_of(row).body.get("x-buildkite-scope") == (None if scope in NO_SCOPE else scope)


@each_row
def test_pagination(row: dict[str, str]) -> None:
    assert operation_of(row).body.get("x-buildkite-pagination", "no") == row["paginated"]


@each_row
def test_query_parameters(row: dict[str, str]) -> None:
    here = {}
    for parameter in operation_of(row).parameters:
        if parameter["in"] == "query":
            name = parameter["name"]
            name += "[key]" if parameter.get("style") == "deepObject" else ""
            # A list that is one text with commas has no brackets.
            name = described(name, parameter["schema"]) if parameter.get("explode", True) else name
            here[name] = parameter.get("required", False)
    assert here == fields_of(row["query_params"])


@each_row
def test_headers(row: dict[str, str]) -> None:
    operation = operation_of(row)
    here = [parameter["name"] for parameter in operation.parameters if parameter["in"] == "header"]
    assert here == HEADERS.get(operation.id, [])
    assert bool(here) == row["notes"].partition(" ")[2].startswith("Header ")


def test_lists_are_sent_with_brackets_but_where_the_documentation_shows_the_other_form() -> None:
    lists = {
        (operation.id, parameter["name"]): parameter
        for operation in OPERATIONS.values()
        for parameter in operation.parameters
        if parameter["schema"].get("type") == "array"
    }
    build_lists = ("list_builds", "list_organization_builds", "list_pipeline_builds")
    bare = {(name, key) for name in build_lists for key in ("branch[]", "commit[]", "state[]")}
    assert {where for where, each in lists.items() if each.get("x-buildkite-bare")} == bare
    commas = {(name, key) for name in ("list_tests", "list_build_tests") for key in ("labels", "owners", "tags")}
    assert {where for where, each in lists.items() if not each.get("explode", True)} == commas
    assert lists.keys() - bare - commas == {("get_build", "job_states[]"), ("list_build_jobs", "state[]")}


def test_the_version_that_is_sent_unasked() -> None:
    sent = {
        operation.id: parameter["x-buildkite-default"]
        for operation in OPERATIONS.values()
        for parameter in operation.parameters
        if "x-buildkite-default" in parameter
    }
    assert sent == {"list_tests": "2026-08-01", "get_test": "2026-08-01"}
    for name, version in sent.items():
        assert f"Header Buildkite-Version: {version}" in TABLE[name]["notes"]


@each_row
def test_body_fields(row: dict[str, str]) -> None:
    operation = operation_of(row)
    schema = body_of(operation)
    required = schema.get("required", [])
    here = {described(name, field): name in required for name, field in schema.get("properties", {}).items()}
    if required:
        assert operation.body["requestBody"]["required"], "a body with required fields is itself required"
    expected = fields_of(row["request_body_fields"])
    for operation_id, name in REQUIRED_ONLY_SOMETIMES:
        if operation_id == operation.id:
            expected[name] = False
    assert here == expected


@each_row
def test_response_model(row: dict[str, str]) -> None:
    content = operation_of(row).success.get("content", {})
    expected = row["response_model"]
    if expected == "empty":
        assert content == {}
        return
    if expected == "text":
        assert content == {TEXTS[row["operation_id"]]: {"schema": {"type": "string"}}}
        return
    schema = content["application/json"]["schema"]
    if page := re.fullmatch(r"page\[(\w+)\]", expected):
        schema = DESCRIPTION.resolve(schema)["properties"]["items"]
        expected = f"list[{page[1]}]"
    if schema.get("type") == "array":
        here = f"list[{schema['items']['$ref'].rpartition('/')[2]}]"
    else:
        here = schema["$ref"].rpartition("/")[2]
    assert here == MODELS.get(expected, expected)


@each_row
def test_documentation_page(row: dict[str, str]) -> None:
    url = operation_of(row).body["externalDocs"]["url"]
    if row["doc_page"] == "-":
        assert url == f"{lint_spec.GO_CLIENT}v5.14.0/{GO_SOURCES[row['operation_id']]}"
    else:
        page = row["doc_page"].removeprefix("https://buildkite.com/docs/").removeprefix("pages/")
        assert url == f"https://buildkite.com/docs/{page.removesuffix('.md').replace('_', '-')}"


@each_row
def test_a_note_tells_of_silent_and_disagreeing_witnesses(row: dict[str, str]) -> None:
    note = operation_of(row).body.get("x-buildkite-note", "")
    if row["success_status"] == "unspecified":
        assert "200 is assumed" in note
    if row["doc_page"] == "-":
        assert "Known from Buildkite's Go client alone" in note
    if "DISAGREES" in row["notes"]:
        assert "Go client" in note


def test_no_operation_without_a_row() -> None:
    rows = {row["operation_id"] for row in ROWS}
    assert {name for name in OPERATIONS if name not in rows} == {form.id for form in FORMS}


def test_the_forms_are_those_of_the_job_logs() -> None:
    assert {form.id for form in FORMS} == {
        "get_build_job_log_text",
        "get_build_job_log_html",
        "get_job_log_text",
        "get_job_log_html",
    }


@pytest.mark.parametrize("form", FORMS, ids=[form.id for form in FORMS])
def test_a_form_is_its_row_in_another_media_type(form: Operation) -> None:
    row = TABLE[form.body["x-buildkite-row"]]
    suffix, media = {"text": (".txt", "text/plain"), "html": (".html", "text/html")}[form.id.rpartition("_")[2]]
    assert form.id == f"{row['operation_id']}_{form.id.rpartition('_')[2]}"
    assert (form.method.upper(), form.path) == (row["method"], row["path"] + suffix)
    assert form.body["x-buildkite-scope"] == row["required_scope"]
    assert form.success["content"] == {media: {"schema": {"type": "string"}}}


def test_writes_that_may_be_sent_again() -> None:
    deletes = {o.id for o in OPERATIONS.values() if o.method == "delete"}
    assert deletes >= DELETES_SENT_ONCE
    marked = {o.id for o in OPERATIONS.values() if "x-buildkite-repeatable" in o.body}
    assert marked == deletes - DELETES_SENT_ONCE | REPEATABLE_BESIDES_DELETES


def test_answers_that_are_not_to_be_stored() -> None:
    assert {o.id for o in OPERATIONS.values() if "x-buildkite-no-store" in o.body} == NO_STORE


def test_what_is_secret() -> None:
    fields = ((f"{name}.{key}", field) for name, schema in SCHEMAS.items() for key, field in properties_of(schema))
    assert {where for where, field in fields if "x-buildkite-secret" in field} == SECRETS


def test_timestamps_in_the_older_form() -> None:
    fields = ((f"{name}.{key}", field) for name, schema in SCHEMAS.items() for key, field in properties_of(schema))
    assert {where for where, field in fields if "x-buildkite-older-timestamp" in field} == OLDER_TIMESTAMPS


def test_what_null_clears() -> None:
    here: dict[str, set[str]] = {}
    for name in DESCRIPTION.sent_schemas():
        for key, field in properties_of(SCHEMAS[name]):
            if "null" in field.get("type", ()) or {"type": "null"} in field.get("anyOf", []):
                here.setdefault(name, set()).add(key)
    assert here == NULL_CLEARS


def properties_of(schema: dict[str, Any]) -> Any:
    return schema.get("properties", {}).items()


def test_a_package_is_sent_as_a_file() -> None:
    fields = body_of(OPERATIONS["publish_package"])["properties"]
    assert {name: (field["type"], field["format"]) for name, field in fields.items()} == {"file": ("string", "binary")}


def test_one_schema_holds_both_shapes_of_a_test() -> None:
    plain, measured = SCHEMAS["Test"], SCHEMAS["TestWithMetrics"]
    assert plain["properties"].keys() < measured["properties"].keys()
    assert plain["required"] == measured["required"]
    for name in ("list_tests", "get_test"):
        assert "x-buildkite-note" in OPERATIONS[name].body


def test_one_job_for_every_type() -> None:
    job = SCHEMAS["Job"]
    assert job["required"] == ["id", "type"]
    assert {"command", "label", "unblockable", "triggered_build", "async", "matrix"} <= job["properties"].keys()
    assert not {"anyOf", "oneOf", "allOf", "discriminator"} & job.keys()


def test_the_description_has_no_findings() -> None:
    assert [str(finding) for finding in lint(BUNDLE, TABLE)] == []


def test_the_linter_runs_as_a_script() -> None:
    command = [sys.executable, str(ROOT / "scripts" / "lint_spec.py")]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    assert re.fullmatch(r"spec: \d+ operations, \d+ schemas, \d+ webhook events, ok\n", result.stdout)


# --- bundle.py ---


def spec_dir(folder: Path, **files: str) -> Path:
    (folder / "resources").mkdir()
    for name, text in files.items():
        place = folder / "openapi.yaml" if name == "root" else folder / "resources" / f"{name}.yaml"
        place.write_text(text, encoding="utf-8")
    return folder


def test_bundle_merges_fragments_in_order_of_their_names(tmp_path: Path) -> None:
    folder = spec_dir(
        tmp_path,
        root="openapi: 3.1.0\npaths: {}\ncomponents:\n  schemas:\n    Error: {type: object}\n",
        b="paths:\n  /x:\n    put: {operationId: b}\ncomponents:\n  schemas:\n    B: {type: object}\n",
        a="paths:\n  /x:\n    get: {operationId: a}\n",
    )
    document = bundle(folder)
    assert document == {
        "openapi": "3.1.0",
        "paths": {"/x": {"get": {"operationId": "a"}, "put": {"operationId": "b"}}},
        "components": {"schemas": {"Error": {"type": "object"}, "B": {"type": "object"}}},
    }
    assert list(document["paths"]["/x"]) == ["get", "put"]


@pytest.mark.parametrize(
    ("fragment", "message"),
    [
        ("paths:\n  /x:\n    get: {}\n", "paths > /x > get is already in"),
        (
            "components:\n  schemas:\n    Error: {type: string}\n",
            "components > schemas > Error is already in",
        ),
        ("paths:\n  /y:\n    get: {}\n    get: {}\n", "line 4: the key 'get' is written twice"),
        ("servers: []\n", "holds only paths and components, not 'servers'"),
        ("paths:\n", "paths must be a mapping"),
        ("- one\n", "expected a mapping at the top"),
        ("paths: [\n", "not valid YAML"),
    ],
)
def test_bundle_refuses(tmp_path: Path, fragment: str, message: str) -> None:
    root = "paths:\n  /x:\n    get: {}\ncomponents:\n  schemas:\n    Error: {type: object}\n"
    with pytest.raises(BundleError, match=re.escape(message)) as caught:
        bundle(spec_dir(tmp_path, root=root, a=fragment))
    assert "a.yaml" in str(caught.value)


def test_bundle_refuses_what_two_fragments_share(tmp_path: Path) -> None:
    same = "components:\n  schemas:\n    A: {type: object}\n"
    with pytest.raises(BundleError, match=r"b\.yaml: components > schemas > A is already in .*a\.yaml"):
        bundle(spec_dir(tmp_path, root="paths: {}\n", a=same, b=same))


def test_an_anchor_becomes_a_copy(tmp_path: Path) -> None:
    place = tmp_path / "part.yaml"
    place.write_text("one: &shared {type: string}\ntwo: *shared\n200: ok\n", encoding="utf-8")
    part = load(place)
    assert part == {"one": {"type": "string"}, "two": {"type": "string"}, "200": "ok"}
    assert part["one"] is not part["two"]


def test_dump_is_deterministic_and_reads_back(tmp_path: Path) -> None:
    text = dump(BUNDLE)
    assert text == dump(bundle(SPEC))
    assert "&id" not in text
    (tmp_path / "bundle.yaml").write_text(text, encoding="utf-8")
    assert load(tmp_path / "bundle.yaml") == BUNDLE


# --- lint_spec.py: a sound description, and one planted fault for each rule ---

REFS = "#/components/schemas"
PAGE = "https://buildkite.com/docs/apis/rest-api/things"


SLUG = {
    "name": "thing_id",
    "in": "path",
    "required": True,
    "schema": {"type": "string"},
    "description": "The thing's id.",
}


def sound_operation(operation_id: str, status: str, schema: dict[str, Any] | None, **more: Any) -> dict[str, Any]:
    success: dict[str, Any] = {"description": "Done."}
    if schema is not None:
        success["content"] = {"application/json": {"schema": schema}}
    return {
        "operationId": operation_id,
        "tags": ["things"],
        "summary": "A thing",
        "description": f"A thing.\n\n{PAGE}",
        "externalDocs": {"url": PAGE},
        "x-buildkite-scope": "read_things",
        "responses": {status: success, "default": {"$ref": "#/components/responses/Error"}},
        **more,
    }


def query(name: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"name": name, "in": "query", "schema": schema, "description": "A parameter."}


def said(schema: dict[str, Any]) -> dict[str, Any]:
    return {**schema, "description": "A field."}


def sound() -> dict[str, Any]:
    """A small description that keeps every rule."""
    color = {"anyOf": [{"$ref": f"{REFS}/Color"}, {"type": "string"}]}
    body = {"application/json": {"schema": {"$ref": f"{REFS}/UpdateThingRequest"}}}
    listing = sound_operation(
        "list_things",
        "200",
        {"type": "array", "items": {"$ref": f"{REFS}/Thing"}},
        **{"x-buildkite-pagination": "link"},
        parameters=[
            query("page", {"type": "integer"}),
            query("per_page", {"type": "integer"}),
            query("color[]", {"type": "array", "items": color}),
        ],
    )
    listing["responses"]["200"]["headers"] = {"Link": {"schema": {"type": "string"}}}
    searching = sound_operation(
        "search_things",
        "200",
        {"$ref": f"{REFS}/ThingPage"},
        **{"x-buildkite-pagination": "cursor"},
        parameters=[query(name, {"type": "string"}) for name in ("per_page", "after", "before")],
    )
    thing = {
        "parameters": [SLUG],
        "get": sound_operation("get_thing", "200", {"$ref": f"{REFS}/Thing"}),
        "put": sound_operation(
            "update_thing",
            "200",
            {"$ref": f"{REFS}/Thing"},
            **{"x-buildkite-repeatable": True, "x-buildkite-update": True},
            requestBody={"required": True, "content": body},
        ),
        "delete": sound_operation("delete_thing", "204", None),
    }
    return {
        "openapi": "3.1.0",
        "info": {"title": "Things", "version": "1"},
        "tags": [{"name": "things"}],
        "paths": {
            "/v2/things": {"get": listing},
            "/v2/things/search": {"get": searching},
            "/v2/things/{thing_id}": thing,
        },
        "components": {
            "responses": {
                "Error": {
                    "description": "Refused.",
                    "content": {"application/json": {"schema": {"$ref": f"{REFS}/Error"}}},
                }
            },
            "schemas": {
                "Error": {
                    "type": "object",
                    "description": "A refusal.",
                    "properties": {"message": said({"type": ["string", "null"]})},
                },
                "Thing": {
                    "type": "object",
                    "description": "A thing.",
                    "required": ["id"],
                    "properties": {
                        "id": said({"type": "string"}),
                        "color": said({"anyOf": [{"$ref": f"{REFS}/Color"}, {"type": "null"}]}),
                        "tags": said({"type": "array", "items": {"type": "string"}}),
                        "env": said({"type": "object", "additionalProperties": True}),
                        "matrix": said({}),
                    },
                },
                "ThingPage": {
                    "type": "object",
                    "description": "A page.",
                    "required": ["items", "links"],
                    "properties": {
                        "items": said({"type": "array", "items": {"$ref": f"{REFS}/Thing"}}),
                        "links": said({"type": "object", "additionalProperties": {"type": "string"}}),
                    },
                },
                "UpdateThingRequest": {
                    "type": "object",
                    "description": "A change.",
                    "properties": {"color": said(color), "name": said({"type": "string"})},
                },
                "Color": {"type": "string", "enum": ["red"], "description": "Colors.\n\n- `red`: Red."},
            },
        },
    }


def row_of(method: str, path: str, **more: str) -> dict[str, str]:
    usual = {"required_scope": "read_things", "paginated": "no", "success_status": "200", "doc_page": "things.md"}
    return {"method": method, "path": path, "group": "things", "notes": "src=overview.", **usual, **more}


SOUND_ROWS = {
    "list_things": row_of("GET", "/v2/things", paginated="link"),
    "search_things": row_of("GET", "/v2/things/search", paginated="cursor"),
    "get_thing": row_of("GET", "/v2/things/{thing_id}"),
    "update_thing": row_of("PUT", "/v2/things/{thing_id}"),
    "delete_thing": row_of("DELETE", "/v2/things/{thing_id}"),
    "destroy_things": row_of("DELETE", "/v2/things", notes="src=go-only. EXCLUDE: removed in v2"),
}
LIST = ("paths", "/v2/things", "get")
SEARCH = ("paths", "/v2/things/search", "get")
ITEM = ("paths", "/v2/things/{thing_id}")
GET = (*ITEM, "get")
PUT = (*ITEM, "put")
THING = ("components", "schemas", "Thing")
SENT = ("components", "schemas", "UpdateThingRequest")
REMOVED = object()


def move(path: str, to: str) -> Callable[[dict[str, Any]], None]:
    """Plant a fault: describe the operations of one path at another."""

    def plant(document: dict[str, Any]) -> None:
        document["paths"][to] = document["paths"].pop(path)

    return plant


def put(*steps: Any) -> Callable[[dict[str, Any]], None]:
    """Plant a fault: walk to a place of the sound description and set (or remove) the value there."""
    *way, value = steps

    def plant(document: dict[str, Any]) -> None:
        node: Any = document
        for step in way[:-1]:
            node = node[step]
        if value is REMOVED:
            del node[way[-1]]
        elif isinstance(node, list) and way[-1] == len(node):
            node.append(value)
        else:
            node[way[-1]] = value

    return plant


SENDS = {"schema": {"$ref": f"{REFS}/UpdateThingRequest"}}
OBJECT = {"type": "object", "properties": {"x": said({"type": "string"})}}
RED = {"type": "string", "enum": ["red"], "description": "- `red`: Red."}
FAULTS = {
    "dangling reference": (
        put(*THING, "properties", "color", "anyOf", 0, {"$ref": f"{REFS}/Gone"}),
        "#/components/schemas/Gone: leads nowhere",
    ),
    "foreign reference": (
        put(*THING, "properties", "tags", "items", {"$ref": "other.yaml#/Tag"}),
        "other.yaml#/Tag: is not a reference into the bundle",
    ),
    "invalid OpenAPI": (
        put("info", "title", REMOVED),
        'not valid OpenAPI 3.1: "title" is a required property',
    ),
    "no operationId": (put(*GET, "operationId", REMOVED), "GET /v2/things/{thing_id}: has no operationId"),
    "camelCase operationId": (
        put(*GET, "operationId", "getThing"),
        "getThing: has no operationId in snake_case",
    ),
    "two tags": (put(*GET, "tags", ["things", "more"]), "get_thing: has the tags ['things', 'more']"),
    "undeclared tag": (put(*GET, "tags", ["other"]), "get_thing: has the tags ['other']"),
    "no summary": (put(*GET, "summary", REMOVED), "get_thing: has no summary"),
    "no documentation": (put(*GET, "externalDocs", REMOVED), "get_thing: has no externalDocs"),
    "page not named": (put(*GET, "description", "A thing."), "get_thing: does not name its page"),
    "unknown extension": (put(*GET, "x-buildkite-scop", "x"), "unknown extension x-buildkite-scop"),
    "no row": (put(*GET, "operationId", "get_nothing"), "get_nothing: is in no row of endpoints.tsv"),
    "an excluded row": (
        put(*GET, "operationId", "destroy_things"),
        "destroy_things: is excluded by its row: remove it",
    ),
    "the place of an excluded row": (
        put("paths", "/v2/things", "delete", sound_operation("wipe_things", "204", None)),
        "wipe_things: stands where destroy_things is excluded: remove it",
    ),
    "a row without an operation": (
        put("paths", "/v2/things/search", REMOVED),
        "search_things: is in endpoints.tsv but not described: add it to spec/resources/things.yaml",
    ),
    "another path than its row": (
        move("/v2/things/search", "/v2/things/find"),
        "search_things: is GET /v2/things/find, and its row in endpoints.tsv says GET /v2/things/search",
    ),
    "empty note": (put(*GET, "x-buildkite-note", ""), "get_thing: has an empty x-buildkite-note"),
    "no-store that is not true": (put(*GET, "x-buildkite-no-store", False), "x-buildkite-no-store is not true"),
    "no form of its row": (
        put(*GET, "x-buildkite-row", "get_thing"),
        "get_thing: is no form of get_thing",
    ),
    "wrong scope": (
        put(*GET, "x-buildkite-scope", "x"),
        "x-buildkite-scope is x, but its row says read_things",
    ),
    "no scope": (put(*GET, "x-buildkite-scope", REMOVED), "get_thing: its x-buildkite-scope is None"),
    "no pagination": (put(*LIST, "x-buildkite-pagination", REMOVED), "its x-buildkite-pagination is None"),
    "undeclared path parameter": (
        put(*ITEM, "parameters", []),
        "not valid OpenAPI 3.1: Path parameter 'thing_id'",
    ),
    "path parameter of nowhere": (
        put(*GET, "parameters", [{**SLUG, "name": "org_slug"}]),
        "not valid OpenAPI 3.1: Path parameter 'org_slug'",
    ),
    "path parameter of another type": (
        put(*ITEM, "parameters", 0, {**SLUG, "schema": {"type": "integer"}}),
        "path parameter {thing_id}: make it a plain string",
    ),
    "parameter without description": (
        put(*LIST, "parameters", 0, "description", REMOVED),
        "list_things page: has no description",
    ),
    "a list with brackets that is one text": (
        put(*LIST, "parameters", 2, "explode", False),
        "list_things color[]: is a list without [] or [] without a list",
    ),
    "a bare name without a list": (
        put(*LIST, "parameters", 0, "x-buildkite-bare", True),
        "list_things page: x-buildkite-bare is not true, or on no list",
    ),
    "a bare name that is not true": (
        put(*LIST, "parameters", 2, "x-buildkite-bare", False),
        "list_things color[]: x-buildkite-bare is not true, or on no list",
    ),
    "a query with a default": (
        put(*LIST, "parameters", 0, "x-buildkite-default", "1"),
        "list_things page: x-buildkite-default is no text, or on no header",
    ),
    "a parameter with an unknown extension": (
        put(*LIST, "parameters", 0, "x-buildkite-bar", True),
        "list_things page: has the unknown extension x-buildkite-bar",
    ),
    "nullable query": (
        put(*LIST, "parameters", 0, "schema", {"type": ["integer", "null"]}),
        "list_things page: is nullable",
    ),
    "list without brackets": (
        put(*LIST, "parameters", 2, "name", "color"),
        "list_things color: is a list without []",
    ),
    "object in another style": (
        put(*LIST, "parameters", 3, query("meta_data", {"type": "object", "additionalProperties": True})),
        "list_things meta_data: is an object of another style",
    ),
    "closed enum in a query": (
        put(*LIST, "parameters", 2, "schema", "items", {"$ref": f"{REFS}/Color"}),
        "list_things color[]: takes only known values",
    ),
    "required header": (
        put(*GET, "parameters", [{**query("X", {"type": "string"}), "in": "header", "required": True}]),
        "get_thing X: is a header of another kind",
    ),
    "header without description": (
        put(*GET, "parameters", [{"name": "X", "in": "header", "schema": {"type": "string"}}]),
        "get_thing X: has no description",
    ),
    "cookie": (
        put(*GET, "parameters", [{**query("x", {"type": "string"}), "in": "cookie"}]),
        "get_thing x: is a cookie",
    ),
    "default in a schema": (
        put(*SENT, "properties", "name", "default", "x"),
        "UpdateThingRequest.name: has a default",
    ),
    "default in a parameter": (
        put(*LIST, "parameters", 0, "schema", "default", 1),
        "list_things page: has a default",
    ),
    "two successes": (
        put(*GET, "responses", "201", {"description": "Made."}),
        "get_thing: success statuses ['200', '201']",
    ),
    "no success": (put(*GET, "responses", "200", REMOVED), "get_thing: success statuses []"),
    "no default error": (put(*GET, "responses", "default", REMOVED), "get_thing: has no default error"),
    "another error": (put(*GET, "responses", "404", {"description": "No."}), "get_thing: documents 404"),
    "content where there is none": (
        put(*ITEM, "delete", "responses", "204", "content", {"application/json": {"schema": said({})}}),
        "delete_thing: has content where there is no body",
    ),
    "two media types": (
        put(*GET, "responses", "200", "content", "text/plain", {"schema": {"type": "string"}}),
        "get_thing: has several media types",
    ),
    "links without a page": (
        put(*LIST, "parameters", 0, "name", "pages"),
        "is paged by links: declare the parameters",
    ),
    "links without a header": (
        put(*LIST, "responses", "200", "headers", {}),
        "list_things: is paged by links: answer with a list and the Link header",
    ),
    "cursors without after": (
        put(*SEARCH, "parameters", 1, "name", "behind"),
        "search_things: is paged by cursors: declare the parameters",
    ),
    "cursors without items": (
        put("components", "schemas", "ThingPage", "properties", "links", REMOVED),
        "search_things: is paged by cursors: answer with an object",
    ),
    "a page unannounced": (
        put(*GET, "parameters", [query("page", {"type": "integer"})]),
        "get_thing: has paging parameters",
    ),
    "repeatable false": (put(*PUT, "x-buildkite-repeatable", False), "x-buildkite-repeatable is False"),
    "repeatable GET": (put(*GET, "x-buildkite-repeatable", True), "get_thing: a GET marked repeatable"),
    "repeatable POST": (
        put(*ITEM, "post", sound_operation("poke_thing", "200", None, **{"x-buildkite-repeatable": True})),
        "poke_thing: a POST marked repeatable",
    ),
    "update false": (put(*PUT, "x-buildkite-update", False), "x-buildkite-update is False"),
    "an update unmarked": (put(*PUT, "x-buildkite-update", REMOVED), "update_thing: is an update whose body can leave"),
    "an update that leaves nothing out": (
        put(*GET, "x-buildkite-update", True),
        "get_thing: is marked as an update, but its body can leave nothing out",
    ),
    "unused schema": (
        put("components", "schemas", "Spare", said({"type": "string"})),
        "schemas Spare: is used nowhere",
    ),
    "unused parameter": (
        put("components", "parameters", {"Spare": query("spare", {"type": "string"})}),
        "parameters Spare: is used nowhere",
    ),
    "another name for a body": (
        put(*PUT, "requestBody", "content", "application/json", "schema", {"$ref": f"{REFS}/Thing"}),
        "update_thing: its request body has another name or form",
    ),
    "a form without a file": (
        put(*PUT, "requestBody", "content", {"multipart/form-data": SENDS}),
        "update_thing: its request body has another name or form: send application/json",
    ),
    "a file outside of a form": (
        put(*SENT, "properties", "name", said({"type": "string", "format": "binary"})),
        "update_thing: its request body has another name or form: send multipart/form-data",
    ),
    "a file in an answer": (
        put(*THING, "properties", "id", said({"type": "string", "format": "binary"})),
        "Thing.id: has the format binary",
    ),
    "a GET with a body": (
        put(*GET, "requestBody", {"content": {"application/json": SENDS}}),
        "get_thing: a GET with a body",
    ),
    "both sent and read": (
        put(*SENT, "properties", "thing", said({"$ref": f"{REFS}/Thing"})),
        "Thing: is both sent and read",
    ),
    "a request that is read": (
        put(*THING, "properties", "wish", said({"anyOf": [{"$ref": f"{REFS}/UpdateThingRequest"}]})),
        "UpdateThingRequest: is both sent and read",
    ),
    "a read schema named as a request": (
        put("components", "schemas", "PullRequest", {**OBJECT, "description": "x"}),
        "PullRequest: is named against its use",
    ),
    "schema without description": (put(*THING, "description", REMOVED), "Thing: has no description"),
    "field without description": (
        put(*THING, "properties", "id", "description", REMOVED),
        "Thing.id: has no description",
    ),
    "required but unknown": (put(*THING, "required", ["id", "x"]), "Thing: requires x"),
    "optional but not null": (
        put(*THING, "properties", "color", said({"$ref": f"{REFS}/Color"})),
        "Thing.color: may be absent but not null",
    ),
    "secret in the open": (
        put(*THING, "properties", "token", said({"type": ["string", "null"]})),
        "Thing.token: looks like a secret",
    ),
    "secret that is no text": (
        put(*THING, "properties", "token", said({"type": ["integer", "null"], "x-buildkite-secret": True})),
        "Thing.token: is a secret that is no text",
    ),
    "secrets in an open map": (
        put(
            *THING,
            "properties",
            "keys",
            said({"type": "object", "additionalProperties": {"type": "string", "x-buildkite-secret": True}}),
        ),
        "Thing.keys: holds secrets in the open",
    ),
    "unknown mark of a field": (
        put(*THING, "properties", "id", "x-buildkite-secrt", True),
        "Thing.id: has the unknown extension x-buildkite-secrt",
    ),
    "older form of what is no timestamp": (
        put(*THING, "properties", "id", "x-buildkite-older-timestamp", True),
        "Thing.id: has an older form, but is no timestamp",
    ),
    "time as a string": (
        put(*THING, "properties", "created_at", said({"type": ["string", "null"]})),
        "Thing.created_at: looks like a time",
    ),
    "object without a name": (
        put(*THING, "properties", "tags", "items", OBJECT),
        "Thing.tags: holds an object without a name",
    ),
    "closed enum in a request": (
        put(*SENT, "properties", "color", said({"$ref": f"{REFS}/Color"})),
        "UpdateThingRequest.color: takes only known values",
    ),
    "open enum in a read schema": (
        put(*THING, "properties", "color", "anyOf", 1, {"type": "string"}),
        "Thing.color: is an enum or any string",
    ),
    "union of two objects": (
        put(
            *THING,
            "properties",
            "owner",
            said({"oneOf": [{"$ref": f"{REFS}/Error"}, {"$ref": f"{REFS}/ThingPage"}]}),
        ),
        "Thing.owner: is a union of two objects",
    ),
    "foreign format": (put(*THING, "properties", "id", "format", "uuid"), "Thing.id: has the format uuid"),
    "half object, half map": (
        put(*THING, "additionalProperties", True),
        "Thing: is half an object, half a map",
    ),
    "enum without a name": (
        put(*THING, "properties", "tags", "items", RED),
        "Thing.tags items: has an enum without a name",
    ),
    "enum without meanings": (
        put("components", "schemas", "Color", "enum", ["red", "blue"]),
        "Color: does not explain blue",
    ),
}


def test_the_sound_description_has_no_findings() -> None:
    assert [str(finding) for finding in lint(sound(), SOUND_ROWS)] == []


@pytest.mark.parametrize("name", FAULTS)
def test_lint_finds(name: str) -> None:
    plant, expected = FAULTS[name]
    document = sound()
    plant(document)
    findings = [str(finding) for finding in lint(document, SOUND_ROWS)]
    assert any(expected in finding for finding in findings), findings


DISPUTES = {
    "status": {"success_status": "unspecified"},
    "scope": {"required_scope": "unspecified"},
    "page": {"doc_page": "-"},
    "witnesses": {"notes": "src=overview. Go sends PATCH (DISAGREES)"},
}


@pytest.mark.parametrize("dispute", DISPUTES)
def test_lint_wants_a_note_where_witnesses_are_silent_or_disagree(dispute: str) -> None:
    rows = {**SOUND_ROWS, "get_thing": {**SOUND_ROWS["get_thing"], **DISPUTES[dispute]}}
    document = sound()
    get = document["paths"]["/v2/things/{thing_id}"]["get"]
    if dispute == "scope":
        del get["x-buildkite-scope"]
    if dispute == "page":
        url = f"{lint_spec.GO_CLIENT}v1/things.go"
        get.update(externalDocs={"url": url}, description=f"A thing.\n\n{url}")
    expected = "get_thing: its row has witnesses that are silent or disagree"
    assert [str(finding).partition(": tell")[0] for finding in lint(document, rows)] == [expected]
    get["x-buildkite-note"] = "They do."
    assert lint(document, rows) == []


def test_a_form_with_a_file_is_sound() -> None:
    document = sound()
    document["components"]["schemas"]["UpdateThingRequest"]["properties"]["name"]["format"] = "binary"
    body = document["paths"]["/v2/things/{thing_id}"]["put"]["requestBody"]
    body["content"] = {"multipart/form-data": SENDS}
    assert [str(finding) for finding in lint(document, SOUND_ROWS)] == []


def test_lint_finds_a_dotted_path_parameter() -> None:
    document = sound()
    item = document["paths"].pop("/v2/things/{thing_id}")
    item["parameters"] = [{**SLUG, "name": "thing.id"}]
    document["paths"]["/v2/things/{thing.id}"] = item
    findings = [str(finding) for finding in lint(document, SOUND_ROWS)]
    assert "get_thing: path parameter {thing.id}: write it in snake_case, without dots" in findings


def test_a_finding_fails_the_script(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    broken = sound()
    broken["components"]["schemas"]["Spare"] = said({"type": "string"})
    spec_dir(tmp_path, root=dump(broken))
    header = "\t".join(("operation_id", *row_of("GET", "/")))
    rows = ["\t".join((name, *row.values())) for name, row in SOUND_ROWS.items()]
    (tmp_path / "endpoints.tsv").write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    empty = "openapi: 3.1.0\ninfo: {title: None, version: '1'}\nwebhooks: {}\ncomponents: {schemas: {}}\n"
    (tmp_path / "webhooks.yaml").write_text(empty, encoding="utf-8")
    monkeypatch.setattr(lint_spec, "SPEC_DIR", tmp_path)
    assert lint_spec.main() == 1
    printed = capsys.readouterr()
    assert printed.err == "schemas Spare: is used nowhere: remove it\nspec: findings: 1\n"
    assert printed.out == ""


def test_parts_that_do_not_fit_fail_the_script(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    spec_dir(tmp_path, root="paths: {}\n", a="servers: []\n")
    monkeypatch.setattr(lint_spec, "SPEC_DIR", tmp_path)
    assert lint_spec.main() == 1
    assert "a fragment holds only paths and components" in capsys.readouterr().err
