"""The README is true: its commands, numbers and examples are run."""

import json
import re
from pathlib import Path

import matplotlib
import pytest
from PIL import Image

import recsim
from recsim.base.component import Component
from recsim.cli import main
from recsim.reading import parse
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


def test_nothing_is_left_to_be_filled_in():
    assert not re.search(r"[A-Z]+_[A-Z]+", README.replace("RECSIM_DATA", ""))


def test_the_scenario_is_valid(tmp_path, capsys):
    (tmp_path / "mine.yaml").write_text(block("scenario"))
    assert main(["check", str(tmp_path / "mine.yaml")]) == 0
    assert "2,000 users" in capsys.readouterr().out.replace("2000 users", "2,000 users")


def test_the_scenario_of_ones_own_data_is_valid():
    spec = parse(block("log"), "mine.yaml")
    assert (spec.data.kind, spec.data.user, spec.data.bad_rows) == ("log", "user_id", "skip")


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
        if family not in ("metric", "data", "generator")
        for kind, found in members.items()
        if found.__module__.startswith("recsim.") and kind not in named and kind not in DRIFTS
    }
    assert not missing
    assert len(DRIFTS) == 8 and "drift in eight published forms" in told and set(DRIFTS) <= set(Behaviour.members())


@pytest.mark.parametrize("verb", re.findall(r"`recsim (\w+)", README))
def test_every_command_it_names_exists(verb, capsys):
    assert main([verb, "--help"]) == 0
    assert f"recsim {verb}" in capsys.readouterr().out
