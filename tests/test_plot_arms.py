"""Pictures of experiments, sweeps and attributions: what is drawn is what was measured, and it can be read."""

import itertools

import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_hex, to_rgb
from scipy.stats import t

from recsim.plot import SMALLEST, contributions, over_arms, over_points
from recsim.plot.palette import looks
from tests.helpers import tiny

SEEDS, TICKS = 5, 6


def measured(arms, metrics=("utility",), groups=("all",), seeds=SEEDS, effect=0.1):
    """Numbers that differ by arm, seed and tick."""
    rng = np.random.default_rng(3)
    rows = [
        (arm, seed, tick, metric, group, effect * number + 0.05 * tick + 0.02 * rng.normal())
        for number, arm in enumerate(arms)
        for seed in range(1, seeds + 1)
        for tick in range(TICKS + 1)
        for metric in metrics
        for group in groups
    ]
    return pd.DataFrame(rows, columns=["arm", "seed", "tick", "metric", "group", "value"])


def drawn(frame, arms, *names, **options):
    arms = {arm: tiny() for arm in arms} if not isinstance(arms, dict) else arms
    figure = over_arms(frame, tiny(about="What does it do?"), arms, names, **options)
    figure.draw_without_rendering()
    return figure


def curves(panel):
    """The lines over time, without rules."""
    return [line for line in panel.lines if len(line.get_xdata()) > 2]


def bands(panel):
    """Lower and upper edge of each band, from left to right, by its colour."""
    found = {}
    for band in panel.collections:
        points = pd.DataFrame(band.get_paths()[0].vertices, columns=["at", "value"])
        ends = points.groupby("at")["value"]
        found[to_hex(band.get_facecolor()[0])] = ends.min().to_numpy(), ends.max().to_numpy()
    return found


def titles(figure):
    return [panel.get_title(loc="left") for panel in figure.axes if panel.get_visible()]


def texts(panel):
    return [text.get_text() for text in panel.texts if text.get_text()]


def boxes(figure):
    """Where every piece of text stands, but for the numbers along axes."""
    found = [figure._suptitle, figure._supxlabel]
    for panel in figure.axes:
        found += [*panel.texts, panel.title, panel._left_title, panel.xaxis.label, panel.yaxis.label]
    for legend in figure.legends:
        found += legend.get_texts()
    return [text.get_window_extent() for text in found if text is not None and text.get_text() and text.get_visible()]


def assert_readable(figure):
    """All text is on the page, large enough, and off other text."""
    found = boxes(figure)
    for number, box in enumerate(found):
        assert figure.bbox.x0 <= box.x0 and box.x1 <= figure.bbox.x1
        assert figure.bbox.y0 <= box.y0 and box.y1 <= figure.bbox.y1
        assert not any(box.overlaps(other) for other in found[:number])
    sized = [text for text in figure.findobj(lambda artist: hasattr(artist, "get_fontsize")) if text.get_text()]
    assert min(text.get_fontsize() for text in sized) >= SMALLEST


def exploring(start, name="exploration"):
    return tiny(interventions=[{"kind": "exploration", "start": start, "name": name}])


# -- means and intervals ----


def test_a_line_is_the_mean_over_seeds_and_its_band_the_t_interval():
    frame = measured(["baseline", "diverse"])
    panel = drawn(frame, ["baseline", "diverse"]).axes[0]
    by_color = {to_hex(line.get_color()): line for line in curves(panel)}
    edges = bands(panel)
    assert len(by_color) == len(edges) == 2
    for arm, look in looks(["baseline", "diverse"]).items():
        values = frame[frame["arm"] == arm].pivot(index="tick", columns="seed", values="value")
        mean, half = values.mean(axis=1), t.ppf(0.975, SEEDS - 1) * values.std(axis=1, ddof=1) / SEEDS**0.5
        assert by_color[look.color].get_ydata() == pytest.approx(mean.to_numpy())
        low, high = edges[look.color]
        assert low == pytest.approx((mean - half).to_numpy()) and high == pytest.approx((mean + half).to_numpy())


def test_one_seed_draws_no_band_and_the_caption_says_so():
    figure = drawn(measured(["baseline", "diverse"], seeds=1), ["baseline", "diverse"])
    assert len(curves(figure.axes[0])) == 2 and not figure.axes[0].collections
    assert "one seed" in figure._supxlabel.get_text()


def test_the_caption_says_how_many_seeds_and_what_the_band_is():
    assert "mean of 5 seeds; band: its 95 % interval" in drawn(measured(["a", "b"]), ["a", "b"])._supxlabel.get_text()
    uneven = measured(["a", "b"]).query("arm == 'a' or seed < 4")
    assert "mean of 3 to 5 seeds" in drawn(uneven, ["a", "b"])._supxlabel.get_text()


def test_a_seed_without_a_value_is_left_out_of_the_mean_of_that_tick():
    frame = measured(["a", "b"])
    frame.loc[(frame["arm"] == "a") & (frame["tick"] == 3) & (frame["seed"] > 1), "value"] = np.nan
    frame.loc[(frame["arm"] == "b") & (frame["tick"] == 4), "value"] = np.nan
    first, second = curves(drawn(frame, ["a", "b"]).axes[0])
    kept = frame[(frame["arm"] == "a") & (frame["tick"] == 3) & (frame["seed"] == 1)]["value"].item()
    assert first.get_ydata()[3] == pytest.approx(kept)
    assert list(second.get_xdata()) == [0, 1, 2, 3, 5, 6]


def test_a_metric_without_values_says_that_there_is_nothing():
    frame = measured(["a", "b"], ["utility", "coverage"])
    frame.loc[frame["metric"] == "coverage", "value"] = np.nan
    full, empty = drawn(frame, ["a", "b"]).axes
    assert "nothing to measure here" in texts(empty) and not curves(empty) and "a" not in texts(empty)
    assert "nothing to measure here" not in texts(full)


def test_an_interval_much_wider_than_the_values_does_not_flatten_the_lines():
    frame = measured(["a", "b"], seeds=2)
    low, high = drawn(frame, ["a", "b"]).axes[0].get_ylim()
    span = np.ptp(frame["value"])
    assert frame["value"].min() - 0.7 * span <= low and high <= frame["value"].max() + 0.7 * span


# -- what is shown ----


def test_each_metric_has_a_panel_and_each_arm_a_named_line_in_the_order_of_the_arms():
    figure = drawn(measured(["b", "a"], ["utility", "coverage"]), ["a", "b"])
    assert titles(figure) == ["utility", "coverage"]
    assert figure.axes[0].get_ylabel() == "utility per session"
    for panel in figure.axes:
        assert to_hex(curves(panel)[0].get_color()) == looks(["a"])["a"].color
        assert [text for text in texts(panel) if text != "warm-up"] == ["a", "b"]


def test_names_choose_metrics_and_groups_and_a_wrong_one_is_refused_with_a_suggestion():
    frame = measured(["a", "b"], ["utility", "coverage"], ["all", "minority"])
    assert titles(drawn(frame, ["a", "b"], "coverage", "utility[minority]")) == ["coverage", "utility: minority"]
    with pytest.raises(ValueError, match="'covrage' was not measured; did you mean 'coverage'"):
        drawn(frame, ["a", "b"], "covrage")
    with pytest.raises(ValueError, match=r"did you mean 'utility\[minority\]'"):
        drawn(frame, ["a", "b"], "utility[minorty]")


def test_groups_have_panels_of_their_own_if_asked_for_and_the_same_axis_as_everybody():
    frame = measured(["a", "b"], ["utility"], ["minority", "all", "chance"])
    frame.loc[frame["group"] == "minority", "value"] -= 1.0
    assert titles(drawn(frame, ["a", "b"])) == ["utility"]
    figure = drawn(frame, ["a", "b"], groups=True)
    assert titles(figure) == ["utility", "utility: minority"]
    assert len({panel.get_ylim() for panel in figure.axes}) == 1


def test_a_metric_that_only_groups_have_shows_them():
    frame = measured(["a", "b"], ["item_group_exposure"], ["majority", "minority"])
    assert titles(drawn(frame, ["a", "b"])) == ["item group exposure: majority", "item group exposure: minority"]


def test_chance_is_the_grey_dashed_mean_of_the_first_arm_without_a_band():
    frame = measured(["a", "b"], groups=["all", "chance"])
    panel = drawn(frame, ["a", "b"]).axes[0]
    grey = [line for line in curves(panel) if len(set(to_rgb(line.get_color()))) == 1]
    assert len(grey) == 1 and grey[0].is_dashed() and len(panel.collections) == 2
    first = frame[(frame["arm"] == "a") & (frame["group"] == "chance")]
    assert grey[0].get_ydata() == pytest.approx(first.groupby("tick")["value"].mean())
    assert "chance" in texts(panel)


def test_arms_of_which_only_numbers_are_known_are_drawn_too():
    panel = drawn(measured(["known", "other"]), {"known": tiny(), "never run": tiny()}).axes[0]
    assert [text for text in texts(panel) if text != "warm-up"] == ["known", "other"]


def test_nothing_at_all_is_refused():
    with pytest.raises(ValueError, match="nothing was measured"):
        over_arms(measured(["a"]).iloc[:0], tiny(), {"a": tiny()})


# -- what was done ----


def flags_of(figure):
    """Names of interventions, their colour and the tick of their rule."""
    named = [text for text in figure.axes[0].texts if getattr(text, "xycoords", None) == ("data", "axes fraction")]
    return {text.get_text(): (to_hex(text.get_color()), text.xy[0]) for text in named if text.get_text()}


def test_what_all_arms_have_is_named_and_what_one_has_stands_in_its_colour_with_its_name():
    both = [{"kind": "exploration", "start": 4}]
    more = [*both, {"kind": "change", "name": "slower", "start": 5, "path": "system.retrain_every", "value": 2}]
    arms = {"a": tiny(interventions=both), "b": tiny(interventions=more)}
    found = flags_of(drawn(measured(arms), arms))
    assert found == {"exploration": ("#000000", 4), "b: slower": (looks(["a", "b"])["b"].color, 5)}


def test_what_several_arms_have_is_told_once():
    arms = {"baseline": tiny(), **{f"from {start}": exploring(start) for start in (3, 4)}}
    assert set(flags_of(drawn(measured(arms), arms))) == {"from 3: exploration", "from 4: exploration"}
    arms = {"baseline": tiny(), **{name: exploring(4) for name in "abc"}}
    assert list(flags_of(drawn(measured(arms), arms))) == ["all but baseline: exploration"]
    arms = {"baseline": tiny(), "a": tiny(), **{name: exploring(4) for name in "bc"}}
    assert list(flags_of(drawn(measured(arms), arms))) == ["b, c: exploration"]
    arms = {"baseline": tiny(), "exploration": exploring(4)}
    assert list(flags_of(drawn(measured(arms), arms))) == ["exploration"], "its colour says whose it is"


def test_what_waits_for_a_monitor_or_starts_after_the_end_has_no_rule():
    monitor = {"kind": "monitor", "metric": "coverage", "below": 0.1}
    waiting = {"kind": "exploration", "start": {"after": "monitor", "delay": 1}}
    arms = {"a": tiny(interventions=[monitor, waiting]), "b": exploring(TICKS + 1)}
    assert not [name for name in flags_of(drawn(measured(arms), arms)) if "exploration" in name]


def test_alarms_of_each_seed_are_strokes_at_the_foot_in_the_arm_s_colour():
    """Seeds 1 and 2 of `a` count one more on ticks 4 and 6: they sounded on 3 and 5."""
    monitor = {"kind": "monitor", "metric": "coverage", "below": 0.1}
    arms = {"quiet": tiny(), "a": tiny(interventions=[monitor])}
    frame = measured(arms)
    rows = [("a", seed, tick, "alarms", "monitor", float(tick >= 2 + 2 * seed)) for seed in (1, 2) for tick in range(7)]
    frame = pd.concat([frame, pd.DataFrame(rows, columns=frame.columns)], ignore_index=True)
    figure = drawn(frame, arms, "utility")
    strokes = [line for line in figure.axes[0].lines if line.get_marker() == "|"]
    assert [list(line.get_xdata()) for line in strokes] == [[3, 5]]
    assert to_hex(strokes[0].get_color()) == looks(["quiet", "a"])["a"].color
    assert "Strokes at the foot: alarms" in figure._supxlabel.get_text()
    assert "Strokes" not in drawn(measured(arms), arms)._supxlabel.get_text()


def test_rules_of_one_tick_take_turns_so_that_each_is_seen():
    arms = {"a": exploring(4, "one"), "b": exploring(4, "other")}
    rules = [line for line in drawn(measured(arms), arms).axes[0].lines if list(line.get_xdata()) == [4, 4]]
    (first, (on, off)), (second, _) = (line._unscaled_dash_pattern for line in rules)
    assert abs(first - second) >= on and abs(first - second) + on <= on + off


def test_warm_up_is_shaded_in_every_panel_and_named_in_the_first():
    figure = drawn(measured(["a", "b"], ["utility", "coverage"]), ["a", "b"])
    assert all(panel.patches for panel in figure.axes)
    assert [("warm-up" in texts(panel)) for panel in figure.axes] == [True, False]


# -- legibility ----

ARMS = {
    "two": ["baseline", "diverse"],
    "four": ["baseline", "slate_size=5", "slate_size=10", "slate_size=20"],
    "seven": [f"exploration={number}" for number in range(7)],
    "fifteen": [f"arm {number}" for number in range(15)],
    "long": ["baseline", "a re-ranker of everything for diversity with a strength of 0.4", "nobody"],
}


@pytest.mark.parametrize("arms", ARMS.values(), ids=ARMS)
@pytest.mark.parametrize("metrics", [("utility",), ("utility", "exposure_gini", "intra_list_distance", "taste_drift")])
@pytest.mark.parametrize("effect", [0.0, 0.1], ids=["together", "apart"])
def test_names_stand_on_the_page_and_off_each_other(arms, metrics, effect):
    figure = drawn(measured(arms, metrics, ["all", "chance"], seeds=2, effect=effect), arms)
    told = [text.get_text().replace("\n", " ") for legend in figure.legends for text in legend.get_texts()]
    for panel in figure.axes:
        assert set(arms) | {"chance"} <= {*texts(panel), *told}, "each is named, whole"
    assert_readable(figure)


@pytest.mark.parametrize("starts", [(3, 3, 3), (3, 4, 5), (5, 5, 6), (3, 4, 6), (6, 6, 6)])
@pytest.mark.parametrize("name", ["dice", "a_name_which_is_long"])
def test_names_of_interventions_stand_above_the_panels_and_off_each_other(starts, name):
    arms = {"baseline": tiny(), **{f"arm-{n}": exploring(start, f"{name}{n}") for n, start in enumerate(starts)}}
    figure = drawn(measured(arms, ["utility", "exposure_gini", "coverage", "taste_drift"]), arms)
    assert len(flags_of(figure)) == 3
    assert_readable(figure)
    top = [text for text in figure.axes[0].texts if "arm-" in text.get_text() and ":" in text.get_text()]
    assert all(text.get_window_extent().y0 >= figure.axes[0].bbox.y1 for text in top), "nothing is covered"


def test_interventions_beyond_six_rows_are_counted():
    arms = {"baseline": tiny(), **{f"arm {n}": exploring(4, f"intervention-{n}") for n in range(9)}}
    figure = drawn(measured(arms), arms)
    assert len(flags_of(figure)) == 6
    assert "3 more interventions" in figure._supxlabel.get_text().replace("\n", " ")


def lab(color, sees):
    """CIELAB of a colour as somebody sees it, who sees as the matrix `sees` says."""
    red = np.array(to_rgb(color))
    light = np.clip(sees @ np.where(red <= 0.04045, red / 12.92, ((red + 0.055) / 1.055) ** 2.4), 0, 1)
    to_xyz = [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.072175], [0.0193339, 0.119192, 0.9503041]]
    x, y, z = np.cbrt(np.maximum(to_xyz @ light / [0.95047, 1, 1.08883], 0.008856))
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


DEUTERANOPIA = [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.01182, 0.04294, 0.968881]]
PROTANOPIA = [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]


@pytest.mark.parametrize("sees", [np.eye(3), DEUTERANOPIA, PROTANOPIA], ids=["all", "deuteranopia", "protanopia"])
def test_seven_arms_and_chance_differ_for_colour_blind_people(sees):
    """Machado, Oliveira and Fernandes (2009), whole; a difference of 10 in CIELAB is seen at a glance."""
    colors = [look.color for look in looks([str(number) for number in range(7)]).values()] + ["#949494"]
    for one, other in itertools.combinations(colors, 2):
        assert np.linalg.norm(lab(one, np.array(sees)) - lab(other, np.array(sees))) >= 10, (one, other)


def test_lines_differ_in_dashes_too_so_that_they_differ_in_grey():
    arms = [str(number) for number in range(7)]
    lines = curves(drawn(measured(arms), arms).axes[0])
    assert len({str(line._unscaled_dash_pattern) for line in lines}) == 7
    assert not lines[0].is_dashed(), "the first arm is solid"
    assert len(set(looks([str(number) for number in range(49)]).values())) == 49


# -- sweeps ----


def swept(values, seeds=4, metrics=("utility", "coverage")):
    """One value a cell: a grid over all parameters."""
    rng = np.random.default_rng(5)
    rows = [
        (*point, seed, metric, 1.0 + 0.1 * turn + 0.01 * rng.normal())
        for turn, point in enumerate(itertools.product(*values.values()))
        for seed in range(seeds)
        for metric in metrics
    ]
    frame = pd.DataFrame(rows, columns=[*values, "seed", "metric", "value"])
    frame.attrs["parameters"] = list(values)
    return frame


def points(frame, *names, **options):
    figure = over_points(frame, tiny(about="What does it do?"), names, **options)
    figure.draw_without_rendering()
    return figure


def test_one_number_varied_is_a_line_of_means_with_its_t_interval():
    frame = swept({"system.slate_size": [20, 5, 10]})
    figure = points(frame, "utility")
    panel = figure.axes[0]
    values = frame[frame["metric"] == "utility"].groupby("system.slate_size")["value"]
    mean, half = values.mean().to_numpy(), t.ppf(0.975, 3) * values.std().to_numpy() / 2
    assert list(panel.lines[0].get_xdata()) == [5, 10, 20]
    assert panel.lines[0].get_ydata() == pytest.approx(mean)
    low, high = next(iter(bands(panel).values()))
    assert low == pytest.approx(mean - half) and high == pytest.approx(mean + half)
    assert (panel.get_xlabel(), titles(figure)) == ("system.slate_size", ["utility"])
    assert figure._supxlabel.get_text().startswith("Line: mean of 4 seeds")
    assert points(frame, window="last 20 ticks")._supxlabel.get_text().startswith("Values: last 20 ticks. Line")


def test_text_varied_is_a_dot_with_a_whisker_at_each_name_in_the_order_given():
    frame = swept({"system.recommender": ["popularity", "als", "uniform"]})
    panel = points(frame, "utility").axes[0]
    assert [label.get_text() for label in panel.get_xticklabels()] == ["popularity", "als", "uniform"]
    dots = next(line for line in panel.lines if line.get_marker() == "o")
    assert dots.get_linestyle() == "None", "names have no order, so nothing joins them"
    assert dots.get_ydata() == pytest.approx(
        frame[frame["metric"] == "utility"].groupby("system.recommender", sort=False)["value"].mean()
    )


def test_numbers_and_words_together_are_names():
    frame = swept({"system.retrain_every": ["once", 1, 10]})
    assert [label.get_text() for label in points(frame).axes[0].get_xticklabels()] == ["once", "1", "10"]


def test_values_chosen_by_ratio_lie_on_a_logarithmic_axis():
    assert points(swept({"temperature": [0.01, 0.1, 1.0, 10.0]})).axes[0].get_xscale() == "log"
    assert points(swept({"slate_size": [5, 10, 20, 40]})).axes[0].get_xscale() == "linear"


@pytest.mark.parametrize(
    ("second", "said"),
    [([0.0, 0.05], ["rate=0", "rate=0.05"]), (["als", "popularity"], ["rate=als", "popularity"])],
    ids=["numbers", "names"],
)
def test_a_second_parameter_is_a_line_for_each_value(second, said):
    figure = points(swept({"system.slate_size": [5, 10, 20], "users.drift.rate": second}))
    assert all(len(curves(panel)) == len(bands(panel)) == 2 for panel in figure.axes)
    told = {text.get_text() for legend in figure.legends for text in [*legend.get_texts(), legend.get_title()]}
    assert set(said) <= {*texts(figure.axes[0])} or {"users.drift.rate", *second} <= told
    assert_readable(figure)


def test_names_by_names_have_marks_of_their_own_beside_each_other():
    figure = points(swept({"recommender": ["als", "popularity"], "retrain_every": ["once", "never"]}))
    dots = [line for line in figure.axes[0].lines if line.get_marker() in ("o", "s")]
    assert [line.get_marker() for line in dots] == ["o", "s"]
    assert dots[0].get_xdata() == pytest.approx(dots[1].get_xdata() - 0.3)
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["once", "never"]


@pytest.mark.parametrize("n", [3, 9, 30])
def test_three_parameters_are_a_panel_each_with_a_dot_a_run_and_the_mean(n):
    frame = swept({"a": list(range(n)), "b": ["x", "y"], "c": [0.0, 0.5]}, seeds=1)
    figure = points(frame)
    assert len(figure.axes) == 6
    assert [panel.get_xlabel() for panel in figure.axes] == ["", "", "", "a", "b", "c"]
    utility = frame[frame["metric"] == "utility"]
    dots, trend = figure.axes[2].lines
    assert sorted(dots.get_ydata()) == sorted(utility["value"])
    assert trend.get_ydata() == pytest.approx(utility.groupby("c")["value"].mean())
    assert figure.axes[1].lines[1].get_linestyle() == "None", "names have no order"
    assert_readable(figure)


def test_points_that_were_drawn_at_random_are_dots_with_means_of_equally_many():
    rng = np.random.default_rng(2)
    n = 64
    frame = pd.DataFrame({"a": rng.uniform(size=n), "b": rng.uniform(size=n), "seed": 1, "metric": "utility"})
    frame["value"] = 2 * frame["a"]
    dots, trend = points(frame, parameters=["a", "b"]).axes[0].lines
    assert len(dots.get_xdata()) == n and len(trend.get_xdata()) == 6
    assert trend.get_ydata() == pytest.approx(2 * np.asarray(trend.get_xdata()))


def test_what_was_varied_is_known_from_the_argument_the_frame_or_its_columns():
    frame = swept({"a": [1, 2], "b": [1, 2, 3]})
    assert points(frame, parameters=["b"]).axes[0].get_xlabel() == "b"
    assert points(frame).axes[0].get_xlabel() == "a"
    frame.attrs.clear()
    assert points(frame).axes[0].get_xlabel() == "a"
    with pytest.raises(ValueError, match="'c' was not varied"):
        points(frame, parameters=["c"])
    with pytest.raises(ValueError, match="nothing was varied"):
        points(frame[["seed", "metric", "value"]])
    with pytest.raises(ValueError, match="did you mean 'coverage'"):
        points(frame, "coverge")


def test_a_seed_counts_once_at_each_value_however_many_arms_have_it():
    frame = swept({"a": [1, 2]}, metrics=["utility"])
    doubled = pd.concat([frame, frame.query("a == 1")])
    (once,), (twice,) = (bands(points(each, parameters=["a"]).axes[0]).values() for each in (frame, doubled))
    assert twice[0] == pytest.approx(once[0]) and twice[1] == pytest.approx(once[1])


def test_anything_that_a_scenario_can_say_has_a_name_on_the_axis():
    als = {"kind": "als", "factors": 8}
    frame = swept({"system.recommender": ["none", "popularity", "als", "both", "many"]}, metrics=["utility"])
    values = {"none": None, "als": als, "both": [als, {"kind": "uniform"}], "many": [], "popularity": True}
    frame["system.recommender"] = [values[name] for name in frame["system.recommender"]]
    shown = [label.get_text() for label in points(frame).axes[0].get_xticklabels()]
    assert shown == ["none", "True", "als, factors=8", "als, factors=8 + …"]


def test_a_metric_without_values_says_so_in_a_sweep():
    for values in ({"a": [1, 2]}, {"a": [1, 2], "b": [1, 2], "c": [1, 2]}):
        frame = swept(values, metrics=["utility"]).assign(value=np.nan)
        assert "nothing to measure here" in texts(points(frame).axes[0])


# -- attributions ----


def shares(**values):
    rows = [
        (factor, metric, value, value - 0.1, value + 0.2, "last 20 ticks")
        for metric in ("utility", "exposure_gini")
        for factor, value in values.items()
    ]
    return pd.DataFrame(rows, columns=["factor", "metric", "contribution", "low", "high", "window"])


def test_bars_are_contributions_with_the_largest_on_top_and_whiskers_from_low_to_high():
    figure = contributions(shares(drift=0.1, recommender=-0.5, position_bias=0.3), tiny(about="Why?"))
    figure.draw_without_rendering()
    panel = figure.axes[0]
    assert [bar.get_width() for bar in panel.patches] == [0.1, 0.3, -0.5]
    assert [label.get_text() for label in panel.get_yticklabels()] == ["drift", "position bias", "recommender"]
    ends = np.array([segment[:, 0] for segment in panel.collections[0].get_segments()])
    assert ends == pytest.approx(np.array([[0.0, 0.3], [0.2, 0.5], [-0.6, -0.3]]))
    assert any(list(line.get_xdata()) == [0, 0] for line in panel.lines), "the zero line"
    assert titles(figure) == ["utility", "exposure gini"] and panel.get_xlabel() == "utility per session"
    assert "last 20 ticks" in figure._supxlabel.get_text()
    assert_readable(figure)


def test_all_factors_together_are_a_grey_bar_at_the_bottom():
    panel = contributions(shares(drift=0.1, together=0.9), tiny()).axes[0]
    assert [label.get_text() for label in panel.get_yticklabels()] == ["together", "drift"]
    assert [len(set(bar.get_facecolor()[:3])) for bar in panel.patches] == [1, 3]


def test_contributions_are_those_to_everybody_or_to_groups_where_everybody_has_none():
    frame = pd.concat([shares(drift=number).assign(group=group) for number, group in ((0.1, "all"), (0.2, "minority"))])
    frame = frame[(frame["metric"] == "exposure_gini") | (frame["group"] == "minority")]
    figure = contributions(frame, tiny())
    assert sorted(titles(figure)) == ["exposure gini", "utility: minority"]


def test_several_windows_have_panels_of_their_own():
    frame = pd.concat([shares(drift=0.1), shares(drift=0.2).assign(window="tick 5")])
    assert titles(contributions(frame, tiny())) == [
        "utility, last 20 ticks", "utility, tick 5", "exposure gini, last 20 ticks", "exposure gini, tick 5",
    ]  # fmt: skip


def test_a_contribution_that_is_not_known_leaves_the_others_as_they_are():
    frame = shares(drift=0.1, recommender=float("nan"))
    panel = contributions(frame, tiny()).axes[0]
    assert sorted(bar.get_width() for bar in panel.patches)[0] == 0.1
    nothing = contributions(shares(drift=float("nan")), tiny()).axes[0]
    assert "nothing to measure here" in texts(nothing)
