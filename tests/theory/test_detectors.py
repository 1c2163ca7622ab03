"""Detectors, reviewers and filters against what signal detection and queues say must come out."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import norm, rankdata

from recsim.base.flow import Instrument, Training
from recsim.simulation import Simulation
from recsim.system.interventions.ai_detector import AIDetector
from tests.helpers import make_training, run_all, tiny

N = 20_000
"""Items, of which every second one was made by a machine."""


@pytest.fixture(scope="module")
def sim() -> Simulation:
    found = Simulation(tiny(items={"count": N}))
    found.world.items.made_by_ai[::2] = True
    return found


def placed(sim: Simulation, *detectors: AIDetector) -> None:
    """With nothing remembered of what others looked at."""
    for those in ((), detectors):
        sim.service.adopt(sim.spec.system, those)


def everything() -> Training:
    return make_training(np.zeros(N, int), np.arange(N))


def odds(sim: Simulation, training: Training) -> float:
    made = sim.world.items.made_by_ai[training.items]
    return training.weights[made].sum() / training.weights[~made].sum()


def error(*rates: float) -> float:
    """s.e. of the logarithm of a product of (1 − rate), each of N/2 items."""
    return float(np.sqrt(sum(rate / (1 - rate) for rate in rates) / (N / 2)))


@pytest.mark.parametrize(("sensitivity", "false_alarm"), [(0.26, 0.09), (0.8, 0.1), (0.8, 0.4), (0.5, 0.5)])
def test_a_filter_multiplies_the_odds_of_machines(sim, sensitivity, false_alarm):
    """odds′ = odds · (1 − sensitivity)/(1 − false alarm); 4 s.e. of the logarithm."""
    detector = AIDetector(sensitivity=sensitivity, false_alarm=false_alarm, consumer="all")
    placed(sim, detector)
    left = detector.on_training(everything(), sim.service, sim.draws)
    expected = np.log((1 - sensitivity) / (1 - false_alarm))
    assert abs(np.log(odds(sim, left)) - expected) <= 4 * error(sensitivity, false_alarm)


def test_independent_detectors_multiply_and_cost_people_more_and_more(sim):
    """Deleted if any of three accuses: odds · ratio³, and 1 − (1 − false alarm)³ of people's items are lost."""
    three = [AIDetector(name=f"eye-{n}", sensitivity=0.5, false_alarm=0.1, consumer="all") for n in range(3)]
    placed(sim, *three)
    left = everything()
    for detector in three:
        left = detector.on_training(left, sim.service, sim.draws)
    assert abs(np.log(odds(sim, left)) - 3 * np.log(0.5 / 0.9)) <= 4 * error(*[0.5, 0.1] * 3)
    kept = (~sim.world.items.made_by_ai[left.items]).mean() * len(left.items) / (N / 2)
    assert abs(kept - 0.9**3) <= 4 * np.sqrt(0.9**3 * (1 - 0.9**3) / (N / 2))


def test_the_same_detector_twice_is_no_second_opinion(sim):
    detector = AIDetector(sensitivity=0.5, false_alarm=0.1, consumer="all")
    placed(sim, detector)
    once = detector.on_training(everything(), sim.service, sim.draws)
    assert np.array_equal(detector.on_training(once, sim.service, sim.draws).items, once.items)


@pytest.mark.parametrize("d_prime", [0.5, 1.0, 2.0])
def test_the_area_under_the_curve_is_what_d_prime_says_and_below_its_bound(sim, d_prime):
    """AUC = Φ(d′/√2) ≤ ½ + TV − TV²/2, TV = 2Φ(d′/2) − 1 (Sadasivan et al. 2023); s.e. ≤ √(AUC(1 − AUC)/(N/2))."""
    detector = AIDetector(d_prime=d_prime, false_alarm=0.2, action="flag")
    placed(sim, detector)
    detector._look(sim.service)
    score, made = sim.service.items["ai_detector.score"], sim.world.items.made_by_ai
    area = (rankdata(score)[made].sum() - (N / 2) * (N / 2 + 1) / 2) / (N / 2) ** 2
    expected, apart = norm.cdf(d_prime / np.sqrt(2)), 2 * norm.cdf(d_prime / 2) - 1
    assert abs(area - expected) <= 4 * np.sqrt(expected * (1 - expected) / (N / 2))
    assert expected <= 0.5 + apart - apart**2 / 2
    assert abs(score[made].mean() - score[~made].mean() - d_prime) <= 4 * np.sqrt(2 / (N / 2))
    for mine in (made, ~made):
        assert abs(score[mine].std() - 1) <= 4 / np.sqrt(N)
    assert np.array_equal(score > 0, sim.service.items["ai_detector.accused"])
    assert abs((score[~made] > 0).mean() - 0.2) <= 4 * np.sqrt(0.2 * 0.8 / (N / 2))


def test_weights_are_posteriors_so_that_people_weigh_the_same_altogether_and_machines_less(sim):
    """The mean weight is 1; that of either sort follows from Bayes' rule by quadrature."""
    detector = AIDetector(sensitivity=0.8, false_alarm=0.1, action="downweight", consumer="all")
    placed(sim, detector)
    weights = detector.on_training(everything(), sim.service, sim.draws).weights
    made = sim.world.items.made_by_ai
    assert abs(weights.mean() - 1) <= 4 * weights.std() / np.sqrt(N)
    d = norm.ppf(0.8) - norm.ppf(0.1)
    z = np.linspace(-8, 10, 20_001)
    people = 2 * norm.pdf(z) / (norm.pdf(z) + norm.pdf(z - d))
    for mine, center in ((made, d), (~made, 0.0)):
        expected = np.trapezoid(people * norm.pdf(z - center), z)
        assert abs(weights[mine].mean() - expected) <= 4 * weights[mine].std() / np.sqrt(N / 2)


@pytest.mark.parametrize("bias", [0.0, 0.7])
def test_a_bias_against_a_group_accuses_more_of_its_people(bias):
    """False alarms in the group: 1 − Φ(θ − bias); outside: 1 − Φ(θ)."""
    groups = [{"name": "us", "share": 0.5}, {"name": "them", "share": 0.5}]
    world = Simulation(tiny(items={"count": N, "groups": groups})).world
    eye = Instrument("eye", "made_by_ai", 0.8, 0.1, 0.0, "them", bias)
    reading = world.inspect(np.arange(N, dtype=np.int32), eye).reading
    for number, shift in ((0, 0.0), (1, bias)):
        mine, expected = world.items.group == number, norm.sf(norm.isf(0.1) - shift)
        assert abs(reading[mine].mean() - expected) <= 4 * np.sqrt(expected * (1 - expected) / mine.sum())


def test_what_passes_a_detector_and_too_few_reviewers_is_the_product_of_three_shares():
    """Removed: sensitivity · ρ · reviewers' sensitivity, ρ = budget / flagged a tick; of people's the same with false
    alarms. 4 s.e. of 50 · 24 items each, plus the queue's beginning: one tick of 24."""
    ticks, each, budget = 24, 50, 20
    rates, reviewers = ({"sensitivity": hit, "false_alarm": alarm} for hit, alarm in ((0.8, 0.2), (0.9, 0.3)))
    spec = tiny(
        {"ticks": ticks + 2, "users.count": 8, "system.recommender": "uniform"},
        items={"dynamics": [{"kind": "new_items", "per_tick": each}]},
        system={"generators": [{"kind": "gaussian", "per_tick": each}]},
        interventions=[
            {"kind": "ai_detector", "action": "flag", "looks_at": "new", **rates},
            {"kind": "human_review", "flagged_by": "ai_detector", "budget": budget, **reviewers},
        ],
        metrics=["review_backlog"],
    )  # fmt: skip
    sim = run_all(spec)
    born = sim.world.items.born > 2
    flagged = each * (0.8 + 0.2)
    for mine, found, removed in ((True, 0.8, 0.9), (False, 0.2, 0.3)):
        those = born & (sim.world.items.made_by_ai == mine)
        assert those.sum() == each * ticks
        expected = found * budget / flagged * removed
        share = (~sim.service.items.listed[those]).mean()
        assert abs(share - expected) <= 4 * np.sqrt(expected * (1 - expected) / (each * ticks)) + expected / ticks
    backlog = sim.rows[-1][-1]
    assert abs(backlog - ticks * (flagged - budget)) <= 4 * np.sqrt(2 * each * ticks * 0.16)
