"""Answers of the size that Buildkite sends, for the benchmarks: made up, with every field that a job carries.

from bodies import page_of_builds
len(page_of_builds())        # about 5.8 MB
"""

from __future__ import annotations

import json
import random
import re
import uuid
from typing import Any

API = "https://api.buildkite.com/v2/organizations/acme"
WEB = "https://buildkite.com/acme"
_TIMESTAMP = re.compile(r'"([0-9-]{10})T([0-9:]{8})\.[0-9]{3}Z"')
STATES = ("passed", "passed", "passed", "failed", "canceled", "broken", "timed_out")


def page_of_builds(builds: int = 100, jobs: int = 30) -> bytes:
    """The body of a list of builds, newest first: the same bytes for the same arguments.

    Args:
        builds: How many builds stand on the page.
        jobs: How many jobs each of them has.
    """
    rng = random.Random(f"{builds}x{jobs}")
    return json.dumps([build(rng, number, jobs) for number in range(builds, 0, -1)]).encode()


def page_of_jobs(jobs: int = 100) -> bytes:
    """The body of a list of a build's jobs, with its links to other pages."""
    rng = random.Random(f"jobs {jobs}")
    url, web_url = f"{API}/pipelines/web/builds/4711", f"{WEB}/web/builds/4711"
    links = {"self": f"{url}/jobs?per_page={jobs}", "next": f"{url}/jobs?after={_id(rng)}&per_page={jobs}"}
    return json.dumps({"items": [job(rng, url, web_url, index) for index in range(jobs)], "links": links}).encode()


def page_of_pipelines(pipelines: int = 100) -> bytes:
    """The body of a list of pipelines."""
    rng = random.Random(f"pipelines {pipelines}")
    return json.dumps([pipeline(rng, f"web-{number}") for number in range(pipelines)]).encode()


def page_of_agents(agents: int = 100) -> bytes:
    """The body of a list of agents, each of which runs a job."""
    rng = random.Random(f"agents {agents}")
    return json.dumps([agent(rng, f"agent-{number}") for number in range(agents)]).encode()


def webhook(event: str = "job.finished") -> bytes:
    """The body of a webhook of a job, about 6 KB, or of a build, with its dates in the form that webhooks have them in."""
    rng = random.Random(event)
    about = build(rng, 4711, 0)
    del about["jobs"]
    steps = [{"type": "script", "name": ":pipeline:", "command": "buildkite-agent pipeline upload", "env": {}}]
    settings = {"description": "The website", "default_branch": "main", "visibility": "private", "tags": ["web"]}
    pipeline = {**about.pop("pipeline"), **settings, "created_by": about["creator"], "env": {}, "steps": steps}
    told = {"build": about, "pipeline": pipeline, "sender": {"id": _id(rng), "name": "Keiko Tester"}}
    if event.startswith("job."):
        finished = job(rng, about["url"], about["web_url"], 3)
        told = {"job": {**finished, "agent": {**finished["agent"], **_agent(rng)}}, **told}
    return _TIMESTAMP.sub(r'"\1 \2 UTC"', json.dumps({"event": event, **told})).encode()


def build(rng: random.Random, number: int, jobs: int) -> dict[str, Any]:
    """One build as the API writes it, with everything that it may carry."""
    url = f"{API}/pipelines/web/builds/{number}"
    web_url = f"{WEB}/web/builds/{number}"
    return {
        "id": _id(rng),
        "graphql_id": _graphql_id(rng),
        "url": url,
        "web_url": web_url,
        "number": number,
        "state": rng.choice(("passed", "failed", "canceled")),
        "cancel_reason": None,
        "blocked": False,
        "message": f"Merge pull request #{number} from acme/faster-checkout\n\nSpeed up the checkout \u2014 \u00e9tape 2",
        "commit": f"{rng.getrandbits(160):040x}",
        "branch": "main",
        "env": {"RAILS_ENV": "test", "DEPLOY": "false"},
        "source": "webhook",
        "creator": _user(rng),
        "jobs": [job(rng, url, web_url, index) for index in range(jobs)],
        "created_at": _time(rng, 0),
        "scheduled_at": _time(rng, 1),
        "started_at": _time(rng, 2),
        "failing_at": None,
        "finished_at": _time(rng, 59),
        "meta_data": {"release": f"v1.{number}", "canary": "no"},
        "pull_request": {},
        "merge_queue": None,
        "rebuilt_from": {"id": _id(rng), "number": number - 1, "url": f"{API}/pipelines/web/builds/{number - 1}"},
        "pipeline": {
            "id": "0199c0de-0000-7000-8000-000000000001",
            "graphql_id": _graphql_id(rng),
            "url": f"{API}/pipelines/web",
            "web_url": f"{WEB}/web",
            "name": "Web",
            "slug": "web",
            "repository": "git@github.com:acme/web.git",
            "provider": {"id": "github", "webhook_url": "https://webhook.buildkite.com/deliver/bench"},
            "skip_queued_branch_builds": False,
            "skip_queued_branch_builds_filter": None,
            "cancel_running_branch_builds": False,
            "cancel_running_branch_builds_filter": None,
            "builds_url": f"{API}/pipelines/web/builds",
            "badge_url": "https://badge.buildkite.com/0000000000000000000000000000000000000000000000abcd.svg",
            # The form that this one key has, in every build of every page.
            "created_at": "2021-04-05 06:07:08 UTC",
            "scheduled_builds_count": 0,
            "running_builds_count": 0,
            "scheduled_jobs_count": 0,
            "running_jobs_count": 0,
            "waiting_jobs_count": 0,
        },
    }


def job(rng: random.Random, url: str, web_url: str, index: int) -> dict[str, Any]:
    """One command job as the API writes it, with its agent."""
    id_ = _id(rng)
    failed = rng.random() < 0.1
    return {
        "id": id_,
        "graphql_id": _graphql_id(rng),
        "type": "script",
        "name": f":rspec: Tests {index}",
        "step_key": f"tests-{index}",
        "group_key": "tests",
        "step": {"id": _id(rng), "signature": None},
        "priority": {"number": 0},
        "agent_query_rules": ["queue=default", "os=linux"],
        "state": "failed" if failed else rng.choice(STATES),
        "build_url": url,
        "web_url": f"{web_url}#{id_}",
        "log_url": f"{url}/jobs/{id_}/log",
        "raw_log_url": f"{url}/jobs/{id_}/log.txt",
        "artifacts_url": f"{url}/jobs/{id_}/artifacts",
        "command": "pytest --quiet tests",
        "soft_failed": False,
        "exit_status": 1 if failed else 0,
        "signal": None,
        "signal_reason": None,
        "broken_reason": None,
        "artifact_paths": "coverage/**/*",
        "agent": {"id": _id(rng), "url": f"{API}/agents/agent-{index}", "name": f"agent-{index}"},
        "created_at": _time(rng, 1),
        "scheduled_at": _time(rng, 2),
        "runnable_at": _time(rng, 2),
        "concurrency_wait_time_ms": None,
        "started_at": _time(rng, 3),
        "finished_at": _time(rng, 50),
        "expired_at": None,
        "retried": False,
        "retried_in_job_id": None,
        "retries_count": 0,
        "retry_source": None,
        "retry_type": None,
        "retried_by": None,
        "parallel_group_index": index,
        "parallel_group_total": 30,
        "matrix": None,
        "cluster_id": _id(rng),
        "cluster_url": f"{API}/clusters/0199c0de-0000-7000-8000-000000000007",
        "cluster_queue_id": _id(rng),
        "cluster_queue_url": f"{API}/clusters/0199c0de-0000-7000-8000-000000000007/queues/0199c0de-0000-7000-8000-00000000002a",
    }


def pipeline(rng: random.Random, slug: str) -> dict[str, Any]:
    """One pipeline as the lists of pipelines have it."""
    url = f"{API}/pipelines/{slug}"
    return {
        "id": _id(rng),
        "graphql_id": _graphql_id(rng),
        "url": url,
        "web_url": f"{WEB}/{slug}",
        "name": slug.title(),
        "slug": slug,
        "repository": f"git@github.com:acme/{slug}.git",
        "branch_configuration": None,
        "default_branch": "main",
        "provider": {
            "id": "github",
            "webhook_url": "https://webhook.buildkite.com/deliver/bench",
            "settings": {
                "publish_commit_status": True,
                "build_pull_requests": True,
                "build_pull_request_forks": False,
                "build_tags": False,
                "publish_commit_status_per_step": False,
                "repository": f"acme/{slug}",
                "trigger_mode": "code",
            },
        },
        "skip_queued_branch_builds": False,
        "skip_queued_branch_builds_filter": None,
        "cancel_running_branch_builds": False,
        "cancel_running_branch_builds_filter": None,
        "builds_url": f"{url}/builds",
        "badge_url": f"https://badge.buildkite.com/{rng.getrandbits(200):050x}.svg",
        "created_by": {**_user(rng), "graphql_id": _graphql_id(rng)},
        "created_at": "2021-04-05 06:07:08 UTC",
        "archived_at": None,
        "scheduled_builds_count": 0,
        "running_builds_count": rng.randrange(3),
        "scheduled_jobs_count": 0,
        "running_jobs_count": rng.randrange(30),
        "waiting_jobs_count": 0,
        "visibility": "private",
        "steps": [
            {
                "type": "script",
                "name": ":rspec: Tests",
                "command": "pytest --quiet tests",
                "artifact_paths": "coverage/**/*",
                "branch_configuration": "main feature/*",
                "env": {},
                "timeout_in_minutes": None,
                "agent_query_rules": ["queue=default"],
            }
        ],
        "env": {},
    }


def agent(rng: random.Random, name: str) -> dict[str, Any]:
    """One agent as the lists of agents have it, with the job that it runs."""
    url, web_url = f"{API}/pipelines/web/builds/4711", f"{WEB}/web/builds/4711"
    return {
        "id": _id(rng),
        "url": f"{API}/agents/{name}",
        "name": name,
        **_agent(rng),
        "os_id": "linux",
        "arch": "amd64",
        "queue": "default",
        "connected_at": _time(rng, 0),
        "disconnected_at": None,
        "lost_at": None,
        "stopped_at": None,
        "job": {
            **job(rng, url, web_url, 0),
            "state": "running",
            "exit_status": None,
            "finished_at": None,
            "agent": None,
        },
        "last_job_finished_at": _time(rng, 0),
    }


def _agent(rng: random.Random) -> dict[str, Any]:
    return {
        "graphql_id": _graphql_id(rng),
        "web_url": f"{WEB}/agents/0199c0de-0000-7000-8000-000000000011",
        "connection_state": "connected",
        "hostname": "ip-10-0-1-23.eu-west-1.compute.internal",
        "ip_address": "203.0.113.7",
        "user_agent": "buildkite-agent/3.98.0 (linux; amd64)",
        "version": "3.98.0",
        "creator": _user(rng),
        "created_at": _time(rng, 0),
        "priority": 0,
        "meta_data": ["queue=default", "os=linux"],
    }


def _user(rng: random.Random) -> dict[str, Any]:
    return {
        "id": _id(rng),
        "name": "Keiko Tester",
        "email": "keiko@acme.test",
        "avatar_url": "https://www.gravatar.com/avatar/0000000000000000000000000000abcd",
        "created_at": "2022-03-04T05:06:07.089Z",
    }


def _id(rng: random.Random) -> str:
    return str(uuid.UUID(int=rng.getrandbits(128), version=4))


def _graphql_id(rng: random.Random) -> str:
    return f"Sm9iLS0t{rng.getrandbits(200):050x}"


def _time(rng: random.Random, minute: int) -> str:
    return f"2026-01-02T03:{minute:02}:{rng.randrange(60):02}.{rng.randrange(1000):03}Z"
