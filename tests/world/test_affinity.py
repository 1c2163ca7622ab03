"""How much a user likes an item: by distance, by direction, by a table."""

from __future__ import annotations

import numpy as np
import pytest
from pydantic import ValidationError

from recsim.base.draws import Draws
from recsim.simulation import Simulation
from recsim.world.affinity import Affinity
from recsim.world.affinity.cosine import Cosine
from recsim.world.affinity.ideal_point import IdealPoint
from recsim.world.affinity.inner_product import InnerProduct
from recsim.world.affinity.table import WrittenTable
from tests.bits import finished
from tests.helpers import tiny

DRAWS = Draws(4)
TASTES = DRAWS.of("tastes").normal(np.arange(30), np.arange(5))
TOPICS = DRAWS.of("topics").normal(np.arange(20), np.arange(5))
EVERYTHING = np.broadcast_to(TOPICS, (30, 20, 5))
USERS, ITEMS = np.array([[0.0, 0.0], [3.0, 4.0]]), np.array([[3.0, 4.0], [4.0, -3.0], [0.0, 0.0]])


@pytest.mark.parametrize(
    ("affinity", "expected"),
    [
        (IdealPoint(tolerance=2.0, peak=0.0), [[-25 / 8, -25 / 8, 0.0], [0.0, -50 / 8, -25 / 8]]),
        (IdealPoint(tolerance=1.0, peak=4.0), [[-8.5, -8.5, 4.0], [4.0, -21.0, -8.5]]),
        (Cosine(strength=2.0), [[0.0, 0.0, 0.0], [2.0, 0.0, 0.0]]),
        (InnerProduct(), [[0.0, 0.0, 0.0], [25.0, 0.0, 0.0]]),
    ],
)
def test_by_hand(affinity, expected):
    assert affinity.table(USERS, ITEMS) == pytest.approx(np.array(expected))
    assert affinity.between(USERS, np.broadcast_to(ITEMS, (2, 3, 2))) == pytest.approx(np.array(expected))


@pytest.mark.parametrize("affinity", [IdealPoint(), Cosine(), InnerProduct()])
def test_everybody_with_everything_is_what_they_are_row_by_row(affinity):
    rows = affinity.between(TASTES, EVERYTHING)
    assert np.abs(affinity.table(TASTES, TOPICS) - rows).max() < 1e-12
    for size in (1, 7):
        parts = [affinity.between(TASTES[k : k + size], EVERYTHING[k : k + size]) for k in range(0, 30, size)]
        assert np.array_equal(np.concatenate(parts), rows), "how users are grouped changes no bit"
    assert affinity.between(TASTES, EVERYTHING[:, :0]).shape == (30, 0)


def test_with_tolerance_1_an_ideal_point_differs_from_a_product_by_lengths_alone():
    lengths = (TASTES**2).sum(axis=1)[:, None] + (TOPICS**2).sum(axis=1)
    expected = InnerProduct().table(TASTES, TOPICS) - lengths / 2
    assert IdealPoint(tolerance=1.0, peak=0.0).table(TASTES, TOPICS) == pytest.approx(expected)


def test_the_ideal_is_best_and_tolerance_forgives_distance():
    ideal = IdealPoint(peak=1.5)
    assert np.diag(ideal.table(TASTES, TASTES)) == pytest.approx(1.5)
    assert (ideal.table(TASTES, TOPICS) < 1.5).all()
    assert (ideal.table(TASTES, 3 * TASTES).diagonal() < 1.5).all(), "too much of a good thing"
    likings = [IdealPoint(tolerance=t).table(TASTES, TOPICS) for t in (0.5, 1.0, 2.0, 100.0)]
    assert (np.diff(likings, axis=0) > 0).all()


def test_only_directions_count_for_a_cosine():
    likings = Cosine(strength=3.0).table(TASTES, TOPICS)
    assert Cosine(strength=3.0).table(7.0 * TASTES, 0.1 * TOPICS) == pytest.approx(likings)
    assert np.abs(likings).max() <= 3.0
    assert Cosine(strength=3.0).table(TASTES, TASTES).diagonal() == pytest.approx(3.0)
    assert Cosine(strength=6.0).table(TASTES, TOPICS) == pytest.approx(2 * likings)
    assert not Cosine(strength=0.0).table(TASTES, TOPICS).any()


# -- a written table ----

VALUES = ((1.0, 2.0, 3.0), (-4.0, 5.0, 0.5))


def written(values: object = VALUES) -> Simulation:
    people = {"affinity": {"kind": "table", "values": values}}
    return Simulation(tiny(users=people, items={"quality_spread": 0.0}))


def test_a_table_is_read_by_type():
    world = written().world
    users, items = np.array([0, 1, 7], np.int32), np.array([[0, 1, 5], [2, -1, 3], [29, 4, 4]], np.int32)
    found = world.utility(users, items)
    assert found[0].tolist() == [1.0, 2.0, 3.0]
    assert found[1, [0, 2]].tolist() == [0.5, -4.0] and np.isnan(found[1, 1])
    assert found[2].tolist() == [0.5, 5.0, 5.0]
    assert world.truth().utility(users, np.array([0, 4, 2], np.int32)).tolist() == [
        [1.0, 2.0, 3.0],
        [-4.0, 5.0, 0.5],
        [-4.0, 5.0, 0.5],
    ]


def test_a_type_belongs_to_a_key_whatever_its_row():
    world = written().world
    users = world.add_users(np.array([2**63 + 1, 2**63], np.uint64))
    items = world.add_items(np.array([2**62, 10], np.uint64))
    rows, columns = [int(2**63 + 1) % 2, 0], [2**62 % 3, 10 % 3]
    expected = [[VALUES[row][column] for column in columns] for row in rows]
    assert world.truth().utility(users, items).tolist() == expected


def test_a_table_as_large_as_the_world_gives_each_pair_its_own_number():
    values = DRAWS.uniform(np.arange(40), np.arange(30))
    world = written(values.tolist()).world
    assert np.array_equal(world.truth().utility(np.arange(40, dtype=np.int32), np.arange(30, dtype=np.int32)), values)


def test_people_choose_by_the_table():
    """The checkerboard with a huge strength and 15 even items: users of a parity click items of that parity only."""
    values = [[50.0, -50.0], [-50.0, 50.0]]
    sim = finished(tiny(users={"affinity": {"kind": "table", "values": values}}, items={"quality_spread": 0.0}))
    clicks = sim.service.log.clicks
    assert len(clicks.user) > 100
    assert (clicks.user % 2 == clicks.item % 2).all()


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ([], "rows of equal length"),
        ([[]], "rows of equal length"),
        ([[1.0, 2.0], [3.0]], "rows of equal length"),
        ([[float("nan")]], "finite"),
        ([["much"]], "number"),
    ],
)
def test_what_is_no_table_is_refused(values, message):
    with pytest.raises(ValidationError, match=message):
        Affinity.parse({"kind": "table", "values": values})


def test_a_table_of_more_than_ten_million_cells_is_refused(monkeypatch):
    monkeypatch.setattr("recsim.world.affinity.table.CELLS", 5)
    with pytest.raises(ValidationError, match="2 x 3 is larger than 5 cells; use tastes"):
        WrittenTable(values=VALUES)


def test_of_vectors_alone_a_table_says_nothing():
    one = WrittenTable.example()
    assert np.isnan(one.between(TASTES, EVERYTHING)).all() and np.isnan(one.table(TASTES, TOPICS)).all()
    assert one.words() == "table(2 x 2)"
