"""Monitors against their known run lengths, nulls and deterministic responses."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from scipy.stats import chi2

from recsim.system.interventions.adwin import Adwin
from recsim.system.interventions.cusum import Cusum
from recsim.system.interventions.page_hinkley import PageHinkley
from recsim.system.interventions.psi import PSI, index


def fresh(watcher):
    return {name: np.array(value) for name, value in watcher.memory.items()}


def sounds(watcher, values):
    """Which of the values, counted from 1, it sounds on."""
    memory = fresh(watcher)
    return [turn for turn, value in enumerate(values, 1) if watcher.notices(float(value), memory, SimpleNamespace())]


def run_lengths(watcher, values, runs):
    """Reports until each of so many alarms; every alarm begins anew."""
    found = sounds(watcher, values)[:runs]
    assert len(found) == runs
    return np.diff([0, *found])


def siegmund(step: float, k: float = 0.5, h: float = 5.0) -> float:
    drift, b = step - k, h + 1.166
    return (np.exp(-2 * drift * b) + 2 * drift * b - 1) / (2 * drift**2)


@pytest.mark.parametrize(("step", "runs", "known"), [(0.0, 150, 938.0), (1.0, 1500, 10.34), (2.0, 1500, 4.01)])
def test_the_run_length_of_a_cusum_is_siegmunds(step, runs, known):
    """k = 0.5, h = 5; 4 s.e., and 3 % for the approximation."""
    assert siegmund(step) == pytest.approx(known, rel=0.04)
    watcher = Cusum(metric="users", direction="up", mean=0.0, deviation=1.0)
    values = np.random.default_rng(8).normal(step, 1.0, int(siegmund(step) * runs * 1.5))
    lengths = run_lengths(watcher, values, runs)
    assert abs(lengths.mean() - siegmund(step)) <= 4 * lengths.std() / np.sqrt(runs) + 0.03 * siegmund(step)


def test_two_sides_sound_twice_as_often_as_one():
    """1/ARL of both is the sum of the sides'."""
    values = np.random.default_rng(9).normal(size=120_000)
    known = {"mean": 0.0, "deviation": 1.0, "threshold": 4.0}
    counts = {way: len(sounds(Cusum(metric="users", direction=way, **known), values)) for way in ("up", "down", "both")}
    assert abs(counts["both"] - counts["up"] - counts["down"]) <= 4 * np.sqrt(2 * counts["both"])
    assert counts["up"] > 200 and counts["down"] > 200


def test_a_cusum_counts_in_standard_deviations_of_its_reference():
    """First reports 9 … 11: μ = 10, σ = 1 (ddof 1). z = 2 adds 1.5 a report: 1.5, 3, 4.5, 6 > 5 on the fourth."""
    watcher = Cusum(metric="users", reference=3, threshold=5.0)
    assert sounds(watcher, [9, 10, 11, 12, 12, 12, 12, 12]) == [7]
    assert sounds(watcher, [9, 10, 11, 8, 8, 8, 8, 8]) == [7], "falls count as well"
    assert sounds(watcher.model_copy(update={"direction": "up"}), [9, 10, 11, *[8] * 40]) == []
    assert sounds(watcher, [9, np.nan, 10, 11, 12, np.nan, 12, 12, 12]) == [9], "what is undefined is no report"
    assert sounds(watcher, [9, 10, 11, *[12] * 4, 12, 13, 14, *[13] * 9, *[15] * 4]) == [7, 23], "it learns anew"


def test_what_never_varied_sounds_as_soon_as_it_moves():
    assert sounds(Cusum(metric="users", reference=3), [4, 4, 4, 4, 4, 4.1]) == [6]


@pytest.mark.parametrize(("t0", "size", "threshold"), [(50, 1.0, 10.0), (30, 0.4, 4.0), (20, 0.2, 1.0)])
def test_page_hinkley_sounds_when_the_sum_over_harmonic_numbers_reaches_its_threshold(t0, size, threshold):
    """A step of size s after t₀ reports adds up to s · t₀ · (H_T − H_t₀) at report T."""
    values = [0.1] * t0 + [0.1 + size] * 200
    harmonic = np.cumsum(1 / np.arange(1, 251))
    sums = size * t0 * (harmonic - harmonic[t0 - 1])
    expected = int(np.flatnonzero(sums > threshold)[0]) + 1
    watcher = PageHinkley(metric="users", allowance=0.0, threshold=threshold)
    assert sounds(watcher, values)[0] == expected
    assert sounds(watcher, 1 - np.array(values))[0] == expected, "and falls likewise"
    assert sounds(watcher.model_copy(update={"direction": "down"}), values) == []


def test_the_usual_threshold_of_page_hinkley_cannot_be_reached_in_a_hundred_ticks():
    """At most T/e = 36.8, of a step from 0 to 1 after 37 reports."""
    best = [0.0] * 37 + [1.0] * 63
    assert sounds(PageHinkley(metric="coverage", allowance=0.0, threshold=50.0), best) == []
    assert sounds(PageHinkley(metric="coverage", allowance=0.0, threshold=36.0), best) != []


def test_page_hinkley_is_silent_before_it_has_seen_enough():
    values = [0.0, *[1.0] * 30]
    assert sounds(PageHinkley(metric="users", threshold=0.1, allowance=0.0, least=1), values)[0] == 2
    assert sounds(PageHinkley(metric="users", threshold=0.1, allowance=0.0, least=9), values)[0] == 9


def test_adwin_is_the_one_of_river_fed_report_by_report():
    """It is replayed from its memory at every report; a window that lives on says the same."""
    from river.drift import ADWIN

    rng = np.random.default_rng(3)
    values = np.concatenate([rng.normal(level, 0.05, 60) for level in (0.2, 0.9, 0.1)])
    living, expected = ADWIN(delta=0.002, clock=1), []
    for turn, value in enumerate(values, 1):
        living.update(float(value))
        expected += [turn] if living.drift_detected else []
    found = sounds(Adwin(metric="users"), values)
    assert found == expected
    assert [sum(lo < turn <= lo + 40 for turn in found) > 0 for lo in (60, 120)] == [True] * 2
    assert not [turn for turn in found if turn <= 60], "nothing has happened yet"


def test_the_index_of_two_samples_of_one_law_is_chi_squared():
    """Mean (B − 1)(1/N + 1/M) and its quantile; 4 s.e. over 3000 pairs, 2 % for counts that are finite."""
    rng, size, other, runs = np.random.default_rng(4), 3000, 2000, 3000
    shares = np.array([0.3, 0.2, 0.15, 0.1, 0.1, 0.1, 0.05])
    pairs = list(zip(rng.multinomial(size, shares, runs), rng.multinomial(other, shares, runs), strict=True))
    found = np.array([index(before, now) for before, now in pairs]) / (1 / size + 1 / other)
    assert abs(found.mean() - 6) <= 4 * np.sqrt(2 * 6 / runs) + 0.02 * 6
    assert abs(found.var() - 12) <= 4 * np.sqrt((found**4).mean() / runs) + 0.05 * 12
    share = np.mean([PSI(level=0.05).exceeds(before, now) for before, now in pairs])
    assert abs(share - 0.05) <= 4 * np.sqrt(0.05 * 0.95 / runs)
    assert abs((found > chi2.isf(0.05, 6)).mean() - share) == 0


def test_noise_alone_exceeds_the_folklore_s_threshold():
    """Mean 9 · 0.02 = 0.18 of two samples of 100 in 10 bins; the quantile knows better."""
    rng = np.random.default_rng(5)
    pairs = [rng.multinomial(100, np.full(10, 0.1), 2) for _ in range(400)]
    assert np.mean([index(*pair) > 0.1 for pair in pairs]) > 0.8
    assert np.mean([PSI(level=0.01).exceeds(*pair) for pair in pairs]) < 0.05


def test_the_index_by_hand():
    """Shares 3/4, 1/4 against 1/4, 3/4: 2 · ½ · ln 3; an empty bin counts as half a click."""
    assert index(np.array([3, 1]), np.array([1, 3])) == pytest.approx(np.log(3))
    assert index(np.array([2, 2]), np.array([4, 0])) == pytest.approx(
        (1 / 2 - 8 / 9) * np.log(9 / 16) + (1 / 2 - 1 / 9) * np.log(9 / 2)
    )
    assert index(np.array([5, 7]), np.array([10, 14])) == 0.0
