"""Shares made by machines: by hand, NaN rules."""

from __future__ import annotations

import math
from types import SimpleNamespace

import numpy as np
import pytest

from recsim.base.flow import Source
from recsim.base.table import Column, Table
from recsim.metrics.contamination import (
    AIAmplification,
    AICatalogueShare,
    AIClickShare,
    AIExposureShare,
    AITrainingShare,
    Generation,
    TwinGap,
)
from recsim.system.generators.gaussian import Gaussian
from recsim.system.recommenders.als import ALS
from recsim.system.recommenders.uniform import Uniform
from tests.metrics.hand import tick

TOPICS, MADE = np.zeros((5, 2)), [False, True, False, True, True]


def given(slate, picks=None, **more):
    return tick(slate, picks, topics=TOPICS, made_by_ai=MADE, **more)


def test_catalogue_share_by_hand():
    assert AICatalogueShare().measure(given([[0]]), {}) == 0.6
    assert AICatalogueShare().measure(given([[0]], dead_items=[1, 3]), {}) == pytest.approx(1 / 3)
    assert math.isnan(AICatalogueShare().measure(given([[0]], dead_items=range(5)), {}))


@pytest.mark.parametrize(("slate", "expected"), [([[0, 1], [3, 4]], 0.75), ([[0, 2], [0, -1]], 0.0), ([[1, -1]], 1.0)])
def test_exposure_share_by_hand(slate, expected):
    assert AIExposureShare().measure(given(slate), {}) == expected


def test_exposure_share_leaves_out_what_people_found_themselves_and_click_share_does_not():
    shown = given([[0, 1]], [1], source=[[Source.RECOMMENDED, Source.ORGANIC]])
    assert AIExposureShare().measure(shown, {}) == 0.0
    assert AIClickShare().measure(shown, {}) == 1.0


@pytest.mark.parametrize(("picks", "expected"), [([0, 1], 0.5), ([1, 1], 1.0), ([0, -1], 0.0)])
def test_click_share_by_hand(picks, expected):
    assert AIClickShare().measure(given([[0, 1], [2, 3]], picks), {}) == expected


def test_training_share_by_hand():
    clicks = Table({"item": Column(np.int32), "held": Column(np.bool_)})
    clicks.grow(5, item=[1, 1, 0, 3, 2], held=[False, False, False, True, False])
    assert AITrainingShare().measure(given([[0]], log=SimpleNamespace(clicks=clicks)), {}) == {"all": 0.5}
    clicks.held = True
    assert math.isnan(AITrainingShare().measure(given([[0]], log=SimpleNamespace(clicks=clicks)), {})["all"])


MODELS = {"recommender": ALS(), "generators": (Gaussian(), Gaussian(name="late"))}


@pytest.mark.parametrize(
    ("als", "gaussian", "expected"),
    [([1, 1, 0, 0, 0], [0, 1, 0, 2, 1], (0.5, 1.0)), ([3, 0, 0, 1, 0], [1.5, 0.5, 0, 0, 0], (0.25, 0.25))],
)
def test_what_each_model_has_learned_from_by_hand(als, gaussian, expected):
    """Weights of the last training, item by item; undefined of one that has learned nothing yet."""
    learned = {"recommender.als.learned": als, "generator.gaussian.learned": gaussian, "generator.late.learned": 0.0}
    found = AITrainingShare().measure(given([[0]], known=learned, clicked=[(1, 0, 2)], **MODELS), {})
    assert (found["als"], found["gaussian"]) == expected
    assert math.isnan(found["late"]) and found["all"] == 0.0


def test_models_are_not_told_of_before_they_learn_and_those_that_never_learn_not_at_all():
    """In the warm-up the arms of an experiment are one run: nothing may be called by the name of what comes later."""
    learned = {"recommender.als.learned": 1.0, "generator.gaussian.learned": 1.0, "generator.late.learned": 1.0}
    early = {number: given([[0]], number=number, warmup=3, known=learned, **MODELS) for number in (0, 2, 3)}
    found = {number: set(AITrainingShare().measure(one, {})) for number, one in early.items()}
    assert found[0] == found[2] == {"all"} and found[3] == {"all", "als", "gaussian", "late"}
    assert set(AITrainingShare().measure(given([[0]], recommender=Uniform()), {})) == {"all"}


@pytest.mark.parametrize(
    ("slate", "known", "expected"),
    [
        ([[1, 3], [0, 1]], {}, 0.75 / 0.6),
        ([[1, 0], [2, 3]], {"listed": [True, True, True, False, True]}, 0.5 / 0.5),
        ([[1, 0], [2, 0]], {"hidden": [True, False, True, False, False]}, 0.25 / 1.0),
    ],
)
def test_amplification_by_hand(slate, known, expected):
    """Exposure over the share of what may be recommended: alive, listed and not hidden."""
    assert AIAmplification().measure(given(slate, known=known), {}) == pytest.approx(expected)


def test_amplification_of_what_is_not_there_is_undefined():
    assert math.isnan(AIAmplification().measure(given([[0]], dead_items=[1, 3, 4]), {}))
    assert math.isnan(AIAmplification().measure(given([[0]], known={"listed": False}), {}))
    assert math.isnan(AIAmplification().measure(given([[-1]]), {}))
    assert AIAmplification().measure(given([[0]]), {}) == 0.0


PAIRS = {"parent": [-1, 0, -1, 2, 2]}


@pytest.mark.parametrize(
    ("slate", "known", "expected"),
    [
        ([[0, 1], [0, 2], [0, -1]], {}, 2 * (5 - 1) / 6),  # V: item 0 three times, item 2 once for each of its twins
        ([[1, 3], [4, 3]], {}, -2.0),
        ([[0, 3], [2, 4]], {"hidden": [False, False, False, True, False]}, 2 * (2 - 1) / 3),
        ([[0, 3], [2, -1]], {"listed": [False, True, True, True, True]}, 2 * (2 - 1) / 3),
    ],
)
def test_twin_gap_by_hand(slate, known, expected):
    assert TwinGap().measure(given(slate, item_columns=PAIRS, known=known), {}) == pytest.approx(expected)


def test_without_pairs_that_are_shown_there_is_no_gap():
    assert math.isnan(TwinGap().measure(given([[0, 1, 2, 3, 4]]), {}))
    assert math.isnan(TwinGap().measure(given([[0, 2]], item_columns=PAIRS, dead_items=[1, 3, 4]), {}))
    assert math.isnan(TwinGap().measure(given([[1, 3]], item_columns=PAIRS, dead_items=[0, 2]), {}))
    assert math.isnan(TwinGap().measure(given([[-1]], item_columns=PAIRS), {}))
    assert math.isnan(TwinGap().measure(given([[2, 3]], item_columns={"parent": [-1, -1, 1, -1, -1]}), {})), (
        "what people make after a machine's is no twin"
    )


@pytest.mark.parametrize(
    ("picks", "expected"), [([1, 1], {"all": 4.0, "machine": 4.0}), ([0, 1], {"all": 2.5, "machine": 5.0})]
)
def test_generation_by_hand(picks, expected):
    found = Generation().measure(
        given([[0, 1], [2, 3]], picks, item_columns={"generation": [0, 3, 0, 5, 7]}),
        {},
    )
    assert found == expected


def test_generation_is_undefined_where_nothing_is_clicked():
    nothing = Generation().measure(given([[0, 1]]), {})
    assert math.isnan(nothing["all"]) and math.isnan(nothing["machine"])
    people = Generation().measure(given([[0, 1]], [0]), {})
    assert people["all"] == 0.0 and math.isnan(people["machine"])


@pytest.mark.parametrize("metric", [AITrainingShare(), AIAmplification(), TwinGap(), Generation()])
def test_they_apply_where_a_generator_makes_items(metric):
    assert metric.applies(given([[0]], **MODELS)) and not metric.applies(given([[0]]))


@pytest.mark.parametrize("metric", [AIExposureShare(), AIClickShare()])
@pytest.mark.parametrize("slate", [np.zeros((0, 1)), [[-1, -1]]])
def test_nothing_shown_is_undefined(metric, slate):
    assert math.isnan(metric.measure(given(slate), {}))
