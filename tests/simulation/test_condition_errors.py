"""What the errors of conditions say, and where they are."""

from __future__ import annotations

import re
import sys

import pytest

from buildkite_ext.simulation.definition.conditions import Condition, ConditionContext, ConditionError, SearchTime
from buildkite_ext.simulation.definition.conditions.patterns import PatternError, compile_pattern

WRONG = [
    ("true && $", "parse", 8, "`$` has no name"),
    ("true && ${", "parse", 8, "`${` has no name"),
    ("true && build..x", "parse", 8, "`build..x` is not a name"),
    ("true && /a/", "validation", 8, "`&&` takes true or false, and this is a regular expression."),
    ("true && $A", "validation", 8, "`&&` takes true or false, and this is a string."),
    ("true 'a'", "parse", 5, "`'a'` stands where an operator was expected"),
    ("true /a/", "parse", 5, "`/` stands where an operator was expected"),
    ("true $A", "parse", 5, "`$` stands where an operator was expected"),
    ("", "parse", 0, "the end stands where a value was expected"),
    ("// nothing", "parse", 10, "the end stands where a value was expected"),
    ("true &&", "parse", 7, "the end stands where a value was expected"),
    ("true && )", "parse", 8, "`)` stands where a value was expected"),
    ("(true))", "parse", 6, "`)` stands where an operator was expected"),
    ("(true", "parse", 5, "the end stands where `)` was expected"),
    ("== 1", "parse", 0, "`==` stands where a value was expected"),
    ("true true", "parse", 5, "`true` stands where an operator was expected"),
    ('build.branch = "a"', "parse", 13, "`=` is not part of the language: did you mean `==`?"),
    ("not true", "parse", 4, "`true` stands where an operator was expected"),
    ("true and true", "parse", 5, "`and` stands where an operator was expected: did you mean `&&`?"),
    ("true & true", "parse", 5, "`&` is not part of the language: did you mean `&&`?"),
    ("true | true", "parse", 5, "`|` is not part of the language: did you mean `||`?"),
    ("@", "parse", 0, "`@` is not part of the language"),
    ('["a"] @> "a"', "parse", 6, "`@` is not part of the language"),
    ('"abc', "parse", 0, "a quote or a brace is not closed"),
    ("'abc", "parse", 0, "a quote or a brace is not closed"),
    ("true && /abc", "parse", 8, "a regular expression is not closed: `/` is missing"),
    ("true && /abc\\/", "parse", 8, "a regular expression is not closed: `/` is missing"),
    ("true && 'abc\\'", "parse", 8, "a quote or a brace is not closed"),
    ('true && "abc\\', "parse", 8, "a quote or a brace is not closed"),
    ("true && ${CITY:1:2", "parse", 8, "a quote or a brace is not closed"),
    ("true && ${CITY:-a", "parse", 8, "a quote or a brace is not closed"),
    ('true && "\\400" == ""', "parse", 8, "`\\400` is more than a byte: write at most `\\377`"),
    ("true && 09 == 9", "parse", 8, "`09` begins with 0 and is not octal"),
    ("true && includes 1", "parse", 8, "`includes` has no value on its left"),
    ("X", "validation", 0, "`X` is not a variable"),
    ("[true] includes 'a'", "validation", 1, "a list holds strings only, and this is a boolean"),
    ("[!true] includes 'a'", "validation", 1, "a list holds strings only, and this is a boolean"),
    ("'a' == 'b' ? 1 : 2", "result", 11, "the condition is a number: it has to be true or false"),
    ("build..branch", "parse", 0, "`build..branch` is not a name"),
    ("build.", "parse", 0, "`build.` is not a name"),
    (".branch", "parse", 0, "`.` is not part of the language"),
    ("09 == 9", "parse", 0, "`09` begins with 0 and is not octal"),
    ("-1 == 1", "parse", 0, "`-` is not part of the language"),
    ('"\\400" == ""', "parse", 0, "`\\400` is more than a byte: write at most `\\377`"),
    ('"\\x4"', "result", 0, "the condition is a string: it has to be true or false"),
    ("${CITY", "parse", 0, "`${CITY` is not closed, or has an unknown operator"),
    ("${", "parse", 0, "`${` has no name"),
    ("${}", "parse", 0, "`${` has no name"),
    ("${1}", "parse", 0, "`${` has no name"),
    ("$", "parse", 0, "`$` has no name"),
    ('"${CITY', "parse", 1, "`${CITY` is not closed, or has an unknown operator"),
    ('"${CITY:1', "parse", 1, "a quote or a brace is not closed"),
    ("${CITY:}", "result", 0, "the condition is a string: it has to be true or false"),
    ("${CITY+", "parse", 0, "a quote or a brace is not closed"),
    ("${CITY!x}", "parse", 0, "`${CITY` is not closed, or has an unknown operator"),
    ("build.branch =~ /a/m", "parse", 16, "the flag `m` of a regular expression is unknown: use `i`"),
    ("build.branch =~ /[/]/", "parse", 16, "a set is not closed: `]` is missing"),
    ("build.branch =~ /a++/", "parse", 16, "possessive quantifiers, such as `a++`, are not supported"),
    ("[1] includes 1", "validation", 1, "a list holds strings only, and this is a number"),
    ('["a",', "parse", 5, "the end stands where a value was expected"),
    ('["a" "b"]', "parse", 5, '`"b"` stands where `,` or `]` was expected'),
    ("env(", "parse", 4, "the end stands where a value was expected"),
    ('env("A"', "parse", 7, "the end stands where `,` or `)` was expected"),
    ('env("A" "B")', "parse", 8, '`"B"` stands where `,` or `)` was expected'),
    ("true ?", "parse", 6, "the end stands where a value was expected"),
    ("true ? 1", "parse", 8, "the end stands where `:` was expected"),
    ("true ? 1 :", "parse", 10, "the end stands where a value was expected"),
    ("!", "parse", 1, "the end stands where a value was expected"),
    ("includes 1", "parse", 0, "`includes` has no value on its left"),
    ('branch("a") == ""', "validation", 0, "`branch` is not a function: there are `env` and `build.env`"),
    ('env() == ""', "validation", 0, "`env` takes one argument, the name of an environment variable"),
    ('env("A", "B") == ""', "validation", 0, "`env` takes one argument, the name of an environment variable"),
    ('env("\\$CITY") == ""', "validation", 4, "Argument to `env` should not include `$`: did you mean CITY?"),
    ('env("a b") == ""', "validation", 4, "Argument to `env` should be an environment variable name, not 'a b'"),
    (
        'env("BUILDKITE_AGENT_NAME") == ""',
        "validation",
        4,
        'Interpolation of "BUILDKITE_AGENT_NAME" is not supported: it is known at runtime, when the job runs, and conditions are decided before',
    ),
    (
        'env("BUILDKITE_COMMAND") == ""',
        "validation",
        4,
        'Interpolation of "BUILDKITE_COMMAND" is not supported: it is known at runtime, when the job runs, and conditions are decided before',
    ),
    (
        'env("BUILDKITE_BRANHC") == ""',
        "validation",
        4,
        '"BUILDKITE_BRANHC" is not a valid environment variable, did you mean "BUILDKITE_BRANCH"?',
    ),
    (
        'env("BUILDKITE_SOMETHING_ELSE_THAT_NOBODY_KNOWS") == ""',
        "validation",
        4,
        '"BUILDKITE_SOMETHING_ELSE_THAT_NOBODY_KNOWS" is not a valid environment variable',
    ),
    (
        'env("BUILDKITE_X_Y_Z_W") == ""',
        "validation",
        4,
        '"BUILDKITE_X_Y_Z_W" is not a valid environment variable, did you mean "BUILDKITE_TAG"?',
    ),
    ("env(1) == ''", "validation", 0, "Argument to `env` should be an environment variable name, a string"),
    (
        'env(build.state) == ""',
        "validation",
        4,
        "`build.state` can be compared by == and != only, on their left, and not as the argument of a function",
    ),
    ("build.brnch == 'x'", "validation", 0, "`build.brnch` is not a variable: did you mean `build.branch`?"),
    ("nope == 'x'", "validation", 0, "`nope` is not a variable"),
    ("build.branch && true", "validation", 0, "`&&` takes true or false, and this is a string."),
    ("true || 5", "validation", 8, "`||` takes true or false, and this is a number."),
    (
        "!5",
        "validation",
        1,
        "`!` takes true or false, and this is a number. Write parentheses round the comparison behind it.",
    ),
    (
        "!build.branch == 'a'",
        "validation",
        1,
        "`!` takes true or false, and this is a string. Write parentheses round the comparison behind it.",
    ),
    ("true ? 1 : 'a'", "validation", 5, "the branches of ?: have two types, number and string"),
    ("5 ? 1 : 2", "validation", 0, "`?` takes true or false, and this is a number."),
    (
        "true ? build.state : 'a'",
        "validation",
        7,
        "`build.state` can be compared by == and != only, on their left, and not as a branch of ?:",
    ),
    ("build.branch includes 'a'", "validation", 0, "`includes` takes a list on its left, and this is a string"),
    (
        "['a'] includes 5",
        "validation",
        15,
        "`includes` takes a string or a regular expression on its right, not a number",
    ),
    ("5 =~ /a/", "validation", 0, "`=~` takes a string on its left, and this is a number"),
    ("build.branch =~ 'a'", "validation", 16, "`=~` takes a regular expression on its right, such as /main/"),
    ("build.branch == 5", "validation", 13, "`==` compares a string with a number: they never are equal"),
    ("build.branch == /a/", "validation", 16, "a regular expression is compared by =~, not by =="),
    ("/a/ == build.branch", "validation", 0, "a regular expression is compared by =~, not by =="),
    ("'running' == build.state", "validation", 13, "`build.state` has to stand on the left of =="),
    ("build.state == 'runing'", "validation", 15, "`build.state` is never 'runing': did you mean 'running'?"),
    (
        "build.state == 'x'",
        "validation",
        15,
        "`build.state` is never 'x': there are blocked, canceled, canceling, creating, failed, failing, not_run, passed, running, scheduled, skipped, started",
    ),
    (
        "build.state == 'started_failing'",
        "validation",
        15,
        "`build.state` is never 'started_failing': did you mean 'started'?",
    ),
    ("build.state == 5", "validation", 12, "`==` compares a build.state with a number: they never are equal"),
    ("build.state =~ /run/", "validation", 0, "`=~` takes a string on its left, and this is a build.state"),
    ("step.key == 'a'", "validation", 0, "`step.key` is available in the notifications of a step only"),
    ("5", "result", 0, "the condition is a number: it has to be true or false"),
    ("'true'", "result", 0, "the condition is a string: it has to be true or false"),
    ("[]", "result", 0, "the condition is a list: it has to be true or false"),
    ("/a/", "result", 0, "the condition is a regular expression: it has to be true or false"),
    ("null", "result", 0, "the condition is a null: it has to be true or false"),
    ("build.state", "result", 0, "the condition is a build.state: it has to be true or false"),
]


@pytest.mark.parametrize(("text", "kind", "position", "message"), WRONG, ids=[text for text, *_ in WRONG])
def test_a_wrong_condition(text: str, kind: str, position: int, message: str) -> None:
    with pytest.raises(ConditionError) as raised:
        Condition(text)
    assert (raised.value.kind, raised.value.position, str(raised.value)) == (kind, position, message)


@pytest.mark.parametrize(
    ("text", "position", "message"),
    [
        ("(" * 200, 50, "the expression is nested deeper than 50, the most that is read here"),
        ("[" * 200, 50, "the expression is nested deeper than 50, the most that is read here"),
        ("!" * 200 + "true", 50, "more than 50 `!` in a row, the most that is read here"),
        (" == ".join(["true"] * 202), 8 * 201 - 3, "more than 200 comparisons in a row, the most that is read here"),
        (
            "build.tag =~ /" + "(" * 101 + "/",
            13,
            "the groups of the regular expression are nested deeper than 100, the most that is read here",
        ),
        (
            "build.tag =~ /" + "(?i)" * 5000 + "/",
            13,
            "the groups of the regular expression are nested deeper than 100, the most that is read here",
        ),
        ('"${a-' * 200, 251, "the expression is nested deeper than 50, the most that is read here"),
        ("(true) && " * 60 + "(" * 60, 650, "the expression is nested deeper than 50, the most that is read here"),
        ("((true) && " * 60, 530, "the expression is nested deeper than 50, the most that is read here"),
        (
            "$A == $A && " + '"${A}" == "" && ' * 60 + "(" * 60,
            1022,
            "the expression is nested deeper than 50, the most that is read here",
        ),
        ('"' + "${A:-${B}" * 60, 447, "the expression is nested deeper than 50, the most that is read here"),
    ],
)
def test_a_condition_that_is_nested_too_deeply(text: str, position: int, message: str) -> None:
    with pytest.raises(ConditionError) as raised:
        Condition(text)
    assert (raised.value.kind, raised.value.position, str(raised.value)) == ("parse", position, message)


@pytest.mark.parametrize(
    "text",
    [
        "(" * 49 + "true" + ")" * 49,
        "!" * 50 + "true",
        " == ".join(["(true)"] * 201),
        "build.tag !~ /" + "(" * 100 + "a" + ")" * 100 + "/",
        " || ".join(["(true)"] * 20_000),
        " && ".join(["true || (false)"] * 5000),
    ],
)
def test_a_condition_that_is_nested_as_deeply_as_may_be(text: str) -> None:
    assert Condition(text).holds(ConditionContext())


EVALUATED = [
    ('${NONE:?} == "a"', 0, "$NONE: not set"),
    ('${NONE?} == ""', 0, "$NONE: not set"),
    ('${NONE?give $N} == ""', 0, "$NONE: give 2"),
    ('${EMPTY:?no} == "a"', 0, "$EMPTY: no"),
    ('"a ${X:$X}" == ""', 3, "${X:…}: 'x' is not a number"),
    ('${X:0:$X} == ""', 0, "${X:…}: 'x' is not a number"),
    ('true && [build.tag] includes "x"', 8, "a null is in the list on the left of `includes`"),
    ('true && ${NONE?} == ""', 8, "$NONE: not set"),
    ('true && ${NONE-\\400} == ""', 8, "`\\400` is more than a byte: write at most `\\377`"),
    ("${X:X1} == ''", 0, "${X:…}: 'X1' is not a number"),
    ("${X:0:X1} == ''", 0, "${X:…}: 'X1' is not a number"),
    ('env("${EMPTY}") == ""', 4, "the name in `env(…)` is empty"),
    ('env("BUILDKITE_AGENT_${NONE-NAME}") == "a"', 4, '"BUILDKITE_AGENT_NAME" is not a valid environment variable'),
]


@pytest.mark.parametrize(("text", "position", "message"), EVALUATED, ids=[text for text, *_ in EVALUATED])
def test_a_value_that_is_wrong(text: str, position: int, message: str) -> None:
    context = ConditionContext({}, {"EMPTY": "", "N": "2", "X": "x"})
    with pytest.raises(ConditionError) as raised:
        Condition(text).holds(context)
    assert (raised.value.kind, raised.value.position, str(raised.value)) == ("evaluation", position, message)
    for notified in ("build_notification", "step_notification"):
        assert not Condition(text, notified).holds(context)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("a++", "possessive quantifiers, such as `a++`, are not supported"),
        ("a{2}+", "possessive quantifiers, such as `a++`, are not supported"),
        ("(?<=a)b", "a lookbehind, as in `(?<=`, is not supported"),
        ("(?<!a)b", "a lookbehind, as in `(?<!`, is not supported"),
        ("(?>a)", "an atomic group, as in `(?>`, is not supported"),
        ("(?P<n>a)", "a named group, as in `(?P`, is not supported"),
        ("(?<n>a)", "a named group, as in `(?<`, is not supported"),
        ("(?(1)a)", "a conditional, as in `(?(`, is not supported"),
        ("(?'n'a)", "a named group, as in `(?'`, is not supported"),
        ("(?&n)", "`(?&` is not supported"),
        ("[a", "a set is not closed: `]` is missing"),
        ("a)", "`)` has no `(`"),
        ("a\\", "it ends with a backslash"),
        ("(?#a", "a comment is not closed: `)` is missing"),
        ("(?)", "`(?)` is not supported"),
        ("(?R)", "`(?R` is not supported"),
        ("(?z)", "`(?z` is not supported"),
    ],
)
def test_a_regular_expression_that_is_refused(source: str, message: str) -> None:
    with pytest.raises(PatternError) as raised:
        compile_pattern(source, ignore_case=False)
    assert str(raised.value) == message


@pytest.mark.parametrize("source", ["(a", "*", "+a", "a**", "a+?+", "[z-a]", "a{2}{3}"])
def test_what_is_not_a_regular_expression(source: str) -> None:
    with pytest.raises(PatternError, match=f"^/{re.escape(source)}/ is not a regular expression: [a-z]"):
        compile_pattern(source, ignore_case=False)


def test_a_search_that_takes_too_long_is_an_error_of_the_condition() -> None:
    condition = Condition("true && build.message =~ /(a|aa)+$/")
    context = ConditionContext({"build.message": "a" * 60 + "b"})
    with pytest.raises(ConditionError) as raised:
        condition.holds(context)
    assert (raised.value.kind, raised.value.position) == ("evaluation", 25)
    assert str(raised.value) == "the search for /(a|aa)+$/ took longer than 1 s"
    with pytest.raises(ConditionError) as raised:  # the conditions of a build have that time together
        Condition("build.message =~ /^a/").holds(context)
    assert str(raised.value) == "the build's searches took longer than 1 s, the last for /^a/"


def test_a_search_has_the_time_that_earlier_ones_have_left() -> None:
    context = ConditionContext({"build.message": "a" * 60 + "b"}, search_time=SearchTime(0.98))
    assert Condition("build.message =~ /^a/").holds(context)
    for operator in ("=~", "!~"):
        with pytest.raises(ConditionError, match=r"took longer than 1 s, the last for /\(a\|aa\)\+\$/$"):
            Condition(f"build.message {operator} /(a|aa)+$/").holds(context)


def test_groups_of_a_regular_expression_are_nested_as_deep_as_any_caller_can_read() -> None:
    for opening in ("(", "(?:", "(?i)", "(a|"):
        closing = ")" * (opening != "(?i)")
        assert compile_pattern(opening * 100 + "a" + closing * 100, ignore_case=False).search("a")
        with pytest.raises(PatternError, match=r"groups of the regular expression are nested deeper than 100"):
            compile_pattern(opening * 101 + "a" + closing * 101, ignore_case=False)
    assert compile_pattern("(a)" * 200, ignore_case=False).search("a" * 200)


def test_a_missing_library_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "regex", None)
    with pytest.raises(
        ImportError, match=r"^A regular expression needs regex: pip install 'buildkite-ext\[simulator\]'$"
    ):
        compile_pattern("a", ignore_case=False)


def test_a_value_that_only_the_documentation_lists_is_let_through_if_asked_for() -> None:
    assert not Condition("build.state == 'started_failing'", documented=True).holds(ConditionContext())
    with pytest.raises(ConditionError, match="is never 'runing'"):
        Condition("build.state == 'runing'", documented=True)


BUILT_IN = {
    "BUILDKITE_BRANCH": "build.branch",
    "BUILDKITE_COMMIT": "build.commit",
    "BUILDKITE_REPO": "pipeline.repository",
    "BUILDKITE_PIPELINE_SLUG": "pipeline.slug",
    "BUILDKITE_TAG": "build.tag",
    "BUILDKITE_PULL_REQUEST": "build.pull_request.id",
    "BUILDKITE_TRIGGERED_FROM_BUILD_NUMBER": "triggered_from.build_number",
}


@pytest.mark.parametrize(("name", "variable"), BUILT_IN.items())
def test_what_env_tells_of_a_build(name: str, variable: str) -> None:
    assert Condition(f'env("{name}") == "12"').holds(ConditionContext({variable: 12}))
    unset = {"BUILDKITE_PULL_REQUEST": "false"}.get(name, "")
    assert Condition(f'env("{name}") == "{unset}"').holds(ConditionContext())


@pytest.mark.parametrize(
    ("name", "values", "want"),
    [
        ("BUILDKITE_PULL_REQUEST_USING_MERGE_REFSPEC", {"pull_request.using_merge_refspec": True}, "true"),
        ("BUILDKITE_PULL_REQUEST_USING_MERGE_REFSPEC", {}, ""),
        ("BUILDKITE_PULL_REQUEST_${NONE-LABELS}", {}, ""),
        ("BUILDKITE_GIT_DIFF_BASE", {}, ""),
        ("BUILDKITE_GIT_DIFF_BASE", {"build.merge_queue.base_branch": "main"}, ""),
        ("BUILDKITE_GIT_DIFF_BASE", {"merge_queue.active": True}, ""),
        ("BUILDKITE_GIT_DIFF_BASE", {"merge_queue.active": True, "build.merge_queue.base_branch": "main"}, "main"),
        (
            "BUILDKITE_GIT_DIFF_BASE",
            {
                "merge_queue.active": True,
                "merge_queue.diffs_against_commit": True,
                "build.merge_queue.base_branch": "main",
                "build.merge_queue.base_commit": "abc",
            },
            "abc",
        ),
    ],
)
def test_what_env_tells_of_a_pull_request_and_of_a_merge_queue(
    name: str, values: dict[str, str | bool], want: str
) -> None:
    assert Condition(f'env("{name}") == "{want}"').holds(ConditionContext(values))
