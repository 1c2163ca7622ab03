"""What an ensemble measured, as arrays that pair by seed."""

from __future__ import annotations

import time

import numpy as np
import pandas as pd
import pytest

from recsim.values import NoSuchArm, NoSuchMetric, NoSuchSweep, Point, Values
from tests.measured import frame, values

NAN = np.nan


def test_a_window_is_the_mean_of_its_ticks_one_number_a_seed():
    found = values({"a": [[1, 2, 3, 4], [10, 20, 30, 40]]}, ticks=[0, 5, 10, 15])
    assert found.over("a", "m", "last 10 ticks").tolist() == [3.5, 35.0]
    assert found.over("a", "m", "ticks 0 to 5").tolist() == [1.5, 15.0]
    assert found.over("a", "m", "end").tolist() == [4.0, 40.0]
    assert np.isnan(found.over("a", "m", "tick 7")).all(), "nothing was measured then"


def test_undefined_ticks_are_left_out_and_a_seed_with_none_is_undefined():
    found = values({"a": [[1, NAN, 5], [NAN, NAN, NAN], [NAN, 2, NAN]]})
    assert np.array_equal(found.over("a", "m", "after warm-up"), [3.0, NAN, 2.0], equal_nan=True)


def test_the_warm_up_belongs_to_no_window_that_does_not_name_it():
    found = values({"a": [[100, 100, 1, 3]]}, warmup=2)
    assert found.over("a", "m", "after warm-up").tolist() == [2.0]
    assert found.over("a", "m", "ticks 1 to 4").tolist() == [51.0]


def test_seeds_pair_whatever_the_order_of_rows_and_whichever_cells_failed():
    rows = frame({"a": [1, 2, 3], "b": [10, 20, 30]})
    rows = rows[~((rows["arm"] == "b") & (rows["seed"] == 2))]
    for shuffled in (rows, rows.sample(frac=1, random_state=3)):
        found = Values(shuffled)
        assert found.seeds == (1, 2, 3)
        assert found.over("a", "m", "end").tolist() == [1, 2, 3]
        assert np.array_equal(found.over("b", "m", "end"), [10, NAN, 30], equal_nan=True)


def test_arms_and_metrics_keep_the_order_in_which_they_appear():
    rows = pd.concat([frame({"z": [1], "a": [2]}, "y"), frame({"z": [3]}, "x", "few"), frame({"z": [4]}, "x")])
    found = Values(rows)
    assert found.arms == ("z", "a")
    assert found.names == (("y", "all"), ("x", "few"), ("x", "all"))
    assert found.over("z", "x", "end", "few").tolist() == [3]
    assert found.over("z", "x", "end").tolist() == [4]
    assert np.isnan(found.over("a", "x", "end")).all(), "not measured in that arm"


def test_the_table_is_every_metric_at_once():
    rng = np.random.default_rng(1)
    rows = [
        frame({"a": rng.random((4, 6)), "b": rng.random((4, 6))}, metric, group)
        for metric in "xyz"
        for group in ("all", "few")
    ]
    found = Values(pd.concat(rows), warmup=2)
    for arm in "ab":
        for when in ("last 3 ticks", "after warm-up", "tick 1"):
            one = [found.over(arm, metric, when, group) for metric, group in found.names]
            assert np.array_equal(found.table(arm, when), one)


def test_a_series_has_all_ticks_at_which_its_arm_was_measured():
    rows = pd.concat([frame({"a": [[1, 2, 3], [4, 5, 6]]}), frame({"a": [7.0, 8.0]}, "late", ticks=[3])])
    ticks, series = Values(rows).series("a", "m")
    assert ticks.tolist() == [1, 2, 3] and series.tolist() == [[1, 2, 3], [4, 5, 6]]
    ticks, late = Values(rows).series("a", "late")
    assert ticks.tolist() == [1, 2, 3], "so that two series of an arm stand side by side"
    assert np.array_equal(late, [[NAN, NAN, 7], [NAN, NAN, 8]], equal_nan=True)


def test_each_arm_ends_at_its_own_last_tick():
    found = Values(pd.concat([frame({"long": [[1, 2, 3, 4]]}), frame({"short": [[5, 6]]})]))
    assert found.over("short", "m", "end").tolist() == [6]
    assert found.over("long", "m", "end").tolist() == [4]
    assert found.series("short", "m")[0].tolist() == [1, 2]


def test_the_first_seeds_are_an_ensemble_of_their_own():
    found = values({"a": [1, 2, 3], "b": [4, 5, 6]}, sweeps={"p": [("a", 1), ("b", 2)]})
    few = found.first(2)
    assert few.seeds == (1, 2) and few.over("b", "m", "end").tolist() == [4, 5]
    assert found.seeds == (1, 2, 3) and found.over("b", "m", "end").tolist() == [4, 5, 6]
    assert few.points("p") == found.points("p")


def test_the_points_of_a_sweep_ascend_and_those_of_a_grid_are_put_together():
    sweeps = {
        "rate": [("r=0.5", 0.5), ("r=0", 0), ("r=10", 10)],
        "kind": [("als", "als"), ("bpr", "bpr")],
        "grid": [("a1", 1.0), ("b1", 2.0), ("a2", 1.0), ("b2", 2.0)],
        "lists": [("none", []), ("one", ["diversity"])],
    }
    found = values({"a": [1]}, sweeps=sweeps)
    assert [one.value for one in found.points("rate")] == [0, 0.5, 10]
    assert [one.arms for one in found.points("rate")] == [("r=0",), ("r=0.5",), ("r=10",)]
    assert found.points("kind") == [Point("als", ("als",)), Point("bpr", ("bpr",))]
    assert found.points("grid") == [Point(1.0, ("a1", "a2")), Point(2.0, ("b1", "b2"))]
    assert [one.arms for one in found.points("lists")] == [("none",), ("one",)]


def test_what_was_not_measured_is_told_with_what_was():
    found = Values(pd.concat([frame({"baseline": [1], "diverse": [2]}), frame({"baseline": [1]}, "clicks", "few")]))
    with pytest.raises(NoSuchArm, match="there is no arm 'divers'; did you mean 'diverse'.* baseline, diverse"):
        found.over("divers", "m", "end")
    with pytest.raises(NoSuchMetric, match="'click' was not measured; did you mean 'clicks'"):
        found.series("baseline", "click")
    with pytest.raises(NoSuchMetric, match="for the group 'all'; there is few"):
        found.over("baseline", "clicks", "end")
    with pytest.raises(NoSuchSweep, match="'rate' was not swept; there is none"):
        found.points("rate")
    with pytest.raises(ValueError, match="no window"):
        found.over("baseline", "m", "lately")
    assert issubclass(NoSuchArm, ValueError) and issubclass(NoSuchMetric, ValueError)


def test_a_cell_that_was_joined_twice_is_refused():
    rows = frame({"a": [1, 2]})
    with pytest.raises(ValueError, match="joined twice"):
        Values(pd.concat([rows, rows[:1]]))


def test_an_empty_frame_is_an_ensemble_of_nothing():
    found = Values(frame({}))
    assert found.arms == found.seeds == found.names == ()
    with pytest.raises(NoSuchArm, match="none at all"):
        found.over("a", "m", "end")


def test_a_thousand_cells_are_grouped_once():
    """25 arms × 40 seeds × 20 ticks × 30 metrics, 600 000 rows: not ten times what pandas needs to group them once."""
    arms, seeds, ticks, metrics = 25, 40, 20, 30
    index = np.indices((arms, seeds, ticks, metrics)).reshape(4, -1)
    rows = pd.DataFrame(
        {
            "arm": np.array([f"arm{n}" for n in range(arms)], object)[index[0]],
            "seed": index[1],
            "tick": index[2],
            "metric": np.array([f"metric{n}" for n in range(metrics)], object)[index[3]],
            "group": "all",
            "value": np.arange(index.shape[1], dtype=float),
        }
    )
    begun = time.perf_counter()
    found = Values(rows)
    total = sum(found.table(arm, "last 20 ticks").sum() for arm in found.arms)
    middle = time.perf_counter()
    grouped = rows[rows["tick"] > 0].groupby(["arm", "seed", "metric"])["value"].mean().sum()
    assert middle - begun < 10 * (time.perf_counter() - middle)
    assert total == pytest.approx(grouped)
