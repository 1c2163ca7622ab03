from __future__ import annotations

import pickle
from random import Random
from typing import Any

import pytest

from recsim.problems import Place, Problem, ScenarioError, clean, told
from recsim.problems.doubts import LONGEST, doubts
from recsim.reading import packaged, read
from recsim.scenario import Scenario
from tests.typing_mistakes import field_typos, kind_typos

POPULAR = {"recommender": "popularity"}
MONITOR = {"kind": "monitor", "metric": "exposure_gini", "above": 0.9}
REVIEW = {"kind": "human_review", "flagged_by": "ai_detector"}


def change(path: str, value: Any, **more: Any) -> dict[str, Any]:
    return {"kind": "change", "path": path, "value": value, **more}


def problems(**fields: Any) -> list[Problem]:
    with pytest.raises(ScenarioError) as caught:
        Scenario(**fields)
    return caught.value.problems


def only(**fields: Any) -> Problem:
    found = problems(**fields)
    assert len(found) == 1, found
    return found[0]


@pytest.mark.parametrize("mistakes", [field_typos, kind_typos])
def test_a_misspelled_name_is_guessed_in_98_of_100_cases(mistakes: Any) -> None:
    total, missed = 0, []
    for seed in range(4):
        for fields, where, meant in mistakes(Random(seed)):
            total += 1
            with pytest.raises(ScenarioError) as caught:
                Scenario.parse(fields)
            hints = [one.hint for one in caught.value.problems if one.path == where]
            if not any(f"did you mean '{meant}'?" in hint for hint in hints):
                missed.append((where, meant))
    assert total > 500
    assert len(missed) <= 0.02 * total, missed


def test_a_suggestion_tells_what_the_field_means() -> None:
    found = only(system={"retrain_evry": 5})
    assert found.text == "unknown field 'retrain_evry' in 'system'"
    assert found.hint == (
        "did you mean 'retrain_every'?  (ticks between retrainings, integer ≥ 1, once or never; default 1)"
    )
    assert found.more == "system.retrain_every" and found.at_key


def test_a_field_of_another_section_is_found_there() -> None:
    assert only(slate_size=5).hint == "there is 'system.slate_size': write it there"
    assert (
        only(users={"drift": {"rate": 1}}).hint == "'drift' is a behaviour: write 'users.behaviours: [{kind: drift}]'"
    )


@pytest.mark.parametrize(
    ("fields", "path", "text", "hint"),
    [
        ({"ticks": -1}, ("ticks",), "-1 is below 0", "allowed: integer ≥ 0"),
        ({"ticks": 2.5}, ("ticks",), "2.5 is not an integer", "integer ≥ 0"),
        ({"ticks": "5"}, ("ticks",), "'5' is text that looks like a number", "write 5, without quotes"),
        ({"ticks": "1_000"}, ("ticks",), "looks like a number", "write 1000"),
        ({"ticks": "1,000"}, ("ticks",), "looks like a number", "write 1000"),
        ({"ticks": "soon"}, ("ticks",), "'soon' is text, not an integer", "integer ≥ 0"),
        ({"ticks": True}, ("ticks",), "true is not an integer", "integer ≥ 0"),
        ({"ticks": None}, ("ticks",), "nothing stands here, and an integer is needed", "default 50"),
        ({"ticks": [5]}, ("ticks",), "a list is not an integer", "integer"),
        ({"ticks": float("nan")}, ("ticks",), "nan is not a finite number", "integer"),
        ({"ticks": 10**5000}, ("ticks",), "an integer of more than 20 digits is above 100,000,000", "integer"),
        ({"about": 3}, ("about",), "3 is a number, not text", "put it in quotes: '3'"),
        (
            {"system": {"repeats": "yes"}},
            ("system", "repeats"),
            "looks like a truth value",
            "write true, without quotes",
        ),
        ({"system": {"repeats": "off"}}, ("system", "repeats"), "looks like a truth value", "write false"),
        ({"system": {"repeats": 1}}, ("system", "repeats"), "1 is a number, not true or false", "write true"),
        ({"system": {"holdout": "10%"}}, ("system", "holdout"), "looks like a number", "write 0.1"),
        ({"system": {"holdout": 1.5}}, ("system", "holdout"), "1.5 is above 1", "number from 0 to 1"),
        ({"system": []}, ("system",), "a list is not a block", "allowed"),
        (
            {"users": {"tastes": {"kind": "clusters", "strength": 0}}},
            ("users", "tastes", "strength"),
            "0 is not above 0",
            "> 0",
        ),
        ({"users": {"activity": 1.5}}, ("users", "activity", "share"), "1.5 is above 1", "number from 0 to 1"),
        ({"users": {"activity": "0.3"}}, ("users", "activity"), "looks like a number", "write 0.3"),
        ({"users": {"behaviours": "drift"}}, ("users", "behaviours"), "'drift' is text, not a list", "[drift]"),
        ({"users": {"behaviours": {"kind": "drift"}}}, ("users", "behaviours"), "a block is not a list", "'- '"),
        (
            {"users": {"behaviours": [None]}},
            ("users", "behaviours", 0),
            "nothing is no behaviour",
            "behaviours: ",
        ),
        (
            {"system": {"recommender": {"factors": 3}}},
            ("system", "recommender"),
            "'kind:' is missing",
            "recommenders: ",
        ),
        (
            {"system": {"recommender": {"knd": "als"}}},
            ("system", "recommender", "knd"),
            "unknown field",
            "mean 'kind'?",
        ),
        ({"interventions": ["monitor"]}, ("interventions", 0), "'monitor' needs 'metric:'", "add 'metric: …'"),
        (
            {"metrics": [{"kind": "holdout_recall", "name": "a b"}]},
            ("metrics", 0, "name"),
            "'a b' is not a name",
            "letters",
        ),
    ],
)
def test_a_wrong_value_is_one_problem_that_says_what_is_allowed(
    fields: dict[str, Any], path: tuple[Any, ...], text: str, hint: str
) -> None:
    found = only(**fields)
    assert found.path == path
    assert text in found.text
    assert hint in found.hint


@pytest.mark.parametrize("value", [0, -3, 2.5, "sometimes", "onse", None, [], {}, True, "7"])
def test_alternatives_make_one_problem_that_names_them_all(value: Any) -> None:
    found = only(system={"retrain_every": value})
    assert found.path == ("system", "retrain_every")
    assert "allowed: integer ≥ 1, once or never" in found.hint
    assert "constrained" not in told(found) and "literal" not in told(found)


def test_a_number_in_quotes_is_not_taken_for_a_choice() -> None:
    assert "did you mean 'once'?" in only(system={"retrain_every": "onse"}).hint
    assert "did you mean 'all'?" in only(record={"users": "al"}).hint
    assert only(record={"users": -1}).text == "-1 is below 0"


def test_a_block_among_alternatives_is_judged_as_a_block() -> None:
    found = problems(interventions=[{"kind": "exploration", "start": {"aftr": "m", "delay": 0}}])
    start = ("interventions", 0, "start")
    assert {one.path for one in found} == {start, (*start, "aftr"), (*start, "delay")}
    assert any("did you mean 'after'?" in one.hint for one in found)
    flat = only(interventions=[{"kind": "exploration", "start": "soon"}])
    assert flat.path == start and "integer ≥ 0 or {after: …, delay: …}" in flat.hint


def test_all_mistakes_are_told_at_once() -> None:
    found = problems(ticks=-1, sed=3, system={"slate_size": 0, "recommender": "alz"}, users={"count": "many"})
    assert {one.path for one in found} == {
        ("ticks",),
        ("sed",),
        ("system", "slate_size"),
        ("system", "recommender"),
        ("users", "count"),
    }


def test_parts_that_do_not_fit_are_placed_by_index() -> None:
    found = problems(
        interventions=[
            {"kind": "monitor", "metric": "taste_drift", "above": 1},
            {"kind": "exploration", "start": {"after": "monitr"}},
        ],
        items={"dynamics": ["churn"]},
    )
    by_path = {one.path: one for one in found}
    assert "uses the truth" in by_path["interventions", 0, "metric"].text
    assert by_path["interventions", 1, "start", "after"].hint == "did you mean 'monitor'?"
    assert "belongs under 'users.dynamics'" in by_path["items", "dynamics", 0].text


@pytest.mark.parametrize("kind", ["cusum", "page_hinkley", "adwin"])
def test_every_monitor_of_a_metric_may_watch_only_what_a_platform_sees(kind: str) -> None:
    assert "uses the truth" in only(interventions=[{"kind": kind, "metric": "taste_drift"}]).text
    assert "is not measured here" in only(interventions=[{"kind": kind, "metric": "hhi"}], metrics=["coverage"]).text
    later = {"kind": "exploration", "start": {"after": kind}}
    Scenario(interventions=[{"kind": kind, "metric": "coverage"}, later])
    assert only(interventions=[later]).hint == "monitors here: none"


def test_what_interventions_name_must_be_there() -> None:
    detector = {"kind": "ai_detector", "group": "nich"}
    groups = [{"name": "niche", "share": 0.5}, {"name": "rest", "share": 0.5}]
    assert only(interventions=[detector], items={"groups": groups}).hint == "did you mean 'niche'?"
    assert only(interventions=[{"kind": "training_quota", "group": "x"}]).hint == "groups of items here: none"
    lost = only(interventions=[REVIEW])
    assert lost.path == ("interventions", 0, "flagged_by") and lost.hint == "detectors here: none"
    assert "needs to know whose score" in only(interventions=[{"kind": "human_review", "order": "score"}]).text


def test_a_change_is_tried_out() -> None:
    def change(path: str, value: Any) -> Problem:
        return only(interventions=[{"kind": "change", "path": path, "value": value}])

    lost = change("system.recommender.factros", 3)
    assert lost.path == ("interventions", 0, "path") and "did you mean 'factors'?" in lost.hint
    deep = change("system.rerankers", [{"kind": "diversity", "strength": 5}])
    assert deep.path == ("interventions", 0, "value", 0, "strength") and deep.text == "5 is above 1"
    assert "cannot be changed" in change("seed", 3).text


def test_an_override_gets_the_same_messages() -> None:
    with pytest.raises(
        ScenarioError, match=r"did you mean 'slate_size'\?  \(items in a slate, integer ≥ 1 or all; default 10\)"
    ):
        Scenario().override("system.slate_sise", 5)
    with pytest.raises(ScenarioError, match="write 8, without quotes"):
        Scenario().override("system.recommender.factors", "8")
    with pytest.raises(ScenarioError, match="no 'drft' in 'users.behaviours'\n   did you mean 'drift'?"):
        Scenario(users={"behaviours": ["drift"]}).override("users.behaviours.drft.rate", 0.1)


def test_overrides_need_to_fit_only_together() -> None:
    log = {"data": {"kind": "movielens"}, "users.tastes": "from_log"}
    assert Scenario().override_all(log).users.tastes.kind == "from_log"
    with pytest.raises(ScenarioError):
        Scenario().override("users.tastes", "from_log")


def test_a_new_kind_starts_from_its_own_defaults() -> None:
    assert Scenario().override("system.recommender.kind", "popularity").system.recommender.words() == "popularity"


def test_a_list_member_can_be_named_by_index() -> None:
    spec = Scenario(users={"behaviours": ["drift"]})
    assert spec.override("users.behaviours.0.rate", 0.5) == spec.override("users.behaviours.drift.rate", 0.5)


def test_hostile_text_is_harmless_in_messages() -> None:
    evil = "\x1b[31mred\x1b]0;title\x07\u202edesrever\u2066\x00\n\r\t\ud800" + "x" * 10_000
    text = told(Problem((evil, 3), evil, evil, evil, place=Place(evil, 1, 5, 3, ((1, evil),))))
    assert not any(one in text for one in "\x1b\x07\u202e\u2066\x00\r\ud800")
    assert len(text) < 4000
    assert clean("\x1b[31mred\x1b[0m") == "red"


@pytest.mark.parametrize("column", [1, 5, 60, 200, 100_000])
@pytest.mark.parametrize("width", [1, 50, 100_000])
def test_the_mark_is_under_what_is_wrong(column: int, width: int) -> None:
    line = "é漢字" + "abcdefghi " * 30
    text = told(Problem((), "wrong", place=Place("f", 1, column, width, ((1, line),)))).split("\n")
    assert text[0] == f"f:1:{column}  wrong" and set(text[-1].split("|")[1].strip()) == {"^"}


def test_nothing_that_python_can_pass_breaks_the_message() -> None:
    class Nasty:
        def __repr__(self) -> str:
            raise RuntimeError

        __str__ = __repr__

    for value in (Nasty(), {Nasty(): Nasty()}, {1: 2}, [Nasty()], b"\xff", object, 1e400, {1}, lambda: None):
        for fields in (
            {"ticks": value},
            {"about": value},
            {"system": value},
            {"users": {"behaviours": value}},
            {"users": {"behaviours": [value]}},
            {"users": {"activity": value}},
            {"system": {"retrain_every": value}},
            {"interventions": [{"kind": "exploration", "start": value}]},
        ):
            with pytest.raises(ScenarioError) as caught:
                Scenario(**fields)
            assert str(caught.value)


def test_an_error_survives_the_way_to_another_process() -> None:
    with pytest.raises(ScenarioError) as caught:
        Scenario(ticks=-1)
    again = pickle.loads(pickle.dumps(caught.value))  # noqa: S301
    assert str(again) == str(caught.value) and again.problems == caught.value.problems


# -- notes: valid, but probably not meant ------------------------------------------------------------------------------

GENERATED = {"generators": ["gaussian"], "recommender": "popularity"}


@pytest.mark.parametrize(
    ("fields", "where", "words"),
    [
        ({"ticks": 5}, "ticks", "the model never acts"),
        ({"ticks": 0, "system": {"warmup": {"ticks": 0}}}, "ticks", "the model never acts"),
        ({"interventions": [{"kind": "exploration", "start": 51}]}, "interventions.exploration", "tick 51 of 50"),
        ({"interventions": [{"kind": "exploration", "stop": 5}]}, "interventions.exploration", "raise stop"),
        (
            {"system": {"rerankers": [{"kind": "diversity", "start": 60}]}},
            "system.rerankers.diversity",
            "tick 60 of 50",
        ),
        ({"interventions": ["human_review"]}, "interventions.human_review", "none are born"),
        ({"interventions": ["anchor"]}, "interventions.anchor", "generators learn from, and there are none"),
        ({"interventions": ["surprise_filter"]}, "interventions.surprise_filter", "add system.generators"),
        ({"interventions": [{"kind": "ai_detector", "action": "flag"}]}, "interventions.ai_detector", "nobody reviews"),
        (
            {"interventions": [{"kind": "ai_detector", "consumer": "all", "group_bias": 1.0}]},
            "interventions.ai_detector",
            "name a group of items",
        ),
        ({"interventions": ["gate"], "system": {"holdout": 0}}, "interventions.gate", "there is none"),
        ({"interventions": [MONITOR], "metrics": ["exposure_gini"]}, "interventions.monitor", "add alarms to metrics"),
        ({"items": {"count": 8}, "system": {"repeats": True}}, "system.slate_size", "10 slots for 8 items"),
        ({"system": {"candidates": 501}}, "system.candidates", "501 of only 500 items"),
        ({"system": {"generators": ["gaussian"]}}, "system.recommender", "newcomers are hardly ever shown"),
        (
            {"items": {"dynamics": ["new_items"]}},
            "system.recommender",
            "exploration, discovery: browse or random_share",
        ),
        ({"system": {**GENERATED, "retrain_every": "never"}}, "system.generators", "never make anything"),
        ({"items": {"count": 100}}, "system.repeats", "about 50 clicks a user use up a catalogue of 100"),
        (
            {"interventions": [{"kind": "exploration", "share": 0}]},
            "interventions.exploration",
            "nothing with share: 0",
        ),
        ({"users": {"behaviours": [{"kind": "drift", "rate": 0}]}}, "users.behaviours.drift", "nothing with rate: 0"),
        (
            {"system": {"generators": [{"kind": "gaussian", "per_tick": 0}]}},
            "system.generators.gaussian",
            "per_tick: 0",
        ),
    ],
)
def test_what_was_probably_not_meant_is_one_note(fields: dict[str, Any], where: str, words: str) -> None:
    (note,) = doubts(Scenario(**fields))
    assert note.startswith(f"{where}: ") and words in note and "; " in note
    assert len(note) <= LONGEST and "\n" not in note


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"ticks": 6},
        {"interventions": [{"kind": "exploration", "start": 50, "stop": 51}]},
        {"interventions": [{"kind": "exploration", "start": {"after": "monitor"}}, MONITOR]},
        {"interventions": ["human_review"], "system": GENERATED},
        {"interventions": ["anchor", "surprise_filter", "gate"], "system": GENERATED},
        {"interventions": [{"kind": "ai_detector", "action": "flag"}, REVIEW]},
        {"interventions": [{"kind": "ai_detector", "consumer": "recommender"}, "anchor"], "system": GENERATED},
        {"interventions": [MONITOR], "metrics": ["exposure_gini", "alarms"]},
        {"system": {**GENERATED, "recommender": "als", "random_share": 0.1}},
        {"system": {"generators": ["gaussian"]}, "users": {"discovery": "browse"}},
        {"system": {"generators": ["gaussian"]}, "interventions": ["exploration"]},
        {"items": {"count": 100}, "system": {"repeats": True}},
        {"items": {"count": 100}, "users": {"activity": 0.2}},
        {"items": {"count": 100, "dynamics": [{"kind": "new_items", "per_tick": 5}]}, "system": POPULAR},
        {"users": {"activity": 1.0}},
        {
            "users": {"behaviours": [{"kind": "drift", "rate": 0}]},
            "interventions": [change("users.behaviours.drift.rate", 1)],
        },
        {"interventions": ["human_review", change("items.dynamics", ["new_items"])], "system": POPULAR},
    ],
)
def test_what_makes_sense_gets_no_note(fields: dict[str, Any]) -> None:
    assert doubts(Scenario(**fields)) == []


@pytest.mark.parametrize("name", sorted(packaged()))
def test_a_packaged_scenario_gets_one_note_at_most(name: str) -> None:
    assert len(doubts(read(name))) <= 1


def test_a_note_is_short_whatever_things_are_called() -> None:
    names = [{"kind": "exploration", "name": letter * 64, "start": 99_999_999} for letter in "ab"]
    assert all(len(note) <= LONGEST and "lower start" in note for note in doubts(Scenario(interventions=names)))


# -- more that people write --------------------------------------------------------------------------------------------


def test_a_part_of_a_name_is_enough_for_a_suggestion() -> None:
    gini, recall, none = problems(metrics=["gini", "recal", "zz"])
    assert gini.hint.startswith("did you mean 'click_gini' or 'exposure_gini'?")
    assert recall.hint.startswith("did you mean 'holdout_recall' or 'random_slice_recall'?")
    assert none.hint.startswith("metrics: ")


def test_two_mechanisms_cannot_share_a_memory() -> None:
    twice = [{"kind": "satiation"}, {"kind": "satiation", "name": "again"}]
    assert "the same memory" in only(users={"behaviours": twice}).text
    Scenario(users={"behaviours": [{"kind": "drift"}, {"kind": "drift", "name": "again"}]})


def test_a_group_may_not_be_called_like_what_stands_beside_groups() -> None:
    for name in ("all", "chance"):
        groups = [{"name": name, "share": 0.5}, {"name": "others", "share": 0.5}]
        assert only(users={"groups": groups}).text == f"'{name}' has a meaning of its own in the results"


@pytest.mark.parametrize(
    ("people", "path"),
    [
        ({"behaviours": [{"kind": "boredom", "memory": 5}]}, "users.behaviours.boredom.memory"),
        ({"discovery": {"kind": "awareness", "limit": 20}}, "users.discovery.limit"),
        ({"discovery": {"kind": "friends", "count": 3}}, "users.discovery.count"),
    ],
)
def test_what_people_remember_cannot_be_resized_in_the_middle(people: dict[str, Any], path: str) -> None:
    change = {"kind": "change", "path": path, "value": 9, "start": 20}
    assert f"'{path}' cannot be changed in the middle" in only(users=people, interventions=[change]).text


def test_the_list_of_kinds_is_told_once() -> None:
    with pytest.raises(ScenarioError) as caught:
        Scenario(metrics=["gini", "recal", "zz"], interventions=["nothing", "nobody"])
    text = str(caught.value)
    assert text.count("   metrics: ") == text.count("   interventions: ") == 1
    assert all("metrics: " in one.hint for one in caught.value.problems if one.path[0] == "metrics")


def test_a_block_that_can_only_be_one_kind_is_told_which_and_judged_as_such() -> None:
    choice = {one.path: one for one in problems(users={"choice": {"floor": -1}})}
    assert choice["users", "choice"].hint.startswith("add 'kind: proportional'  (the only choice that fits)")
    assert choice["users", "choice", "floor"].text == "-1 is below 0"
    model = {one.path: one for one in problems(system={"recommender": {"alpha": -1}})}
    assert "add 'kind: als'  (the only recommender that fits)" in model["system", "recommender"].hint
    assert model["system", "recommender", "alpha"].text == "-1 is below 0"
    assert only(interventions=[{"start": 3}]).hint.startswith("add 'kind: …'")


@pytest.mark.parametrize(("text", "point"), [("0,1", "0.1"), ("0,125", "0.125"), ("-12,5", "-12.5"), (",5", "0.5")])
def test_decimals_take_a_point(text: str, point: str) -> None:
    assert f"decimals take a point: write {point}" in only(items={"quality_mean": text}).hint
    if point[0] == "0":
        assert f"decimals take a point: write {point}" in only(users={"activity": text}).hint


def test_an_entry_of_a_list_is_named_after_a_point() -> None:
    with pytest.raises(ScenarioError, match=r"write 'users.behaviours.0', or the entry's kind"):
        Scenario(users={"behaviours": ["drift"]}).override("users.behaviours[0].rate", 0.1)


def test_a_treatment_stops_after_it_starts() -> None:
    for stop in (3, 5):
        found = only(interventions=[{"kind": "exploration", "start": 5, "stop": stop}])
        assert found.path == ("interventions", 0, "stop") and "never acts" in found.text
    assert only(system={"rerankers": [{"kind": "diversity", "stop": 0}]}).path == ("system", "rerankers", 0, "stop")
    Scenario(interventions=[{"kind": "exploration", "start": 5, "stop": 6}])


def test_a_change_happens_once() -> None:
    again = problems(interventions=[change("system.retrain_every", 2, every=3, stop=9)])
    assert [one.path[-1] for one in again] == ["every", "stop"]
    assert all("happens once" in one.text for one in again)
    Scenario(interventions=[change("system.retrain_every", 2, every=1)])


def test_a_change_after_an_alarm_fits_before_and_after_all_others() -> None:
    late = change("system.recommender.factors", 8, name="late", start={"after": "monitor"})
    to_popular = change("system.recommender", "popularity", start=10)
    found = only(interventions=[MONITOR, to_popular, late])
    assert found.path == ("interventions", 2, "path") and found.text.endswith(
        "(if the alarm comes after the other changes)"
    )
    late = change("system.recommender", "popularity", name="late", start={"after": "monitor"})
    found = only(interventions=[MONITOR, change("system.recommender.factors", 8, start=10), late])
    assert found.path == ("interventions", 1, "path") and "comes before" in found.text
    found = only(
        interventions=[MONITOR, change("system.retrain_every", 2), {**late, "value": {"kind": "als", "factors": 0}}]
    )
    assert "alarm" not in found.text
    Scenario(interventions=[MONITOR, change("system.retrain_every", 2), late])
