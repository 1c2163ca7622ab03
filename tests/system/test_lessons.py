"""What a generator learns from: clicks to a power, windows, what is its own, and draws by weight."""

from __future__ import annotations

import numpy as np
import pytest

from recsim import checkpoint
from recsim.base.draws import Draws
from recsim.simulation import Simulation
from recsim.system.generators.gaussian import Gaussian
from recsim.system.lessons import drawn, kept, lesson, rows_of
from tests.bits import at, finished, lively
from tests.helpers import make_training, run_all, tiny
from tests.test_invariance import clicks_by_name, relabelled

USERS, ITEMS = [0, 1, 2, 3, 4, 5, 6], [7, 7, 7, 7, 2, 2, 5]
"""Item 7 has four clicks, item 2 two, item 5 one."""


@pytest.fixture
def service():
    return Simulation(tiny(metrics=[])).service


def mass(training, n=30):
    return np.bincount(training.items, training.weights, n)


@pytest.mark.parametrize(
    ("engagement", "expected"),
    [(1.0, {7: 4, 2: 2, 5: 1}), (2.0, {7: 16, 2: 4, 5: 1}), (0.5, {7: 2, 2: 2**0.5, 5: 1})],
)
def test_an_item_weighs_its_clicks_to_a_power(service, engagement, expected):
    training = make_training(USERS, ITEMS)
    found = lesson(Gaussian(engagement=engagement), training, service, False)
    assert {item: mass(found)[item] for item in expected} == pytest.approx(expected)
    assert mass(found).sum() == pytest.approx(sum(expected.values()))
    assert np.array_equal(found.users, training.users), "a filter may still ask who clicked"


def test_ratings_and_minutes_count_as_that_many_clicks(service):
    training = make_training(USERS, ITEMS, [2.0, 1.0, 1.0, 4.0, 0.5, 1.5, 3.0])
    found = mass(lesson(Gaussian(engagement=2.0), training, service, False))
    assert [found[7], found[2], found[5]] == pytest.approx([64.0, 4.0, 9.0])


def test_with_engagement_zero_the_catalogue_is_scraped_clicked_or_not(service):
    """Gone, delisted and hidden items are not on offer."""
    service.public.alive.setflags(write=True)
    service.public.alive[3] = False
    service.items.listed[4], service.items.hidden[5] = False, True
    found = lesson(Gaussian(engagement=0.0), make_training(USERS, ITEMS), service, False)
    assert found.items.tolist() == [item for item in range(30) if item not in (3, 4, 5)]
    assert (found.weights == 1.0).all() and (found.users == -1).all()
    assert np.isnan(found.propensity).all() and (found.ranks == 0).all()


@pytest.mark.parametrize(("window", "ticks"), [(1, [6]), (3, [4, 5, 6]), (None, [0, 1, 2, 3, 4, 5, 6])])
def test_the_window_of_a_scrape_is_of_births(window, ticks):
    spec = tiny(items={"dynamics": [{"kind": "new_items", "per_tick": 2}]}, metrics=[])
    service = at(spec, 6).service
    training = service.log.training(None, 6, "gaussian", with_missed=False)
    found = lesson(Gaussian(engagement=0.0, window=window), training, service, False)
    assert np.unique(found.ticks).tolist() == ticks
    assert np.array_equal(found.ticks, service.public.born[found.items])


@pytest.mark.parametrize("window", [1, 2, None])
def test_the_window_of_clicks_is_of_ticks(window):
    generator = {"kind": "gaussian", "per_tick": 1, "window": window}
    sim = run_all(tiny(system={"generators": [generator]}, metrics=[]))
    log = sim.service.log.clicks
    learned = log.item[~log.held & (log.tick > (6 - window if window else -1))]
    assert np.array_equal(sim.service.items["generator.gaussian.learned"], np.bincount(learned, minlength=34))


@pytest.mark.parametrize("engagement", [0.0, 1.0, 2.0])
def test_a_model_that_leaves_its_own_output_out_knows_what_that_is(service, engagement):
    """A machine's item that others uploaded is not its own: the platform cannot tell."""
    service.items.own[7] = True
    training = make_training(USERS, ITEMS)
    with_, without = (
        lesson(Gaussian(engagement=engagement, own_output=own), training, service, False) for own in (True, False)
    )
    expected = mass(with_)
    assert expected[7] > 0
    expected[7] = 0.0
    assert mass(without) == pytest.approx(expected)


def test_a_model_that_is_never_trained_learns_nothing_from_a_scrape_either(service):
    assert len(lesson(Gaussian(engagement=0.0), make_training([], []), service, True).items) == 0
    sim = run_all(tiny(system={"generators": [{"kind": "gaussian", "engagement": 0}], "retrain_every": "never"}))
    assert not sim.world.items.made_by_ai.any() and sim.service.policies["recommender.als"] is not None


def test_parts_of_a_training_stay_in_step():
    training = make_training(USERS, ITEMS, np.arange(7.0))._replace(ticks=np.arange(7), ranks=np.arange(7))
    for keep in (np.array([True, False] * 3 + [True]), np.array([0, 2, 4, 6])):
        part = kept(training, keep)
        assert part.users.tolist() == [0, 2, 4, 6] and part.items.tolist() == [7, 7, 2, 5]
        assert part.weights.tolist() == part.ticks.tolist() == part.ranks.tolist() == [0, 2, 4, 6]
        assert len(part.propensity) == 4 and part.consumer == training.consumer
    rows = rows_of(np.array([3, 3], np.int32), 0.5, training._replace(tick=9))
    assert rows.items.tolist() == [3, 3] and rows.weights.tolist() == [0.5, 0.5] and rows.ticks.tolist() == [9, 9]


def test_a_sample_is_drawn_by_weight_with_replacement(service):
    """20 000 draws of four rows; 4 s.e. of a share √(p(1 − p)/n)."""
    weights, n = np.array([1.0, 0.0, 5.0, 2.0]), 20_000
    found = drawn(Gaussian(training_size=n), make_training([0] * 4, [3, 4, 5, 6], weights), service, Draws(5))
    assert len(found.items) == n and (found.weights == 1.0).all()
    for item, share in zip((3, 4, 5, 6), weights / 8, strict=True):
        assert abs((found.items == item).mean() - share) <= 4 * np.sqrt(share * (1 - share) / n)


def test_without_a_size_everything_is_learned_and_of_nothing_nothing_is_drawn(service):
    training = make_training(USERS, ITEMS)
    found, order = (
        drawn(Gaussian(), training, service, Draws(5)),
        np.argsort(service.public.item_keys[ITEMS], kind="stable"),
    )
    assert np.array_equal(found.items, np.asarray(ITEMS)[order]) and np.array_equal(
        found.users, np.asarray(USERS)[order]
    )
    empty = make_training([], [])
    assert not len(drawn(Gaussian(training_size=3), empty, service, Draws(5)).items)
    worthless = make_training([0, 1], [1, 2], [0.0, 0.0])
    assert not drawn(Gaussian(training_size=3), worthless, service, Draws(5)).weights.any()


def test_the_order_of_rows_does_not_matter_to_a_draw(service):
    training, mixed = make_training(USERS, ITEMS), np.array([6, 2, 0, 4, 5, 1, 3])
    one, other = (
        drawn(Gaussian(training_size=50), part, service, Draws(5)) for part in (training, kept(training, mixed))
    )
    assert np.array_equal(one.items, other.items) and len(np.unique(one.items)) == 3


def test_a_larger_sample_begins_with_the_smaller_one(service):
    training = make_training(USERS, ITEMS)
    few, many = (drawn(Gaussian(training_size=n), training, service, Draws(5)).items for n in (4, 40))
    assert np.array_equal(few, many[:4])


@pytest.mark.parametrize(
    "generator",
    [
        {"kind": "gaussian", "training_size": 20},
        {"kind": "categorical", "engagement": 0.5, "training_size": 15},
        {"kind": "mixture"},
        {"kind": "mixture", "engagement": 0.0},
        {"kind": "rewrite", "memory_size": 5},
    ],
)
def test_how_rows_are_numbered_changes_nothing(generator):
    """Items and users in another order: the same clicks, and the same items but for rounding."""
    system = {"generators": [generator | {"per_tick": 4}]}
    spec = lively({"system.recommender": "popularity"}, system=system, metrics=[])
    one, other = finished(spec), finished(relabelled(spec))
    assert clicks_by_name(one) == clicks_by_name(other)
    for name in ("topics", "quality"):
        made = [sim.world.items[name][sim.world.items.made_by_ai] for sim in (one, other)]
        assert len(made[0]) == 16 and np.abs(made[0] - made[1]).max() < 1e-9


# -- what the platform remembers of it ----


def test_the_platform_knows_what_its_own_generators_made_and_no_more():
    sim = Simulation(tiny(system={"generators": [{"kind": "gaussian", "per_tick": 3}, "rewrite"]}, metrics=[]))
    sim.world.items.made_by_ai[:5] = True  # uploaded by others
    finished(sim)
    assert sim.service.items.own.sum() == 4 * (3 + 5)
    assert np.array_equal(np.flatnonzero(sim.service.items.own), np.arange(30, 62))


def test_generations_are_counted_and_items_carry_them():
    """Trained at ticks 2, 3, …; what is made at tick t is of the generation fitted at the end of tick t − 1."""
    spec = tiny(system={"generators": [{"kind": "gaussian", "per_tick": 1}]}, metrics=[])
    sim = run_all(spec)
    assert sim.service.models.generation(spec.system.generators[0]) == 5
    items = sim.world.items
    assert items.generation.tolist() == [0] * 30 + [1, 2, 3, 4]
    once = run_all(spec.override("system.retrain_every", "once"))
    assert once.world.items.generation.tolist() == [0] * 30 + [1] * 4
    rare = run_all(spec.override("system.retrain_every", 2))
    assert rare.world.items.generation.tolist() == [0] * 30 + [1, 1, 2, 2]


def test_a_training_that_teaches_nothing_is_no_generation():
    """After the warm-up nobody clicks any more, and the window is short."""
    spec = tiny({"ticks": 8}, system={"generators": [{"kind": "gaussian", "window": 1, "per_tick": 1}]}, metrics=[])
    sim = at(spec, 3)
    sim.world.users.alive[:] = False
    count = int(sim.service.memory["generator.gaussian"]["fits"])
    before = sim.service.policies["generator.gaussian"]
    assert count == 2
    finished(sim)
    assert sim.service.memory["generator.gaussian"]["fits"] == count
    assert sim.service.policies["generator.gaussian"] is before


@pytest.mark.parametrize("tick", [2, 3, 5])
def test_counts_and_own_items_survive_a_checkpoint(tick, tmp_path):
    generator = {"kind": "gaussian", "per_tick": 3, "arrivals": {"kind": "in_answer_to_exposure", "strength": 0.7}}
    spec = tiny({"system.recommender": "uniform"}, system={"generators": [generator]}, metrics=["generation"])
    sim = at(spec, tick)
    checkpoint.save(sim, tmp_path)
    again = finished(checkpoint.restore(checkpoint.load(tmp_path)))
    whole = finished(sim)
    for one in (again, whole):
        assert one.service.memory["generator.gaussian"]["fits"] == 5
    paces = [one.service.memory["generator.gaussian"]["pace"] for one in (again, whole)]
    assert paces[0] == paces[1] != 3.0
    assert np.array_equal(again.service.items.own, whole.service.items.own) and whole.service.items.own.any()
    assert np.array_equal(again.world.items.generation, whole.world.items.generation)
    assert again.rows[-1] == whole.rows[-1]


def test_what_a_model_learned_from_is_noted_after_filters():
    """Drawing a sample comes later: the weights are those before it."""
    system = {"generators": [{"kind": "gaussian", "per_tick": 2, "engagement": 2.0, "training_size": 5}]}
    sim = run_all(tiny(system=system, interventions=[{"kind": "surprise_filter", "quantile": 0.5}], metrics=[]))
    bare = run_all(tiny(system=system, metrics=[]))
    noted, log = bare.service.items["generator.gaussian.learned"], bare.service.log.clicks
    assert noted == pytest.approx(np.bincount(log.item[~log.held], minlength=len(noted)) ** 2.0)
    fewer, log = sim.service.items["generator.gaussian.learned"], sim.service.log.clicks
    squares = np.bincount(log.item[~log.held], minlength=len(fewer)) ** 2.0
    left = fewer > 0
    assert fewer[left] == pytest.approx(squares[left]) and 0 < left.sum() < (squares > 0).sum()


def test_a_recommender_notes_what_it_learned_from_as_well():
    sim = run_all(tiny(metrics=[]))
    log = sim.service.log.clicks
    assert np.array_equal(sim.service.items["recommender.als.learned"], np.bincount(log.item[~log.held], minlength=30))
    untrained = run_all(tiny({"system.recommender": "uniform"}, metrics=[]))
    assert not [name for name in untrained.service.items.columns if name.endswith(".learned")]
