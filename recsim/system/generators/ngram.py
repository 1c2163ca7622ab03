"""A language model small enough to be read: what it writes are titles, one word after the other."""

from __future__ import annotations

from typing import Annotated, NamedTuple

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from recsim.base import corpus
from recsim.base.component import Count, NonNegative, Share
from recsim.base.draws import Draws
from recsim.base.flow import Bools, Floats, Ints, Training, Works
from recsim.base.kernels.chains import Alphabet, Level, follow, grams, levels, likelihood
from recsim.base.kernels.gaussians import weighted_moments
from recsim.system.generators import Generator


class Chain(NamedTuple):
    """What `ngram` knows: how often words followed each other, and the items it writes after."""

    codes: NDArray[np.int64]
    """(g,) n-grams it has met, as `recsim.base.kernels.chains` codes them, ascending."""
    counts: Floats
    """(g,) how often, weighted."""
    alphabet: NDArray[np.int64]
    """(3,) first token, number of words, and most words of a title."""
    items: Ints
    """(m,) items with a title that it learned from."""
    shares: Floats
    """(m,) weight of each, together 1."""
    topics: Floats
    """(m, d) their topics."""
    worth: Floats
    """(m, 2) their quality and clickbait."""
    form: Ints
    """(m,) their forms."""
    opening: Ints
    """(m, `prompt`) how their titles begin."""


class Ngram(Generator):
    """Titles word by word: an item learned from is drawn by weight, and its beginning is written on.

    With c counts, s = `smoothing`, b = `backoff`, V words: p(w | last n − 1 words) = (1 − s) pₙ + s/(V + 1), where pₙ =
    (1 − b) c(context, w)/c(context) + b pₙ₋₁, and pₙ = pₙ₋₁ in a context never met (Jelinek & Mercer 1980). A title
    begins with the marker of its form, and ends with an end that counts as a word. Topics, quality, clickbait and form
    are those of the item drawn, its `parent`. Learning from its own titles it forgets words for good, the rare ones
    first (Shumailov et al., Nature 2024): for order 1 it is a Wright-Fisher process. Needs `items.titles`; where these
    are in letters it writes letter by letter. Items without a title teach it nothing.
    """

    policy = Chain
    needs_titles = True
    order: Annotated[int, Field(ge=1, le=5)] = 2
    """Length n of the n-grams: a word depends on the n − 1 words before; larger: copies longer stretches."""
    backoff: Share = 0.05
    """Share b given to one word of context less, at every length; larger: more that nobody has written, and less
    grammar."""
    smoothing: Share = 0.002
    """Share s of the words that are any word of the vocabulary; larger: fewer are lost, and more make no sense."""
    temperature: NonNegative = 1.0
    """Exponent 1/temperature of the counts in a context when writing; below 1: safer, more alike; 0: only the most
    frequent."""
    prompt: Count = 1
    """Words that a title takes over from the item it is made after; larger: closer to it. 0: nothing but its form."""
    spread: NonNegative = 0.0
    """Standard deviation of the topics around those of the item it is made after; 0: the same topics."""

    def fit(self, training: Training, content: Works, previous: Chain | None, draws: Draws) -> Chain | None:
        """Count n-grams, each as often as its item weighs."""
        items, first, which = np.unique(training.items, return_index=True, return_inverse=True)
        mass = np.bincount(which, training.weights, len(items))
        titled = (content.tokens[first] >= 0).any(axis=1) & (mass > 0)
        if not titled.any():
            return previous
        order = np.lexsort((first, *content.topics[first].T))  # copies as the rows come: numbers mean nothing
        order = order[titled[order]]
        items, row, mass = items[order], first[order], mass[order]
        tokens, form = content.tokens[row], np.clip(content.genre[row], 0, len(corpus.FORMS) - 1)
        alphabet = Alphabet(*corpus.span(tokens), len(corpus.FORMS))
        symbols = alphabet.symbols(tokens)
        written = grams(symbols, alphabet.opened(form, self.order), self.order, alphabet.base)
        there = symbols >= 0
        codes, place = np.unique(written[there], return_inverse=True)
        counts = np.bincount(place, np.broadcast_to(mass[:, None], there.shape)[there], len(codes))
        worth = np.stack([content.quality[row], content.clickbait[row]], axis=1)
        known = np.array([alphabet.first, alphabet.size, tokens.shape[1]], np.int64)
        opening = tokens[:, : self.prompt]
        return Chain(codes, counts, known, items, mass / mass.sum(), content.topics[row], worth, form, opening)

    def sample(self, policy: Chain, n: int, draws: Draws) -> Works:
        """The j-th item comes from the j-th draws of this tick."""
        luck = draws.of("parent").uniform(np.arange(n))
        row = np.searchsorted(policy.shares.cumsum()[:-1], luck, side="right").astype(np.int32)
        topics = policy.topics[row]
        if self.spread:
            topics = topics + self.spread * draws.normal(np.arange(n), np.arange(topics.shape[1]))
        quality, clickbait = policy.worth[row, 0] - self.quality_loss, policy.worth[row, 1]
        tokens = self._written(policy, row, draws)
        return Works(topics, quality, clickbait, policy.form[row], tokens, policy.items[row].astype(np.int32))

    def log_likelihood(self, policy: Chain, content: Works) -> Floats:
        """Of the form and the title, whatever the prompt; −inf for an item without a title."""
        logs, there, _ = self._logs(policy, content, 0.0)
        forms = np.bincount(policy.form, policy.shares, len(corpus.FORMS))
        forms = (1.0 - self.smoothing) * forms + self.smoothing / len(forms)
        with np.errstate(divide="ignore"):
            form = np.log(forms[np.clip(content.genre, 0, len(forms) - 1)])
        found = form + np.where(there, logs, 0.0).sum(axis=1)
        return np.where((content.tokens >= 0).any(axis=1), found, -np.inf)

    def perplexity(self, policy: Chain, content: Works, floor: float) -> float:
        """exp(−mean log-probability) of a word of these titles, ends included, words unknown left out.

        With a share `floor` of even chances mixed in, so that a word that was lost costs much, not everything.
        """
        logs, there, known = self._logs(policy, content, floor)
        return float(np.exp(-logs[there & known].mean())) if (there & known).any() else float("nan")

    def moments(self, policy: Chain) -> tuple[Floats, Floats]:
        """Of the items it writes after, and the scatter around them."""
        mean, covariance = weighted_moments(policy.topics, policy.shares)
        return mean, covariance + self.spread**2 * np.eye(len(mean))

    def _alphabet(self, policy: Chain) -> Alphabet:
        return Alphabet(int(policy.alphabet[0]), int(policy.alphabet[1]), len(corpus.FORMS))

    def _levels(self, policy: Chain, temperature: float) -> list[Level]:
        return levels(policy.codes, policy.counts, self.order, self._alphabet(policy).base, temperature)

    def _written(self, policy: Chain, row: Ints, draws: Draws) -> Ints:
        """(n, w) titles that go on from the beginnings of the items in these rows of the policy."""
        alphabet, chain, width = self._alphabet(policy), self._levels(policy, self.temperature), int(policy.alphabet[2])
        opening = alphabet.symbols(np.pad(policy.opening[row], ((0, 0), (0, 1)), constant_values=-1))[:, :-1]
        history, tokens = alphabet.opened(policy.form[row], self.order), np.full((len(row), width), -1, np.int32)
        going, rows = np.ones(len(row), np.bool_), np.arange(len(row))
        for place in range(width):
            here = draws.of("word", place)
            symbol = follow(chain, history, place == 0, alphabet, self.backoff, here)
            anything = (here.of("any").uniform(rows) * (alphabet.size + (place > 0))).astype(np.int64)
            symbol = np.where(here.of("smoothing").uniform(rows) < self.smoothing, anything, symbol)
            if place < opening.shape[1]:
                symbol = np.where(opening[:, place] >= 0, opening[:, place], symbol)
            going &= symbol != alphabet.end
            tokens[going, place] = alphabet.first + symbol[going]
            history = (history * alphabet.base + symbol) % alphabet.base ** (self.order - 1)
        return tokens

    def _logs(self, policy: Chain, content: Works, floor: float) -> tuple[Floats, Bools, Bools]:
        """(n, w) log-probability of each word and end, where there is one, and whether it is of the alphabet."""
        alphabet, form = self._alphabet(policy), np.clip(content.genre, 0, len(corpus.FORMS) - 1)
        symbols = alphabet.symbols(content.tokens)
        there, first = symbols >= 0, np.zeros(symbols.shape, np.bool_)
        first[:, :1] = True
        written = grams(symbols, alphabet.opened(form, self.order), self.order, alphabet.base)
        own = likelihood(self._levels(policy, 1.0), written[there], first[there], alphabet, self.backoff)
        even = 1.0 / np.where(first[there], alphabet.size, alphabet.size + 1)
        chance = (1.0 - floor) * ((1.0 - self.smoothing) * own + self.smoothing * even) + floor * even
        logs = np.full(symbols.shape, -np.inf)
        with np.errstate(divide="ignore"):
            logs[there] = np.log(chance)
        return logs, there, symbols != alphabet.unknown
