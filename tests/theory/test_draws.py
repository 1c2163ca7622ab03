"""Random numbers are a pure function of who they are about, and look like random numbers."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from recsim.base.draws import Draws, mix, scramble, word

N = 1_000_000
ROWS, COLS = np.arange(1000), np.arange(1000)
STREAM = Draws(7).of("behaviour.drift.drift", 3)


def correlation(one: np.ndarray, other: np.ndarray) -> float:
    return float(np.corrcoef(one.ravel(), other.ravel())[0, 1])


def test_scramble_and_mix_are_splitmix64():
    """Steele, Lea & Flood (OOPSLA 2014), public-domain C by Vigna: the first outputs for seed 1234567."""
    expected = [6457827717110365317, 3203168211198807973, 9817491932198370423, 4593380528125082431]
    assert mix(np.uint64(1234567), np.arange(4)).tolist() == expected
    assert scramble(np.array([0], np.uint64)).tolist() == [0]


def test_uniform_numbers_lie_strictly_between_0_and_1():
    u = STREAM.uniform(ROWS, COLS)
    assert (u > 0).all()
    assert (u < 1).all()


def test_even_the_extreme_bit_patterns_lie_strictly_between_0_and_1():
    class Extreme(Draws):
        def keys(self, rows, cols=None):
            return np.array([0, 2**64 - 1], np.uint64)

    u = Extreme(1).uniform(0)
    assert 0 < u[0] < u[1] < 1
    assert np.isfinite(Extreme(1).gumbel(0)).all()
    assert np.isfinite(Extreme(1).normal(0)).all()


@pytest.mark.parametrize("draws", [STREAM, Draws(0), Draws(2**64 - 1).of(0)], ids=["stream", "seed 0", "seed -1"])
def test_uniform_numbers_have_the_moments_of_a_uniform_distribution(draws):
    """Mean 1/2, s.e. √(1/12n); variance 1/12, s.e. √(1/180n); 4 s.e."""
    u = draws.uniform(ROWS, COLS).ravel()
    assert abs(u.mean() - 0.5) < 4 * np.sqrt(1 / 12 / N)
    assert abs(u.var() - 1 / 12) < 4 * np.sqrt(1 / 180 / N)


@pytest.mark.parametrize("shape", ["rows", "grid"])
def test_uniform_numbers_fill_all_bins_alike(shape):
    """χ² over 1000 bins."""
    u = STREAM.uniform(np.arange(N)) if shape == "rows" else STREAM.uniform(ROWS, COLS).ravel()
    counts = np.bincount((u * 1000).astype(int), minlength=1000)
    assert stats.chisquare(counts).pvalue > 1e-4


@pytest.mark.parametrize("bit", range(0, 64, 7))
def test_every_bit_is_a_fair_coin(bit):
    """s.e. of a share: 1/(2√n); 4 s.e."""
    ones = (STREAM.keys(ROWS, COLS) >> np.uint64(bit)) & np.uint64(1)
    assert abs(ones.mean() - 0.5) < 4 * 0.5 / np.sqrt(N)


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(Draws(8).of("behaviour.drift.drift", 3), id="the next seed"),
        pytest.param(Draws(7).of("behaviour.drift.drift", 4), id="the next tick"),
        pytest.param(Draws(7).of("behaviour.drift.drifu", 3), id="another name"),
        pytest.param(Draws(7).of("choice.multinomial_logit.multinomial_logit", 3), id="another stream"),
        pytest.param(STREAM.of("angle"), id="its own child"),
    ],
)
def test_streams_ticks_and_seeds_do_not_correlate(other):
    """10⁶ pairs; s.e. of a correlation of independent numbers: 1/√n; 4 s.e."""
    assert abs(correlation(STREAM.uniform(ROWS, COLS), other.uniform(ROWS, COLS))) < 4 / np.sqrt(N)


@pytest.mark.parametrize("lag", [1, 2, 16, 64])
def test_neighbouring_rows_and_columns_do_not_correlate(lag):
    u = STREAM.uniform(np.arange(1100), np.arange(1000))
    assert abs(correlation(u[:-lag], u[lag:])) < 4 / np.sqrt(u[lag:].size)
    assert abs(correlation(u[:, :-lag], u[:, lag:])) < 4 / np.sqrt(u[:, lag:].size)
    line = STREAM.uniform(np.arange(N + lag))
    assert abs(correlation(line[:-lag], line[lag:])) < 4 / np.sqrt(N)


def test_a_user_and_an_item_of_the_same_number_do_not_share_a_draw():
    u = STREAM.uniform(ROWS, COLS)
    off = ~np.eye(1000, dtype=bool)
    assert abs(correlation(u[off], u.T[off])) < 4 * np.sqrt(2 / off.sum())  # each pair counted twice
    assert len(np.unique(STREAM.keys(ROWS, COLS))) == N  # a collision among 10⁶ of 2⁶⁴ has probability 3·10⁻⁸


def test_normal_numbers_are_normal():
    """Mean 0 (s.e. 1/√n), variance 1 (√(2/n)), skewness 0 (√(6/n)), kurtosis 3 (√(24/n)); KS; 4 s.e."""
    z = STREAM.normal(ROWS, COLS).ravel()
    assert abs(z.mean()) < 4 / np.sqrt(N)
    assert abs(z.var() - 1) < 4 * np.sqrt(2 / N)
    assert abs(stats.skew(z)) < 4 * np.sqrt(6 / N)
    assert abs(stats.kurtosis(z)) < 4 * np.sqrt(24 / N)
    assert stats.kstest(z[:100_000], "norm").pvalue > 1e-4


def test_gumbel_numbers_are_standard_gumbel():
    """Mean γ, variance π²/6; s.e. of the mean √(π²/6n); KS."""
    g = STREAM.gumbel(ROWS, COLS).ravel()
    assert abs(g.mean() - np.euler_gamma) < 4 * np.sqrt(np.pi**2 / 6 / N)
    assert stats.kstest(g[:100_000], "gumbel_r").pvalue > 1e-4


@pytest.mark.parametrize("kind", ["keys", "uniform", "normal", "gumbel"])
def test_a_number_does_not_depend_on_what_else_is_asked_for(kind):
    draw = getattr(STREAM, kind)
    rows, cols = np.array([3, 900, 2**63, 17], np.uint64), np.array([5, 2**64 - 1, 0], np.uint64)
    whole = draw(rows, cols)
    for r, row in enumerate(rows):
        for c, col in enumerate(cols):
            assert draw(np.array([row]), np.array([col]))[0, 0] == whole[r, c]
    assert (draw(rows, np.tile(cols, (4, 1))) == whole).all()  # columns of their own for each row
    assert (draw(rows[::-1], cols) == whole[::-1]).all()  # the order of the rows means nothing
    assert (draw(rows, cols[::-1]) == whole[:, ::-1]).all()
    assert (draw(rows)[2:] == draw(rows[2:])).all()


def test_a_path_is_a_path_however_it_is_walked():
    assert (Draws(1).of("a", 2, "b").keys(ROWS) == Draws(1).of("a").of(2).of("b").keys(ROWS)).all()
    first = [Draws(1).of(*path).keys(0).item() for path in [("a", "b"), ("b", "a"), ("ab",), ("a",), ()]]
    assert len(set(first)) == 5


def test_words_are_the_same_in_every_process():
    """BLAKE2b of the text, not `hash`, which changes with PYTHONHASHSEED: the number is written down here."""
    assert int(word("nothing")) == 6223550557161359317


def test_the_generator_of_a_stream_is_its_own_and_repeatable():
    one, again, other = (Draws(1).of(name).generator().random(5) for name in ("a", "a", "b"))
    assert (one == again).all()
    assert (one != other).any()
