"""What human items are called."""

from __future__ import annotations

import numpy as np
import pytest

from recsim.base import corpus
from recsim.base.draws import Draws
from recsim.problems import ScenarioError
from recsim.simulation import Simulation
from recsim.world.titles.corpus import Corpus
from tests.helpers import run_all, tiny

KEYS = np.arange(4000, dtype=np.uint64)
HOME = (np.arange(4000) % 12).astype(np.int32)
TITLED = {"titles": "corpus", "dynamics": [{"kind": "new_items", "per_tick": 2}]}


def subject_of(tokens, unit="word"):
    """The subject of each title."""
    titles = corpus.human(unit)
    known = {row.tobytes(): subject for row, subject in zip(titles.tokens, titles.subject, strict=True)}
    return np.array([known[row.tobytes()] for row in tokens])


@pytest.mark.parametrize("unit", ["word", "character"])
def test_a_title_and_its_form_are_those_of_the_corpus(unit):
    tokens, form = Corpus(unit=unit).draw(KEYS, None, Draws(1))
    titles = corpus.human(unit)
    known = {(*row, kind) for row, kind in zip(titles.tokens.tolist(), titles.form.tolist(), strict=True)}
    drawn = {(*row, kind) for row, kind in zip(tokens.tolist(), form.tolist(), strict=True)}
    assert drawn == known, "all of them, and no other: of 4000 draws each of 320 is missed with chance e^−12"
    assert tokens.shape == (4000, Corpus(unit=unit).width)


def test_without_clusters_all_titles_are_equally_likely():
    tokens, _ = Corpus().draw(KEYS, None, Draws(1))
    counts = np.unique(tokens, axis=0, return_counts=True)[1]
    chi = ((counts - 12.5) ** 2 / 12.5).sum()
    assert len(counts) == 320 and abs(chi - 319) < 4.5 * np.sqrt(2 * 319)


def test_a_cluster_writes_about_its_subject():
    tokens, _ = Corpus().draw(KEYS, HOME, Draws(1))
    assert np.array_equal(subject_of(tokens), HOME % 10)
    tokens, _ = Corpus(focus=0.6).draw(KEYS, HOME, Draws(1))
    share = 0.6 + 0.4 / 10
    assert abs((subject_of(tokens) == HOME % 10).mean() - share) < 4.5 * np.sqrt(share * (1 - share) / 4000)
    tokens, _ = Corpus(focus=0.0).draw(KEYS, HOME, Draws(1))
    assert abs((subject_of(tokens) == HOME % 10).mean() - 0.1) < 4.5 * np.sqrt(0.09 / 4000)


def test_people_write_in_the_forms_they_are_given():
    titles = Corpus(forms=("code", "discussion"))
    tokens, form = titles.draw(KEYS, HOME, Draws(1))
    assert np.unique(form).tolist() == [2, 3] and len(np.unique(tokens, axis=0)) == 160
    assert np.array_equal(subject_of(tokens), HOME % 10)
    assert np.unique(titles.held_out().form).tolist() == [2, 3]


def test_a_title_belongs_to_a_key():
    whole, _ = Corpus().draw(KEYS, HOME, Draws(1))
    part, _ = Corpus().draw(KEYS[100:200], HOME[100:200], Draws(1))
    assert np.array_equal(whole[100:200], part)
    other, _ = Corpus().draw(KEYS, HOME, Draws(2))
    assert not np.array_equal(whole, other)


def test_items_of_a_world_have_titles_and_the_form_is_their_genre():
    sim = run_all(tiny(items=TITLED))
    items = sim.world.items
    assert len(items) == 30 + 2 * 6 and (items.tokens[:, 0] >= corpus.FIRST_WORD).all()
    form = {row.tobytes(): form for row, form in zip(*corpus.human("word")[:2], strict=True)}
    assert items.genre.tolist() == [form[row.tobytes()] for row in items.tokens]
    assert np.array_equal(subject_of(items.tokens), items.home % 10)
    content = sim.world.content(np.array([3, 5], np.int32))
    assert np.array_equal(content.tokens, items.tokens[[3, 5]])


def test_titles_change_nothing_else():
    with_, without = (run_all(tiny(items={**TITLED, "titles": titles})) for titles in ("corpus", None))
    assert "tokens" not in without.world.items
    for name, column in without.world.items.arrays().items():
        assert name == "genre" or np.array_equal(column, with_.world.items[name]), name
    assert np.array_equal(with_.service.log.clicks.item, without.service.log.clicks.item)


def test_a_held_out_title_never_stands_in_a_world():
    """Not even where a model writes that has read everything."""
    spec = tiny(
        {"ticks": 12}, items=TITLED, system={"generators": [{"kind": "ngram", "per_tick": 10, "smoothing": 0.3}]}
    )
    sim = run_all(spec)
    tokens = sim.world.items.tokens
    assert (tokens != corpus.UNKNOWN).all() and sim.world.items.made_by_ai.sum() >= 90
    hidden = set(corpus.decode(corpus.held_out("word").tokens))
    assert not hidden & set(corpus.decode(tokens))


def test_titles_cannot_change_in_the_middle_of_a_run():
    change = {"kind": "change", "path": "items.titles", "value": {"kind": "corpus", "unit": "character"}, "start": 3}
    with pytest.raises(ScenarioError, match=r"'items.titles' cannot be changed"):
        Simulation(tiny(items=TITLED, interventions=[change]))
