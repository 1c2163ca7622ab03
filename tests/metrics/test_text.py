"""Vocabulary, entropy, pairs and perplexity of titles: by hand, and in the loop."""

from __future__ import annotations

import math
from itertools import combinations
from types import SimpleNamespace

import numpy as np
import pytest

from recsim.base import corpus
from recsim.base.table import Column
from recsim.metrics.text import Distinct2, TitleEntropy, TitlePerplexity, TitleVocabulary, rarefied
from recsim.simulation import Simulation
from recsim.world.titles.corpus import Corpus
from tests.helpers import run_all, tiny
from tests.metrics.hand import NOBODY, tick

WRITTEN = {"titles": "corpus", "dynamics": [{"kind": "new_items", "per_tick": 3}]}
WRITES = {"generators": [{"kind": "ngram", "per_tick": 8}]}


def titled(texts, machine=(), unit="word", slate=NOBODY, picks=None, **more):
    """Items called so; those in `machine` are a machine's."""
    ai = np.isin(np.arange(len(texts)), machine)
    found = tick(slate, picks, topics=np.eye(len(texts)), made_by_ai=ai, **more)
    tokens = corpus.encode(texts, unit, 30)
    found.items._store["tokens"], found.items._columns["tokens"] = tokens, Column(np.int32, -1, 30)
    found.world.catalogue.titles = Corpus(unit=unit)
    return found


def test_vocabulary_is_what_many_titles_have_on_average():
    """Two of three titles, in three ways: the city and the river have 3 words, with a city they have 3 and 4."""
    found = TitleVocabulary(titles=2).measure(titled(["the city", "the river", "a city"]), {})
    assert found["all"] == pytest.approx((3 + 3 + 4) / 3)
    assert TitleVocabulary(titles=3).measure(titled(["the city", "the river", "a city"]), {})["all"] == pytest.approx(4)
    assert TitleVocabulary(titles=1).measure(titled(["the the the", "a city"]), {})["all"] == pytest.approx(1.5)


def test_rarefaction_counts_all_subsets():
    rng = np.random.default_rng(4)
    has = rng.random((8, 6)) < [0.1, 0.3, 0.5, 0.7, 0.9, 1.0]
    for m in (1, 3, 8):
        mean = np.mean([has[list(rows)].any(axis=0).sum() for rows in combinations(range(8), m)])
        assert rarefied(has.sum(axis=0)[has.any(axis=0)], 8, m) == pytest.approx(mean)


def test_entropy_is_that_of_the_words_of_so_many_titles():
    """the 2, city 1, river 1."""
    found = TitleEntropy(titles=2).measure(titled(["the city", "the river"]), {})["all"]
    assert found == pytest.approx(1.5 * math.log(2))
    assert TitleEntropy(titles=1).measure(titled(["the the the", "the"]), {})["all"] == 0.0


def test_entropy_is_the_mean_over_blocks_of_titles():
    """One title a block: ln 2 and 0; five titles make two blocks of two and one that is left out."""
    assert TitleEntropy(titles=1).measure(titled(["a city", "the the"]), {})["all"] == pytest.approx(0.5 * math.log(2))
    alike = titled(["a city"] * 5)
    assert TitleEntropy(titles=2).measure(alike, {})["all"] == pytest.approx(math.log(2))


def test_distinct_pairs_by_hand():
    """the–city, city–the, the–city again, and the–river: three of four; pairs do not reach from title to title."""
    found = Distinct2(titles=2).measure(titled(["the city the city", "the river"]), {})["all"]
    assert found == pytest.approx(3 / 4)
    assert Distinct2(titles=2).measure(titled(["the city", "the city"]), {})["all"] == pytest.approx(1 / 2)
    assert Distinct2(titles=1).measure(titled(["the city", "the city"]), {})["all"] == 1.0
    assert math.isnan(Distinct2(titles=1).measure(titled(["city", "river"]), {})["all"])


@pytest.mark.parametrize("metric", [TitleVocabulary(titles=2), TitleEntropy(titles=2), Distinct2(titles=2)])
def test_people_and_machines_are_counted_apart_and_too_few_titles_are_nothing(metric):
    texts = ["the city", "a river", "the city", "the city", "the city", "the city"]
    found = metric.measure(titled(texts, machine=(2, 3, 4, 5)), {})
    assert found["human"] > found["machine"] and found["machine"] < found["all"] < found["human"]
    few = metric.measure(titled(texts, machine=(4,)), {})
    assert math.isnan(few["machine"]) and not math.isnan(few["human"])
    assert all(math.isnan(value) for value in metric.measure(tick(NOBODY, topics=np.eye(3)), {}).values()), "no titles"
    untitled = metric.measure(titled(["", "", "the city"]), {})
    assert math.isnan(untitled["all"]), "an item without a title is not read"


@pytest.mark.parametrize("metric", [TitleVocabulary(titles=2), TitleEntropy(titles=2), Distinct2(titles=2)])
def test_letters_are_read_as_words(metric):
    texts = ["the city the city", "the river", "a river"]
    one, other = (metric.measure(titled(texts, unit=unit), {})["all"] for unit in ("word", "character"))
    assert one == pytest.approx(other)


def test_what_is_read_is_what_is_alive_or_new_or_was_shown_or_clicked():
    texts = ["the city", "a river", "how to", "in midi", "why not"]
    given = {
        "born": [0, 0, 0, 2, 3],
        "dead_items": [0],
        "number": 3,
        "recent": 2,
        "slate": [[0, 1, 2]],
        "picks": [[1, 2]],
    }

    def words(among):
        """Different words of all titles that are read: two each."""
        for titles in range(5, 0, -1):
            found = TitleVocabulary(among=among, titles=titles).measure(titled(texts, **given), {})["all"]
            if not math.isnan(found):
                return titles, found
        return 0, 0.0

    assert words("offered") == (4, pytest.approx(8))
    assert words("new") == (2, pytest.approx(4))
    assert words("shown") == (3, pytest.approx(6))
    assert words("clicked") == (2, pytest.approx(4))


def test_perplexity_is_what_each_model_that_writes_says():
    def model(label, answer, needs_titles=True):
        def perplexity(policy, content, floor):
            assert (policy, content.tokens.shape, floor) == (label, (160, 12), 0.01)
            return answer

        return SimpleNamespace(label=label, needs_titles=needs_titles, perplexity=perplexity)

    given = titled(["the city"])
    models = [model("one", 100.0), model("two", 300.0), model("other", 0.0, False), model("late", 0.0)]
    given.service.section.generators = models
    given.service.models = SimpleNamespace(policy=lambda one: None if one.label == "late" else one.label)
    found = TitlePerplexity().measure(given, {})
    assert (found["one"], found["two"]) == (100.0, 300.0)
    assert set(found) == {"all", "one", "two", "late"} and math.isnan(found["late"]) and math.isnan(found["all"])
    given.service.section.generators = models[:2]
    assert TitlePerplexity().measure(given, {})["all"] == 200.0
    given.service.section.generators = models[2:3]
    assert math.isnan(TitlePerplexity().measure(given, {})["all"])


def test_they_are_usual_where_items_have_titles_and_only_there():
    text = {"title_vocabulary", "title_entropy", "distinct_2", "title_perplexity"}

    def measured(**sections):
        return {row[1] for row in Simulation(tiny(**sections)).rows} & text

    assert measured() == set()
    assert measured(items=WRITTEN) == text - {"title_perplexity"}
    assert measured(items=WRITTEN, system=WRITES) == text


def test_in_the_loop_they_stay_in_their_ranges():
    kinds = [TitleVocabulary(), TitleEntropy(), Distinct2(), TitlePerplexity()]
    sim = run_all(tiny({"ticks": 12}, items=WRITTEN, system=WRITES, metrics=kinds))
    low, high = {"title_entropy": 0, "distinct_2": 0}, {"distinct_2": 1, "title_entropy": math.log(20 * 11)}
    for metric in ("title_vocabulary", "title_entropy", "distinct_2", "title_perplexity"):
        found = np.array([value for _, name, _, value in sim.rows if name == metric])
        real = found[~np.isnan(found)]
        assert len(real) > 9 and (real >= low.get(metric, 1)).all() and (real <= high.get(metric, 1e5)).all()
