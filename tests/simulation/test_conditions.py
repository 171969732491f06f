"""The language of the `if` of steps and notifications."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from buildkite_ext.simulation.definition.conditions import (
    Condition,
    ConditionContext,
    ConditionError,
    EntryPoint,
)
from buildkite_ext.simulation.definition.conditions.patterns import (
    PatternError,
    SearchTimeout,
    compile_pattern,
    search,
)

VECTORS = Path("/work/shared/reference/pipelines/conditionals.jsonl")
"""What Buildkite's own evaluator makes of conditions."""

FIELDS = {
    "build.id": "Build.ID",
    "build.state": "Build.State",
    "build.fixed": "Build.Fixed",
    "build.blocked_state": "Build.BlockedState",
    "build.source": "Build.Source",
    "build.source_event": "Build.SourceEvent",
    "build.source_action": "Build.SourceAction",
    "build.branch": "Build.Branch",
    "build.tag": "Build.Tag",
    "build.message": "Build.Message",
    "build.commit": "Build.Commit",
    "build.number": "Build.Number",
    "build.creator.id": "Build.Creator.ID",
    "build.creator.name": "Build.Creator.Name",
    "build.creator.email": "Build.Creator.Email",
    "build.creator.teams": "Build.Creator.Teams",
    "build.creator.verified": "Build.Creator.Verified",
    "build.author.id": "Build.Author.ID",
    "build.author.name": "Build.Author.Name",
    "build.author.email": "Build.Author.Email",
    "build.author.teams": "Build.Author.Teams",
    "build.scm.author.name": "Build.SCM.AuthorName",
    "build.scm.author.email": "Build.SCM.AuthorEmail",
    "build.scm.committer.name": "Build.SCM.CommitterName",
    "build.scm.committer.email": "Build.SCM.CommitterEmail",
    "build.pull_request.id": "Build.PullRequest.ID",
    "build.pull_request.base_branch": "Build.PullRequest.BaseBranch",
    "build.pull_request.draft": "Build.PullRequest.Draft",
    "build.pull_request.label": "Build.PullRequest.Label",
    "build.pull_request.labels": "Build.PullRequest.Labels",
    "build.pull_request.repository": "Build.PullRequest.Repository",
    "build.pull_request.repository.fork": "Build.PullRequest.RepositoryFork",
    "build.merge_queue.base_branch": "Build.MergeQueue.BaseBranch",
    "build.merge_queue.base_commit": "Build.MergeQueue.BaseCommit",
    "merge_queue.active": "Build.MergeQueue.Active",
    "merge_queue.diffs_against_commit": "Pipeline.UseMergeQueueBaseCommitForGitDiffBase",
    "pull_request.using_merge_refspec": "Build.PullRequest.UsingMergeRefspec",
    "triggered_from.build_id": "Build.TriggeredFrom.BuildID",
    "triggered_from.build_number": "Build.TriggeredFrom.BuildNumber",
    "triggered_from.pipeline_slug": "Build.TriggeredFrom.PipelineSlug",
    "triggered_from.job_id": "Build.TriggeredFrom.JobID",
    "rebuilt_from.build_id": "Build.RebuiltFrom.BuildID",
    "rebuilt_from.build_number": "Build.RebuiltFrom.BuildNumber",
    "pipeline.id": "Pipeline.ID",
    "pipeline.name": "Pipeline.Name",
    "pipeline.slug": "Pipeline.Slug",
    "pipeline.default_branch": "Pipeline.DefaultBranch",
    "pipeline.repository": "Pipeline.Repository",
    "pipeline.started_passing": "Pipeline.StartedPassing",
    "pipeline.started_failing": "Pipeline.StartedFailing",
    "pipeline.next_finished_build_exists": "Pipeline.NextFinishedBuildExists",
    "organization.id": "Organization.ID",
    "organization.slug": "Organization.Slug",
    "step.id": "Step.ID",
    "step.key": "Step.Key",
    "step.type": "Step.Type",
    "step.label": "Step.Label",
    "step.state": "Step.State",
    "step.outcome": "Step.Outcome",
}


def _vectors() -> list[Any]:
    if not VECTORS.exists():
        return []
    rows = [json.loads(line) for line in VECTORS.read_text().splitlines()]
    return [pytest.param(row, id=f"{number} {row['name']}") for number, row in enumerate(rows)]


def _context(found: dict[str, Any]) -> ConditionContext:
    values = {}
    for name, path in FIELDS.items():
        value: Any = found
        for key in path.split("."):
            value = (value or {}).get(key)
        values[name] = value
    return ConditionContext(values, found["BuildEnv"] or {}, found["ProjectEnv"] or {})


def outcome(text: str, entry_point: EntryPoint, context: ConditionContext | None) -> tuple[bool, str, str]:
    """Return whether a condition holds, the kind of its error, and the message. Without a context it is only checked."""
    notifies = entry_point.endswith("notification")
    if not text.strip() and (context is None or notifies):  # blank: no condition
        return True, "", ""
    try:
        condition = Condition(text, entry_point)
        return (context is not None and condition.holds(context)), "", ""
    except ConditionError as error:
        return False, "" if notifies and context is not None else error.kind, str(error)


@pytest.mark.skipif(not VECTORS.exists(), reason="the vectors are not here")
@pytest.mark.parametrize("row", _vectors())
def test_what_buildkites_evaluator_says(row: dict[str, Any]) -> None:
    found = row["context"]
    evaluated = row["kind"] == "evaluate"
    holds, error, message = outcome(
        row["expression"], found["EntryPoint"] or "build_condition", _context(found) if evaluated else None
    )
    assert error == row["want_error"], message
    if evaluated:
        assert holds == row["want"]
    for piece in row["want_message_contains"] or ():
        assert piece in message


CONTEXT = ConditionContext(
    {
        "build.branch": "feature/login",
        "build.number": 12,
        "build.state": "running",
        "build.message": "Fix [skip tests]",
        "build.pull_request.labels": ["bug", "docs"],
        "build.pull_request.draft": None,
        "build.tag": "",
    },
    {"CITY": "Łódź", "N": "2", "EMPTY": "", "BUILDKITE_AGENT_NAME": "a"},
    {"CITY": "Bonn", "REGION": "eu"},
)

RULES: list[tuple[str, str, bool | str]] = [
    # (rule, condition, whether it holds or the kind of its error)
    ("both sides of || are checked", 'true || nope.x == "a"', "validation"),
    ("the side that isn't reached doesn't fail", 'true || ${NONE:?} == "a"', True),
    ("&& before ||", "true || false && false", True),
    ("the right side decides", "false || build.number == 12", True),
    ("neither side holds", "false || build.number == 13", False),
    ("! of a comparison", "!(build.number == 13)", True),
    ("! of what holds", "!(build.number == 12)", False),
    ("?: reads what its branch does", 'true ? $CITY == "Łódź" : false', True),
    ("escapes in single quotes", r"""'it\'s' == "it's" && 'a\\b' == "a\\b" && 'a\nb' == "a\\nb" && true""", True),
    ("quotes in single quotes", r"""'\'' != '\'\'' && '' == '' && true""", True),
    ("an unset variable and what follows", '$NONE.x == ".x"', True),
    ("as many expansions as one likes", " || ".join(['"${NONE:-x}" == "y"'] * 59), False),
    ("! before comparisons", '!build.pull_request.labels includes "bug"', "validation"),
    ("comparisons from the left", "1 == 1 == true", True),
    ("?: reads what its other branch does", 'false ? false : $CITY == "Łódź"', True),
    ("!= of what is read and equal", "$CITY != env('CITY')", False),
    ("?: from the right", "false ? false : true ? true : false", True),
    ("names are looked up whole", 'build.branch.name == "x"', "validation"),
    ("case counts in names", 'Build.branch == "x"', "validation"),
    ("two dots", 'build..branch == "x"', "parse"),
    ("a dot at the end", 'build. == "x"', "parse"),
    ("a null boolean is false", "build.pull_request.draft", False),
    ("the negation of a null boolean", "!build.pull_request.draft", True),
    ("a null literal is no boolean", "!null", "validation"),
    ("two types never are equal", 'build.number == "12"', "validation"),
    ("null goes with all", "build.number != null", True),
    ("an enum on the right", '"running" == build.state', "validation"),
    ("an enum and an unknown value", 'build.state == "runing"', "validation"),
    ("an enum and an expanded text", 'build.state == "${CITY}"', False),
    ("an enum and a regular expression", "build.state =~ /run/", "validation"),
    ("an enum in a list", '[build.state] includes "running"', "validation"),
    ("=~ null", "build.tag =~ /v/", False),
    ("!~ null", "build.tag !~ /v/", True),
    ("=~ a text", 'build.branch =~ "feature"', "validation"),
    ("includes is exact", 'build.pull_request.labels includes "Bug"', False),
    ("includes a regular expression", "build.pull_request.labels includes /^do/", True),
    ("includes in a text", 'build.branch includes "feature"', "validation"),
    ("a null in a list", '[build.tag] includes "x"', "evaluation"),
    ("a null behind what is found", '["x", build.tag] includes "x"', True),
    ("lists of numbers", "[1] includes 1", "validation"),
    ("lists are compared in order", 'build.pull_request.labels == ["docs", "bug"]', False),
    ("a list and a text", 'build.pull_request.labels == "bug"', "validation"),
    ("the result is a text", '"true"', "result"),
    ("the result is null when it runs", "build.fixed", False),
    ("branches of two types", '(true ? "a" : 1) == "a"', "validation"),
    ("env of an unset variable", 'env("NONE") == ""', True),
    ("build.env of an unset variable", 'build.env("NONE") == null', True),
    ("build.env of an empty variable", 'build.env("EMPTY") == ""', True),
    ("the build's variable wins", 'env("CITY") == "Łódź" && env("REGION") == "eu"', True),
    ("env needs an argument", 'env() == ""', "validation"),
    ("env takes one argument", 'env("A", "B") == ""', "validation"),
    ("env of a name with $", 'env("\\$CITY") == ""', "validation"),
    ("env of what is known at runtime", 'env("BUILDKITE_AGENT_NAME") == "a"', "validation"),
    ("a computed name of what is known at runtime", 'env("BUILDKITE_AGENT_${NONE-NAME}") == "a"', "evaluation"),
    ("a computed name that is empty", 'env("${EMPTY}") == ""', "evaluation"),
    ("labels by a computed name", 'env("BUILDKITE_PULL_REQUEST_${NONE-LABELS}") == "bug,docs"', True),
    ("a variable as an operand", '$CITY == "Łódź"', True),
    ("an unset variable as an operand", "$NONE == null", True),
    ("a variable and what follows", '$N.5 == "2.5"', True),
    ("a substring by characters", '${CITY:0:2} == "Łó"', True),
    ("a substring with an expanded number", '${CITY:$N} == "dź"', True),
    ("a substring from the end", '${CITY: -1} == "ź"', True),
    ("a substring with a negative length", '${CITY:1: -1} == "ód"', True),
    ("a substring out of range", '${CITY:9:4} == ""', True),
    ("a substring by a text", '${CITY:x} == ""', "evaluation"),
    ("a default in a default", '${NONE:-${EMPTY:-${CITY}}} == "Łódź"', True),
    ("- with an empty variable", '${EMPTY-x} == ""', True),
    (":- with an empty variable", '${EMPTY:-x} == "x"', True),
    ("+ with an empty variable", '${EMPTY+x} == "x"', True),
    (":+ with an empty variable", '${EMPTY:+x} == ""', True),
    ("? with an unset variable", '${NONE?} == ""', "evaluation"),
    ("? with an empty variable", '${EMPTY?} == ""', True),
    ("escapes in double quotes", r'"\x41\101\s\q" == "AA q"', True),
    ("a byte too large", r'"\400" == ""', "parse"),
    ("nothing is expanded in single quotes", "'$CITY' == \"\\$CITY\"", True),
    ("$$ in double quotes", "\"$$CITY\" == '$CITY'", True),
    ("a $ alone in double quotes", "\"5 $\" == '5 $'", True),
    ("a slash in a set ends a pattern", "build.branch =~ /[/]/", "parse"),
    ("an escaped slash in a set", r"build.branch =~ /[\/]/", True),
    ("the flag i", "build.message =~ /FIX/i", True),
    ("other flags", "build.message =~ /fix/m", "parse"),
    ("an octal number", "014 == build.number", True),
    ("a number that begins with 0 and isn't octal", "09 == 9", "parse"),
    ("a negative number", "-1 == 1", "parse"),
    ("@>", '["a"] @> "a"', "parse"),
    ("=", 'build.branch = "a"', "parse"),
    ("not", "not true", "parse"),
    ("a comment", "// all\ntrue // of it", True),
    ("only a comment", "// nothing", "parse"),
    ("step.* in the condition of a build", 'step.key == "a"', "validation"),
    ("a quote that isn't closed", '"abc', "parse"),
    ("a brace that isn't closed", "${CITY", "parse"),
    ("an operator alone", "==", "parse"),
    ("includes alone", 'includes "a"', "parse"),
    ("nothing behind an operator", "true &&", "parse"),
    ("a parenthesis too many", "(true))", "parse"),
    ("an unknown function", 'branch("a") == ""', "validation"),
    ("the largest byte", r'"\377" == "ÿ"', True),
    ("a default ends at its brace alone", '${NONE:-AXB} == "AXB"', True),
    ("quotes in a default", """${NONE:-ab"c d"'X}'e} == "abc dX}e" """, True),
    ("a dot behind a variable in a text", '"$CITY.x" == "Łódź.x"', True),
    (":+ with a variable that is set", '${CITY:+x} == "x"', True),
    (":+ with an unset variable", '${NONE:+x} == ""', True),
    ("a substring of an unset variable", '${NONE:0:2} == ""', True),
    ("a substring of no length", '${CITY:1:0} == ""', True),
    ("a substring from the end with a length", '${CITY: -1:1} == "ź"', True),
    ("a substring from before the beginning", '${CITY: -9} == "Łódź"', True),
    ("an expanded text on the right of includes", 'build.pull_request.labels includes "${NONE:-bug}"', True),
    ("an escaped slash in a pattern", r"build.branch =~ /^feature\/login$/", True),
    ("a pattern over lines", "build.branch !~ /a\n/", True),
]


@pytest.mark.parametrize(("text", "want"), [pytest.param(text, want, id=rule) for rule, text, want in RULES])
def test_rules(text: str, want: bool | str) -> None:
    holds, error, message = outcome(text, "build_condition", CONTEXT)
    assert (error or holds) == want, message


@pytest.mark.parametrize(
    ("source", "text", "want"),
    [
        ("^v[[:digit:]]+$", "v12", True),
        ("[^[:space:]]", " \t", False),
        (r"\Aab\z", "ab\n", False),
        (r"\Aab\Z", "ab\n", True),
        ("a(?i)b", "aB", True),
        ("a(?i)b", "Ab", False),
        ("(a(?i)b)c", "aBC", False),
        ("x(?i)a|b", "B", True),
        ("(?i-s:A.)b", "a.b", True),
        ("a(?#comment)b", "ab", True),
        ("a(?=b)(?!c)b", "ab", True),
        ("{", "{", True),
        ("a{1}b{,2}}+", "ab{,2}}}", True),
        ("a+?b??", "aab", True),
        ("[]a]+", "]a", True),
        ("[a&&b|~]", "&", True),
        ("[a&&b|~]", "c", False),
        ("[[a]b", "[b", True),
        ("[[:]", ":", True),
        ("[^]a]", "]a", False),
        (r"[\]a][\[]", "][", True),
        (r"[\/]", "/", True),
        (r"^\/$", "/", True),
        ("(a(?i)b)c", "aBc", True),
        ("a(?i)b", "a", False),
        ("x(?i)a|b", "xA", True),
        ("x(?i)a|b", "c", False),
        ("x(?i)(?s)a|^b.$", "B\n", True),
        ("(?:ab)+c", "ababc", True),
        ("(?:ab)+c", "xc", False),
        ("(a)(?#c)b", "ab", True),
        ("a(?#c)(b)", "a", False),
        ("a(?#c)bc", "ac", False),
        ("a{,2}", "aa", False),
        ("ab{e<=1}", "ax", False),
        ("^a{2}$", "aa", True),
        ("^a{2}$", "aaa", False),
        ("^a{2,}$", "aaa", True),
        ("^a{1,2}?b$", "aab", True),
        ("^a{1,2}b$", "aaab", False),
    ],
)
def test_regular_expressions(source: str, text: str, want: bool) -> None:
    assert search(compile_pattern(source, ignore_case=False), text) is want


@pytest.mark.parametrize(
    "source",
    ["a++", "a{2}+", "(?<=a)b", "(?<!a)b", "(?>a)", "(?P<n>a)", "(?<n>a)", "(?(1)a)", "(?'n'a)", "(?&n)", "[a", "(a", "a)", "*", "a\\", "(?#a", "(?)"],
)  # fmt: skip
def test_regular_expressions_that_are_refused(source: str) -> None:
    with pytest.raises(PatternError):
        compile_pattern(source, ignore_case=False)


def test_a_search_whose_time_explodes_ends() -> None:
    with pytest.raises(SearchTimeout, match=r"^the search for /\(a\|aa\)\+\$/ took longer than 0\.01 s$"):
        search(compile_pattern("(a|aa)+$", ignore_case=False), "a" * 60 + "b", seconds=0.01)


@pytest.mark.parametrize(
    "text",
    [
        "true ? true : " * 45 + "false",
        "true ? " * 45 + "true" + " : false" * 45,
        "env(" * 45 + "'A'" + ")" * 45 + " == 'x'",
    ],
)
def test_the_check_of_nested_choices_and_calls_looks_at_each_part_once(text: str) -> None:
    Condition(text)  # at twice for each level, it would take years


def test_a_condition_says_what_it_read() -> None:
    condition = Condition('build.branch == "main" && env("CITY") != $REGION || build.env("NONE") == "${N}"')
    assert condition.values(CONTEXT) == {
        "build.branch": "feature/login",
        'env("CITY")': "Łódź",
        "$REGION": "eu",
        'build.env("NONE")': None,
        "$N": "2",
    }


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ('[build.branch, env("N")] includes build.tag', ["build.branch", 'env("N")', "build.tag"]),
        ("!(build.number == 1) || !build.fixed", ["build.number", "build.fixed"]),
        ("(build.fixed ? build.tag : build.message) == pipeline.slug", ["build.fixed", "build.tag", "build.message", "pipeline.slug"]),
        ('"${N:-$CITY}" == "${NONE:$N:$EMPTY}"', ["$N", "$CITY", "$NONE", "$EMPTY"]),
        ('env("${N:-X}") == env("N")', ["$N", 'env("N")']),
        ("true == false", []),
    ],
)  # fmt: skip
def test_a_condition_reads_the_variables_in_all_its_parts(text: str, names: list[str]) -> None:
    assert list(Condition(text).values(CONTEXT)) == names


def test_what_a_condition_read_is_told_as_it_was_read() -> None:
    condition = Condition('env("NONE") == build.env("NONE") || "${NONE:-x}" == build.tag || $N.5 == ""')
    assert condition.values(CONTEXT) == {
        'env("NONE")': "",
        'build.env("NONE")': None,
        "$NONE": None,
        "build.tag": None,
        "$N": "2",
    }


def test_a_condition_knows_its_text_and_its_place() -> None:
    condition = Condition("true == true")
    assert (condition.text, condition.entry_point, repr(condition)) == (
        "true == true",
        "build_condition",
        "Condition('true == true')",
    )


def test_errors_name_the_place_and_what_to_write() -> None:
    with pytest.raises(ConditionError, match=r"did you mean `build\.branch`\?") as raised:
        Condition('true && build.brnach == "x"')
    assert raised.value.position == 8
    with pytest.raises(ConditionError, match="did you mean 'failed'"):
        Condition('build.state == "faild"')
    with pytest.raises(ConditionError, match="Write parentheses"):
        Condition('!build.branch == "x"')


@pytest.mark.parametrize(
    "text", ["(" * 3000, "!" * 3000 + "true", "true" + " || true" * 3000, '"${a-' * 3000, "[" * 3000]
)
def test_a_hostile_text_is_an_error_at_most(text: str) -> None:
    assert outcome(text, "build_condition", CONTEXT)[1] in ("parse", "")


_WORDS = st.sampled_from(
    [
        "build.branch",
        "build.number",
        "build.state",
        "build.pull_request.labels",
        "true",
        "false",
        "null",
        "1",
        '"a"',
        "/a/",
        "$N",
        "${N:-x}",
        "${N:1}",
        "[",
        "]",
        "(",
        ")",
        "!",
        "&&",
        "||",
        "==",
        "!=",
        "=~",
        "!~",
        "includes",
        "?",
        ":",
        ",",
        'env("N")',
        'build.env("N")',
        "'b'",
        '"running"',
        '"$CITY"',
        "//",
        "\n",
        "step.key",
    ]
)


@given(st.lists(_WORDS, max_size=12).map(" ".join) | st.text(max_size=40))
def test_any_text_is_a_condition_or_a_condition_error(text: str) -> None:
    assert outcome(text, "build_condition", CONTEXT)[1] in ("parse", "validation", "evaluation", "result", "")
