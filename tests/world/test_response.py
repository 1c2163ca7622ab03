"""What a pick leaves in the log."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from recsim.base.draws import Draws
from recsim.simulation import Simulation
from recsim.world.response import Response
from recsim.world.response.dwell import Dwell
from recsim.world.response.rating import Rating
from tests.bits import at
from tests.helpers import make_slate, run_all, tiny

DRAWS = Draws(2).of("response", 1)
KINDS = sorted(kind for kind, one in Response.members().items() if one.__module__.startswith("recsim."))


def world(utility: list[float], users: int = 40) -> Simulation:
    """Items of known utility, the same for everybody."""
    sim = Simulation(tiny(users={"count": users}, items={"count": len(utility)}, system={"slate_size": len(utility)}))
    sim.world.users.tastes = 0.0
    sim.world.items.quality = np.array(utility)
    return sim


def left(response: Response, sim: Simulation, picks: list[list[int]] | np.ndarray) -> np.ndarray:
    """What everybody leaves who picks these columns of a list of all items."""
    columns = np.asarray(picks, np.int32)
    slate = make_slate(np.tile(np.arange(len(sim.world.items)), (len(columns), 1)))
    return response.values(sim.world, slate, columns, DRAWS)


def test_ratings_by_hand():
    """2 + 0.5 · utility, rounded, from 1 to 5: 0 → 2, 1.1 → 2.55 → 3, 4 → 4, 100 → 5, −7 → −1.5 → 1, 1 → 2.5 → 3."""
    sim = world([0.0, 1.1, 4.0, 100.0, -7.0, 1.0])
    found = left(Rating(noise=0.0), sim, [[0, 1, 2], [3, 4, 5]])
    assert found.tolist() == [[2, 3, 4], [5, 1, 3]]
    assert left(Rating(noise=0.0, levels=10, midpoint=5.0, slope=1.0), sim, [[0, 2, 3]]).tolist() == [[5, 9, 10]]


def test_the_noise_of_ratings_has_the_stated_spread():
    """Shares of each level against the normal distribution, χ²; 4000 raters of one item."""
    sim = world([2.0], users=4000)
    found = left(Rating(noise=0.8), sim, np.zeros((4000, 1)))[:, 0]
    ends = stats.norm.cdf((np.array([1.5, 2.5, 3.5, 4.5]) - 3.0) / 0.8)
    counts = np.bincount(found.astype(int), minlength=6)[1:]
    assert stats.chisquare(counts, 4000 * np.diff([0, *ends, 1])).pvalue > 1e-4


def test_a_steeper_slope_rates_the_good_higher_and_the_bad_lower():
    sim = world([4.0, -2.0])
    found = np.array([left(Rating(slope=s, noise=0.0, midpoint=3.0), sim, [[0, 1]])[0] for s in (0.0, 0.3, 0.8)])
    assert found.tolist() == [[3, 3], [4, 2], [5, 1]]


def test_dwells_by_hand():
    """1 · e^(0.25 · utility): 0 → 1, 4 → e, 100 → 60 (everybody has left), −8 → e^(−2)."""
    sim = world([0.0, 4.0, 100.0, -8.0])
    found = left(Dwell(spread=0.0), sim, [[0, 1, 2, 3]])[0]
    assert found == pytest.approx([1.0, np.e, 60.0, np.exp(-2)])
    assert left(Dwell(spread=0.0, median=3.0, slope=0.5), sim, [[0, 1]])[0] == pytest.approx([3.0, 3 * np.exp(2)])


def test_dwells_are_log_normal_around_their_median():
    sim = world([2.0], users=4000)
    found = left(Dwell(spread=0.6, longest=1e9), sim, np.zeros((4000, 1)))[:, 0]
    assert stats.kstest((np.log(found) - 0.5) / 0.6, "norm").pvalue > 1e-4


def test_a_larger_slope_tells_more_apart_and_a_larger_spread_less():
    sim = world([0.0, 4.0], users=2000)
    picks = np.tile([0, 1], (2000, 1))
    gaps = [np.log(left(Dwell(slope=s), sim, picks)).mean(axis=0) @ [-1, 1] for s in (0.0, 0.25, 0.5)]
    assert gaps[0] < gaps[1] < gaps[2]
    longer = [(left(Dwell(spread=s), sim, picks) @ [-1, 1] > 0).mean() for s in (0.2, 1.0)]
    assert longer[0] > longer[1] > 0.5


def test_the_most_extreme_world_leaves_finite_positive_values():
    sim = world([1e12, -1e12])
    for response in (Rating(slope=1e3), Dwell(slope=1e3), Dwell(longest=1e15, median=1e15, slope=1e3)):
        found = left(response, sim, [[0, 1], [1, -1]])
        assert np.isfinite(found).all()
        assert (found.astype(np.float32)[[0, 0, 1], [0, 1, 0]] > 0).all(), "the log keeps single precision"


@pytest.mark.parametrize("kind", KINDS)
def test_a_value_belongs_to_the_user_and_the_item(kind):
    """It is the same whoever else is asked, in whichever column, and no pick leaves a finite blank."""
    sim, response = world([1.0, 2.0, 3.0]), Response.parse(kind)
    whole = left(response, sim, np.tile([2, 0, -1], (40, 1)))
    assert whole.shape == (40, 3) and np.isfinite(whole).all()
    turned = left(response, sim, np.tile([-1, 0, 2], (40, 1)))
    assert np.array_equal(whole[:, :2], turned[:, [2, 1]])
    slate = make_slate([[2, 0]], users=[17])
    assert np.array_equal(response.values(sim.world, slate, np.array([[0, 1]]), DRAWS)[0], whole[17, :2])
    empty = make_slate(np.zeros((3, 0), int))
    assert np.isfinite(response.values(sim.world, empty, np.full((3, 1), -1), DRAWS)).all()


@pytest.mark.parametrize(("kind", "tells"), [("click", False), ("rating", True), ("dwell", True)])
def test_values_reach_the_log_and_the_models(kind, tells):
    sim = run_all(tiny({"users.response": kind, "users.choice.outside": 2.0}, users={"count": 200}))
    log = sim.service.log.clicks
    worth = sim.world.utility(log.user, log.item[:, None])[:, 0]
    if not tells:
        assert (log.value == 1).all()
        return
    assert np.corrcoef(worth, np.log(log.value))[0, 1] > 0.3
    weights = sim.service.log.training(None, sim.tick, "recommender").weights
    assert sorted(weights.tolist()) == sorted(log.value[~log.held].tolist())


def test_a_pick_by_hand_leaves_what_that_person_would_leave():
    sim, twin = (at(tiny({"users.response": {"kind": "rating", "noise": 0.0, "midpoint": 3.0}}), 3) for _ in range(2))
    slate = sim.slates([7])
    sim.picks[7] = 5
    sim.step(), twin.step()
    log, other = sim.service.log.clicks, twin.service.log.clicks
    now = log.tick == 4
    worth = sim.world.utility(slate.users, slate.items)[0, 4]
    assert log.value[now & (log.user == 7)].tolist() == [np.clip(np.floor(3.0 + 0.5 * worth + 0.5), 1, 5)]
    theirs = (other.tick == 4) & (other.user != 7)
    for column in ("user", "item", "value"):
        assert np.array_equal(log[column][now & (log.user != 7)], other[column][theirs])
