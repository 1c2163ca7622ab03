"""The README is true: its commands, numbers and examples are run."""

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import matplotlib
import pytest
from PIL import Image

import recsim
from recsim.arms import arms_of
from recsim.base.component import Component
from recsim.claims import LOOKS, Claim
from recsim.cli import main
from recsim.experiment import engines
from recsim.metrics import Metric
from recsim.reading import packaged, parse, read
from recsim.world.behaviours import Behaviour

TOP = Path(__file__).parents[1]
README = (TOP / "README.md").read_text(encoding="utf-8")


def block(name):
    return re.search(rf"<!-- {name} -->\n```\w*\n(.*?)\n```\n", README, re.DOTALL).group(1)


@pytest.fixture(scope="module")
def hello():
    return recsim.run("hello")


def test_the_table_is_what_hello_prints(hello):
    table = hello.table.to_string(float_format="{:.4g}".format, na_rep="-")
    assert [line.split() for line in table.splitlines()] == [line.split() for line in block("hello-table").splitlines()]


def test_what_the_text_says_of_hello_is_so(hello):
    ticks = hello.wide()
    random, learned, end = ticks.loc[1:5].mean(), ticks.loc[8:12].mean(), ticks.loc[46:50].mean()
    assert learned["clicks_per_session"] > 1.5 * random["clicks_per_session"]
    assert learned["utility"] > 1.5 * random["utility"]
    assert random["coverage"] == 1.0
    assert ticks.loc[6, "coverage"] < 0.36
    assert learned["intra_list_distance"] < 0.5 * random["intra_list_distance"]
    assert learned["exposure_gini"] > 0.7
    lost = 1 - end / learned
    assert lost["utility"] > lost["clicks_per_session"] > 0


def test_the_picture_is_of_this_scenario(hello):
    with Image.open(TOP / "notebooks" / "hello.png") as picture:
        origin = json.loads(picture.info["Description"])
    assert origin["scenario_sha256"] == hello.provenance["scenario_sha256"]


def test_the_python_example_runs(capsys):
    with matplotlib.rc_context({"backend": "agg"}):
        exec(block("python"), {})
    told = capsys.readouterr().out
    assert "popularity" in told  # the plan
    assert "nothing" in told  # the trace's last row


def test_own_mechanisms_work_as_written():
    names = {}
    exec(block("own"), names)
    run = names["run"]
    assert run.scenario.users.behaviours[0].penalty == 2.0
    assert run.wide().loc[12, "coverage"] == pytest.approx(10 / (500 + 12 * 5))


# -- what would have happened otherwise ----

ALONE = {**os.environ, "OMP_NUM_THREADS": "1", "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
"""Threads that wait for each other are slow where other tests run beside them."""


@pytest.fixture(scope="module")
def bubble(tmp_path_factory):
    """What its command prints, and the directory that it says it writes."""
    place = tmp_path_factory.mktemp("bubble")
    (place / "bubble.yaml").write_text(block("experiment"), encoding="utf-8")
    command = [sys.executable, "-m", "recsim", "run", "bubble.yaml", "--jobs", "1", "--quiet"]
    done = subprocess.run(command, cwd=place, env=ALONE, capture_output=True, text=True, check=True)
    return done.stdout, place / "results" / "bubble-1"


@pytest.fixture
def small_bubble(tmp_path, monkeypatch):
    """The same scenario, small enough to be run a few times."""
    text = block("experiment")
    smaller = {"ticks: 30": "ticks: 8", "count: 200": "count: 40", "count: 300": "count: 30", "seeds: 8": "seeds: 2"}
    for told, less in smaller.items():
        assert told in text
        text = text.replace(told, less)
    (tmp_path / "bubble.yaml").write_text(text, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_experiment_prints_what_stands_there(bubble):
    assert bubble[0].split() == block("experiment-table").split()


def test_what_the_text_says_of_the_experiment_is_so(bubble):
    found = recsim.load(bubble[1])
    effects = found.effects().query("arm == 'diverse'").set_index("metric")
    assert effects.loc["intra_list_distance", "low"] > 0
    assert 0.4 < effects.loc["worse_off", "difference"] < 0.5
    assert effects.loc["utility", "low"] < 0 < effects.loc["utility", "high"]
    assert effects.loc["utility", "seeds_needed"] == 14 and len(found.seeds) == 8
    assert {"sign_share", "boot_low", "boot_high", "unpaired_low", "unpaired_high"} <= set(effects)
    for file in ("metrics.csv", "effects.csv", "claims.csv", "metrics.png", "cells/diverse-3/metrics.csv"):
        assert (bubble[1] / file).is_file()


def test_what_the_text_says_of_claims_and_metrics_is_so():
    assert len(Claim.members()) == 13 and "have thirteen forms" in README
    assert f"at most up to {LOOKS[-1]}," in README
    for one in ("worse_off", "better_off", "slate_overlap"):
        assert "reference" in Metric.members()[one].model_fields and f"`{one}`" in README


def test_the_attribution_has_an_arm_for_each_combination():
    spec = parse(f"users: {{behaviours: [position_bias]}}\n{block('attribution')}", "mine.yaml")
    off = ("learning", "position_bias", "learning+position_bias")
    assert set(arms_of(spec)) == {"baseline", *(f"without-{one}" for one in off)}


def test_the_python_of_experiments_runs(small_bubble, monkeypatch):
    monkeypatch.setattr(engines, "available", lambda: 1)
    names = {}
    with matplotlib.rc_context({"backend": "agg"}):
        exec(block("experiment-python").replace("jobs=2", "jobs=1"), names)
    assert isinstance(names["found"], recsim.Ensemble) and len(names["longer"].seeds) == 20
    assert (small_bubble / "results" / "longer" / "effects.csv").is_file()


@pytest.mark.skipif(os.name == "nt", reason="lines of a shell")
def test_the_lines_for_slurm_run_on_one_machine(small_bubble):
    lines = block("slurm").splitlines()
    assert len(lines) == 5 and lines[0].startswith("pip install 'recsim-loop[cluster]'")
    script = "\n".join(lines[1:]).replace("srun -n 64 ", "")
    with (small_bubble / "told").open("w") as told:
        shell = subprocess.Popen(["bash", "-ec", script], env=ALONE, stdout=told, stderr=told, start_new_session=True)
    try:
        assert shell.wait(timeout=120) == 0
    finally:
        os.killpg(shell.pid, signal.SIGTERM)
    told = (small_bubble / "told").read_text(encoding="utf-8")
    assert "slate_size=5" in told and told.count("2 seeds: mean of") == 2
    found = recsim.load(small_bubble / "results" / "bubble-sweep-1")
    assert set(found.arms) == {"slate_size=5", "slate_size=10", "slate_size=20"} and found.failures.empty


def test_nothing_is_left_to_be_filled_in():
    assert not re.search(r"[A-Z]+_[A-Z]+", README.replace("RECSIM_DATA", ""))


def test_the_scenario_is_valid(tmp_path, capsys):
    (tmp_path / "mine.yaml").write_text(block("scenario"))
    assert main(["check", str(tmp_path / "mine.yaml")]) == 0
    assert "2,000 users" in capsys.readouterr().out.replace("2000 users", "2,000 users")


def test_the_scenario_of_ones_own_data_is_valid():
    spec = parse(block("log"), "mine.yaml")
    assert (spec.data.kind, spec.data.user, spec.data.bad_rows) == ("log", "user_id", "skip")


def test_the_whole_loop_runs_as_it_stands_and_people_write_while_machines_do():
    spec = parse(block("loop"), "loop.yaml")
    found = recsim.run(spec, set={"ticks": 14, "users.count": 200, "items.count": 200, "creators.count": 20})
    end = found.wide().iloc[-1]
    assert end["ai_exposure_share"] > 0 and end["title_vocabulary"] > 0
    assert 0 < end["active_creators"] <= 20 and end["intervention_cost"] > 0


def test_the_table_of_the_article_has_every_claim_of_its_files():
    table = README.split("<!-- article-table -->")[1].split("<!-- /article-table -->")[0]
    told = re.findall(r"^\| `(article/\w+)` \| (.*?) \|", table, re.MULTILINE)
    files = {name: read(path) for name, path in packaged().items() if "/" in name}
    assert told == [(name, claim.says) for name, spec in files.items() for claim in spec.claims]


def test_every_scenario_that_ships_is_in_its_table():
    told = re.findall(r"^\| `(\w+)` \| (.*\?) \|$", README, re.MULTILINE)
    assert sorted(name for name, _ in told) == sorted(path.stem for path in (TOP / "scenarios").glob("*.yaml"))


DRIFTS = [
    "drift",
    "drift_toward",
    "reinforcement",
    "biased_assimilation",
    "biased_opinions",
    "mere_exposure",
    "operant",
    "hedonic",
]


def test_its_table_of_mechanisms_names_every_kind():
    told = re.search(r"\| family \| kinds \|\n(.*?)\n\n", README, re.DOTALL).group(1)
    named = set(re.findall(r"[a-z_]+", told))
    missing = {
        f"{family}: {kind}"
        for family, members in Component.registry.items()
        if family not in ("metric", "data")
        for kind, found in members.items()
        if found.__module__.startswith("recsim.") and kind not in named and kind not in DRIFTS
    }
    assert not missing
    assert len(DRIFTS) == 8 and "drift in eight published forms" in told and set(DRIFTS) <= set(Behaviour.members())


COMMANDS = re.findall(r"(?:`|^)recsim (\w+)([^`\n#]*)", README, re.MULTILINE)


@pytest.mark.parametrize(("verb", "rest"), sorted({(verb, rest) for verb, rest in COMMANDS if "--" in rest}))
def test_every_option_it_names_exists(verb, rest, capsys):
    assert main([verb, "--help"]) == 0
    told = capsys.readouterr().out
    assert all(f"{option} " in told for option in re.findall(r"--[a-z]+(?:-[a-z]+)*", rest))


@pytest.mark.parametrize("verb", sorted({verb for verb, _ in COMMANDS}))
def test_every_command_it_names_exists(verb, capsys):
    assert main([verb, "--help"]) == 0
    assert f"recsim {verb}" in capsys.readouterr().out
