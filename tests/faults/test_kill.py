"""Real processes, really killed: whatever is left of a run, `resume` finishes it to the same bytes."""

from __future__ import annotations

import hashlib
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

import recsim

HOME = Path(recsim.__file__).parents[1]
SCENARIO = """
about: A run that takes a few seconds.
ticks: 40
seed: 5
record: {users: 20, items: all, every: 3, events: true}
users:
  count: 300
  activity: 0.5
  behaviours: [drift, position_bias]
  dynamics: [{kind: churn, hazard: 0.01}, {kind: new_users, per_tick: 2}]
items:
  count: 150
  dynamics: [{kind: new_items, per_tick: 2}]
system:
  slate_size: 5
  warmup: {ticks: 4}
  recommender: {kind: als, factors: 8, threads: 1}
  generators: [{kind: gaussian, per_tick: 1}]
metrics: [exposure_gini, taste_drift, utility, ai_click_share, intervention_cost_cumulative, holdout_recall]
interventions:
  - {kind: human_review, budget: 2, start: 10}
  - {kind: change, path: system.slate_size, value: 8, start: 20}
"""


def start(*arguments: object) -> subprocess.Popen[str]:
    """`recsim …` in a process of its own."""
    env = {**os.environ, "PYTHONPATH": str(HOME), "OMP_NUM_THREADS": "1", "MPLBACKEND": "Agg"}
    command = [sys.executable, "-m", "recsim", *map(str, arguments)]
    return subprocess.Popen(command, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def done(*arguments: object) -> tuple[int, str, str]:
    """Exit code, stdout and stderr of `recsim …`."""
    process = start(*arguments)
    out, err = process.communicate(timeout=120)
    assert "Traceback" not in err, err
    return process.returncode, out, err


def digest(folder: Path) -> dict[str, str]:
    """SHA-256 of every result; times and checkpoints are no results."""
    results = [file for file in sorted(folder.rglob("*")) if file.is_file() and "checkpoints" not in file.parts]
    return {
        file.relative_to(folder).as_posix(): hashlib.sha256(file.read_bytes()).hexdigest()
        for file in results
        if file.name != "timings.json"
    }


def generations(folder: Path) -> list[str]:
    place = folder / "checkpoints"
    return sorted(one.name for one in place.iterdir() if one.name.isdecimal()) if place.is_dir() else []


def stopped(
    process: subprocess.Popen[str], folder: Path, wait: float, how: Sequence[signal.Signals], at_least: int = 1
) -> int:
    """Wait for a checkpoint newer than what is there, and a while, then send signals; the exit code."""
    before, end = generations(folder), time.monotonic() + 60
    while process.poll() is None and time.monotonic() < end:
        if generations(folder) != before and len(generations(folder)) >= at_least:
            break
        time.sleep(0.01)
    time.sleep(wait)
    for number in how:
        process.send_signal(number)
    process.out, process.err = process.communicate(timeout=120)  # type: ignore[attr-defined]
    return process.returncode


@pytest.fixture(scope="module")
def scenario(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("scenario") / "slow.yaml"
    file.write_text(SCENARIO)
    return file


@pytest.fixture(scope="module")
def reference(scenario: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What a run gives that nobody disturbs."""
    folder = tmp_path_factory.mktemp("reference") / "run"
    code, _, err = done("run", scenario, "-o", folder, "--checkpoint-every", 2)
    assert code == 0, err
    found = digest(folder)
    assert {"metrics.csv", "scenario.yaml", "provenance.json"} <= set(found)
    assert {"traces/slates.npy", "events/clicks.parquet"} <= set(found)
    return found


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path / "run"
    shutil.rmtree(tmp_path, ignore_errors=True)


def killed_and_resumed(scenario: Path, folder: Path, kills: int, chance: random.Random) -> int:
    """Run, kill and resume until it is done; how many kills hit."""
    hits = 0
    process = start("run", scenario, "-o", folder, "--checkpoint-every", 2)
    for _ in range(kills):
        wait = chance.choice((0.0, chance.uniform(0, 0.05), chance.uniform(0, 0.3)))
        code = stopped(process, folder, wait, [signal.SIGKILL])
        assert code in (0, -signal.SIGKILL), process.err  # type: ignore[attr-defined]
        hits += code != 0
        assert "Traceback" not in process.err  # type: ignore[attr-defined]
        if code == 0:
            return hits
        assert not (folder / "metrics.csv").exists(), "what looks finished is finished"
        process = start("resume", folder)
    out, err = process.communicate(timeout=120)
    assert process.returncode == 0, err
    return hits


@pytest.mark.parametrize("seed", [1, 2])
def test_killed_runs_resume_to_the_same_bytes(
    seed: int, scenario: Path, folder: Path, reference: dict[str, str]
) -> None:
    assert killed_and_resumed(scenario, folder, 3, random.Random(seed)) >= 2
    assert digest(folder) == reference


@pytest.mark.long
@pytest.mark.parametrize("seed", range(10, 30))
def test_runs_killed_very_often_resume_to_the_same_bytes(
    seed: int, scenario: Path, folder: Path, reference: dict[str, str]
) -> None:
    assert killed_and_resumed(scenario, folder, 6, random.Random(seed)) >= 3
    assert digest(folder) == reference


@pytest.fixture(scope="module")
def killed(scenario: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The directory of a run that was killed after its second checkpoint; to be copied."""
    folder = tmp_path_factory.mktemp("killed") / "run"
    process = start("run", scenario, "-o", folder, "--checkpoint-every", 2)
    assert stopped(process, folder, 0.03, [signal.SIGKILL], at_least=2) == -signal.SIGKILL
    return folder


def test_at_most_one_interval_is_lost(killed: Path) -> None:
    left = [int(name) for name in generations(killed)]
    assert len(left) in (2, 3), "three only if it was killed between the rename and the clearing away"
    assert left[-1] - left[-2] == 2 and left[-1] % 2 == 0
    assert not (killed / "metrics.csv").exists()


@pytest.mark.parametrize("signals", [(signal.SIGTERM,), (signal.SIGINT, signal.SIGINT)], ids=["term", "int twice"])
def test_a_signal_writes_a_checkpoint_and_says_how_to_go_on(
    signals: Sequence[signal.Signals], scenario: Path, folder: Path, reference: dict[str, str]
) -> None:
    process = start("run", scenario, "-o", folder, "--checkpoint-every", 2)
    assert stopped(process, folder, 0.05, signals) == 3
    told = process.err  # type: ignore[attr-defined]
    assert f"recsim resume {folder}" in told and "Traceback" not in told
    tick = int(told.split("after tick ")[1].split()[0])
    assert int(generations(folder)[-1]) == tick < 40
    assert not (folder / "metrics.csv").exists()
    if signals == (signal.SIGINT, signal.SIGINT):  # one way out for both: killed runs test going on
        code, _, err = done("resume", folder)
        assert code == 0, err
        assert digest(folder) == reference


def test_without_an_interval_a_signal_still_writes_a_checkpoint(scenario: Path, folder: Path) -> None:
    process = start("run", scenario, "-o", folder)
    while not (folder / "scenario.yaml").exists() and process.poll() is None:
        time.sleep(0.01)
    time.sleep(0.3)
    process.send_signal(signal.SIGTERM)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 3, err
    assert len(generations(folder)) == 1


def test_a_directory_that_holds_a_run_is_not_written_over(killed: Path, scenario: Path) -> None:
    before = {file: file.stat().st_mtime_ns for file in killed.rglob("*") if file.is_file()}
    code, _, err = done("run", scenario, "-o", killed)
    assert code == 2
    assert f"recsim resume {killed}" in err and "-o" in err
    assert {file: file.stat().st_mtime_ns for file in killed.rglob("*") if file.is_file()} == before


def test_resuming_needs_a_run_that_was_begun(tmp_path: Path) -> None:
    code, _, err = done("resume", tmp_path)
    assert code == 2 and "no run was begun" in err


def test_checkpoints_that_are_all_damaged_are_said_so(killed: Path, folder: Path, reference: dict[str, str]) -> None:
    shutil.copytree(killed, folder)
    *others, newest = [folder / "checkpoints" / name for name in generations(folder)]
    content = (newest / "0007.npy").read_bytes()
    (newest / "0007.npy").write_bytes(content[:-1])
    for other in others:
        (other / "manifest.json").write_text("{}")
    code, _, err = done("resume", folder)
    assert code == 2 and "damaged" in err and "delete the 'checkpoints' folder" in err
    shutil.rmtree(folder / "checkpoints")
    code, _, err = done("resume", folder)
    assert code == 0, err
    assert digest(folder) == reference, "from tick 0, to the same bytes"
    code, _, err = done("resume", folder)
    assert code == 0 and "nothing to do" in err
