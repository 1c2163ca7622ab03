"""Exposure, clicks and coverage: two values by hand each, NaN rules, range."""

from __future__ import annotations

import math

import numpy as np
import pytest

from recsim.base.flow import Source
from recsim.base.kernels.concentration import gini
from recsim.metrics.concentration import (
    ClickGini,
    ClickGiniCumulative,
    ClickGiniWindow,
    Coverage,
    CoverageCumulative,
    CoverageWindow,
    ExposureGini,
    ExposureGiniCumulative,
    ExposureGiniWindow,
)
from tests.helpers import run_all, tiny
from tests.metrics.hand import everybody, tick

FOUR = np.zeros((4, 2))


@pytest.mark.parametrize(
    ("slate", "expected"),
    [
        ([[0, 1], [2, 3]], 0.0),  # one view each
        ([[0], [0], [0]], 0.75),  # all on one of four: (n − 1)/n
        ([[0, 1], [0, 1]], 0.5),  # 2, 2, 0, 0: (−3 · 0 − 1 · 0 + 1 · 2 + 3 · 2)/(4 · 4)
        ([[0, 1], [0, -1]], 7 / 12),  # 2, 1, 0, 0: (1 · 1 + 3 · 2)/(4 · 3); padding is no view
    ],
)
def test_exposure_gini_by_hand(slate, expected):
    assert everybody(ExposureGini().measure(tick(slate, topics=FOUR), {})) == pytest.approx(expected)


def test_only_what_the_platform_showed_counts_as_exposure():
    shown = tick([[0, 1, 2]], topics=FOUR, source=[Source.RECOMMENDED, Source.ORGANIC, Source.ORGANIC])
    assert everybody(ExposureGini().measure(shown, {})) == pytest.approx(0.75)
    assert everybody(Coverage().measure(shown, {})) == 0.25


def test_dead_items_are_no_part_of_the_catalogue():
    shown = tick([[0, 1], [0, 1]], topics=FOUR, dead_items=[2, 3])
    assert everybody(ExposureGini().measure(shown, {})) == 0.0
    assert everybody(Coverage().measure(shown, {})) == 1.0


@pytest.mark.parametrize(
    ("slate", "picks", "expected"),
    [
        ([[0, 1], [2, 3]], [0, 1], 0.5),  # clicks 1, 0, 0, 1
        ([[0, 1], [1, 2], [3, 1]], [1, 0, 1], 0.75),  # three clicks on item 1
        ([[0, 1], [2, 3]], [[0, 1], [1, 0]], 0.0),  # two clicks each
    ],
)
def test_click_gini_by_hand(slate, picks, expected):
    assert everybody(ClickGini().measure(tick(slate, picks, topics=FOUR), {})) == pytest.approx(expected)


@pytest.mark.parametrize(("slate", "expected"), [([[0, 1], [1, 0]], 0.5), ([[0, 1], [2, -1]], 0.75), ([[3]], 0.25)])
def test_coverage_by_hand(slate, expected):
    assert everybody(Coverage().measure(tick(slate, topics=FOUR), {})) == expected


@pytest.mark.parametrize("metric", [ExposureGini(), ClickGini(), Coverage()])
@pytest.mark.parametrize("slate", [np.zeros((0, 1)), [[-1, -1]]], ids=["nobody", "nothing"])
def test_nothing_shown_is_undefined_not_zero(metric, slate):
    assert math.isnan(everybody(metric.measure(tick(slate, topics=FOUR), {})))


def test_no_clicks_is_undefined_for_clicks_only():
    shown = tick([[0, 1]], [-1], topics=FOUR)
    assert math.isnan(everybody(ClickGini().measure(shown, {})))
    assert everybody(ExposureGini().measure(shown, {})) == 0.5


# -- beside chance, over more than a tick ----


def poisson(rate: float) -> float:
    """Gini of Poisson counts by its definition, E|X − Y|/(2λ), summed up to 60."""
    k = np.arange(60)
    p = np.exp(-rate) * np.array([rate**one / math.factorial(one) for one in k])
    return float((p[:, None] * p[None, :] * np.abs(k[:, None] - k[None, :])).sum() / (2 * rate))


@pytest.mark.parametrize(("slate", "rate"), [([[0, 1], [2, 3]], 1.0), ([[0], [1]], 0.5), ([[0, 1, 2, 3]] * 3, 3.0)])
def test_beside_the_gini_stands_that_of_poisson_counts_with_its_mean(slate, rate):
    found = ExposureGini().measure(tick(slate, topics=FOUR), {})
    assert found["chance"] == pytest.approx(poisson(rate), abs=1e-12)
    assert found.keys() == {"all", "chance"}


def test_the_null_of_clicks_is_about_clicks_and_that_of_nothing_is_undefined():
    found = ClickGini().measure(tick([[0, 1], [2, 3]], [0, -1], topics=FOUR), {})
    assert found == {"all": 0.75, "chance": pytest.approx(poisson(0.25))}
    assert math.isnan(ClickGini().measure(tick([[0, 1]], topics=FOUR), {})["chance"])


VIEWS, CLICKS = [4, 4, 0, 0], [0, 1, 2, 1]
PAST = {"views_past": [[1, 0], [0, 1], [0, 0], [0, 0]], "clicks_past": [[1, 1], [0, 1], [0, 0], [0, 0]]}


@pytest.mark.parametrize(
    ("metric", "expected", "rate"),
    [
        (ExposureGiniCumulative(), 0.5, 2.0),  # as 1, 1, 0, 0
        (ClickGiniCumulative(), 3 / 8, 1.0),  # 0, 1, 1, 2: (−1 + 1 + 3 · 2)/(4 · 4)
        (ExposureGiniWindow(), 0.5, 0.5),  # 1, 1, 0, 0
        (ClickGiniWindow(), 7 / 12, 0.75),  # 2, 1, 0, 0
    ],
)
def test_ginis_of_longer_spans_by_hand(metric, expected, rate):
    shown = tick([[0, 1]], topics=FOUR, views=VIEWS, clicks=CLICKS, recent=2, **PAST)
    assert metric.measure(shown, {}) == {"all": pytest.approx(expected), "chance": pytest.approx(poisson(rate))}


def test_ginis_of_longer_spans_leave_out_the_dead():
    shown = tick([[0]], topics=FOUR, views=VIEWS, clicks=CLICKS, recent=2, dead_items=[2, 3], **PAST)
    assert ExposureGiniCumulative().measure(shown, {})["all"] == 0.0
    assert ClickGiniCumulative().measure(shown, {})["all"] == 0.5  # 0, 1
    assert CoverageCumulative().measure(shown, {})["all"] == 1.0


@pytest.mark.parametrize(
    ("metric", "expected", "null"),
    [(CoverageCumulative(), 0.5, 1 - 0.75**8), (CoverageWindow(), 0.5, 1 - 0.75**2)],
)
def test_coverage_of_longer_spans_by_hand(metric, expected, null):
    shown = tick([[0, 1]], topics=FOUR, views=VIEWS, recent=2, **PAST)
    assert metric.measure(shown, {}) == {"all": expected, "chance": pytest.approx(null)}
    nothing = metric.measure(tick([[0, 1]], topics=FOUR), {})
    assert np.isnan([nothing["all"], nothing["chance"]]).all()


def test_spans_are_those_of_the_loop():
    """After 7 ticks the window of 3 holds what is shown and clicked in ticks 5, 6 and 7, the other everything."""
    spec = tiny({"ticks": 7, "system.recent": 3, "system.repeats": True, "record.items": "all"}, metrics=["coverage"])
    sim = run_all(spec)
    seen, clicks = (np.array(sim.recorder.kept[name]) for name in ("views", "clicks"))
    wanted = {
        ExposureGiniWindow: seen[-3:].sum(axis=0),
        ClickGiniWindow: clicks[-3:].sum(axis=0),
        ExposureGiniCumulative: seen.sum(axis=0),
        ClickGiniCumulative: clicks.sum(axis=0),
    }
    for metric, counts in wanted.items():
        measured = run_all(spec.override("metrics", [metric()])).observer.latest(metric.kind)
        assert measured == pytest.approx(gini(counts), abs=1e-15), metric
