"""Counting n-grams, against a plain twin that reads word by word."""

from __future__ import annotations

import numpy as np
import pytest

from recsim.base.draws import Draws
from recsim.base.kernels.chains import Alphabet, follow, grams, levels, likelihood

ABC = Alphabet(first=10, size=3, forms=2)
A, B, C, END, UNKNOWN, FORM0 = range(6)
TITLES = np.array([[10, 11, -1, -1], [10, 12, 10, 11], [11, -1, -1, -1], [12, 12, 10, -1]], np.int32)
FORM = np.array([0, 0, 1, 1], np.int32)
WEIGHTS = np.array([1.0, 2.0, 1.0, 3.0])


def counted(order, titles=TITLES, form=FORM, weights=WEIGHTS):
    symbols = ABC.symbols(titles)
    codes = grams(symbols, ABC.opened(form, order), order, ABC.base)
    there = symbols >= 0
    found, place = np.unique(codes[there], return_inverse=True)
    return found, np.bincount(place, np.broadcast_to(weights[:, None], there.shape)[there])


def twin(order, history, symbol, backoff, titles=TITLES, form=FORM, weights=WEIGHTS):
    """p(symbol | history) in words: shorter and shorter contexts; a title's first symbol is no end."""
    first = all(one >= FORM0 for one in history)
    chance = 0.0
    for length in range(1, order + 1):
        context = tuple(history[len(history) - length + 1 :])
        met, hits = 0.0, 0.0
        for row, weight in enumerate(weights):
            text = [FORM0 + form[row]] * (order - 1) + [s for s in ABC.symbols(titles[row : row + 1])[0] if s >= 0]
            for at in range(order - 1, len(text)):
                if tuple(text[at - length + 1 : at]) == context and not (first and text[at] == END):
                    met += weight
                    hits += weight * (text[at] == symbol)
        own = hits / met if met else 0.0
        chance = chance if not met else own if length == 1 else (1 - backoff) * own + backoff * chance
    return chance


def code(symbols):
    found = 0
    for symbol in symbols:
        found = found * ABC.base + symbol
    return found


def test_an_end_stands_behind_a_title_that_leaves_room_for_it():
    assert ABC.symbols(TITLES).tolist() == [[A, B, END, -1], [A, C, A, B], [B, END, -1, -1], [C, C, A, END]]
    assert ABC.symbols(np.array([[99, 9, -1]], np.int32)).tolist() == [[UNKNOWN, UNKNOWN, END]]
    assert ABC.symbols(np.array([[-1, -1]], np.int32)).tolist() == [[-1, -1]]


def test_pairs_are_counted_by_weight_and_begin_with_the_marker_of_the_form():
    codes, counts = counted(2)
    pairs = {divmod(int(one), ABC.base): count for one, count in zip(codes, counts, strict=True)}
    assert pairs == {
        (FORM0, A): 3, (FORM0 + 1, B): 1, (FORM0 + 1, C): 3, (A, B): 3, (A, C): 2, (A, END): 3,
        (B, END): 2, (C, A): 5, (C, C): 3,
    }  # fmt: skip


def test_a_probability_by_hand():
    """After a: b 3, c 2, end 3; of all that is counted (25): b 4, end 5."""
    chain = levels(*counted(2), 2, ABC.base)
    asked = np.array([code([A, B]), code([A, END]), code([A, A]), code([UNKNOWN, B])])
    found = likelihood(chain, asked, np.zeros(4, bool), ABC, 0.2)
    total, own = 25.0, np.array([3, 3, 0]) / 8
    short = np.array([4, 5, 8]) / total
    assert found[:3] == pytest.approx(0.8 * own + 0.2 * short)
    assert found[3] == pytest.approx(4 / total), "a context never met"


@pytest.mark.parametrize("order", [1, 2, 3, 4])
@pytest.mark.parametrize("backoff", [0.0, 0.3, 1.0])
def test_every_probability_is_that_of_the_twin_and_together_they_make_one(order, backoff):
    chain = levels(*counted(order), order, ABC.base)
    histories = [[FORM0 + 1] * (order - 1), [A] * (order - 1), ([FORM0] * order + [A, C])[-order + 1 :][: order - 1]]
    for history in histories:
        first = order > 1 and all(one >= FORM0 for one in history)
        asked = np.array([code([*history, symbol]) for symbol in (A, B, C, END)])
        found = likelihood(chain, asked, np.full(4, first), ABC, backoff)
        assert found[: 3 + (not first)].sum() == pytest.approx(1.0)
        if order > 1:
            expected = [twin(order, history, symbol, backoff) for symbol in (A, B, C, END)]
            assert found[:3] == pytest.approx(expected[:3])
            assert first or found[3] == pytest.approx(expected[3])


@pytest.mark.parametrize("order", [1, 2, 3])
@pytest.mark.parametrize("first", [True, False])
def test_what_follows_is_drawn_with_the_probability_it_has(order, first):
    n, backoff = 40_000, 0.3
    chain = levels(*counted(order), order, ABC.base)
    history = [FORM0 + 1] * (order - 1) if first else [C, A][3 - order :]
    drawn = follow(chain, np.full(n, code(history), np.int64), first, ABC, backoff, Draws(3))
    asked = np.array([code([*history, symbol]) for symbol in (A, B, C, END)])
    expected = likelihood(chain, asked, np.full(4, first), ABC, backoff) * [1, 1, 1, not first]
    shares = np.bincount(drawn, minlength=4) / n
    assert len(shares) == 4
    assert (np.abs(shares - expected) < 4.5 * np.sqrt(expected * (1 - expected) / n) + 1e-12).all()


def test_a_row_draws_the_same_whoever_draws_beside_it():
    chain = levels(*counted(2), 2, ABC.base)
    many = follow(chain, np.full(50, A, np.int64), False, ABC, 0.3, Draws(3))
    few = follow(chain, np.full(20, A, np.int64), False, ABC, 0.3, Draws(3))
    assert np.array_equal(many[:20], few)


def test_temperature_sharpens_the_shares_of_a_context():
    """After a: b 3, c 2, end 3. At ½ squares; at 0 the most frequent two."""
    half, cold = (levels(*counted(2), 2, ABC.base, temperature) for temperature in (0.5, 0.0))
    asked = np.array([code([A, symbol]) for symbol in (B, C, END)])
    assert likelihood(half, asked, np.zeros(3, bool), ABC, 0.0) == pytest.approx(np.array([9, 4, 9]) / 22)
    assert likelihood(cold, asked, np.zeros(3, bool), ABC, 0.0) == pytest.approx([0.5, 0.0, 0.5])
