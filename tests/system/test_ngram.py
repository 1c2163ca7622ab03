"""The language model as a generator: what it learns, writes and knows."""

from __future__ import annotations

import numpy as np
import pytest

from recsim.base import corpus
from recsim.base.draws import Draws
from recsim.base.flow import Works
from recsim.problems import ScenarioError
from recsim.system.generators.ngram import Ngram
from tests.bits import finished
from tests.helpers import make_training, run_all, tiny
from tests.test_invariance import clicks_by_name, relabelled

V = len(corpus.words())
BOOKISH = ["how the river was", "how to read old city", "tune the guitar"]


def made(texts, form=0, unit="word", width=8, **columns):
    """Items called so; their topics are (number, 1), their quality is their number."""
    n = len(texts)
    number, nobody = np.arange(n, dtype=float), np.full(n, -1, np.int32)
    forms = np.broadcast_to(np.asarray(form, np.int32), n)
    fields = {"topics": np.stack([number, np.ones(n)], 1), "quality": number, "clickbait": 0.1 * number}
    return Works(**(fields | columns), genre=forms, tokens=corpus.encode(texts, unit, width), parent=nobody)


def taught(model, content, weights=None, items=None):
    rows = np.arange(len(content.quality)) if items is None else np.asarray(items)
    training = make_training(np.zeros(len(rows), int), rows + 100, weights)
    return model.fit(training, content, None, Draws(1))


def plain(**fields):
    """A model that adds nothing of its own."""
    return Ngram(**({"backoff": 0.0, "smoothing": 0.0, "prompt": 0} | fields))


def test_of_one_title_it_writes_that_title():
    one = made(["why the harbour did not freeze"])
    works = plain().sample(taught(plain(), one), 5, Draws(2))
    assert corpus.decode(works.tokens) == ["why the harbour did not freeze"] * 5
    assert works.tokens.dtype == np.int32 and works.tokens.shape == (5, 8)


def test_two_titles_are_crossed_where_they_share_a_word():
    model = plain()
    both = made(["the harbour did not freeze", "why the city gave the river room"])
    texts = set(corpus.decode(model.sample(taught(model, both), 400, Draws(2)).tokens))
    assert "the city gave the river room" in texts and "why the harbour did not freeze" in texts
    followed = {
        pair for text in corpus.decode(both.tokens) for pair in zip(text.split(), text.split()[1:], strict=False)
    }
    assert all(pair in followed for text in texts for pair in zip(text.split(), text.split()[1:], strict=False))


def test_a_longer_context_copies_longer_stretches():
    both = made(["the harbour did not freeze", "why the city gave the river room"])
    texts = {
        n: corpus.decode(plain(order=n).sample(taught(plain(order=n), both), 400, Draws(2)).tokens) for n in (2, 3)
    }
    originals = corpus.decode(both.tokens)
    copied = {n: sum(text in originals for text in texts[n]) for n in texts}
    assert copied[3] == 400 and 0 < copied[2] < 300


def test_forms_do_not_mix_their_beginnings():
    model = plain()
    works = model.sample(taught(model, made(["how the city", "tune the guitar"], form=[0, 1])), 200, Draws(2))
    first = [text.split()[0] for text in corpus.decode(works.tokens)]
    assert {*zip(works.genre.tolist(), first, strict=True)} == {(0, "how"), (1, "tune")}


def test_an_item_is_made_after_another_and_takes_over_what_that_is():
    model = Ngram(quality_loss=0.25, prompt=2)
    content = made(BOOKISH, form=[0, 3, 1])
    works = model.sample(taught(model, content, [1.0, 0.0, 3.0]), 2000, Draws(2))
    row = works.parent - 100
    assert works.parent.dtype == np.int32
    assert np.array_equal(np.unique(row), [0, 2]), "one without weight teaches nothing"
    assert abs((row == 2).mean() - 0.75) < 4.5 * np.sqrt(0.75 * 0.25 / 2000)
    assert np.array_equal(works.topics, content.topics[row])
    assert np.array_equal(works.quality, row - 0.25) and np.array_equal(works.clickbait, content.clickbait[row])
    assert np.array_equal(works.genre, content.genre[row])
    assert np.array_equal(works.tokens[:, :2], content.tokens[row][:, :2])


def test_a_prompt_longer_than_the_title_copies_it():
    model = Ngram(prompt=20)
    works = model.sample(taught(model, made(BOOKISH)), 50, Draws(2))
    assert np.array_equal(works.tokens, made(BOOKISH).tokens[works.parent - 100])


def test_topics_scatter_around_those_of_the_parent():
    model = Ngram(spread=0.3)
    policy = taught(model, made(["the river"]))
    works = model.sample(policy, 4000, Draws(2))
    assert works.topics.std(axis=0) == pytest.approx([0.3, 0.3], rel=0.06)
    mean, covariance = model.moments(policy)
    assert np.array_equal(mean, [0.0, 1.0]) and covariance == pytest.approx(0.09 * np.eye(2))


def test_clicks_on_one_item_count_together():
    content = made(["the river", "the river", "the harbour"])
    model = plain()
    together = taught(model, content, [1.0, 2.0, 3.0], items=[0, 0, 1])
    assert together.items.tolist() == [100, 101] and together.shares.tolist() == [0.5, 0.5]
    once = taught(model, made(["the river", "the harbour"]), [3.0, 3.0])
    assert np.array_equal(together.codes, once.codes) and np.array_equal(together.counts, once.counts)


def test_without_titles_there_is_nothing_to_learn_and_what_is_known_stays():
    model, nothing = Ngram(), made(["", ""])
    known = taught(model, made(BOOKISH))
    training = make_training([0, 0], [1, 2])
    assert model.fit(training, nothing, known, Draws(1)) is known
    assert model.fit(training, nothing, None, Draws(1)) is None
    untitled = nothing._replace(tokens=np.zeros((2, 0), np.int32))
    assert model.fit(training, untitled, known, Draws(1)) is known
    mixed = taught(model, made(["", "the river"], form=[-1, 0]))
    assert mixed.items.tolist() == [101]


def test_the_likelihood_of_a_title_by_hand():
    """The share of the form; 'the' for certain; after it two of three go on with 'river'; and an end for certain."""
    model = plain()
    content = made(["the river", "the river", "the harbour"], form=[0, 0, 1], width=3)
    found = model.log_likelihood(taught(model, content), content)
    assert found == pytest.approx([np.log(2 / 3 * 2 / 3), np.log(2 / 3 * 2 / 3), np.log(1 / 3 * 1 / 3)])
    other = model.log_likelihood(
        taught(model, content), made(["harbour the", "", "the river"], form=[0, 0, 3], width=3)
    )
    assert np.array_equal(other, [-np.inf, -np.inf, -np.inf])


def test_smoothing_gives_every_word_a_chance():
    model = plain(smoothing=0.1)
    content = made(["the river"], width=2)
    policy = taught(model, content)
    form, word = np.log(0.9 + 0.1 / 4), np.log(0.9 + 0.1 / V)
    assert model.log_likelihood(policy, content)[0] == pytest.approx(form + word + np.log(0.9 + 0.1 / (V + 1)))
    strange = model.log_likelihood(policy, made(["harbour"], form=2, width=2))[0]
    assert strange == pytest.approx(np.log(0.1 / 4) + np.log(0.1 / V) + np.log(0.1 / (V + 1)))


def test_the_probabilities_of_all_titles_of_one_word_make_one():
    model = Ngram(smoothing=0.05, backoff=0.2)
    policy = taught(model, made(["the river", "the", "how"], form=[0, 0, 1], width=2))
    every = made(list(corpus.words()) * 4, form=np.repeat(np.arange(4), V), width=1)
    assert np.exp(model.log_likelihood(policy, every)).sum() == pytest.approx(1.0)


def test_perplexity_by_hand():
    """'the river' and its end, with chances 1, ½ and 1, the unknown word left out."""
    model = plain()
    policy = taught(model, made(["the river", "the harbour"]))
    assert model.perplexity(policy, made(["the river"]), 0.0) == pytest.approx(0.5 ** (-1 / 3))
    assert model.perplexity(policy, made(["the river", "xyzzy"]), 0.0) == pytest.approx(
        float(np.exp(-(2 * np.log(1.0) + np.log(0.5) + np.log(2 / 6)) / 4))
    ), "a title begins as ever; after a word it cannot know it falls back on how often titles end"
    assert model.perplexity(policy, made(["how"]), 0.0) == np.inf
    floor = -(np.log(0.01 / V) + np.log(0.99 * 2 / 6 + 0.01 / (V + 1))) / 2
    assert model.perplexity(policy, made(["how"]), 0.01) == pytest.approx(np.exp(floor))
    assert np.isnan(model.perplexity(policy, made([""]), 0.01))


def test_whole_smoothing_writes_any_word():
    model = plain(smoothing=1.0)
    works = model.sample(taught(model, made(["the river"])), 3000, Draws(2))
    first = works.tokens[:, 0]
    assert first.min() >= corpus.FIRST_WORD and first.max() < corpus.FIRST_WORD + V
    assert len(np.unique(first)) == pytest.approx(V * (1 - (1 - 1 / V) ** 3000), rel=0.03)


def test_at_temperature_zero_it_writes_what_is_most_frequent():
    model = plain(temperature=0.0)
    content = made(["the river", "the river", "how to", "the harbour"])
    assert set(corpus.decode(model.sample(taught(model, content), 50, Draws(2)).tokens)) == {"the river"}


def test_letters_make_words_that_nobody_has_written():
    letters = corpus.human("character")
    n = len(letters.form)
    content = made([""] * n, form=letters.form)._replace(tokens=letters.tokens)
    model = Ngram(order=3)
    texts = corpus.decode(model.sample(taught(model, content), 200, Draws(2)).tokens)
    written = [word for text in texts for word in text.split()]
    known = sum(word in corpus.words() for word in written)
    assert 0.2 * len(written) < known < 0.9 * len(written)
    assert max(len(text) for text in texts) <= letters.tokens.shape[1]


def test_it_needs_titles():
    with pytest.raises(ScenarioError, match="'ngram' learns from titles, and items have none"):
        tiny(system={"generators": ["ngram"]})


def test_in_the_loop_machines_write_after_what_was_clicked():
    system = {
        "generators": [{"kind": "ngram", "per_tick": 4, "own_output": False}, {"kind": "gaussian", "per_tick": 1}]
    }
    sim = run_all(tiny(items={"titles": "corpus"}, system=system))
    items = sim.world.items
    written = np.flatnonzero(items.made_by_ai & (items.parent >= 0))
    assert len(written) == 4 * 4
    assert not items.made_by_ai[items.parent[written]].any()
    assert np.array_equal(items.tokens[written, 0], items.tokens[items.parent[written], 0])
    assert np.array_equal(items.genre[written], items.genre[items.parent[written]])
    untitled = np.flatnonzero(items.made_by_ai & (items.parent < 0))
    assert len(untitled) == 4 and (items.tokens[untitled] == -1).all() and (items.genre[untitled] == -1).all()


def test_how_items_are_numbered_changes_nothing_that_is_written():
    spec = tiny({"system.recommender": "popularity"}, items={"titles": "corpus"}, system={"generators": ["ngram"]})
    one, other = finished(spec), finished(relabelled(spec))
    written = [sim.world.items.tokens[sim.world.items.made_by_ai] for sim in (one, other)]
    assert len(written[0]) == 20 and np.array_equal(*written)
    assert clicks_by_name(one) == clicks_by_name(other)
