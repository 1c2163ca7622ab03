"""Ranking by what people say they value: by hand, and what it does in the loop."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from recsim.base.draws import Draws
from recsim.system.rerankers.stated_preference import StatedPreference, standardised
from tests.bits import finished
from tests.helpers import make_slate, tiny

DRAWS = Draws(2)


def service(asked, stated):
    """A platform that has asked so often about each item, and what was said in all."""
    return SimpleNamespace(items=SimpleNamespace(asked=np.array(asked), stated=np.array(stated, float)))


ASKED, SAID = [4, 0, 1, 5], [8.0, 0.0, 6.0, 6.0]
"""Of 10 answers the mean is 2; items have a mean of 2, none, 6 and 1.2."""


def test_means_are_shrunk_towards_the_mean_of_all_answers():
    found = StatedPreference(shrinkage=5.0).stated(service(ASKED, SAID))
    assert found == pytest.approx([0.0, 0.0, 4 / 6, -4 / 10])
    assert StatedPreference(shrinkage=0.0).stated(service(ASKED, SAID)) == pytest.approx([0.0, 0.0, 4.0, -0.8])
    assert StatedPreference(shrinkage=0.0).stated(service([0, 0], [0, 0])).tolist() == [0.0, 0.0]


def test_lists_are_sorted_by_both():
    """Scores 3, 2, 1 have z = 1.22, 0, −1.22; items 3, 0, 2 are said to be worth −0.8, 0, 4: z = −0.89, −0.51, 1.40."""
    slate = make_slate([[3, 0, 2]], scores=np.array([[3.0, 2.0, 1.0]]))
    platform = service(ASKED, SAID)

    def items(weight):
        found = StatedPreference(weight=weight, shrinkage=0.0).on_candidates(slate, platform, DRAWS)
        return found.items[0].tolist()

    assert standardised(np.array([[-0.8, 0.0, 4.0]]), np.ones((1, 3), bool))[0] == pytest.approx(
        [-0.8890, -0.5080, 1.3970], abs=1e-4
    )
    assert items(0.0) == items(0.3) == [3, 0, 2]
    assert items(0.5) == [3, 2, 0]  # 0.17, −0.25, 0.08
    assert items(0.6) == [2, 3, 0]
    assert items(1.0) == [2, 0, 3]


def test_padding_stays_at_the_end_and_rows_do_not_see_each_other():
    slate = make_slate([[0, 2, -1], [3, 2, 0]], scores=np.array([[2.0, 1.0, -np.inf], [9.0, 8.0, 1.0]]))
    both = StatedPreference(weight=1.0).on_candidates(slate, service(ASKED, SAID), DRAWS).items
    assert both.tolist() == [[2, 0, -1], [2, 0, 3]]
    one = make_slate([[0, 2, -1]], scores=np.array([[2.0, 1.0, -np.inf]]))
    assert StatedPreference(weight=1.0).on_candidates(one, service(ASKED, SAID), DRAWS).items.tolist() == [[2, 0, -1]]


def test_where_nobody_was_asked_the_order_stays():
    slate = make_slate([[3, 0, 2]])
    found = StatedPreference(weight=1.0).on_candidates(slate, service([0] * 4, [0] * 4), DRAWS)
    assert found.items.tolist() == [[3, 0, 2]]


def test_stated_value_costs_clicks_and_clickbait_and_people_gain():
    """People are baited: κ = 2 against a cost of 1. Weight 0, 0.5 and 1, over three seeds together."""
    found = []
    for weight in (0.0, 0.5, 1.0):
        each = []
        for seed in (1, 2, 3):
            spec = tiny(
                {
                    "ticks": 20,
                    "seed": seed,
                    "users.count": 150,
                    "items.count": 100,
                    "items.clickbait_spread": 1.5,
                    "users.behaviours": [{"kind": "clickbait", "pull": 2.0, "cost": 1.0}],
                    "users.survey.share": 0.3,
                    "system.repeats": True,
                    "system.recommender": "popularity",
                    "system.rerankers": [{"kind": "stated_preference", "weight": weight}],
                    "system.candidates": 40,
                },
                metrics=["utility", "clickbait_consumed"],
            )
            values = finished(spec).rows
            late = [
                [v for t, m, g, v in values if t > 10 and m == name and g == "all"]
                for name in ("utility", "clickbait_consumed")
            ]
            each.append(np.mean(late, axis=1))
        found.append(np.mean(each, axis=0))
    utility, bait = np.transpose(found)
    assert utility[0] < utility[1] < utility[2]
    assert bait[0] > bait[1] > bait[2]
