"""The divergence of a model from people: its closed form, what it means, and how it grows as the model collapses."""

from __future__ import annotations

import numpy as np
import pytest

from recsim.base.draws import Draws
from recsim.metrics.generators import GeneratorKL, GeneratorLikelihood, GeneratorShift, GeneratorVariance
from recsim.system.generators.gaussian import Gaussian, Moments
from tests.metrics.hand import tick
from tests.theory.loops import fitted, points

ONE = Gaussian()


def model(mean: float, variance: float) -> Moments:
    return Moments(np.array([mean]), np.array([[np.sqrt(variance)]]), np.zeros((2, 2)))


def given(people: np.ndarray, policy: Moments, held: int = 0):
    """One click of a user on each of people's items, some of them held out."""
    topics = people[:, None] if people.ndim == 1 else people
    now = tick([[0]], topics=topics, clicked=[(0, 0, item) for item in range(len(people))], generators=[ONE],
               policies={"generator.gaussian": policy})  # fmt: skip
    now.service.log.clicks.held[:held] = True
    return now


def kl(sigma: float, s: float, delta: float) -> float:
    return 0.5 * (sigma / s - 1 - np.log(sigma / s) + delta**2 / s)


@pytest.mark.parametrize(("sigma", "s", "delta"), [(1.0, 1.0, 0.0), (1.0, 0.6, 0.2), (2.0, 0.5, -1.0), (0.3, 1.7, 0.4)])
def test_the_closed_form_in_one_direction(sigma: float, s: float, delta: float) -> None:
    """KL(N(0, Σ) ‖ N(δ, S)) = ½ [Σ/S − 1 − ln(Σ/S) + δ²/S]; two items have exactly the moments 0 and Σ."""
    people = np.sqrt(sigma) * np.array([-1.0, 1.0])
    assert GeneratorKL().measure(given(people, model(delta, s)), {})["all"] == pytest.approx(
        kl(sigma, s, delta), abs=1e-7
    )


def test_it_is_the_expected_advantage_of_the_truth_in_likelihood() -> None:
    """E_people[ln p_people − ln p_model] by the models' own likelihoods: exact with the moments of the very items."""
    people = Draws(31).normal(np.arange(500), np.arange(3)) * [1.0, 0.5, 2.0]
    truth, off = fitted(ONE, points(people)), fitted(Gaussian(), points(0.7 * people + 0.3))
    gain = ONE.log_likelihood(truth, points(people)) - ONE.log_likelihood(off, points(people))
    found = GeneratorKL().measure(given(people, off), {})["all"]
    assert found == pytest.approx(gain.mean(), rel=1e-6)


def test_what_the_hold_out_loses_in_likelihood_is_the_divergence() -> None:
    """−(mean ln p(held out | model) + entropy of people's normal) → KL."""
    people = np.sqrt(1.3) * np.tile([-1.0, 1.0], 200)
    now = given(people, model(0.4, 0.7), held=200)
    entropy = 0.5 * np.log(2 * np.pi * np.e * 1.3)
    found = -GeneratorLikelihood().measure(now, {})["all"] - entropy
    assert found == pytest.approx(GeneratorKL().measure(now, {})["all"], rel=1e-6)


def test_a_collapsing_model_moves_away_from_people_in_every_measure() -> None:
    """100 chains of 20 samples each in five directions: after n generations E tr S/tr Σ = (1 − 1/M)^n; 4 s.e."""
    m, d, chains = 20, 5, 100
    corners = np.sqrt(d) * np.concatenate([np.eye(d), -np.eye(d)])
    measures = GeneratorVariance(), GeneratorShift(), GeneratorKL()
    found = np.zeros((chains, 4, 3))
    for chain in range(chains):
        policy, draws = fitted(ONE, points(corners)), Draws(33).of("chain", chain)
        for generation in range(10):
            if generation % 3 == 0:
                now = given(corners, policy)
                found[chain, generation // 3] = [one.measure(now, {})["all"] for one in measures]
            policy = fitted(ONE, ONE.sample(policy, m, draws.of(generation)))
    for place, generation in enumerate((0, 3, 6, 9)):
        expected, error = (1 - 1 / m) ** generation, found[:, place].std(axis=0) / np.sqrt(chains)
        assert abs(found[:, place, 0].mean() - expected) <= 4 * error[0] + 1e-9
        squares = found[:, place, 1] ** 2
        assert abs(squares.mean() - (1 - expected)) <= 4 * squares.std() / np.sqrt(chains) + 1e-9
    rises = np.diff(found[:, :, 2].mean(axis=0))
    assert (rises > 0).all() and found[:, 0, 2] == pytest.approx(0.0, abs=1e-7)
