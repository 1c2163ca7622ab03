"""Three ways to weigh what is learned: by surprise, by popularity, by group."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from recsim.system.interventions.popularity_debiasing import PopularityDebiasing
from recsim.system.interventions.surprise_filter import SurpriseFilter
from recsim.system.interventions.training_quota import TrainingQuota
from tests.bits import at
from tests.helpers import make_training, run_all, tiny


def generating(**section):
    return tiny({"ticks": 8}, system={"generators": [{"kind": "gaussian", "per_tick": 4}], **section})


# -- surprise ----


@pytest.mark.parametrize(("quantile", "left"), [(0.0, 10), (0.3, 7), (0.5, 5), (1.0, 1)])
def test_the_least_surprising_items_are_dropped(quantile, left):
    sim = at(generating(), 5)
    items = np.arange(10)
    given = make_training(np.zeros(20, int), np.repeat(items, 2))._replace(consumer="gaussian")
    found = SurpriseFilter(quantile=quantile).on_training(given, sim.service, sim.draws)
    generator = sim.spec.system.generators[0]
    known = generator.log_likelihood(sim.service.models.policy(generator), sim.service.content(items))
    assert sorted(set(found.items.tolist())) == sorted(np.argsort(known)[:left].tolist())
    assert len(found.items) == 2 * left, "all rows of an item, or none"


def test_a_recommender_and_a_first_lesson_are_left_alone():
    sim, one = at(generating(), 5), SurpriseFilter(quantile=0.5)
    given = make_training([0, 1], [3, 4])
    assert one.on_training(given, sim.service, sim.draws) is given
    early = at(generating(), 1)
    lesson = given._replace(consumer="gaussian")
    assert one.on_training(lesson, early.service, early.draws) is lesson


def test_it_acts_in_the_loop():
    spec = generating(recommender="uniform")
    bare, filtered = (run_all(one) for one in (spec, spec.override("interventions", ["surprise_filter"])))
    roots = [sim.service.policies["generator.gaussian"].root for sim in (bare, filtered)]
    assert np.trace(roots[1] @ roots[1].T) > np.trace(roots[0] @ roots[0].T)


# -- popularity ----


@pytest.mark.parametrize(("strength", "totals"), [(0.0, [4, 1, 1]), (1.0, [2, 2, 2]), (0.5, [3, 1.5, 1.5])])
def test_an_item_weighs_its_popularity_to_one_minus_the_strength(strength, totals):
    """Weights 4, 1, 1 to the powers 1, 0, ½ (2, 1, 1), with the total of 6 again."""
    given = make_training(range(5), [0, 0, 1, 0, 2], [1.0, 2.0, 1.0, 1.0, 1.0])
    found = PopularityDebiasing(strength=strength).on_training(given, SimpleNamespace(), None)
    assert np.bincount(found.items, found.weights) == pytest.approx(totals)
    assert found.weights[1] == pytest.approx(2 * found.weights[0]), "within an item proportions stay"


def test_popularity_of_others_data_is_left_alone():
    given = make_training([0], [0])._replace(consumer="gaussian")
    assert PopularityDebiasing().on_training(given, SimpleNamespace(), None) is given
    empty = make_training([], [])
    assert PopularityDebiasing().on_training(empty, SimpleNamespace(), None) is empty


# -- quota ----


def quota(share, items, weights, consumer="all"):
    public = SimpleNamespace(groups=np.array([0, 1, 0, 1]), group_names=("many", "few"))
    given = make_training(range(len(items)), items, weights)
    one = TrainingQuota(group="few", share=share, consumer=consumer)
    return one.on_training(given, SimpleNamespace(public=public), None)


@pytest.mark.parametrize(
    ("share", "expected"), [(0.1, [3, 1, 4, 2]), (0.5, [15 / 7, 5 / 3, 20 / 7, 10 / 3]), (1.0, [0, 10 / 3, 0, 20 / 3])]
)
def test_the_group_has_at_least_its_share_and_proportions_stay(share, expected):
    """Weights 3, 1, 4, 2, of which the group has 1 and 2: three tenths."""
    found = quota(share, [0, 1, 2, 3], [3.0, 1.0, 4.0, 2.0])
    assert found.weights == pytest.approx(expected)
    assert found.weights.sum() == pytest.approx(10)


def test_a_group_without_a_row_gets_nothing():
    assert quota(0.5, [0, 2], [3.0, 4.0]).weights.tolist() == [3.0, 4.0]
    assert quota(0.5, [0, 1], [3.0, 1.0], "generator").weights.tolist() == [3.0, 1.0]
