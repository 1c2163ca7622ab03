"""Creators: what they make, what they hear, and what becomes of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from recsim import checkpoint
from recsim.base.draws import Draws
from recsim.problems import ScenarioError
from recsim.problems.doubts import doubts
from recsim.simulation import Simulation
from recsim.world.dynamics import Dynamics
from recsim.world.dynamics.ai_assistance import AIAssistance
from recsim.world.dynamics.clickbait_arms_race import ClickbaitArmsRace
from recsim.world.dynamics.effort import Effort
from recsim.world.dynamics.follow_the_audience import FollowTheAudience
from recsim.world.dynamics.give_up import GiveUp
from recsim.world.dynamics.specialise import Specialise
from tests.bits import PINNED, at, events, finished, lively, state
from tests.helpers import tiny
from tests.world.hand import hand_creators, signals

DRAWS = Draws(8)
KINDS = sorted(kind for kind, one in Dynamics.members().items() if one.about == "creators")
EVERYTHING = [
    "new_creators",
    {"kind": "follow_the_audience", "rate": 0.5},
    {"kind": "specialise", "rate": 0.3},
    "effort",
    "clickbait_arms_race",
    {"kind": "ai_assistance", "speedup": 2.0},
    {"kind": "give_up", "viability": 8.0, "patience": 2},
]


def busy(**fields: Any) -> Any:
    """People, a machine, and creators who do all there is to do."""
    return lively(creators={"count": 9, "per_tick": 0.5, "dynamics": EVERYTHING} | fields, metrics=PINNED)


def alone(**fields: Any) -> Any:
    """Creators who do nothing but publish."""
    return tiny(creators={"count": 10, "per_tick": 0.5} | fields, metrics=[])


# -- what they make ----


def test_without_them_items_come_from_nobody():
    world = finished(lively()).world
    assert world.makers is None and len(world.creators) == 0
    assert (world.items.maker == -1).all()
    assert "world@creators@key" not in checkpoint.capture(Simulation(lively())).arrays


def test_items_lie_around_the_topics_of_their_creator():
    """Of 4000 items: mean 0 and standard deviation `spread` in every coordinate, 4 s.e."""
    world = Simulation(alone(count=50, spread=0.6).override("items.count", 4000)).world
    apart = world.items.topics - world.creators.topics[world.items.maker]
    n = len(apart)
    assert (np.abs(apart.mean(axis=0)) < 4 * 0.6 / np.sqrt(n)).all()
    assert (np.abs(apart.std(axis=0) - 0.6) < 4 * 0.6 / np.sqrt(2 * n)).all()
    counts = np.bincount(world.items.maker, minlength=50)
    assert ((counts - 80) ** 2 / 80).sum() < 49 + 4 * np.sqrt(2 * 49), "a fair division, by chi-squared"
    exact = Simulation(alone(spread=0.0)).world
    assert np.array_equal(exact.items.topics, exact.creators.topics[exact.items.maker])
    assert np.array_equal(exact.items.genre, exact.creators.home[exact.items.maker])


def test_their_first_topics_are_drawn_like_those_of_items():
    """In a world of one cloud around 2 in the first coordinate; 4 s.e. of 2000 creators."""
    tastes = {"kind": "gaussian", "dimensions": 3, "center": 2.0}
    world = Simulation(alone(count=2000).override("users.tastes", tastes)).world
    assert (np.abs(world.creators.topics.mean(axis=0) - [2.0, 0.0, 0.0]) < 4 / np.sqrt(2000)).all()
    assert (np.abs(world.creators.topics.std(axis=0) - 1.0) < 4 / np.sqrt(4000)).all()


def test_effort_adds_to_the_quality_of_their_items_and_to_nothing_else():
    lazy, keen = (Simulation(alone(effort=effort)).world.items for effort in (0.0, 2.0))
    assert keen.quality == pytest.approx(lazy.quality + 2.0)
    assert np.array_equal(keen.topics, lazy.topics)


def test_items_belong_to_the_group_of_their_creator():
    spec = lively(creators={"count": 200, "per_tick": 0.0}, metrics=[])
    world = Simulation(spec.override("items.count", 500)).world
    assert np.array_equal(world.items.group, world.creators.group[world.items.maker])
    assert abs((world.creators.group == 1).mean() - 0.3) < 4 * np.sqrt(0.3 * 0.7 / 200)


def test_they_publish_so_many_items_a_tick_on_average():
    """300 creators × 6 ticks at 1.3: one each, and a second with a probability of 0.3; 4 s.e."""
    world = finished(alone(count=300, per_tick=1.3)).world
    born = np.bincount(world.items.born, minlength=7)[1:]
    each = np.array([np.bincount(world.items.maker[world.items.born == t], minlength=300) for t in range(1, 7)])
    assert np.isin(each, [1, 2]).all()
    assert abs(born.sum() / 1800 - 1.3) < 4 * np.sqrt(0.3 * 0.7 / 1800)
    assert len(np.unique(world.items.key)) == len(world.items)


def test_at_a_larger_rate_the_same_items_are_born_and_more():
    few, many = (finished(alone(per_tick=rate)).world.items for rate in (0.4, 2.2))
    born = few.key[few.born > 0]
    place = np.searchsorted(many.key, born, sorter=np.argsort(many.key))
    same = np.argsort(many.key)[place]
    assert len(born) > 10 and np.array_equal(many.key[same], born)
    for name in ("topics", "maker", "quality"):
        assert np.array_equal(many[name][same], few[name][few.born > 0]), name


def test_who_has_given_up_publishes_nothing():
    sim = Simulation(alone(per_tick=2.0).override("items.dynamics", ["new_items"]))
    sim.step()
    sim.world.creators.alive[3:] = False
    before = len(sim.world.items)
    while sim.running:
        sim.step()
    assert (sim.world.items.maker[before:] < 3).all() and len(sim.world.items) == before + 5 * (2 * 3 + 1)
    sim = Simulation(alone().override("items.dynamics", ["new_items"]))
    sim.world.creators.alive = False
    assert len(finished(sim).world.items) == 30, "where nobody is left, nothing is made"


def test_they_do_not_go_with_a_log(tmp_path: Path):
    (tmp_path / "log.csv").write_text("user,item\n1,2\n")
    with pytest.raises(ScenarioError, match="nobody knows who made the items of a log"):
        tiny(creators={}, data={"kind": "log", "path": str(tmp_path / "log.csv"), "user": "user", "item": "item"})


# -- the loop ----


def test_all_at_once_give_the_same_bits_in_cohorts_and_after_a_break(tmp_path: Path):
    spec = busy()
    sim = finished(spec)
    reference = state(sim, spec=False)
    own = sim.world.creators
    assert not own.alive.all() and (own.born > 0).any() and own.effort.any() and own.clickbait.any()
    assert (own.spread != 0.3).any() and (sim.world.items.parent[sim.world.items.maker >= 0] >= 0).any()
    for size in (1, 7):
        assert state(finished(spec.override("cohort_size", size)), spec=False) == reference
    for tick in (0, 2, 4):
        assert state(finished(checkpoint.restore(checkpoint.capture(at(spec, tick)))), spec=False) == reference
    checkpoint.save(at(spec, 3).open(), tmp_path)
    found = checkpoint.load(tmp_path)
    assert found is not None and state(finished(checkpoint.restore(found)), spec=False) == reference


def test_a_fork_may_change_what_they_do_but_not_how_many_there_were():
    sim = at(busy(), 3)
    faster = finished(sim.fork({"creators.dynamics.follow_the_audience.rate": 0.9}))
    same = finished(sim.fork({"creators.dynamics.follow_the_audience.rate": 0.5}))
    assert events(same) == events(finished(sim)) != events(faster)
    for path, value in (("creators.count", 20), ("creators", None)):
        with pytest.raises(ScenarioError, match=r"creators\.count"):
            sim.fork({path: value})
    with pytest.raises(ScenarioError, match=r"creators\.count"):
        at(lively(), 3).fork({"creators": {}})
    quiet = finished(sim.fork({"creators.dynamics": []}))
    assert "audience" not in quiet.world.creators


@pytest.mark.parametrize("kind", KINDS)
def test_they_hear_of_counts_only_never_of_tastes(kind):
    """With everybody's taste a blank the next step of creators comes out the same."""
    ends = []
    for blank in (False, True):
        sim = at(busy(dynamics=[Dynamics.parse(kind)]), 4)
        if blank:
            sim.world.users.tastes = np.nan
        sim.world.begin(5, sim.service.signals())
        ends.append([sim.world.creators, sim.world.items])
    for one, other in zip(*ends, strict=True):
        for name in one.columns:
            np.testing.assert_array_equal(one[name], other[name], err_msg=name)


def test_naming_a_field_of_theirs_brings_them_in():
    assert tiny({"creators.per_tick": 0.7}).creators == tiny(creators={"per_tick": 0.7}).creators
    assert tiny({"creators.dynamics": ["effort"]}).at("creators.count") == 50
    assert tiny({"creators": None}).creators is None and "creators" not in tiny().plain()


def test_metrics_cannot_write_into_them():
    sim = Simulation(busy())
    with sim._locked(sim.session(np.arange(4, dtype=np.int32))), pytest.raises(ValueError, match="read-only"):
        sim.world.creators.topics[0] = 0.0
    sim.world.creators.topics[0] = 0.0


def test_the_plan_and_the_explanation_of_the_list_name_them():
    plan = Simulation(busy()).plan()
    assert {"dynamics: effort", "dynamics: follow_the_audience"} <= set(plan[plan["phase"] == "publish"]["component"])
    with pytest.raises(ScenarioError, match=r"belongs under 'creators\.dynamics'"):
        tiny().override("items.dynamics", ["give_up"])
    with pytest.raises(ScenarioError, match=r"belongs under 'items\.dynamics'"):
        tiny(creators={"dynamics": ["ageing"]})
    with pytest.raises(ScenarioError, match="2 of them are called 'effort'"):
        tiny(creators={"dynamics": ["effort", "effort"]})


def test_creators_who_cannot_hear_anything_are_doubted():
    told = doubts(tiny(creators={"per_tick": 0.0, "dynamics": ["ai_assistance", "clickbait_arms_race"]}))
    assert any("no machine makes anything" in note for note in told)
    assert any("the same clickbait" in note for note in told)
    assert any("nobody publishes anything" in note for note in told)
    assert any("nobody is asked" in note for note in doubts(tiny({"system.rerankers": ["stated_preference"]})))
    assert not any("creators" in note for note in doubts(busy()))


# -- by hand ----


def test_who_follows_goes_part_of_the_way_to_what_was_clicked():
    """Items at (1, 0) and (0, 1) with 3 and 1 clicks: mean (0.75, 0.25); the second creator has none and stays."""
    world = hand_creators([[1.0, 0.0], [0.0, 1.0], [5.0, 5.0]], [0, 0, 1])
    FollowTheAudience(rate=0.2).step(world, signals([3, 1, 0], views=[0, 0, 9]), DRAWS)
    assert world.creators.topics.tolist() == [pytest.approx([0.15, 0.05]), [0.0, 0.0]]
    FollowTheAudience(rate=0.5, counts="views").step(world, signals([3, 1, 0], views=[0, 0, 9]), DRAWS)
    assert world.creators.topics[1].tolist() == [2.5, 2.5]


def test_who_imitates_goes_to_what_was_clicked_of_all():
    """Clicks 3 on (1, 0), 1 on the other's (0, 4) and 4 on a machine's (2, 2): the mean is (1.375, 1.5)."""
    world = hand_creators([[1.0, 0.0], [0.0, 4.0], [2.0, 2.0], [9.0, 9.0]], [0, 1, -1, 2])
    world.creators.alive[2] = False
    FollowTheAudience(rate=0.5, imitation=1.0).step(world, signals([3, 1, 4, 0]), DRAWS)
    assert world.creators.topics.tolist() == [[0.6875, 0.75], [0.6875, 0.75], [0.0, 0.0]]
    world.creators.topics = 0.0
    FollowTheAudience(rate=1.0, imitation=0.5).step(world, signals([3, 0, 1, 0]), DRAWS)
    assert world.creators.topics.tolist() == [[1.125, 0.25], [0.625, 0.25], [0.0, 0.0]], "the second has no clicks"


def test_only_recent_items_and_living_creators_count():
    """At tick 5 with `recent` 2 items of ticks 3 and 4 count."""
    world = hand_creators([[1.0], [9.0], [4.0]], [0, 0, 1], born=[3, 2, 4])
    world.creators.alive[1] = False
    FollowTheAudience(rate=1.0, recent=2).step(world, signals([1, 7, 1]), DRAWS)
    assert world.creators.topics.tolist() == [[1.0], [0.0]]


def test_the_width_of_what_was_clicked_is_a_variance_per_coordinate():
    """Clicks 1 and 1 on (0, 0) and (2, 4): Σ p |v − m|² = 5, over 2 coordinates and 1 − 1/2: 5. At half way from 1."""
    world = hand_creators([[0.0, 0.0], [2.0, 4.0], [7.0, 7.0]], [0, 0, 1], spread=1.0)
    Specialise(rate=0.5).step(world, signals([1, 1, 6]), DRAWS)
    assert world.creators.spread.tolist() == [pytest.approx(np.sqrt(3.0)), 1.0]


def test_effort_moves_by_the_marginal_return_over_log_effort():
    """Shares 3/4 and 1/4: gain 8 · 3/16 − x; x = 1 → e^{0.1 · 0.5}, x = 2 → 2 e^{−0.05}."""
    world = hand_creators([[0.0], [0.0]], [0, 1])
    world.creators.effort = [1.0, 2.0]
    how = Effort(rate=0.1, prize=8.0)
    how.step(world, signals([0, 0], views=[30, 10]), DRAWS)
    assert world.creators.effort.tolist() == pytest.approx([np.exp(0.05), 2 * np.exp(-0.05)])
    how.step(world, signals([0, 0], views=[0, 0]), DRAWS)
    assert world.creators.effort.tolist() == pytest.approx([np.exp(0.05), 2 * np.exp(-0.05)]), "nothing was shown"
    world.creators.alive[1] = False
    Effort(rate=100.0, prize=0.0, least=0.3).step(world, signals([0, 0], views=[1, 1]), DRAWS)
    assert world.creators.effort.tolist() == pytest.approx([0.3, 2 * np.exp(-0.05)])


def test_clickbait_moves_by_what_was_clicked_more():
    """Baits 0 and 2 with clicks 1 and 3: 1.5 against 1 on average."""
    world = hand_creators([[0.0], [0.0], [0.0]], [0, 0, 1])
    world.items.clickbait = [0.0, 2.0, 5.0]
    ClickbaitArmsRace(rate=0.4).step(world, signals([1, 3, 0]), DRAWS)
    assert world.creators.clickbait.tolist() == [pytest.approx(0.2), 0.0]


def test_who_is_not_seen_for_some_ticks_in_a_row_gives_up():
    """Audience 10, then halved each tick without views: 5, 2.5, 1.25: two ticks below 4 are enough."""
    one = GiveUp(viability=4.0, patience=2, memory=0.5)
    world = hand_creators([[0.0], [0.0], [0.0]], [0, 1, 1], dynamics=[one])
    audiences, alive = [], []
    for views in ([10, 9, 9], [0, 9, 9], [0, 9, 9], [0, 9, 9]):
        one.step(world, signals([0, 0, 0], views=views), DRAWS)
        audiences.append(float(world.creators.audience[0]))
        alive.append(bool(world.creators.alive[0]))
    assert audiences == [10.0, 5.0, 2.5, 1.25] and alive == [True, True, True, False]
    assert world.creators.alive[1] and world.creators.audience[1] == 18.0
    assert world.items.alive.tolist() == [False, True, True], "it takes its items along"


def test_a_view_in_between_starts_the_count_anew_and_items_may_stay():
    one = GiveUp(viability=4.0, patience=2, memory=1.0, takes_items=False)
    world = hand_creators([[0.0]], [0], dynamics=[one])
    for views, there in ((0, True), (9, True), (0, True), (0, False)):
        one.step(world, signals([0], views=[views]), DRAWS)
        assert world.creators.alive[0] == there
    assert world.items.alive[0]


def test_nobody_gives_up_before_anything_of_theirs_could_be_seen():
    one = GiveUp(viability=4.0, patience=1)
    world = hand_creators([[0.0]], [0], dynamics=[one], tick=1)
    one.step(world, signals([0]), DRAWS)
    assert world.creators.alive[0] and np.isnan(world.creators.audience[0]), "the first tick"
    world = hand_creators([[0.0]], [0], dynamics=[one])
    new = world.add_creators(np.array([77], np.uint64))
    one.step(world, signals([9]), DRAWS)
    assert world.creators.alive[new].all(), "no item yet"


def test_new_creators_are_the_same_in_every_arm_and_have_tastes_of_their_own():
    few, many = (finished(alone(dynamics=[{"kind": "new_creators", "per_tick": n}])).world.creators for n in (1, 3))
    assert len(few) == 10 + 6 and len(many) == 10 + 18
    born = few.key[few.born == 4]
    assert np.array_equal(many.topics[many.key == born[0]], few.topics[few.born == 4])
    assert (few.spread == 0.3).all()


def test_help_makes_faster_once_there_is_a_machine():
    """Degree 0.5 at speedup 2: twice as many items from those who use it."""
    how = AIAssistance(degree=0.5, speedup=2.0, share=0.5)
    world = hand_creators(np.zeros((40, 1)), np.arange(40), dynamics=[how])
    assert (how.pace(world) == 1.0).all()
    world.items.made_by_ai[0] = True
    world.items.born[0] = world.tick - 1
    assert set(how.pace(world)) == {1.0, 2.0}
    more = AIAssistance(degree=0.5, speedup=2.0, share=0.8)
    assert (more.pace(world) >= how.pace(world)).all() and more.pace(world).sum() > how.pace(world).sum()
    world.items.born[0] = world.tick - 11
    assert (how.pace(world) == 1.0).all(), "machines are not asked for old ideas"
