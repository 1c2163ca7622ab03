"""Paired differences with intervals, by hand and against scipy; and what is due to what."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from recsim.base.draws import Draws
from recsim.effects import COLUMNS, OF_FACTORS, attribution, effects, shapley
from recsim.inference import (
    fieller,
    interval,
    moments,
    positive,
    resampled,
    seeds_needed,
    skewed,
    tails,
    welch,
    within,
)
from recsim.values import NoSuchArm, Values
from tests.measured import frame, values

NAN = np.nan
RNG = np.random.default_rng(20240607)


def row(table: pd.DataFrame, **where: str) -> pd.Series:
    """The one row that is like this."""
    for name, value in where.items():
        table = table[table[name] == value]
    assert len(table) == 1
    return table.iloc[0]


# -- one sample ----


def test_a_t_interval_by_hand():
    """Of 1, 2, 3, 4: mean 2.5, s = √(5/3), t(0.975, 3) = 3.18245, half a width 3.18245·s/2 = 2.05426."""
    assert [float(one) for one in interval([1, 2, 3, 4])] == pytest.approx([2.5, 0.44574, 4.55426], abs=1e-5)
    assert [float(one) for one in interval([1, NAN, 2, 3, 4, NAN])] == [float(one) for one in interval([1, 2, 3, 4])]


def test_intervals_agree_with_scipy_row_by_row():
    samples = RNG.normal(3.0, 2.0, (20, 7))
    found = interval(samples)
    for at, sample in enumerate(samples):
        expected = stats.ttest_1samp(sample, 0.0).confidence_interval(0.95)
        assert (found.low[at], found.high[at]) == pytest.approx((expected.low, expected.high), rel=1e-12)
        assert [float(one[at]) for one in found] == [float(one) for one in interval(sample)]


def test_one_number_has_no_interval_and_none_has_no_mean():
    assert np.array_equal(np.array(interval([3.0])), [3, NAN, NAN], equal_nan=True)
    assert np.isnan(np.array(interval([]))).all() and np.isnan(np.array(interval([NAN, NAN]))).all()
    assert moments([NAN, NAN]).n == 0 and moments([]).n == 0


def test_the_same_number_again_and_again_has_no_spread_at_all():
    """0.1 + 0.1 + 0.1 is not 0.3 in floating point; the spread must be 0 nevertheless."""
    for n in (2, 3, 7, 40):
        found = moments([0.1] * n)
        assert found.sd == 0 and found.mean == 0.1
        assert [float(one) for one in interval([0.1] * n)] == [0.1, 0.1, 0.1]


def test_tails_agree_with_scipy():
    sample = RNG.normal(0.3, 1.0, 9)
    for border in (0.0, 0.4, -2.0):
        above, below = tails(sample, border)
        assert above == pytest.approx(stats.ttest_1samp(sample, border, alternative="greater").pvalue, rel=1e-10)
        assert below == pytest.approx(stats.ttest_1samp(sample, border, alternative="less").pvalue, rel=1e-10)


def test_without_spread_the_signs_decide_and_on_the_border_nothing_does():
    assert [float(p) for p in tails([2.0] * 5, 1.0)] == [2**-5, 1]
    assert [float(p) for p in tails([2.0, 2.0], 3.0)] == [1, 0.25]
    assert [float(p) for p in tails([2.0, 2.0], 2.0)] == [1, 1]
    assert [float(p) for p in tails([2.0], 0.0)] == [1, 1], "one seed says nothing"
    assert [float(p) for p in tails([], 0.0)] == [1, 1]


def test_nothing_at_all_is_no_effect_where_the_same_was_done_and_may_be_luck_otherwise():
    assert [float(p) for p in positive([0.0, 0.0, 0.0], same=True)] == [1, 0]
    assert [float(p) for p in positive([0.0, NAN, 0.0], same=True)] == [1, 0]
    assert [float(p) for p in positive([0.0, 0.0, 0.0])] == [1, 1]
    assert [float(p) for p in positive([0.0])] == [1, 1], "one seed says nothing"
    assert [float(p) for p in positive([NAN, NAN])] == [1, 1]
    assert [float(p) for p in positive([0.0, 1e-9, -1e-9])] == [0.5, 0.5]


def test_nothing_at_all_is_equal_within_any_margin():
    assert [float(p) for p in within([0.0, 0.0], 0.1, same=True)] == [0, 1]
    assert [float(p) for p in within([0.0, 0.0], 0.1)] == [1, 1]
    assert [float(p) for p in within([0.05, 0.05], 0.1)] == [0.25, 1]
    assert [float(p) for p in within([0.2, 0.2, 0.2], 0.1)] == [1, 0.25]
    assert [float(p) for p in within([0.0], 0.1)] == [1, 1]


def test_equivalence_is_the_larger_of_two_one_sided_tests():
    sample = RNG.normal(0.1, 0.5, 12)
    above = stats.ttest_1samp(sample, -0.4, alternative="greater").pvalue
    below = stats.ttest_1samp(sample, 0.4, alternative="less").pvalue
    holds, fails = within(sample, 0.4)
    assert holds == pytest.approx(max(above, below), rel=1e-10)
    assert fails == 1.0
    outside = within(sample + 3.0, 0.4)[1]
    assert outside == pytest.approx(2 * stats.ttest_1samp(sample + 3.0, 0.4, alternative="greater").pvalue, rel=1e-9)


def test_without_a_margin_every_number_counts_and_one_seed_is_enough():
    assert [float(p) for p in within([0.0], 0)] == [0, 1]
    assert [float(p) for p in within([0.0, NAN, 0.0], 0)] == [0, 1]
    assert [float(p) for p in within([0.0, 1e-300], 0)] == [1, 0]
    assert [float(p) for p in within([NAN], 0)] == [1, 1]


def test_welch_agrees_with_scipy():
    this, that = RNG.normal(1, 3, 8), RNG.normal(0, 1, 11)
    expected = stats.ttest_ind(this, that, equal_var=False).confidence_interval(0.95)
    found = welch(this, that)
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high), rel=1e-10)
    assert [float(one) for one in welch([2, 2], [1, 1])] == [1, 1, 1]


def test_fieller_by_hand():
    """Means 3 and 2 of n = 2, deviations ±1 and ±0.1 in step: all ρ with t² = (3 − 2ρ)²/(1 − 0.1ρ)² ≤ 12.7062².

    Both roots of (3 − 2ρ) = ±12.7062(1 − 0.1ρ), of which the region between is the interval where the mean below is not
    0: (2² − 161.447·0.01) > 0.
    """
    low, high = sorted(((3 - 12.7062047) / (2 - 1.27062047), (3 + 12.7062047) / (2 + 1.27062047)))
    found = fieller([4, 2], [2.1, 1.9])
    assert [float(one) for one in found] == pytest.approx([1.5, low, high], rel=1e-7)


def test_a_ratio_to_what_may_be_0_has_no_ends():
    found = fieller([1.0, 2.0, 3.0], [-1.0, 0.5, 1.0])
    assert (found.low, found.high) == (-np.inf, np.inf)
    assert np.isnan(fieller([1.0, 2.0], [1.0, -1.0]).mean)
    assert np.isnan(fieller([1.0], [2.0]).low) and fieller([1.0], [2.0]).mean == 0.5
    assert [float(one) for one in fieller([30, 33, 36], [10, 11, 12])] == pytest.approx([3, 3, 3])


def test_skewness_is_judged_by_its_standard_error():
    """G₁ and √(6n(n − 1)/((n − 2)(n + 1)(n + 3))), against scipy's G₁; below eight seeds never."""
    for n in (8, 15, 40):
        for sample in (RNG.normal(size=n), RNG.exponential(size=n), RNG.exponential(size=n) ** 3):
            error = np.sqrt(6 * n * (n - 1) / ((n - 2) * (n + 1) * (n + 3)))
            assert skewed(sample) == (abs(stats.skew(sample, bias=False)) > 2 * error)
    assert skewed([0, 0, 0, 0, 0, 0, 0, 9.0]) and not skewed([0, 0, 0, 0, 0, 0, 9.0])
    assert not skewed(np.ones(20)) and not skewed([NAN] * 20)


def test_a_bootstrap_is_that_of_scipy_and_the_same_each_time():
    sample = RNG.exponential(size=20)
    draws = Draws(0).of("effects", "x")
    expected = stats.bootstrap((sample,), np.mean, method="BCa", n_resamples=9999, rng=draws.generator())
    assert resampled(np.append(sample, NAN), draws) == tuple(expected.confidence_interval)
    assert resampled(sample, draws) == resampled(sample, draws) != resampled(sample, draws.of("other"))
    low, high = resampled(sample, draws)
    assert high - sample.mean() > sample.mean() - low, "to the right, where the tail is"


@pytest.mark.parametrize("d", [0.15, 0.3, 0.5, 0.8, 1.0, 2.0, 5.0, 12.0])
def test_the_seeds_needed_are_the_fewest_with_80_percent_power(d):
    """By scipy's noncentral t, which is another implementation than that of `scipy.special`."""

    def power(n: int) -> float:
        return float(stats.nct.sf(stats.t.ppf(0.975, n - 1), n - 1, d * np.sqrt(n)))

    n = int(seeds_needed(d))
    assert power(n) >= 0.8
    assert n == 2 or power(n - 1) < 0.8
    assert seeds_needed(-d) == n


def test_seeds_needed_of_the_textbook():
    """Cohen (1988): d = 0.5, two-sided 5 %, power 80 %, one sample: n = 34; 0.2: 199; 0.8: 15."""
    assert seeds_needed([0.5, 0.2, 0.8]).tolist() == [34, 199, 15]
    assert np.array_equal(seeds_needed([0.0, NAN, np.inf, -np.inf]), [np.inf, NAN, 2, 2], equal_nan=True)
    assert seeds_needed(1e-4) == pytest.approx((1.959964 + 0.841621) ** 2 * 1e8, rel=1e-5), "no bisection without end"


# -- effects ----


def test_an_effect_by_hand():
    """Differences 1, 2, 3, −1, 0: mean 1, s = √2.5, t(0.975, 4) = 2.776445."""
    against = np.array([10.0, 20.0, 30.0, 40.0, 50.0])
    table = effects(values({"base": against, "arm": against + [1, 2, 3, -1, 0]}), "base", ["end"])
    assert list(table.columns) == list(COLUMNS)
    one = row(table, arm="arm")
    assert (one["against"], one["metric"], one["group"], one["window"], one["n"]) == ("base", "m", "all", "end", 5)
    assert (one["mean"], one["mean_against"], one["difference"]) == (31.0, 30.0, 1.0)
    half = 2.776445 * np.sqrt(2.5 / 5)
    assert (one["low"], one["high"]) == pytest.approx((1 - half, 1 + half), rel=1e-6)
    assert one["sign_share"] == 3 / 5, "0 has no sign"
    assert one["standardized"] == pytest.approx(1 / np.sqrt(2.5))
    assert one["seeds_needed"] == seeds_needed(1 / np.sqrt(2.5))
    assert np.isnan(one["boot_low"]) and np.isnan(one["boot_high"])
    assert one["pairing_gain"] == pytest.approx((one["unpaired_high"] - one["unpaired_low"]) / (2 * half))
    assert one["pairing_gain"] > 10, "seeds differ by tens, arms by ones"


def test_effects_agree_with_scipy():
    base, arm = RNG.normal(size=(2, 12))
    one = row(effects(values({"base": base, "arm": arm}), "base", ["end"]))
    paired = stats.ttest_rel(arm, base).confidence_interval(0.95)
    assert (one["low"], one["high"]) == pytest.approx((paired.low, paired.high), rel=1e-10)
    unpaired = stats.ttest_ind(arm, base, equal_var=False).confidence_interval(0.95)
    assert (one["unpaired_low"], one["unpaired_high"]) == pytest.approx((unpaired.low, unpaired.high), rel=1e-10)


def test_the_same_again_differs_by_exactly_nothing():
    base = RNG.random((6, 9)) / 3
    one = row(effects(values({"base": base, "again": base.copy()}), "base", ["last 7 ticks"]))
    assert [one[name] for name in ("difference", "low", "high", "sign_share")] == [0, 0, 0, 0]
    assert np.isnan(one["standardized"]) and np.isnan(one["seeds_needed"])
    assert np.isnan(one["boot_low"]) and one["pairing_gain"] == np.inf


def test_a_constant_difference_is_certain():
    base = np.arange(5.0)
    one = row(effects(values({"base": base, "more": base + 0.5}), "base", ["end"]))
    assert [one[name] for name in ("difference", "low", "high", "sign_share")] == [0.5, 0.5, 0.5, 1]
    assert one["standardized"] == np.inf and one["seeds_needed"] == 2


def test_seeds_that_are_undefined_in_either_arm_are_left_out_of_both():
    base, arm = [1, 2, NAN, 4, 5], [2, NAN, 3, 6, 8]
    one = row(effects(values({"base": base, "arm": arm}), "base", ["end"]))
    other = row(effects(values({"base": [1, 4, 5], "arm": [2, 6, 8]}), "base", ["end"]))
    assert one["n"] == 3
    pd.testing.assert_series_equal(one, other)


def test_one_seed_has_a_difference_and_no_interval():
    one = row(effects(values({"base": [1.0], "arm": [3.0]}), "base", ["end"]))
    assert (one["difference"], one["n"], one["sign_share"]) == (2, 1, 1)
    for name in ("low", "high", "boot_low", "standardized", "seeds_needed", "unpaired_low", "pairing_gain"):
        assert np.isnan(one[name]), name


def test_what_one_arm_never_measured_is_undefined_not_0():
    rows = pd.concat([frame({"base": [1, 2], "arm": [1, 2]}), frame({"base": [5, 6]}, "only")])
    one = row(effects(Values(rows), "base", ["end"]), metric="only")
    assert one["n"] == 0
    assert all(np.isnan(one[name]) for name in ("mean", "mean_against", "difference", "low", "sign_share"))


def test_skewed_differences_have_a_bootstrap_beside_them():
    base, even = RNG.normal(size=20), RNG.normal(size=20)
    skew = RNG.exponential(size=20) ** 3
    rows = {"base": base, "even": base + even, "skew": base + skew}
    table = effects(values(rows), "base", ["end"])
    assert np.isnan(row(table, arm="even")["boot_low"])
    one = row(table, arm="skew")
    expected = resampled((base + skew) - base, Draws(0).of("effects", "skew", "m", "all", "end"))
    assert (one["boot_low"], one["boot_high"]) == expected
    again = effects(values(dict(reversed(rows.items()))), "base", ["tick 1", "end"])
    assert row(again, arm="skew", window="end")["boot_low"] == one["boot_low"], "whatever else is in the table"
    assert row(again, arm="skew", window="tick 1")["boot_low"] != one["boot_low"], "its own random numbers"


def test_there_is_a_row_for_each_arm_metric_group_and_window_in_order():
    arms = {"b": [[1, 2]] * 3, "base": [[3, 4]] * 3, "a": [[5, 6]] * 3}
    rows = pd.concat([frame(arms, "y"), frame(arms, "x", "few"), frame(arms, "x")])
    table = effects(Values(rows), "base", ["end", "tick 1"])
    expected = [
        (arm, metric, group, when)
        for arm in ("b", "a")
        for metric, group in (("y", "all"), ("x", "few"), ("x", "all"))
        for when in ("end", "tick 1")
    ]
    assert list(table[["arm", "metric", "group", "window"]].itertuples(index=False, name=None)) == expected
    assert table["mean"].tolist() == [2, 1] * 3 + [6, 5] * 3


def test_effects_of_nothing_are_an_empty_table():
    for found, whens in ((values({"base": [1, 2]}), ["end"]), (values({"base": [1], "arm": [2]}), [])):
        table = effects(found, "base", whens)
        assert len(table) == 0 and list(table.columns) == list(COLUMNS)
    with pytest.raises(NoSuchArm):
        effects(values({"a": [1]}), "base", ["end"])
    with pytest.raises(ValueError, match="no window"):
        effects(values({"base": [1], "arm": [2]}), "base", ["soon"])


def test_the_unpaired_interval_shows_what_the_pairing_bought():
    """Seeds of variance 25, differences of variance 0.01: widths about as √(2·25) to √0.01, times the quantiles'."""
    base = RNG.normal(0, 5, 30)
    one = row(effects(values({"base": base, "arm": base + RNG.normal(1, 0.1, 30)}), "base", ["end"]))
    assert one["unpaired_low"] < 0 < one["low"]
    assert 45 < one["pairing_gain"] < 100


# -- Shapley values ----


def test_shapley_values_by_hand():
    """v = 0, A alone 10, B alone 20, both 50: A gets ½·10 + ½·(50 − 20) = 20, B ½·20 + ½·(50 − 10) = 30."""
    assert shapley([[0.0], [10.0], [20.0], [50.0]]).tolist() == [[20.0], [30.0]]


def test_the_glove_game():
    """One left glove, two right ones, a pair is worth 1: 2/3, 1/6, 1/6 (Shapley 1953)."""
    v = [float(bool(b & 1) and bool(b & 6)) for b in range(8)]
    assert shapley(v) == pytest.approx([2 / 3, 1 / 6, 1 / 6])


@pytest.mark.parametrize("k", [1, 2, 3, 5])
def test_shapley_values_add_up_whatever_the_outcomes(k):
    v = RNG.normal(size=(2**k, 4, 7))
    assert shapley(v).shape == (k, 4, 7)
    assert shapley(v).sum(axis=0) == pytest.approx(v[-1] - v[0])


def test_shapley_values_are_the_mean_over_all_orders():
    """The slow twin: switch factors on one after the other, in each of the 24 orders."""
    from itertools import permutations

    v = RNG.normal(size=16)
    orders = list(permutations(range(4)))
    slow = np.zeros(4)
    for order in orders:
        on = 0
        for factor in order:
            slow[factor] += (v[on | 1 << factor] - v[on]) / len(orders)
            on |= 1 << factor
    assert shapley(v) == pytest.approx(slow)


def test_who_changes_nothing_gets_nothing_and_equals_get_the_same():
    v = np.array([(b & 1) * 3.0 + (b >> 1 & 1) * 3.0 + 5.0 * (b & 3 == 3) for b in range(8)])
    assert shapley(v).tolist() == [5.5, 5.5, 0.0]


def test_shapley_values_of_a_sum_are_the_sum():
    v, w = RNG.normal(size=(2, 8, 3))
    assert shapley(v + 2 * w) == pytest.approx(shapley(v) + 2 * shapley(w))


def test_only_all_combinations_have_shapley_values():
    with pytest.raises(ValueError, match="2\\^k"):
        shapley(np.zeros(6))


def off(factors: list[str], on: tuple[str, ...]) -> str:
    return "without-" + "+".join(one for one in factors if one not in on)


def test_attribution_is_the_shapley_value_of_each_seed_with_its_interval():
    """Position bias adds 1 to 3, drift 10, and together another 4 in the second seed."""
    base, position = np.array([100.0, 200.0, 300.0]), np.array([1.0, 2.0, 3.0])
    arms = {
        "without-drift+position": base,
        "without-drift": base + position,
        "without-position": base + 10,
        "without-": base + position + 10 + [0, 4, 0],
    }
    factors = ["drift", "position"]
    table = attribution(values(arms), factors, lambda on: off(factors, on), ["end"])
    assert list(table.columns) == list(OF_FACTORS)
    assert table["factor"].tolist() == ["drift", "position", "together"]
    for name, sample in (("drift", [10, 12, 10]), ("position", [1, 4, 3]), ("together", [11, 16, 13])):
        one = row(table, factor=name)
        assert [one["contribution"], one["low"], one["high"]] == pytest.approx([float(x) for x in interval(sample)])
        assert one["n"] == 3 and one["share"] == pytest.approx(np.mean(sample) / np.mean([11, 16, 13]))


def test_attribution_leaves_out_seeds_in_which_any_combination_is_undefined():
    arms = {"without-": [4.0, 5.0, 6.0], "without-a": [1.0, NAN, 2.0]}
    table = attribution(values(arms), ["a"], lambda on: off(["a"], on), ["end"])
    assert table["n"].tolist() == [2, 2] and table["contribution"].tolist() == [3.5, 3.5]
    arms = {"without-": [1.0, 2.0], "without-a": [1.0, 2.0]}
    table = attribution(values(arms), ["a"], lambda on: off(["a"], on), ["end"])
    assert table["contribution"].tolist() == [0, 0] and table["share"].isna().all()


def test_attribution_has_a_row_for_each_metric_window_and_factor():
    rng = np.random.default_rng(4)
    factors = ["a", "b", "c"]
    names = [off(factors, tuple(f for at, f in enumerate(factors) if b >> at & 1)) for b in range(8)]
    arms = {name: rng.normal(size=(4, 3)) for name in names}
    rows = pd.concat([frame(arms, "x"), frame(arms, "y", "few")])
    table = attribution(Values(rows), factors, lambda on: off(factors, on), ["end", "tick 1"])
    assert len(table) == 2 * 2 * 4
    assert list(table[["metric", "group", "window"]].drop_duplicates().itertuples(index=False, name=None)) == [
        ("x", "all", "end"), ("x", "all", "tick 1"), ("y", "few", "end"), ("y", "few", "tick 1"),
    ]  # fmt: skip
    for _, part in table.groupby(["metric", "window"]):
        parts = part[part["factor"] != "together"]
        assert parts["contribution"].sum() == pytest.approx(row(part, factor="together")["contribution"])
        assert parts["share"].sum() == pytest.approx(1)
    with pytest.raises(NoSuchArm):
        attribution(Values(rows), factors, lambda on: "nobody", ["end"])
