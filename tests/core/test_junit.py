"""`junit_annotation`: the failures of a JUnit report as the body of one annotation."""

from __future__ import annotations

import re
from html import escape, unescape
from xml.sax.saxutils import quoteattr

import pytest
from hypothesis import given
from hypothesis import strategies as st

from buildkite_ext import junit_annotation
from buildkite_ext.simulation import Simulator

PYTEST = b"""<?xml version="1.0" encoding="utf-8"?>
<testsuites name="pytest tests"><testsuite name="pytest" errors="1" failures="1" skipped="1" tests="4" time="0.1">
<testcase classname="tests.test_cart" name="test_empty" time="0.001" />
<testcase classname="tests.test_cart" name="test_total[a&amp;b]" file="tests/test_cart.py" line="7" time="0.001">
<failure message="assert 3 == 4&#10; +  where 3 = total()">def test_total():
&gt;       assert total() == 4
E       assert 3 == 4

tests/test_cart.py:8: AssertionError</failure></testcase>
<testcase classname="tests.test_cart" name="test_slow" time="0"><skipped message="slow" /></testcase>
<testcase classname="" name="tests.test_login"><error message="collection failure">ImportError: login</error></testcase>
</testsuite></testsuites>"""

SUREFIRE = b"""<testsuite name="com.example.CartTest" tests="2"><properties><property name="a" value="b"/></properties>
<testcase name="total" classname="com.example.CartTest"><failure message="expected: 4" type="AssertionFailedError">
<![CDATA[org.opentest4j.AssertionFailedError: expected: <4>
	at com.example.CartTest.total(CartTest.java:12)]]></failure>
<rerunFailure message="again">x</rerunFailure><system-out>noise</system-out></testcase>
<testcase name="other" classname="com.example.CartTest"><failure type="Error"/><failure message="two"/></testcase></testsuite>"""


def shown(body: str) -> list[tuple[str, str]]:
    """Return the summary and the text of each failure in an annotation, as a reader sees them."""
    found = re.findall(r"<summary>(.*?)</summary>(?:\n\n<pre><code>(.*?)</code></pre>)?", body, re.DOTALL)
    return [(unescape(re.sub(r"<[^>]*>", "", summary)), unescape(text)) for summary, text in found]


def test_a_report_of_pytest() -> None:
    body = junit_annotation(PYTEST)
    assert body.startswith("<p><strong>2 of 4 tests failed</strong>, 1 skipped</p>\n\n<details>\n")
    assert shown(body) == [
        (
            "tests.test_cart: test_total[a&b]: assert 3 == 4 + where 3 = total() tests/test_cart.py:7",
            "def test_total():\n>       assert total() == 4\nE       assert 3 == 4\n\ntests/test_cart.py:8: AssertionError",
        ),
        ("tests.test_login: collection failure", "ImportError: login"),
    ]


def test_a_report_of_surefire() -> None:
    body = junit_annotation(SUREFIRE)
    assert body.startswith("<p><strong>2 of 2 tests failed</strong></p>")
    assert shown(body) == [
        (
            "com.example.CartTest: total: expected: 4",
            "org.opentest4j.AssertionFailedError: expected: <4>\n    at com.example.CartTest.total(CartTest.java:12)",
        ),
        ("com.example.CartTest: other: Error", ""),
        ("com.example.CartTest: other: two", ""),
    ]
    assert "noise" not in body


def test_a_report_without_failures() -> None:
    report = b'<testsuites><testsuite><testcase name="a"/><testcase name="b"/></testsuite></testsuites>'
    assert junit_annotation(report) == "<p><strong>2 tests passed</strong></p>"
    assert junit_annotation(b"<testsuites/>") == "<p><strong>0 tests passed</strong></p>"


def test_suites_in_suites() -> None:
    report = b'<testsuites><testsuite><testsuite><testcase name="a"><error>no</error></testcase></testsuite></testsuite></testsuites>'
    assert shown(junit_annotation(report)) == [("a", "no")]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "iso-8859-1"])
def test_encodings(encoding: str) -> None:
    report = f'<?xml version="1.0" encoding="{encoding}"?><testsuite><testcase name="é"><failure>ü</failure></testcase></testsuite>'
    assert shown(junit_annotation(report.encode(encoding))) == [("é", "ü")]


REFUSED = {
    "no XML": (b"Error: no report", "xml isn't XML: syntax error, line 1, column 0"),
    "empty": (b"", "xml isn't XML: no element found"),
    "cut off": (PYTEST[:400], "xml isn't XML: "),
    "another document": (b"<html><body/></html>", "its root is <html>, not <testsuites> or <testsuite>"),
    "an entity": (
        b'<!DOCTYPE t [<!ENTITY a "b">]><testsuite><testcase name="&a;"/></testsuite>',
        "xml declares the entity 'a'",
    ),
    "entities in entities": (
        b'<!DOCTYPE t [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]><testsuite>&b;</testsuite>',
        "xml declares the entity 'a'",
    ),
    "a file": (
        b'<!DOCTYPE t [<!ENTITY a SYSTEM "file:///etc/passwd">]><testsuite><testcase name="x"/>&a;</testsuite>',
        "xml declares the entity 'a'",
    ),
    "a parameter": (
        b'<!DOCTYPE t [<!ENTITY % a SYSTEM "http://127.0.0.1:9/x"> %a;]><testsuite/>',
        "xml declares the entity 'a'",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_report_is_refused(name: str) -> None:
    xml, said = REFUSED[name]
    with pytest.raises(ValueError, match=re.escape(said)):
        junit_annotation(xml)


def test_a_declaration_of_a_type_is_not_read() -> None:
    report = b'<!DOCTYPE testsuite SYSTEM "http://127.0.0.1:9/junit.dtd"><testsuite><testcase name="a"/></testsuite>'
    assert "1 test passed" in junit_annotation(report)


def test_nothing_of_a_report_is_markdown_or_html() -> None:
    evil = "</code></pre><script>alert(1)</script>\n\n# Title\n\x1b[2J[link](javascript:x) **bold**\u202e"
    report = (
        f"<testsuite><testcase name={quoteattr('</code><img src=x>')} classname='*a*'><failure message={quoteattr('a' + chr(10) + '# b')}>"
        f"{escape(evil.replace(chr(27), ''))}</failure></testcase></testsuite>"
    )
    body = junit_annotation(report.encode())
    assert not re.search(r"<(?:script|img)", body)
    summary, text = shown(body)[0]
    assert summary == "*a*: </code><img src=x>: a # b"
    assert "# Title" in text
    assert "\u202e" not in body
    # A block `<pre>` of Markdown ends at `</pre>` alone, and what is before it ends at an empty line.
    head, _, rest = body.partition("<pre>")
    assert head.endswith("</summary>\n\n")
    assert rest.count("</pre>") == 1


def test_what_does_not_fit_is_left_out_and_told() -> None:
    case = '<testcase name="test {}"><failure message="no">{}</failure></testcase>'
    report = f"<testsuite>{''.join(case.format(number, 'é&lt;' * 2000) for number in range(300))}</testsuite>".encode()
    body = junit_annotation(report)
    assert 900_000 < len(body.encode()) <= 1024 * 1024
    left = re.search(r"<em>Failures that don't fit in the annotation: (\d+)</em>", body)
    assert left is not None
    assert int(left[1]) + len(shown(body)) == 300
    small = junit_annotation(report, max_bytes=2000)
    assert len(small.encode()) <= 2000
    assert "[… the rest is left out …]" in small
    assert "Failures that don't fit in the annotation: 299" in small
    with pytest.raises(ValueError, match="max_bytes=1023: give at least 1024"):
        junit_annotation(report, max_bytes=1023)


def test_a_long_text_is_cut_and_told() -> None:
    report = b'<testsuite><testcase name="a"><failure>' + b"x" * 100_000 + b"</failure></testcase></testsuite>"
    body = junit_annotation(report)
    assert len(body) < 21_000
    assert "[… the rest is left out …]" in body


def test_many_failures_take_little_memory_and_are_counted() -> None:
    case = b'<testcase name="a"><failure message="no"/></testcase>'
    body = junit_annotation(b"<testsuite>" + case * 20_000 + b"</testsuite>", max_bytes=4096)
    assert body.startswith("<p><strong>20000 of 20000 tests failed</strong></p>")
    assert len(body) <= 4096


WORDS = st.sampled_from(
    ["", "a", "&<>\"'", "é" * 9, "</pre>", "漢字" * 12, "`*_`", "\n\n# x\n", "\u202eabc", "x" * 200]
)


@given(
    cases=st.lists(st.tuples(WORDS, WORDS, st.lists(WORDS, max_size=3)), max_size=12),
    times=st.integers(1, 60),
    most=st.integers(1024, 6000),
)
def test_any_report_fits(cases: list[tuple[str, str, list[str]]], times: int, most: int) -> None:
    report = "".join(
        f"<testcase name={quoteattr(name)}>"
        + "".join(f"<failure message={quoteattr(message)}>{escape(text * times)}</failure>" for text in texts)
        + "</testcase>"
        for name, message, texts in cases
    )
    body = junit_annotation(f"<testsuite>{report}</testsuite>".encode(), max_bytes=most)
    assert len(body.encode()) <= most
    for tag in ("details", "summary", "pre", "code"):
        assert body.count(f"<{tag}>") == body.count(f"</{tag}>")
    failures = sum(len(texts) for _, _, texts in cases)
    told = re.search(r"annotation: (\d+)</em>", body)
    assert len(shown(body)) + (int(told[1]) if told else 0) == failures


def test_an_annotation_of_a_build() -> None:
    simulator = Simulator()
    simulator.pipeline("web").job("test", exit_status=1)
    with simulator.client() as client:
        number = client.builds.create("web", commit="HEAD", branch="main").number
        client.builds.wait("web", number)
        client.annotations.create("web", number, junit_annotation(PYTEST), style="error", context="junit")
        found = client.builds.failure_summary("web", number)
    assert [(each.context, each.style) for each in found.annotations] == [("junit", "error")]
    assert "2 of 4 tests failed" in found.annotations[0].text
    assert "assert 3 == 4" in str(found)


@pytest.mark.parametrize(
    ("inside", "head"),
    [
        ('<error message="boom"/>', "1 failure outside of tests"),
        ('<error message="boom"/><failure/>', "2 failures outside of tests"),
        ('<testcase name="a"/><error message="boom"/>', "none of 1 test failed, and 1 failure outside of tests"),
        (
            '<testcase name="a"><failure/></testcase><testcase name="b"/><error message="boom"/>',
            "1 of 2 tests failed, and 1 failure outside of tests",
        ),
    ],
)
def test_failures_outside_of_tests(inside: str, head: str) -> None:
    body = junit_annotation(f'<testsuite name="setup" tests="0">{inside}</testsuite>'.encode())
    assert body.startswith(f"<p><strong>{head}</strong></p>")
    if "boom" in inside:
        assert ("setup: boom", "") in shown(body)


@pytest.mark.parametrize("encoding", ["bogus", "shift_jis", "utf-7", "rot13", "base64", "idna", "x" * 40])
def test_an_encoding_that_can_not_be_read(encoding: str) -> None:
    report = f'<?xml version="1.0" encoding="{encoding}"?><testsuite/>'.encode()
    said = re.escape(f"xml is in the encoding {encoding!r}, which can't be read: convert it to UTF-8")
    with pytest.raises(ValueError, match=f"^{said}$"):
        junit_annotation(report)
