"""Rich get richer: urns whose limits are known, drawn by `proportional` and `popularity` themselves.

Every user lives in a world of their own (`worlds` as many as users) and is an urn: at each step everybody is shown one
item and clicks it, and the model is fitted again. So 2000 users are 2000 independent urns.
"""

from __future__ import annotations

from collections.abc import Callable
from math import gamma, pi, sqrt

import numpy as np
import pytest
from scipy.special import gammaln

from recsim.base.draws import Draws
from recsim.base.kernels.concentration import gini
from recsim.scenario import Scenario
from recsim.system.recommenders import Recommender
from recsim.system.recommenders.popularity import Popularity
from recsim.system.recommenders.proportional import Proportional
from tests.helpers import make_public, make_request, make_training, run_all

DRAWS = Draws(6)
Consumer = Callable[[int, np.ndarray], np.ndarray]


def urns(model: Recommender, n_urns: int, n_items: int, steps: int, consume: Consumer | None = None) -> np.ndarray:
    """(urns, items) clicks after so many steps; `consume` says what is clicked in step t where `shown` was on top."""
    public, users = make_public(n_urns, n_items), np.arange(n_urns)
    count = np.zeros((n_urns, n_items))
    for step in range(steps):
        row, col = np.nonzero(count)
        policy = model.fit(make_training(row, col, count[row, col]), public, None, DRAWS)
        shown = model.rank(policy, make_request(public, 1), DRAWS.of("rank", step)).items[:, 0]
        clicked = shown if consume is None else consume(step, shown)
        count[users, clicked] += 1
    return count


def beta_binomial(n: int, a: float, b: float) -> np.ndarray:
    """(n + 1,) chances of 0 … n: what Pólya's urn gives after n draws."""
    k = np.arange(n + 1)
    choose = gammaln(n + 1) - gammaln(k + 1) - gammaln(n - k + 1)
    return np.exp(choose + gammaln(k + a) + gammaln(n - k + b) - gammaln(n + a + b) - _beta(a, b))


def _beta(a: float, b: float) -> float:
    return float(gammaln(a) + gammaln(b) - gammaln(a + b))


def farthest(counts: np.ndarray, chance: np.ndarray) -> float:
    """Kolmogorov's distance times √n: above 1.95 with probability 0.001 (less for a distribution with steps)."""
    share = np.bincount(counts.astype(int), minlength=len(chance)).cumsum() / len(counts)
    return float(np.abs(share - chance.cumsum()).max() * sqrt(len(counts)))


# -- Pólya -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("prior", "n_items"), [(1.0, 2), (0.5, 2), (3.0, 2), (1.0, 5), (0.25, 3)])
def test_shares_follow_polya_and_dirichlet(prior: float, n_items: int):
    """loops:O9. After T draws the clicks of one of K items are beta-binomial(T; a, (K − 1)a), exactly; the shares tend
    to a Dirichlet(a, …, a). With 1 + 1 every count is equally likely."""
    n, steps = 1500, 60
    count = urns(Proportional(prior=prior, worlds=n), n, n_items, steps)
    assert (count.sum(axis=1) == steps).all()
    expected = beta_binomial(steps, prior, (n_items - 1) * prior)
    if (prior, n_items) == (1.0, 2):
        assert expected == pytest.approx(1 / (steps + 1))
    for item in range(n_items):
        assert farthest(count[:, item], expected) < 1.95


def test_an_exponent_below_one_evens_out_and_above_one_lets_one_win():
    """Variance of the share after 100 draws: a binomial's at 0; Pólya's 1/12 at 1; that of a coin, 1/4, above."""
    found = []
    for exponent in (0.0, 0.5, 1.0, 3.0):
        count = urns(Proportional(exponent=exponent, worlds=400), 400, 2, 100)
        found.append((count[:, 0] / 100).var())
    assert found == sorted(found)
    assert found[0] == pytest.approx(0.25 / 100, rel=4 * sqrt(2 / 400))
    assert found[2] == pytest.approx(1 / 12, rel=0.2)
    assert found[3] > 0.2


def expected_gini(steps: int, n_items: int, prior: float) -> float:
    """Of counts after T draws, exactly: T copies of (K − 1) E|n₁ − n₂| / 2T, where n₁ + n₂ is beta-binomial(T; 2a,
    (K − 2)a) and n₁ given the sum m beta-binomial(m; a, a)."""
    total = beta_binomial(steps, 2 * prior, (n_items - 2) * prior)
    apart = sum(
        chance * (beta_binomial(m, prior, prior) @ np.abs(2 * np.arange(m + 1) - m)) for m, chance in enumerate(total)
    )
    return float((n_items - 1) * apart / (2 * steps))


@pytest.mark.parametrize("prior", [0.5, 1.0, 2.0])
def test_inequality_tends_to_what_the_gamma_function_says(prior: float):
    """loops:O9. Γ(a + ½)/(√π Γ(a + 1)) for many items and draws: 0.637, 0.5, 0.375. For K = 40 items it is (K − 1)/K of
    that; after T draws the exact value is known too: the urns meet it at T = 1000, and it meets the limit."""
    n, n_items, steps = 24, 40, 1000
    found = [gini(row) for row in urns(Proportional(prior=prior, worlds=n), n, n_items, steps)]
    exact, limit = expected_gini(steps, n_items, prior), gamma(prior + 0.5) / (sqrt(pi) * gamma(prior + 1))
    assert abs(np.mean(found) - exact) < 4 * np.std(found, ddof=1) / sqrt(n)
    later = expected_gini(5 * steps, n_items, prior)
    assert (
        abs(later - (n_items - 1) / n_items * limit) < 0.3 * abs(exact - (n_items - 1) / n_items * limit) < 0.3 * 0.02
    )


# -- Yule and Simon ----------------------------------------------------------------------------------------------------


def test_births_and_copies_give_the_law_of_yule_and_simon():
    """loops:O9. With probability α a new item gets its first click, else one is copied in proportion to its clicks
    (prior 0: an item without clicks is not there yet). P(n) = ρ B(n, ρ + 1) with ρ = 1/(1 − α); the expected number of
    items with n clicks obeys N_n(t + 1) = N_n + (1 − α)((n − 1)N_{n−1} − n N_n)/t, exactly, at every t."""
    alpha, n, steps = 0.2, 300, 300
    births = np.zeros(n, int)

    def consume(step: int, shown: np.ndarray) -> np.ndarray:
        born = (DRAWS.of("born", step).uniform(np.arange(n)) < alpha) | (step == 0)
        clicked = np.where(born, births, shown)
        births[born] += 1
        return clicked

    count = urns(Proportional(prior=0.0, worlds=n), n, 120, steps, consume)
    assert births.max() < 120, "no urn ran out of items"
    expected = np.zeros(steps + 2)
    expected[1] = 1.0
    k = np.arange(steps + 2)
    for t in range(1, steps):
        gain = np.append(0.0, (k * expected)[:-1]) - k * expected
        expected += (1 - alpha) * gain / t
        expected[1] += alpha
    rho = 1 / (1 - alpha)
    for size in (1, 2, 3, 4):
        each = (count == size).sum(axis=1)
        assert abs(each.mean() - expected[size]) < 4 * each.std(ddof=1) / sqrt(n)
        law = rho * np.exp(_beta(size, rho + 1))
        assert expected[size] / expected.sum() == pytest.approx(law, abs=0.01)
        assert each.sum() / (count > 0).sum() == pytest.approx(law, abs=0.02)


# -- the best seller ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("p", "r"), [(0.5, 0.2), (0.6, 0.25), (0.7, 0.1)])
def test_the_two_urn_limit_of_fleder_and_hosanagar(p: float, r: float):
    """loops:O4. Two products, product 1 preferred with probability p; with probability r the consumer takes the best
    seller instead (Management Science 2009). The share of product 1 tends to p(1 − r) + r where it leads, to p(1 − r)
    where it does not; the latter can last only if p(1 − r) < ½. Over the last half of 800 steps the lead is settled in
    nearly all of 250 urns, and their clicks are independent draws at that rate."""
    n, steps = 250, 800
    counts = []

    def consume(step: int, shown: np.ndarray) -> np.ndarray:
        taken = DRAWS.of("taken", step).uniform(np.arange(n)) < r
        own = np.where(DRAWS.of("own", step).uniform(np.arange(n)) < p, 0, 1)
        counts.append(np.where(taken, shown, own))
        leads.append(shown)
        return counts[-1]

    leads: list[np.ndarray] = []
    urns(Popularity(worlds=n), n, 2, steps, consume)
    late, lead = np.array(counts[steps // 2 :]) == 0, np.array(leads[steps // 2 :])
    always = {0: (lead == 0).all(axis=0), 1: (lead == 1).all(axis=0)}
    assert (always[0] | always[1]).mean() > 0.8
    for product, limit in ((0, p * (1 - r) + r), (1, p * (1 - r))):
        settled = always[product]
        if settled.sum() >= 20:
            error = sqrt(limit * (1 - limit) / (settled.sum() * len(late)))
            assert abs(late[:, settled].mean() - limit) < 4 * error + 0.01  # who never lost the lead had some luck
    if p * (1 - r) > 0.5:
        assert always[1].mean() < 0.05
    if p == 0.5:
        assert abs(always[0].mean() - always[1].mean()) < 4 / sqrt(n)


def test_in_the_whole_loop_worlds_differ_more_than_chance_alone():
    """Through the simulation: 40 worlds of 5 users each, slates of 1, repeats allowed. In proportion to popularity the
    shares of an item differ between worlds; under uniform exposure they differ as those of random draws do."""
    model, variance, chance = {"kind": "proportional", "worlds": 40}, {}, {}
    for kind in ("proportional", "uniform"):
        spec = Scenario.parse(
            {
                "ticks": 40,
                "users": {"count": 200, "tastes": {"kind": "clusters", "clusters": 1, "spread": 0.0}},
                "items": {"count": 8},
                "system": {
                    "slate_size": 1,
                    "warmup": {"ticks": 0},
                    "repeats": True,
                    "recommender": model if kind == "proportional" else kind,
                    "holdout": 0.0,
                },
                "metrics": ["exposure_gini"],
            }
        )
        sim = run_all(spec)
        clicks = sim.service.log.clicks
        world = sim.world.users.key[clicks.user] % np.uint64(40)
        table = np.zeros((40, 8))
        np.add.at(table, (world.astype(int), clicks.item), 1)
        total = table.sum(axis=1, keepdims=True)
        share = table.sum(axis=0) / table.sum()
        variance[kind] = (table / total).var(axis=0).sum()
        chance[kind] = (share * (1 - share)).sum() * (1 / total).mean()
    assert variance["proportional"] > 5 * chance["proportional"]
    assert variance["uniform"] == pytest.approx(chance["uniform"], rel=4 * sqrt(2 / (39 * 7)))
