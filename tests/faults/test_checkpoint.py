"""A damaged checkpoint is found and passed over, or refused; a crash while saving costs one interval at most."""

from __future__ import annotations

import builtins
import contextlib
import errno
import hashlib
import io
import json
import os
import pathlib
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from recsim import checkpoint
from recsim.checkpoint import KEEP, CheckpointError, State, generations, load, save
from recsim.problems import ScenarioError
from recsim.simulation import Simulation
from tests.bits import at, everything, finished, state
from tests.helpers import tiny

SPEC = everything()


@pytest.fixture(scope="module")
def reference() -> dict[str, str]:
    """The state at the end of a run that nothing happened to."""
    return state(finished(SPEC))


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two generations, of ticks 2 and 4."""
    folder = tmp_path_factory.mktemp("original")
    for tick in (2, 4):
        save(at(SPEC, tick), folder)
    return folder


@pytest.fixture
def folder(original: Path, tmp_path: Path) -> Path:
    """A copy of them to damage."""
    return Path(shutil.copytree(original, tmp_path / "checkpoints"))


def resumed(found: State | None) -> dict[str, str]:
    """The state at the end of a run that goes on from here."""
    assert found is not None
    return state(finished(checkpoint.restore(found)))


def tick_of(found: State | None) -> int:
    assert found is not None
    return int(found.facts["tick"])


# -- what is written ----


def test_a_generation_is_what_it_says(folder: Path, reference: dict[str, str]) -> None:
    assert [place.name for place in generations(folder)] == ["00000002", "00000004"]
    assert state(load(folder)) == state(at(SPEC, 4))  # type: ignore[arg-type]
    assert resumed(load(folder)) == reference == resumed(checkpoint.read(generations(folder)[0]))
    for place in generations(folder):
        assert {file.suffix for file in place.iterdir()} == {".npy", ".json"}


def test_no_checkpoint_is_none(tmp_path: Path) -> None:
    assert load(tmp_path) is None and load(tmp_path / "nowhere") is None
    (tmp_path / "tmp-00000003-1").mkdir()
    assert load(tmp_path) is None


def test_at_least_two_generations_are_kept(tmp_path: Path) -> None:
    sim = Simulation(tiny())
    for tick in range(1, 6):
        sim.step()
        place = save(sim, tmp_path)
        assert place == tmp_path / f"{tick:08d}"
        assert [int(one.name) for one in generations(tmp_path)] == list(range(max(1, tick - KEEP + 1), tick + 1))
    assert KEEP >= 2
    assert {one.name for one in tmp_path.iterdir()} == {one.name for one in generations(tmp_path)}


def test_generations_are_in_order_of_ticks(tmp_path: Path) -> None:
    for name in ("100000000", "00000009", "99999999"):
        (tmp_path / name).mkdir()
    assert [int(place.name) for place in generations(tmp_path)] == [9, 99_999_999, 100_000_000]


def test_saving_twice_at_a_tick_is_saving_once(folder: Path) -> None:
    before = {file: file.stat().st_mtime_ns for file in sorted(folder.rglob("*.npy"))}
    save(at(SPEC, 4), folder)
    assert {file: file.stat().st_mtime_ns for file in sorted(folder.rglob("*.npy"))} == before


def test_another_state_at_the_same_tick_replaces_the_first(folder: Path) -> None:
    other = at(everything(seed=2), 4)
    save(other, folder)
    assert state(load(folder)) == state(other)  # type: ignore[arg-type]


def test_what_was_passed_over_does_not_push_out_a_good_one(folder: Path, reference: dict[str, str]) -> None:
    """Generations 4 and 6 are damaged, the run goes on from 2 and stops at 3: the good ones are 2 and 3."""
    shutil.copytree(folder / "00000004", folder / "00000006")
    for name in ("00000004", "00000006"):
        (folder / name / "manifest.json").write_bytes(b"{")
    sim = checkpoint.restore(load(folder))  # type: ignore[arg-type]
    assert sim.tick == 2
    sim.step()
    save(sim, folder)
    assert [int(place.name) for place in generations(folder)] == [2, 3]
    assert tick_of(load(folder)) == 3
    assert resumed(load(folder)) == reference


def test_the_leavings_of_a_crash_are_cleared_away(folder: Path) -> None:
    (folder / "tmp-00000004-77").mkdir()
    (folder / "tmp-00000004-77" / "0000.npy").write_bytes(b"half")
    save(at(SPEC, 5), folder)
    assert sorted(place.name for place in folder.iterdir()) == ["00000004", "00000005"]


def test_objects_are_not_written(tmp_path: Path) -> None:
    sim = at(tiny(), 2)
    sim.service.memory["bad"] = {"objects": np.array([{}, []], dtype=object)}
    with pytest.raises(ValueError, match="[Oo]bject arrays"):
        save(sim, tmp_path)
    assert load(tmp_path) is None


# -- what is read ----


def damaged(folder: Path, reference: dict[str, str]) -> int:
    """Load; whatever comes must lead to the reference. The tick that was loaded, or −1 if all was refused."""
    try:
        found = load(folder)
    except CheckpointError as error:
        assert str(folder) in str(error)
        return -1
    assert resumed(found) == reference
    return tick_of(found)


def files(place: Path) -> list[Path]:
    return sorted(place.iterdir())


def test_every_flipped_byte_is_found(folder: Path, reference: dict[str, str]) -> None:
    """One bit somewhere in every file of the newest generation, one after the other."""
    rng = np.random.default_rng(11)
    newest = generations(folder)[-1]
    for file in files(newest):
        content = file.read_bytes()
        for place in {0, len(content) - 1, *rng.integers(len(content), size=2).tolist()}:
            changed = bytearray(content)
            changed[place] ^= 1 << int(rng.integers(8))
            file.write_bytes(changed)
            assert tick_of(load(folder)) == 2, f"{file.name} byte {place}"
        file.write_bytes(content)
    assert tick_of(load(folder)) == 4
    file.write_bytes(content[:-1])
    assert damaged(folder, reference) == 2


def test_every_byte_of_the_manifest_counts(folder: Path) -> None:
    """Names of arrays too: a column that is not found would silently be filled with its default."""
    manifest = generations(folder)[-1] / "manifest.json"
    content = manifest.read_bytes()
    rng = np.random.default_rng(5)
    harmless = 0
    for place in rng.permutation(len(content))[:300]:
        changed = bytearray(content)
        changed[place] ^= 1
        manifest.write_bytes(changed)
        found = load(folder)
        if tick_of(found) == 4:
            harmless += 1  # a byte of white space between tokens
            assert state(found) == state(at(SPEC, 4))  # type: ignore[arg-type]
    assert harmless <= 2
    changed = content.replace(b"world@users@tastes", b"world@users@tastez")
    assert changed != content
    manifest.write_bytes(changed)
    assert tick_of(load(folder)) == 2


@pytest.mark.parametrize("share", [0.0, 0.3, 0.99])
def test_every_truncated_file_is_found(folder: Path, share: float) -> None:
    for file in files(generations(folder)[-1]):
        content = file.read_bytes()
        file.write_bytes(content[: int(share * len(content))])
        assert tick_of(load(folder)) == 2, file.name
        file.write_bytes(content)


def test_every_missing_file_is_found(folder: Path) -> None:
    for file in files(generations(folder)[-1]):
        content = file.read_bytes()
        file.unlink()
        assert tick_of(load(folder)) == 2, file.name
        file.mkdir()
        assert tick_of(load(folder)) == 2, f"{file.name} is a folder"
        file.rmdir()
        file.write_bytes(content)


def test_swapped_and_foreign_files_are_found(folder: Path, reference: dict[str, str]) -> None:
    old, new = generations(folder)
    first, second = [file for file in files(new) if file.suffix == ".npy"][3:5]
    one, other = first.read_bytes(), second.read_bytes()
    assert one != other
    first.write_bytes(other), second.write_bytes(one)
    assert damaged(folder, reference) == 2
    first.write_bytes(one), second.write_bytes(one)
    assert damaged(folder, reference) == 2
    second.write_bytes(other)
    theirs = (old / first.name).read_bytes()
    assert theirs != one
    first.write_bytes(theirs)
    assert damaged(folder, reference) == 2
    first.write_bytes(one)
    shutil.copy(old / "manifest.json", new / "manifest.json")
    assert damaged(folder, reference) == 2


def test_swapped_generations_are_still_states_of_the_run(folder: Path, reference: dict[str, str]) -> None:
    old, new = generations(folder)
    old.rename(folder / "aside"), new.rename(old)
    (folder / "aside").rename(new)
    assert damaged(folder, reference) == 2


def forged(place: Path, change: Callable[[dict[str, Any]], None]) -> None:
    """Change the content of a manifest and its hash with it: what no accident does."""
    manifest = json.loads((place / "manifest.json").read_text())
    content = json.loads(manifest["content"])
    change(content)
    manifest["content"] = json.dumps(content)
    manifest["sha256"] = hashlib.sha256(manifest["content"].encode()).hexdigest()
    (place / "manifest.json").write_text(json.dumps(manifest))


def reformatted(place: Path) -> None:
    manifest = json.loads((place / "manifest.json").read_text())
    (place / "manifest.json").write_text(json.dumps({**manifest, "format": 99}))


def planted(place: Path, payload: bytes) -> None:
    """Put another file in the place of an array, with a hash that fits."""

    def change(inner: dict[str, Any]) -> None:
        entry = inner["arrays"]["world@users@tastes"]
        entry["sha256"] = hashlib.sha256(payload).hexdigest()
        (place / entry["file"]).write_bytes(payload)

    forged(place, change)


def test_another_format_is_refused_in_words(folder: Path) -> None:
    old, new = generations(folder)
    reformatted(new)
    assert tick_of(load(folder)) == 2
    reformatted(old)
    with pytest.raises(CheckpointError, match="format 99, this recsim reads 1; use the version that wrote it"):
        load(folder)


def header(shape: str, descr: str = "'<f8'") -> bytes:
    text = f"{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}, }}"
    text += " " * (-(len(text) + 11) % 64) + "\n"
    return b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text.encode()


@pytest.mark.parametrize(
    "payload",
    [
        header("(1000000000000, 1000)"), header("(100000000,)") + b"few", header("(-5,)"),
        header("(4,)", "'|O'") + b"x" * 32, header("(10,)", "[('a', '|O')]"), b"\x93NUMPY\x09\x00" + b"\x00" * 50, b"",
        b"PK\x03\x04" + b"\x00" * 40, b"\x93NUMPY\x01\x00\xff\xff" + b"(" * 65535,
    ],
    ids=["huge", "short", "negative", "objects", "records of objects", "version", "empty", "zip", "nested"],
)  # fmt: skip
def test_a_file_that_is_no_honest_array_is_refused(folder: Path, payload: bytes, reference: dict[str, str]) -> None:
    planted(generations(folder)[-1], payload)
    assert damaged(folder, reference) == 2


def test_objects_are_not_read(folder: Path) -> None:
    buffer = io.BytesIO()
    np.save(buffer, np.array([{}], dtype=object), allow_pickle=True)
    planted(generations(folder)[-1], buffer.getvalue())
    assert tick_of(load(folder)) == 2
    with pytest.raises(CheckpointError, match="allow_pickle=False"):
        checkpoint.read(generations(folder)[-1])


NO_MANIFESTS = (
    "", "null", "[]", "{}", "[" * 100_000, '{"format": 1}', '{"format": 1, "content": 3, "sha256": ""}', "\udcff",
)  # fmt: skip


@pytest.mark.parametrize("text", NO_MANIFESTS, ids=range(len(NO_MANIFESTS)))
def test_a_manifest_that_is_none_is_refused(folder: Path, text: str) -> None:
    (generations(folder)[-1] / "manifest.json").write_bytes(text.encode("utf-8", "surrogateescape"))
    assert tick_of(load(folder)) == 2


def test_a_manifest_cannot_point_outside(folder: Path, tmp_path: Path) -> None:
    secret = tmp_path / "secret.npy"
    np.save(secret, np.arange(3))
    new = generations(folder)[-1]

    def outside(inner: dict[str, Any]) -> None:
        sha256 = hashlib.sha256(secret.read_bytes()).hexdigest()
        inner["arrays"]["world@users@tastes"] = {"file": f"../../{secret.name}", "sha256": sha256}

    forged(new, outside)
    assert tick_of(load(folder)) == 2


def test_where_all_is_damaged_nothing_is_loaded(folder: Path) -> None:
    for place in generations(folder):
        (place / "0003.npy").write_bytes(b"\x00" * 100)
    with pytest.raises(CheckpointError) as caught:
        load(folder)
    told = str(caught.value)
    assert "00000002" in told and "00000004" in told and "delete the 'checkpoints' folder" in told
    assert "Traceback" not in told


def test_a_scenario_that_no_longer_exists_is_said_so(folder: Path) -> None:
    def unknown(inner: dict[str, Any]) -> None:
        inner["facts"]["spec"]["system"]["recommender"] = {"kind": "gone"}

    forged(generations(folder)[-1], unknown)
    found = load(folder)
    with pytest.raises(ScenarioError, match="no recommender is called 'gone'"):
        checkpoint.restore(found)  # type: ignore[arg-type]


# -- crashes while saving ----


class Crash(BaseException):
    """The power fails: nothing may catch this."""


def counted(monkeypatch: pytest.MonkeyPatch, fail_at: int, error: Callable[[], BaseException]) -> list[str]:
    """Let the n-th step that touches the disk fail; returns the steps that were done."""
    steps: list[str] = []

    def watched(name: str, act: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            mode = str(kwargs.get("mode", args[1] if len(args) > 1 else "r"))
            if name == "open" and not any(letter in mode for letter in "wax"):
                return act(*args, **kwargs)
            steps.append(name)
            if len(steps) == fail_at:
                raise error()
            return act(*args, **kwargs)

        return call

    monkeypatch.setattr(os, "replace", watched("replace", os.replace))
    monkeypatch.setattr(os, "fsync", watched("fsync", lambda handle: None))
    monkeypatch.setattr(os, "rename", watched("rename", os.rename))
    monkeypatch.setattr(shutil, "rmtree", watched("rmtree", shutil.rmtree))
    monkeypatch.setattr(pathlib.Path, "mkdir", watched("mkdir", pathlib.Path.mkdir))
    monkeypatch.setattr(pathlib.Path, "open", watched("open", pathlib.Path.open))
    monkeypatch.setattr(builtins, "open", watched("open", builtins.open))
    return steps


def steps_of_a_save(folder: Path) -> list[str]:
    with pytest.MonkeyPatch.context() as patch:
        steps = counted(patch, 0, Crash)
        save(at(SPEC, 5), folder)
    return steps


def test_a_save_touches_the_disk_in_the_right_order(folder: Path) -> None:
    steps = steps_of_a_save(folder)
    assert steps.count("open") > 50 and steps.count("fsync") >= steps.count("open"), "everything is synced"
    assert steps.count("replace") == 1
    last = steps.index("replace")
    assert "open" not in steps[last:], "nothing is written after the rename"
    assert steps[last - 1] == "fsync" and "rmtree" in steps[last:], "the old one goes last"
    assert "fsync" in steps[last : last + 3], "the rename is made durable"


def full() -> OSError:
    return OSError(errno.ENOSPC, "No space left on device")


@pytest.mark.parametrize("error", [Crash, full])
def test_a_crash_at_any_step_of_a_save_leaves_a_good_generation(
    original: Path, tmp_path: Path, error: Callable[[], BaseException]
) -> None:
    """At each step that touches the disk; the next save then works, and leaves nothing behind."""
    shutil.copytree(original, tmp_path / "count")
    n_steps = len(steps_of_a_save(tmp_path / "count"))
    sim = at(SPEC, 5)
    fives, fours = state(sim), state(at(SPEC, 4))
    worth = [*range(1, 8), *range(8, n_steps - 8, 9), *range(n_steps - 8, n_steps + 1)]
    for n in worth:
        folder = Path(shutil.copytree(original, tmp_path / f"{n}"))
        with pytest.MonkeyPatch.context() as patch:
            counted(patch, n, error)
            with pytest.raises((Crash, OSError)):
                save(sim, folder)
        found = load(folder)
        assert found is not None
        assert state(found) == (fives if found.facts["tick"] == 5 else fours), f"after step {n}"
        save(sim, folder)
        assert state(load(folder)) == fives, f"saved again after a crash in step {n}"  # type: ignore[arg-type]
        assert [place.name for place in sorted(folder.iterdir())] == ["00000004", "00000005"]
        shutil.rmtree(folder)


def test_saving_the_only_generation_again_never_loses_it(tmp_path: Path) -> None:
    sim = at(SPEC, 4)
    for n in range(1, 200, 11):
        folder = tmp_path / f"{n}"
        save(sim, folder)
        with pytest.MonkeyPatch.context() as patch:
            counted(patch, n, Crash)
            with contextlib.suppress(Crash):
                save(sim, folder)
        assert tick_of(load(folder)) == 4
        shutil.rmtree(folder)
