"""Your own log: ids, orders, groups and features arrive as they are, and what cannot be used is told with its line."""

from __future__ import annotations

import gzip
import json
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow
import pyarrow.parquet
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

import recsim
from recsim.base.flow import History
from recsim.cli import main
from recsim.data import Data, DataError, Log, MovieLens
from recsim.data.text import records
from recsim.metrics import ALL, CHANCE
from recsim.problems import ScenarioError
from recsim.runs import prepared, resume
from recsim.scenario import Scenario
from recsim.simulation import Simulation

ROWS = "user,item,value,time\n7,x,2.5,30\n-3,b,1,10\n7,b,4,20\n12,x,1.5,40\n"


def log_of(folder: Path, text: str | bytes, name: str = "log.csv", **fields: Any) -> History:
    (folder / name).write_bytes(text.encode() if isinstance(text, str) else text)
    return Log(path=str(folder / name), **fields).read()


def message(folder: Path, text: str | bytes, **fields: Any) -> str:
    with pytest.raises(DataError) as caught:
        log_of(folder, text, **fields)
    return str(caught.value).replace(f"{folder}/", "")


def pairs_of(history: History) -> list[tuple[Any, Any]]:
    """Users and items by the ids of the file, in order."""
    who, what = history.user_ids[history.users], history.item_ids[history.items]
    return list(zip(who.tolist(), what.tolist(), strict=True))


def same(one: History, other: History) -> None:
    for name, a, b in zip(one._fields, one, other, strict=True):
        if isinstance(a, np.ndarray):
            assert a.dtype == b.dtype and a.tobytes() == b.tobytes() if a.dtype != object else (a == b).all(), name
        else:
            assert a == b, name


# -- ids ----


def test_whole_numbers_are_numbered_as_numbers_and_anything_else_by_code_point(tmp_path):
    history = log_of(tmp_path, "user,item\n10,b\n9,É\n-2,B\n1000000000000000,b\n")
    assert history.user_ids.tolist() == [-2, 9, 10, 10**15]
    assert history.item_ids.tolist() == ["B", "b", "É"]
    assert pairs_of(history) == [(10, "b"), (9, "É"), (-2, "B"), (10**15, "b")]
    assert history.users.dtype == history.items.dtype == history.groups.dtype == np.int32


def test_one_id_that_is_no_number_makes_all_of_them_texts(tmp_path):
    history = log_of(tmp_path, "user,item\n10,1\n9,2\nguest,3\n")
    assert history.user_ids.tolist() == ["10", "9", "guest"]


def test_ids_that_differ_in_their_writing_are_not_mixed_up(tmp_path):
    """'007' and '7' are two people; 'NA' and 'nan' are names like others; '7.0' is how a table writes 7."""
    history = log_of(tmp_path, "user,item\n007,NA\n7,nan\n7,None\n")
    assert history.user_ids.tolist() == ["007", "7"]
    assert history.item_ids.tolist() == ["NA", "None", "nan"]
    assert log_of(tmp_path, "user,item\n7.0,a\n7,b\n10.0,a\n").user_ids.tolist() == [7, 10]


def test_spaces_around_a_cell_and_its_name_do_not_count(tmp_path):
    history = log_of(tmp_path, 'user , item\n 5, a \n5,"a"\n6,a\n')
    assert pairs_of(history) == [(5, "a"), (6, "a")]


def test_recommended_rows_translated_back_are_the_right_items(tmp_path):
    """Through the whole program: even people like even things, and the withheld diagonal comes back by its id."""
    n = 30
    drawn = np.random.default_rng(3)
    people = drawn.choice(10**9, n, replace=False)
    things = [f"{prefix}{number}" for prefix, number in zip("zyxwvu" * 5, drawn.choice(10**6, n), strict=True)]
    lines = [f"{people[one]},{things[other]}" for one in range(n) for other in range(one % 2, n, 2) if other != one]
    order = drawn.permutation(len(lines))
    (tmp_path / "log.csv").write_text("\n".join(["user,item", *(lines[line] for line in order)]))
    spec = Scenario(
        ticks=1,
        data={"kind": "log", "path": str(tmp_path / "log.csv")},
        users={"tastes": {"kind": "from_log", "factors": 4}},
        system={
            "slate_size": 3,
            "warmup": {"ticks": 0},
            "holdout": 0.0,
            "recommender": {"kind": "als", "factors": 4, "iterations": 10, "threads": 1},
        },
    )
    sim = Simulation(spec)
    slate = sim.slates(range(n))
    ids = sim.history.user_ids[slate.users].tolist(), sim.history.item_ids[slate.items[:, 0]].tolist()
    assert dict(zip(*ids, strict=True)) == {int(people[one]): things[one] for one in range(n)}


# -- forms of a file ----


FORMS = {
    "gz": lambda text: gzip.compress(text.encode()),
    "semicolon": lambda text: text.replace(",", ";").encode(),
    "tab": lambda text: text.replace(",", "\t").encode(),
    "bom": lambda text: b"\xef\xbb\xbf" + text.encode(),
    "crlf": lambda text: text.replace("\n", "\r\n").encode(),
    "cr": lambda text: text.replace("\n", "\r").encode(),
    "blank lines": lambda text: text.replace("\n", "\n\n \n").encode(),
    "no last line end": lambda text: text.rstrip().encode(),
    "more columns": lambda text: text.replace("\n", ",z\n").encode(),
    "quoted": lambda text: "\n".join(
        ",".join(f'"{cell}"' for cell in line.split(",")) for line in text.split()
    ).encode(),
}


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS.keys())
def test_every_form_of_a_file_gives_the_same_history(form, tmp_path):
    fields = {"value": "value", "time": "time"}
    same(log_of(tmp_path, form(ROWS), **fields), log_of(tmp_path, ROWS, "plain.csv", **fields))


def test_a_gzipped_file_is_found_by_the_name_of_the_plain_one(tmp_path):
    (tmp_path / "clicks.csv.gz").write_bytes(gzip.compress(ROWS.encode()))
    found = Log(path="clicks.csv").located([tmp_path])
    assert found.path == str(tmp_path / "clicks.csv")
    same(found.read(), log_of(tmp_path, ROWS))


def test_cells_may_hold_separators_quotes_and_line_ends(tmp_path):
    history = log_of(tmp_path, 'user,item\n1,"a, b"\n2,"say ""no"""\n3,"two\nlines"\n')
    assert history.item_ids.tolist() == ["a, b", 'say "no"', "two\nlines"]


def test_a_separator_can_be_named_where_the_first_line_misleads(tmp_path):
    text = "user,item;a\n1,x;y\n2,z;y\n"
    assert log_of(tmp_path, text, item="item;a").item_ids.tolist() == ["x;y", "z;y"]
    assert "'user,item', 'a'" in message(tmp_path, text, separator="semicolon")


@given(
    st.lists(
        st.tuples(
            st.integers(-(10**17), 10**17),
            st.text(st.characters(codec="utf-8", exclude_characters="\0\r\n"), min_size=1, max_size=8),
            st.floats(1e-9, 1e9),
            st.integers(-(10**18), 10**18),
        ),
        min_size=1,
        max_size=30,
    )
)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_parquet_equals_csv_bit_for_bit(tmp_path, rows):
    frame = pd.DataFrame(rows, columns=["user", "item", "value", "time"])
    frame["item"] = "i" + frame["item"] + "."
    frame.to_csv(tmp_path / "log.csv", index=False)
    frame.to_parquet(tmp_path / "log.parquet", index=False)
    fields = {"value": "value", "time": "time"}
    one, other = (Log(path=str(tmp_path / name), **fields).read() for name in ("log.csv", "log.parquet"))
    same(one, other)
    assert len(one.users) + sum(count for _, count in one.left_out) == len(frame)
    known = set(zip(frame["user"], frame["item"], strict=True))
    assert set(pairs_of(one)) == known, "every id comes back as it was"


def test_parquet_may_have_dates_categories_and_an_index(tmp_path):
    frame = pd.DataFrame(
        {"user": [1, 2, 1], "item": ["a", "b", "b"], "time": ["2024-01-03", "2024-01-01", "2024-01-02"]}
    )
    frame.to_csv(tmp_path / "log.csv", index=False)
    frame = frame.assign(time=pd.to_datetime(frame["time"]), item=frame["item"].astype("category"))
    frame.set_index("user").to_parquet(tmp_path / "log.parquet")
    one, other = (Log(path=str(tmp_path / name), time="time").read() for name in ("log.csv", "log.parquet"))
    same(one, other)
    assert pairs_of(one) == [(2, "b"), (1, "b"), (1, "a")]


def test_nanoseconds_of_a_parquet_file_are_told_apart(tmp_path):
    stamps = pyarrow.array([1_700_000_000_000_000_003, 1_700_000_000_000_000_001, None], pyarrow.timestamp("ns"))
    table = pyarrow.table({"user": [1, 1, 1], "item": list("abc"), "time": stamps})
    pyarrow.parquet.write_table(table, tmp_path / "log.parquet")
    history = Log(path=str(tmp_path / "log.parquet"), time="time", bad_rows="skip").read()
    assert pairs_of(history) == [(1, "b"), (1, "a")]


# -- time, values, duplicates ----


def test_rows_are_put_in_order_of_time_and_equal_times_stay_in_order(tmp_path):
    history = log_of(tmp_path, "user,item,time\n1,a,5\n1,b,2\n1,c,5\n1,d,1e0\n1,e,-3\n", time="time")
    assert [item for _, item in pairs_of(history)] == ["e", "d", "b", "a", "c"]


def test_times_that_a_float_cannot_tell_apart_are_told_apart(tmp_path):
    stamps = [10**18 + 3, 10**18 + 1, 10**18 + 2]
    lines = "".join(f"1,{item},{stamp}\n" for item, stamp in zip("abc", stamps, strict=True))
    assert len({float(stamp) for stamp in stamps}) == 1
    assert [item for _, item in pairs_of(log_of(tmp_path, f"user,item,time\n{lines}", time="time"))] == ["b", "c", "a"]


def test_dates_are_iso_and_utc_unless_they_say_otherwise(tmp_path):
    days = [
        "2024-03-01T12:00:00+02:00",
        "2024-03-01 11:00",
        "2024-03-01",
        "2019-11-24 00:03:13.442536+00:00",
        "2024-03-01T10:30Z",
    ]
    lines = "".join(f"1,{item},{day}\n" for item, day in zip("abcde", days, strict=True))
    assert [item for _, item in pairs_of(log_of(tmp_path, f"user,item,time\n{lines}", time="time"))] == list("dcaeb")


def test_values_are_weights_and_a_minimum_leaves_the_smaller_ones_out(tmp_path):
    assert log_of(tmp_path, ROWS, value="value").values.tolist() == [2.5, 1, 4, 1.5]
    assert log_of(tmp_path, ROWS).values.tolist() == [1, 1, 1, 1]
    history = log_of(tmp_path, ROWS, value="value", minimum_value=1.5)
    assert (history.values.tolist(), history.left_out) == ([2.5, 4, 1.5], (("below minimum_value 1.5", 1),))
    assert log_of(tmp_path, ROWS, value="value", minimum_value=1.5, binary=True).values.tolist() == [1, 1, 1]


def test_of_values_of_0_and_1_a_minimum_keeps_the_clicks(tmp_path):
    text = "user,item,click\n1,a,0\n1,b,1\n2,a,1\n"
    assert "log.csv:2: click is '0', and a weight is above 0" in message(tmp_path, text, value="click")
    assert len(log_of(tmp_path, text, value="click", minimum_value=1).users) == 2
    assert len(log_of(tmp_path, text, value="click", binary=True).users) == 3, "every row is an interaction"


AGAIN = "user,item,value,time\n1,a,5,30\n1,a,2,10\n1,b,1,20\n1,a,2,10\n"


@pytest.mark.parametrize(
    ("duplicates", "values", "left_out"),
    [
        ("last", [1, 5], (("repeated (same user and item)", 2),)),
        ("first", [2, 1], (("repeated (same user and item)", 2),)),
        ("keep", [2, 1, 5], (("repeated (same user, item, value and time)", 1),)),
    ],
)
def test_of_a_pair_that_comes_again_one_row_counts_or_all_but_copies(duplicates, values, left_out, tmp_path):
    history = log_of(tmp_path, AGAIN, value="value", time="time", duplicates=duplicates)
    assert (history.values.tolist(), history.left_out) == (values, left_out)


def test_without_a_time_keep_keeps_everything_and_last_is_the_last_row(tmp_path):
    assert log_of(tmp_path, AGAIN, value="value", duplicates="keep").values.tolist() == [5, 2, 1, 2]
    assert log_of(tmp_path, AGAIN, value="value").values.tolist() == [1, 2]


def test_a_group_of_whom_nothing_counts_is_no_group_of_the_results(tmp_path):
    text = "user,item,stars,kin\n1,a,5,x\n2,a,1,y\n3,a,5,z\n"
    history = log_of(tmp_path, text, value="stars", minimum_value=4, group="kin")
    assert (history.group_names, history.groups.tolist()) == (("x", "z"), [0, 1])


# -- groups and features ----


def test_groups_of_the_log_are_groups_of_the_results(tmp_path):
    rng = np.random.default_rng(1)
    lines = [f"u{user},{item},{'fm'[user % 3 == 0]}" for user in range(30) for item in rng.choice(40, 8, replace=False)]
    (tmp_path / "log.csv").write_text("\n".join(["user,item,gender", *lines]))
    run = recsim.run(scenario(tmp_path, group="gender"), set={"ticks": 3})
    assert set(run.metrics["group"]) >= {"all", "f", "m"}
    sim = Simulation(scenario(tmp_path, group="gender"))
    assert sim.world.group_names == ("f", "m")
    ids = sim.history.user_ids
    assert [("f", "m")[group] for group in sim.world.users.group] == ["fm"[int(one[1:]) % 3 == 0] for one in ids]


def scenario(folder: Path, **fields: Any) -> Scenario:
    return Scenario(
        data={"kind": "log", "path": str(folder / "log.csv"), **fields},
        users={"tastes": {"kind": "from_log", "factors": 4}},
        system={"warmup": {"ticks": 0}, "slate_size": 3, "recommender": {"kind": "als", "factors": 4, "threads": 1}},
    )


def test_groups_may_stand_in_a_file_of_users(tmp_path):
    (tmp_path / "users.csv").write_text("user;town\n12;Oslo\n7;\n-3;Bergen\n7;Ås\n99;Nowhere\n")
    history = log_of(tmp_path, ROWS, group="town", users="users.csv")
    assert history.group_names == ("Bergen", "Oslo", "Ås")
    assert [history.group_names[group] for group in history.groups] == ["Bergen", "Ås", "Oslo"]
    assert history.user_ids.tolist() == [-3, 7, 12], "who did nothing is nobody"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("user,item,sex\n1,a,f\n2,a,\n", "log.csv:3: sex is missing"),
        ("user,item,sex\n1,a,f\n2,a,m\n1,b,m\n", "log.csv:4: sex is 'm', and the same user was in another group"),
        ("user,item,sex\n1,a,all\n2,a,m\n", "a sex is called 'all'"),
        ("user,item,sex\n" + "".join(f"{n},a,g{n}\n" for n in range(101)), "'sex' has 101 different values"),
    ],
)
def test_a_user_has_one_group(text, words, tmp_path):
    assert words in message(tmp_path, text, group="sex")


def test_a_user_who_is_not_in_the_file_of_users_is_told(tmp_path):
    (tmp_path / "users.csv").write_text("user,town\n7,Oslo\n-3,Bergen\n")
    fields = {"group": "town", "users": "users.csv"}
    assert "log.csv:5: user is '12', who has no town in users.csv" in message(tmp_path, ROWS, **fields)
    history = log_of(tmp_path, ROWS, bad_rows="skip", **fields)
    assert history.left_out == (("of users without town", 1),)
    (tmp_path / "users.csv").write_text("user,town\n7,Oslo\n-3,Bergen\n12,Oslo\n7,Bergen\n")
    assert "users.csv:5: town is 'Bergen', and the same user has another before" in message(tmp_path, ROWS, **fields)


def test_groups_of_the_scenario_and_of_the_log_do_not_mix(tmp_path):
    log_of(tmp_path, "user,item,sex\n1,a,f\n2,a,m\n2,b,m\n")
    groups = [{"name": "x", "share": 0.5}, {"name": "y", "share": 0.5}]
    spec = scenario(tmp_path, group="sex").override("users.groups", groups)
    with pytest.raises(ScenarioError, match=r"users\.groups: the log brings groups of users itself: f and m"):
        Simulation(spec)
    Simulation(scenario(tmp_path).override("users.groups", groups))


ITEMS = "item,year,genres,country\nb,1999,War|Drama,FR\nx,2001.5,(no genres listed),\nnew,2020, Drama ,FR|DE\n"


def test_features_arrive_as_what_the_platform_sees(tmp_path):
    (tmp_path / "items.csv").write_text(ITEMS)
    log_of(tmp_path, ROWS)
    sim = Simulation(scenario(tmp_path, items="items.csv", features=["genres", "year", "country"]))
    names = ("genres: Drama", "genres: War", "year", "country: DE", "country: FR")
    assert sim.history.feature_names == names
    assert sim.history.item_ids.tolist() == ["b", "new", "x"], "what nobody touched is part of the catalogue"
    expected = [[1, 1, 1999, 0, 1], [1, 0, 2020, 1, 1], [0, 0, 2001.5, 0, 0]]
    assert sim.service.public.features.tolist() == expected
    alone = log_of(tmp_path, ROWS, items="items.csv", features=("genres",))
    assert alone.feature_names == ("Drama", "War")


def test_a_log_that_tells_nothing_of_its_items_runs(tmp_path):
    log_of(tmp_path, ROWS)
    sim = Simulation(scenario(tmp_path))
    assert sim.history.features.shape == (2, 0)
    assert sim.service.public.features.tolist() == [[0], [0]]


@pytest.mark.parametrize(
    ("items", "words"),
    [
        ("item,year\nb,1999\nx,\n", "items.csv:3: year is missing"),
        ("item,year\nb,1999\nx,2000\ny,MM\n", "items.csv:4: year is 'MM', not a finite number, as most of the column"),
        ("item,year\nb,1999\nx,2000\nb,1998\n", "items.csv:4: item is 'b', which stands there before with other"),
        ("item,year\nb,1999\n,2000\n", "items.csv:3: item is missing"),
        ("item,year\nb,1999\n", "log.csv:2: item is 'x', which is not in items.csv"),
        ("item,yaer\nb,1999\n", "items.csv: no column is called 'year'; did you mean 'yaer'?"),
    ],
)
def test_what_is_wrong_with_a_file_of_items_is_told(items, words, tmp_path):
    (tmp_path / "items.csv").write_text(items)
    assert words in message(tmp_path, ROWS, items="items.csv", features=("year",))


def test_what_is_known_of_items_must_be_right_whatever_is_done_about_rows_of_the_log(tmp_path):
    (tmp_path / "items.csv").write_text("item,year\nb,1999\nx,\n")
    told = message(tmp_path, ROWS, items="items.csv", features=("year",), bad_rows="skip")
    assert told.endswith("mend or remove the row or leave 'year' out of 'features'")


def test_an_item_that_is_described_twice_in_the_same_way_is_described(tmp_path):
    (tmp_path / "items.csv").write_text(ITEMS + "b,1999,War|Drama,FR\n")
    assert log_of(tmp_path, ROWS, items="items.csv", features=("year",)).features.ravel().tolist() == [
        1999,
        2020,
        2001.5,
    ]


# -- what is wrong, with its line ----


@pytest.mark.parametrize(
    ("text", "fields", "words"),
    [
        ("", {}, "log.csv: is empty"),
        ("\n \n", {}, "log.csv: is empty"),
        ("user,item\n", {}, "log.csv: has names of columns and no rows"),
        (
            "userId,movieId\n1,2\n",
            {},
            "no column is called 'user'; did you mean 'userId'?\n   its columns are 'userId'",
        ),
        ("user|item\n1|2\n", {}, "cells are separated by a comma, a semicolon or a tab"),
        ("1,31,2.5\n1,40,3.0\n", {}, "the first line of the file must name its columns"),
        ("user,user,item\n1,1,2\n", {}, "2 columns are called 'user'"),
        ("user,item\n1,a\n\n2,\n", {}, "log.csv:4: item is missing"),
        ("user,item\n1,a\n2\n", {}, "log.csv:3: item is missing"),
        ("user,item,value\n1,a,1\n1,b,1,5\n", {}, "log.csv:3: has 4 cells, and there are 3 columns"),
        ("user,item,value\n1,a,1,5\n1,b,1,5\n", {}, "log.csv:2: has 4 cells, and there are 3 columns"),
        ('user,item,value\n1,"a\nb",1\n1,b,x\n', {"value": "value"}, "log.csv:4: value is 'x', not a finite number"),
        ("user,item,value\n1,a,1\n1,b,inf\n", {"value": "value"}, "log.csv:3: value is 'inf', not a finite number"),
        ("user,item,value\n1,a,1\n1,b,1e999\n", {"value": "value"}, "log.csv:3: value is '1e999'"),
        ("user,item,value\n1,a,1\n1,b,nan\n", {"value": "value"}, "log.csv:3: value is 'nan', not a finite number"),
        ("user,item,value\n1,a,1\n1,b,-2\n2,b,0\n", {"value": "value"}, "log.csv:3: value is '-2', and a weight is"),
        ("user,item,value\n1,a,1\n1,b,1e30\n", {"value": "value"}, "a weight is above 0 and at most 1e+15"),
        ("user,item,value\n1;a;1\n", {}, "item is missing"),
        ("user,item,value\n1,a,1\n", {"value": "value", "minimum_value": 3}, "no row is left: 1 below minimum_value 3"),
        ("user,item,t\n1,a,1\n1,b,2\n1,c,soon\n", {"time": "t"}, "log.csv:4: t is 'soon', neither a number nor a date"),
        ("user,item,t\n1,a,2024-01-01\n1,b,2024-13-01\n", {"time": "t"}, "log.csv:3: t is '2024-13-01', neither"),
        ('user,item\n1,"a\n2,b\n', {}, "is opened and never closed"),
        (b"user,item\n1,a\n2,\xff\n", {}, "log.csv:3: is not UTF-8 text: byte 0xff cannot stand there"),
        ("user,item\n1,a\n".encode("utf-16"), {}, "is UTF-16 text: save it as UTF-8"),
        (b"PK\x03\x04rest", {}, "is a zip archive or an Excel workbook"),
        (b"PAR1 but no more", {}, "cannot be read as Parquet"),
        (gzip.compress(b"user,item\n1,a\n", mtime=0)[:-9], {}, "cannot be read"),
    ],
)
def test_what_is_wrong_with_a_log_is_told_with_its_line(text, fields, words, tmp_path):
    assert words in message(tmp_path, text, **fields)


def test_of_many_bad_rows_the_first_is_told_and_the_others_are_counted(tmp_path):
    text = "user,item\n" + "1,a\n" * 3 + "1,\n" * 5
    told = message(tmp_path, text)
    assert "log.csv:5: item is missing (and 4 rows like it)" in told
    assert told.endswith("mend or remove the row or leave such rows out: bad_rows: skip")


def test_bad_rows_can_be_left_out_and_are_counted_by_reason(tmp_path):
    text = "user,item,value,time\n1,a,1,5\n,a,1,5\n1,b,x,5\n1,c,0,5\n1,d,1,soon\n2,a,inf,7\n3,e,2,8\n3,e,2,9\n"
    history = log_of(tmp_path, text, value="value", time="time", bad_rows="skip")
    assert pairs_of(history) == [(1, "a"), (3, "e")]
    assert dict(history.left_out) == {
        "without user": 1,
        "whose value is no number": 2,
        "whose value is no weight": 1,
        "whose time is no time": 1,
        "repeated (same user and item)": 1,
    }


def test_a_row_of_a_parquet_file_is_told_by_its_number(tmp_path):
    frame = pd.DataFrame({"user": [1, 2, 3], "item": ["a", None, "b"], "value": [1.0, 2.0, np.nan]})
    frame.to_parquet(tmp_path / "log.parquet")
    with pytest.raises(DataError, match=r"log\.parquet: row 2: item is missing"):
        Log(path=str(tmp_path / "log.parquet")).read()
    frame.assign(item="a").to_parquet(tmp_path / "log.parquet")
    with pytest.raises(DataError, match=r"log\.parquet: row 3: value is missing"):
        Log(path=str(tmp_path / "log.parquet"), value="value").read()
    frame.assign(item=[["a"], ["b"], []]).to_parquet(tmp_path / "log.parquet")
    with pytest.raises(DataError, match="'item' holds lists"):
        Log(path=str(tmp_path / "log.parquet")).read()


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"minimum_value": 3}, "data.minimum_value: it means nothing without 'value'"),
        ({"users": "users.csv"}, "data.users: it means nothing without 'group'"),
        ({"features": ["genres"]}, "data.features: they are columns of a file of items"),
        ({"user": "id", "item": "id"}, "data.item: the column 'id' is named for two things"),
        ({"bad_rows": "ignore"}, "'ignore' is not"),
    ],
)
def test_fields_that_do_not_go_together_are_mistakes_of_the_scenario(fields, words):
    with pytest.raises(ScenarioError) as caught:
        Scenario(data={"kind": "log", **fields}, users={"tastes": "from_log"})
    assert words in str(caught.value)


PIECES = ["user", "item", "value", "time", ",", ",", ";", '"', "1", "a", " ", "é", "1e9", "-", ".", "\n", "\n", "\t"]
PIECES += ["\r", "\0"]
FUZZ = st.one_of(st.text(max_size=60), st.lists(st.sampled_from(PIECES), max_size=40).map("".join))


@given(FUZZ, st.booleans(), st.booleans(), st.sampled_from(["error", "skip"]), st.sampled_from(["keep", "last"]))
@example("", True, True, "error", "last")
@example("1,1\n0", False, False, "skip", "keep")
@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_stands_in_a_file_ends_in_a_history_or_a_message(tmp_path, text, head, more, bad_rows, duplicates):
    content = ("user,item,value,time\n" * head + text).encode("utf-8", "surrogatepass")
    fields = {"value": "value", "time": "time"} if more else {}
    try:
        history = log_of(tmp_path, content, bad_rows=bad_rows, duplicates=duplicates, **fields)
    except DataError as error:
        assert str(tmp_path) in str(error)
        return
    assert len(history.users) == len(history.items) == len(history.values) > 0
    assert np.array_equal(np.unique(history.users), np.arange(len(history.user_ids)))
    assert np.array_equal(np.unique(history.items), np.arange(len(history.item_ids)))
    assert np.isfinite(history.values).all() and (history.values > 0).all()
    assert (history.user_ids[1:] > history.user_ids[:-1]).all()


@given(st.binary(max_size=80), st.sampled_from([b"", b"PAR1", b"\x1f\x8b", b"user,item\n", b"\xef\xbb\xbf"]))
@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_bytes_that_are_nothing_end_in_a_message(tmp_path, content, magic):
    try:
        log_of(tmp_path, magic + content)
    except DataError as error:
        assert str(tmp_path) in str(error)


CELLS = st.sampled_from(["a", "1", "", " ", '"x\ny"', '"q""q"', '"a,b"', "  b"])


@given(st.lists(st.one_of(st.tuples(CELLS, CELLS), st.sampled_from([(), ("",), ("  ",)])), min_size=1, max_size=12))
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_line_that_is_told_is_the_line_it_stands_on(tmp_path, rows):
    """A last row without an item: its line is counted here by hand, over blank lines and cells of two lines."""
    text, line = "user,item\n", 2
    for row in rows:
        text += ",".join(row) + "\n"
        line += 1 + ",".join(row).count("\n")
    bad = [cells[1].strip() == "" or cells[0].strip() == "" for _, cells in list(records(text, ","))[1:]]
    if any(bad):
        return
    assert f"log.csv:{line}: item is missing" in message(tmp_path, text + "1,\n")


# -- where it is, and what a run says of it ----


YAML = """about: What does my own log do?
ticks: 2
data: {kind: log, path: clicks.csv, value: value, bad_rows: skip}
users: {tastes: {kind: from_log, factors: 2}}
system: {warmup: {ticks: 0}, slate_size: 1, recommender: popularity}
"""
CLICKS = "user,item,value\n" + "".join(f"{n % 5},{n % 7},1\n" for n in range(24)) + "1,2,x\n0,0,3\n"


@pytest.fixture
def place(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("RECSIM_DATA", raising=False)
    (tmp_path / "mine.yaml").write_text(YAML)
    (tmp_path / "clicks.csv").write_text(CLICKS)
    return tmp_path


def test_a_run_and_a_check_say_what_was_left_out(place, capsys):
    assert main(["check", "mine.yaml"]) == 0
    out, err = capsys.readouterr()
    assert "5 users × 7 items × 2 ticks" in out
    told = "note: data: 24 of 26 rows are used; left out: 1 whose value is no number, 1 repeated (same user and item)"
    assert told in err
    assert main(["run", "mine.yaml", "-o", "out", "--quiet"]) == 0
    assert capsys.readouterr().err.count(told) == 1
    about = json.loads((place / "out" / "provenance.json").read_text())
    assert about["data"] == {
        "rows": 26,
        "used": 24,
        "left_out": {"whose value is no number": 1, "repeated (same user and item)": 1},
        "users": 5,
        "items": 7,
        "sha256": about["data_sha256"],
    }
    assert recsim.load("out").provenance == about == recsim.run("mine.yaml").provenance


def test_a_clean_log_and_a_run_without_one_say_nothing(place, capsys):
    (place / "clicks.csv").write_text("user,item,value\n1,2,3\n2,2,1\n")
    assert main(["check", "mine.yaml"]) == 0
    assert "data" not in capsys.readouterr().err
    assert recsim.run({"ticks": 1, "users": {"count": 9}, "items": {"count": 9}}).provenance["data"] is None


def test_a_log_is_looked_for_beside_the_scenario_then_here_then_in_the_environment(place, monkeypatch):
    (place / "a").mkdir()
    (place / "b").mkdir()
    (place / "a" / "mine.yaml").write_text(YAML)
    assert prepared("a/mine.yaml").data.path == str(place / "clicks.csv")
    (place / "clicks.csv").rename(place / "b" / "clicks.csv")
    monkeypatch.setenv("RECSIM_DATA", str(place / "b"))
    assert prepared("a/mine.yaml").data.path == str(place / "b" / "clicks.csv")
    (place / "a" / "clicks.csv").write_text(CLICKS)
    assert prepared("a/mine.yaml").data.path == str(place / "a" / "clicks.csv")
    assert prepared("a/mine.yaml", data=place / "b").data.path == str(place / "b" / "clicks.csv")


def test_data_may_name_the_file_itself_whatever_it_is_called(place, capsys):
    (place / "clicks.csv").rename(place / "other.tsv")
    assert main(["run", "mine.yaml", "--data", "other.tsv", "-o", "out", "--quiet"]) == 0
    assert recsim.load("out").scenario.data.path == str(place / "other.tsv")


def test_files_about_users_and_items_are_found_beside_the_log_or_the_scenario(place):
    (place / "data").mkdir()
    (place / "data" / "clicks.csv").write_text(CLICKS)
    for name in ("items.csv", "data/films.csv"):
        (place / name).write_text("item,genres\n1,Drama\n")
        fields = {"data.path": "data/clicks.csv", "data.items": name, "data.features": ["genres"]}
        found = prepared("mine.yaml", set=fields).data
        assert (found.path, found.items) == (str(place / "data" / "clicks.csv"), str(place / name))
    with pytest.raises(DataError, match=r"data\.items: no file 'itmes\.csv'; did you mean 'items\.csv'"):
        prepared("mine.yaml", set={"data.items": "itmes.csv"})


@pytest.mark.parametrize("verb", [["check", "mine.yaml"], ["run", "mine.yaml", "-o", "out", "--quiet"]])
def test_a_log_that_is_not_there_is_wrong_input_and_leaves_nothing_behind(verb, place, capsys):
    (place / "clicks.csv").rename(place / "click.csv")
    assert main(verb) == 2
    err = capsys.readouterr().err
    assert "no file 'clicks.csv'; did you mean 'click.csv'?" in err and f"not at {place}/clicks.csv[.gz]" in err
    assert "--data" in err and "Traceback" not in err and not (place / "out").exists()


@pytest.mark.parametrize("verb", [["check", "mine.yaml"], ["run", "mine.yaml", "-o", "out", "--quiet"]])
def test_a_log_that_cannot_be_read_is_wrong_input_and_leaves_nothing_behind(verb, place, capsys):
    (place / "clicks.csv").write_text("user,item,value\n1,2,3,4\n")
    assert main(verb) == 2
    err = capsys.readouterr().err
    assert "clicks.csv:2: has 4 cells, and there are 3 columns" in err and "Traceback" not in err
    assert not (place / "out").exists()


def test_a_scenario_that_leaves_open_where_its_data_are_is_not_wrong(place, capsys):
    assert main(["check", "movielens"]) == 0
    assert "no movielens data in '.'; to run it name its folder with --data DIR" in capsys.readouterr().err


def test_a_folder_where_a_file_is_needed_is_told(place, capsys):
    (place / "clicks.csv").unlink()
    (place / "clicks.csv").mkdir()
    assert main(["check", "mine.yaml"]) == 2
    assert "clicks.csv is a folder; name the file in it" in capsys.readouterr().err


def test_a_run_is_resumed_from_elsewhere_as_long_as_the_log_is_the_same(place, monkeypatch):
    from recsim.folder import claim, provenance

    spec = prepared("mine.yaml")
    folder = claim(place / "out", spec, provenance(spec, None, spec.history()))
    (place / "elsewhere").mkdir()
    monkeypatch.chdir(place / "elsewhere")
    assert resume(folder).metrics.equals(recsim.run(spec).metrics)
    other = claim(place / "other", spec, provenance(spec, None, spec.history()))
    (place / "clicks.csv").write_text(CLICKS + "4,4,4\n")
    with pytest.raises(recsim.runs.ResumeError, match="the data in .* is not what the run was begun with"):
        resume(other)


def test_reading_a_million_rows_takes_seconds(tmp_path):
    """About 2 s of one core where this was written; ten times that means that somebody goes row by row."""
    n, rng = 1_000_000, np.random.default_rng(1)
    frame = pd.DataFrame({"user": rng.integers(0, 50_000, n), "item": rng.integers(0, 20_000, n)})
    frame = frame.assign(value=rng.integers(1, 11, n) / 2, time=rng.integers(10**9, 2 * 10**9, n))
    frame.to_csv(tmp_path / "log.csv", index=False)
    start = time.process_time()
    history = Log(path=str(tmp_path / "log.csv"), value="value", time="time").read()
    assert time.process_time() - start < 20
    assert len(history.users) + history.left_out[0][1] == n


def test_movielens_tells_what_it_leaves_out(tmp_path):
    (tmp_path / "ratings.csv").write_text("userId,movieId,rating,timestamp\n1,10,4,5\n1,10,2,3\n2,10,1,9\n2,30,3.5,8\n")
    (tmp_path / "movies.csv").write_text("movieId,title,genres\n10,A,War\n20,B,(no genres listed)\n")
    history = MovieLens(path=str(tmp_path), minimum_rating=2).read()
    assert dict(history.left_out) == {"below minimum_rating 2": 1, "repeated (same user and item)": 1}
    assert pairs_of(history) == [(1, 10), (2, 30)]
    assert history.item_ids.tolist() == [10, 20, 30]
    assert (history.features.tolist(), history.feature_names) == ([[1], [0], [0]], ("War",))


def test_both_kinds_are_members_of_one_family():
    assert Data.parse({"kind": "log", "path": "x.csv"}) == Log(path="x.csv")
    assert Data.parse("movielens") == MovieLens()


def test_a_hold_out_of_the_latest_wants_a_time(place, capsys):
    (place / "mine.yaml").write_text(YAML.replace("slate_size: 1", "slate_size: 1, holdout_by: latest"))
    assert main(["check", "mine.yaml"]) == 0
    assert "note: system.holdout_by: the latest of a log without a time are its last rows; name data.time" in (
        capsys.readouterr().err
    )
    assert main(["check", "hello"]) == 0
    assert "holdout_by" not in capsys.readouterr().err


def test_what_new_says_of_ones_own_log_works(place, capsys):
    """The two lines of the starting text, done as they say."""
    assert main(["new", "begun"]) == 0
    lines = (place / "begun.yaml").read_text().splitlines()
    assert any("data: {kind: log, path: clicks.csv}" in line for line in lines[:4])
    kept = [line for line in lines if not line.startswith("  count:") and not line.startswith("items:")]
    kept.insert(kept.index(next(line for line in kept if line.startswith("users:"))) + 1, "  tastes: from_log")
    (place / "begun.yaml").write_text("\n".join([*kept, "data: {kind: log, path: clicks.csv}"]))
    assert main(["check", "begun.yaml"]) == 0, capsys.readouterr().err
    assert main(["explain", "log"]) == 0
    out = capsys.readouterr().out
    assert "log, a kind of data" in out and "minimum_value" in out


@pytest.mark.parametrize("path", ["", "a\0b", "x" * 5000, "..", "/"])
def test_a_path_that_is_none_ends_in_a_message(path, tmp_path):
    for fields in ({"path": path}, {"path": "log.csv", "items": path}):
        log_of(tmp_path, ROWS)
        with pytest.raises(DataError):
            Log(**fields).located([tmp_path])
    with pytest.raises(DataError):
        Log(path=path).read()


def test_ids_of_a_parquet_file_with_a_null_are_still_whole_numbers(tmp_path):
    """As a float, three users of 19 digits would be one."""
    ids = [1234567890123456789, 1234567890123456790, 1234567890123456791, None]
    table = pyarrow.table({"user": pyarrow.array(ids, pyarrow.int64()), "item": ["a", "b", "c", "d"]})
    pyarrow.parquet.write_table(table, tmp_path / "log.parquet")
    history = Log(path=str(tmp_path / "log.parquet"), bad_rows="skip").read()
    assert history.user_ids.tolist() == ids[:3]
    assert sum(count for _, count in history.left_out) == 1


def test_a_later_row_below_the_minimum_takes_an_earlier_one_back(tmp_path):
    (tmp_path / "log.csv").write_text("user,item,value,time\n1,a,5,1\n1,a,1,2\n2,b,5,3\n2,a,0,4\n")
    log = Log(path=str(tmp_path / "log.csv"), value="value", time="time", minimum_value=4)
    history = log.read()
    assert [(history.user_ids[u], history.item_ids[i]) for u, i in zip(history.users, history.items, strict=True)] == [
        (2, "b")
    ]
    assert dict(history.left_out) == {"repeated (same user and item)": 1, "below minimum_value 4": 2}


@pytest.mark.parametrize("name", [ALL, CHANCE])
def test_a_group_of_a_log_may_not_be_called_like_what_stands_beside_groups(tmp_path, name):
    (tmp_path / "log.csv").write_text(f"user,item,team\n1,a,{name}\n2,b,reds\n")
    with pytest.raises(DataError, match=f"called '{name}'"):
        Log(path=str(tmp_path / "log.csv"), group="team").read()
