"""What slates and clicks do to people: each mechanism on a world made by hand."""

from __future__ import annotations

import numpy as np
import pytest

from recsim.base.draws import Draws
from recsim.base.flow import Source
from recsim.simulation import Simulation
from recsim.world.behaviours import Behaviour
from recsim.world.behaviours.beliefs import Beliefs
from recsim.world.behaviours.biased_assimilation import BiasedAssimilation
from recsim.world.behaviours.biased_opinions import BiasedOpinions
from recsim.world.behaviours.boredom import Boredom
from recsim.world.behaviours.conformity import Conformity
from recsim.world.behaviours.drift import Drift
from recsim.world.behaviours.drift_toward import DriftToward
from recsim.world.behaviours.hedonic import Hedonic
from recsim.world.behaviours.loyalty import Loyalty
from recsim.world.behaviours.mere_exposure import MereExposure
from recsim.world.behaviours.operant import Operant
from recsim.world.behaviours.private_taste import PrivateTaste
from recsim.world.behaviours.reinforcement import Reinforcement
from recsim.world.behaviours.satiation import Satiation
from tests.helpers import make_slate, run_all, tiny
from tests.world.hand import clicks, hand_world, shown

DRAWS = Draws(3)
X, Y = [1.0, 0.0], [0.0, 1.0]
NOTHING = -1
MOVERS: dict[type[Behaviour], dict[str, float]] = {
    Drift: {"rate": 0.1},
    DriftToward: {"rate": 0.1},
    Reinforcement: {"rate": 0.1},
    BiasedAssimilation: {"rate": 0.1},
    BiasedOpinions: {"rate": 0.1},
    MereExposure: {"rate": 0.1},
    Hedonic: {"push": 0.1, "rate": 0.0},
}
"""What moves a taste towards an item that is clicked and liked."""
every_mover = pytest.mark.parametrize("kind", MOVERS, ids=lambda kind: kind.kind)
MEMORIES = (Satiation(), Boredom(), Conformity(), Loyalty(), Beliefs(prior_mean=0.0), PrivateTaste(), Operant())
every_one = pytest.mark.parametrize("one", [*(kind() for kind in MOVERS), *MEMORIES], ids=lambda one: one.kind)


def cosine(taste: np.ndarray, topic: np.ndarray) -> np.ndarray:
    return taste @ topic / np.linalg.norm(taste, axis=1) / np.linalg.norm(topic)


# -- all of them ----


@every_mover
def test_a_click_on_something_liked_brings_the_taste_nearer_and_leaves_others_alone(kind):
    world = hand_world([[1.0, 0.5], [1.0, 0.5]], [[1.0, 0.9], [0.0, 1.0]])
    world.users.require(_columns(kind()))
    before = world.users.tastes.copy()
    kind(**MOVERS[kind]).after(world, shown([[0], [NOTHING]], [[0], [NOTHING]]), DRAWS)
    after = world.users.tastes
    assert cosine(after, np.array([1.0, 0.9]))[0] > cosine(before, np.array([1.0, 0.9]))[0]
    assert np.array_equal(after[1], before[1])


@every_mover
def test_a_larger_rate_moves_further(kind):
    lengths = []
    for factor in (0.1, 0.5, 1.0, 2.0):
        world = hand_world([[1.0, 0.5]], [[1.0, 0.9]])
        world.users.require(_columns(kind()))
        before = world.users.tastes.copy()
        kind(**{name: factor * value for name, value in MOVERS[kind].items()}).after(world, clicks([0]), DRAWS)
        lengths.append(np.linalg.norm(world.users.tastes - before))
    assert lengths == sorted(lengths) and 0 < lengths[0] < lengths[-1]


@every_one
def test_empty_slates_padding_and_nobody_at_all_are_no_trouble(one):
    world = hand_world([X, Y, X], [X, Y], [one])
    before = world.users.tastes.copy()
    empty = shown(np.full((3, 0), NOTHING), np.full((3, 1), NOTHING))
    padding = shown(np.full((3, 2), NOTHING), np.full((3, 1), NOTHING))
    nobody = shown(np.zeros((0, 2)), np.zeros((0, 1)))
    for feedback in (empty, padding, nobody):
        one.after(world, feedback, DRAWS)
        assert one.appeal(world, feedback.slate).shape == feedback.slate.items.shape
        assert np.isfinite(one.appeal(world, feedback.slate)).all()
        gain = one.utility(world, feedback.slate.users, feedback.slate.items)
        assert gain is None or gain.shape == feedback.slate.items.shape
    assert np.array_equal(world.users.tastes, before)


@every_one
def test_what_happens_to_one_user_does_not_depend_on_who_else_clicked(one):
    tastes, topics = DRAWS.normal(np.arange(6), np.arange(3)), DRAWS.of("v").normal(np.arange(9), np.arange(3))
    together, apart = hand_world(tastes, topics, [one]), hand_world(tastes, topics, [one])
    items = np.arange(12).reshape(6, 2) % 9
    together_draws = DRAWS.of("tick")
    one.after(together, clicks(items), together_draws)
    if not isinstance(one, Satiation | Hedonic):  # time passes for everybody at each call
        for user in range(6):
            one.after(apart, clicks(items[[user]], [user]), together_draws)
        for name, array in together.users.arrays().items():
            assert np.array_equal(array, apart.users[name], equal_nan=array.dtype.kind == "f"), name
    slate = make_slate(items)
    whole = one.appeal(together, slate)
    rows = [one.appeal(together, make_slate(items[[user]], [user])) for user in range(6)]
    assert np.array_equal(whole, np.concatenate(rows))


@every_one
def test_it_does_something_in_the_default_world(one):
    bare, full = (run_all(tiny({"ticks": 8}, users={"behaviours": some})) for some in ([], [one]))
    same = np.array_equal(bare.world.users.tastes, full.world.users.tastes)
    assert not same or bare.service.log.clicks.item.tolist() != full.service.log.clicks.item.tolist()


def _columns(one: Behaviour) -> dict:
    return {name: column.sized(one, 2) for name, column in one.columns.items()}


# -- drifts ----


def test_a_drift_toward_covers_a_share_of_the_way_click_after_click():
    """(0, 0) to (1, 0) at 0.25: 0.25; then a quarter of the way from there to (0, 1)."""
    world = hand_world([[0.0, 0.0], [2.0, 2.0]], [X, Y])
    DriftToward(rate=0.25).after(world, clicks([[0, 1], [NOTHING, NOTHING]]), DRAWS)
    assert world.users.tastes.tolist() == [[0.1875, 0.25], [2.0, 2.0]]


def test_the_gate_of_nearness_opens_with_the_stated_probability():
    """exp(−d²/ν) at d² = 1, ν = 2 is 0.6065: 4000 users, 4 s.e.; a larger ν persuades the same people and more."""
    n = 4000
    moved = []
    for nearness in (0.5, 2.0, 1e9):
        world = hand_world(np.zeros((n, 2)), [X])
        DriftToward(rate=0.1, nearness=nearness).after(world, clicks(np.zeros(n)), DRAWS)
        moved.append(world.users.tastes[:, 0] > 0)
    p = np.exp(-0.5)
    assert abs(moved[1].mean() - p) < 4 * np.sqrt(p * (1 - p) / n)
    assert (moved[0] <= moved[1]).all() and (moved[1] <= moved[2]).all() and moved[2].all()


def test_reinforcement_loves_what_is_clicked_and_hates_what_is_left():
    world = hand_world([[0.0, 0.0]], [[2.0, 0.0], Y], [Reinforcement()])
    Reinforcement(rate=0.1, steps="fixed").after(world, shown([[0, 1, NOTHING]], [0]), DRAWS)
    assert world.users.tastes[0] == pytest.approx([0.2, -0.1], rel=1e-15)


def test_steps_are_uniform_between_nothing_and_twice_the_rate():
    """Mean 0.1 and variance 0.2²/12 of 4000 draws: 4 s.e. of the mean; no step outside."""
    n = 4000
    world = hand_world(np.zeros((n, 1)), [[1.0]], [Reinforcement()])
    Reinforcement(rate=0.1).after(world, clicks(np.zeros(n)), DRAWS)
    steps = world.users.tastes[:, 0]
    assert abs(steps.mean() - 0.1) < 4 * 0.2 / np.sqrt(12 * n)
    assert 0 < steps.min() < 0.001 and 0.199 < steps.max() < 0.2


def test_a_restart_takes_part_of_the_change_back():
    one = Reinforcement(rate=0.1, steps="fixed", restart=1.0, kept=0.25)
    world = hand_world([[3.0]], [[1.0]], [one])
    one.after(world, clicks([0]), DRAWS)
    assert world.users.tastes[0, 0] == pytest.approx(3.0 + 0.25 * 0.1)
    world.users.tastes = 5.0
    one.after(world, clicks([NOTHING]), DRAWS)
    assert world.users.tastes[0, 0] == pytest.approx(3.0 + 0.25 * 2.0)


def test_restarts_are_as_frequent_as_stated():
    """Probability 0.3 of 4000 users: 4 s.e."""
    n = 4000
    one = Reinforcement(rate=0.0, restart=0.3, kept=0.0)
    world = hand_world(np.zeros((n, 1)), [[1.0]], [one])
    nothing = clicks(np.full(n, NOTHING))
    one.after(world, nothing, DRAWS)
    world.users.tastes = 1.0
    one.after(world, nothing, DRAWS)
    assert abs((world.users.tastes == 0).mean() - 0.3) < 4 * np.sqrt(0.3 * 0.7 / n)


def test_newcomers_have_a_first_taste_of_their_own():
    one = Hedonic(rate=0.5)
    world = hand_world([[1.0, 0.0]], [X], [one])
    one.after(world, clicks([NOTHING]), DRAWS)
    row = world.add_users(np.array([99], np.uint64))
    born = world.users.tastes[row].copy()
    world.users.tastes[0] = [5.0, 5.0]
    one.after(world, clicks([NOTHING]), DRAWS)
    assert np.array_equal(world.users.first_taste[row], born)
    assert np.array_equal(world.users.tastes[row], born)
    assert world.users.tastes[0].tolist() == [3.0, 2.5]


def test_exposure_is_enough():
    """Two items at 0.5: (0, 0) → (0.5, 0) → (0.25, 0.5), nothing clicked."""
    world = hand_world([[0.0, 0.0]], [X, Y])
    MereExposure(rate=0.5).after(world, shown([[0, NOTHING, 1]], [NOTHING]), DRAWS)
    assert world.users.tastes.tolist() == [[0.25, 0.5]]


def test_operant_learns_from_surprise_alone():
    """First click: no surprise. Then 2 more than expected: + 0.1 · 2 along the item, and half of it is expected."""
    one = Operant(rate=0.1, learning=0.5)
    world = hand_world([[1.0, 0.0]], [X, [3.0, 0.0]], [one])
    one.after(world, clicks([0]), DRAWS)
    assert world.users.tastes.tolist() == [X] and world.users.expected_utility.tolist() == [1.0]
    one.after(world, clicks([1]), DRAWS)
    assert world.users.tastes[0] == pytest.approx([1.2, 0.0])
    assert world.users.expected_utility[0] == pytest.approx(2.0)
    one.after(world, clicks([0]), DRAWS)  # worth 1.2 where 2 was expected
    assert world.users.tastes[0] == pytest.approx([1.2 - 0.08, 0.0])


@pytest.mark.parametrize(("rate", "learning"), [(0.1, 0.3), (0.05, 0.5), (0.4, 0.2)])
def test_the_same_item_surprises_by_the_stated_factor(rate, learning):
    """1 − learning + rate · |v|, above 1 where tastes run away."""
    one = Operant(rate=rate, learning=learning)
    world = hand_world([[1.0, 0.0]], [[2.0, 0.0]], [one])
    world.users.expected_utility = 1.0
    surprises = []
    for _ in range(5):
        surprises.append(float(world.utility(np.array([0]), np.array([[0]]))[0, 0] - world.users.expected_utility[0]))
        one.after(world, clicks([0]), DRAWS)
    ratios = np.array(surprises[1:]) / surprises[:-1]
    assert ratios == pytest.approx(np.full(4, 1 - learning + rate * 2), rel=1e-9)


# -- memories ----


def test_a_topic_consumed_gives_less_and_recovers():
    one = Satiation(strength=2.0, decay=0.5)
    world = hand_world([[1.0, 1.0]], [[3.0, 0.0], [0.0, 0.5], [-1.0, 0.0]], [one])
    users, items = np.array([0], np.int32), np.array([[0, 1, 2, NOTHING]], np.int32)
    fresh = world.utility(users, items)
    one.after(world, clicks([0]), DRAWS)
    lost = fresh - world.utility(users, items)
    assert lost[0, :3] == pytest.approx([2.0 * 0.5, 0.0, 0.0]) and np.isnan(lost[0, 3])
    one.after(world, clicks([NOTHING]), DRAWS)
    assert (fresh - world.utility(users, items))[0, 0] == pytest.approx(2.0 * 0.25)


def test_boredom_counts_what_is_alike_among_the_last_clicks():
    one = Boredom(memory=2, penalty=0.4, alike=0.5)
    world = hand_world([X], [X, [5.0, 1.0], Y, [-1.0, 0.0]], [one])
    slate = make_slate([[0, 1, 2, 3, NOTHING]])
    assert (one.appeal(world, slate) == 0).all()
    one.after(world, clicks([0]), DRAWS)
    assert one.appeal(world, slate)[0, :4].tolist() == [-0.4, -0.4, 0.0, 0.0]
    one.after(world, clicks([1]), DRAWS)
    assert one.appeal(world, slate)[0, :4].tolist() == [-0.8, -0.8, 0.0, 0.0]
    one.after(world, clicks([[2, 3]]), DRAWS)
    assert world.users.last_clicked.tolist() == [[3, 2]]
    assert one.appeal(world, slate)[0, :4].tolist() == [0.0, 0.0, -0.4, -0.4], "forgotten, so it pulls again"


def test_at_alike_one_only_the_item_itself_is_boring():
    one = Boredom(memory=3, alike=1.0)
    world = hand_world([X], [X, [2.0, 0.0], [0.0, 0.0]], [one])
    one.after(world, clicks([[0, 2, NOTHING]]), DRAWS)
    assert one.appeal(world, make_slate([[0, 1, 2]]))[0].tolist() == [-0.4, 0.0, -0.4]


def test_clicks_of_everybody_attract():
    one = Conformity(strength=0.5)
    world = hand_world([X, X, X], [X, Y, X], [one])
    one.after(world, clicks([[0, 1], [0, NOTHING], [0, NOTHING]]), DRAWS)
    assert world.items.clicks_by_all.tolist() == [3, 1, 0]
    assert one.appeal(world, make_slate([[0, 1, 2]]))[0] == pytest.approx(0.5 * np.log([4, 2, 1]))


def test_a_habit_pulls_towards_what_was_taken():
    """h = 0.25·(1, 0), then 0.75·that + 0.25·(0, 1)."""
    one = Loyalty(strength=2.0)
    world = hand_world([X], [[3.0, 0.0], Y, [-1.0, -1.0]], [one])
    assert (one.appeal(world, make_slate([[0, 1, 2]])) == 0).all()
    one.after(world, clicks([[0, 1]]), DRAWS)
    expected = 2.0 * np.array([0.1875, 0.25, -(0.1875 + 0.25) / np.sqrt(2)])
    assert one.appeal(world, make_slate([[0, 1, 2]]))[0] == pytest.approx(expected)


def test_a_lasting_habit_is_worth_the_strength():
    one = Loyalty(strength=1.5, kept=0.5)
    world = hand_world([X], [[0.0, 7.0]], [one])
    for _ in range(60):
        one.after(world, clicks([0]), DRAWS)
    assert one.appeal(world, make_slate([[0]]))[0, 0] == pytest.approx(1.5)


# -- private tastes ----


def test_private_tastes_are_normal_independent_and_lasting():
    """60 000 pairs: mean, standard deviation and the correlation of two users within 4 s.e."""
    one = PrivateTaste(strength=0.7)
    world = hand_world(np.zeros((200, 1)), np.zeros((300, 1)), [one])
    items = np.tile(np.arange(300, dtype=np.int32), (200, 1))
    found = world.utility(np.arange(200, dtype=np.int32), items)
    assert abs(found.mean()) < 4 * 0.7 / np.sqrt(60_000)
    assert abs(found.std() / 0.7 - 1) < 4 / np.sqrt(2 * 60_000)
    between = np.corrcoef(found)[np.triu_indices(200, 1)]
    assert abs(between.mean()) < 4 / np.sqrt(300 * len(between))
    assert abs(between.std() * np.sqrt(300) - 1) < 0.05
    world.begin(7, None)
    assert np.array_equal(world.utility(np.arange(200, dtype=np.int32), items), found)


def test_an_ideal_recommender_knows_private_tastes_and_people_act_on_them():
    one = PrivateTaste(strength=3.0)
    sim = Simulation(tiny(users={"behaviours": [one]}))
    users, items = np.arange(40, dtype=np.int32), np.tile(np.arange(30, dtype=np.int32), (40, 1))
    truth = sim.world.truth().utility(users, np.arange(30, dtype=np.int32))
    assert np.abs(truth - sim.world.utility(users, items)).max() < 1e-12
    plain = Simulation(tiny()).world.utility(users, items)
    assert (truth - plain).std() > 2.5
    terms = sim.world.terms(make_slate(items[:2, :3]))
    assert (terms["private_taste"] == 0).all(), "a gain is part of the utility, and not said twice"


# -- beliefs ----


def certainty(world, one, items):
    """What people act on: utility plus the term."""
    slate = make_slate([items])
    return (world.utility(slate.users, slate.items) + one.appeal(world, slate))[0]


def told(one: Beliefs, y: float, topics: list[list[float]]):
    world = hand_world([[1.0]], topics, [one])
    world.users.had_item[0, 0], world.users.had_utility[0, 0] = 0, y
    return world


FOUR = [[0.0], [1.0], [2.0], [-1.0]]
"""The four items of Aridor, Gonçalves & Sikdar as seen from item 0: distances 1, 2 and 1."""


@pytest.mark.parametrize("y", [-0.5, 2.0])
def test_an_experience_tells_of_near_items_what_the_paper_says(y):
    """ρ = ½, variance 1: means (ρy, ρ²y, ρy), variances (¾, 15/16, ¾); the item itself is known."""
    one = Beliefs(prior_mean=0.0, prior_spread=1.0, correlation=0.5)
    mean, variance = one.posterior(told(one, y, FOUR), np.array([0]), np.array([[1, 2, 3, 0]]))
    assert mean[0] == pytest.approx([y / 2, y / 4, y / 2, y], abs=1e-15)
    assert variance[0] == pytest.approx([0.75, 15 / 16, 0.75, 0.0], abs=1e-15)


@pytest.mark.parametrize(("risk_aversion", "nearer"), [(4 / 3 - 1e-9, False), (4 / 3 + 1e-9, True)])
def test_after_a_disappointment_the_risk_averse_stay_near_from_four_thirds_on(risk_aversion, nearer):
    one = Beliefs(prior_mean=0.0, prior_spread=1.0, correlation=0.5, risk_aversion=risk_aversion)
    near, far, _ = certainty(told(one, -0.5, FOUR), one, [1, 2, 3])
    assert (near > far) == nearer and near == pytest.approx(far, abs=1e-9)


def test_beliefs_are_gaussian_conditioning():
    """Against the textbook formula, solved outright, for random places and partly filled memories."""
    one = Beliefs(memory=4, prior_mean=0.3, prior_spread=1.7, correlation=0.4)
    topics = DRAWS.normal(np.arange(12), np.arange(3))
    world = hand_world(np.zeros((3, 3)), topics, [one])
    had = np.array([[0, 5, 7, 2], [3, 1, NOTHING, NOTHING], [NOTHING] * 4])
    world.users.had_item, world.users.had_utility = had, DRAWS.of("y").normal(np.arange(3), np.arange(4))
    items = np.array([[9, 10, 5], [1, 8, 9], [0, 1, 2]])
    mean, variance = one.posterior(world, np.arange(3), items)
    for user in range(3):
        known = had[user][had[user] >= 0]
        y = world.users.had_utility[user][: len(known)]

        def cov(a, b):
            return 1.7**2 * 0.4 ** np.linalg.norm(topics[a][:, None] - topics[b][None], axis=2)

        weight = cov(items[user], known) @ np.linalg.inv(cov(known, known))
        assert mean[user] == pytest.approx(0.3 + weight @ (y - 0.3), abs=1e-10)
        left = np.diag(cov(items[user], items[user]) - weight @ cov(items[user], known).T)
        assert variance[user] == pytest.approx(left, abs=1e-10)


def test_an_item_had_twice_counts_as_it_was_last():
    one = Beliefs(prior_mean=0.0, memory=3, prior_spread=1.0)
    world = hand_world([[1.0]], FOUR, [one])
    world.users.had_item, world.users.had_utility = [[0, 0, NOTHING]], [[2.0, -9.0, 0.0]]
    assert one.posterior(world, np.array([0]), np.array([[0, 1]]))[0][0] == pytest.approx([2.0, 1.0])


@pytest.mark.parametrize("correlation", [0.0, 1.0])
def test_worlds_without_likeness_and_worlds_of_one_thing_are_possible(correlation):
    one = Beliefs(prior_mean=0.5, prior_spread=1.0, correlation=correlation)
    world = told(one, 3.0, FOUR)
    mean, variance = one.posterior(world, np.array([0]), np.array([[0, 1, 2]]))
    assert mean[0] == pytest.approx([3, 0.5, 0.5] if correlation == 0 else [3, 3, 3])
    assert variance[0] == pytest.approx([0, 1, 1] if correlation == 0 else [0, 0, 0])


def test_a_trusted_recommendation_closes_its_share_of_the_gap():
    for trust, expected in ((0.0, 0.0), (0.25, 0.5), (1.0, 2.0)):
        one = Beliefs(prior_mean=0.0, trust=trust, risk_aversion=0.0)
        world = hand_world([[2.0]], [[1.0]], [one])
        assert certainty(world, one, [0])[0] == pytest.approx(expected)
        met = make_slate([[0]], source=Source.ORGANIC)
        assert one.appeal(world, met)[0, 0] == pytest.approx(-2.0), "what people meet themselves has no adviser"


def test_people_remember_what_they_had_and_what_it_gave():
    one = Beliefs(prior_mean=0.0, memory=2)
    world = hand_world([[1.0, 2.0]], [X, Y, [1.0, 1.0]], [one])
    one.after(world, clicks([[0, 1]]), DRAWS)
    assert (world.users.had_item.tolist(), world.users.had_utility.tolist()) == ([[1, 0]], [[2.0, 1.0]])
    one.after(world, clicks([[2]]), DRAWS)
    assert (world.users.had_item.tolist(), world.users.had_utility.tolist()) == ([[2, 1]], [[3.0, 2.0]])


def test_larger_risk_aversion_lowers_what_is_unknown_and_not_what_is_known():
    found = []
    for risk_aversion in (0.0, 0.5, 2.0):
        one = Beliefs(prior_mean=0.0, risk_aversion=risk_aversion, prior_spread=1.0)
        found.append(certainty(told(one, 1.0, FOUR), one, [0, 1, 2]))
    known, near, far = np.array(found).T
    assert known == pytest.approx([1, 1, 1]) and (np.diff(near) < 0).all() and (np.diff(far) < np.diff(near)).all()
