"""What every registered component keeps to, whatever it does: the tests that come free with a new mechanism.

A component of yours is tested by the same lines as soon as it is in a module of `recsim/`.
"""

from __future__ import annotations

import io
import multiprocessing
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError
from ruamel.yaml import YAML

from recsim import checkpoint
from recsim.base.component import Component, snake
from recsim.base.flow import Feedback, Slate
from recsim.base.table import Column
from recsim.metrics import Context, Metric, Tick
from recsim.problems import ScenarioError
from recsim.scenario import Scenario
from recsim.simulation import Simulation
from recsim.system.generators import Generator
from recsim.system.interventions import Intervention
from recsim.system.recommenders import Recommender
from recsim.system.rerankers import Reranker
from recsim.world.behaviours import Behaviour
from recsim.world.discovery import Discovery
from recsim.world.dynamics import Dynamics
from tests.bits import LIVELY, PINNED, at, events, everything, fingerprint, finished, lively, rows, state
from tests.helpers import tiny

FAMILIES = {
    "activity", "affinity", "arrivals", "behaviour", "choice", "claim", "data", "discovery", "dynamics", "generator",
    "intervention", "link_recommender", "metric", "network", "recommender", "reranker", "response", "tastes", "titles",
}  # fmt: skip
CLASSES = [
    pytest.param(found, id=f"{family}-{kind}")
    for family, members in sorted(Component.registry.items())
    for kind, found in sorted(members.items())
    if found.__module__.startswith("recsim.")
]
START = 4
"""A tick after the warm-up of two, before the end at six."""
LISTS = {
    "behaviour": "users.behaviours", "generator": "system.generators", "reranker": "system.rerankers",
    "intervention": "interventions",
}  # fmt: skip
FIELDS = {
    "activity": "users.activity", "affinity": "users.affinity", "choice": "users.choice", "data": "data",
    "discovery": "users.discovery", "recommender": "system.recommender",
    "response": "users.response", "tastes": "users.tastes", "titles": "items.titles",
    "network": "users.network", "link_recommender": "system.people",
}  # fmt: skip
ABSENT = {"activity": "everyone", "discovery": "none", "link_recommender": None}
every_component = pytest.mark.parametrize("component", CLASSES)
PARTS = [one for one in CLASSES if one.values[0].family != "claim"]  # type: ignore[union-attr]
every_part = pytest.mark.parametrize("component", PARTS)
"""All that a run is made of: claims are about what came out."""
every_mechanism = pytest.mark.parametrize("component", [one for one in PARTS if one.values[0].family != "metric"])  # type: ignore[union-attr]
"""All but metrics, which are tried all at once in `test_invariance`."""


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small log in MovieLens' format, with ids that are no row numbers."""
    folder = tmp_path_factory.mktemp("log")
    rng = np.random.default_rng(5)
    films = rng.permutation(np.arange(25)) * 40 + 17
    drawn = rng.integers((0, 0), (20, 25), (150, 2)).tolist()
    pairs = sorted({(int(films[item]), user * 7 + 3) for user, item in drawn})
    ratings = "".join(f"{user},{film},4.0,{n}\n" for n, (film, user) in enumerate(pairs))
    (folder / "ratings.csv").write_text("userId,movieId,rating,timestamp\n" + ratings)
    genres = ("Drama", "Comedy|Drama", "War")
    movies = "".join(f"{film},A film,{genres[film % 3]}\n" for film in films)
    (folder / "movies.csv").write_text("movieId,title,genres\n" + movies)
    people = [5 * n - 3 for n in range(45)]
    edges = "".join(f"{one},{other}\n" for one, other in zip(people, people[7:] + people[:7], strict=True))
    (folder / "edges.csv").write_text("node_1,node_2\n" + edges)
    return folder


def placed(component: Component, log: Path) -> Scenario:
    """A tiny, lively scenario with this component in its place; the metrics are the same for all."""
    family = component.family
    if family == "data" or getattr(component, "needs_history", False):
        data = component if family == "data" else {"kind": "movielens"}
        tastes = component if family == "tastes" else {"kind": "from_log", "factors": 4}
        people = {**LIVELY["users"]} | {"count": None, "tastes": tastes}
        people |= {family: component} if family == "activity" else {}
        spec = lively(metrics=PINNED, data=data, users=people, items={"count": None}, system={"warmup": {"ticks": 0}})
        assert spec.data is not None
        return spec.override("data", spec.data.located([log]))
    if family == "metric":
        return everything(metrics=(*(m for m in PINNED if m != component.label), component))
    spec = _titled(component)
    if family in LISTS:
        return spec.override(LISTS[family], [component])
    if getattr(component, "needs_links", False):
        component = component.model_copy(update={"path": str(log / "edges.csv")})
    if family == "arrivals":
        return spec.override("system.generators.gaussian.arrivals", component)
    if family == "dynamics":
        about = component.about  # type: ignore[attr-defined]
        return _peopled(spec, about).override(f"{about}.dynamics", [component])
    return spec.override(FIELDS[family], component)


def without(component: Component) -> Scenario:
    """The same scenario without it."""
    spec = _titled(component)
    if component.family in LISTS:
        return spec.override(LISTS[component.family], [])
    if component.family == "arrivals":
        return spec
    if component.family == "dynamics":
        about = component.about  # type: ignore[attr-defined]
        return _peopled(spec, about).override(f"{about}.dynamics", [])
    return spec.override(FIELDS[component.family], ABSENT[component.family])


def _titled(component: Component) -> Scenario:
    """The lively scenario, with titles for those who learn from them."""
    spec = lively(metrics=PINNED)
    return spec.override("items.titles", "corpus") if getattr(component, "needs_titles", False) else spec


def _peopled(spec: Scenario, about: str) -> Scenario:
    """A scenario with the creators that dynamics of theirs need."""
    return spec.override("creators", {"count": 8, "per_tick": 0.5}) if about == "creators" else spec


def common(one: dict[str, str], other: dict[str, str]) -> tuple[dict[str, str], dict[str, str]]:
    """What two states both have: a component may bring columns, memory and a policy of its own."""
    own = ("service@users@", "service@items@", "world@users@", "world@items@", "world@creators@", "memory@", "policy@")
    own = (*own, "world@edges@")
    assert all(name.startswith(own) for name in one.keys() ^ other.keys()), one.keys() ^ other.keys()
    names = [name for name in one if name in other and name not in ("spec", "metrics", "ledger", "alarms", "spent")]
    assert {"rows", "log@clicks@item", "world@users@tastes", "policy@recommender.als@users"} <= set(names)
    return {name: one[name] for name in names}, {name: other[name] for name in names}


# -- the class ----


def test_every_family_has_members() -> None:
    assert set(Component.registry) == FAMILIES == set(Component.families)
    assert all(Component.registry.values())


def test_kinds_are_read_off_class_names() -> None:
    assert [snake(name) for name in ("ALS", "HumanReview", "HoldoutNDCG", "AIClickShare", "NewItems")] == [
        "als", "human_review", "holdout_ndcg", "ai_click_share", "new_items",
    ]  # fmt: skip


@every_component
def test_it_is_documented(component: type[Component]) -> None:
    assert component.__doc__, "a docstring says what it does"
    assert component.__doc__ != component.__mro__[1].__doc__
    assert component.__doc__.splitlines()[0].rstrip().endswith((".", ":"))
    for name, field in component.model_fields.items():
        assert field.description and len(field.description) > 10, f"{component.kind}.{name} has no docstring"
    assert component.kind == component.kind.lower() and component.kind.isidentifier()
    assert Component.registry[component.family][component.kind] is component


@every_component
def test_it_is_frozen(component: type[Component]) -> None:
    one = component.example()
    for name in component.model_fields:
        with pytest.raises(ValidationError, match="frozen"):
            setattr(one, name, getattr(one, name))
    assert hash(one.label) == hash(component.example().label) and one == component.example()


@every_component
def test_its_block_reads_back(component: type[Component]) -> None:
    one = component.example()
    family = Component.families[component.family]
    assert type(family.parse(one.block())) is component
    assert family.parse(one.block()) == one == component.parse(one.block())
    named = one.model_copy(update={"name": "other"})
    assert family.parse(named.block()) == named != one
    assert named.label == "other" and named.stream == f"{component.family}.{component.kind}.other"


@every_component
def test_its_block_reads_back_through_yaml(component: type[Component]) -> None:
    yaml, text = YAML(typ="safe", pure=True), io.StringIO()
    yaml.dump(component.example().block(), text)
    block = yaml.load(text.getvalue())
    assert Component.families[component.family].parse(block) == component.example()


@every_component
def test_an_unknown_field_is_refused(component: type[Component]) -> None:
    with pytest.raises(ValidationError, match="strenght"):
        Component.families[component.family].parse(component.example().block() | {"strenght": 1.0})


@every_component
def test_every_number_has_bounds_and_refuses_infinity(component: type[Component]) -> None:
    block = component.example().block()
    for name, value in block.items():
        anything = component.model_fields[name].annotation is Any if name != component.key else True  # `change.value`
        if isinstance(value, (int, float)) and not isinstance(value, bool) and not anything:
            for wrong in (float("nan"), float("inf"), 1e300):
                with pytest.raises(ValidationError):
                    component.parse(block | {name: wrong})


@every_component
def test_it_pickles(component: type[Component]) -> None:
    one = component.example()
    copy = pickle.loads(pickle.dumps(one))
    assert copy == one and type(copy) is component


@every_component
def test_it_says_in_words_what_it_is(component: type[Component]) -> None:
    one = component.example()
    assert component.kind in one.words()
    assert isinstance(component.null, dict) or (isinstance(component.null, str) and len(component.null) > 10)
    if isinstance(component.null, dict):
        assert component.null and set(component.null) <= set(component.model_fields)
        assert any(getattr(one, name) != value for name, value in component.null.items()), "its example does something"


# -- the loop ----


@every_part
def test_it_runs_and_is_the_same_again(component: type[Component], log: Path) -> None:
    spec = placed(component.example(), log)
    assert component.kind in {one.kind for _, one in spec.components()}
    one, other = finished(spec), finished(Scenario.parse(spec.plain()))
    assert state(one) == state(other)
    assert len(one.service.log) > 0 or component.kind == "none"
    assert {row[0] for row in one.rows} == set(range(7))


@every_mechanism
def test_cohorts_do_not_change_a_bit(component: type[Component], log: Path) -> None:
    spec = placed(component.example(), log)
    reference = state(finished(spec), spec=False)
    for size in (1, 7):
        sim = finished(spec.override("cohort_size", size))
        assert len(sim.agents) == -(-len(sim.world.users) // size)
        assert state(sim, spec=False) == reference, f"cohort_size {size}"


@every_mechanism
def test_it_resumes_at_every_tick(component: type[Component], log: Path) -> None:
    spec = placed(component.example(), log)
    reference = state(finished(spec))
    sim = Simulation(spec)
    for tick in range(spec.ticks + 1):
        assert state(finished(checkpoint.restore(checkpoint.capture(sim)))) == reference, f"resumed after {tick}"
        if tick == START:  # in every open tick: see test_invariance
            again = checkpoint.restore(checkpoint.capture(sim.open()))
            assert again.is_open
            assert state(finished(again)) == reference, f"resumed in the open tick {tick + 1}"
        if tick < spec.ticks:
            sim.step()
    assert state(sim) == reference, "capturing changed the run"


@every_mechanism
def test_it_resumes_from_disk(component: type[Component], log: Path, tmp_path: Path) -> None:
    spec = placed(component.example(), log)
    sim = at(spec, 4)
    checkpoint.save(sim, tmp_path)
    found = checkpoint.load(tmp_path)
    assert found is not None and state(found) == state(sim)
    assert state(finished(checkpoint.restore(found))) == state(finished(sim))


@every_component
def test_its_null_is_its_absence(component: type[Component], log: Path) -> None:
    if isinstance(component.null, str):
        pytest.skip(component.null)
    nothing = component.example().model_copy(update=dict(component.null))
    one, other = common(state(finished(placed(nothing, log))), state(finished(without(nothing))))
    assert one == other


@every_component
def test_its_example_is_not_its_absence(component: type[Component], log: Path) -> None:
    if isinstance(component.null, str):
        pytest.skip(component.null)
    here, gone = state(finished(placed(component.example(), log))), state(finished(without(component.example())))
    assert any(here[name] != gone.get(name) for name in here if name != "spec"), "the test of its null could not fail"


TREATMENTS = [param for param in CLASSES if issubclass(param.values[0], Intervention)]  # type: ignore[arg-type]


@pytest.mark.parametrize("component", TREATMENTS)
def test_arms_are_equal_before_a_treatment_starts(component: type[Intervention], log: Path) -> None:
    treated = component.example().model_copy(update={"start": START})
    with_it, without_it = Simulation(placed(treated, log)), Simulation(without(treated))
    for _ in range(START - 1):
        with_it.step(), without_it.step()
    one, other = common(state(with_it), state(without_it))
    assert one == other
    if isinstance(component.null, dict) or component.kind == "change":
        after, control = state(finished(with_it)), state(finished(without_it))
        assert any(after[name] != control.get(name) for name in after if name != "spec"), "it never acted"


@pytest.mark.parametrize("component", [param for param in TREATMENTS if isinstance(param.values[0].null, dict)])  # type: ignore[union-attr]
def test_a_treatment_whose_turn_never_comes_does_nothing(component: type[Intervention], log: Path) -> None:
    """Its start is behind the last tick, so all it has are columns and memory."""
    idle = component.example().model_copy(update={"start": 7})
    one, other = common(state(finished(placed(idle, log))), state(finished(without(idle))))
    assert one == other


# -- values go in and come out; nothing is written over ----

PURE = {
    "activity": ("active",), "arrivals": (), "affinity": ("between", "table", "of_pairs", "of_all"),
    "behaviour": ("appeal", "utility"), "choice": ("chance",), "response": ("values",),
    "discovery": ("meet", "come_across"), "tastes": ("fit", "users", "items"), "recommender": ("fit", "rank"),
    "titles": ("draw",),
    "generator": ("fit", "sample", "log_likelihood", "moments"), "reranker": ("on_candidates", "on_slate"),
    "data": ("read",),
    "intervention": ("on_candidates", "on_slate"), "metric": ("prepare", "measure", "applies", "leave"),
    "dynamics": ("awake", "pace"), "network": ("edges", "greet"), "link_recommender": ("suggest",),
}  # fmt: skip
"""Methods that may not write anything they are given."""
VALUE = ("on_items", "on_candidates", "on_slate", "on_feedback", "on_training", "on_policy", "on_report")
"""Hooks that may write the service's tables and memory, but not the value they are given."""


@every_part
def test_it_writes_nothing_it_is_given(component: type[Component], log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str] = []
    pure = PURE[component.family]
    for name in {*pure, *VALUE, "step", "after", "made"}:
        method = component.__dict__.get(name)
        if method is not None:
            monkeypatch.setattr(component, name, _watched(method, name, name in pure, seen))
    sim = finished(placed(component.example(), log))
    idle = {"applies", "chance", "table", "of_all", "leave", "log_likelihood", "moments"} | (
        {"between"} if "of_pairs" in component.__dict__ else set()
    )
    assert set(seen) >= {name for name in pure if name in component.__dict__} - idle
    if component.family == "choice":
        sim = at(placed(component.example(), log), 2)
        sim.trace(0)
        assert "chance" in seen


def _watched(method: Callable[..., Any], name: str, pure: bool, seen: list[str]) -> Callable[..., Any]:
    def call(self: Component, *args: Any, **kwargs: Any) -> Any:
        given = tuple(one._replace(shared={}) if isinstance(one, Tick) else one for one in args)  # `shared` is a cache
        guarded = (self, *given) if pure else (self, *args[:1]) if name in VALUE else (self, *_not_its_own(args))
        before = [fingerprint(one) for one in guarded]
        value = method(self, *args, **kwargs)
        assert [fingerprint(one) for one in guarded] == before, f"{type(self).__name__}.{name} wrote what it was given"
        seen.append(name)
        return value

    return call


def _not_its_own(args: tuple[Any, ...]) -> tuple[Any, ...]:
    """Behaviours and dynamics write the world they are given first, nothing else."""
    return args[1:]


def test_the_test_of_purity_can_fail() -> None:
    """A fingerprint that missed an array would let everything pass."""
    sim = at(everything(), 4)
    before = fingerprint([sim.world, sim.service])
    for table, column in ((sim.world.users, "tastes"), (sim.world.items, "quality"), (sim.service.items, "views")):
        kept = table[column].copy()
        table[column][0] += 1
        assert fingerprint([sim.world, sim.service]) != before, column
        table[column][:] = kept
    assert fingerprint([sim.world, sim.service]) == before


def test_metrics_change_nothing() -> None:
    spec = everything(metrics=[one.example() for one in Metric.members().values()])
    bare = everything(metrics=["exposure_gini"])
    full, few = finished(spec), finished(bare)
    one, other = state(full), state(few)
    names = [name for name in other if not name.startswith("metric@") and name not in ("rows", "spec", "metrics")]
    assert {name: one[name] for name in names} == {name: other[name] for name in names}
    mine = [row for row in full.rows if row[1] == "exposure_gini"]
    assert str(mine) == str(few.rows)


def test_metrics_do_not_depend_on_each_other() -> None:
    long = {"kind": "holdout_recall", "k": 20, "name": "long"}
    short = {"kind": "holdout_recall", "k": 2, "name": "short"}
    everyone = [*(one.example() for one in Metric.members().values()), long, short]
    spec = everything({"system.holdout": 0.4})
    forward, backward = finished(spec.override("metrics", everyone)), finished(spec.override("metrics", everyone[::-1]))
    assert sorted(map(str, forward.rows)) == sorted(map(str, backward.rows))
    for one in (long, short, "holdout_ndcg", "holdout_recall"):
        alone = finished(spec.override("metrics", ["exposure_gini", one]))
        mine = [row for row in forward.rows if row[1] in {row[1] for row in alone.rows}]
        assert sorted(map(str, alone.rows)) == sorted(map(str, mine))
    values = {(row[0], row[1]): row[3] for row in forward.rows}
    assert any(values[tick, "short"] < values[tick, "long"] for tick in (3, 4, 5, 6))


def test_metrics_see_read_only_tables() -> None:
    class Vandal(Metric):
        """Writes where it may only read."""

        def measure(self, tick: Tick, context: Context) -> float:
            tick.users.tastes[0] = 0.0
            return 0.0

    with pytest.raises(ValueError, match="read-only"):
        Simulation(tiny(metrics=[Vandal()]))


# -- a class from a notebook ----


class Wink(Behaviour):
    """Even items wink."""

    strength: float = 1.0
    """Appeal of a wink."""
    null = {"strength": 0.0}

    def appeal(self, world: Any, slate: Slate) -> Any:
        return self.strength * (slate.items % 2 == 0)


def _describe(one: Component) -> tuple[str, str, dict[str, Any], str]:
    spec = tiny(users={"behaviours": [one.block()]})
    return type(one).__module__, one.kind, one.block(), events(finished(spec))


@pytest.fixture
def wink() -> None:
    """`Wink` again, in case another test has emptied the registry."""
    Component.registry["behaviour"]["wink"] = Wink


def test_a_component_reaches_a_spawned_process(wink: None) -> None:
    one = Wink(strength=0.7)
    here = events(finished(tiny(users={"behaviours": [one]})))
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        assert pool.apply(_describe, (one,)) == (__name__, "wink", one.block(), here)
    assert here != events(finished(tiny()))


def test_a_class_defined_anywhere_works_by_its_kind() -> None:
    class TowardsTheFirst(Behaviour):
        """Item 0 is irresistible."""

        pull: float = 50.0
        """How irresistible."""

        def appeal(self, world: Any, slate: Slate) -> Any:
            return self.pull * (slate.items == 0)

    spec = tiny(users={"behaviours": [{"kind": "towards_the_first", "pull": 80.0}]})
    spec = spec.override("system.repeats", True).override("system.slate_size", 30)
    assert isinstance(spec.users.behaviours[0], TowardsTheFirst)
    sim = finished(spec)
    assert set(sim.service.log.clicks.item.tolist()) == {0} and len(sim.service.log) == 40 * 6


def test_a_class_defined_anywhere_may_be_redefined() -> None:
    for pull in (1.0, 2.0):

        class Again(Behaviour):
            """A cell that is run twice."""

            strength: float = pull
            """Its default tells the two apart."""

    assert tiny(users={"behaviours": ["again"]}).users.behaviours[0].block() == {"kind": "again", "strength": 2.0}
    assert Again().strength == 2.0


def test_abstract_classes_have_no_kind() -> None:
    class _Shared(Behaviour):
        """What two have in common."""

    assert "_shared" not in Behaviour.members() and "shared" not in Behaviour.members()
    assert not any(name.startswith("_") for members in Component.registry.values() for name in members)
    with pytest.raises(ScenarioError, match="no behaviour is called '_shared'"):
        tiny(users={"behaviours": ["_shared"]})


# -- several of them ----

TWICE = {
    "users.behaviours": ["drift", "drift"],
    "users.dynamics": ["churn", "churn"],
    "items.dynamics": ["new_items", "new_items"],
    "system.rerankers": ["diversity", "diversity"],
    "system.generators": ["gaussian", "gaussian"],
    "interventions": ["exploration", "exploration"],
    "metrics": ["coverage", "coverage"],
}


@pytest.mark.parametrize("path", sorted(TWICE))
def test_a_second_of_a_kind_needs_a_name(path: str) -> None:
    kind = TWICE[path][0]
    with pytest.raises(ScenarioError, match=f"2 of them are called '{kind}'"):
        tiny().override(path, TWICE[path])
    with pytest.raises(ScenarioError, match="2 of them are called 'same'"):
        tiny().override(path, [{"kind": kind, "name": "same"}] * 2)
    finished(tiny().override(path, [kind, {"kind": kind, "name": "second"}]))


def test_two_of_a_kind_draw_different_numbers() -> None:
    spec = tiny(items={"dynamics": ["new_items", {"kind": "new_items", "name": "others"}]})
    keys = Simulation(spec)
    keys.step()
    born = keys.world.items.key[30:]
    assert len(born) == 2 and born[0] != born[1]


def test_a_bystander_moves_nobodys_numbers() -> None:
    class Watcher(Behaviour):
        """Draws numbers and does nothing with them."""

        def after(self, world: Any, feedback: Feedback, draws: Any) -> None:
            assert 0 < draws.uniform(world.users.key).mean() < 1

    class Idle(Dynamics):
        """Draws and forgets."""

        about = "users"

        def step(self, world: Any, signals: Any, draws: Any) -> None:
            draws.generator().normal(size=100)

    class Shrug(Reranker):
        """Draws and keeps the order."""

        def on_candidates(self, slate: Slate, service: Any, draws: Any) -> Slate:
            draws.uniform(slate.users)
            return slate

    class Silent(Generator):
        """Learns and makes nothing."""

        def fit(self, training: Any, content: Any, previous: Any, draws: Any) -> None:
            draws.generator().normal(size=100)

    class Onlooker(Intervention):
        """Draws at every hook."""

        def on_slate(self, slate: Slate, service: Any, draws: Any) -> Slate:
            draws.gumbel(slate.users, np.maximum(slate.items, 0))
            return slate

        def on_training(self, training: Any, service: Any, draws: Any) -> Any:
            draws.normal(training.users)
            return training

    class Constant(Metric):
        """Always 1."""

        def measure(self, tick: Tick, context: Context) -> float:
            return 1.0

    system = {"rerankers": ["diversity"], "generators": ["gaussian"]}
    spec = lively(metrics=PINNED, system=system, interventions=["exploration"])
    crowd = spec
    for path, kind in (
        ("users.behaviours", "watcher"), ("users.dynamics", "idle"), ("system.rerankers", "shrug"),
        ("system.generators", "silent"), ("interventions", "onlooker"), ("metrics", "constant"),
    ):  # fmt: skip
        there: Any = crowd.plain()
        for step in path.split("."):
            there = there[step]
        for order in ([kind, *there], [*there, kind]):  # before and behind the others
            one, other = common(state(finished(crowd.override(path, order))), state(finished(spec)))
            one.pop("rows"), other.pop("rows")
            assert one == other, f"{kind} in {order}"
        crowd = crowd.override(path, [*there, kind])
    sim = finished(crowd)
    assert str([row for row in sim.rows if row[1] != "constant"]) == str(finished(spec).rows)
    assert sum(row[1] == "constant" for row in sim.rows) == 7


def test_a_component_may_remember_in_columns_and_memory() -> None:
    class Habit(Behaviour):
        """Counts its own clicks."""

        columns = {"habit": Column(np.float64, fill=0.5, width=2)}

        def appeal(self, world: Any, slate: Slate) -> Any:
            return np.repeat(world.users.habit[slate.users, :1], slate.items.shape[1], axis=1)

        def after(self, world: Any, feedback: Feedback, draws: Any) -> None:
            np.add.at(world.users.habit, feedback.users, 0.25)

    class Tally(Intervention):
        """Counts in the service's tables and memory."""

        user_columns = {"visits": Column(np.int16)}
        item_columns = {"seen": Column(np.bool_, fill=True)}
        memory = {"count": np.zeros(3)}

        def on_feedback(self, feedback: Feedback, service: Any, draws: Any) -> Feedback:
            service.users[f"{self.label}.visits"][feedback.slate.users] += 1
            service.memory[self.label]["count"] += len(feedback.users)
            return feedback

    spec = lively(interventions=["tally", {"kind": "tally", "name": "second", "start": 4}])
    spec = spec.override("users.behaviours", ["habit", "drift"])
    sim = finished(spec)
    clicks = np.bincount(sim.service.log.clicks.user, minlength=len(sim.world.users))
    assert (sim.world.users.habit == 0.5 + 0.25 * clicks[:, None]).all()
    late = sim.service.log.clicks.tick
    assert sim.service.memory["tally"]["count"].tolist() == [(late > 2).sum()] * 3
    assert sim.service.memory["second"]["count"].tolist() == [(late > 3).sum()] * 3
    assert Tally.memory["count"].tolist() == [0, 0, 0], "the class keeps its first values"
    for tick in range(7):
        assert state(finished(checkpoint.restore(checkpoint.capture(at(spec, tick))))) == state(sim)
    assert rows(finished(spec.override("cohort_size", 7))) == rows(sim)


def test_a_component_in_the_wrong_place_is_refused() -> None:
    with pytest.raises(ScenarioError, match="no recommender is called 'drift'"):
        tiny().override("system.recommender", "drift")
    with pytest.raises(ScenarioError, match=r"belongs under 'users\.dynamics'"):
        tiny().override("items.dynamics", ["churn"])
    for family in (Recommender, Discovery, Metric):
        for wrong in (None, 3, [], {"name": "x"}, {"kind": 3}, {"kind": "Drift"}):
            with pytest.raises((ValidationError, ValueError)):
                family.parse(wrong)
