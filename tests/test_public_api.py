"""The public names and signatures are the ones in tests/public_api.txt."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from scripts import public_api


def test_the_public_names_are_the_ones_of_the_snapshot() -> None:
    difference = public_api.compare()
    assert not difference, f"the public names changed; if they should, run `make public-api`:\n{difference}"


def test_a_changed_signature_fails_the_check_by_name(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = public_api.SNAPSHOT.read_text(encoding="utf-8")
    line = "class buildkite_ext.BuildNotFound(NotFound)"
    changed = tmp_path / "tests" / "public_api.txt"
    changed.parent.mkdir()
    changed.write_text(text.replace(line, "class buildkite_ext.BuildNotFound(ApiError)"), encoding="utf-8")
    monkeypatch.setattr(public_api, "ROOT", tmp_path)
    monkeypatch.setattr(public_api, "SNAPSHOT", changed)

    assert public_api.main(["--check"]) == 1
    assert f"+{line}" in capsys.readouterr().err
    assert public_api.main([]) == 0
    assert changed.read_text(encoding="utf-8") == text


def test_the_snapshot_is_the_same_in_every_process() -> None:
    script = public_api.ROOT / "scripts" / "public_api.py"
    done = subprocess.run([sys.executable, script, "--check"], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr


def test_each_kind_of_public_name_is_described() -> None:
    lines = public_api.snapshot().splitlines()
    for start in (
        "async buildkite_ext.AsyncBuildkiteClient.builds.cancel(",
        "buildkite_ext.BuildkiteClient.builds.list(pipeline: str | Pipeline | None = None, *, branch: ",
        "buildkite_ext.BuildkiteClient.close() -> None",
        "frozen dataclass buildkite_ext.Retry",
        "buildkite_ext.Retry.attempts: int",
        "class buildkite_ext.BuildNotFound(NotFound)",
        "buildkite_ext.models.Build",
        "buildkite_ext.simulation.Simulator.__init__(",
        "buildkite_ext.webhooks.verify(",
        "buildkite_ext.webhooks.redis.RedisStreamSink = buildkite_ext.webhooks.RedisStreamSink",
    ):
        assert any(line.startswith(start) for line in lines), start
    assert not [line for line in lines if " at 0x" in line]
