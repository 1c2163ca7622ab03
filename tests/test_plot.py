"""Pictures that can be read: by colour-blind people, in grey, at a normal size; with units and with what was done."""

import colorsys

import pandas as pd
import pytest
from matplotlib.colors import to_rgb

import recsim
from recsim.plot import SMALLEST

TREATED = {
    "interventions": [
        {"kind": "exploration", "start": 4},
        {"kind": "change", "name": "slower", "start": 5, "path": "system.retrain_every", "value": 2},
    ]
}


@pytest.fixture(scope="module")
def run():
    from tests.helpers import tiny

    return recsim.run(tiny(**TREATED))


def test_every_metric_has_a_panel_with_a_title_and_a_unit(run):
    figure = run.plot()
    panels = [panel for panel in figure.axes if panel.get_visible()]
    measured = list(dict.fromkeys(run.metrics["metric"]))
    assert [panel.get_title(loc="left").replace(" ", "_") for panel in panels] == measured
    assert all(panel.get_ylabel() for panel in panels)


def test_named_metrics_come_in_the_order_asked_for(run):
    figure = run.plot("utility", "coverage")
    assert [panel.get_title(loc="left") for panel in figure.axes] == ["utility", "coverage"]
    assert [panel.get_xlabel() for panel in figure.axes] == ["tick", "tick"]


def test_a_wrong_name_gets_a_suggestion(run):
    with pytest.raises(ValueError, match="did you mean 'coverage'"):
        run.plot("covrage")


def test_no_text_is_smaller_than_nine_points(run):
    figure = run.plot()
    figure.draw_without_rendering()
    texts = [text for text in figure.findobj(lambda artist: hasattr(artist, "get_fontsize")) if text.get_text()]
    assert len(texts) > 20
    assert min(text.get_fontsize() for text in texts) >= SMALLEST >= 9


def test_interventions_and_warmup_are_named_where_they_start(run):
    panel = run.plot().axes[0]
    named = {text.get_text(): text for text in panel.texts}
    assert {"exploration", "slower", "warm-up"} <= set(named)
    assert named["exploration"].xy[0] == 4


def test_the_rule_of_an_intervention_stands_where_it_acts_first():
    from recsim.plot import over_time
    from tests.helpers import tiny

    early = tiny(interventions=[{"kind": "exploration", "start": 1}])
    assert early.system.warmup.ticks == 2
    panel = over_time(frame(utility=[1.0, 2.0, 3.0, 4.0]), early).axes[0]
    assert panel.lines[-1].get_xdata() == [3, 3], "tick 2 is still warm-up"


def test_lines_differ_in_dashes_and_lightness_not_only_in_hue():
    import pandas as pd

    from recsim.plot import over_time
    from tests.helpers import tiny

    rows = [(tick, "utility", group, float(tick)) for tick in range(4) for group in ("all", "majority", "minority")]
    panel = over_time(pd.DataFrame(rows, columns=["tick", "metric", "group", "value"]), tiny()).axes[0]
    lines = [line for line in panel.lines if len(line.get_xdata()) == 4]
    assert len(lines) == 3
    assert len({str(line._unscaled_dash_pattern) for line in lines}) == 3
    assert {text.get_text() for text in panel.texts} >= {"all", "majority", "minority"}
    assert len({round(colorsys.rgb_to_hls(*to_rgb(line.get_color()))[1], 2) for line in lines}) > 1


def grouped(values, ticks=6, metrics=("utility",)):
    """One number a group, the same at all ticks."""
    import pandas as pd

    from recsim.plot import over_time
    from tests.helpers import tiny

    rows = [
        (tick, name, group, value + 0.01 * tick)
        for tick in range(ticks)
        for name in metrics
        for group, value in values.items()
    ]
    figure = over_time(pd.DataFrame(rows, columns=["tick", "metric", "group", "value"]), tiny())
    figure.draw_without_rendering()
    return figure


def test_everybody_is_the_main_line_and_chance_a_thin_grey_one():
    panel = grouped({"chance": 0.2, "minority": 0.5, "all": 0.8}).axes[0]
    lines = {text.get_text(): line for text, line in zip(panel.texts, panel.lines, strict=False)}
    assert list(lines) == ["all", "minority", "chance"], "drawn in this order, whatever the order of the rows"
    everybody, minority, null = lines.values()
    assert everybody.get_linewidth() > minority.get_linewidth() > null.get_linewidth()
    assert everybody.get_zorder() > minority.get_zorder() > null.get_zorder()
    assert not everybody.is_dashed() and null.is_dashed()
    assert len(set(to_rgb(null.get_color()))) == 1 and len(set(to_rgb(everybody.get_color()))) > 1
    assert [line.get_ydata()[0] for line in lines.values()] == [0.8, 0.5, 0.2]


def test_a_line_alone_needs_no_name():
    assert [text.get_text() for text in grouped({"all": 1.0}).axes[0].texts] == ["warm-up"]


@pytest.mark.parametrize(
    "values",
    [
        {"all": 0.5, "majority": 0.5, "minority": 0.5, "chance": 0.5},
        {"all": 1.0, "a group with a rather long name of its own": 1.0, "minority": 0.0, "chance": 0.99},
        {"all": 0.0, **{f"group{n}": n / 1000 for n in range(7)}},
        {"all": 0.0, **{f"group{n}": n / 1000 for n in range(11)}},
    ],
    ids=["equal", "at the edges", "many", "as many as fit"],
)
def test_names_of_groups_stand_apart_on_the_page_and_off_the_next_panel(values):
    figure = grouped(values, metrics=("utility", "coverage", "slate_utility"))
    boxes = [text.get_window_extent() for panel in figure.axes for text in panel.texts if text.get_text() != "warm-up"]
    assert len(boxes) == 3 * len(values)
    labels = [panel.yaxis.label.get_window_extent() for panel in figure.axes]
    for number, box in enumerate(boxes):
        assert not any(box.overlaps(other) for other in boxes[:number])
        assert not any(box.overlaps(panel.bbox) for panel in figure.axes) and not any(map(box.overlaps, labels))
        assert figure.bbox.x0 <= box.x0 and box.x1 <= figure.bbox.x1 and box.y1 <= figure.bbox.y1


@pytest.mark.parametrize("step", [0.0, 0.001, 1.0])
def test_of_twenty_groups_as_many_are_named_as_fit_and_the_others_are_counted(step):
    figure = grouped({"chance": 0.5, **{f"group{n}": n * step for n in range(20)}, "all": 0.2})
    panel = figure.axes[0]
    assert len([line for line in panel.lines if len(line.get_xdata()) == 6]) == 22, "all are drawn"
    texts = [text for text in panel.texts if text.get_text() != "warm-up"]
    assert {text.get_text() for text in texts} == {"all", *(f"group{n}" for n in range(9)), "chance", "+ 11 more"}
    boxes = [text.get_window_extent() for text in texts]
    for number, box in enumerate(boxes):
        assert panel.bbox.y0 <= (box.y0 + box.y1) / 2 <= panel.bbox.y1 + 1e-6
        assert not any(box.overlaps(other) for other in boxes[:number])


def test_names_of_groups_stand_at_the_end_of_their_lines_where_there_is_room():
    panel = grouped({"all": 0.9, "minority": 0.5, "chance": 0.1}).axes[0]
    for text, line in zip(panel.texts, panel.lines, strict=False):
        end = panel.transData.transform((0, line.get_ydata()[-1]))[1]
        box = text.get_window_extent()
        assert abs((box.y0 + box.y1) / 2 - end) < 3


def test_the_table_shows_groups_at_the_end_beside_everybody():
    import pandas as pd

    from tests.helpers import tiny

    rows = [
        (tick, name, group, value * tick)
        for tick in (0, 1, 2)
        for name, group, value in (
            ("utility", "all", 1.0), ("utility", "minority", 3.0), ("gini", "all", 0.2), ("gini", "chance", 0.1),
        )
    ]  # fmt: skip
    table = recsim.Run(pd.DataFrame(rows, columns=["tick", "metric", "group", "value"]), tiny(), {}).table
    assert list(table.columns) == ["start", "end", "change", "end[minority]", "end[chance]"]
    assert table.loc["utility", ["end", "end[minority]"]].tolist() == [2.0, 6.0]
    assert table.loc["gini", "end[chance]"] == pytest.approx(0.2) and pd.isna(table.loc["utility", "end[chance]"])


def test_a_figure_shows_itself_as_a_picture(run):
    assert run.plot("utility")._repr_png_().startswith(b"\x89PNG")


def frame(**values):
    import pandas as pd

    rows = [(tick, name, "all", value) for name, series in values.items() for tick, value in enumerate(series)]
    return pd.DataFrame(rows, columns=["tick", "metric", "group", "value"])


@pytest.mark.parametrize(
    ("values", "low", "high"),
    [
        ([0.0, 0.0, 0.0], 0, 1),
        ([2.0, 2.0, 2.0 + 1e-15], 0, 2.4),
        ([-2.0, -2.0, -2.0], -2.4, 0),
        ([0.0, 1.0, 2.0], 0, 2.1),
        ([0.01, 1.0, 2.0], 0, 2.0995),
        ([5.0, 6.0, 7.0], 4.9, 7.1),
        ([-1.0, 0.0, 1.0], -1.1, 1.1),
        ([float("nan")] * 3, 0, 1),
    ],
)
def test_the_axis_goes_below_zero_only_with_the_values_and_shows_a_constant_with_zero(values, low, high):
    from recsim.plot import over_time
    from tests.helpers import tiny

    assert over_time(frame(utility=values), tiny()).axes[0].get_ylim() == pytest.approx((low, high))


@pytest.mark.parametrize("n", [1, 2, 3, 4, 5, 7])
def test_titles_and_labels_stay_on_the_page_and_off_their_neighbours(n):
    from recsim.metrics import Metric
    from recsim.plot import over_time
    from tests.helpers import tiny

    names = sorted(Metric.members(), key=lambda kind: -len(Metric.members()[kind].unit))[:n]
    figure = over_time(frame(**{name: [1000.5, 2.0, 3.0] for name in names}), tiny(about="Why do lists narrow? " * 12))
    figure.draw_without_rendering()
    page = figure.bbox
    labels = [panel.yaxis.label.get_window_extent() for panel in figure.axes if panel.get_visible()]
    boxes = [figure._suptitle.get_window_extent(), *labels]
    assert all(page.x0 <= box.x0 and box.x1 <= page.x1 and page.y0 <= box.y0 and box.y1 <= page.y1 for box in boxes)
    for number, label in enumerate(labels):
        assert not any(label.overlaps(other) for other in labels[:number])
        assert not any(label.overlaps(panel.get_window_extent()) for panel in figure.axes)
    assert all(panel.get_ylabel().count("\n") < 2 for panel in figure.axes)


def test_panels_are_alike_where_the_last_row_is_short():
    from recsim.plot import over_time
    from tests.helpers import tiny

    names = ("utility", "coverage", "users", "taste_drift", "taste_entropy")
    panels = over_time(frame(**{name: [1.0, 2.0] for name in names}), tiny()).axes[:5]
    assert {panel.get_xlabel() for panel in panels} == {"tick"}
    assert all(panel.xaxis.get_tick_params()["labelbottom"] for panel in panels)


def test_names_of_late_interventions_stay_in_their_panel(run):
    figure = run.plot("utility", "coverage")
    figure.draw_without_rendering()
    panel = figure.axes[0]
    assert all(text.get_window_extent().x1 <= panel.bbox.x1 for text in panel.texts)


# -- alarms ----


def alarming(**more):
    """A monitor that sounds on ticks 4 and 6, and a review that waits for it."""
    from tests.helpers import tiny

    waiting = {"kind": "human_review", "start": {"after": "watch", "delay": 2}}
    monitor = {"kind": "monitor", "name": "watch", "metric": "coverage", "above": 1.0}
    return tiny({"ticks": 7}, interventions=[monitor, waiting], **more)


def counted(*counts, name="watch"):
    rows = [(tick, "alarms", group, float(n)) for tick, n in enumerate(counts) for group in ("all", name)]
    rows += [(tick, "coverage", "all", 0.1 * tick) for tick in range(len(counts))]
    return pd.DataFrame(rows, columns=["tick", "metric", "group", "value"])


def test_alarms_are_marked_where_they_were_raised_one_row_before_the_count_rises():
    from recsim.plot import over_time
    from recsim.plot.marks import ALARM

    for panel in over_time(counted(0, 0, 0, 0, 0, 1, 1, 2), alarming()).axes[:2]:
        dotted = [line.get_xdata()[0] for line in panel.lines if line.get_color() == ALARM]
        assert dotted == [4, 6]
        assert [text.get_text() for text in panel.texts].count("watch sounds") == 1, "the first is named"
        named = {text.get_text(): text for text in panel.texts if hasattr(text, "xy")}
        assert named["human review"].xy[0] == 6, "what waited starts two ticks after the first"


def test_without_an_alarm_nothing_is_marked_and_nobody_starts():
    from recsim.plot.marks import alarms

    assert alarms(counted(0, 0, 0, 0, 0, 0, 0, 0), alarming()) == []
    assert alarms(frame(utility=[1.0, 2.0]), alarming()) == []
    named = alarming(metrics=["coverage", {"kind": "alarms", "name": "sirens"}])
    rows = counted(0, 0, 0, 1).replace({"metric": {"alarms": "sirens"}})
    assert [one.tick for one in alarms(rows, named) if one.is_alarm] == [2]


def test_alarms_of_a_saved_run_are_found_in_its_numbers(tmp_path):
    from recsim.plot.marks import alarms
    from tests.helpers import tiny

    watch = {"kind": "monitor", "metric": "exposure_gini", "above": 0.0, "start": 4}
    run = recsim.run(tiny(interventions=[watch]))
    run.save(tmp_path / "run")
    again = recsim.Run.load(tmp_path / "run")
    assert [one.tick for one in alarms(again.metrics, again.scenario)] == [4]
