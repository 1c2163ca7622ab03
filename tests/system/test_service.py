"""The platform: who is in charge when, what is due when, what is counted."""

from __future__ import annotations

import numpy as np
import pytest

from recsim.simulation import Simulation
from recsim.system.interventions.exploration import Exploration
from tests.helpers import run_all, tiny


def test_the_warm_up_has_its_own_recommender_and_nobody_interferes():
    """Ticks 1 to 3 are as in the scenario without re-rankers, generators and interventions."""
    plain = {"system.warmup": {"ticks": 3, "recommender": "popularity"}, "ticks": 5}
    busy = plain | {
        "system.rerankers": [{"kind": "diversity", "strength": 0.9}],
        "system.generators": ["gaussian"],
        "interventions": [{"kind": "exploration", "share": 1.0}],
    }
    one, other = Simulation(tiny(plain)), Simulation(tiny(busy))
    for _ in range(3):
        one.step()
        other.step()
        slates = [sim.service.log.exposures[sim.tick].items for sim in (one, other)]
        assert np.array_equal(*slates)
        assert len(other.world.items) == 30
    one.step()
    other.step()
    assert len(other.world.items) == 35
    assert not np.array_equal(*(sim.service.log.exposures[4].items for sim in (one, other)))


def test_without_a_warm_up_the_recommender_is_in_charge_from_tick_1():
    sim = run_all(tiny({"system.warmup": {"ticks": 0}, "ticks": 1}))
    assert sim.service.recommender.kind == "als"
    assert "recommender.als" in sim.service.policies


def test_delisted_items_are_never_offered():
    sim = Simulation(tiny({"system.recommender": "uniform", "ticks": 20}))
    sim.service.items.listed[::2] = False
    while sim.running:
        sim.step()
        shown = sim.service.log.exposures[sim.tick].items
        assert (shown[shown >= 0] % 2 == 1).all()


def test_dead_items_are_never_offered():
    sim = Simulation(tiny({"system.recommender": "oracle", "ticks": 6}))
    sim.world.items.alive[:15] = False
    while sim.running:
        sim.step()
        shown = sim.service.log.exposures[sim.tick].items
        assert (shown[shown >= 0] >= 15).all()


def test_nobody_is_shown_again_what_they_clicked_unless_repeats_are_allowed():
    """30 items, slates of 5: after 26 clicks somebody's list is short; with repeats nobody's ever is."""
    paths = {"users.choice.outside": -1e6, "system.holdout": 0.0, "ticks": 28, "system.keep_exposures": 50}
    sim = run_all(tiny(paths))
    clicks, exposures = sim.service.log.clicks, sim.service.log.exposures
    for user in (0, 17, 39):
        for tick in range(1, 29):
            before = clicks.item[(clicks.user == user) & (clicks.tick < tick)]
            shown = exposures[tick].items[user]
            assert not np.isin(shown[shown >= 0], before).any()
            assert (shown >= 0).sum() == min(5, 30 - len(before))
    again = run_all(tiny(paths | {"system.repeats": True}))
    assert (again.service.log.exposures[28].items >= 0).all()


def test_views_and_clicks_are_counted_per_item_and_per_user():
    sim = Simulation(tiny({"users.discovery": "browse", "users.activity": 0.6}))
    views, clicks, user_views, user_clicks = np.zeros(30), np.zeros(30), np.zeros(40), np.zeros(40)
    while sim.running:
        sim.step()
        slate = sim.service.log.exposures[sim.tick]
        shown = (slate.items >= 0) & (slate.source == 0)
        views += np.bincount(slate.items[shown], minlength=30)
        user_views[slate.users] += shown.sum(axis=1)
        now = sim.service.log.clicks.tick == sim.tick
        clicks += np.bincount(sim.service.log.clicks.item[now], minlength=30)
        user_clicks += np.bincount(sim.service.log.clicks.user[now], minlength=40)
        assert np.array_equal(sim.service.signals().views, np.bincount(slate.items[shown], minlength=30))
    assert np.array_equal(sim.service.items.views, views)
    assert np.array_equal(sim.service.items.clicks, clicks)
    assert np.array_equal(sim.service.users.views, user_views)
    assert np.array_equal(sim.service.users.clicks, user_clicks)


@pytest.mark.parametrize(
    ("paths", "candidates", "slots"),
    [
        ({"system.rerankers": ["diversity"]}, 25, 5),
        ({}, 5, 5),
        ({"system.candidates": 9}, 9, 5),
        ({"system.candidates": 9, "system.rerankers": ["diversity"]}, 9, 5),
        ({"system.slate_size": "all"}, 30, 30),
        ({"system.slate_size": "all", "system.rerankers": ["diversity"]}, 30, 30),
    ],
)
def test_candidates_are_five_times_the_slate_with_rerankers_and_the_slate_without(paths, candidates, slots):
    """As many as are named where they are; during the warm-up as many as the slate has."""
    sim = Simulation(tiny(paths))
    for tick, length in ((1, slots), (2, slots), (3, candidates)):
        sim.open()
        users = np.arange(40, dtype=np.int32)
        assert sim.service.candidates(users).items.shape == (40, length), tick
        assert sim.service.expose(users).items.shape == (40, slots), tick
        sim.step()


def test_a_random_share_of_nobody_and_of_everybody():
    nobody, everybody, uniform = (
        run_all(tiny(paths)).service.log.exposures[6]
        for paths in ({}, {"system.random_share": 1.0}, {"system.recommender": "uniform"})
    )
    assert nobody.propensity is None
    assert (everybody.propensity < 0.1).all()
    assert np.isnan(everybody.scores).all()
    assert uniform.propensity.shape == (40, 5)


@pytest.mark.parametrize(
    ("fields", "acting"),
    [
        ({}, range(3, 13)),
        ({"start": 6}, range(6, 13)),
        ({"start": 6, "stop": 9}, range(6, 9)),
        ({"start": 4, "every": 3}, range(4, 13, 3)),
        ({"start": 1}, range(3, 13)),
    ],
)
def test_interventions_act_when_they_say(fields, acting):
    """Seen in the slates: full exploration leaves no scores. The warm-up ends with tick 2."""
    spec = tiny(
        {"ticks": 12, "system.keep_exposures": 20}, interventions=[{"kind": "exploration", "share": 1.0} | fields]
    )
    exposures = run_all(spec).service.log.exposures
    random = [tick for tick, slate in exposures.items() if slate.scores is not None and np.isnan(slate.scores).all()]
    assert random == list(acting)


def test_a_schedule_reads_in_words():
    assert str(Exploration(share=0.5, start=3, stop=9, every=2)) == "from tick 3 to 8, every 2 ticks: " + (
        Exploration(share=0.5, start=3, stop=9, every=2).does()
    )


def test_costs_are_booked_by_name():
    sim = run_all(
        tiny(
            {"system.generators": [{"kind": "gaussian", "per_tick": 3}]},
            interventions=[{"kind": "human_review", "name": "desk", "cost": 2.0, "budget": 2}],
        )
    )
    assert sim.service.ledger == {"desk": 2.0 * 2 * 4}
    assert sim.service.spent == {"desk": 4.0}


def test_policies_are_kept_by_label_so_that_two_generators_do_not_share_one():
    generators = [{"kind": "gaussian", "name": name, "per_tick": 1, "window": w} for name, w in (("a", None), ("b", 1))]
    sim = run_all(tiny({"system.generators": generators}))
    one, other = (sim.service.policies[f"generator.{name}"] for name in ("a", "b"))
    assert not np.array_equal(one.mean, other.mean)
    log = sim.service.log.clicks
    recent = (log.tick == 6) & ~log.held
    assert other.mean == pytest.approx(sim.world.items.topics[log.item[recent]].mean(axis=0))


def test_padding_has_no_propensity():
    sim = run_all(tiny({"system.random_share": 0.5, "items.count": 4, "ticks": 4}))
    slate = sim.service.log.exposures[4]
    assert np.array_equal(np.isnan(slate.propensity), slate.items < 0)
    assert (slate.items < 0).any()


def test_the_past_of_views_and_clicks_is_kept_for_as_many_ticks_as_are_recent():
    sim = Simulation(tiny({"system.recent": 3, "ticks": 7}))
    views, clicks = [], []
    while sim.running:
        sim.step()
        views.append(sim.service.items.views_now.copy())
        clicks.append(sim.service.items.clicks_now.copy())
        for past, now in ((sim.service.items.views_past, views), (sim.service.items.clicks_past, clicks)):
            assert (past.sum(axis=1) == np.sum(now[-3:], axis=0)).all()
            assert (past[:, sim.tick % 3] == now[-1]).all()


def test_a_slate_at_random_says_what_would_have_stood_there():
    spec = tiny({"system.random_share": 0.5, "system.warmup.ticks": 0, "system.recommender": "popularity"})
    served, plain = Simulation(spec), Simulation(spec.override("system.random_share", 0.0))
    slate, model = served.slates(range(40)), plain.slates(range(40))
    at_random = (slate.intended >= 0).any(axis=1)
    assert 8 < at_random.sum() < 32
    assert (slate.intended[at_random] == model.items[at_random]).all()
    assert (slate.intended[~at_random] == -1).all()
    assert (slate.items[~at_random] == model.items[~at_random]).all()
    assert (slate.items[at_random] != model.items[at_random]).any()
    assert model.intended is None


@pytest.mark.parametrize("kind", ["popularity", "proportional"])
@pytest.mark.parametrize(("before", "after"), [(1, 3), (3, 1)])
def test_a_change_of_worlds_is_learned_anew_before_it_serves(kind, before, after):
    change = {"kind": "change", "path": "system.recommender.worlds", "value": after, "start": 4}
    paths = {"system.retrain_every": "once", "ticks": 5}
    spec = tiny(paths, system={"recommender": {"kind": kind, "worlds": before}}, interventions=[change])
    sim = run_all(spec)
    assert len(sim.service.policies[f"recommender.{kind}"].clicks) == after


def test_a_recommender_is_not_told_what_is_held_out_but_may_not_show_it_again():
    sim = Simulation(tiny({"system.holdout": 0.5, "users.choice.outside": -50.0}))
    sim.step(), sim.step(), sim.open()
    users, items = sim.service.log.held()
    request = sim.service.request(np.arange(40, dtype=np.int32), 5)
    cells = {name: set(zip(*_pairs_of(getattr(request, name)), strict=True)) for name in ("history", "forbidden")}
    held = set(zip(users.tolist(), items.tolist(), strict=True))
    assert len(held) > 20 and held <= cells["forbidden"] and not held & cells["history"]
    assert cells["history"] | held == cells["forbidden"]


def _pairs_of(rows):
    return np.repeat(np.arange(len(rows.indptr) - 1), np.diff(rows.indptr)).tolist(), rows.items.tolist()
