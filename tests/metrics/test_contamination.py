"""Shares made by machines, and what running the platform takes: by hand, NaN rules."""

from __future__ import annotations

import math
from types import SimpleNamespace

import numpy as np
import pytest

from recsim.base.flow import Source
from recsim.base.table import Column, Table
from recsim.metrics.contamination import AICatalogueShare, AIClickShare, AIExposureShare, AITrainingShare
from recsim.metrics.operations import Cost, CostCumulative, ReviewBacklog
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
    assert AITrainingShare().measure(given([[0]], log=SimpleNamespace(clicks=clicks)), {}) == 0.5
    clicks.held = True
    assert math.isnan(AITrainingShare().measure(given([[0]], log=SimpleNamespace(clicks=clicks)), {}))


@pytest.mark.parametrize("metric", [AIExposureShare(), AIClickShare()])
@pytest.mark.parametrize("slate", [np.zeros((0, 1)), [[-1, -1]]])
def test_nothing_shown_is_undefined(metric, slate):
    assert math.isnan(metric.measure(given(slate), {}))


def queue(*waiting: bool) -> Table:
    table = Table({"desk.queued": Column(np.bool_)})
    table.grow(5, **{"desk.queued": waiting})
    return table


def test_the_backlog_is_who_waits_and_lives():
    shown = given([[0]], items=queue(True, False, True, True, False))
    assert ReviewBacklog().measure(shown, {}) == 3.0
    assert ReviewBacklog().measure(given([[0]], items=queue(True, False, True, True, False), dead_items=[2]), {}) == 2.0
    assert ReviewBacklog().measure(given([[0]], items=Table()), {}) == 0.0, "nobody reviews, so nothing waits"


def test_costs_are_this_tick_s_and_all_so_far():
    shown = given([[0]], spent=2.5, ledger={"desk": 7.0, "detector": 0.5})
    assert Cost().measure(shown, {}) == 2.5
    assert CostCumulative().measure(shown, {}) == 7.5
    assert CostCumulative().measure(given([[0]], ledger={}), {}) == 0.0
