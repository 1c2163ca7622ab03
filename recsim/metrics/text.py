"""What is written: how rich the titles of items are, and what models of language still know of people's."""

from __future__ import annotations

from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln

from recsim.base.component import AtLeastOne, Share
from recsim.base.corpus import words_of
from recsim.base.flow import Bools, Works
from recsim.metrics import Context, Metric, Tick, machines, views


class _Text(NamedTuple):
    """Words of some titles, in reading order; the titles are in a random order that never changes."""

    titles: int
    """Number of titles."""
    title: NDArray[np.int64]
    """(e,) number of the title."""
    word: NDArray[np.int64]
    """(e,) number of the word, 0 to w − 1."""


class _OfTitles(Metric):
    """A number of equally many titles of people and machines (groups `human`, `machine`) and of all: abstract.

    Everything one can count in a text grows with its length: hence always of `titles` titles. NaN where there are
    fewer. Who wrote what only the world knows; of `all` a platform can count as well.
    """

    platform = True
    among: Literal["offered", "new", "shown", "clicked"] = "offered"
    """Which items are read: those alive, those of them born in the last `recent` ticks, or those that the platform
    showed or people clicked this tick, each once."""
    titles: AtLeastOne = 20
    """Number of titles that is read at a time."""

    def applies(self, tick: Tick) -> bool:
        """Where items have titles."""
        return tick.world.catalogue.titles is not None

    def measure(self, tick: Tick, context: Context) -> dict[str, float]:
        """All three."""
        here, machine = self._there(tick), tick.items.made_by_ai
        groups = {"all": here, "human": here & ~machine, "machine": here & machine}
        texts = {name: _text(tick, mine) for name, mine in groups.items()}
        return {name: self.of(text) if text.titles >= self.titles else float("nan") for name, text in texts.items()}

    def of(self, text: _Text) -> float:
        """The number of a text of at least `titles` titles."""
        raise NotImplementedError

    def blocks(self, text: _Text) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
        """(e,) the block of `titles` titles that each word stands in, and whether that block is full."""
        block = text.title // self.titles
        return block, block < text.titles // self.titles

    def _there(self, tick: Tick) -> Bools:
        if self.among == "shown":
            return np.asarray(views(tick) > 0)
        if self.among == "clicked":
            return np.bincount(tick.feedback.items, minlength=len(tick.items)) > 0
        young = tick.items.born > tick.number - tick.service.section.recent
        return np.asarray(tick.items.alive & (young if self.among == "new" else True))


class TitleVocabulary(_OfTitles):
    """How many different words `titles` titles have on average: Σ_w [1 − C(n − n_w, m)/C(n, m)], from 1 upwards.

    The rarefaction of Hurlbert (Ecology 1971): the expected number of different words in m = `titles` of the n titles
    there are, n_w of which have the word w. The number of different words in all titles, which grows with n, is not
    comparable; this is. Less: words are lost, the rare ones first.
    """

    unit = "different words"

    def of(self, text: _Text) -> float:
        """Over all ways to choose m of n."""
        pairs = np.unique(text.title * (text.word.max(initial=0) + 1) + text.word)
        having = np.bincount(pairs % (text.word.max(initial=0) + 1))
        return rarefied(having[having > 0], text.titles, self.titles)


class TitleEntropy(_OfTitles):
    """Shannon entropy −Σ p ln p of the words of `titles` titles, mean over blocks of so many; 0 to the log of words.

    In nats. From N words it is too low by about (different words − 1)/2N (Miller 1955), alike for equally many titles,
    so compare only with the same `titles`. A repeated title lowers it as much as a frequent word.
    """

    unit = "nats, 0 always the same word"

    def of(self, text: _Text) -> float:
        """By block: ln N − Σ c ln c / N."""
        block, full = self.blocks(text)
        count = text.titles // self.titles
        size = text.word.max(initial=0) + 1
        cell, times = np.unique((block * size + text.word)[full], return_counts=True)
        total = np.bincount(block[full], minlength=count)
        return float((np.log(total) - np.bincount(cell // size, times * np.log(times), count) / total).mean())


class Distinct2(_OfTitles):
    """Share of the pairs of neighbouring words that are different ones, in `titles` titles: Distinct-2; 0 to 1.

    Li et al. (NAACL 2016); mean over blocks of so many titles. 1: no two words ever follow each other twice. Falls with
    `titles`, for people's titles, too; compare only with the same `titles`. NaN where titles have one word.
    """

    kind = "distinct_2"
    unit = "share of different pairs"

    def of(self, text: _Text) -> float:
        """By block."""
        block, full = self.blocks(text)
        size, count = text.word.max(initial=0) + 1, text.titles // self.titles
        follows = (text.title[1:] == text.title[:-1]) & full[1:]
        pairs = (text.word[:-1] * size + text.word[1:])[follows]
        numbers, place = np.unique(pairs, return_inverse=True)
        where = block[1:][follows]
        different = np.unique(where * max(len(numbers), 1) + place) // max(len(numbers), 1)
        total = np.bincount(where, minlength=count)
        there = total > 0
        return float((np.bincount(different, minlength=count)[there] / total[there]).mean()) if there.any() else np.nan


class TitlePerplexity(Metric):
    """Perplexity of a language model on held-out human titles: exp(−mean ln p(word | words before)); from 1 upwards.

    How many words the model is torn between, on average, where people wrote on: the examination of Jelinek et al.
    (1977), on titles that no item ever carried. By label of each model that writes, and their mean; the ends of titles
    count as words. Words that only held-out titles have are left out, as nobody could have taught them. `floor` keeps a
    lost word from making it infinite. More: people's language is forgotten. NaN before it has learned.
    """

    platform = True
    unit = "equally likely words, 1 knows them by heart"
    floor: Share = 0.01
    """Share of even chances over the vocabulary mixed into the model before it is examined; larger: lost words matter
    less."""

    def applies(self, tick: Tick) -> bool:
        """Where a model writes."""
        return any(generator.needs_titles for generator in tick.service.section.generators)

    def measure(self, tick: Tick, context: Context) -> dict[str, float]:
        """One by one."""
        found: dict[str, float] = {}
        for generator in machines(tick):
            policy = tick.service.models.policy(generator) if generator.needs_titles else None
            if policy is not None:
                found[generator.label] = generator.perplexity(policy, _examination(tick), self.floor)
            elif generator.needs_titles:
                found[generator.label] = float("nan")
        return {"all": float(np.mean(list(found.values()))) if found else float("nan")} | found


def rarefied(having: NDArray[np.int64], n: int, m: int) -> float:
    """Expected number of different kinds in m of n samples, `having` (w,) of which have each kind."""
    left = n - having
    enough = left >= m
    logs = gammaln(left[enough] + 1) - gammaln(left[enough] - m + 1) - gammaln(n + 1) + gammaln(n - m + 1)
    return float(len(having) - np.exp(logs).sum())


def _text(tick: Tick, items: Bools) -> _Text:
    """Words of the titles of some items (i,)."""
    nothing = np.zeros(0, np.int64)
    if "tokens" not in tick.items:
        return _Text(0, nothing, nothing)
    rows = np.flatnonzero(items & (tick.items.tokens >= 0).any(axis=1))
    order = np.argsort(tick.world.draws.of("metric", "titles").keys(tick.items.key[rows]), kind="stable")
    title, word = words_of(tick.items.tokens[rows[order]])
    return _Text(len(rows), title.astype(np.int64), np.unique(word, return_inverse=True)[1].astype(np.int64))


def _examination(tick: Tick) -> Works:
    """Held-out human titles as a generator reads them."""
    titles = tick.world.catalogue.titles
    assert titles is not None, "models that write need titles"
    held = titles.held_out()
    n = len(held.form)
    nobody = np.full(n, -1, np.int32)
    return Works(np.zeros((n, tick.items.topics.shape[1])), np.zeros(n), np.zeros(n), held.form, held.tokens, nobody)
