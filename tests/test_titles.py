"""Reading a run."""

from __future__ import annotations

import pandas as pd
import pytest

from recsim.base.corpus import FORMS, decode, human
from recsim.runs import Run, finish, resume
from recsim.simulation import Simulation
from recsim.titles import titles
from tests.helpers import run_all, tiny

SYSTEM = {"generators": [{"kind": "ngram", "per_tick": 3}, {"kind": "gaussian", "per_tick": 1}]}


@pytest.fixture(scope="module")
def spec():
    items = {"titles": "corpus", "dynamics": [{"kind": "new_items", "per_tick": 1}]}
    return tiny(items=items, system=SYSTEM, record={"items": "all"}, metrics=["title_vocabulary"])


def test_every_item_is_a_row_and_says_who_made_it_and_what_it_is_called(spec):
    sim = run_all(spec)
    found = titles(sim)
    assert list(found) == ["item", "born", "made_by", "generation", "parent", "form", "title"]
    assert found["item"].tolist() == list(range(30 + 6 + 4 * 4))
    people = found[found["made_by"] == "human"]
    assert len(people) == 36 and (people["generation"] == 0).all() and (people["parent"] == -1).all()
    assert set(people["title"]) <= set(decode(human("word").tokens)) and set(people["form"]) <= set(FORMS)
    written = found[(found["made_by"] == "machine") & (found["title"] != "")]
    assert len(written) == 12 and written["born"].tolist() == [3] * 3 + [4] * 3 + [5] * 3 + [6] * 3
    assert (written["generation"] == written["born"] - 2).all() and (written["parent"] >= 0).all()
    untitled = found[found["title"] == ""]
    assert len(untitled) == 4 and set(untitled["form"]) == {""} and set(untitled["made_by"]) == {"machine"}


def test_what_a_run_keeps_is_what_is_written_and_read_again(spec, tmp_path):
    result = finish(Simulation(spec), spec)
    assert result.titles is not None and len(result.titles) == 52
    result.save(tmp_path / "run")
    table = (tmp_path / "run" / "traces" / "titles.csv").read_text()
    assert table.splitlines()[0] == "item,born,made_by,generation,parent,form,title"
    again = Run.load(tmp_path / "run").titles
    pd.testing.assert_frame_equal(again, result.titles, check_dtype=False)


def test_letters_and_their_spaces_survive_the_file(spec, tmp_path):
    letters = spec.override_all({"items.titles.unit": "character", "system.generators.ngram.order": 3})
    result = finish(Simulation(letters), letters)
    result.save(tmp_path / "run")
    assert Run.load(tmp_path / "run").titles["title"].tolist() == result.titles["title"].tolist()


def test_only_the_items_that_are_recorded_are_told(spec):
    few, none = (spec.override("record.items", number) for number in (5, 0))
    assert len(finish(Simulation(few), few).titles) == 5
    assert finish(Simulation(none), none).titles is None
    bare = tiny(record={"items": "all"})
    assert finish(Simulation(bare), bare).titles is None
    with pytest.raises(ValueError, match="items have no titles"):
        titles(Simulation(bare))


def test_a_run_that_was_interrupted_is_called_the_same(spec, tmp_path):
    from recsim import checkpoint
    from recsim.folder import claim, provenance

    folder = claim(tmp_path / "half", spec, provenance(spec))
    sim = Simulation(spec)
    for _ in range(4):
        sim.step()
    checkpoint.save(sim, folder / "checkpoints")
    whole, half = finish(Simulation(spec), spec), resume(folder)
    pd.testing.assert_frame_equal(whole.titles, half.titles)
