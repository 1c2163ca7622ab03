"""Calibration, popularity penalty, interleaving and quotas: against lists computed by hand, and against slow twins."""

from __future__ import annotations

from math import comb, log
from types import SimpleNamespace

import numpy as np
import pytest

from recsim.base.draws import Draws
from recsim.base.flow import Slate, Source
from recsim.problems import ScenarioError
from recsim.system.rerankers import relevance
from recsim.system.rerankers.calibration import Calibration, genre_shares, miscalibration, proportions
from recsim.system.rerankers.diversity import Diversity
from recsim.system.rerankers.group_quota import GroupQuota
from recsim.system.rerankers.interleave import Interleave
from recsim.system.rerankers.popularity_penalty import PopularityPenalty
from tests.bits import finished, lively
from tests.helpers import make_public, make_request, make_slate, tiny

DRAWS = Draws(23)


def make_service(
    users=1, items=6, features=None, slate_size=3, consumed=None, clicks=None, born=None, groups=None, names=(), tick=9
):
    public = make_public(users, items, None if features is None else np.asarray(features, float))
    public = public._replace(
        born=public.born if born is None else np.asarray(born, np.int32),
        groups=public.groups if groups is None else np.asarray(groups, np.int32),
        group_names=names,
    )
    return SimpleNamespace(
        public=public,
        tick=tick,
        slate_size=slate_size,
        items=SimpleNamespace(clicks=np.zeros(items, int) if clicks is None else np.asarray(clicks)),
        request=lambda who, n: make_request(public, n, consumed, users=who, tick=tick),
    )


def random_lists(n, c, items, padded=0):
    order = np.argsort(DRAWS.of("items").uniform(np.arange(n), np.arange(items)), axis=1)[:, :c]
    scores = -np.sort(-DRAWS.of("scores").normal(np.arange(n), np.arange(c)), axis=1)
    if padded:
        order[:, -padded:], scores[:, -padded:] = -1, -np.inf
    return make_slate(order, scores=scores)


EVERY = [
    Calibration(strength=0.5),
    Diversity(strength=0.5),
    PopularityPenalty(strength=0.5),
    Interleave(count=2),
    GroupQuota(group="niche", share=0.5),
]
every_reranker = pytest.mark.parametrize("reranker", EVERY, ids=lambda one: one.kind)
N, C, ITEMS = 30, 12, 40
BUSY = make_service(
    N,
    ITEMS,
    features=DRAWS.of("features").normal(np.arange(ITEMS), np.arange(4)),
    slate_size=5,
    consumed={user: [user, (user + 7) % ITEMS, (3 * user) % ITEMS] for user in range(0, N, 2)},
    clicks=(DRAWS.of("clicks").uniform(np.arange(ITEMS)) * 50).astype(int),
    born=np.arange(ITEMS) % 10,
    groups=np.arange(ITEMS) % 3 == 0,
    names=("mainstream", "niche"),
)


# -- what all keep to ----


@every_reranker
def test_each_row_is_treated_by_itself(reranker):
    lists = random_lists(N, C, ITEMS, padded=2)
    whole = reranker.on_candidates(lists, BUSY, DRAWS)
    for rows in ([0], [17, 3], [29]):
        part = Slate(*(None if field is None else field[rows] for field in lists))
        alone = reranker.on_candidates(part, BUSY, DRAWS)
        for name, cells in alone._asdict().items():
            if cells is not None:
                np.testing.assert_array_equal(cells, getattr(whole, name)[rows], err_msg=name)


@every_reranker
def test_at_their_null_lists_stay_even_where_scores_are_out_of_order(reranker):
    lists = random_lists(N, C, ITEMS).take(np.argsort(DRAWS.uniform(np.arange(N), np.arange(C)), axis=1))
    found = reranker.model_copy(update=dict(reranker.null)).on_candidates(lists, BUSY, DRAWS)
    for name, cells in lists._asdict().items():
        np.testing.assert_array_equal(getattr(found, name), cells, err_msg=name)


@every_reranker
@pytest.mark.parametrize("padded", [0, 1, 9, 12])
def test_padding_stays_behind_and_nothing_is_doubled_or_lost(reranker, padded):
    lists = random_lists(N, C, ITEMS, padded)
    found = reranker.on_candidates(lists, BUSY, DRAWS)
    assert found.items.shape == lists.items.shape
    for row in range(N):
        real = found.items[row][found.items[row] >= 0]
        assert len(set(real.tolist())) == len(real) >= C - padded
        assert (found.items[row, : len(real)] == real).all(), "padding comes last"
        own = real[found.source[row, : len(real)] == Source.RECOMMENDED]
        assert set(own.tolist()) <= set(lists.items[row].tolist())
        if reranker.kind != "interleave":
            assert sorted(found.items[row].tolist()) == sorted(lists.items[row].tolist())
            before = dict(zip(lists.items[row].tolist(), lists.scores[row].tolist(), strict=True))
            assert all(before[i] == s for i, s in zip(found.items[row].tolist(), found.scores[row], strict=True))


@every_reranker
def test_they_work_where_there_are_no_users_scores_or_features(reranker):
    nobody = make_slate(np.zeros((0, C), int))
    assert reranker.on_candidates(nobody, BUSY, DRAWS).items.shape == (0, C)
    blank = make_service(2, 8, features=np.zeros((8, 3)), consumed={0: [7]}, groups=np.zeros(8), names=("niche",))
    lists = make_slate([[3, 1, 2, 0], [5, 4, 6, -1]])
    assert np.array_equal(reranker.on_candidates(lists, blank, DRAWS).items, lists.items), "nothing tells them apart"


def test_relevance_goes_from_0_to_1_and_what_has_no_score_counts_0():
    lists = make_slate([[0, 1, 2, 3, -1]], scores=np.array([[7.0, np.nan, 5.0, 3.0, -np.inf]]))
    assert relevance(lists).tolist() == [[1.0, 0.0, 0.5, 0.0, 0.0]]
    assert relevance(make_slate([[4, 2, 9]])).tolist() == [[1.0, 0.5, 0.0]], "ranks"
    assert relevance(make_slate([[4, 2]], scores=np.ones((1, 2)))).tolist() == [[0.0, 0.0]]


# -- calibration ----

ROMANCE, ACTION = [1.0, 0.0], [0.0, 1.0]


def test_the_miscalibration_of_steck_is_as_computed_by_hand():
    """p = (.7, .3), all romance: q̃ = (.997, .003), so .7 ln(.7/.997) + .3 ln(.3/.003) = 1.134."""
    wanted = np.array([[0.7, 0.3]])
    slates = np.array([[[5.0, 0.0], [7.0, 3.0], [0.0, 0.0], [0.0, 2.0]]])
    found = miscalibration(wanted, slates, 0.01)[0]
    assert found[0] == pytest.approx(0.7 * log(0.7 / 0.997) + 0.3 * log(100), abs=1e-12)
    assert found[0] == pytest.approx(1.134, abs=5e-4)
    assert found[1] == pytest.approx(0.0, abs=1e-12)
    assert found[2] == pytest.approx(log(100)), "nothing chosen yet: q̃ = a · p"
    assert found[3] == pytest.approx(0.7 * log(100) + 0.3 * log(0.3 / 0.993), abs=1e-12)


@pytest.mark.parametrize(("strength", "expected"), [(0.3, [0, 1, 2, 3]), (0.33, [0, 2, 1, 3]), (1.0, [0, 2, 1, 3])])
def test_the_other_genre_comes_when_it_weighs_more(strength, expected):
    """Relevance 1, .9, 0, 0; p = (½, ½). Slot 2: (1 − s) · .9 − s · 1.9585 against 0, so from s = .3149 on."""
    assert 0.9 / (0.9 + 0.5 * log(0.5 / 0.995) + 0.5 * log(100)) == pytest.approx(0.3149, abs=1e-4)
    service = make_service(1, 6, [ROMANCE, ROMANCE, ACTION, ACTION, ROMANCE, ACTION], consumed={0: [4, 5]})
    lists = make_slate([[0, 1, 2, 3]], scores=np.array([[10.0, 9.0, 0.0, 0.0]]))
    found = Calibration(strength=strength).on_candidates(lists, service, DRAWS).items[0].tolist()
    if strength == 1.0:  # slot 3 ties: a third item makes (⅔, ⅓) either way, and the recommender's first wins
        assert found == [0, 2, 1, 3]
    assert found == expected


def test_a_feature_and_its_opposite_are_two_genres():
    shares = genre_shares(np.array([[1.0, -3.0], [2.0, 2.0], [0.0, 0.0]]))
    assert shares.tolist() == [[0.25, 0.0, 0.75], [0.5, 0.5, 0.0], [0.0, 0.0, 0.0]], "1, 2 and the opposite of 2"
    service = make_service(1, 5, [[0, 1], [0, 1], [0, -1], [0, -1], [0, -1]], slate_size=2, consumed={0: [4]})
    lists = make_slate([[0, 1, 2, 3]])
    assert Calibration(strength=0.9).on_candidates(lists, service, DRAWS).items[0].tolist() == [2, 3, 0, 1]


def test_the_proportions_of_a_history_are_means_over_its_items():
    shares = genre_shares(np.array([[2.0, 2.0], [1.0, 0.0], [0.0, 0.0]]))
    history = make_request(make_public(3, 3), 1, {0: [0, 1], 2: [1, 2]}).history
    assert proportions(history, shares).tolist() == [[0.75, 0.25], [0.0, 0.0], [1.0, 0.0]], "item 2 has no genre"


def test_who_has_no_history_keeps_the_order():
    service = make_service(2, 6, [ROMANCE, ROMANCE, ACTION, ACTION, ACTION, ACTION], consumed={1: [5]})
    found = Calibration(strength=1.0).on_candidates(make_slate([[0, 1, 2, 3]] * 2), service, DRAWS)
    assert found.items.tolist() == [[0, 1, 2, 3], [2, 3, 0, 1]]


def genre_world(slate_size):
    """40 users with 25 clicks each, 5 genres of different size, items of up to two genres."""
    kinds = np.floor(DRAWS.of("genre").uniform(np.arange(300), np.arange(2)) ** 2 * 5).astype(int)
    features = np.zeros((300, 5))
    features[np.arange(300)[:, None], kinds] = 1.0
    order = np.argsort(DRAWS.of("read").uniform(np.arange(40), np.arange(100)), axis=1)
    return make_service(40, 300, features, slate_size, {user: order[user, :25] for user in range(40)})


def candidates_of(service, c=150):
    order = 100 + np.argsort(DRAWS.of("lists").uniform(np.arange(40), np.arange(200)), axis=1)[:, :c]
    return make_slate(order, scores=-np.sort(-DRAWS.of("liked").normal(np.arange(40), np.arange(c)), axis=1))


def divergence(service, slate, smoothing=0.01):
    genres = genre_shares(service.public.features)
    wanted = proportions(service.request(slate.users, 1).history, genres)
    shown = genres[slate.items[:, : service.slate_size]].sum(axis=1)
    return miscalibration(wanted, shown[:, None], smoothing)[:, 0]


def test_it_chooses_what_the_formula_says():
    """A plain twin, slot by slot and candidate by candidate."""
    service = genre_world(6)
    lists, genres = candidates_of(service, 20), genre_shares(service.public.features)
    found = Calibration(strength=0.4, smoothing=0.05).on_candidates(lists, service, DRAWS)
    likes = relevance(lists)
    for row in range(40):
        history = service.request(np.array([row]), 1).history.items
        wanted = genres[history].mean(axis=0)
        chosen: list[int] = []
        while len(chosen) < 6:
            gains = {}
            for place in set(range(20)) - set(chosen):
                shown = genres[lists.items[row, [*chosen, place]]].mean(axis=0)
                mixed = 0.95 * shown + 0.05 * wanted
                kl = sum(p * log(p / q) for p, q in zip(wanted, mixed, strict=True) if p > 0)
                gains[place] = 0.6 * likes[row, [*chosen, place]].sum() - 0.4 * kl
            best = max(gains.values())
            chosen.append(min(place for place, gain in gains.items() if gain > best - 1e-12))
        assert found.items[row, :6].tolist() == lists.items[row, chosen].tolist()


def test_a_larger_strength_brings_slates_nearer_to_the_history():
    service = genre_world(10)
    lists = candidates_of(service)
    found = [
        divergence(service, Calibration(strength=s).on_candidates(lists, service, DRAWS)).mean()
        for s in (0.0, 0.1, 0.3, 0.6, 1.0)
    ]
    assert found == sorted(found, reverse=True)
    assert found[-1] < 0.1 * found[0]


def test_with_enough_items_only_proportions_leave_nothing_miscalibrated():
    """Enough: 200 candidates hold more of each genre than the slate asks for (at 80 slots the rarest runs out)."""
    found = []
    for size in (5, 15, 40):
        service = genre_world(size)
        lists = candidates_of(service, 200)
        found.append(divergence(service, Calibration(strength=1.0).on_candidates(lists, service, DRAWS)).max())
    assert found == sorted(found, reverse=True)
    assert found[-1] < 1e-3


# -- popularity penalty ----


@pytest.mark.parametrize(
    ("strength", "expected"),
    [(0.1, [0, 1, 2, 3]), (0.5, [1, 0, 2, 3]), (1.0, [1, 2, 0, 3]), (50.0, [1, 2, 0, 3])],
)
def test_scores_are_scaled_by_the_clicks(strength, expected):
    """Relevance 1, ¾, ½, 0 with 8, 0, 3, 0 clicks: at ½ 0.33, 0.75, 0.25, 0; at 1 0.11, 0.75, 0.125, 0."""
    service = make_service(1, 4, clicks=[8, 0, 3, 0])
    lists = make_slate([[0, 1, 2, 3]], scores=np.array([[4.0, 3.0, 2.0, 0.0]]))
    found = PopularityPenalty(strength=strength).on_candidates(lists, service, DRAWS)
    assert found.items[0].tolist() == expected
    assert found.scores[0].tolist() == [[4.0, 3.0, 2.0, 0.0][item] for item in expected], "scores stay the model's"


def test_a_larger_penalty_shows_less_popular_items():
    lists = random_lists(N, C, ITEMS)
    found = [
        BUSY.items.clicks[PopularityPenalty(strength=s).on_candidates(lists, BUSY, DRAWS).items[:, :5]].mean()
        for s in (0.0, 0.2, 1.0, 5.0, 1e15)
    ]
    assert found == sorted(found, reverse=True)
    assert found[-1] < 0.7 * found[0]


# -- interleaving ----


def test_new_items_stand_between_the_others_which_keep_their_order():
    lists = random_lists(N, C, ITEMS)
    found = Interleave(count=2, newest=3).on_candidates(lists, BUSY, DRAWS)
    new = found.source == Source.INTERLEAVED
    assert (new[:, :5].sum(axis=1) == 2).all() and not new[:, 5:].any()
    assert np.isin(BUSY.public.born[found.items[new]], [7, 8, 9]).all(), "tick 9, younger than 3 ticks"
    assert np.isnan(found.scores[new]).all() and not np.isnan(found.scores[~new]).any()
    for row in range(N):
        inside = found.items[row, :5][~new[row, :5]].tolist()
        assert inside == lists.items[row, :3].tolist(), "the last two drop out of the slate"
        fresh = set(found.items[row][new[row]].tolist())
        assert not fresh & set(lists.items[row, :5].tolist()), "those have their own place"
        forbidden = BUSY.request(np.array([row], np.int32), 1).forbidden.items
        assert not fresh & set(forbidden.tolist())
        behind = [item for item in lists.items[row, 3:].tolist() if item not in fresh]
        assert found.items[row, 5:].tolist() == behind[:7]


def test_users_and_ticks_get_other_items_at_other_places():
    lists = make_slate(np.tile(np.arange(0, 40, 10), (N, 1)))
    one, other = (Interleave(count=1).on_candidates(lists, BUSY, DRAWS.of(tick)) for tick in (1, 2))
    for found in (one, other):
        assert len(np.unique(found.items[found.source == Source.INTERLEAVED])) > 5
        assert len(np.unique(np.nonzero(found.source == Source.INTERLEAVED)[1])) > 2
    assert not np.array_equal(one.items, other.items)


def test_the_logged_chances_are_those_of_the_draws():
    """Three slots, one given away, two new items: 1/6 each; the model's first is first with ⅔ and second with ⅓."""
    n = 20_000
    service = make_service(n, 6, slate_size=3, born=[0, 0, 0, 0, 8, 9])
    lists = make_slate(np.tile([3, 1, 2, 0], (n, 1)))
    found = Interleave(count=1).on_candidates(lists, service, DRAWS)
    known = {(3, 0): 2 / 3, (3, 1): 1 / 3, (1, 1): 1 / 3, (1, 2): 2 / 3}
    known |= {(item, slot): 1 / 6 for item in (4, 5) for slot in range(3)}
    seen = set()
    for item, slot in {(int(i), s) for s in range(3) for i in np.unique(found.items[:, s])}:
        here = found.items[:, slot] == item
        chance = known[item, slot]
        assert found.propensity[here, slot] == pytest.approx(chance, abs=1e-12)
        assert abs(here.mean() - chance) < 4 * np.sqrt(chance * (1 - chance) / n)
        seen.add((item, slot))
    assert seen == known.keys()
    assert (found.propensity[:, 3] == 1.0).all(), "what is behind the slate was certain"


def test_chances_of_longer_slates_are_binomials():
    service = make_service(500, 30, slate_size=8, born=[0] * 20 + [9] * 10)
    lists = make_slate(np.tile(np.arange(12), (500, 1)))
    found = Interleave(count=3).on_candidates(lists, service, DRAWS)
    for row in range(0, 500, 50):
        rank = 0
        for slot in range(8):
            if found.items[row, slot] >= 20:
                assert found.propensity[row, slot] == pytest.approx(3 / (8 * 10))
            else:
                known = comb(slot, rank) * comb(7 - slot, 4 - rank) / comb(8, 3)
                assert found.propensity[row, slot] == pytest.approx(known)
                rank += 1


def test_short_lists_are_filled_and_few_new_items_are_enough():
    service = make_service(3, 6, slate_size=4, born=[0, 0, 0, 0, 9, 9], consumed={1: [4, 5], 2: [4]})
    lists = make_slate([[0, -1, -1, -1], [0, 1, 2, 3], [0, 1, -1, -1]], propensity=np.full((3, 4), 0.25))
    found = Interleave(count=3).on_candidates(lists, service, DRAWS)
    assert sorted(found.items[0].tolist()) == [-1, 0, 4, 5] and found.items[0, 3] == -1
    assert found.items[1].tolist() == [0, 1, 2, 3] and (found.propensity[1] == 0.25).all(), "nothing is new for them"
    assert sorted(found.items[2].tolist()) == [-1, 0, 1, 5]
    assert np.isnan(found.propensity[0, 3]) and (found.propensity[0, :3] == 1 / 3).sum() >= 1


def test_the_first_catalogue_is_not_new():
    service = make_service(2, 6, slate_size=3, born=[0, 0, 0, 0, 1, 0], tick=2)
    found = Interleave(count=2, newest=5).on_candidates(make_slate([[0, 1, 2, 3]] * 2), service, DRAWS)
    assert ((found.items == 4).sum(axis=1) == 1).all() and not (found.items == 5).any()


def test_in_the_loop_the_log_tells_interleaved_clicks_with_their_chances():
    born = {"items.dynamics.new_items.per_tick": 9}
    sim = finished(lively({"system.rerankers": [{"kind": "interleave", "count": 2}], **born}))
    exposed = sim.service.log.exposures[6]
    new = exposed.source == Source.INTERLEAVED
    assert new.any() and (sim.world.items.born[exposed.items[new]] > 1).all()
    assert (exposed.propensity[new] < 1).all() and (exposed.propensity[new] > 0).all()


# -- quotas ----

MIXED = {"groups": [0, 0, 0, 0, 1, 1, 1], "names": ("mainstream", "niche")}


@pytest.mark.parametrize(
    ("share", "expected"),
    [
        (0.0, [0, 1, 2, 3, 4, 5, 6]),
        (0.34, [0, 1, 4, 2, 3, 5, 6]),  # ⌊.34 t⌋ = 0, 0, 1, 1
        (0.5, [0, 4, 1, 5, 2, 3, 6]),  # 0, 1, 1, 2
        (0.75, [0, 4, 5, 6, 1, 2, 3]),  # 0, 1, 2, 3
        (1.0, [4, 5, 6, 0, 1, 2, 3]),  # 1, 2, 3, and no fourth
    ],
)
def test_every_prefix_has_its_share_of_the_group(share, expected):
    service = make_service(1, 7, slate_size=4, **MIXED)
    found = GroupQuota(group="niche", share=share).on_candidates(make_slate([range(7)]), service, DRAWS)
    assert found.items[0].tolist() == expected


def test_a_group_that_has_its_share_loses_nothing():
    service = make_service(1, 7, slate_size=4, **MIXED)
    lists = make_slate([[4, 5, 0, 6, 1, 2, -1]])
    assert np.array_equal(GroupQuota(group="niche", share=0.5).on_candidates(lists, service, DRAWS).items, lists.items)


def test_shares_that_no_float_can_tell_are_counted_as_written():
    """0.29 · 100 is 28.999999999999996 in binary."""
    groups = np.arange(200) >= 100
    service = make_service(1, 200, slate_size=100, groups=groups, names=("mainstream", "niche"))
    found = GroupQuota(group="niche", share=0.29).on_candidates(make_slate([range(200)]), service, DRAWS)
    assert (found.items[0, :100] >= 100).sum() == 29


def test_a_larger_share_gives_the_group_more():
    lists = random_lists(N, C, ITEMS)
    niche = BUSY.public.groups[lists.items] == 1
    found = []
    for share in (0.0, 0.2, 0.4, 0.6, 0.8):
        slates = GroupQuota(group="niche", share=share).on_candidates(lists, BUSY, DRAWS).items[:, :5]
        held = (BUSY.public.groups[slates] == 1).cumsum(axis=1)
        least = np.minimum(np.floor(share * np.arange(1, 6) + 1e-9), niche.sum(axis=1, keepdims=True))
        assert (held >= least).all()
        found.append(held[:, -1].mean())
    assert found == sorted(found) and found[-1] > 1.5 * found[0]


def test_a_group_that_there_is_not_is_refused_with_a_suggestion():
    groups = [{"name": "mainstream", "share": 0.7}, {"name": "niche", "share": 0.3}]
    quota = {"kind": "group_quota", "group": "nich"}
    with pytest.raises(ScenarioError, match=r"no group of items is called 'nich'\n.*did you mean 'niche'"):
        tiny(items={"groups": groups}, system={"rerankers": [quota]})
    with pytest.raises(ScenarioError, match="groups of items here: none"):
        tiny(system={"rerankers": [quota]})
    with pytest.raises(ScenarioError, match="'group_quota' needs 'group:'"):
        tiny(system={"rerankers": ["group_quota"]})
