"""Choices of the simulator: what neither Buildkite's documentation nor its published programs say, and what is done here.

A test that relies on one of these relies on the simulator, not on Buildkite. `buildkite-ext simulate --coverage` prints them, and
`tests/simulation/test_choices.py` shows each of them at work.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["CHOICES", "Choice"]


@dataclass(frozen=True, slots=True)
class Choice:
    """Choice of the simulator.

    Attributes:
        name: its name.
        question: what the sources leave open.
        answer: what the simulator does.
    """

    name: str
    question: str
    answer: str


CHOICES: tuple[Choice, ...] = (
    Choice(
        "unknown-step",
        "What does the server do with a step of an unknown kind?",
        "The step is kept in the text with a warning, and makes no job.",
    ),
    Choice(
        "settings-interpolation",
        "Are variables expanded in steps that are stored in a pipeline's settings?",
        "Yes, by the rules of an upload, with the environment of the build.",
    ),
    Choice(
        "boolean-condition",
        "What is `if: true`, a boolean of YAML and no text?",
        "It is the condition that its text is.",
    ),
    Choice(
        "pattern-lines",
        "Do ^ and $ in a regular expression match at the line breaks inside of a text?",
        "No. They match at the ends of the text alone, as in the published evaluator.",
    ),
    Choice(
        "if-and-branches",
        "What happens to a step with both `if` and `branches`, which isn't allowed?",
        "Both have to hold, with a warning.",
    ),
    Choice(
        "group-if-and-skip",
        "How are `if` and `skip` of a group merged with those of its steps?",
        "Both conditions have to hold, and one `skip` is enough.",
    ),
    Choice(
        "skipped-step",
        "Is the job of a step with `skip` broken or skipped?",
        "It is broken, with the reason as broken_reason.",
    ),
    Choice(
        "parallelism-zero",
        "What is a parallelism of 0, or of a text that is no number?",
        "It is an error, at least 1 is expected.",
    ),
    Choice(
        "agents-of-a-step",
        "Do `agents` of a step replace those of the pipeline, or are they merged by key?",
        "They replace them.",
    ),
    Choice(
        "new-queue",
        "What becomes of a job whose step names a queue that its cluster doesn't have?",
        "The queue is added, with agents as any new one. If a user has deleted it, or if its key is empty, the job waits.",
    ),
    Choice(
        "upload-with-depends-on",
        "Does `depends_on` free an uploaded step from waiting for the end of the job that uploaded it?",
        "No. It waits for both.",
    ),
    Choice(
        "refused-upload",
        "Is a part of an upload kept that is refused?",
        "Nothing of it is added.",
    ),
    Choice(
        "replaced-steps",
        "Which steps does an upload with `--replace` remove, beside those that still wait?",
        "Also those of which no job has started, and open block and input steps. A step stays with all of its jobs.",
    ),
    Choice(
        "missing-key",
        "When is it decided that a key on which a step depends never appears, where uploads are possible?",
        "When nothing else can run.",
    ),
    Choice(
        "dependency-cycle",
        "Are steps refused that wait for each other, for themselves, or for the group in which they stand?",
        "`pipeline check` calls it an error, unless one may be left out. A build in which all run runs the others and fails.",
    ),
    Choice(
        "turn-behind-a-waiting-job",
        "What becomes of a job whose turn in an ordered concurrency group comes after that of a job that waits for it?",
        "Nothing, while others of their builds run. When nothing else can, the (oldest) job ahead and its build fail.",
    ),
    Choice(
        "dependency-on-a-concurrency-group",
        "Does a dependency on a step of a concurrency group wait for those of the group behind it, too? Gates contradict.",
        "No. It waits for that step, and with it for those whose turn comes before, as the order of the group says.",
    ),
    Choice(
        "step-of-several-jobs",
        "When has a step of several jobs ended, and which attempts count?",
        "When all of its jobs have. The newest attempt of each counts.",
    ),
    Choice(
        "used-up-retry-rule",
        "Does a rule of `retry.automatic` whose limit is reached give way to the next rule that matches?",
        "No. The first rule that matches decides.",
    ),
    Choice(
        "retry-of-passed-job",
        "What is the default of `permit_on_passed`?",
        "False. A passed job of such a step can't be retried.",
    ),
    Choice(
        "soft-fail-any",
        "Do `soft_fail: true` and `*` count the exit status -1 of a lost agent?",
        "Yes, they count any but 0.",
    ),
    Choice(
        "failure-after-a-timeout",
        "What is a job whose command, after its timeout, ends within the grace time with an exit status other than 0?",
        "It is timed_out, with that exit status.",
    ),
    Choice(
        "unblocked-failed",
        "When does a block step that was unblocked become unblocked_failed?",
        "When a step for which it waited is retried and fails. What is behind it and has begun continues.",
    ),
    Choice(
        "open-input-after-failure",
        "What is the state of a build that failed while an input step is open?",
        "It is failed.",
    ),
    Choice(
        "only-waits",
        "What is the state of a build whose steps are only waits?",
        "It is not_run, as where all steps are left out.",
    ),
    Choice(
        "start-of-a-build",
        "When does a newer build start, and cancel the running intermediate builds, whose first step is a block step?",
        "When that is unblocked, else with its first job. A build in which nothing runs never starts.",
    ),
    Choice(
        "skip-in-the-message",
        "Does [skip ci] in the message of a build that the API creates skip the build?",
        "No.",
    ),
    Choice(
        "event-of-a-webhook",
        "What is build.source_event of a build that a webhook created, where its environment has no BUILDKITE_GITHUB_EVENT?",
        "It is pull_request for the build of a pull request, else push. The variable itself stays unset.",
    ),
    Choice(
        "end-of-a-chain",
        "What becomes of a trigger step whose build would be the eleventh of a chain of builds that trigger each other?",
        "It fails and creates no build, like one for a pipeline that doesn't exist. `job.refused` of the simulator says why.",
    ),
    Choice(
        "blocked-child",
        "Can a trigger step continue after the build that it waits for was blocked as failed?",
        "Yes. It waits until that build is unblocked and has ended.",
    ),
    Choice(
        "unblock-format",
        "Does the API check the answers to a form as the form itself does?",
        "Yes: required fields, formats and options. Others are refused with 422.",
    ),
    Choice(
        "build-states-of-a-webhook",
        "Do `build_states` of a notification service restrict the events of a webhook?",
        "No. Its `events` do.",
    ),
    Choice(
        "ping-of-a-webhook",
        "Is a webhook pinged whose `events` don't name `ping`?",
        "Yes, when it is created and when it is changed, unless it is disabled.",
    ),
    Choice(
        "conditional-requests",
        "Do answers of the API have an `ETag`, and are requests with `If-None-Match` answered with 304?",
        "No. Downloads of artifacts alone have an `ETag`.",
    ),
    Choice(
        "compressed-answers",
        "Are answers compressed where the request accepts gzip?",
        'No. `Fault("gzip")` compresses them.',
    ),
)
"""The choices."""
