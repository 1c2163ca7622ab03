"""Tables: rows that never move, columns that a component declares."""

from __future__ import annotations

import numpy as np
import pytest

from recsim.base.table import ENTITY, Column, Table

COLUMNS = {"age": Column(np.int32, 7), "place": Column(np.float64, width=3), "here": Column(np.bool_, True)}


def filled(n: int = 5) -> Table:
    table = Table(COLUMNS)
    table.grow(n, age=np.arange(n))
    return table


def test_rows_are_appended_with_what_is_given_or_else_the_fill():
    table = Table(COLUMNS)
    assert table.grow(2, age=[4, 5]).tolist() == [0, 1]
    assert table.grow(3, place=np.ones((3, 3)), here=False).tolist() == [2, 3, 4]
    assert table.age.tolist() == [4, 5, 7, 7, 7]
    assert table.here.tolist() == [True, True, False, False, False]
    assert table.place.tolist() == [[0.0] * 3] * 2 + [[1.0] * 3] * 3
    assert len(table) == 5
    assert (table.age.dtype, table.place.dtype, table.here.dtype) == (np.int32, np.float64, np.bool_)


def test_growing_far_beyond_what_was_reserved_keeps_all_rows():
    table = Table(COLUMNS)
    for batch in range(60):
        table.grow(batch, age=batch)
    assert table.age.tolist() == [batch for batch in range(60) for _ in range(batch)]
    assert table.grow(0).tolist() == []


def test_a_row_that_was_never_set_has_its_fill_even_in_space_used_before():
    """A restored table is cut to size; growing it again must not show what lay behind the cut."""
    table = filled(10)
    table.restore({"age": np.arange(3, dtype=np.int32), "place": np.ones((3, 3)), "here": np.ones(3, bool)})
    table.grow(4)
    assert table.age.tolist() == [0, 1, 2, 7, 7, 7, 7]


def test_a_column_added_later_is_filled_for_those_who_are_there():
    table = filled(40)
    table.require({"mood": Column(np.float32, 0.5)})
    assert table.mood.tolist() == [0.5] * 40
    table.require({"mood": Column(np.float32, 0.9)})
    assert table.mood[0] == 0.5, "asking again changes nothing"


@pytest.mark.parametrize("other", [Column(np.int64), Column(np.int32, width=2)])
def test_two_components_cannot_mean_different_things_by_one_name(other):
    with pytest.raises(ValueError, match="age"):
        filled().require({"age": other})


def test_writing_into_a_column_and_assigning_a_column_both_work():
    table = filled()
    table.age[[1, 3]] += 10
    table.here = False
    table.age += 1
    assert table.age.tolist() == [1, 12, 3, 14, 5]
    assert not table.here.any()
    assert len(table._store["age"]) > 5
    assert table._store["here"][5:].all(), "space beyond the last row is left alone"


def test_a_misspelt_column_is_an_error_with_the_names_there_are():
    table = filled()
    with pytest.raises(AttributeError, match="age, here, place"):
        _ = table.agee
    with pytest.raises(AttributeError, match="agee"):
        table.agee = 3
    assert "age" in table
    assert "agee" not in table


def test_a_frozen_table_shows_the_rows_and_lets_nobody_write():
    table = filled()
    view = table.frozen()
    assert view.age.tolist() == table.age.tolist()
    with pytest.raises(ValueError, match="read-only"):
        view.age[0] = 3
    with pytest.raises(ValueError, match="read-only"):
        view.age = 3
    table.age[0] = 9
    table.grow(100)
    assert len(view) == 5
    assert table.age.flags.writeable


def test_a_table_is_restored_from_its_arrays():
    table = filled(20)
    table.place[3] = 8.0
    arrays = {name: array.copy() for name, array in table.arrays().items()}
    other = Table(COLUMNS | {"new": Column(np.int8, 4)})
    other.restore(arrays)
    assert all(np.array_equal(other[name], arrays[name]) for name in arrays)
    assert other.new.tolist() == [4] * 20
    arrays["age"][0] = 99
    assert other.age[0] == 0, "it has taken a copy"
    other.grow(2)
    assert len(other) == 22
    assert other.age[-1] == 7


def test_entities_have_a_key_a_life_and_a_birthday():
    table = Table(ENTITY)
    table.grow(2, key=np.array([2**64 - 1, 3], np.uint64), born=4)
    assert table.key.tolist() == [2**64 - 1, 3]
    assert table.alive.tolist() == [True, True]
    assert table.born.tolist() == [4, 4]
