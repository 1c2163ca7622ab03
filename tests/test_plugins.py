"""Mechanisms from elsewhere: an installed package, a notebook's cell; and packages that cannot keep their word."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from recsim.base.component import Component, KindTakenError
from recsim.system.recommenders.popularity import Popularity
from recsim.world.behaviours import Behaviour
from tests.bits import finished
from tests.helpers import tiny

TOP = Path(__file__).parents[1]
MODULE = '''
"""A recommender, a behaviour and a metric of somebody else's."""
import numpy as np

import recsim
from recsim.base.component import Share
from recsim.base.flow import Slate, Source
from recsim.base.kernels.ranking import ranked


class NewestFirst(recsim.Recommender):
    """The youngest items that the user has not consumed."""

    def rank(self, policy, request, draws):
        born = request.public.born[request.items].astype(float)
        items, scores = ranked(request, lambda users: np.tile(born, (len(users), 1)), draws)
        return Slate(request.users, items, np.full(items.shape, Source.RECOMMENDED, np.int8), scores)


class Wink(recsim.Behaviour):
    """Some items wink at some users: appeal += strength where a draw is below one half."""

    strength: Share = 0.5
    """Appeal of a wink; larger: winks decide more."""
    null = {"strength": 0.0}

    def appeal(self, world, slate):
        luck = world.stream(self).uniform(world.users.key[slate.users], world.items.key[slate.items])
        return self.strength * (luck < 0.5)


class ShareOfNew(recsim.Metric):
    """Share of the slots that hold items born after tick 0; 0 to 1."""

    platform = True
    unit = "share of slots"

    def measure(self, tick, context):
        shown = tick.slate.items[tick.slate.by_platform]
        return float((tick.items.born[shown] > 0).mean()) if len(shown) else float("nan")
'''
SCENARIO = """
ticks: 6
users: {count: 40, behaviours: [{kind: wink, strength: 0.9}]}
items: {count: 30, dynamics: [{kind: new_items, per_tick: 3}]}
system: {slate_size: 5, warmup: {ticks: 2}, recommender: newest_first}
metrics: [share_of_new, clicks_per_session]
"""


def install(folder: Path, name: str, module: str, offers: str = "") -> None:
    """What `pip install` leaves behind of a package of one module."""
    (folder / f"{name}.py").write_text(module)
    about = folder / f"{name}-1.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: recsim-{name}\nVersion: 1.0\n")
    (about / "entry_points.txt").write_text(f"[recsim]\n{name} = {offers or name}\n")


def recsim(folder: Path, *args: str) -> subprocess.CompletedProcess[str]:
    """The command line in a process that finds the packages in a folder."""
    env = {**os.environ, "PYTHONPATH": f"{folder}{os.pathsep}{TOP}"}
    command = [sys.executable, "-m", "recsim", *args]
    return subprocess.run(command, env=env, cwd=folder, capture_output=True, text=True, timeout=300)


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    install(folder, "winks", MODULE)
    (folder / "new.yaml").write_text(SCENARIO)
    return folder


# -- a package that works ----


def test_every_verb_knows_what_a_plug_in_brings(installed: Path) -> None:
    assert recsim(installed, "list").returncode == 0
    assert "Share of the slots" in recsim(installed, "explain", "metric").stdout
    assert "Some items wink" in recsim(installed, "explain", "wink").stdout
    checked = recsim(installed, "check", "new.yaml")
    assert (checked.returncode, checked.stderr) == (0, "") and "ok" in checked.stdout
    told = recsim(installed, "schema").stdout
    assert all(kind in told for kind in ("newest_first", "wink", "share_of_new"))
    wrong = recsim(installed, "run", "new.yaml", "--set", "users.behaviours.wink.strength=2")
    assert wrong.returncode == 2 and "2 is above 1" in wrong.stderr and "explain users.behaviours.wink" in wrong.stderr


def test_without_the_package_its_kinds_are_unknown(installed: Path, tmp_path: Path) -> None:
    (tmp_path / "new.yaml").write_text(SCENARIO)
    found = recsim(tmp_path, "check", "new.yaml")
    assert found.returncode == 2
    assert "no recommender is called 'newest_first'" in found.stderr and "called 'wink'" in found.stderr


def test_a_plug_in_runs_and_replays_whatever_the_cohorts(installed: Path) -> None:
    found = []
    for size in (1, 7, 4096):
        done = recsim(
            installed, "run", "new.yaml", "--quiet", "-o", f"at-{size}", "--set", f"cohort_size={size}", "--json"
        )
        assert done.returncode == 0, done.stderr
        found.append((installed / f"at-{size}" / "metrics.csv").read_bytes())
        assert json.loads(done.stdout)["metrics"]["share_of_new"]["end"] == 1.0, "15 new items fill slates of 5"
    assert found[0] == found[1] == found[2]
    assert recsim(installed, "replay", "at-7", "--quiet").returncode == 0


SPAWNED = """
import multiprocessing, sys
import recsim
from recsim.base.component import Component

def again(pair):
    spec, wink = pair
    return type(wink).__module__, recsim.run(spec).metrics.to_csv()

if __name__ == "__main__":
    from recsim.reading import read
    spec = read("new.yaml")
    assert "wink" in Component.registry["behaviour"]
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        module, there = pool.apply(again, ((spec, spec.users.behaviours[0]),))
    assert module == "winks" and there == recsim.run(spec).metrics.to_csv()
    print("the same")
"""


def test_a_plug_in_works_in_a_spawned_process(installed: Path) -> None:
    (installed / "spawned.py").write_text(SPAWNED)
    env = {**os.environ, "PYTHONPATH": f"{installed}{os.pathsep}{TOP}"}
    command = [sys.executable, "spawned.py"]
    done = subprocess.run(command, env=env, cwd=installed, capture_output=True, text=True, timeout=300)
    assert (done.returncode, done.stdout) == (0, "the same\n"), done.stderr


# -- packages that do not ----

TAKEN = 'import recsim\nclass Drift(recsim.Behaviour):\n    """Mine."""'
BROKEN = {
    "a missing library": ("import a_library_that_is_not_here", "ModuleNotFoundError"),
    "a mistake": ("def f(:", "SyntaxError"),
    "a name that moved": ("from recsim.world import Gone", "ImportError"),
    "a field without a type": ("import recsim\nclass A(recsim.Behaviour):\n    x = 3", "PydanticUserError"),
    "a kind that is taken": (TAKEN, "'drift' is a behaviour"),
}


@pytest.mark.parametrize("case", list(BROKEN))
def test_a_package_that_cannot_be_used_is_named_in_one_line(case: str, tmp_path: Path) -> None:
    module, why = BROKEN[case]
    install(tmp_path, "broken", module)
    done = recsim(tmp_path, "check", "hello")
    assert done.returncode == 2 and done.stdout == ""
    assert done.stderr.startswith("package recsim-broken: its plug-in 'broken'"), done.stderr
    assert why in done.stderr and "uninstall" in done.stderr
    assert len(done.stderr.splitlines()) == 1, "no traceback"


def test_an_entry_point_that_leads_nowhere_is_named(tmp_path: Path) -> None:
    install(tmp_path, "lost", "", offers="lost:Nothing")
    done = recsim(tmp_path, "check", "hello")
    assert done.returncode == 2 and "recsim-lost" in done.stderr and "Traceback" not in done.stderr


def test_two_packages_that_bring_the_same_kind_are_told_apart(tmp_path: Path) -> None:
    module = 'import recsim\nclass Wink(recsim.Behaviour):\n    """Winks."""\n'
    install(tmp_path, "first", module)
    install(tmp_path, "second", module)
    done = recsim(tmp_path, "check", "hello")
    assert done.returncode == 2 and len(done.stderr.splitlines()) == 1
    assert all(word in done.stderr for word in ("recsim-second", "behaviour 'wink'", "first has brought already"))


# -- classes from a notebook ----


def test_nobody_replaces_a_mechanism_of_recsims_own_without_a_word() -> None:
    with pytest.raises(KindTakenError, match=r"'drift' is a behaviour of recsim's own .*kind = … of its own|otherwise"):

        class Drift(Behaviour):
            """Another one."""

    assert Component.registry["behaviour"]["drift"].__module__.startswith("recsim.world.behaviours")


def test_a_mechanism_of_recsims_own_can_be_built_upon() -> None:
    class Louder(Popularity):
        """Popularity under another name."""

    spec = tiny(system={"recommender": "louder"})
    assert isinstance(spec.system.recommender, Louder)
    assert finished(spec).service.policies["recommender.louder"].clicks.sum() > 0


def test_a_class_of_a_notebooks_cell_works_and_may_be_redefined(tmp_path: Path) -> None:
    cell = """
import recsim
class Sticky(recsim.Behaviour):
    '''What was shown first is sticky.'''
    pull: float = {pull}
    '''How sticky.'''
    def appeal(self, world, slate):
        return self.pull * (slate.ranks == 1)
"""
    run = """
small = dict(ticks=5, users=dict(count=200, behaviours=["sticky"]), items=dict(count=50))
found = recsim.run(small | dict(system=dict(slate_size=5, warmup=dict(ticks=2))))
print(Sticky.__module__, recsim.Scenario.parse(small).users.behaviours[0].pull, len(found.metrics) > 0)
"""
    cells = [cell.format(pull=1.0), run, cell.format(pull=30.0), run]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(text) for text in cells])
    kernel = NotebookClient(notebook, timeout=300, kernel_name="python3", resources={"metadata": {"path": str(TOP)}})
    kernel.execute()
    told = [output.text for cell in notebook.cells for output in cell.outputs if output.output_type == "stream"]
    assert told == ["__main__ 1.0 True\n", "__main__ 30.0 True\n"]
