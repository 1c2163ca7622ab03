from __future__ import annotations

import json
import re
from pathlib import Path
from random import Random
from typing import Any, get_args

import pytest
from jsonschema import Draft202012Validator

from recsim import explain
from recsim.base.component import Component
from recsim.claims import LOOKS, Claim
from recsim.claims.judging import Ruling
from recsim.cli import main
from recsim.explain import starter
from recsim.explain.contents import WIDTH
from recsim.explain.schema import schema
from recsim.explain.topics import resolve, topics
from recsim.problems import ScenarioError
from recsim.problems.fields import Form, brief, forms, words
from recsim.reading import document, parse, read, value
from recsim.reading.locating import packaged
from recsim.scenario import Scenario
from tests.typing_mistakes import blocks, scenario_with


def fits_the_schema(fields: Any) -> bool:
    return Draft202012Validator(schema()).is_valid(fields)


def test_a_field_is_explained_by_its_own_docstring() -> None:
    told = explain.meaning("system.retrain_every")
    assert told.text == type(Scenario().system).model_fields["retrain_every"].description
    assert (told.allowed, told.default) == ("integer ≥ 1, once or never", "default 1")


@pytest.mark.parametrize(
    ("path", "allowed", "default"),
    [
        ("system.holdout", "number from 0 to 1", "default 0.1"),
        ("system.repeats", "true or false", "default false"),
        ("record.users", "integer ≥ 0 or all", "default 0"),
        ("users.tastes.clusters.strength", "number > 0", "default 2"),
        ("als.solver", "conjugate_gradient or cholesky", "default conjugate_gradient"),
        ("system.recommender", "a kind of recommender", "default als"),
        ("users.behaviours", "list of behaviours", "default []"),
        ("interventions.human_review.start", "integer ≥ 0 or {after: …, delay: …}", "default 0"),
        ("monitor.metric", "text", "required"),
        ("users.count", "integer ≥ 1", "default: 1000, or with `data` as many as the log has"),
        ("items.quality_mean", "number", "default 0"),
        ("change.value", "anything", ""),
    ],
)
def test_types_ranges_and_defaults_are_told_in_words(path: str, allowed: str, default: str) -> None:
    told = explain.meaning(path)
    assert told.text
    assert (told.allowed, told.default) == (allowed, default)


def test_everything_can_be_explained() -> None:
    everything = topics()
    assert len(everything) > 150
    for topic in everything:
        for name in topic.names:
            assert explain.text_of(name).strip()
            assert topic.path in {other for one in resolve(name) for other in one.names}
        json.dumps(explain.explanations(topic.path))
    for family, members in Component.registry.items():
        if any(topic.names[0] == family for topic in everything):
            assert all(f"    {kind}" in explain.text_of(family) for kind in members)


def test_a_field_is_found_by_its_name_alone_and_along_a_list() -> None:
    assert resolve("retrain_every")[0].path == "system.retrain_every"
    assert resolve("interventions.0.human_review.budget")[0].path == "interventions.human_review.budget"
    assert resolve("system.recommender.factors")[0].path == "system.recommender.als.factors"
    assert resolve("system.warmup.recommender.factors")[0].path == "system.warmup.recommender.als.factors"
    assert {topic.path for topic in resolve("users")} == {"users", "metrics.users"}


@pytest.mark.parametrize(
    ("wrong", "meant"),
    [
        ("retrain_evry", "retrain_every"),
        ("system.slate_sise", "system.slate_size"),
        ("alz", "als"),
        ("recomender", "recommender"),
    ],
)
def test_a_misspelled_topic_is_suggested(wrong: str, meant: str) -> None:
    with pytest.raises(ScenarioError, match=f"did you mean '{meant}'"):
        explain.text_of(wrong)


def test_briefs_are_clauses() -> None:
    assert brief("Ticks between retrainings, counted from the end.") == "ticks between retrainings"
    assert brief("λ, not scaled by counts; larger: smaller.") == "λ, not scaled by counts"
    assert brief("How many users (the first ones) to keep tastes, slates and picks of; 0: none.").endswith("picks of")
    assert brief("") == ""


@pytest.mark.parametrize("name", sorted(packaged()))
def test_a_scenario_is_told_in_words(name: str) -> None:
    spec = read(name)
    told = "\n".join(explain.story(spec))
    assert told.startswith(spec.about)
    for _, component in spec.components():
        assert component.family == "intervention" or component.kind in told
    for treatment in spec.interventions:
        assert str(treatment) in told


EXPERIMENT = """
about: Is it worth it?
experiment:
  seeds: 3
  arms: {random: {system.recommender: uniform}}
  sweep: {system.slate_size: [5, 10, 20]}
  attribution: {position: users.behaviours.position_bias, model: {system.recommender: popularity}}
  windows: [last 5 ticks, end]
users: {behaviours: [position_bias]}
claims:
  - {expect: greater, says: It is worth it, metric: utility, arms: [baseline, random], at: end, source: "A 2020, eq. 3"}
  - {expect: rising, says: And more so, metric: utility, arms: [random], known: "fails, because nothing is learned"}
"""


def test_arms_and_claims_are_told_in_words() -> None:
    told = "\n".join(explain.story(parse(EXPERIMENT, "mine.yaml")))
    for line in (
        "experiment: 8 arms × 3 seeds, compared with baseline in the last 5 ticks and at the end",
        "  baseline: the scenario as it stands",
        "  random: system.recommender: uniform",
        "  an arm each for system.slate_size: 5, 10 and 20",
        "  how much is due to position: arms with and without it (users.behaviours.position_bias)",
        "  how much is due to model: arms with and without it (system.recommender: popularity)",
        "  It is worth it\n    greater: utility, baseline > random at the end\n    derived: A 2020, eq. 3",
        "    rising: utility, random rises after the warm-up\n    known: fails, because nothing is learned",
    ):
        assert line in told, line
    assert "experiment" not in "\n".join(explain.story(Scenario()))


def test_values_of_an_arm_are_told_as_they_stand_in_a_file() -> None:
    arms = {"arms": {"both": {"interventions": [{"kind": "exploration", "share": 0.5}], "system.repeats": True}}}
    told = list(explain.story(Scenario(experiment=arms)))
    assert "  both: interventions: [{kind: exploration, share: 0.5}], system.repeats: true" in told


def test_sizes_are_told() -> None:
    assert explain.size_words(Scenario()) == "1000 users × 500 items × 50 ticks"
    assert explain.size(read("movielens"))["users"] == "movielens"


# -- claims and experiments ------------------------------------------------------------------------------------------


def test_every_form_of_claim_is_shown_with_an_example_that_is_one() -> None:
    (field, family) = explain.explanations("claims")
    assert set(Claim.members()) == set(field["kinds"]) == set(family["examples"])
    text = explain.text_of("claims")
    for kind, form in Claim.members().items():
        example = family["examples"][kind]
        (written,) = value(example)
        assert type(Claim.parse(written)) is form
        assert "\n".join(f"      {line}" for line in example.splitlines()) in text
        assert f"    {kind} " in text and text.count(f"    {kind} ") == 1
        assert explain.explanations(kind)[0]["example"] == example
        assert "written 'expect: " + kind + "'" in explain.text_of(kind)


def test_how_a_claim_is_judged_is_told() -> None:
    for query in ("claims", "claim"):
        text = " ".join(explain.text_of(query).split())
        assert f"looks at {', '.join(str(one) for one in LOOKS[:-1])} and {LOOKS[-1]} seeds" in text
        assert "Holm 1979" in text and "at most 5 %" in text and "exit code 0" in text
        for word in (*get_args(Ruling), "known: ", "broken_by: "):
            assert f" {word}" in text
    assert "its kind, as in 'expect: my_claim'" in explain.text_of("claim")


def test_an_experiment_is_explained_with_an_example_that_runs() -> None:
    (found,) = explain.explanations("experiment")
    spec = parse(found["example"], "mine.yaml")
    assert spec.experiment is not None and set(spec.experiment.arms) == {"diverse", "random"}
    assert {field["path"] for field in found["fields"]} == set(type(spec.experiment).model_fields)
    assert "the same people and the same dice" in explain.text_of("experiment")


@pytest.mark.parametrize("query", ["claims", "experiment", "metric", "intervention", "hello.yaml"])
def test_no_line_loses_its_indent_and_no_column_breaks(query: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", query]) == 0
    lines = capsys.readouterr().out.splitlines()
    if query != "hello.yaml":
        assert all(line.startswith("  ") or not line or line == query or query.startswith(line) for line in lines)
    kinds = explain.explanations(query)[0].get("kinds", {}) if query != "hello.yaml" else {}
    starts = {line.index(text) for kind, text in kinds.items() for line in lines if line.startswith(f"    {kind} ")}
    assert len(starts) <= 1


def test_a_scenario_of_the_same_name_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "churn"]) == 0
    out, told = capsys.readouterr()
    assert out.startswith("churn, a kind of dynamics") and "recsim explain churn.yaml" in told
    assert main(["explain", "churn.yaml"]) == 0
    assert capsys.readouterr().out.startswith(read("churn").about)


def test_the_overview_stays_within_its_width() -> None:
    assert max(map(len, explain.overview().splitlines())) <= WIDTH


# -- the schema ----------------------------------------------------------------------------------------------------


def test_the_schema_is_a_schema_and_describes_every_field() -> None:
    made = schema()
    Draft202012Validator.check_schema(made)
    assert made["$schema"].endswith("2020-12/schema")
    assert made["properties"]["ticks"]["description"] == Scenario.model_fields["ticks"].description
    assert {"const": "als"} in [one.get("properties", {}).get("kind") for one in made["$defs"]["recommender"]["anyOf"]]


@pytest.mark.parametrize("name", sorted(packaged()))
def test_a_packaged_scenario_agrees_with_the_schema(name: str) -> None:
    text = packaged()[name].read_text(encoding="utf-8")
    assert fits_the_schema(document(text, name).root.value)
    assert fits_the_schema(read(name).plain())


def test_every_example_agrees_with_the_schema() -> None:
    for path, model, form in blocks():
        if form is not None:
            fields, _ = scenario_with(path, form, model.example().block())
            assert fits_the_schema(fields), model


def test_a_groups_tastes_need_no_kind_in_the_schema_either() -> None:
    """They are everybody's, but for the fields that are named."""

    def grouped(tastes: Any) -> dict[str, Any]:
        return {"users": {"tastes": "gaussian", "groups": [{"name": "some", "share": 1.0, "tastes": tastes}]}}

    for right in ({"center": 2.5, "spread": 0.5}, {"kind": "gaussian", "center": 2.5}, "gaussian", {}, None):
        assert fits_the_schema(grouped(right)) and Scenario(**grouped(right)), right
    for wrong in ({"centre": 2.5}, {"spread": -1.0}, {"kind": "nobody"}, 5):
        assert not fits_the_schema(grouped(wrong)), wrong
        with pytest.raises(ValueError, match="tastes"):
            Scenario(**grouped(wrong))
    assert not fits_the_schema({"users": {"tastes": {"center": 2.5}}})


NEARLY = [
    -1,
    0,
    1,
    5,
    2.0,
    2.5,
    -0.5,
    0.5,
    10**9,
    1e14,
    "5",
    "0.5",
    "once",
    "all",
    "als",
    "x y",
    "",
    "yes",
    None,
    True,
    False,
    [],
    {},
    [1],
    ["drift"],
    {"after": "m"},
    {"after": "m", "delay": 0},
    {"kind": "als"},
    {"kind": "nobody"},
    {"knd": 1},
]


def fitting(all_forms: tuple[Form, ...], random: Random, depth: int) -> Any:
    """A value that fits, most of the time."""
    form = random.choice(all_forms)
    if random.random() < 0.06:
        return random.choice(NEARLY)
    low = form.low if form.low is not None and form.low > -1e9 else -3
    if form.sort == "integer":
        return int(low) + random.randrange(4)
    if form.sort == "number":
        return random.choice([low, low + 0.5, (form.high if form.high is not None and form.high < 1e9 else 7)])
    if form.sort == "boolean":
        return random.random() < 0.5
    if form.told and random.random() < 0.8:
        return {"window": "last 5 ticks", "verdict": "fails, because so"}.get(form.told.split()[0], "abc")
    if form.sort == "text":
        return random.choice(["abc", "a.b-c_1", "x" * 64, "Über", "-a", "x" * 65])
    if form.sort == "choice":
        return random.choice(form.choices)
    if form.sort == "list":
        return [fitting(form.members, random, depth + 1) for _ in range(random.randrange(3))]
    if form.sort == "mapping":
        return {name: fitting(form.members, random, depth + 1) for name in random.sample(["a", "b-1", "é é"], 1)}
    if form.sort == "block":
        return fields_of(form.model, random, depth + 1)
    if form.sort == "component":
        kind, member = random.choice(sorted(form.model.members().items()))
        return kind if random.random() < 0.3 else {"kind": kind, **fields_of(member, random, depth + 1)}
    return random.choice([None, 1, "x", [1, {"a": 2}]])


def fields_of(model: Any, random: Random, depth: int = 0) -> dict[str, Any]:
    made = {}
    for name, field in model.model_fields.items():
        if field.is_required() or random.random() < (0.35 if depth < 3 else 0.2):
            made[name] = fitting(forms(field), random, depth)
    if random.random() < 0.03:
        made["unknown"] = 1
    if made and random.random() < 0.02:
        made.pop(random.choice(sorted(made)))
    return made


TOGETHER = re.compile(
    r"^candidates \(|^expected rows of equal length|means nothing without|for two things|a file of items|whose score"
)
"""What several fields, or the rows of a matrix, have to agree on: no schema can say it."""


def test_schema_and_validator_agree_on_everything_but_what_has_to_fit_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("recsim.scenario.misfits", lambda scenario: [])
    outcomes, validator = {True: 0, False: 0}, Draft202012Validator(schema())
    for seed in range(1600):
        fields = fields_of(Scenario, Random(seed))
        try:
            parse(json.dumps(fields), "made.yaml")
            problems = []
        except ScenarioError as error:
            problems = [one for one in error.problems if not TOGETHER.search(one.text)]
        told = [one.message[:200] for one in validator.iter_errors(fields)]
        assert bool(told) == bool(problems), (seed, told, problems)
        outcomes[not problems] += 1
    assert min(outcomes.values()) > 100, outcomes


def test_what_a_field_may_hold_is_never_untold() -> None:
    for _, model, _ in blocks():
        for name, field in model.model_fields.items():
            assert words(forms(field)) and ("anything" not in words(forms(field)) or name == "value"), (model, name)


# -- a scenario to start from ----------------------------------------------------------------------------------------


def test_a_new_scenario_passes_check_and_names_its_schema(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    path, beside = starter.new("mine")
    text = path.read_text(encoding="utf-8")
    assert text.startswith(f"# yaml-language-server: $schema={beside.name}\n")
    spec = read(path)
    assert json.loads(beside.read_text(encoding="utf-8")) == schema()
    assert fits_the_schema(document(text, "mine").root.value)
    assert spec.users.behaviours and spec.ticks == 50
    assert explain.meaning("drift.rate").text.split(";")[0].lower() in text.lower()


def test_a_new_scenario_has_an_experiment_that_needs_no_more_than_to_be_uncommented() -> None:
    lines = starter.starting_text("mine").splitlines()
    start = lines.index(next(line for line in lines if line.startswith("# experiment:")))
    spec = parse("\n".join([*lines[:start], *(line.removeprefix("# ") for line in lines[start:])]), "mine.yaml")
    assert spec.experiment is not None and spec.experiment.arms and spec.claims
    assert max(map(len, lines)) <= 120


def test_a_new_scenario_never_replaces_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    starter.new("mine")
    (tmp_path / "mine.yaml").write_text("mine")
    with pytest.raises(ScenarioError, match="is there already"):
        starter.new("mine")
    assert (tmp_path / "mine.yaml").read_text() == "mine"
    assert starter.new("other")[1] == starter.new("third.yaml")[1]
    (tmp_path / "recsim.schema.json").write_text("{}")
    with pytest.raises(ScenarioError, match="not a schema of recsim"):
        starter.new("fourth")
    assert not (tmp_path / "fourth.yaml").exists()


@pytest.mark.parametrize("name", ["", ".", "..", "a b", "-x", "x" * 80, "a\0b", "\x1b[31m", "dir/"])
def test_a_new_scenario_needs_a_name(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ScenarioError, match="no name for a scenario"):
        starter.new(name)
    assert not list(tmp_path.iterdir())


def test_a_new_scenario_has_the_recommender_of_hello(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert read(starter.new("mine")[0]).system.recommender == read("hello").system.recommender


# -- what one writes by oneself ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("family", "told"),
    [
        ("recommender", "rank(policy: Any, request: Request, draws: Draws) → Slate"),
        ("behaviour", "appeal(world: World, slate: Slate) → Floats"),
        ("metric", "measure(tick: Tick, context: Context) → float | Mapping[str, float]"),
        ("intervention", "on_feedback(feedback: Feedback, service: Service, draws: Draws) → Feedback"),
        ("reranker", "on_candidates(slate: Slate, service: Service, draws: Draws) → Slate"),
        ("generator", "sample(policy: Any, n: int, draws: Draws) → Works"),
    ],
)
def test_a_family_tells_how_to_write_one(family: str, told: str) -> None:
    text = explain.text_of(family)
    assert told in text and f"its kind: my_{family}" in text
    (found,) = explain.explanations(family)
    assert all(method["text"] for method in found["methods"])
    assert "begins(" not in text and "shorthand(" not in text


@pytest.mark.parametrize("family", sorted(Component.families))
def test_the_import_that_a_family_tells_works(family: str) -> None:
    lines = [line for one in explain.explanations(family) for line in one.get("python", ())]
    (line,) = [one for one in lines if one.startswith("your own: ")]
    names: dict[str, object] = {}
    exec(line.removeprefix("your own: ").split(";")[0], names)
    assert Component.families[family] in names.values()


def test_births_and_deaths_are_told_where_they_belong() -> None:
    assert explain.text_of("churn").startswith("churn, a kind of dynamics: users.dynamics\n")
    assert explain.text_of("new_items").startswith("new_items, a kind of dynamics: items.dynamics\n")
    assert "churn" not in explain.text_of("items.dynamics") and "churn" in explain.text_of("users.dynamics")


def test_what_turns_a_component_off_is_told() -> None:
    assert "turned off by rate: 0" in explain.text_of("drift")
    assert "cannot be turned off by a field: a platform always shows something" in explain.text_of("als")


def test_a_part_of_a_name_is_suggested_and_nonsense_is_not() -> None:
    with pytest.raises(ScenarioError, match="did you mean '.*_gini' or '.*_gini'"):
        explain.text_of("gini")
    with pytest.raises(ScenarioError) as caught:
        explain.text_of("nonsense")
    assert "did you mean" not in str(caught.value)
