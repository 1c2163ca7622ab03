"""The log: append-only, windowed; its hold-out never trains and is not known as consumed."""

from __future__ import annotations

import numpy as np
import pytest

from recsim.base.draws import Draws
from recsim.base.flow import Source
from recsim.simulation import Simulation
from recsim.system.log import Log
from tests.helpers import make_feedback, make_slate, run_all, tiny

KEYS = np.arange(50, dtype=np.uint64)


def rows_of(log: Log, users: list[int], n_users: int = 4, n_items: int = 9) -> list[list[int]]:
    found = log.history(np.array(users, np.int32), n_users, n_items)
    return [found.items[lo:hi].tolist() for lo, hi in zip(found.indptr, found.indptr[1:], strict=False)]


def written() -> Log:
    log = Log(keep_exposures=2)
    slate = make_slate([[5, 2], [1, 0], [8, 7]], users=[0, 2, 3])
    log.append(1, make_feedback(slate, [[1, 0], [-1, -1], [-1, 0]]), 4, 9)
    log.append(2, make_feedback(make_slate([[2, 3], [4, 5]], users=[0, 1]), [1, 0]), 4, 9)
    log.append(4, make_feedback(make_slate([[2, 3]], users=[0]), [0]), 4, 9)
    return log


def test_clicks_are_kept_in_order_with_who_what_and_when():
    clicks = written().clicks
    assert clicks.tick.tolist() == [1, 1, 1, 2, 2, 4]
    assert clicks.user.tolist() == [0, 0, 3, 0, 1, 0]
    assert clicks.item.tolist() == [2, 5, 8, 3, 4, 2]
    assert clicks.value.tolist() == [1.0] * 6


def test_history_is_what_each_user_clicked_ascending_and_once():
    log = written()
    assert rows_of(log, [0, 1, 2, 3]) == [[2, 3, 5], [4], [], [8]]
    assert rows_of(log, [3, 0]) == [[8], [2, 3, 5]]


def test_history_grows_with_the_tables():
    log = written()
    assert rows_of(log, [0, 5], n_users=6, n_items=40) == [[2, 3, 5], []]
    log.append(5, make_feedback(make_slate([[39, 1]], users=[5]), [0]), 6, 40)
    assert rows_of(log, [0, 5], n_users=6, n_items=40) == [[2, 3, 5], [39]]


def test_a_rebuilt_history_is_the_same():
    log = written()
    before = rows_of(log, [0, 1, 2, 3])
    log.rebuild(4, 9)
    assert rows_of(log, [0, 1, 2, 3]) == before


@pytest.mark.parametrize(
    ("window", "ticks"), [(None, [1, 1, 1, 2, 2, 4]), (1, [4]), (3, [2, 2, 4]), (4, [1, 1, 1, 2, 2, 4]), (0, [])]
)
def test_a_window_counts_ticks_back_from_now(window, ticks):
    training = written().training(window, tick=4, consumer="recommender")
    assert training.ticks.tolist() == ticks
    assert (training.consumer, training.tick) == ("recommender", 4)
    assert len(training.users) == len(training.items) == len(training.weights) == len(ticks)


def test_exposures_are_kept_as_long_as_asked_for_clicked_or_not():
    log = written()
    assert list(log.exposures) == [4]
    log.append(5, make_feedback(make_slate([[2, 3]], users=[0]), [-1]), 4, 9)
    assert list(log.exposures) == [4, 5]
    assert log.exposures[5].items.tolist() == [[2, 3]]


def test_the_hold_out_is_as_large_as_asked_for_and_goes_by_pairs():
    """Share 0.3 of 2500 pairs, each clicked twice: s.e. √(p(1 − p)/n), 4 s.e.; a pair is held out as a whole."""
    users, items = np.divmod(np.arange(2500), 50)
    log = Log(1)
    for tick in (1, 2):
        log.extend(tick, users, items, np.ones(2500), 50, 50)
    log.hold_out(0.3, KEYS, KEYS, Draws(4))
    held = log.clicks.held.reshape(2, 2500)
    assert np.array_equal(held[0], held[1])
    assert abs(held[0].mean() - 0.3) < 4 * np.sqrt(0.3 * 0.7 / 2500)
    assert abs(np.corrcoef(held[0], users)[0, 1]) < 4 / np.sqrt(2500)
    assert abs(np.corrcoef(held[0], items)[0, 1]) < 4 / np.sqrt(2500)


def test_the_hold_out_never_trains_but_is_known_as_consumed():
    users, items = np.divmod(np.arange(2500), 50)
    log = Log(1)
    log.extend(1, users, items, np.ones(2500), 50, 50)
    log.hold_out(0.3, KEYS, KEYS, Draws(4))
    held = set(zip(*(array.tolist() for array in log.held()), strict=True))
    training = log.training(None, 9, "recommender")
    trained = set(zip(training.users.tolist(), training.items.tolist(), strict=True))
    assert not trained & held
    assert len(trained) + len(held) == 2500
    everybody = np.arange(50, dtype=np.int32)
    assert len(log.history(everybody, 50, 50).items) == 2500
    assert len(log.history(everybody, 50, 50, trained=True).items) == len(trained)


def test_a_pair_that_is_held_out_is_never_learned_however_often_it_is_clicked_again():
    """With repeats, and items met by browsing, held-out pairs are clicked again; none of them may ever train."""
    paths = {"system.repeats": True, "users.discovery": {"kind": "browse", "count": 8}, "system.holdout": 0.5}
    sim = run_all(tiny({**paths, "users.choice.outside": -1e6, "ticks": 20}))
    clicks, held = sim.service.log.clicks, set(zip(*(one.tolist() for one in sim.service.log.held()), strict=True))
    later = list(zip(clicks.user.tolist(), clicks.item.tolist(), strict=True))[len(held) :]
    assert sum(pair in held for pair in later) > len(held), "they are clicked again"
    training = sim.service.log.training(None, 20, "recommender")
    assert not held & set(zip(training.users.tolist(), training.items.tolist(), strict=True))
    assert len(held) == len(sim.service.log.held()[0]), "and the hold-out does not grow"


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_none_or_all_can_be_held_out(share):
    sim = run_all(tiny({"system.holdout": share}))
    clicks = sim.service.log.clicks
    assert (clicks.held == ((clicks.tick <= 2) & (share == 1.0))).all()


def test_in_a_run_the_hold_out_is_cut_at_the_end_of_the_warm_up_and_stays_frozen():
    sim = Simulation(tiny({"system.holdout": 0.4, "ticks": 8}))
    for _ in range(2):
        sim.step()
    held = [array.copy() for array in sim.service.log.held()]
    assert 0 < len(held[0]) < len(sim.service.log)
    seen = []
    while sim.running:
        sim.step()
        assert all(np.array_equal(a, b) for a, b in zip(held, sim.service.log.held(), strict=True))
        seen.append(sim.service.log.training(None, sim.tick, "recommender"))
    clicks = sim.service.log.clicks
    assert (clicks.tick[clicks.held] <= 2).all()
    assert len(seen[-1].users) == (~clicks.held).sum()


def test_without_repeats_no_pair_is_ever_clicked_twice():
    sim = run_all(tiny({"system.holdout": 0.5, "users.choice.outside": -1e6, "ticks": 20}))
    clicks = sim.service.log.clicks
    pairs = set(zip(clicks.user.tolist(), clicks.item.tolist(), strict=True))
    assert len(pairs) == len(clicks) == 40 * 20


def test_a_click_knows_where_it_was_and_how_likely_it_was_to_be_there():
    log = Log(keep_exposures=1)
    slate = make_slate([[5, 2, 7]], propensity=np.array([[0.5, 0.25, np.nan]]))
    slate.source[0, 2] = Source.ORGANIC
    log.append(1, make_feedback(slate, [[1, 2]]), 4, 9)
    log.append(2, make_feedback(make_slate([[4, 8]]), [1]), 4, 9)
    training = log.training(None, 2, "recommender")
    assert training.items.tolist() == [2, 7, 8]
    assert training.ranks.tolist() == [2, 0, 2]
    assert training.propensity == pytest.approx([0.25, np.nan, 1.0], nan_ok=True)


def test_what_was_shown_and_not_clicked_is_told_for_as_long_as_exposures_are_kept():
    log = written()  # keeps two ticks: 3 and 4 at tick 4
    assert log.unclicked(None, 4).items.tolist() == [3]
    log = Log(keep_exposures=9)
    slate = make_slate([[5, 2, 6], [1, 0, -1]], users=[0, 2])
    slate.source[0, 2] = Source.ORGANIC
    log.append(1, make_feedback(slate, [1, -1]), 4, 9)
    log.append(3, make_feedback(make_slate([[5, 3]], users=[0]), [0]), 4, 9)
    missed = log.unclicked(None, 3)
    assert list(zip(*(part.tolist() for part in missed), strict=True)) == [
        (0, 5, 1, 1), (2, 1, 1, 1), (2, 0, 1, 2), (0, 3, 3, 2)
    ]  # fmt: skip
    assert log.unclicked(1, 3).items.tolist() == [3]
    assert log.training(1, 3, "recommender").unclicked.items.tolist() == [3]


def test_of_a_pair_held_out_not_even_a_missing_click_is_told():
    log = Log(keep_exposures=9)
    log.extend(0, np.array([0]), np.array([5]), np.ones(1), 4, 9)
    log.hold_out(1.0, KEYS, KEYS, Draws(1))
    log.append(1, make_feedback(make_slate([[5, 3]], users=[0]), [-1]), 4, 9)
    assert log.unclicked(None, 1).items.tolist() == [3]


def logged(users: list[int], items: list[int]) -> Log:
    log = Log(1)
    log.extend(0, np.array(users), np.array(items), np.ones(len(users)), 50, 50)
    return log


def test_the_latest_of_each_user_are_held_out_rounded_down_but_one_of_two():
    """0.3 of ten pairs, of five, of two and of one: three, one, one and none; the last that each user has."""
    users = [0] * 10 + [1] * 5 + [2] * 2 + [3]
    log = logged(users, [9, 3, 7, 1, 8, 0, 5, 2, 6, 4, 30, 20, 10, 40, 0, 7, 6, 5])
    log.hold_out(0.3, KEYS, KEYS, Draws(4), "latest")
    assert log.clicks.held.tolist() == [False] * 7 + [True] * 3 + [False] * 4 + [True] + [False, True] + [False]


def test_a_share_of_a_hundred_pairs_is_that_many_whatever_floats_make_of_it():
    log = Log(1)
    log.extend(0, np.zeros(100, np.int32), np.arange(100), np.ones(100), 1, 100)
    log.hold_out(0.29, KEYS, np.arange(100, dtype=np.uint64), Draws(4), "latest")
    assert np.flatnonzero(log.clicks.held).tolist() == list(range(71, 100))


def test_a_pair_that_comes_again_is_as_late_as_its_last_interaction_and_held_out_as_a_whole():
    log = logged([0, 0, 0, 1, 0], [5, 6, 7, 5, 5])
    log.hold_out(0.4, KEYS, KEYS, Draws(4), "latest")
    assert log.clicks.held.tolist() == [True, False, False, False, True]
    assert log.training(None, 0, "recommender").items.tolist() == [6, 7, 5]


@pytest.mark.parametrize(("share", "held"), [(0.0, 0), (1.0, 4)])
def test_of_the_latest_too_none_or_all_can_be_held_out(share, held):
    log = logged([0, 1, 0, 1], [5, 6, 7, 8])
    log.hold_out(share, KEYS, KEYS, Draws(4), "latest")
    assert log.clicks.held.sum() == held


def test_a_run_can_hold_out_the_latest_of_its_warm_up():
    """With a click in each of five ticks of warm-up, the click of the fifth is held out."""
    paths = {"system.holdout_by": "latest", "system.warmup.ticks": 5, "users.choice.outside": -1e6, "ticks": 7}
    clicks = run_all(tiny(paths)).service.log.clicks
    assert np.array_equal(clicks.held, clicks.tick == 5)
    other = run_all(tiny({**paths, "cohort_size": 7})).service.log.clicks
    assert np.array_equal(other.held, clicks.held)


def test_the_random_hold_out_does_not_depend_on_the_order_of_the_log():
    users, items = np.divmod(np.arange(2500), 50)
    order = np.argsort(Draws(8).uniform(np.arange(2500)))
    held = []
    for rows in (np.arange(2500), order):
        log = Log(1)
        log.extend(0, users[rows], items[rows], np.ones(2500), 50, 50)
        log.hold_out(0.3, KEYS, KEYS, Draws(4))
        held.append(set(zip(*(array.tolist() for array in log.held()), strict=True)))
    assert held[0] == held[1]
