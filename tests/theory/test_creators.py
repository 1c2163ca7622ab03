"""What mathematics says of creators who hear of views and clicks: contests, selection, niches, and who can stay."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import norm

from recsim.base.draws import Draws
from recsim.base.flow import Works
from recsim.world.dynamics.ai_assistance import AIAssistance
from recsim.world.dynamics.clickbait_arms_race import ClickbaitArmsRace
from recsim.world.dynamics.effort import Effort
from recsim.world.dynamics.follow_the_audience import FollowTheAudience
from recsim.world.dynamics.give_up import GiveUp
from recsim.world.dynamics.specialise import Specialise
from tests.bits import finished
from tests.helpers import tiny
from tests.world.hand import hand_creators, signals

DRAWS = Draws(3)
MANY = 10**12
"""So many views that a share of them is as good as a real number."""


def quantiles(n: int) -> np.ndarray:
    """(n,) a standard normal sample without luck, of variance 1."""
    z = norm.ppf((np.arange(n) + 0.5) / n)
    return z / z.std()


# -- a contest for views (Tullock) ----


def contest(effort: np.ndarray, how: Effort, ticks: int) -> np.ndarray:
    """(n,) where creators end whose views go like effort to the power of the contest's decisiveness."""
    n = len(effort)
    world = hand_creators(np.zeros((n, 1)), np.arange(n))
    world.creators.effort = effort
    for _ in range(ticks):
        pull = world.creators.effort**how.decisiveness
        how.step(world, signals(MANY * pull / pull.sum()), DRAWS)
    return np.array(world.creators.effort)


@pytest.mark.parametrize(
    ("n", "decisiveness", "prize", "cost", "expected"),
    [(2, 1.0, 10.0, 1.0, 2.5), (4, 1.0, 5.0, 1.0, 0.9375), (5, 0.5, 50.0, 2.0, 2.0), (20, 0.8, 40.0, 0.5, 3.04)],
)
def test_the_effort_of_equals_rests_where_tullock_says(n, decisiveness, prize, cost, expected):
    """x* = (n − 1) r V/(n² c), from wherever they start."""
    assert expected == pytest.approx((n - 1) * decisiveness * prize / (n**2 * cost))
    how = Effort(rate=0.1 / (cost * expected), decisiveness=decisiveness, prize=prize, cost=cost)
    for start in (np.full(n, 0.1), np.full(n, 9.0), np.linspace(0.5, 3.0, n)):
        assert contest(start, how, 600) == pytest.approx(np.full(n, expected), rel=1e-5)


@pytest.mark.parametrize(("decisiveness", "equal"), [(1.0, True), (1.2, False)])
def test_a_contest_that_is_too_decisive_has_winners(decisiveness, equal):
    """Being equal is stable up to r = n/(n − 2), which is 10/9 for 20: beyond, more effort pays the more there is."""
    how = Effort(rate=0.02, decisiveness=decisiveness, prize=40.0)
    effort = contest(np.linspace(1.8, 1.9, 20), how, 3000)
    assert (effort.max() < 1.01 * effort.min()) == equal
    assert equal or effort.max() > 3 * np.median(effort)


def test_competitors_mean_less_effort_each_and_more_in_all():
    ends = {n: contest(np.full(n, 1.0), Effort(rate=0.05, prize=20.0), 800) for n in (2, 4, 8)}
    each = [ends[n].mean() for n in (2, 4, 8)]
    assert each[0] > each[1] > each[2]
    assert ends[2].sum() < ends[4].sum() < ends[8].sum()


# -- selection ----


@pytest.mark.parametrize(("pull", "spread"), [(0.3, 0.5), (1.0, 0.5), (0.5, 1.0)])
def test_clickbait_rises_by_its_pull_times_its_variance_every_generation(pull, spread):
    """Gaussian tilt: where clicks go like exp(κ b), the clicked mean of N(c, s²) is c + κ s²; it never ends."""
    z = quantiles(4000)
    world, race = hand_creators(np.zeros((4000, 1)), np.zeros(4000)), ClickbaitArmsRace(rate=1.0)
    for generation in range(1, 6):
        world.items.clickbait = world.creators.clickbait[0] + spread * z
        race.step(world, signals(1e6 * np.exp(pull * spread * z)), DRAWS)
        assert world.creators.clickbait[0] == pytest.approx(generation * pull * spread**2, rel=0.02)


def test_a_race_with_restraint_rests_where_both_are_equal():
    """c* = rate κ s²/restraint = 0.5 · 0.8 · 0.25/0.1 = 1, from below and from above."""
    z, race = 0.5 * quantiles(4000), ClickbaitArmsRace(rate=0.5, restraint=0.1)
    for start in (0.0, 3.0):
        world = hand_creators(np.zeros((4000, 1)), np.zeros(4000))
        world.creators.clickbait = start
        for _ in range(80):
            world.items.clickbait = world.creators.clickbait[0] + z
            race.step(world, signals(1e6 * np.exp(0.8 * z)), DRAWS)
        assert world.creators.clickbait[0] == pytest.approx(1.0, rel=0.02)


def test_a_race_for_clicks_costs_people_what_they_gain_and_nobody_stops_clicking():
    """Pull 2 against a cost of 1: three seeds apart, with the race and without."""
    names = ("clickbait_made", "utility", "clicks_per_session")
    found = []
    for rate in (0.0, 0.3):
        race = {"kind": "clickbait_arms_race", "rate": rate, "restraint": 0.05}
        for seed in (1, 2, 3):
            paths = {"ticks": 25, "seed": seed, "users.count": 100, "items.count": 80, "items.clickbait_spread": 1.0}
            people = {"behaviours": ["clickbait"], "discovery": {"kind": "browse", "count": 5}}
            makers = {"count": 10, "per_tick": 1.0, "dynamics": [race]}
            values = finished(tiny(paths, users=people, creators=makers, metrics=names)).rows
            late = [(name, value) for tick, name, group, value in values if tick > 15 and group == "all"]
            found.append([np.mean([value for name, value in late if name == one]) for one in names])
    (bait, utility, clicks), (baited, lost, more) = (np.array(arm).T for arm in (found[:3], found[3:]))
    assert (baited > bait + 0.5).all() and (lost < utility - 0.5).all() and (more > clicks).all()


def test_who_follows_the_clicks_comes_nearer_by_the_share_of_the_scatter():
    """Clicks exp(−|v − u|²/2τ²) on N(t, s²): the clicked mean is t + s²/(s² + τ²)(u − t), Gauss times Gauss."""
    audience, noise, spread = np.array([1.5, -1.0]), 0.8, 0.5
    z = np.stack([quantiles(4000), quantiles(4000)[np.argsort(DRAWS.uniform(np.arange(4000)))]], axis=1)
    world = hand_creators(np.zeros((4000, 2)), np.zeros(4000))
    near = spread**2 / (spread**2 + noise**2)
    for rate, steps in ((1.0, 3), (0.25, 12)):
        world.creators.topics, expected = 0.0, np.zeros(2)
        for _ in range(steps):
            world.items.topics = world.creators.topics[0] + spread * z
            far = ((world.items.topics - audience) ** 2).sum(axis=1)
            FollowTheAudience(rate=rate).step(world, signals(1e6 * np.exp(-far / (2 * noise**2))), DRAWS)
            expected += rate * near * (audience - expected)
            assert world.creators.topics[0] == pytest.approx(expected, abs=0.02)
        assert np.abs(world.creators.topics[0] - audience).max() < np.abs(audience).max() / 2


def test_who_only_imitates_loses_the_square_of_the_rate_s_rest_of_variety_per_tick():
    """All go the same share of the way to one point: variances shrink by (1 − rate)², whatever is clicked."""
    world = hand_creators(DRAWS.of("own").normal(np.arange(30), np.arange(2)), np.arange(30))
    world.creators.topics = world.items.topics
    first = world.creators.topics.var(axis=0)
    for tick in range(1, 8):
        clicks = 100 * DRAWS.of("clicks", tick).uniform(np.arange(30))
        FollowTheAudience(rate=0.1, imitation=1.0).step(world, signals(clicks), DRAWS)
        assert world.creators.topics.var(axis=0) == pytest.approx(0.9 ** (2 * tick) * first)


@pytest.mark.parametrize(("tastes", "noise"), [(1.0, 0.25), (1.0, 0.5), (2.0, 0.5), (0.3, 0.5)])
def test_a_creator_specialises_to_the_width_of_the_audience_less_the_noise_of_its_choice(tastes, noise):
    """Each chooses among all items by exp(−|v − u|²/2τ²): S' = Sτ²/(S + τ²) + (S/(S + τ²))² σ², at rest σ² − τ²."""
    people, z = np.sqrt(tastes) * quantiles(300), quantiles(500)
    world = hand_creators(np.zeros((500, 1)), np.zeros(500), spread=1.2)
    for _ in range(80):
        width = world.creators.spread[0] ** 2
        world.items.topics = np.sqrt(width) * z[:, None]
        pull = np.exp(-((people[:, None] - world.items.topics[:, 0]) ** 2) / (2 * noise))
        chosen = (pull / pull.sum(axis=1, keepdims=True)).sum(axis=0)
        Specialise(rate=1.0).step(world, signals(1e7 * chosen), DRAWS)
        expected = width * noise / (width + noise) + (width / (width + noise)) ** 2 * tastes
        assert world.creators.spread[0] ** 2 == pytest.approx(expected, rel=0.03)
    if tastes > noise:
        assert world.creators.spread[0] ** 2 == pytest.approx(tastes - noise, rel=0.05)
    else:
        assert world.creators.spread[0] ** 2 < 0.02, "one thing only, in the end"


def test_the_width_of_few_items_is_not_underestimated():
    """With equal clicks on 3 items of variance 1 per coordinate the mean over many creators is 1, not 2/3; 4 s.e."""
    n = 3000
    topics = DRAWS.of("few").normal(np.arange(3 * n), np.arange(2))
    world = hand_creators(topics, np.repeat(np.arange(n), 3))
    Specialise(rate=1.0).step(world, signals(np.full(3 * n, 4)), DRAWS)
    found = world.creators.spread**2
    assert abs(found.mean() - 1.0) < 4 * found.std() / np.sqrt(n)


# -- a machine's help ----


@pytest.mark.parametrize("degree", [0.25, 0.6, 1.0])
def test_with_a_machine_s_help_ideas_have_a_variance_of_both(degree):
    """Var = (1 − ξ)² Σ + ξ² S, mean = (1 − ξ) m + ξ μ; of 20000 items, 4 s.e. (the s.e. of a variance is √(2/n) of it,
    and the machine's 2000 items add theirs)."""
    n, own, machine, sources = 20_000, 1.0, 0.5, 2000
    world = hand_creators(np.zeros((2, 1)), [0, 0], spread=own, dynamics=[AIAssistance(degree=degree)])
    ideas = 3.0 + machine * quantiles(sources)[:, None]
    nothing = np.zeros((sources, 0), np.int32)
    blank = np.full(sources, -1, np.int32)
    made = world.add_works(
        Works(ideas, np.zeros(sources), np.zeros(sources), np.zeros(sources, np.int32), nothing, blank),
        DRAWS.of("machine").keys(np.arange(sources)),
    )
    rows = world.add_items(DRAWS.of("human").keys(np.arange(n)))
    found, expected = world.items.topics[rows, 0], (1 - degree) ** 2 * own**2 + degree**2 * machine**2
    assert abs(found.mean() - degree * 3.0) < 4 * np.sqrt(expected / n)
    assert abs(found.var() - expected) < 4 * expected * np.sqrt(2 / n)
    assert not world.items.made_by_ai[rows].any() and np.isin(world.items.parent[rows], made).all()


# -- who can stay ----

USERS = np.array([[1.0, 0.6]] * 9 + [[0.3, 1.0]] * 2)
"""What nine of the mainstream and two of a niche gain from A and from B."""


@pytest.mark.parametrize(("reserved", "welfare"), [(0, 9.6), (1, 10.6)])
def test_serving_everybody_best_today_can_lose_those_who_serve_the_few(reserved, welfare):
    """Each provider needs 3 views. Best matches give B 2, who goes: 9 · 1 + 2 · 0.3; one user kept for B saves it."""
    give_up = GiveUp(viability=3.0, patience=4, memory=1.0)
    world = hand_creators(np.zeros((2, 1)), [0, 1], dynamics=[give_up])
    best = USERS.argmax(axis=1)
    best[:reserved] = 1
    views = np.bincount(best, minlength=2)
    for _ in range(6):
        give_up.step(world, signals(np.zeros(2), views * world.creators.alive), DRAWS)
    assert world.creators.alive.tolist() == [True, bool(reserved)]
    served = np.where(world.creators.alive[best], best, 0)
    assert USERS[np.arange(len(USERS)), served].sum() == pytest.approx(welfare)
