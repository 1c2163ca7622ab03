"""The detector: what is looked at, what becomes of it, and what it costs."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import norm

from recsim.base.flow import Unclicked
from recsim.scenario import Scenario
from recsim.simulation import Simulation
from recsim.system.interventions.ai_detector import AIDetector
from tests.helpers import make_training, run_all, tiny


def machines(**detector) -> Scenario:
    """Four items of a machine and two of people a tick, on ticks 3 to 8."""
    return tiny(
        {"ticks": 8},
        items={"dynamics": [{"kind": "new_items", "per_tick": 2}]},
        system={"generators": [{"kind": "gaussian", "per_tick": 4}], "recommender": "uniform"},
        interventions=[{"kind": "ai_detector", **detector}],
    )


PERFECT = {"sensitivity": 1.0, "false_alarm": 0.0}


@pytest.mark.parametrize("action", ["delete", "downweight", "flag"])
def test_only_delisting_changes_what_may_be_shown(action):
    assert run_all(machines(**PERFECT, action=action)).service.items.listed.all()
    sim = run_all(machines(**PERFECT, action="delist"))
    assert np.array_equal(sim.service.items.listed, ~sim.world.items.made_by_ai)
    assert sim.world.items.made_by_ai[sim.service.log.clicks.item].sum() == 0


@pytest.mark.parametrize(("looks_at", "looks"), [("all", 30 + 2 * 8 + 4 * 6), ("new", 6 * 6)])
def test_every_item_is_looked_at_once_and_paid_for(looks_at, looks):
    sim = run_all(machines(looks_at=looks_at, cost=0.5))
    assert sim.service.ledger == {"ai_detector": 0.5 * looks}
    assert (~np.isnan(sim.service.items["ai_detector.score"])).sum() == looks


def test_a_detector_that_starts_late_looks_at_what_is_born_from_then_on():
    sim = run_all(machines(looks_at="new", start=6))
    seen = ~np.isnan(sim.service.items["ai_detector.score"])
    assert np.array_equal(seen, sim.world.items.born >= 6)


@pytest.fixture
def sim() -> Simulation:
    found = Simulation(machines(**PERFECT, consumer="all"))
    found.world.items.made_by_ai[:3] = True
    return found


def treated(sim: Simulation, detector: AIDetector, consumer: str = "recommender"):
    sim.service.adopt(sim.spec.system, (detector,))
    given = make_training([0, 1, 2, 3], [0, 5, 2, 7], [1.0, 2.0, 3.0, 4.0])._replace(consumer=consumer)
    missed = Unclicked(*np.array([[0, 1], [1, 8], [1, 1], [1, 2]], np.int32))
    return detector.on_training(given._replace(unclicked=missed), sim.service, sim.draws)


def test_the_accused_are_deleted_clicked_or_not(sim):
    left = treated(sim, AIDetector(**PERFECT, consumer="all"))
    assert left.items.tolist() == [5, 7] and left.weights.tolist() == [2.0, 4.0] and left.users.tolist() == [1, 3]
    assert left.unclicked.items.tolist() == [8]


@pytest.mark.parametrize(
    ("consumer", "of_recommender", "of_generator"), [("generator", 4, 2), ("recommender", 2, 4), ("all", 2, 2)]
)
def test_only_whose_data_is_meant_is_treated(sim, consumer, of_recommender, of_generator):
    detector = AIDetector(**PERFECT, consumer=consumer)
    assert len(treated(sim, detector).items) == of_recommender
    assert len(treated(sim, detector, "gaussian").items) == of_generator


def test_weights_of_a_perfect_instrument_are_all_or_nothing(sim):
    left = treated(sim, AIDetector(**PERFECT, action="downweight", prior=0.5, consumer="all"))
    assert left.weights.tolist() == [0.0, 4.0, 0.0, 8.0]


def test_a_weight_is_the_posterior_by_hand():
    """d′ = 2 and θ = 1: score s is z − 1; the log of the likelihood ratio is 2z − 2 = 2s; prior ¼: odds times ⅓."""
    detector = AIDetector(d_prime=2.0, false_alarm=float(norm.sf(1.0)), prior=0.25)
    assert detector.found == pytest.approx(norm.sf(-1.0))
    score = np.array([0.0, 1.0, -0.5, np.nan])
    expected = [1 / (1 + np.exp(2 * s) / 3) / 0.75 for s in score[:3]]
    assert detector.weights(score) == pytest.approx([*expected, 1.0])


@pytest.mark.parametrize("rates", [(0.4, 0.4), (0.0, 0.0), (1.0, 1.0)])
def test_an_instrument_that_knows_nothing_changes_no_weight(rates):
    detector = AIDetector(sensitivity=rates[0], false_alarm=rates[1], action="downweight")
    assert detector.weights(np.array([-3.0, 0.0, 5.0, np.inf])).tolist() == [1.0] * 4
    sure = AIDetector(prior=0.0)
    assert sure.weights(np.array([-3.0, 9.0, np.inf])).tolist() == [1.0] * 3


@pytest.mark.parametrize(
    ("rates", "scores", "expected"),
    [
        ((0.8, 0.0), [2.0, -np.inf], [0.0, 2.0]),
        ((1.0, 0.1), [np.inf, 0.3], [0.0, 2.0]),
        ((1.0, 0.0), [np.inf, -np.inf], [0.0, 2.0]),
    ],
)
def test_what_only_one_sort_can_read_like_is_certain(rates, scores, expected):
    """Without false alarms a finite score is a machine's; where no machine is missed, a finite one is a person's."""
    detector = AIDetector(sensitivity=rates[0], false_alarm=rates[1])
    assert detector.weights(np.array(scores)).tolist() == expected


def test_the_rates_of_a_biased_detector_are_those_of_the_others():
    one = AIDetector(d_prime=1.5, false_alarm=0.1, group="niche", group_bias=1.0)
    assert one.found == pytest.approx(norm.sf(norm.isf(0.1) - 1.5))
    assert "finds 0.586" in one.does()
