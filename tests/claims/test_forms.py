"""Every form of claim: what holds, what fails, what stays undecided, by hand; and what it says of itself."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from pydantic import ValidationError
from ruamel.yaml import YAML
from scipy import stats

from recsim.claims import Claim, Finding
from recsim.claims.correlated import correlations
from recsim.claims.trends import slopes
from recsim.values import NoSuchArm, NoSuchMetric, NoSuchSweep, Values
from tests.measured import frame, values

NAN = np.nan
FORMS = sorted(Claim.members())
SWEEP = "users.behaviours.drift.rate"
NOISE = np.random.default_rng(7).normal(0.0, 1.0, (6, 12))
"""(6, s = 12) one row for each of up to six arms."""


def claim(expect: str, **fields: Any) -> Claim:
    """A claim about the metric `m` at the end, unless the fields say otherwise."""
    return Claim.parse({"expect": expect, "says": "So it is", "metric": "m", "at": "end"} | fields)


def found(expect: str, runs: dict[str, Any], /, **fields: Any) -> Finding:
    """What comes out of a claim about arms of one metric."""
    about = {name: fields.pop(name) for name in ("warmup", "sweeps", "alike") if name in fields}
    return claim(expect, **fields).find(values(runs, **about))


def decided(one: Finding) -> str:
    """Holds or fails at 1 %, in a claim by itself."""
    assert 0 <= one.p_holds <= 1 and 0 <= one.p_fails <= 1
    assert max(one.p_holds, one.p_fails) > 0.05, "never both"
    return "holds" if one.p_holds < 0.005 else "fails" if one.p_fails < 0.005 else "undecided"


def mistake(expect: str, **fields: Any) -> str:
    """What is told of a claim that does not fit."""
    with pytest.raises(ValidationError) as caught:
        claim(expect, **fields)
    assert caught.value.error_count() == 1
    return str(caught.value.errors()[0]["msg"])


# -- every form ----


def test_these_are_the_forms():
    assert FORMS == [
        "approximately", "correlated", "decreasing", "equal", "falling", "greater", "increasing", "interior_maximum",
        "interior_minimum", "less", "order", "ratio", "rising",
    ]  # fmt: skip


@pytest.mark.parametrize("form", FORMS)
def test_the_example_of_its_docstring_is_a_claim(form):
    """So that `recsim explain` shows YAML that can be copied."""
    text = Claim.members()[form].example_in_yaml()
    (block,) = YAML(typ="safe", pure=True).load(text)
    assert list(block)[0] == "expect" and block["expect"] == form
    assert Claim.parse(block) == Claim.members()[form].example()
    assert text.startswith("- {expect: ") and text.endswith("}")


@pytest.mark.parametrize("form", FORMS)
def test_its_block_reads_back_and_says_what_it_expects(form):
    one = Claim.members()[form].example()
    assert one.block()["expect"] == form and "kind" not in one.block()
    assert Claim.parse(one.block()) == one
    assert one.written == "holds"
    told = one.expected()
    for name in (*one.needs(), *filter(None, [getattr(one, "over", None), getattr(one, "other", None)])):
        assert name in told or form.startswith("interior"), told


@pytest.mark.parametrize("form", FORMS)
def test_one_seed_decides_nothing_and_no_seed_is_undefined(form):
    """But what has to be exact, which is below."""
    one = Claim.members()[form].example()
    arms = one.needs() or tuple(f"a{n}" for n in range(4))
    rng = np.random.default_rng(5)
    series = {arm: rng.normal(5.0, 1.0, (1, 60)) for arm in arms}
    sweeps = {str(getattr(one, "over", "")): [(arm, n) for n, arm in enumerate(arms)]}
    both = [frame(series, one.metric), frame({arm: its**2 for arm, its in series.items()}, getattr(one, "other", "x"))]
    rows = pd.concat(both)
    single = one.find(Values(rows, warmup=2, sweeps=sweeps))
    assert (single.n, single.p_holds, single.p_fails) == (1, 1, 1)
    assert np.isfinite(single.estimate) and np.isnan(single.low) and np.isnan(single.high)
    nothing = one.find(Values(rows.assign(value=NAN), sweeps=sweeps))
    assert (nothing.n, nothing.p_holds, nothing.p_fails) == (0, 1, 1)
    assert np.isnan(nothing.estimate) and "undefined" in nothing.measured


def test_what_was_not_run_or_measured_is_told():
    arms = {"a": [1, 2], "b": [2, 3]}
    with pytest.raises(NoSuchArm, match="'c'"):
        found("greater", arms, arms=["a", "c"])
    with pytest.raises(NoSuchMetric, match="'n'"):
        found("greater", arms, arms=["a", "b"], metric="n")
    with pytest.raises(NoSuchMetric, match="group 'few'"):
        found("greater", arms, arms=["a", "b"], group="few")
    with pytest.raises(NoSuchSweep, match="'x.y'"):
        found("increasing", arms, over="x.y")


# -- this and that ----


def test_greater_is_a_paired_t_test():
    """Differences 1, 2, 3, 4: t = 2.5/(√(5/3)/2) = 3.873 with 3 degrees of freedom."""
    one = found("greater", {"a": [11, 22, 33, 44], "b": [10, 20, 30, 40]}, arms=["a", "b"])
    assert one.p_holds == pytest.approx(stats.t.sf(3.87298, 3), rel=1e-4)
    assert one.p_fails == pytest.approx(1 - one.p_holds)
    assert (one.estimate, one.low, one.high) == pytest.approx((2.5, 0.44574, 4.55426), abs=1e-5)
    assert one.n == 4 and one.measured == "27.5 against 25, difference 2.5 [0.446, 4.55]"


def test_less_is_greater_the_other_way_round():
    arms = {"a": NOISE[0] + 0.3, "b": NOISE[1]}
    one, other = found("greater", arms, arms=["a", "b"]), found("less", arms, arms=["a", "b"])
    assert (one.p_holds, one.p_fails) == (other.p_fails, other.p_holds)
    assert (one.estimate, one.low) == (other.estimate, other.low), "always this minus that"
    swapped = found("less", arms, arms=["b", "a"])
    assert (swapped.p_holds, swapped.estimate) == (one.p_holds, -one.estimate)


@pytest.mark.parametrize("form", ["greater", "less"])
def test_arms_that_do_the_same_make_a_difference_fail(form):
    arms = {"a": NOISE[0], "b": NOISE[0]}
    assert decided(found(form, arms, arms=["a", "b"], alike=dict.fromkeys(arms, "one scenario"))) == "fails"
    assert decided(found(form, arms, arms=["a", "b"])) == "undecided", "a rare difference may not have shown"


@pytest.mark.parametrize("form", ["greater", "less"])
def test_a_constant_difference_counts_by_its_sign(form):
    """Ten seeds on one side: 2⁻¹⁰, as a metric of two values may be constant by luck."""
    runs = {"a": np.arange(10) + 0.5, "b": np.arange(10.0)}
    one = found(form, runs, arms=["a", "b"])
    assert (one.p_holds, one.p_fails) == ((2**-10, 1) if form == "greater" else (1, 2**-10))
    assert (one.estimate, one.low, one.high) == (0.5, 0.5, 0.5)


def test_one_arm_can_be_compared_with_itself_at_another_time():
    series = np.array([[1.0, 9.0, 3.0], [2.0, 9.0, 3.5], [3.0, 9.0, 5.0]])
    one = found("greater", {"a": series}, arms=["a"], at="end", than="tick 1")
    assert one.estimate == pytest.approx(np.mean([2, 1.5, 2]))
    assert claim("greater", arms=["a"], at="end", than="tick 1").expected() == "a at the end > a at tick 1"
    both = found("greater", {"a": series, "b": series + 1}, arms=["a", "b"], at="end", than="first 1 ticks")
    assert both.estimate == pytest.approx(np.mean([1, 0.5, 1]))


def test_a_small_difference_is_equal_within_a_margin_and_not_by_default():
    arms = {"a": 5 + NOISE[0] / 100, "b": 5 + NOISE[1] / 100}
    assert decided(found("equal", arms, arms=["a", "b"], margin=0.05)) == "holds"
    assert decided(found("equal", arms, arms=["a", "b"], margin=0.0)) == "fails"
    twins = {"a": NOISE[0], "b": NOISE[0]}
    assert found("equal", twins, arms=["a", "b"], margin=0.05, alike=dict.fromkeys(twins, "one")).p_holds == 0
    assert found("equal", twins, arms=["a", "b"], margin=0.05).p_holds == 1
    arms["c"] = arms["b"] + 0.2
    assert decided(found("equal", arms, arms=["a", "c"], margin=0.05)) == "fails"
    assert decided(found("equal", arms, arms=["c", "a"], margin=0.05)) == "fails"


def test_too_few_seeds_are_no_evidence_of_equality():
    """Large noise: no test finds a difference, and nothing is shown."""
    one = found("equal", {"a": NOISE[0], "b": NOISE[1]}, arms=["a", "b"], margin=0.05)
    assert decided(one) == "undecided" and one.low < 0 < one.high


def test_exactly_equal_is_about_every_seed():
    same = {"a": [1.0, NAN, 3.0], "b": [1.0, NAN, 3.0]}
    one = found("equal", same, arms=["a", "b"], margin=0)
    assert (one.p_holds, one.p_fails, one.n) == (0, 1, 2) and "exactly the same" in one.measured
    assert found("equal", {"a": [2.0], "b": [2.0]}, arms=["a", "b"], margin=0).p_holds == 0, "one seed is enough"
    for other in ([1.0, NAN, 3.0 + 1e-12], [1.0, 2.0, 3.0], [1.0, NAN, NAN]):
        one = found("equal", {"a": [1.0, NAN, 3.0], "b": other}, arms=["a", "b"], margin=0)
        assert (one.p_holds, one.p_fails) == (1, 0) and "unlike in 1 seeds" in one.measured


def test_a_ratio_is_tested_without_dividing():
    a, b = 3 * (10 + NOISE[0]) + NOISE[1] / 2, 10 + NOISE[0]
    arms = {"a": a, "b": b}
    one = found("ratio", arms, arms=["a", "b"], above=2.5)
    assert one.p_holds == pytest.approx(stats.ttest_1samp(a - 2.5 * b, 0, alternative="greater").pvalue, rel=1e-6)
    assert one.estimate == pytest.approx(a.mean() / b.mean()) and one.low < one.estimate < one.high
    assert decided(one) == "holds"
    assert decided(found("ratio", arms, arms=["a", "b"], below=2.5)) == "fails"
    assert decided(found("ratio", arms, arms=["a", "b"], above=2.5, below=3.5)) == "holds"
    assert decided(found("ratio", arms, arms=["a", "b"], above=3.5, below=4)) == "fails"
    assert decided(found("ratio", arms, arms=["a", "b"], above=1, below=2)) == "fails"


def test_a_ratio_to_what_may_be_0_or_less_is_never_shown():
    """a − 2b > 0 is certain, but b is about 0: the ratio says nothing."""
    one = found("ratio", {"a": 100 + NOISE[0], "b": [0.9, -1.1] * 6}, arms=["a", "b"], above=2.0)
    assert one.p_holds > 0.05 and (one.low, one.high) == (-np.inf, np.inf)


def test_the_interval_of_a_ratio_agrees_with_its_test():
    """Fieller's interval holds just those ratios that the paired test does not reject."""
    a, b = 30 + 3 * NOISE[0], 10 + NOISE[1]
    one = found("ratio", {"a": a, "b": b}, arms=["a", "b"], above=1.0)
    for bound, above in ((one.low, True), (one.high, False)):
        p = stats.ttest_1samp(a - bound * b, 0, alternative="greater" if above else "less").pvalue
        assert p == pytest.approx(0.025, rel=1e-6)


# -- order, along a sweep, inside ----


def test_an_order_needs_every_step():
    arms = {"a": 4 + NOISE[0] / 9, "b": 3 + NOISE[1] / 9, "c": 2 + NOISE[2] / 9, "d": 2 + NOISE[3] / 9}
    one = found("order", arms, arms=["a", "b", "c"])
    assert decided(one) == "holds"
    pairs = [found("greater", arms, arms=[this, that]) for this, that in (("a", "b"), ("b", "c"))]
    assert one.p_holds == max(pair.p_holds for pair in pairs)
    assert one.estimate == pairs[int(np.argmax([pair.p_holds for pair in pairs]))].estimate
    assert decided(found("order", arms, arms=["a", "b", "c", "d"])) == "undecided", "c and d are alike"
    assert decided(found("order", arms, arms=["a", "c", "b"])) == "fails"
    assert "weakest step c to d" in found("order", arms, arms=["a", "b", "c", "d"]).measured


def test_against_an_order_all_steps_may_speak_and_pay_for_it():
    arms = {"a": NOISE[0] + 2, "b": NOISE[1] + 2.5, "c": NOISE[2]}
    one, step = found("order", arms, arms=["a", "b", "c"]), found("greater", arms, arms=["a", "b"])
    assert one.p_fails == pytest.approx(min(1, 2 * step.p_fails))


def test_two_arms_that_are_the_same_break_an_order():
    arms, alike = {"a": NOISE[0] + 9, "b": NOISE[1], "c": NOISE[1]}, {"a": "one", "b": "other", "c": "other"}
    assert decided(found("order", arms, arms=["a", "b", "c"], alike=alike)) == "fails"


def along(form: str, rows: np.ndarray, alike: str | None = None) -> Finding:
    """What comes out along a sweep; `alike` says that all points are one scenario."""
    runs, sweeps = swept(rows)
    return found(form, runs, over=SWEEP, sweeps=sweeps, alike={} if alike is None else dict.fromkeys(runs, alike))


def swept(rows: np.ndarray) -> tuple[dict[str, Any], dict[str, Any]]:
    """Arms r0, r1, … with the values 0, 1, …, and the sweep, written down in another order."""
    names = [f"r{n}" for n in range(len(rows))]
    points = [(name, n) for n, name in enumerate(names)]
    return dict(zip(names, rows, strict=True)), {SWEEP: points[::-1]}


def test_along_a_sweep_it_rises_step_by_step_in_the_order_of_numbers():
    rows = NOISE[:4] / 9 + np.arange(4)[:, None]
    assert decided(along("increasing", rows)) == "holds"
    assert decided(along("decreasing", rows)) == "fails"
    assert along("increasing", rows).measured.startswith("0 ")
    rows[2] -= 2.0
    assert decided(along("increasing", rows)) == "fails"


def test_along_arms_it_rises_in_the_order_in_which_they_are_named():
    arms = {"low": NOISE[0] / 9, "mid": 1 + NOISE[1] / 9, "high": 2 + NOISE[2] / 9}
    up, down = ["low", "mid", "high"], ["high", "mid", "low"]
    assert decided(found("increasing", arms, arms=up)) == decided(found("decreasing", arms, arms=down)) == "holds"
    assert decided(found("increasing", arms, arms=down)) == decided(found("decreasing", arms, arms=up)) == "fails"
    rise, order = found("increasing", arms, arms=up), found("order", arms, arms=down)
    assert (rise.p_holds, rise.p_fails, rise.estimate) == (order.p_holds, order.p_fails, order.estimate)
    assert found("decreasing", arms, arms=down).estimate == rise.estimate > 0, "the weakest step, either way"


def test_a_flat_sweep_fails_decisively():
    flat = np.broadcast_to(NOISE[0], (3, 12))
    for form in ("increasing", "decreasing", "interior_maximum", "interior_minimum"):
        assert decided(along(form, flat, alike="one scenario")) == "fails", form


def test_points_of_a_grid_count_with_their_mean():
    sweeps = {SWEEP: [("a", 1), ("b", 2), ("c", 1), ("d", 2)]}
    arms = {"a": [0.0, 0.1], "b": [4.0, 4.3], "c": [2.0, 2.2], "d": [2.0, 2.1]}
    one = found("increasing", arms, over=SWEEP, sweeps=sweeps)
    assert one.estimate == pytest.approx(np.mean([2.0, 2.05]))


def test_an_inner_point_above_both_ends_is_an_interior_maximum():
    hill = NOISE[:4] / 9 + np.array([0.0, 0.5, 2.0, 1.0])[:, None]
    assert decided(along("interior_maximum", hill)) == "holds"
    assert decided(along("interior_minimum", hill)) == "fails"
    assert decided(along("interior_minimum", -hill)) == "holds"
    assert decided(along("interior_maximum", -hill)) == "fails"
    slope = NOISE[:4] / 9 + np.array([0.0, 1.0, 2.0, 3.0])[:, None]
    assert decided(along("interior_maximum", slope)) == "fails"
    one = along("interior_maximum", hill)
    assert one.estimate == pytest.approx((hill[2] - hill[3]).mean()) and "2 over 3" in one.measured


def test_an_interior_maximum_pays_for_having_looked_at_every_inner_point():
    """Against the ends the larger p counts, of the inner points the smallest, times their number; both by hand."""
    rows = NOISE[:5] + np.array([0.0, 0.4, 1.1, 0.2, 0.3])[:, None]
    one = along("interior_maximum", rows)

    def p(inner: int, end: int, side: str) -> float:
        return float(stats.ttest_rel(rows[inner], rows[end], alternative=side).pvalue)

    each = [max(p(inner, 0, "greater"), p(inner, 4, "greater")) for inner in (1, 2, 3)]
    assert one.p_holds == pytest.approx(min(1, 3 * min(each)))
    each = [min(1, 2 * min(p(inner, 0, "less"), p(inner, 4, "less"))) for inner in (1, 2, 3)]
    assert one.p_fails == pytest.approx(max(each))


def test_a_sweep_with_too_few_points_is_refused():
    for form, few in (("increasing", 1), ("interior_maximum", 2)):
        with pytest.raises(ValueError, match=f"needs {few + 1} points along .* there are {few}"):
            along(form, NOISE[:few])


# -- one arm ----


def test_a_mean_is_about_a_value():
    """x̄ = 2.5, s/√n = 0.6455: t = (2.5 − 1)/0.6455 and (4 − 2.5)/0.6455 for 2.5 ± 1.5."""
    one = found("approximately", {"a": [1, 2, 3, 4]}, arms=["a"], value=2.5, margin=1.5)
    assert one.p_holds == pytest.approx(stats.t.sf(1.5 / 0.6454972, 3), rel=1e-5)
    assert (one.estimate, one.low, one.high) == pytest.approx((2.5, 0.44574, 4.55426), abs=1e-5)
    near = {"a": 0.25 + NOISE[0] / 1000}
    assert decided(found("approximately", near, arms=["a"], value=0.25, margin=0.01)) == "holds"
    assert decided(found("approximately", near, arms=["a"], value=0.28, margin=0.01)) == "fails"
    assert decided(found("approximately", near, arms=["a"], value=0.22, margin=0.01)) == "fails"
    assert found("approximately", {"a": [0.25] * 9}, arms=["a"], value=0.24, margin=0.02).p_holds == 2**-9
    assert decided(found("approximately", {"a": [0.0, 0.0]}, arms=["a"], value=0, margin=0)) == "holds"


def test_slopes_agree_with_numpy_and_skip_what_is_undefined():
    ticks = np.array([0, 1, 3, 4, 9])
    series = NOISE[:, :5].copy()
    assert slopes(ticks, series) == pytest.approx([np.polyfit(ticks, y, 1)[0] for y in series])
    series[0, 2] = NAN
    assert slopes(ticks, series)[0] == pytest.approx(np.polyfit(ticks[[0, 1, 3, 4]], series[0, [0, 1, 3, 4]], 1)[0])
    series[1, 1:] = NAN
    assert np.isnan(slopes(ticks, series)[1])
    assert slopes(ticks, [[0.1] * 5]).tolist() == [0.0], "exactly"


def test_rising_is_a_line_through_each_seed():
    ticks = np.arange(1, 11)
    series = 0.5 * ticks + NOISE[:4, :10] / 9
    one = found("rising", {"a": series}, arms=["a"], at="after warm-up")
    assert decided(one) == "holds" and one.estimate == pytest.approx(0.5, abs=0.05)
    assert decided(found("falling", {"a": series}, arms=["a"], at="after warm-up")) == "fails"
    down = found("falling", {"a": -series}, arms=["a"], at="after warm-up")
    assert decided(down) == "holds" and down.estimate == pytest.approx(-one.estimate)
    bent = np.where(ticks <= 5, ticks, 10 - ticks) + NOISE[:4, :10] / 99
    assert decided(found("rising", {"a": bent}, arms=["a"], at="ticks 1 to 5")) == "holds"
    assert decided(found("rising", {"a": bent}, arms=["a"], at="last 5 ticks")) == "fails"


def test_a_line_goes_through_the_ticks_after_the_warm_up():
    series = np.array([[9.0, 9.0, 1.0, 2.0, 3.5], [9.0, 9.0, 1.0, 2.5, 3.0]])
    one = found("rising", {"a": series}, arms=["a"], at="after warm-up", warmup=2)
    assert one.estimate == pytest.approx(np.mean([1.25, 1.0]))
    assert Claim.members()["rising"].example().at == "after warm-up", "the default"
    assert decided(found("rising", {"a": [[2.0] * 4] * 9}, arms=["a"], at="after warm-up")) == "undecided", "by luck?"


def test_correlations_agree_with_numpy_and_skip_what_is_undefined():
    x, y = NOISE[:3], NOISE[3:]
    assert correlations(x, y) == pytest.approx([np.corrcoef(a, b)[0, 1] for a, b in zip(x, y, strict=True)])
    gap = x.copy()
    gap[0, 3] = NAN
    assert correlations(gap, y)[0] == pytest.approx(np.corrcoef(np.delete(x[0], 3), np.delete(y[0], 3))[0, 1])
    assert np.isnan(correlations([[1.0, 1.0, 1.0], [1.0, 2.0, NAN]], [[1.0, 2.0, 3.0], [2.0, 1.0, 4.0]])).all()


def together(x: Any, y: Any, **fields: Any) -> Finding:
    """A correlation of `m` (x) and `n` (y)."""
    about = {name: fields.pop(name) for name in ("warmup", "sweeps", "alike") if name in fields}
    rows = pd.concat([frame(x), frame(y, "n")])
    return claim("correlated", other="n", **fields).find(Values(rows, **about))


def test_two_metrics_go_together_over_time():
    time = np.linspace(0, 6, 12)
    x = np.sin(time) + NOISE / 9
    with_it, against = {"a": 2 * x + NOISE[::-1] / 9}, {"a": -x + NOISE[::-1] / 9}
    fields: dict[str, Any] = {"arms": ["a"], "at": "after warm-up"}
    assert decided(together({"a": x}, with_it, sign="positive", **fields)) == "holds"
    assert decided(together({"a": x}, with_it, sign="negative", **fields)) == "fails"
    assert decided(together({"a": x}, against, sign="negative", **fields)) == "holds"
    one = together({"a": x}, with_it, sign="positive", **fields)
    z = np.arctanh([np.corrcoef(a, b)[0, 1] for a, b in zip(x, with_it["a"], strict=True)])
    assert one.estimate == pytest.approx(np.tanh(z.mean()))
    assert one.p_holds == pytest.approx(stats.ttest_1samp(z, 0, alternative="greater").pvalue, rel=1e-6)
    assert -1 < one.low < one.estimate < one.high < 1
    part = together({"a": x}, with_it, sign="positive", arms=["a"], at="first 4 ticks")
    assert part.estimate != one.estimate


def test_two_metrics_go_together_over_arms_or_points():
    level = np.arange(4)[:, None]
    x, y = NOISE[:4] / 9 + level, NOISE[2:6] / 9 - level
    runs, sweeps = swept(x)
    other = dict(zip(runs, y, strict=True))
    assert decided(together(runs, other, sign="negative", arms=list(other))) == "holds"
    one = together(runs, other, sign="negative", over=SWEEP, sweeps=sweeps)
    assert decided(one) == "holds" and one.n == 12
    expected = np.tanh(np.mean(np.arctanh([np.corrcoef(x[:, s], y[:, s])[0, 1] for s in range(12)])))
    assert one.estimate == pytest.approx(expected)


def test_a_perfect_correlation_is_cut_off_and_a_flat_line_has_none():
    x = np.array([[1.0, 2.0, 3.0, 5.0]] * 10)
    perfect = together({"a": x}, {"a": 2 * x}, sign="positive", arms=["a"], at="after warm-up")
    assert perfect.p_holds == 2**-10 and perfect.estimate == pytest.approx(1)
    flat = together({"a": x}, {"a": 0 * x}, sign="positive", arms=["a"], at="after warm-up")
    assert (flat.n, flat.p_holds, flat.p_fails) == (0, 1, 1)


# -- what does not fit ----


def test_a_claim_says_something_and_knows_the_reason_for_what_is_known():
    assert "write the claim as a sentence" in mistake("greater", says=" ", arms=["a", "b"])
    assert "write such as 'fails, because" in mistake("greater", arms=["a", "b"], known="fails")
    assert mistake("greater", arms=["a", "b"], known="true, because so")
    for verdict in ("holds", "fails", "undecided"):
        one = claim("greater", arms=["a", "b"], known=f"{verdict}, because nobody knows, yet")
        assert one.written == verdict


@pytest.mark.parametrize(
    ("expect", "fields", "told"),
    [
        ("greater", {"arms": ["a"]}, "say 'than:'"),
        ("greater", {"arms": ["a"], "than": "end"}, "another window than 'at'"),
        ("greater", {"arms": []}, "about 1 to 2 arms, and 'arms' names 0"),
        ("less", {"arms": ["a", "b", "c"]}, "about 1 to 2 arms, and 'arms' names 3"),
        ("equal", {"arms": ["a", "a"], "margin": 1}, "'arms' has a twice"),
        ("ratio", {"arms": ["a", "b"]}, "needs 'above:' or 'below:'"),
        ("ratio", {"arms": ["a", "b"], "above": 2, "below": 1}, "'above' is the smaller one"),
        ("order", {"arms": ["a", "b"]}, "about 3 or more arms"),
        ("increasing", {}, "needs 'arms:' or 'over:'"),
        ("increasing", {"arms": ["a", "b"]}, "of two arms say 'greater'"),
        ("decreasing", {"arms": ["a", "b", "c"], "over": SWEEP}, "both 'arms' and 'over'"),
        ("interior_maximum", {"arms": ["a", "b"]}, "three arms or more"),
        ("approximately", {"arms": ["a", "b"], "value": 1, "margin": 0.1}, "about 1 arm, and 'arms' names 2"),
        ("rising", {"arms": ["a", "b"], "at": "after warm-up"}, "about 1 arm,"),
        ("rising", {"arms": ["a"], "at": "end"}, "a line needs two"),
        ("falling", {"arms": ["a"], "at": "tick 9"}, "a line needs two"),
        ("correlated", {"arms": ["a"], "other": "n", "sign": "positive"}, "over time needs three"),
        ("correlated", {"arms": ["a", "b"], "other": "n", "sign": "positive"}, "over time in one arm, or over three"),
        ("correlated", {"other": "n", "sign": "positive"}, "needs 'arms:' or 'over:'"),
        ("greater", {"arms": ["a", "b"], "at": "soon"}, "is no window of time"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_told_with_what_to_write(expect, fields, told):
    assert told in mistake(expect, **fields)


@pytest.mark.parametrize(
    ("expect", "fields", "missing"),
    [
        ("equal", {"arms": ["a", "b"]}, "margin"),
        ("approximately", {"arms": ["a"], "value": 1}, "margin"),
        ("correlated", {"arms": ["a", "b", "c"], "other": "n"}, "sign"),
        ("greater", {}, "arms"),
        ("order", {}, "arms"),
    ],
)
def test_what_a_form_needs_has_no_default(expect, fields, missing):
    with pytest.raises(ValidationError) as caught:
        claim(expect, **fields)
    (error,) = caught.value.errors()
    assert (error["type"], error["loc"]) == ("missing", (missing,))


@pytest.mark.parametrize("form", ["order", "rising", "increasing", "approximately", "correlated"])
def test_only_two_sides_have_a_second_window(form):
    block = Claim.members()[form].example().block()
    with pytest.raises(ValidationError, match="than"):
        Claim.parse(block | {"than": "tick 1"})


@pytest.mark.parametrize(
    ("expect", "fields", "told"),
    [
        ("greater", {"arms": ["a", "b"], "at": "last 20 ticks"}, "a > b in the last 20 ticks"),
        ("less", {"arms": ["a"], "at": "end", "than": "tick 3"}, "a at the end < a at tick 3"),
        ("equal", {"arms": ["a", "b"], "margin": 0.01}, "a = b ± 0.01 at the end"),
        ("equal", {"arms": ["a", "b"], "margin": 0}, "a = b exactly at the end"),
        ("ratio", {"arms": ["a", "b"], "above": 1, "below": 1.5}, "a / b > 1 and < 1.5 at the end"),
        ("order", {"arms": ["a", "b", "c"]}, "a > b > c at the end"),
        ("increasing", {"arms": ["a", "b", "c"]}, "a < b < c at the end"),
        ("increasing", {"over": SWEEP}, f"rises along {SWEEP} at the end"),
        ("decreasing", {"over": SWEEP}, f"falls along {SWEEP} at the end"),
        ("interior_maximum", {"over": SWEEP}, f"highest inside {SWEEP} at the end"),
        ("interior_minimum", {"arms": ["a", "b", "c"]}, "lowest inside a … c at the end"),
        ("approximately", {"arms": ["a"], "value": 0.5, "margin": 0.1}, "a = 0.5 ± 0.1 at the end"),
        ("rising", {"arms": ["a"], "at": "ticks 3 to 9"}, "a rises in ticks 3 to 9"),
        ("correlated", {"over": SWEEP, "other": "n", "sign": "negative"},
         f"negative correlation with n, along {SWEEP} at the end"),
    ],
)  # fmt: skip
def test_what_is_expected_can_be_read(expect, fields, told):
    assert claim(expect, **fields).expected() == told


def test_of_a_ratio_to_something_negative_nothing_is_said():
    arms = {"a": -1 + NOISE[0] / 50, "b": -1 + NOISE[1] / 50}
    assert decided(found("ratio", arms, arms=["a", "b"], above=0.5)) == "undecided"
    nothing = {"a": np.zeros(12), "b": np.zeros(12)}
    assert decided(found("ratio", nothing, arms=["a", "b"], above=0.5)) == "undecided"
