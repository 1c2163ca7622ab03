"""What people meet besides the slate, how salient recommendations are, and who follows them."""

from __future__ import annotations

import numpy as np
import pytest
from pydantic import ValidationError
from scipy import stats

from recsim.base.draws import Draws
from recsim.base.flow import Source
from recsim.problems import ScenarioError
from recsim.problems.doubts import doubts
from recsim.simulation import Simulation
from recsim.world.behaviours.adoption import Adoption
from recsim.world.behaviours.salience import Salience
from recsim.world.discovery import Discovery
from recsim.world.discovery.awareness import Awareness
from recsim.world.discovery.channels import Channels
from recsim.world.discovery.everything import MOST_CELLS, Everything
from recsim.world.discovery.friends import _other
from tests.bits import at, finished, lively, state
from tests.helpers import make_feedback, make_slate, run_all, tiny
from tests.test_invariance import clicks_by_name, relabelled

KINDS = sorted(kind for kind, one in Discovery.members().items() if one.__module__.startswith("recsim."))
DRAWS = Draws(8).of("discovery", 1)


def living_in(discovery: object, **sections) -> Simulation:
    """A world whose people meet items this way, before the first tick."""
    return Simulation(tiny({"users.discovery": discovery}, **sections))


def met(sim: Simulation, users: np.ndarray | None = None) -> np.ndarray:
    rows = np.arange(len(sim.world.users), dtype=np.int32) if users is None else users
    discovery = sim.world.people.discovery
    return discovery.come_across(sim.world, rows, sim.world.stream(discovery))[0]


def begin(sim: Simulation, tick: int = 1) -> None:
    sim.world.begin(tick, sim.service.signals())


# -- all of them -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
def test_nobody_meets_what_is_gone_and_items_met_stand_once(kind):
    sim = at(lively({"users.discovery": Discovery.members()[kind].example()}), 4)
    dead = np.unique(met(sim))[1:4]
    sim.world.items.alive[dead] = False
    begin(sim, 5)
    found = met(sim)
    assert not np.isin(found, dead).any()
    slate = sim.world.meet(make_slate(np.tile([-1, 5, 6], (len(found), 1))))
    assert (slate.source[:, :3] == Source.RECOMMENDED).all()
    for row in slate.items:
        assert len(set(row[row >= 0].tolist())) == (row >= 0).sum()
    assert sim.world.meet(make_slate(np.zeros((0, 3), int))).items.shape[1] == slate.items.shape[1]


@pytest.mark.parametrize("kind", KINDS)
def test_what_somebody_meets_does_not_depend_on_who_else_is_asked(kind):
    sim = at(lively({"users.discovery": Discovery.members()[kind].example()}), 4).open()
    whole, some = met(sim), np.array([31, 2, 17], np.int32)
    assert np.array_equal(met(sim, some), whole[some])


@pytest.mark.parametrize("kind", KINDS)
def test_relabelling_rows_changes_nobody_s_encounters(kind):
    """Everything is keyed and ordered by keys: the same clicks by the same people in another order of rows."""
    spec = lively({"users.discovery": Discovery.members()[kind].example(), "system.recommender": "popularity"})
    one, other = finished(spec), finished(relabelled(spec))
    assert clicks_by_name(one) == clicks_by_name(other) != []
    assert (one.service.log.clicks.user != other.service.log.clicks.user).any()


# -- everything --------------------------------------------------------------------------------------------------------


def test_people_who_know_everything_meet_all_that_lives_in_order_of_key():
    sim = living_in("everything")
    sim.world.items.key[:] = sim.world.items.key[::-1].copy()
    sim.world.items.alive[[3, 7]] = False
    expected = [item for item in range(29, -1, -1) if item not in (3, 7)]
    assert met(sim).tolist() == [expected] * 40


def test_full_information_makes_the_slate_a_matter_of_order_only():
    """Whatever is recommended, everybody who picks the best picks the same."""
    paths = {"users.discovery": "everything", "users.choice": {"kind": "best", "outside": 0.0}, "system.repeats": True}
    clicks = [run_all(tiny(paths | {"system.recommender": kind})).service.log.clicks for kind in ("uniform", "oracle")]
    assert np.array_equal(clicks[0].item, clicks[1].item)
    blind = run_all(tiny(paths | {"users.discovery": "none", "system.recommender": "uniform"})).service.log.clicks
    assert len(blind) != len(clicks[0]) or (blind.item != clicks[0].item).any()


def test_a_world_too_large_to_know_everything_is_refused_with_a_remedy():
    sim = living_in("everything", users={"count": 2000}, items={"count": 4000})
    sim.world.add_items(np.arange(10**6, 10**6 + 1000, dtype=np.uint64))
    Everything().step(sim.world, DRAWS)
    assert len(sim.world.users) * len(sim.world.items) == MOST_CELLS
    sim.world.add_items(np.array([2**40], np.uint64))
    with pytest.raises(ValueError, match=r"2,000 × 5,001; lower users.count or items.count, or .* awareness"):
        begin(sim)


@pytest.mark.parametrize("discovery", ["everything", {"kind": "channels", "of": ["browse", "everything"]}])
def test_a_scenario_too_large_to_know_everything_is_refused_before_it_runs(discovery):
    sizes = {"users.count": 2001, "items.count": 5000}
    tiny({"users.discovery": discovery, "users.count": 2000, "items.count": 5000})
    with pytest.raises(ScenarioError, match=r"users.discovery.*2,001 × 5,000"):
        tiny(sizes).override("users.discovery", discovery)


# -- editorial ---------------------------------------------------------------------------------------------------------


def test_everybody_has_the_same_front_page_and_another_on_each_tick():
    sim = living_in({"kind": "editorial", "count": 6})
    pages = []
    for tick in range(1, 40):
        sim.world.tick = tick
        found = met(sim)
        assert found.shape == (40, 6) and (found == found[0]).all() and len(set(found[0].tolist())) == 6
        pages.append(tuple(found[0].tolist()))
    assert len(set(pages)) > 30
    assert (sim.world.meet(make_slate(np.full((40, 1), -1))).source[:, 1:] == Source.EDITORIAL).all()


def test_the_page_is_drawn_in_proportion_to_prominence():
    """The top of 4000 pages: χ² against the shares; the second without the first; what has no prominence, never."""
    sim = living_in({"kind": "editorial", "count": 2}, items={"count": 5})
    prominence = np.array([1.0, 2.0, 0.0, 4.0, 3.0])
    sim.world.items.prominence = prominence
    tops = np.zeros((4000, 2), int)
    for tick in range(4000):
        tops[tick] = sim.world.people.discovery.meet(sim.world, np.zeros(1, np.int32), DRAWS.of(tick))[0]
    open_to = prominence > 0
    found = np.bincount(tops[:, 0], minlength=5)
    assert found[2] == 0 and not (tops == 2).any()
    assert stats.chisquare(found[open_to], 4000 * prominence[open_to] / 10).pvalue > 1e-4
    second = sum(p / 10 * np.where(np.arange(5) == i, 0, prominence) / (10 - p) for i, p in enumerate(prominence))
    assert stats.chisquare(np.bincount(tops[:, 1], minlength=5)[open_to], 4000 * second[open_to]).pvalue > 1e-4


def test_a_page_longer_than_the_catalogue_shows_what_there_is():
    sim = living_in({"kind": "editorial", "count": 50})
    assert np.sort(met(sim), axis=1).tolist() == [list(range(30))] * 40


# -- friends -----------------------------------------------------------------------------------------------------------


def test_people_meet_what_their_friends_picked_last():
    sim = living_in({"kind": "friends", "count": 2})
    begin(sim)
    users = sim.world.users
    users.friends[:3] = [[1, 2], [0, -1], [0, 1]]
    assert (met(sim) == -1).all(), "nobody has picked anything yet"
    slate = make_slate([[7, 8, 9], [4, 5, 6]])
    after = sim.world.people.discovery.after
    after(sim.world, make_feedback(slate, [[2, 0], [-1, -1]]), DRAWS)
    assert met(sim)[:3].tolist() == [[-1, -1], [9, -1], [9, -1]], "the strongest pick of several"
    after(sim.world, make_feedback(slate, [-1, 1]), DRAWS)
    assert met(sim)[:3].tolist() == [[5, -1], [9, -1], [9, 5]], "who picks nothing tells the same as before"
    assert (sim.world.meet(make_slate(np.full((40, 1), -1))).source[0, 1:] == Source.FRIEND).all()
    users.alive[1] = False
    assert met(sim)[:3].tolist() == [[-1, -1], [9, -1], [9, -1]], "who has left says nothing"
    sim.world.items.alive[9] = False
    assert (met(sim)[:3] == -1).all(), "nobody tells of what is gone"


def test_friends_are_drawn_once_and_never_oneself():
    spec = lively({"users.discovery": {"kind": "friends", "count": 4}})
    sim = Simulation(spec)
    known = {}
    while sim.running:
        sim.step()
        friends = sim.world.users.friends
        for user in np.flatnonzero(sim.world.users.alive):
            mine = friends[user][friends[user] >= 0].tolist()
            assert mine and user not in mine and len(set(mine)) == len(mine)
            assert known.setdefault(user, mine) == mine
    assert len(known) > 40, "those who joined have friends too"


@pytest.mark.parametrize("homophily", [0.0, 0.6, 1.0])
def test_friends_are_as_alike_as_homophily_says(homophily):
    """P(same cluster) = h + (1 − h) · (others in it)/(all others); one friend each of 6000; 4 s.e."""
    discovery = {"kind": "friends", "count": 1, "homophily": homophily}
    sim = living_in(discovery, users={"count": 6000}, system={"warmup": {"ticks": 1}})
    begin(sim)
    home = sim.world.users.home
    same = home[sim.world.users.friends[:, 0]] == home
    p = homophily + (1 - homophily) * (np.bincount(home)[home] - 1) / 5999
    assert abs(same.mean() - p.mean()) <= 4 * np.sqrt((p * (1 - p)).sum()) / 6000


def test_every_other_is_as_likely_a_friend():
    """3000 draws for each of 7 people: χ² over the six others."""
    users, line = np.arange(7), np.array([3, 1, 6, 0, 2, 5, 4])
    luck = DRAWS.uniform(users, np.arange(3000))
    found = _other(line, users, np.zeros(7, np.int64), np.full(7, 7), luck)
    for user in users:
        counts = np.bincount(found[user], minlength=7)
        assert counts[user] == 0
        assert stats.chisquare(np.delete(counts, user)).pvalue > 1e-4


def test_who_has_nobody_alike_has_any_friends():
    sim = living_in({"kind": "friends", "homophily": 1.0})
    sim.world.users.home = np.arange(40)
    begin(sim)
    assert (sim.world.users.friends >= 0).any(axis=1).all()
    sim.world.users.friends = -1
    sim.world.users.home = np.arange(40) // 2
    begin(sim)
    friends = sim.world.users.friends
    assert (friends[:, 0] == np.arange(40) ^ 1).all() and (friends[:, 1:] == -1).all(), "the only one alike, once"


def test_groups_are_circles_too():
    groups = [{"name": "a", "share": 0.5}, {"name": "b", "share": 0.5}]
    sim = living_in({"kind": "friends", "homophily": 1.0}, users={"count": 400, "groups": groups})
    sim.world.users.home = 0
    begin(sim)
    friends, group = sim.world.users.friends, sim.world.users.group
    assert (group[friends] == group[:, None])[friends >= 0].all()
    assert 0 < group.mean() < 1


def test_friends_bring_no_newcomer_to_anybody():
    """A note says so where nothing else does: ALS and friends know what was clicked, both."""
    paths = {"items.dynamics": ["new_items"], "system.recommender": "als"}
    noted = {
        kind: any("newcomers are hardly ever shown" in note for note in doubts(tiny(paths | {"users.discovery": kind})))
        for kind in ("none", "friends", "browse", "editorial", "awareness", "everything")
    }
    assert [kind for kind, said in noted.items() if said] == ["none", "friends"]


# -- awareness ---------------------------------------------------------------------------------------------------------


def test_people_know_a_few_items_at_first_and_learn_of_others():
    fields = {"kind": "awareness", "limit": 12, "start": 6, "per_tick": 2, "learn": 0.0}
    sim = living_in(fields, items={"count": 400}, system={"slate_size": 3})
    begin(sim)
    first = met(sim).copy()
    assert first.shape == (40, 12)
    n = (first >= 0).sum(axis=1)
    assert n.max() == 6 and n.min() >= 3
    assert all((row[k:] == -1).all() for row, k in zip(first, n, strict=True)), "no gaps"
    begin(sim, 2)
    second = met(sim)
    assert (((second >= 0).sum(axis=1) - n) <= 2).all() and ((second >= 0).sum(axis=1) - n).mean() > 1.5
    for row, old in zip(second, first, strict=True):
        assert set(old[old >= 0].tolist()) <= set(row.tolist())
    for tick in range(3, 20):
        begin(sim, tick)
    assert ((met(sim) >= 0).sum(axis=1) == 12).all(), "never more than the limit"


def test_the_oldest_is_forgotten_and_what_is_met_again_is_new():
    sim = living_in({"kind": "awareness", "limit": 3, "learn": 1.0, "start": 0, "per_tick": 0})
    begin(sim)
    discovery, nobody = sim.world.people.discovery, -np.ones((1, 1), int)
    for slate, expected in (
        ([[4, 5]], [4, 5, -1]),
        ([[6]], [6, 4, 5]),
        ([[5]], [5, 6, 4]),
        ([[7, 8]], [7, 8, 5]),
        ([[1, 2, 3, 9]], [1, 2, 3]),
    ):
        discovery.after(sim.world, make_feedback(make_slate(slate), nobody), DRAWS)
        assert met(sim)[0].tolist() == expected
    organic = make_slate([[10]], source=Source.ORGANIC)
    discovery.after(sim.world, make_feedback(organic, nobody), DRAWS)
    assert met(sim)[0].tolist() == [1, 2, 3], "only what the platform shows leaves a trace"
    sim.world.items.alive[2] = False
    begin(sim, 2)
    assert met(sim)[0].tolist() == [1, 3, -1]


def test_a_share_of_what_is_shown_becomes_known():
    """2000 users × 5 items; 4 s.e.; a larger probability adds and takes nothing away."""
    found = []
    for learn in (0.3, 0.7):
        sim = living_in({"kind": "awareness", "start": 0, "per_tick": 0, "learn": learn}, users={"count": 2000})
        slate = make_slate(np.tile([1, 2, 3, 4, 5], (2000, 1)))
        sim.world.people.discovery.after(sim.world, make_feedback(slate, -np.ones((2000, 1), int)), DRAWS)
        known = met(sim)
        assert abs((known >= 0).sum() / 10_000 - learn) < 4 * np.sqrt(learn * (1 - learn) / 10_000)
        found.append(np.sort(known, axis=1)[:, -5:])
    for few, many in zip(*found, strict=True):
        assert set(few.tolist()) <= set(many.tolist()) | {-1}


def drawn(sim: Simulation, users: int) -> np.ndarray:
    """How often each item is the first that somebody gets to know."""
    begin(sim)
    known = met(sim)
    assert known.shape == (users, 1)
    return np.bincount(known[:, 0], minlength=len(sim.world.items))


def test_editors_draw_in_proportion_to_prominence():
    fields = {"kind": "awareness", "limit": 1, "start": 1, "editorial_share": 1.0}
    sim = living_in(fields, users={"count": 6000}, items={"count": 5})
    sim.world.items.prominence = [1.0, 2.0, 0.0, 4.0, 3.0]
    found = drawn(sim, 6000)
    assert found[2] == 0
    assert stats.chisquare(found[[0, 1, 3, 4]], np.array([600, 1200, 2400, 1800])).pvalue > 1e-4


@pytest.mark.parametrize("looks", [1, 3])
def test_people_notice_what_lies_near_their_taste(looks):
    """Two items at squared distances 0 and 2 · reach · ln 2: j of the looks at the first, j ~ Binomial(looks, ½):
    P(first) = E[j/(j + (looks − j)/4)]; 6000 users; 4 s.e."""
    fields = {"kind": "awareness", "limit": 1, "start": 1, "editorial_share": 0.0, "looks": looks, "reach": 1.5}
    sim = living_in(fields, users={"count": 6000}, items={"count": 2})
    sim.world.users.tastes = np.eye(8)[0]
    sim.world.items.topics = np.eye(8)[[0, 0]]
    sim.world.items.topics[1, 1] = np.sqrt(2 * 1.5 * np.log(2))
    j = np.arange(looks + 1)
    p = stats.binom.pmf(j, looks, 0.5) @ (j / (j + (looks - j) / 4))
    assert abs(drawn(sim, 6000)[0] / 6000 - p) < 4 * np.sqrt(p * (1 - p) / 6000)


def test_the_editor_s_share_mixes_the_two():
    """Prominence only has item 0, nearness nearly only item 1: the share itself comes out; 4 s.e."""
    fields = {"kind": "awareness", "limit": 1, "start": 1, "editorial_share": 0.6, "looks": 60, "reach": 0.1}
    sim = living_in(fields, users={"count": 4000}, items={"count": 2})
    sim.world.users.tastes = 0.0
    sim.world.items.topics = np.array([np.ones(8), np.zeros(8)])
    sim.world.items.prominence = [1.0, 0.0]
    assert abs(drawn(sim, 4000)[0] / 4000 - 0.6) < 4 * np.sqrt(0.6 * 0.4 / 4000)


def test_more_looks_and_a_smaller_reach_bring_what_is_known_nearer():
    gaps = []
    for fields in ({"looks": 1}, {"looks": 20}, {"looks": 20, "reach": 0.2}):
        sim = living_in({"kind": "awareness", "editorial_share": 0.0} | fields, items={"count": 300})
        begin(sim)
        known, world = met(sim)[:, :3], sim.world
        gaps.append(((world.items.topics[known] - world.users.tastes[:, None]) ** 2).sum(axis=2).mean())
    assert gaps[0] > gaps[1] > gaps[2]


def test_a_recommender_widens_what_people_know():
    """The trace that it leaves on those who do not follow it: without learning from slates they know less."""
    spec = {"users.discovery": {"kind": "awareness", "limit": 200, "start": 3, "per_tick": 0}}
    counts = []
    for learn in (0.0, 0.5, 1.0):
        sim = run_all(tiny(spec | {"users.discovery.learn": learn}))
        counts.append((sim.world.users.known >= 0).sum())
    assert counts[0] < counts[1] < counts[2]
    assert isinstance(sim.world.people.discovery, Awareness)


def test_people_are_looked_at_in_chunks_without_changing_who_knows_what(monkeypatch):
    spec = tiny({"users.discovery": "awareness"})
    before = state(finished(spec))
    monkeypatch.setattr("recsim.world.discovery.awareness.CHUNK", 7)
    assert state(finished(spec)) == before


# -- channels ----------------------------------------------------------------------------------------------------------

BROWSE, EDITORIAL = {"kind": "browse", "count": 3}, {"kind": "editorial", "count": 2}


def test_channels_stand_side_by_side_each_with_its_source():
    sim = living_in({"kind": "channels", "of": [BROWSE, EDITORIAL, "friends"]})
    begin(sim)
    sim.world.users.told = 29
    alone = [met_alone(sim, kind) for kind in (BROWSE, EDITORIAL, "friends")]
    assert np.array_equal(met(sim), np.concatenate(alone, axis=1)), "each finds what it would find alone"
    slate = sim.world.meet(make_slate(np.full((40, 2), -1)))
    widths = [2, 3, 2, 5]
    sources = [Source.RECOMMENDED, Source.ORGANIC, Source.EDITORIAL, Source.FRIEND]
    assert slate.source[0].tolist() == np.repeat(sources, widths).tolist()
    assert not slate.by_platform.any()


def met_alone(sim: Simulation, discovery: object) -> np.ndarray:
    one = Discovery.parse(discovery)
    return one.meet(sim.world, np.arange(40, dtype=np.int32), sim.world.stream(one))


def test_one_channel_is_the_discovery_itself():
    for kind in ("browse", "awareness", "friends", "editorial", "everything"):
        one, other = (finished(lively({"users.discovery": d})) for d in (kind, {"kind": "channels", "of": [kind]}))
        mine, theirs = state(one), state(other)
        assert {name: mine[name] for name in mine if name != "spec"} == {
            name: theirs[name] for name in theirs if name != "spec"
        }


def test_what_two_channels_find_counts_as_found_by_the_first_and_the_slate_goes_first_of_all():
    sim = living_in({"kind": "channels", "of": [{"kind": "editorial", "count": 30}, "everything"]})
    slate = sim.world.meet(make_slate(np.tile([4, 9], (40, 1))))
    assert (slate.items[:, 32:] == -1).all()
    counted = [slate.source[0, slate.items[0].tolist().index(item)] for item in range(30)]
    assert counted == [Source.RECOMMENDED if item in (4, 9) else Source.EDITORIAL for item in range(30)]


def test_channels_hold_the_columns_of_all_at_their_own_widths():
    awareness = {"kind": "awareness", "limit": 17}
    sim = living_in({"kind": "channels", "of": [awareness, {"kind": "friends", "count": 3}]})
    begin(sim)
    assert sim.world.users.known.shape == (40, 17) and sim.world.users.friends.shape == (40, 3)


def test_channels_that_would_be_confused_are_refused():
    with pytest.raises(ValidationError, match="2 channels are called 'browse'; give each its own 'name'"):
        Channels(of=("browse", "browse"))
    with pytest.raises(ValidationError, match="2 channels remember things in 'known'; keep one of them"):
        Channels(of=("awareness", {"kind": "awareness", "name": "second"}))
    with pytest.raises(ValidationError):
        Channels(of=())
    two = living_in({"kind": "channels", "of": ["browse", {"kind": "browse", "name": "second"}]})
    found = met(two)
    assert (found[:, :5] != found[:, 5:]).any(), "numbers of their own"


# -- salience ----------------------------------------------------------------------------------------------------------


def mixed():
    """Two recommended items, a gap, and one that people met."""
    slate = make_slate([[3, 7, -1, 5]])
    slate.source[0, 3] = Source.ORGANIC
    return slate


def test_what_is_recommended_stands_out_by_its_rank():
    assert Salience(strength=5.0).appeal(None, mixed()).tolist() == [[5, 5, 0, 0]]
    assert Salience(strength=5.0, decay=0.9).appeal(None, mixed())[0] == pytest.approx([5, 4.5, 0, 0])
    assert Salience(strength=5.0, decay=0.0).appeal(None, mixed()).tolist() == [[5, 0, 0, 0]]
    third = Salience(strength=2.0, decay=0.5).appeal(None, make_slate([[1, 2, 3]]))
    assert third.tolist() == [[2, 1, 0.5]]


def test_more_salience_means_more_clicks_on_the_slate():
    shares = []
    for strength in (0.0, 1.0, 3.0):
        behaviours = [{"kind": "salience", "strength": strength}]
        paths = {"users.discovery": {"kind": "browse", "count": 10}, "system.recommender": "uniform"}
        sim = Simulation(tiny(paths, users={"count": 300, "behaviours": behaviours}))
        sim.step()
        log = sim.service.log.clicks
        shares.append((log.rank > 0).mean())
    assert shares[0] < shares[1] < shares[2]


# -- adoption ----------------------------------------------------------------------------------------------------------


def test_who_follows_the_platform_has_only_its_slate_and_who_does_not_only_the_rest():
    sim = living_in("none", users={"count": 4000})
    slate = make_slate(np.tile([3, 7, -1, 5], (4000, 1)))
    slate.source[:, 3] = Source.ORGANIC
    found = Adoption(share=0.3).appeal(sim.world, slate)
    follows = found[:, 0] == 0
    assert set(map(tuple, found[follows][:, [0, 1, 3]])) == {(0.0, 0.0, -np.inf)}
    assert set(map(tuple, found[~follows][:, [0, 1, 3]])) == {(-np.inf, -np.inf, 0.0)}
    assert abs(follows.mean() - 0.3) < 4 * np.sqrt(0.3 * 0.7 / 4000)
    more = Adoption(share=0.6).appeal(sim.world, slate)[:, 0] == 0
    assert (more | ~follows).all() and more.sum() > follows.sum()


def test_what_is_recommended_and_met_as_well_is_open_to_everybody():
    sim = living_in("everything", users={"behaviours": [{"kind": "adoption", "share": 0.4}]})
    slate = sim.world.meet(make_slate(np.tile([3, 7], (40, 1))))
    found = sim.world.terms(slate)["adoption"]
    there = slate.items >= 0
    follows = np.isneginf(found[:, 2:][:, there[0, 2:]]).all(axis=1)
    assert (found[:, :2] == 0).all(), "either way"
    assert (found[~follows][there[~follows]] == 0).all()
    assert 0 < follows.sum() < 40


@pytest.mark.parametrize(("p", "r"), [(0.7, 0.1), (0.5, 0.2), (0.6, 0.25)])
def test_two_urns_end_where_the_theorem_says(p, r):
    """Fleder & Hosanagar (2009): the share of an item chosen with p by oneself is p(1 − r) + r if it leads, else
    p(1 − r), where r follow the best seller. 3000 users × 10 ticks; 4 s.e."""
    paths = {"system.recommender": "popularity", "system.repeats": True, "system.holdout": 0.0, "ticks": 12}
    people = {"count": 3000, "discovery": "everything", "behaviours": [{"kind": "adoption", "share": r}]}
    choice = {"kind": "multinomial_logit", "temperature": 1.0, "outside": -1e6}
    sim = Simulation(tiny(paths, users=people | {"choice": choice}, items={"count": 2}, system={"slate_size": 1}))
    sim.world.users.tastes = 0.0
    sim.world.items.quality = [np.log(p / (1 - p)), 0.0]
    log = run_all(sim).service.log.clicks
    leads = (log.item[log.tick <= 2] == 0).mean() > 0.5
    share = (log.item[log.tick > 2] == 0).mean()
    expected = p * (1 - r) + r * leads
    assert abs(share - expected) < 4 * np.sqrt(expected * (1 - expected) / 30_000)


def test_people_decide_anew_on_each_tick():
    sim = living_in("none", users={"count": 4000})
    slate = make_slate(np.tile([3], (4000, 1)))
    days = []
    for tick in (1, 2):
        sim.world.tick = tick
        days.append(Adoption(share=0.5).appeal(sim.world, slate)[:, 0] == 0)
    assert abs((days[0] == days[1]).mean() - 0.5) < 4 * 0.5 / np.sqrt(4000)


def test_who_never_follows_picks_the_same_whatever_is_recommended():
    people = {"discovery": "browse", "behaviours": [{"kind": "adoption", "share": 0.0}]}
    runs = [
        run_all(tiny({"users.choice.outside": 0.0, "system.recommender": kind}, users=people))
        for kind in ("uniform", "popularity", "oracle", "none")
    ]
    clicks = [clicks_by_name(sim) for sim in runs]
    assert clicks[0] == clicks[1] == clicks[2] == clicks[3]
    assert len(clicks[0]) > 100
    assert (runs[2].service.log.clicks.rank > 0).any(), "some of it was recommended as well, and counts as that"


def test_full_adoption_is_the_world_without_discovery():
    one = run_all(tiny(users={"discovery": "browse", "behaviours": [{"kind": "adoption", "share": 1.0}]}))
    other = run_all(tiny())
    assert np.array_equal(one.service.log.clicks.item, other.service.log.clicks.item)
