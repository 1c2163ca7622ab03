"""What has become of a generative model: closed forms by hand, what is undefined, and what may be told when."""

from __future__ import annotations

import math

import numpy as np
import pytest

from recsim.metrics import Metric
from recsim.metrics.generators import (
    GeneratorKL,
    GeneratorLikelihood,
    GeneratorRank,
    GeneratorShift,
    GeneratorVariance,
    GenreEntropy,
    MachineTailMass,
    divergence,
)
from recsim.system.generators.gaussian import Gaussian, Moments
from tests.helpers import run_all, tiny
from tests.metrics.hand import tick
from tests.theory.loops import fitted, points

OF_MODELS = [GeneratorVariance(), GeneratorRank(), GeneratorShift(), GeneratorKL(), GeneratorLikelihood()]
CROSS = [[1.0, 0.0], [-1.0, 0.0], [0.0, 2.0], [0.0, -2.0], [5.0, 5.0]]
"""Clicked once each, the first four have mean 0 and variances ½ and 2."""
CLICKS = [(1, 0, 0), (1, 0, 1), (1, 0, 2), (1, 0, 3), (2, 0, 4)]
"""The last one is after the warm-up."""
GAUSSIAN = (Gaussian(),)


def moments(mean, variances) -> Moments:
    return Moments(np.array(mean, float), np.diag(np.sqrt(np.array(variances, float))), np.zeros((2, 2)))


def given(policy: Moments | None, *, clicked=CLICKS, topics=CROSS, number=3, generators=GAUSSIAN, **more):
    policies = {"generator.gaussian": policy}
    return tick([[0]], topics=topics, clicked=clicked, warmup=1, number=number, generators=generators,
                policies=policies, **more)  # fmt: skip


@pytest.mark.parametrize(("variances", "expected"), [([0.5, 2.0], 1.0), ([1.0, 0.0], 0.4), ([0.0, 0.0], 0.0)])
def test_variance_by_hand(variances, expected):
    """tr Σ over that of the human clicks, ½ + 2."""
    found = GeneratorVariance().measure(given(moments([3, 3], variances)), {})
    assert found == pytest.approx({"all": expected, "gaussian": expected})


@pytest.mark.parametrize(
    ("variances", "expected"), [([4.0, 4.0], 2.0), ([7.0, 0.0], 1.0), ([3.0, 1.0], 4 / 3 ** (3 / 4))]
)
def test_rank_by_hand(variances, expected):
    """exp of the entropy of the shares of the eigenvalues: of ¾ and ¼ it is 4/3^¾."""
    assert GeneratorRank().measure(given(moments([0, 0], variances)), {})["all"] == pytest.approx(expected)


def test_a_model_that_makes_only_one_item_has_no_rank():
    """Even where ninths of the same item do not add up to it exactly."""
    assert math.isnan(GeneratorRank().measure(given(moments([1, 1], [0, 0])), {})["all"])
    often = fitted(Gaussian(), points(np.tile([0.1, 0.7], (9, 1))))
    assert math.isnan(GeneratorRank().measure(given(often), {})["all"])
    assert GeneratorRank().measure(given(moments([1, 1], [1e-20, 1e-20])), {})["all"] == pytest.approx(2.0)


@pytest.mark.parametrize(("mean", "expected"), [([0, 0], 0.0), ([1.5, 2.0], 2.5 / np.sqrt(2.5))])
def test_shift_by_hand(mean, expected):
    assert GeneratorShift().measure(given(moments(mean, [1, 1])), {})["all"] == pytest.approx(expected)


@pytest.mark.parametrize(
    ("mean", "variances", "expected"),
    [
        ([0, 0], [0.5, 2.0], 0.0),
        ([0, 0], [1.0, 1.0], 0.5 * (0.5 + 2.0 - 2)),  # the determinants are both 1
        ([1.0, 3.0], [0.5, 2.0], 0.5 * (1 / 0.5 + 9 / 2.0)),
    ],
)
def test_divergence_by_hand(mean, variances, expected):
    assert GeneratorKL().measure(given(moments(mean, variances)), {})["all"] == pytest.approx(expected, abs=1e-8)


def test_what_has_collapsed_in_the_same_directions_does_not_diverge():
    """Both on a line in the plane: 0, and never less; a collapse of the model alone costs a great deal."""
    flat = np.diag([1.0, 0.0])
    assert divergence(np.zeros(2), flat, np.zeros(2), flat) == pytest.approx(0.0, abs=1e-8)
    assert divergence(np.zeros(2), flat, np.zeros(2), 4.0 * flat) == pytest.approx(0.5 * (0.25 - 1 + np.log(4)))
    assert divergence(np.zeros(2), np.eye(2), np.zeros(2), flat) > 1e8


def test_numbers_are_of_each_generator_and_their_mean():
    two = (Gaussian(), Gaussian(name="other"))
    policies = {"generator.gaussian": moments([0, 0], [1, 1]), "generator.other": moments([0, 0], [2, 1])}
    where = {"topics": CROSS, "clicked": CLICKS, "warmup": 1, "generators": two}
    found = GeneratorVariance().measure(tick([[0]], policies=policies, **where), {})
    assert found == pytest.approx({"all": 1.0, "gaussian": 0.8, "other": 1.2})
    half = GeneratorVariance().measure(
        tick([[0]], policies={"generator.other": policies["generator.other"]}, **where), {}
    )
    assert math.isnan(half["all"]) and math.isnan(half["gaussian"]) and half["other"] == pytest.approx(1.2)


@pytest.mark.parametrize("metric", OF_MODELS)
def test_before_it_has_learned_nothing_is_known_of_a_model(metric):
    found = metric.measure(given(None), {})
    assert set(found) == {"all", "gaussian"} and all(map(math.isnan, found.values()))


@pytest.mark.parametrize("metric", OF_MODELS)
def test_in_the_warm_up_models_are_not_told_of(metric):
    """Arms that differ in their generators are one run until then."""
    found = metric.measure(given(None, number=0), {})
    assert set(found) == {"all"} and math.isnan(found["all"])


@pytest.mark.parametrize("metric", [GeneratorVariance(), GeneratorShift(), GeneratorKL()])
def test_without_human_data_there_is_nothing_to_compare_with(metric):
    for clicked in ([], [(2, 0, 4)], [(1, 0, 2), (1, 0, 2)]):
        assert math.isnan(metric.measure(given(moments([0, 0], [1, 1]), clicked=clicked), {})["all"])


@pytest.mark.parametrize(("held", "squares"), [([0], 1), ([0, 3], 5 / 2), ([2, 2, 1, 3], 13 / 4)])
def test_likelihood_by_hand(held, squares):
    """Standard normal: ln p = −ln 2π − ½|x|², mean over what is held out; what was clicked twice counts twice."""
    now = given(moments([0, 0], [1, 1]), clicked=[(1, 0, item) for item in held] + [(2, 0, 4)])
    now.service.log.clicks.held[: len(held)] = True
    assert GeneratorLikelihood().measure(now, {})["all"] == pytest.approx(-np.log(2 * np.pi) - squares / 2)


def test_likelihood_without_a_hold_out_is_undefined():
    assert math.isnan(GeneratorLikelihood().measure(given(moments([0, 0], [1, 1])), {})["all"])


LINE = [[float(x)] for x in range(-5, 6)] + [[0.0], [9.0], [-9.0], [4.9]]
"""Eleven people's items, clicked once each, and four machines' items."""


@pytest.mark.parametrize(("tail", "expected"), [(0.2, 0.75), (0.1, 0.5), (0.0, 0.5), (1.0, 0.75)])
def test_tail_mass_by_hand(tail, expected):
    """Squares of people's are 0, 1, 1, 4, 4, 9, 9, 16, 16, 25, 25, machines' 0, 81, 81, 24.01, each over 10.

    The 0.8-quantile of eleven values is the ninth, 16; the 0.9-quantile the tenth, 25.
    """
    now = tick([[0]], topics=LINE, clicked=[(1, 0, item) for item in range(11)], warmup=1, generators=[Gaussian()],
               made_by_ai=[False] * 11 + [True] * 4, born=[0] * 11 + [3] * 4)  # fmt: skip
    assert MachineTailMass(tail=tail).measure(now, {}) == {"all": expected, "chance": tail}


def test_tail_mass_of_nothing_is_undefined():
    def found(**more):
        base = {"topics": LINE, "clicked": [(1, 0, item) for item in range(11)], "warmup": 1}
        return MachineTailMass().measure(tick([[0]], **(base | {"made_by_ai": True, "born": 3} | more)), {})["all"]

    assert found() > 0
    assert math.isnan(found(born=2)), "nothing is new"
    assert math.isnan(found(made_by_ai=False))
    assert math.isnan(found(clicked=[(2, 0, 1)])), "no people"


TWO_TO_ONE, THREE_TWO_ONE = np.log(3) - 2 / 3 * np.log(2), np.log(6) - np.log(2) / 3 - np.log(3) / 2


@pytest.mark.parametrize(
    ("genre", "human", "machine"), [([0, 1, 1, 2, 2, 2], TWO_TO_ONE, 0.0), ([3, 3, 3, 1, 1, 4], 0.0, TWO_TO_ONE)]
)
def test_genre_entropy_by_hand(genre, human, machine):
    """Three of each source, six of all."""
    now = tick([[0]], topics=np.zeros((6, 1)), item_columns={"genre": genre}, made_by_ai=[False] * 3 + [True] * 3)
    expected = {"all": THREE_TWO_ONE, "human": human, "machine": machine}
    assert GenreEntropy().measure(now, {}) == pytest.approx(expected)


def test_genre_entropy_leaves_out_the_dead_and_is_undefined_of_nothing():
    genre, topics = {"genre": [0, 1, 1, 2]}, np.zeros((4, 1))
    found = GenreEntropy().measure(tick([[0]], topics=topics, item_columns=genre, dead_items=[0, 3]), {})
    assert found["all"] == found["human"] == 0.0 and math.isnan(found["machine"])
    some = GenreEntropy().measure(tick([[0]], topics=topics, item_columns={"genre": [3, -1, -1, 2]}), {})
    assert some["all"] == pytest.approx(np.log(2)), "of an item without a genre nobody says that it is one more"
    gone = GenreEntropy().measure(tick([[0]], topics=topics, item_columns=genre, dead_items=range(4)), {})
    assert all(map(math.isnan, gone.values()))


def test_where_they_apply():
    with_, without = given(None), given(None, generators=())
    for metric in (*OF_MODELS, MachineTailMass()):
        assert metric.applies(with_) and not metric.applies(without) and not metric.by_default
    assert GenreEntropy().applies(given(None, item_columns={"genre": [0, 0, 1, 0, 0]}))
    assert not GenreEntropy().applies(with_)


def test_in_a_run_they_are_in_range():
    """Eight dimensions and a collapsing Gaussian."""
    names = [one.kind for one in (*OF_MODELS, MachineTailMass(), GenreEntropy())]
    system = {"generators": [{"kind": "gaussian", "per_tick": 20, "training_size": 30}], "recommender": "popularity"}
    sim = run_all(tiny({"ticks": 8}, users={"tastes": "clusters"}, system=system, metrics=names))
    found = {(tick, metric, group): value for tick, metric, group, value in sim.rows}
    for name, low, high in [
        ("generator_variance", 0, 2), ("generator_rank", 1, 8), ("generator_shift", 0, 3), ("generator_kl", 0, 1e9),
        ("generator_likelihood", -1e9, 30), ("machine_tail_mass", 0, 1), ("genre_entropy", 0, np.log(8)),
    ]:  # fmt: skip
        values = [found[tick, name, "all"] for tick in range(3, 9)]
        assert all(low <= value <= high for value in values), (name, values)
        assert Metric.members()[name].platform == (name == "generator_likelihood")
    assert found[3, "generator_kl", "all"] > 0
