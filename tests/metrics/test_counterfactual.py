"""What only a second arm can tell: slate overlap, and who is better and worse off."""

import math
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

import recsim
from recsim.base.flow import Source
from recsim.experiment import Experiment
from recsim.metrics.counterfactual import BetterOff, SlateOverlap, WorseOff
from recsim.problems import ScenarioError
from tests.helpers import run_all, tiny
from tests.metrics.hand import NOBODY, everybody, tick

WORTH = {"tastes": [[1.0]] * 4, "topics": [[float(worth)] for worth in (0, 1, 2, 3, 4, 5)]}
"""Four users alike, and item number i worth i."""
METRICS = ("slate_overlap", "better_off", "worse_off")


def shown(slate, picks=None, **more):
    return tick(slate, picks, **{**WORTH, **more})


def compared(metric, here, there):
    """What a metric gives on a tick, when the other arm had that one."""
    return metric.measure(here._replace(reference={metric.label: metric.leave(there)}), {})


# -- slates ----


@pytest.mark.parametrize(
    ("mine", "theirs", "expected"),
    [
        ([[0, 1, 2]], [[2, 1, 0]], 1.0),  # order plays no part
        ([[0, 1]], [[2, 3]], 0.0),
        ([[0, 1, 2]], [[1, 2, 3]], 2 / 4),
        ([[0, 1, 2]], [[0, -1, -1]], 1 / 3),  # padding is no item, on either side
        ([[0, -1]], [[0, 1]], 1 / 2),
        ([[0, 1], [2, 3]], [[0, 1], [3, 4]], (1 + 1 / 3) / 2),  # the mean over users
        ([[0], [1]], [[0, 2], [3, 4]], (1 / 2 + 0) / 2),  # slates of other lengths
        ([[0, 1], [-1, -1]], [[0, 2], [-1, -1]], 1 / 3),  # a pair of empty slates says nothing
        ([[0, 1], [-1, -1]], [[0, 2], [3, 4]], (1 / 3 + 0) / 2),  # one empty slate has nothing in common
    ],
)
def test_slate_overlap_by_hand(mine, theirs, expected):
    assert everybody(compared(SlateOverlap(), shown(mine), shown(theirs))) == pytest.approx(expected)
    assert everybody(compared(SlateOverlap(), shown(theirs), shown(mine))) == pytest.approx(expected), "it is symmetric"


def test_slate_overlap_is_about_what_the_platform_shows():
    """What people meet by themselves is left out on both sides."""
    source = [[Source.RECOMMENDED, Source.ORGANIC]]
    assert everybody(compared(SlateOverlap(), shown([[0, 1]], source=source), shown([[0, 2]], source=source))) == 1.0
    assert everybody(compared(SlateOverlap(), shown([[0, 1]], source=source), shown([[2, 1]]))) == 0.0


def test_slate_overlap_of_nothing_but_empty_slates_is_undefined():
    assert math.isnan(everybody(compared(SlateOverlap(), shown([[-1]]), shown([[-1]]))))


# -- gains ----


@pytest.mark.parametrize(
    ("mine", "theirs", "better", "worse"),
    [
        ([3, 1, 2, 2], [2, 2, 2, -1], 2 / 4, 1 / 4),  # 3 > 2, 1 < 2, the same, 2 > nothing
        ([0, 5, -1, -1], [-1, 4, 4, -1], 1 / 4, 1 / 4),  # an item worth 0 is as good as nothing
        ([5, 5, 5, 5], [4, 3, 2, 1], 1.0, 0.0),
        ([1, 2, 3, 4], [1, 2, 3, 4], 0.0, 0.0),
    ],
)
def test_better_and_worse_off_by_hand(mine, theirs, better, worse):
    slate = [[0, 1, 2, 3, 4, 5]] * 4
    here, there = shown(slate, mine), shown(slate, theirs)
    assert everybody(compared(BetterOff(), here, there)) == pytest.approx(better)
    assert everybody(compared(WorseOff(), here, there)) == pytest.approx(worse)
    assert everybody(compared(WorseOff(), there, here)) == pytest.approx(better), "one's gain is the other's loss"


def test_all_that_somebody_picks_counts():
    here, there = shown([[0, 1, 2, 3]], [[1, 2]]), shown([[0, 1, 2, 3]], [[3, 0]])  # 1 + 2 against 3 + 0
    assert everybody(compared(BetterOff(), here, there)) == everybody(compared(WorseOff(), here, there)) == 0.0
    more = shown([[0, 1, 2, 3]], [[2, 3]])
    assert everybody(compared(BetterOff(), more, there)) == 1.0


def test_it_is_the_gain_that_is_compared_and_not_the_item():
    """The same item may be worth more to the same user, whose taste has moved elsewhere."""
    moved = shown([[2]], [0], tastes=[[1.5]])
    assert everybody(compared(BetterOff(), moved, shown([[2]], [0]))) == 1.0


# -- what they have in common ----


@pytest.mark.parametrize("metric", [SlateOverlap(), BetterOff(), WorseOff()], ids=METRICS)
def test_without_a_second_arm_it_is_undefined(metric):
    groups = {"groups": [0, 1, 1, 1], "group_names": ("a", "b")}
    here = shown([[0, 1], [2, 3]], [0, 0], **groups)
    for reference in ({}, {metric.label: {}}, {"another": metric.leave(here)}):
        found = metric.measure(here._replace(reference=reference), {})
        assert found.keys() == {"all", "a", "b"} and all(math.isnan(value) for value in found.values())
    assert math.isnan(everybody(compared(metric, here, shown(NOBODY)))), "nobody was there"
    assert math.isnan(everybody(compared(metric, shown(NOBODY), here))), "nobody is here"


def test_groups_have_numbers_of_their_own():
    groups = {"groups": [0, 1, 1, 2], "group_names": ("a", "b", "none")}
    here, there = shown([[0, 1]] * 3, [0, 1, 1], **groups), shown([[0, 1], [0, 2], [3, 4]], [1, 0, 0], **groups)
    overlap = compared(SlateOverlap(), here, there)
    assert overlap["all"] == pytest.approx((1 + 1 / 3 + 0) / 3)
    assert (overlap["a"], overlap["b"]) == (1.0, pytest.approx(1 / 6)) and math.isnan(overlap["none"])
    # 0 against 1; 1 against 0; 1 against 3
    assert {name: compared(BetterOff(), here, there)[name] for name in ("all", "a", "b")} == {
        "all": pytest.approx(1 / 3), "a": 0.0, "b": 0.5,
    }  # fmt: skip
    assert {name: compared(WorseOff(), here, there)[name] for name in ("all", "a", "b")} == {
        "all": pytest.approx(2 / 3), "a": 1.0, "b": 0.5,
    }  # fmt: skip


def only(users, items, picks):
    """A tick on which only some of the four users have a session; `items` has a row each."""
    given = shown(items, picks)
    slate = given.slate._replace(users=np.asarray(users, np.int32))
    return given._replace(slate=slate, feedback=given.feedback._replace(slate=slate))


def test_who_is_in_one_arm_only_is_left_out():
    here, there = only([0, 2], [[0, 1], [2, 3]], [1, 1]), only([2, 3], [[3, 4], [0, 5]], [0, 1])
    # user 2 alone is in both: {2, 3} against {3, 4}, and 3 against 3
    assert everybody(compared(SlateOverlap(), here, there)) == pytest.approx(1 / 3)
    assert everybody(compared(BetterOff(), here, there)) == everybody(compared(WorseOff(), here, there)) == 0.0
    nobody = only([1], [[0, 1]], [0])
    assert math.isnan(everybody(compared(SlateOverlap(), here, nobody)))


def test_users_and_items_are_known_by_their_keys_and_not_by_their_rows():
    """In the other arm everybody and everything has another number."""
    here = shown([[0, 1], [2, 3]], [0, 1])
    there = shown([[3, 2], [4, 5]], [0, 1])  # written down backwards: item i there is item 5 − i here, user 0 is user 1
    users, items = (SimpleNamespace(key=np.array(keys, np.uint64)) for keys in ([1, 0, 2, 3], [5, 4, 3, 2, 1, 0]))
    users.born = there.users.born
    there = there._replace(users=users, items=items)
    left = SlateOverlap().leave(there)
    found = SlateOverlap().measure(here._replace(reference={"slate_overlap": left}), {})
    assert everybody(found) == pytest.approx(
        (2 / 2 + 2 / 2) / 2
    )  # user 0: {0, 1} and {1, 0}; user 1: {2, 3} and {2, 3}
    # gains: user 0 has 0 here, and there what row 1 picked: item 5, worth 5; user 1 has 3 here, and 3 there
    gained = BetterOff().measure(here._replace(reference={"better_off": BetterOff().leave(there)}), {})
    lost = WorseOff().measure(here._replace(reference={"worse_off": WorseOff().leave(there)}), {})
    assert (everybody(gained), everybody(lost)) == (0.0, 0.5)


def test_a_sample_is_of_the_same_users_in_both_arms():
    """Half of 400 users: those of the sample, and no one else, in the rows that they have here and there."""
    many = {"tastes": [[1.0]] * 400}
    rows = SlateOverlap(sample=200)._rows(shown([[0, 1]] * 400, **many))
    assert 150 < len(rows) < 250
    mine, theirs, picks = np.full((400, 2), [2, 3]), np.full((400, 2), [4, 5]), np.zeros(400, int)
    mine[rows] = theirs[rows] = [0, 1]
    picks[rows] = 1
    here, there = shown(mine, picks, **many), shown(theirs, np.zeros(400), **many)
    assert everybody(compared(SlateOverlap(sample=200), here, there)) == 1.0
    assert len(SlateOverlap(sample=200).leave(there)["users"]) == len(rows)
    assert everybody(compared(BetterOff(sample=200), here, there)) == 1.0, "1 against 0; the others have 2 against 4"
    assert everybody(compared(SlateOverlap(), here, there)) == pytest.approx(len(rows) / 400)


# -- in the loop ----


def frame(spec, **options) -> pd.DataFrame:
    """Arms × ticks, of the group of everybody on the first seed."""
    found = Experiment(spec, **options).run(jobs=1).wide()
    return found.xs(1, level="seed")


@pytest.fixture(scope="module")
def measured():
    arms = {
        "late": {"interventions": [{"kind": "exploration", "share": 0.6, "start": 5}]},
        "uniform": {"system.recommender": "uniform"},
        "fewer": {"users.activity": 0.5},
    }
    return frame(tiny(ticks=9, metrics=list(METRICS), experiment={"seeds": 1, "arms": arms}))


def test_arms_are_the_same_until_they_differ(measured):
    late = measured.loc["late"]
    assert late.loc[0].isna().all(), "nobody has seen anything"
    assert (late.loc[1:4] == [1.0, 0.0, 0.0]).all(axis=None)
    assert (late.loc[5:, "slate_overlap"] < 1).all()
    assert (measured.loc["uniform"].loc[1:2] == [1.0, 0.0, 0.0]).all(axis=None), "the warm-up is shared"
    assert (measured.loc["uniform"].loc[3:, "slate_overlap"] < 0.7).all()


def test_an_arm_is_like_itself(measured):
    baseline = measured.loc["baseline"].loc[1:]
    assert (baseline == [1.0, 0.0, 0.0]).all(axis=None)


def test_better_and_worse_off_are_shares_of_all(measured):
    both = measured["better_off"] + measured["worse_off"]
    assert both.dropna().between(0, 1).all() and both.max() > 0.3
    assert measured["slate_overlap"].dropna().between(0, 1).all()


def test_who_has_no_session_in_one_arm_is_left_out_in_the_loop_too(measured):
    """Half of the people are active, and those see what they see in the other arm as long as nothing was learnt."""
    assert (measured.loc["fewer"].loc[1, ["slate_overlap", "better_off", "worse_off"]] == [1.0, 0.0, 0.0]).all()


LATE, LATER = ({"interventions": [{"kind": "exploration", "share": 0.6, "start": tick}]} for tick in (5, 6))


@pytest.mark.parametrize("reference", ["baseline", "later"])
def test_nothing_depends_on_how_arms_are_forked_or_how_often_is_measured(reference):
    metrics = [{"kind": kind, "reference": reference} for kind in METRICS]
    spec = tiny(ticks=9, metrics=metrics, experiment={"seeds": 1, "arms": {"late": LATE, "later": LATER}})
    every = frame(spec, fork=False)
    assert (every.loc[reference].loc[1:] == [1.0, 0.0, 0.0]).all(axis=None)
    assert every.loc[("late", slice(6, 9)), "slate_overlap"].max() < 1
    seldom = frame(spec.override("measure_every", 4))
    assert seldom.index.get_level_values("tick").unique().tolist() == [0, 4, 8, 9]
    pd.testing.assert_frame_equal(seldom, every.loc[seldom.index], check_exact=True)
    for arm in ("baseline", "late", "later"):
        alone = recsim.run(spec.override("measure_every", 4), arm=arm).wide()
        pd.testing.assert_frame_equal(alone, seldom.loc[arm], check_exact=True)


def test_all_metrics_compare_with_one_arm():
    """Of two each would have to run before the other."""
    metrics = ["slate_overlap", {"kind": "slate_overlap", "name": "other", "reference": "later"}]
    with pytest.raises(ScenarioError, match="metrics compare with baseline and later"):
        tiny(ticks=9, metrics=metrics, experiment={"seeds": 1, "arms": {"late": LATE, "later": LATER}})


def test_a_run_without_arms_has_nothing_to_be_compared_with():
    spec = tiny(metrics=list(METRICS))
    run = recsim.run(spec)
    assert len(run.metrics) == 21 and run.metrics["value"].isna().all()
    assert [row[-1] for row in run_all(spec).rows] == pytest.approx(run.metrics["value"].tolist(), nan_ok=True)
    baseline = recsim.run(spec, arm="baseline")
    assert (baseline.wide().loc[1:] == [1.0, 0.0, 0.0]).all(axis=None)
