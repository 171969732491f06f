"""Excerpts of logs: the lines around the first error of the last open section, for the tools that people use."""

from __future__ import annotations

import json
from base64 import b64decode
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from buildkite_ext.failures.excerpt import excerpt_of, narrowed
from buildkite_ext.logs import render_log

REFERENCE = Path("/work/shared/reference/terminal")

AGENT_BEGINS = """\
~~~ Preparing working directory
$ git fetch -v --prune -- origin 1a2b3c4
~~~ Running commands
"""
AGENT_ENDS = """\
^^^ +++
🚨 Error: The command exited with status 1
~~~ Uploading artifacts
$ buildkite-agent artifact upload *.log
~~~ Running global pre-exit hook
done
"""


@dataclass(frozen=True)
class Case:
    """A log, and what its excerpt has to show.

    Attributes:
        log: what the command writes, between what the agent writes.
        error: the line that tells most.
        shows: further lines that are shown.
        hides: texts that aren't.
        tests: a test framework reports failures.
        section: the section that is shown.
        alone: the agent writes nothing around it.
    """

    log: str
    error: str | None
    shows: tuple[str, ...] = ()
    hides: tuple[str, ...] = ()
    tests: bool = False
    section: str | None = "Running commands"
    alone: bool = field(default=False)


PASSES = "".join(f"tests/test_many.py::test_{number} PASSED\n" for number in range(300))

CASES = {
    "pytest": Case(
        f"""\
+++ :pytest: Tests
============================= test session starts ==============================
platform linux -- Python 3.12.3, pytest-8.3.3, pluggy-1.5.0
collected 302 items
{PASSES}tests/test_cart.py::test_total FAILED
=================================== FAILURES ===================================
__________________________________ test_total __________________________________

    def test_total():
        cart = Cart()
        cart.add("apple", 3)
>       assert cart.total() == 4
E       assert 3 == 4
E        +  where 3 = total()

tests/test_cart.py:8: AssertionError
=========================== short test summary info ============================
FAILED tests/test_cart.py::test_total - assert 3 == 4
======================== 1 failed, 300 passed in 12.31s ========================
""",
        error="E       assert 3 == 4",
        shows=(
            "__________________________________ test_total __________________________________",
            "tests/test_cart.py:8: AssertionError",
            "FAILED tests/test_cart.py::test_total - assert 3 == 4",
            "======================== 1 failed, 300 passed in 12.31s ========================",
        ),
        hides=("test_200 PASSED", "artifact upload", "git fetch"),
        tests=True,
        section=":pytest: Tests",
    ),
    "pytest, an error of collection": Case(
        """\
$ pytest -q
==================================== ERRORS ====================================
_____________________ ERROR collecting tests/test_login.py _____________________
ImportError while importing test module '/app/tests/test_login.py'.
Hint: make sure your test modules/packages have valid Python names.
Traceback:
/usr/lib/python3.12/importlib/__init__.py:90: in import_module
    return _bootstrap._gcd_import(name[level:], package, level)
tests/test_login.py:1: in <module>
    import login
E   ModuleNotFoundError: No module named 'login'
=========================== short test summary info ============================
ERROR tests/test_login.py
!!!!!!!!!!!!!!!!!!!! Interrupted: 1 error during collection !!!!!!!!!!!!!!!!!!!!
1 error in 0.08s
""",
        error="E   ModuleNotFoundError: No module named 'login'",
        shows=("_____________________ ERROR collecting tests/test_login.py _____________________",),
        tests=True,
    ),
    "unittest": Case(
        """\
$ python -m unittest
..F....
======================================================================
FAIL: test_total (tests.test_cart.CartTest.test_total)
----------------------------------------------------------------------
Traceback (most recent call last):
  File "/app/tests/test_cart.py", line 9, in test_total
    self.assertEqual(cart.total(), 4)
AssertionError: 3 != 4

----------------------------------------------------------------------
Ran 7 tests in 0.002s

FAILED (failures=1)
""",
        error="FAIL: test_total (tests.test_cart.CartTest.test_total)",
        shows=("AssertionError: 3 != 4", "FAILED (failures=1)"),
        tests=True,
    ),
    "a traceback": Case(
        """\
$ python manage.py migrate
Operations to perform:
  Apply all migrations: admin, auth
Traceback (most recent call last):
  File "/app/manage.py", line 22, in <module>
    main()
  File "/app/manage.py", line 18, in main
    execute_from_command_line(sys.argv)
django.db.utils.OperationalError: could not connect to server: Connection refused
cleaning up
""",
        error="django.db.utils.OperationalError: could not connect to server: Connection refused",
        shows=("Traceback (most recent call last):", '  File "/app/manage.py", line 22, in <module>'),
        hides=("cleaning up",),
    ),
    "a long traceback": Case(
        "Traceback (most recent call last):\n"
        + "".join(f'  File "/app/deep.py", line {line}, in call\n    call({line})\n' for line in range(60))
        + "RecursionError: maximum recursion depth exceeded\n",
        error="RecursionError: maximum recursion depth exceeded",
        shows=("Traceback (most recent call last):", "    call(59)"),
        hides=("    call(20)",),
    ),
    "jest": Case(
        """\
$ yarn jest
PASS src/price.test.js
FAIL src/cart.test.js
  ✓ is empty at first (2 ms)
  ✕ adds (5 ms)

  ● Cart › adds

    expect(received).toBe(expected) // Object.is equality

    Expected: 4
    Received: 3

      12 |   cart.add("apple", 3);
    > 13 |   expect(cart.total()).toBe(4);
         |                        ^

      at Object.toBe (src/cart.test.js:13:24)

Test Suites: 1 failed, 1 passed, 2 total
Tests:       1 failed, 11 passed, 12 total
Time:        1.2 s
error Command failed with exit code 1.
""",
        error="  ● Cart › adds",
        shows=("    Received: 3", "Tests:       1 failed, 11 passed, 12 total"),
        tests=True,
    ),
    "vitest": Case(
        """\
 RUN  v1.6.0 /app

 ❯ src/cart.test.ts  (2 tests | 1 failed) 7ms
   ❯ src/cart.test.ts > Cart > adds
     → expected 3 to be 4

⎯⎯⎯⎯⎯⎯⎯ Failed Tests 1 ⎯⎯⎯⎯⎯⎯⎯

 FAIL  src/cart.test.ts > Cart > adds
AssertionError: expected 3 to be 4 // Object.is equality
 ❯ src/cart.test.ts:13:24

 Test Files  1 failed (1)
      Tests  1 failed | 1 passed (2)
""",
        error=" FAIL  src/cart.test.ts > Cart > adds",
        shows=("AssertionError: expected 3 to be 4 // Object.is equality", "      Tests  1 failed | 1 passed (2)"),
        tests=True,
    ),
    "mocha": Case(
        """\
  Cart
    ✓ is empty at first
    1) adds

  1 passing (6ms)
  1 failing

  1) Cart
       adds:
     AssertionError: expected 3 to equal 4
      at Context.<anonymous> (test/cart.js:9:30)
""",
        error="  1 failing",
        shows=("     AssertionError: expected 3 to equal 4",),
        tests=True,
    ),
    "go test": Case(
        """\
$ go test ./...
ok  	example.com/shop/price	0.004s
--- FAIL: TestTotal (0.00s)
    cart_test.go:14: Total() = 3, want 4
FAIL
FAIL	example.com/shop/cart	0.003s
FAIL
""",
        error="--- FAIL: TestTotal (0.00s)",
        shows=("    cart_test.go:14: Total() = 3, want 4", "FAIL	example.com/shop/cart	0.003s"),
        tests=True,
    ),
    "go test -v, with subtests": Case(
        """\
=== RUN   TestTotal
=== RUN   TestTotal/empty
=== RUN   TestTotal/one
    cart_test.go:14: Total() = 3, want 4
--- FAIL: TestTotal (0.00s)
    --- PASS: TestTotal/empty (0.00s)
    --- FAIL: TestTotal/one (0.00s)
FAIL
""",
        error="--- FAIL: TestTotal (0.00s)",
        shows=("    cart_test.go:14: Total() = 3, want 4", "    --- FAIL: TestTotal/one (0.00s)"),
        tests=True,
    ),
    "go build": Case(
        """\
$ go build ./...
# example.com/shop/cart
cart/cart.go:12:9: undefined: totl
cart/cart.go:15:2: declared and not used: x
""",
        error="cart/cart.go:12:9: undefined: totl",
        shows=("# example.com/shop/cart", "cart/cart.go:15:2: declared and not used: x"),
    ),
    "a panic of Go": Case(
        """\
starting
panic: runtime error: index out of range [3] with length 3

goroutine 1 [running]:
main.main()
	/app/main.go:8 +0x1d
exit status 2
""",
        error="panic: runtime error: index out of range [3] with length 3",
        shows=("main.main()",),
    ),
    "RSpec": Case(
        """\
$ bundle exec rspec
..F..

Failures:

  1) Cart adds the prices
     Failure/Error: expect(cart.total).to eq(4)

       expected: 4
            got: 3

     # ./spec/cart_spec.rb:8:in `block (2 levels) in <top (required)>'

Finished in 0.01 seconds (files took 0.08 seconds to load)
5 examples, 1 failure

Failed examples:

rspec ./spec/cart_spec.rb:5 # Cart adds the prices
""",
        error="Failures:",
        shows=("            got: 3", "rspec ./spec/cart_spec.rb:5 # Cart adds the prices", "5 examples, 1 failure"),
        tests=True,
    ),
    "minitest": Case(
        """\
Run options: --seed 1

  1) Failure:
CartTest#test_total [test/cart_test.rb:9]:
Expected: 4
  Actual: 3

5 runs, 5 assertions, 1 failures, 0 errors, 0 skips
""",
        error="  1) Failure:",
        shows=("  Actual: 3",),
        tests=True,
    ),
    "PHPUnit, with a difference": Case(
        """\
There was 1 failure:

1) CartTest::testTotal
Failed asserting that two strings are equal.
--- Expected
+++ Actual
@@ @@
-'four'
+'three'

/app/tests/CartTest.php:12

FAILURES!
Tests: 4, Assertions: 4, Failures: 1.
""",
        error="There was 1 failure:",
        shows=("+++ Actual", "+'three'", "Tests: 4, Assertions: 4, Failures: 1."),
        tests=True,
    ),
    "TAP": Case(
        """\
TAP version 13
ok 1 - is empty
not ok 2 - adds
  ---
  message: 'expected 3 to be 4'
  ...
not ok 3 - is planned # TODO later
1..3
""",
        error="not ok 2 - adds",
        shows=("  message: 'expected 3 to be 4'",),
        tests=True,
    ),
    "Maven": Case(
        """\
[INFO] Running com.example.CartTest
[ERROR] Tests run: 4, Failures: 1, Errors: 0, Skipped: 0, Time elapsed: 0.05 s <<< FAILURE! - in com.example.CartTest
[ERROR] com.example.CartTest.total -- Time elapsed: 0.01 s <<< FAILURE!
org.opentest4j.AssertionFailedError: expected: <4> but was: <3>
	at com.example.CartTest.total(CartTest.java:12)
[INFO] BUILD FAILURE
""",
        error=(
            "[ERROR] Tests run: 4, Failures: 1, Errors: 0, Skipped: 0, Time elapsed: 0.05 s <<< FAILURE! - in "
            "com.example.CartTest"
        ),
        shows=("org.opentest4j.AssertionFailedError: expected: <4> but was: <3>",),
        tests=True,
    ),
    "Gradle": Case(
        """\
> Task :app:compileJava FAILED

FAILURE: Build failed with an exception.

* What went wrong:
Execution failed for task ':app:compileJava'.
> Compilation failed; see the compiler output below.
BUILD FAILED in 3s
""",
        error="FAILURE: Build failed with an exception.",
        shows=("Execution failed for task ':app:compileJava'.",),
    ),
    "cargo test": Case(
        """\
     Running unittests src/lib.rs (target/debug/deps/shop-1f2e)

running 3 tests
test cart::tests::adds ... FAILED
test cart::tests::empty ... ok

failures:

---- cart::tests::adds stdout ----

thread 'cart::tests::adds' panicked at src/cart.rs:21:9:
assertion `left == right` failed
  left: 3
 right: 4
note: run with `RUST_BACKTRACE=1` environment variable to display a backtrace


failures:
    cart::tests::adds

test result: FAILED. 2 passed; 1 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s

error: test failed, to rerun pass `--lib`
""",
        error="---- cart::tests::adds stdout ----",
        shows=("  left: 3",),
        tests=True,
    ),
    "cargo build": Case(
        """\
   Compiling shop v0.1.0 (/app)
warning: unused variable: `y`
error[E0308]: mismatched types
 --> src/cart.rs:7:5
  |
7 |     total
  |     ^^^^^ expected `u32`, found `String`

error: could not compile `shop` (lib) due to 1 previous error; 1 warning emitted
""",
        error="error[E0308]: mismatched types",
        shows=("  |     ^^^^^ expected `u32`, found `String`",),
        hides=("unused variable",),
    ),
    "tsc": Case(
        """\
$ tsc --noEmit
src/cart.ts(12,5): error TS2322: Type 'string' is not assignable to type 'number'.
src/cart.ts(15,9): error TS2304: Cannot find name 'totl'.
""",
        error="src/cart.ts(12,5): error TS2322: Type 'string' is not assignable to type 'number'.",
        shows=("src/cart.ts(15,9): error TS2304: Cannot find name 'totl'.",),
    ),
    "tsc --pretty": Case(
        """\
src/cart.ts:12:5 - error TS2322: Type 'string' is not assignable to type 'number'.

12     total: number = "3";
       ~~~~~

Found 1 error in src/cart.ts:12
""",
        error="src/cart.ts:12:5 - error TS2322: Type 'string' is not assignable to type 'number'.",
        shows=('12     total: number = "3";', "Found 1 error in src/cart.ts:12"),
    ),
    "eslint": Case(
        """\
$ eslint .

/app/src/price.js
  3:7  warning  'unused' is assigned a value but never used  no-unused-vars

/app/src/cart.js
  1:1   warning  Missing JSDoc comment  require-jsdoc
  12:9  error    'totl' is not defined  no-undef

✖ 3 problems (1 error, 2 warnings)
""",
        error="  12:9  error    'totl' is not defined  no-undef",
        shows=("/app/src/cart.js", "✖ 3 problems (1 error, 2 warnings)"),
        hides=("/app/src/price.js",),
    ),
    "gcc and make": Case(
        """\
cc -Wall -c -o main.o main.c
main.c: In function 'main':
main.c:3:5: error: unknown type name 'nit'
    3 |     nit x = 1;
      |     ^~~
make: *** [Makefile:7: main.o] Error 1
""",
        error="main.c:3:5: error: unknown type name 'nit'",
        shows=("main.c: In function 'main':", "    3 |     nit x = 1;"),
    ),
    "make alone": Case(
        """\
$ make deploy
checking the lock
the lock is held by build 41
make: *** [Makefile:12: deploy] Error 3
""",
        error="make: *** [Makefile:12: deploy] Error 3",
        shows=("the lock is held by build 41",),
    ),
    "mypy": Case(
        """\
shop/cart.py:12: error: Incompatible return value type (got "str", expected "int")  [return-value]
Found 1 error in 1 file (checked 12 source files)
""",
        error='shop/cart.py:12: error: Incompatible return value type (got "str", expected "int")  [return-value]',
        shows=("Found 1 error in 1 file (checked 12 source files)",),
    ),
    "ruff": Case(
        """\
$ ruff check --output-format concise
shop/cart.py:1:8: F401 [*] `os` imported but unused
Found 1 error.
[*] 1 fixable with the `--fix` option.
""",
        error="shop/cart.py:1:8: F401 [*] `os` imported but unused",
        shows=("Found 1 error.",),
    ),
    "docker build": Case(
        """\
#9 [4/5] RUN npm ci
#9 0.512 npm ERR! code EUSAGE
#9 ERROR: process "/bin/sh -c npm ci" did not complete successfully: exit code: 1
------
 > [4/5] RUN npm ci:
0.512 npm ERR! code EUSAGE
0.512 npm ERR! `npm ci` can only install packages when your package.json and package-lock.json are in sync.
------
Dockerfile:7
ERROR: failed to solve: process "/bin/sh -c npm ci" did not complete successfully: exit code: 1
""",
        error=" > [4/5] RUN npm ci:",
        shows=(
            "0.512 npm ERR! `npm ci` can only install packages when your package.json and package-lock.json are in sync.",
        ),
    ),
    "npm": Case(
        """\
$ npm run build
vite v5.0.0 building for production...
x Build failed in 31ms
npm ERR! Lifecycle script `build` failed with error:
npm ERR! code 1
""",
        error="npm ERR! Lifecycle script `build` failed with error:",
        shows=("x Build failed in 31ms",),
    ),
    "an error of Node": Case(
        """\
/app/index.js:3
  undefined.x
            ^

TypeError: Cannot read properties of undefined (reading 'x')
    at Object.<anonymous> (/app/index.js:3:13)

Node.js v20.11.0
""",
        error="TypeError: Cannot read properties of undefined (reading 'x')",
        shows=("/app/index.js:3", "    at Object.<anonymous> (/app/index.js:3:13)"),
    ),
    "Java": Case(
        """\
Exception in thread "main" java.lang.IllegalStateException: no prices
	at com.example.Main.main(Main.java:5)
Caused by: java.io.FileNotFoundException: prices.csv
""",
        error='Exception in thread "main" java.lang.IllegalStateException: no prices',
        shows=("Caused by: java.io.FileNotFoundException: prices.csv",),
    ),
    "the compiler of .NET": Case(
        """\
  Determining projects to restore...
/app/Cart.cs(12,9): error CS0103: The name 'totl' does not exist in the current context [/app/Shop.csproj]
    1 Error(s)
""",
        error="/app/Cart.cs(12,9): error CS0103: The name 'totl' does not exist in the current context [/app/Shop.csproj]",
    ),
    "Terraform": Case(
        """\
Planning failed. Terraform encountered an error while generating this plan.

│ Error: Invalid reference
│
│   on main.tf line 3, in resource "aws_instance" "web":
""",
        error="│ Error: Invalid reference",
        shows=('│   on main.tf line 3, in resource "aws_instance" "web":',),
    ),
    "a shell": Case(
        """\
$ ./deploy.sh
deploying
./deploy.sh: line 3: kubectl: command not found
""",
        error="./deploy.sh: line 3: kubectl: command not found",
        shows=("deploying",),
    ),
    "out of memory": Case(
        "building\nlinking\nKilled\n",
        error="Killed",
        shows=("linking",),
    ),
    "git": Case(
        """\
$ git push origin release
fatal: unable to access 'https://github.com/acme/web/': Could not resolve host: github.com
""",
        error="fatal: unable to access 'https://github.com/acme/web/': Could not resolve host: github.com",
        shows=("$ git push origin release",),
    ),
    "a log of a program": Case(
        """\
level=info msg="starting" errors=0
level=error msg="no database" host=db.internal
""",
        error='level=error msg="no database" host=db.internal',
    ),
    "gtest": Case(
        """\
[ RUN      ] Cart.Adds
cart_test.cc:9: Failure
Expected equality of these values:
  cart.total()
    Which is: 3
  4
[  FAILED  ] Cart.Adds (0 ms)
""",
        error="cart_test.cc:9: Failure",
        shows=("    Which is: 3",),
        tests=True,
    ),
    "Playwright": Case(
        """\
Running 2 tests using 1 worker

  1) [chromium] › cart.spec.ts:3:1 › adds ─────────────

    Error: expect(locator).toHaveText(expected)
    Expected string: "4"
    Received string: "3"

  1 failed
""",
        error="  1) [chromium] › cart.spec.ts:3:1 › adds ─────────────",
        shows=('    Received string: "3"',),
        tests=True,
    ),
    "nothing that looks like an error": Case(
        "".join(f"step {number}\n" for number in range(100)),
        error="🚨 Error: The command exited with status 1",
        shows=("step 99", "step 90"),
        hides=("step 50",),
    ),
    "no section at all": Case("one\ntwo\nError: three\n", error="Error: three", section=None, alone=True),
    "nothing": Case("", error=None, section=None, alone=True),
    "a warning that mentions an error": Case(
        "warning: treating error: as a word\ndebug: failed: no\n0 errors: fine\nok\n",
        error=None,
        shows=("ok",),
        section=None,
        alone=True,
    ),
    "the last open section, not an earlier one": Case(
        "+++ Lint\nError: lint\n--- Fetch\nfetched\n+++ Build\nError: build\n--- Clean\nError: clean\n",
        error="Error: build",
        hides=("Error: lint", "Error: clean"),
        section="Build",
        alone=True,
    ),
    "an open section without an error gives way to one that has one": Case(
        "+++ Build\nError: build\n+++ Report\nsent\n",
        error="Error: build",
        section="Build",
        alone=True,
    ),
    "without an open section, the last one is open": Case(
        "--- Fetch\nError: passing\n--- Build\nbuilding\nError: build\n~~~ Clean\ncleaned\n",
        error="Error: build",
        hides=("passing",),
        section="Build",
        alone=True,
    ),
    "the first error of a section, not the last": Case(
        "+++ Build\n" + "fine\n" * 50 + "Error: first\n" + "noise\n" * 50 + "Error: last\n",
        error="Error: first",
        hides=("Error: last",),
        section="Build",
        alone=True,
    ),
    "a section without a header": Case(
        "--- Fetch\nfetched\n+++\nError: build\n", error="Error: build", section="", alone=True
    ),
    "documents of YAML": Case(
        "+++ Apply\n---\nkind: Service\n---\nkind: Pod\nerror: no matches for kind\n",
        error="error: no matches for kind",
        shows=("kind: Pod",),
        section="Apply",
        alone=True,
    ),
    "differences of files": Case(
        "+++ Format\n--- a/cart.py\n+++ b/cart.py\n@@ -1 +1 @@\n-x=1\n+x = 1\nerror: 1 file would be reformatted\n",
        error="error: 1 file would be reformatted",
        shows=("+x = 1",),
        section="Format",
        alone=True,
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_the_useful_lines_are_shown(name: str) -> None:
    case = CASES[name]
    log = case.log if case.alone else AGENT_BEGINS + case.log + AGENT_ENDS
    found = excerpt_of(log.split("\n"))
    assert (found.error, found.tests, found.section) == (case.error, case.tests, case.section)
    assert len(found.lines) <= 45
    for line in case.shows:
        assert line in found.lines
    text = "\n".join(found.lines)
    for hidden in case.hides:
        assert hidden not in text
    if case.error is not None:
        assert case.error in found.lines
        for most in (1, 3, 8):
            few = narrowed(found.lines, found.error, most)
            assert case.error in few
            assert len(few) <= most


def test_what_is_left_out_between_lines_is_told() -> None:
    found = excerpt_of(CASES["pytest, an error of collection"].log.split("\n"), most=6)
    assert any(line.startswith("[… ") for line in found.lines)
    assert found.left_out > 0
    whole = excerpt_of(["+++ Build", "Error: one", "two"])
    assert (whole.lines, whole.left_out) == (("Error: one", "two"), 0)


@pytest.mark.skipif(not REFERENCE.is_dir(), reason="the reference logs are not here")
def test_real_logs_have_an_excerpt() -> None:
    logs = [path.read_bytes() for path in sorted(REFERENCE.glob("*.raw"))]
    small = [json.loads(line) for line in (REFERENCE / "small.jsonl").read_text(encoding="utf-8").splitlines()]
    logs += [b64decode(each["raw"]) for each in small]
    assert len(logs) > 50
    for log in logs:
        lines = render_log(log.decode("utf-8", "replace")).split("\n")
        found = excerpt_of(lines)
        assert len(found.lines) <= 60
        if any(line.strip() for line in lines):
            assert found.lines


TEXTS = st.sampled_from(
    [
        *("+++ a", "--- b", "~~~ c", "^^^ +++", "+++", "---", "--- FAIL: TestX (0.00s)", "@@ -1 +1 @@", "", "   "),
        *(
            "Traceback (most recent call last):",
            "  x",
            "Error: y",
            "E   z",
            "___ t ___",
            "🚨 Error: exited with status 1",
        ),
        *("FAILED tests/a.py::b", "make: *** [x] Error 1", "plain"),
    ]
)


@given(st.lists(st.one_of(TEXTS, st.text(max_size=20)), max_size=40), st.integers(1, 30))
def test_any_log_has_an_excerpt_of_its_lines(lines: list[str], most: int) -> None:
    found = excerpt_of(lines, most=most)
    own = [line for line in found.lines if not line.startswith("[… ")]
    assert len(own) <= most
    assert {line for line in own if line} <= {line.rstrip() for line in lines}
    assert found.error is None or found.error in found.lines
    assert found.left_out >= 0
