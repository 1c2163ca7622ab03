"""Bandits on two arms of known rates: who finds the better one, and what chance each list had.

Users click the one item they are shown with the item's rate, whoever they are; the log is the component's own view of
it (`Training` with what was not clicked).
"""

from __future__ import annotations

import numpy as np
import pytest

from recsim.base.draws import Draws
from recsim.base.flow import Unclicked
from recsim.system.recommenders.bandit import Arms, Bandit
from tests.helpers import make_public, make_request, make_training

DRAWS = Draws(8)


def play(model: Bandit, rates: list[float], users: int, ticks: int, draws: Draws = DRAWS) -> tuple[np.ndarray, Arms]:
    """(ticks, items) how often each item was shown on each tick; one tick's log is kept."""
    public, policy = make_public(users, len(rates)), Arms(np.zeros(0), np.zeros(0), np.array(-1))
    shown = np.zeros((ticks, len(rates)))
    for tick in range(ticks):
        slate = model.rank(policy, make_request(public, 1, tick=tick), draws.of("rank", tick))
        items = slate.items[:, 0]
        shown[tick] = np.bincount(items, minlength=len(rates))
        hit = draws.of("click", tick).uniform(np.arange(users)) < np.array(rates)[items]
        who = np.arange(users, dtype=np.int32)
        now = np.full((~hit).sum(), tick, np.int32)
        training = make_training(who[hit], items[hit], tick=tick)
        missed = Unclicked(who[~hit], items[~hit], now, np.ones_like(now))
        training = training._replace(ranks=np.ones(hit.sum(), np.int32), unclicked=missed)
        policy = model.fit(training, public, policy, draws)
    return shown, policy


RULES = {
    "ucb1": Bandit(rule="ucb1", exploration=0.5),
    "thompson": Bandit(),
    "one draw a tick": Bandit(drawn="once a tick"),
    "epsilon_greedy": Bandit(rule="epsilon_greedy", epsilon=0.2),
}


@pytest.mark.parametrize("model", RULES.values(), ids=RULES.keys())
def test_the_better_of_two_arms_is_found(model: Bandit):
    """Rates 0.6 and 0.4, 20 users, 300 ticks: at most ε/2 of the last third goes to the worse arm, plus a little."""
    shown, policy = play(model, [0.4, 0.6], users=20, ticks=300)
    worse = shown[-100:, 0].sum() / shown[-100:].sum()
    assert worse < (0.1 + 4 * np.sqrt(0.09 / 2000) if model.rule == "epsilon_greedy" else 0.15)
    assert policy.clicks.sum() + policy.misses.sum() == shown.sum() == 6000
    assert np.array_equal(policy.clicks + policy.misses, shown.sum(axis=0))
    rate = policy.clicks / (policy.clicks + policy.misses)
    assert abs(rate[1] - 0.6) < 4 * np.sqrt(0.24 / shown[:, 1].sum())


def test_a_greedy_bandit_may_stay_with_the_worse_arm():
    """Without exploration: an arm that failed at first has rate 0, and any success elsewhere ends its life."""
    lost = 0
    for run in range(30):
        shown, _ = play(Bandit(rule="epsilon_greedy", epsilon=0.0), [0.4, 0.6], 1, 40, Draws(1000 + run))
        lost += shown[-1, 1] == 0
    assert 2 <= lost <= 28


def test_more_exploration_shows_the_worse_arm_more():
    share = []
    for exploration in (0.2, 0.7, 2.0):
        shown, _ = play(Bandit(rule="ucb1", exploration=exploration), [0.4, 0.6], users=5, ticks=300)
        share.append(shown[:, 0].sum() / shown.sum())
    assert share[0] < share[1] < share[2]
    share = []
    for epsilon in (0.1, 0.4, 1.0):
        shown, _ = play(Bandit(rule="epsilon_greedy", epsilon=epsilon), [0.2, 0.8], users=10, ticks=150)
        share.append(shown[50:, 0].sum() / shown[50:].sum())
    assert share == sorted(share)
    assert share[-1] == pytest.approx(0.5, abs=4 * 0.5 / np.sqrt(1000))


def test_thompson_shows_each_arm_as_often_as_it_is_believed_to_be_best():
    """Beta(1 + 3, 1 + 1) against Beta(1 + 1, 1 + 1): P(first larger) = ∫ 20x³(1 − x)(3x² − 2x³) = 5/7; 20 000 lists,
    4 standard errors. With another prior, Beta(4, 3) against Beta(2, 3): by a sum over a grid."""
    public, policy = make_public(20_000, 2), Arms(np.array([3.0, 1.0]), np.array([1.0, 1.0]), np.array(0))
    grid = (np.arange(200_000) + 0.5) / 200_000
    for prior, (a1, b1), (a2, b2) in ((1.0, (4, 2), (2, 2)), (2.0, (4, 3), (2, 3))):
        density = [grid ** (a - 1) * (1 - grid) ** (b - 1) for a, b in ((a1, b1), (a2, b2))]
        density = [one / one.sum() for one in density]
        expected = float((density[0] * density[1].cumsum()).sum())
        assert prior != 1.0 or expected == pytest.approx(5 / 7, abs=1e-4)
        model = Bandit(prior_misses=prior)
        items = model.rank(policy, make_request(public, 1), DRAWS.of("beliefs")).items[:, 0]
        assert abs((items == 0).mean() - expected) < 4 * np.sqrt(expected * (1 - expected) / 20_000)
    slate = model.rank(policy, make_request(public, 1), DRAWS.of("beliefs"))
    assert np.isnan(slate.propensity).all(), "unknown"


def test_one_draw_a_tick_is_one_list_for_all():
    public, policy = make_public(50, 3), Arms(np.array([3.0, 1.0, 0.0]), np.array([1.0, 1.0, 0.0]), np.array(0))
    model, firsts = Bandit(drawn="once a tick"), []
    for tick in range(400):
        items = model.rank(policy, make_request(public, 3), DRAWS.of("tick", tick)).items
        assert (items == items[0]).all()
        firsts.append(items[0, 0])
    assert set(firsts) == {0, 1, 2}


@pytest.mark.parametrize("n", [1, 3])
@pytest.mark.parametrize("epsilon", [0.0, 0.3, 1.0])
def test_the_logged_propensity_is_how_often_it_happens(n: int, epsilon: float):
    """Five items of different rates, one consumed; 6000 lists: 4.5 standard errors for every item in every slot."""
    users, ticks = 60, 100
    public = make_public(users, 5)
    policy = Arms(np.array([5.0, 4.0, 3.0, 2.0, 1.0]), np.array([1.0, 2.0, 3.0, 4.0, 5.0]), np.array(0))
    model, consumed = Bandit(rule="epsilon_greedy", epsilon=epsilon), dict.fromkeys(range(users), [1])
    count, logged = np.zeros((n, 5)), np.full((n, 5), np.nan)
    for tick in range(ticks):
        slate = model.rank(policy, make_request(public, n, consumed), DRAWS.of("log", tick))
        for slot in range(n):
            count[slot] += np.bincount(slate.items[:, slot], minlength=5)
            logged[slot, slate.items[:, slot]] = slate.propensity[:, slot]
    share, seen = count / count.sum(axis=1, keepdims=True), count > 0
    error = np.sqrt(logged * (1 - logged) / (users * ticks))
    assert (np.abs(share - logged)[seen] <= 4.5 * error[seen] + 1e-12).all()
    assert np.nansum(logged, axis=1) == pytest.approx(1.0)
    assert not count[:, 1].any(), "consumed"
