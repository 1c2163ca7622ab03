"""What mathematics says of a language model that learns from its own titles."""

from __future__ import annotations

import numpy as np
import pytest

from recsim.base import corpus
from recsim.base.corpus import FIRST_WORD
from recsim.base.draws import Draws
from recsim.base.flow import Works
from recsim.system.generators.ngram import Chain, Ngram
from tests.helpers import make_training

DRAWS = Draws(77)


def titled(tokens, form):
    """Items with these titles."""
    n, nobody = len(form), np.full(len(form), -1, np.int32)
    return Works(np.zeros((n, 1)), np.zeros(n), np.zeros(n), form, tokens, nobody)


def of_one_word(counts):
    """Items whose titles are one word: so many of the first word, of the second …"""
    tokens = FIRST_WORD + np.repeat(np.arange(len(counts)), counts).astype(np.int32)[:, None]
    return titled(tokens, np.zeros(len(tokens), np.int32))


def fit(model: Ngram, works: Works) -> Chain:
    rows = np.arange(len(works.genre))
    return model.fit(make_training(rows * 0, rows), works, None, DRAWS)


def people(unit="word"):
    titles = corpus.human(unit)
    return titled(titles.tokens, titles.form)


def examination():
    titles = corpus.held_out("word")
    return titled(titles.tokens, titles.form)


def shares(works, words):
    return np.bincount(works.tokens[:, 0] - FIRST_WORD, minlength=words) / len(works.genre)


COUNTS = np.array([12, 6, 3, 2, 1, 1])


def heirs(model, size, generations, chains, name, human=None):
    """(chains, generations + 1, words) shares of words in titles of one word, each generation taught by the last."""
    found = np.zeros((chains, generations + 1, len(COUNTS)))
    for chain in range(chains):
        works = of_one_word(COUNTS)
        found[chain, 0] = shares(works, len(COUNTS))
        for generation in range(1, generations + 1):
            works = model.sample(fit(model, works), size, DRAWS.of(name, chain, generation))
            found[chain, generation] = shares(works, len(COUNTS))
    return found


@pytest.mark.parametrize("order", [1, 3])
def test_words_are_lost_as_genes_are(order):
    """Wright-Fisher: 1 − E Σp² shrinks by 1 − 1/M a generation, and E p stays (Seddik et al. 2024). M = 12; 4 s.e."""
    size, chains, generations = 12, 400, 6
    model = Ngram(order=order, smoothing=0.0, backoff=0.0, prompt=0)
    p = heirs(model, size, generations, chains, f"genes {order}")
    diversity = 1.0 - (p**2).sum(axis=2)  # (chains, generations + 1)
    for generation in range(1, generations + 1):
        found, expected = diversity[:, generation], diversity[0, 0] * (1 - 1 / size) ** generation
        assert abs(found.mean() - expected) < 4 * found.std(ddof=1) / np.sqrt(chains), generation
        mean = p[:, generation].mean(axis=0)
        assert (np.abs(mean - p[0, 0]) < 4 * p[:, generation].std(axis=0, ddof=1) / np.sqrt(chains)).all()
    assert diversity[:, -1].mean() < 0.75 * diversity[0, 0], "so a model that keeps everything would be noticed"


def test_a_word_survives_one_generation_with_the_chance_it_has():
    """Σ 1 − (1 − p)^M words are left on average; rare ones go first."""
    size, chains = 15, 1500
    model = Ngram(order=1, smoothing=0.0, prompt=0)
    p = heirs(model, size, 1, chains, "survival")
    left = p[:, 1] > 0
    expected = 1.0 - (1.0 - p[0, 0]) ** size
    assert (np.abs(left.mean(axis=0) - expected) < 4 * np.sqrt(expected * (1 - expected) / chains) + 1e-9).all()
    assert abs(left.sum(axis=1).mean() - expected.sum()) < 4 * left.sum(axis=1).std(ddof=1) / np.sqrt(chains)
    assert expected[-1] < 0.5 < expected[0]


def test_smoothing_brings_words_back_as_mutation_does():
    """p' has mean (1 − s) p + s/V: with s the share of new words is s (V − met)/V in the next generation."""
    size, chains, s = 40, 400, 0.25
    model = Ngram(order=1, smoothing=s, prompt=0)
    vocabulary = len(corpus.words())
    fresh = []
    for chain in range(chains):
        works = model.sample(fit(model, of_one_word(COUNTS)), size, DRAWS.of("mutation", chain))
        fresh.append((works.tokens[:, 0] >= FIRST_WORD + len(COUNTS)).mean())
    expected = s * (1 - len(COUNTS) / vocabulary)
    assert abs(np.mean(fresh) - expected) < 4 * np.sqrt(expected * (1 - expected) / (size * chains))


def generations(model, last, size=200, unit="word"):
    """What a model knows after each generation of its own titles, the first taught by people."""
    works = people(unit)
    for generation in range(last + 1):
        policy = fit(model, works)
        yield works, policy
        works = model.sample(policy, size, DRAWS.of("generation", generation))


def vocabulary(works):
    return len(np.unique(corpus.words_of(works.tokens)[1]))


def test_a_model_that_reads_itself_forgets_words_for_good_and_people_s_titles_become_a_riddle():
    model, exam = Ngram(smoothing=0.0), examination()
    met, riddle, words = [], [], []
    for works, policy in generations(model, 10):
        met.append(set(np.unique(works.tokens).tolist()))
        riddle.append(model.perplexity(policy, exam, 0.01))
        words.append(vocabulary(works))
    assert all(later <= earlier for earlier, later in zip(met, met[1:], strict=False)), "none ever comes back"
    assert words[10] < words[3] < 0.5 * words[0]
    assert riddle[0] < riddle[1] < riddle[4] < riddle[10] and riddle[10] > 3 * riddle[0]


def test_smoothing_and_people_keep_words_alive_and_the_cold_kills_them():
    def left(**fields):
        *_, (works, _) = generations(Ngram(**fields), 10)
        return vocabulary(works)

    bare = left(smoothing=0.0)
    assert left(smoothing=0.1) > 1.3 * bare
    assert left(smoothing=0.0, temperature=0.5) < 0.8 * bare
    assert left(smoothing=0.0, order=4) > bare, "copying whole titles recombines less, and forgets less"


def test_fresh_human_titles_stop_the_collapse():
    """A third of what each generation reads is people's: the vocabulary settles high above that without."""

    def left(human):
        model, works = Ngram(smoothing=0.0), people()
        for generation in range(12):
            made = model.sample(fit(model, works), 200 - human, DRAWS.of("mixed", human, generation))
            row = (DRAWS.of("fresh", generation).uniform(np.arange(human)) * 320).astype(int)
            tokens = np.concatenate([made.tokens, people().tokens[row]])
            works = titled(tokens, np.concatenate([made.genre, people().genre[row]]))
        return vocabulary(works)

    assert left(66) > 2 * left(0)


def test_letters_collapse_too():
    model = Ngram(order=4, smoothing=0.0)
    found = [vocabulary(works) for works, _ in generations(model, 5, unit="character")]
    assert found[5] < found[1] < found[0]
