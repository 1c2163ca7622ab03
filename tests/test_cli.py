from __future__ import annotations

import json
import subprocess
import sys
import time
from argparse import Namespace
from pathlib import Path
from typing import Any

import pytest

from recsim.cli import VERBS, main
from recsim.reading.locating import packaged

ROOT = Path(__file__).parent.parent


def python(*arguments: str, **options: Any) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, *arguments]
    return subprocess.run(command, capture_output=True, text=True, cwd=ROOT, timeout=60, check=False, **options)


@pytest.mark.parametrize(
    "arguments", [["--help"], ["--version"], ["list"], ["list", "--json"], ["run", "--help"], ["rnu"]]
)
def test_quick_answers_import_nothing_slow(arguments: list[str]) -> None:
    code = f"import sys; from recsim.cli import main; main({arguments}); print(sorted(sys.modules), file=sys.stderr)"
    done = python("-c", code)
    modules = done.stderr.strip().split("\n")[-1]
    assert "'recsim.cli'" in modules
    for slow in ("numpy", "pydantic", "mesa", "scipy", "pandas", "matplotlib", "implicit"):
        assert f"'{slow}'" not in modules


def test_help_takes_less_than_four_tenths_of_a_second() -> None:
    seconds = []
    for _ in range(3):
        start = time.perf_counter()
        done = python("-m", "recsim", "--help")
        seconds.append(time.perf_counter() - start)
        assert done.returncode == 0 and all(verb in done.stdout for verb in VERBS)
    assert min(seconds) < 0.4


def test_the_version_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    from recsim import __version__

    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"recsim {__version__}\n"


def test_check_tells_the_size_of_what_is_right(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", *packaged()]) == 0
    out, err = capsys.readouterr()
    assert "hello: ok  1000 users × 500 items × 50 ticks" in out.split("\n")
    assert all(line.startswith("note: ") for line in err.splitlines())


def test_notes_are_told_on_stderr_and_change_no_exit_code(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "short.yaml"
    path.write_text("ticks: 2\nusers: {count: 20}\nitems: {count: 50}\n")
    assert main(["check", str(path)]) == 0
    out, err = capsys.readouterr()
    assert out.endswith("ok  20 users × 50 items × 2 ticks\n")
    assert err == "note: ticks: 2 is all warm-up (system.warmup.ticks: 5); the model never acts: raise ticks\n"
    assert main(["check", "--json", str(path)]) == 0
    (told,) = json.loads(capsys.readouterr().out)
    assert told["notes"] == [err.removeprefix("note: ").strip()]
    assert main(["run", str(path), "--quiet", "-o", str(tmp_path / "out")]) == 0
    assert capsys.readouterr().err.startswith(err)


def test_check_tells_every_mistake_of_every_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bad, worse = tmp_path / "bad.yaml", tmp_path / "worse.yaml"
    bad.write_text("tikcs: 5\nsystem: {slate_size: 0}\n")
    worse.write_text("users: [\n")
    assert main(["check", str(bad), "hello", str(worse), "nobody"]) == 2
    out, err = capsys.readouterr()
    assert out == "hello: ok  1000 users × 500 items × 50 ticks\n"
    for words in (f"{bad}:1:1  unknown field 'tikcs'", f"{bad}:2:22  ", f"{worse}:2:1  ", "nobody  no such file"):
        assert words in err
    assert err.endswith("4 problems found in 3 of 4\n")


def test_check_speaks_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "bad.yaml").write_text("tikcs: 5\n")
    assert main(["check", "--json", "hello", str(tmp_path / "bad.yaml")]) == 2
    good, bad = json.loads(capsys.readouterr().out)
    assert good == {"file": "hello", "ok": True, "users": 1000, "items": 500, "ticks": 50, "problems": [], "notes": []}
    (problem,) = bad["problems"]
    assert (problem["path"], problem["line"], problem["column"]) == (["tikcs"], 1, 1)


def test_list_tells_what_each_scenario_asks(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["list"]) == 0
    out = capsys.readouterr().out
    assert main(["list", "--json"]) == 0
    listed = json.loads(capsys.readouterr().out)
    assert [one["name"] for one in listed] == list(packaged())
    assert all(one["about"] and one["about"] in out for one in listed)


@pytest.mark.parametrize(
    ("what", "words"),
    [
        ([], "interventions  What is done about the loop"),
        (["system.retrain_every"], "integer ≥ 1, once or never; default 1"),
        (["als"], "als, a kind of recommender"),
        (["recommender"], "popularity"),
        (["hello"], "1000 users × 500 items × 50 ticks, seed 1"),
        ([str(ROOT / "scenarios" / "filter_bubble.yaml")], "from tick 50"),
    ],
)
def test_explain_explains(what: list[str], words: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", *what]) == 0
    assert words in capsys.readouterr().out
    assert main(["explain", *what, "--json"]) == 0
    json.loads(capsys.readouterr().out)


def test_schema_prints_the_schema(capsys: pytest.CaptureFixture[str]) -> None:
    from recsim.explain.schema import schema

    assert main(["schema"]) == 0
    assert json.loads(capsys.readouterr().out) == schema()


def test_new_writes_what_check_accepts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["new", "mine"]) == 0
    assert capsys.readouterr().out == "mine.yaml\n"
    assert main(["check", "mine.yaml"]) == 0
    assert main(["new", "mine"]) == 2
    assert "is there already" in capsys.readouterr().err
    assert main(["new", "no/such/folder"]) == 2
    assert "no/such/folder.yaml: No such file or directory" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["rnu", "hello"], "did you mean 'recsim run'?"),
        (["chekc"], "did you mean 'recsim check'?"),
        (["validate", "x"], "did you mean 'recsim check'?"),
        (["zzzzz"], "verbs: run, resume"),
        (["run", "hello", "--sed", "3"], "did you mean '--seed'?"),
        (["run", "hello", "--see", "3"], "did you mean '--seed'?"),
        (["run", "hello", "again"], "'again' is one argument too many"),
        (["run", "hello", "--seed", "x"], "'x' is not an integer ≥ 0"),
        (["run", "hello", "--seed", "9" * 5000], "is not an integer ≥ 0"),
        (["run", "hello", "--checkpoint-every", "0"], "'0' is not an integer ≥ 1"),
        (["run"], "required: FILE"),
        (["check"], "required: FILE"),
        (["run", "helo"], "did you mean 'hello'?"),
        (["run", "hello", "--set", "ticks"], "write --set path=value"),
        (["run", "hello", "--set", "ticks=&x 1"], "anchors are not read"),
        (["run", "hello", "--set", "system.recommender={kind: als, factor: 8}"], "did you mean 'factors'?"),
        (["run", "hello", "--set", "system.slate_sise=5"], "did you mean 'slate_size'?"),
        (["run", "hello", "--set", "ticks='5'"], "write 5, without quotes"),
        (["run", "/"], "is a folder"),
        (["explain", "retrain_evry"], "did you mean 'retrain_every'?"),
        (["explain", "nothing_like_it_at_all"], "sections: about"),
        (["resume", "/no/such/run"], "/no/such/run"),
        (["replay", "/no/such/run"], "/no/such/run"),
        (["check", "\x1b[31m\u202e"], "no such file"),
    ],
)
def test_wrong_input_ends_with_2_and_says_what_to_do(
    arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 2
    out, err = capsys.readouterr()
    assert words in err and "Traceback" not in err and "\x1b" not in err and not out


def test_data_that_is_not_there_is_wrong_input(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "movielens", "--data", str(tmp_path), "-o", str(tmp_path / "out")]) == 2
    err = capsys.readouterr().err
    assert "ratings.csv" in err and "--data DIR" in err


def test_no_arguments_show_the_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 2
    assert "recsim new mine" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (
            [
                "run",
                "hello",
                "-o",
                "d",
                "--set",
                "a=1",
                "--set",
                "b=2",
                "--seed",
                "7",
                "--data",
                "x",
                "--checkpoint-every",
                "5",
            ],
            {"file": "hello", "output": "d", "set": ["a=1", "b=2"], "seed": 7, "data": "x", "checkpoint_every": 5},
        ),
        (["run", "hello"], {"seed": None, "set": [], "output": None, "quiet": False, "json": False}),
        (["resume", "d", "--quiet"], {"directory": "d", "quiet": True, "json": False}),
        (["replay", "d", "--json"], {"directory": "d", "json": True}),
        (
            ["bench", "--users", "9", "--cohort-size", "3"],
            {"users": 9, "cohort_size": 3, "measure_every": 1, "profile": False},
        ),
        (["doctor"], {"json": False}),
    ],
)
def test_verbs_that_simulate_get_their_arguments(
    arguments: list[str], expected: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[Namespace] = []
    monkeypatch.setattr(f"recsim.commands.{HOMES.get(arguments[0], arguments[0])}", lambda args: seen.append(args) or 4)
    assert main(arguments) == 4
    assert expected.items() <= vars(seen[0]).items()


HOMES = {verb: f"machine.{verb}" for verb in ("bench", "doctor")} | {
    verb: f"experiments.{verb}" for verb in ("compare", "sweep", "verify")
}
"""Where in `recsim.commands` a verb lives, if not at the top."""


@pytest.mark.parametrize(
    ("error", "code", "words"),
    [
        (KeyboardInterrupt(), 3, "interrupted"),
        (PermissionError(13, "Permission denied", "/x"), 2, "/x: Permission denied"),
        (OSError(28, "No space left on device"), 2, "No space left on device"),
        (FileExistsError(17, "File exists", "a\x1b[31m"), 2, "a: File exists"),
        (MemoryError(), 4, "not enough memory"),
    ],
)
def test_what_happens_to_users_has_a_code_and_no_traceback(
    error: BaseException, code: int, words: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(args: Namespace) -> int:
        raise error

    monkeypatch.setattr("recsim.commands.machine.doctor", fail)
    assert main(["doctor"]) == code
    assert words in capsys.readouterr().err


def test_our_own_mistakes_are_not_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(args: Namespace) -> int:
        raise ValueError("shapes do not match")

    monkeypatch.setattr("recsim.commands.machine.doctor", fail)
    with pytest.raises(ValueError, match="shapes"):
        main(["doctor"])


def test_a_reader_that_goes_away_is_no_error() -> None:
    command = [sys.executable, "-m", "recsim", "schema"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT) as process:
        assert process.stdout is not None and process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == ""
        assert process.wait(timeout=60) == 0


def test_a_terminal_without_unicode_is_enough() -> None:
    done = python("-m", "recsim", "explain", "system.retrain_every", env={"PYTHONIOENCODING": "ascii", "PATH": ""})
    assert done.returncode == 0 and "integer ? 1, once or never" in done.stdout
