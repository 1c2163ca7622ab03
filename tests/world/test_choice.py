"""How people pick: what all models keep to, and each by hand."""

from __future__ import annotations

import numpy as np
import pytest

from recsim.base.draws import Draws
from recsim.simulation import Simulation
from recsim.world.choice import ChoiceModel
from recsim.world.choice.best import Best
from recsim.world.choice.cascade import Cascade
from recsim.world.choice.examine_then_like import ExamineThenLike
from recsim.world.choice.proportional import Proportional
from recsim.world.choice.rank_acceptance import RankAcceptance
from tests.bits import at, lively
from tests.helpers import make_offer, run_all, tiny

KINDS = sorted(kind for kind, one in ChoiceModel.members().items() if one.__module__.startswith("recsim."))
DRAWS = Draws(4).of("choice", 1)
N, K = 500, 8
every_kind = pytest.mark.parametrize("kind", KINDS)


def model(kind: str, **fields) -> ChoiceModel:
    """One whose users pick something now and then from appeals around 0."""
    common = {"alpha": 0.5} if kind == "rank_acceptance" else {"outside": 0.5}
    return ChoiceModel.parse({"kind": kind} | common | fields)


def appeals() -> np.ndarray:
    return DRAWS.of("appeal").normal(np.arange(N), np.arange(K))


# -- all of them -------------------------------------------------------------------------------------------------------


@every_kind
def test_what_is_not_there_is_never_picked(kind):
    appeal = appeals()
    appeal[:, 2] = -np.inf
    appeal[:7] = -np.inf
    picks = model(kind, picks=None).pick(make_offer(appeal), DRAWS)
    assert (picks[:7] == -1).all()
    assert (picks >= 0).any()
    assert not (picks == 2).any()
    assert model(kind).pick(make_offer(np.zeros((3, 0)), np.arange(3)), DRAWS).tolist() == [[-1]] * 3
    assert model(kind, picks=1).pick(make_offer(np.zeros((0, 4)), np.arange(0)), DRAWS).shape == (0, 1)


@every_kind
@pytest.mark.parametrize("picks", [1, 3, None])
def test_picked_are_the_strongest_pulls_above_nothing(kind, picks):
    """The slow twin, row by row, from what `trace` shows."""
    one, offer = model(kind, picks=picks), make_offer(appeals())
    found, (noise, nothing) = one.pick(offer, DRAWS), one.chance(offer, DRAWS)
    assert found.shape == (N, {1: 1, 3: 3, None: K}[picks])
    for row in range(N):
        pull = {column: offer.appeal[row, column] + noise[row, column] for column in range(K)}
        strong = sorted((column for column in pull if pull[column] > nothing[row]), key=lambda c: -pull[c])[:picks]
        assert found[row].tolist() == strong + [-1] * (found.shape[1] - len(strong))
    looks = kind == "two_systems" and picks == 1  # everybody has a look at the first one
    assert (found >= 0).any() and (looks or (found == -1).any())


@every_kind
def test_a_pick_depends_on_the_user_s_own_row_only(kind):
    appeal = appeals()
    whole = model(kind, picks=3).pick(make_offer(appeal), DRAWS)
    some = np.array([400, 3, 77])
    assert np.array_equal(model(kind, picks=3).pick(make_offer(appeal[some], some), DRAWS), whole[some])


@every_kind
def test_what_is_picked_does_not_depend_on_the_column_an_item_stands_in(kind):
    """Ranks and keys go with the items."""
    appeal, order = appeals().round(), np.array([5, 2, 7, 0, 1, 6, 4, 3])  # rounded: many are equal
    one = model(kind, picks=2).pick(make_offer(appeal), DRAWS)
    other = model(kind, picks=2).pick(make_offer(appeal[:, order], None, order, order + 1), DRAWS)
    assert np.array_equal(np.where(other < 0, -1, order[other]), one)


@every_kind
def test_further_picks_come_behind_the_first(kind):
    if kind == "cascade":
        pytest.skip("who reads on finds what may appeal more than the first")
    offer = make_offer(appeals())
    few, many = (model(kind, picks=picks).pick(offer, DRAWS) for picks in (2, None))
    assert np.array_equal(few, many[:, :2])
    assert (many >= 0).sum() > (few >= 0).sum()


@every_kind
@pytest.mark.parametrize("picks", [1, 3, None])
def test_a_trace_tells_what_pulled_and_what_was_picked(kind, picks):
    """In the loop: the strongest totals above nothing's are picked, and that is what the next step does."""
    fields = {} if kind == "rank_acceptance" else {"outside": 1.0}
    sim = at(lively({"users.choice": {"kind": kind, "picks": picks} | fields}), 3).open()
    tables = {user: sim.trace(user) for user in np.flatnonzero(sim.world.users.alive)}
    sim.step()
    log, clicked = sim.service.log.clicks, 0
    for user, table in tables.items():
        if not table.attrs["active"]:
            continue
        nothing, items = table.iloc[-1], table.iloc[:-1]
        strong = items[items["total"] > nothing["total"]].nlargest(picks or len(items), "total")
        assert sorted(items.loc[items["picked"], "item"]) == sorted(strong["item"])
        assert nothing["picked"] == (len(strong) == 0)
        terms = items[[name for name in ("utility", "drift", "position_bias", "noise") if name in items]]
        np.testing.assert_allclose(terms.sum(axis=1), items["total"], rtol=1e-12, atol=1e-12)
        mine = log.item[(log.tick == 4) & (log.user == user)].tolist()
        assert mine == strong["item"].tolist()
        clicked += len(mine)
    assert clicked > (len(tables) if picks != 1 and kind not in ("best", "examine_then_like") else 0)


def test_who_picks_by_hand_picks_one_thing_where_others_pick_several():
    sim = at(tiny({"users.choice": {"kind": "rank_acceptance", "alpha": 0.0}}), 3)
    slate = sim.slates([5, 6])
    sim.picks.update({5: 3, 6: 0})
    assert sim.trace(5).query("picked")["rank"].tolist() == [3]
    assert sim.trace(6).query("picked")["source"].tolist() == ["nothing"]
    sim.step()
    log = sim.service.log.clicks
    counts = np.bincount(log.user[log.tick == 4], minlength=40)
    assert counts[5] == 1 and counts[6] == 0 and (np.delete(counts, [5, 6]) == 5).all()
    assert log.item[(log.tick == 4) & (log.user == 5)].tolist() == [slate.items[0, 2]]


# -- best --------------------------------------------------------------------------------------------------------------


def test_the_best_wins_if_it_is_better_than_nothing():
    offer = make_offer([[1.0, 3.0, 2.0], [0.4, 0.5, 0.1], [0.6, 0.2, -9.0]])
    assert Best(outside=0.5).pick(offer, DRAWS).tolist() == [[1], [-1], [0]]
    assert Best(outside=0.5, picks=2).pick(offer, DRAWS).tolist() == [[1, 2], [-1, -1], [0, -1]]


# -- examine, then like ------------------------------------------------------------------------------------------------


def test_at_steepness_0_everything_is_examined_and_at_a_large_one_the_top_only():
    offer = make_offer(appeals())
    liked = offer.appeal > 0.5
    found = ExamineThenLike(outside=0.5, steepness=0.0).pick(offer, DRAWS)
    assert np.array_equal((found >= 0).sum(axis=1), liked.sum(axis=1))
    found = ExamineThenLike(outside=0.5, steepness=1000.0).pick(offer, DRAWS)
    assert set(found.ravel().tolist()) == {0, -1}
    assert ((found == 0).any(axis=1) == liked[:, 0]).all()


def test_steeper_attention_overlooks_more_and_finds_nothing_new():
    offer = make_offer(np.ones((N, K)))
    found = [_clicked(ExamineThenLike(outside=0.0, steepness=s), offer) for s in (0.5, 1.0, 2.0)]
    for flat, steep in zip(found, found[1:], strict=False):
        assert (flat | ~steep).all()
        assert flat.sum() > steep.sum()


def test_what_people_meet_by_themselves_is_always_examined():
    offer = make_offer(np.ones((N, 4)), ranks=[1, 2, 0, 0])
    clicked = _clicked(ExamineThenLike(outside=0.0, steepness=1000.0), offer)
    assert clicked.all(axis=0).tolist() == [True, False, True, True]


def _clicked(one: ChoiceModel, offer) -> np.ndarray:
    picks = one.pick(offer, DRAWS)
    found = np.zeros(offer.appeal.shape, bool)
    row, col = np.nonzero(picks >= 0)
    found[row, picks[row, col]] = True
    return found


# -- cascade -----------------------------------------------------------------------------------------------------------

COLD = {"temperature": 0.0, "outside": 0.0, "patience": 1.0}


def test_readers_stop_at_the_first_they_like():
    appeal = [[-1, 2, 9], [-1, -1, 9], [-1, -1, -1], [1, 9, 9]]
    assert Cascade(**COLD).pick(make_offer(appeal), DRAWS).tolist() == [[1], [2], [-1], [0]]
    assert Cascade(**COLD, picks=2).pick(make_offer(appeal), DRAWS).tolist() == [[1, 2], [2, -1], [-1, -1], [0, 1]]


def test_without_patience_only_the_first_is_read():
    appeal = [[1, 9], [-1, 9]]
    assert Cascade(**COLD | {"patience": 0.0}).pick(make_offer(appeal), DRAWS).tolist() == [[0], [-1]]


def test_what_people_meet_comes_after_the_list_and_what_is_not_there_costs_no_patience():
    """Three columns: met, rank 2, rank 1; then gaps before the only item, which is read first."""
    met = make_offer(np.ones((N, 3)), ranks=[0, 2, 1])
    assert (Cascade(**COLD).pick(met, DRAWS) == 2).all()
    assert (Cascade(**COLD).pick(met._replace(appeal=met.appeal * [1, 1, -1]), DRAWS) == 1).all()
    assert (Cascade(**COLD).pick(met._replace(appeal=met.appeal * [1, -1, -1]), DRAWS) == 0).all()
    gaps = make_offer(np.tile([-np.inf, -np.inf, 1.0], (N, 1)))
    assert (Cascade(**COLD | {"patience": 0.0}).pick(gaps, DRAWS) == 2).all()


def test_more_patience_adds_clicks_and_moves_none():
    offer = make_offer(appeals())
    one, two = (Cascade(temperature=0.5, outside=1.5, patience=p).pick(offer, DRAWS)[:, 0] for p in (0.3, 0.8))
    assert (two[one >= 0] == one[one >= 0]).all()
    assert (two >= 0).sum() > (one >= 0).sum()


# -- acceptance by rank ------------------------------------------------------------------------------------------------


def test_at_alpha_0_all_is_accepted_and_at_a_large_one_nothing():
    offer = make_offer(appeals())
    assert (np.sort(RankAcceptance(alpha=0.0).pick(offer, DRAWS), axis=1) == np.arange(K)).all()
    assert (RankAcceptance(alpha=1000.0).pick(offer, DRAWS) == -1).all()


def test_a_larger_alpha_accepts_less_and_nothing_new():
    few, many = (_clicked(RankAcceptance(alpha=alpha), make_offer(appeals())) for alpha in (0.5, 0.1))
    assert (many | ~few).all()
    assert many.sum() > few.sum()


def test_what_people_meet_is_accepted_as_often_as_the_field_says():
    """500 × 2 items; 4 s.e."""
    offer = make_offer(appeals()[:, :3], ranks=[1, 0, 0])
    assert not _clicked(RankAcceptance(), offer)[:, 1:].any()
    assert _clicked(RankAcceptance(met=1.0), offer)[:, 1:].all()
    found = _clicked(RankAcceptance(met=0.3), offer)[:, 1:].mean()
    assert abs(found - 0.3) < 4 * np.sqrt(0.3 * 0.7 / (2 * N))


# -- proportional ------------------------------------------------------------------------------------------------------


def test_what_has_no_weight_is_never_picked_and_without_an_outside_something_always_is():
    offer = make_offer(np.tile([1.0, 0.0, -3.0, 2.0], (N, 1)))
    found = Proportional(floor=0.0, outside=0.0).pick(offer, DRAWS)
    assert set(found.ravel().tolist()) == {0, 3}
    everything = Proportional(floor=0.0, outside=0.0, picks=None).pick(offer, DRAWS)
    assert np.array_equal(np.sort(everything, axis=1), np.tile([-1, -1, 0, 3], (N, 1)))
    nobody = Proportional(floor=0.0, outside=0.0).pick(make_offer(-np.ones((N, 3))), DRAWS)
    assert (nobody == -1).all(), "there is nothing with a weight"


def test_clicks_of_several_picks_are_counted_everywhere():
    sim = run_all(Simulation(tiny({"users.choice": {"kind": "proportional", "outside": 1.0, "picks": 3}})))
    service = sim.service
    assert len(service.log) == service.items.clicks.sum() == service.users.clicks.sum() > 40 * 6
    clicks = service.log.clicks
    pairs = set(zip(clicks.tick.tolist(), clicks.user.tolist(), clicks.item.tolist(), strict=True))
    assert len(pairs) == len(service.log), "nothing is picked twice in a session"
