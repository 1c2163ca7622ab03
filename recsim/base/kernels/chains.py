"""Chains of symbols of any order, counted, sampled and judged: the arithmetic of an n-gram model.

Symbols are 0 … size − 1 for words, then `end`, a word outside the alphabet, and one marker a form, with which every
title of that form begins. The last n symbols are one number, the code of an n-gram, oldest symbol first: that of its
last k symbols is the remainder by base^k.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from recsim.base.draws import Draws
from recsim.base.flow import Bools, Floats, Ints

Codes = NDArray[np.int64]


class Alphabet(NamedTuple):
    """What titles are spelled in."""

    first: int
    """Token of the first word."""
    size: int
    """Number of words."""
    forms: int
    """Number of forms."""

    @property
    def end(self) -> int:
        """Symbol behind the last word."""
        return self.size

    @property
    def unknown(self) -> int:
        """Symbol of a word outside the alphabet."""
        return self.size + 1

    @property
    def base(self) -> int:
        """Number of symbols."""
        return self.size + 2 + self.forms

    def symbols(self, tokens: Ints) -> Codes:
        """Titles (n, w) as symbols, with an end behind each that leaves room for it; −1 for nothing."""
        known = (tokens >= self.first) & (tokens < self.first + self.size)
        found = np.where(known, tokens - self.first, np.where(tokens >= 0, self.unknown, -1)).astype(np.int64)
        length = (tokens >= 0).sum(axis=1)
        rows = np.flatnonzero((length > 0) & (length < tokens.shape[1]))
        found[rows, length[rows]] = self.end
        return found

    def opened(self, form: Ints, order: int) -> Codes:
        """(n,) code of the `order` − 1 symbols before a title of each form: its marker, repeated."""
        return np.asarray((self.unknown + 1 + form.astype(np.int64)) * sum(self.base**k for k in range(order - 1)))


class Level(NamedTuple):
    """The n-grams of one length."""

    codes: Codes
    """(g,) their codes, ascending."""
    mass: Floats
    """(g,) how often each was met, relative to the most frequent one with the same context, sharpened."""
    below: Floats
    """(g + 1,) sum of `mass` before each."""

    def bounds(self, context: Codes, base: int, choices: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
        """(n,) between which places stand the n-grams that begin with a context and end with a symbol < `choices`."""
        start = context * base
        return np.searchsorted(self.codes, start), np.searchsorted(self.codes, start + choices)


def grams(symbols: Codes, opened: Codes, order: int, base: int) -> Codes:
    """(n, w) code of the last `order` symbols at each place of titles (n, w) that begin with the codes `opened`."""
    found, history = np.empty_like(symbols), opened
    for place in range(symbols.shape[1]):
        found[:, place] = history * base + symbols[:, place]
        history = found[:, place] % base ** (order - 1)
    return found


def levels(codes: Codes, counts: Floats, order: int, base: int, temperature: float = 1.0) -> list[Level]:
    """The n-grams of length 1 to `order` in those of the greatest length, shares raised to 1/temperature in a context.

    At temperature 0 only the most frequent symbols of a context are left, equally likely.
    """
    found = []
    for length in range(1, order + 1):
        short, which = np.unique(codes % base**length, return_inverse=True)
        mass = np.bincount(which, counts, len(short))
        context = short // base
        first = np.concatenate([[True], context[1:] != context[:-1]])
        share = mass / np.maximum.reduceat(mass, np.flatnonzero(first))[np.cumsum(first) - 1]
        sharp = (share == 1.0).astype(np.float64) if temperature == 0 else share ** (1.0 / temperature)
        found.append(Level(short, sharp, np.concatenate([[0.0], np.cumsum(sharp)])))
    return found


def likelihood(chain: list[Level], codes: Codes, first: Bools, alphabet: Alphabet, backoff: float) -> Floats:
    """(m,) probability of the last symbol of each n-gram given those before; `first`: of a title, which has no end."""
    chance, choices = np.zeros(len(codes)), np.where(first, alphabet.size, alphabet.size + 1)
    for length, level in enumerate(chain, 1):
        short = codes % alphabet.base**length
        lo, hi = level.bounds(short // alphabet.base, alphabet.base, choices)
        total = level.below[hi] - level.below[lo]
        at = np.searchsorted(level.codes, short)
        met = (at >= lo) & (at < hi)
        met[met] = level.codes[at[met]] == short[met]
        own = np.zeros(len(codes))
        own[met] = level.mass[at[met]] / total[met]
        shorter = chance if length > 1 else own
        chance = np.where(hi > lo, (1.0 - backoff) * own + backoff * shorter, shorter)
    return chance


def follow(
    chain: list[Level], history: Codes, first: bool, alphabet: Alphabet, backoff: float, draws: Draws
) -> NDArray[np.int64]:
    """(n,) the next symbol after each history, the code of `order` − 1 symbols; row j takes the j-th draws."""
    rows, base = np.arange(len(history)), alphabet.base
    choices = np.full(len(history), alphabet.size + (not first))
    symbol, open_ = np.zeros(len(history), np.int64), np.ones(len(history), np.bool_)
    luck = draws.uniform(rows)
    for length in range(len(chain), 0, -1):
        level = chain[length - 1]
        lo, hi = level.bounds(history % base ** (length - 1), base, choices)
        here = open_ & (hi > lo)
        if length > 1:
            here &= draws.of("backoff", length).uniform(rows) >= backoff
        open_ &= ~here
        low, high = level.below[lo[here]], level.below[hi[here]]
        place = np.searchsorted(level.below, low + luck[here] * (high - low), side="right") - 1
        symbol[here] = level.codes[np.clip(place, lo[here], hi[here] - 1)] % base
    return symbol
