"""What no single field of a scenario can know: parts that do not fit together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from recsim.base.component import Component
from recsim.metrics import Metric
from recsim.problems import NoSuchPath, Problem, ScenarioError, listed
from recsim.problems.defences import waits_for_itself
from recsim.problems.experiments import experiments
from recsim.problems.populations import data, groups, sizes, titles
from recsim.problems.societies import societies
from recsim.problems.wording import meaning_of, nearest
from recsim.system.interventions import After, Intervention, Watcher
from recsim.system.interventions.change import Change
from recsim.system.interventions.monitor import Monitor

if TYPE_CHECKING:
    from recsim.scenario import Scenario

FIXED = (
    "seed", "cohort_size", "ticks", "data", "record", "metrics", "interventions", "users.count", "users.tastes",
    "users.groups", "users.network", "items.count", "items.groups", "items.titles", "creators.count", "system.warmup",
)  # fmt: skip
"""What a change in the middle of a run cannot touch: sizes of what exists, and the past."""
Path = tuple[str | int, ...]


def changes_of(scenario: Scenario) -> list[tuple[int, Change]]:
    """The interventions that change the scenario itself, each with its index."""
    return [(index, one) for index, one in enumerate(scenario.interventions) if isinstance(one, Change)]


def misfits(scenario: Scenario) -> list[Problem]:
    """All of them; changes and arms are only tried out where nothing else is wrong."""
    found = [*data(scenario), *_names(scenario), *groups(scenario), *sizes(scenario), *titles(scenario)]
    found += societies(scenario)
    made = scenario.creators.dynamics if scenario.creators is not None else ()
    lists = (("users", scenario.users.dynamics), ("items", scenario.items.dynamics), ("creators", made))
    for section, dynamics in lists:
        for index, one in enumerate(dynamics):
            if one.about != section:
                home = f"'{one.about}.dynamics'"
                found.append(
                    Problem((section, "dynamics", index), f"'{one.kind}' belongs under {home}", f"move it to {home}")
                )
    for index, reranker in enumerate(scenario.system.rerankers):
        found += _treatment(scenario, reranker, ("system", "rerankers", index))
    for index, treatment in enumerate(scenario.interventions):
        found += _treatment(scenario, treatment, ("interventions", index))
    return found or list(_changes(scenario)) or list(experiments(scenario))


def _names(scenario: Scenario) -> Iterator[Problem]:
    made = scenario.creators.dynamics if scenario.creators is not None else ()
    lists: dict[Path, Iterable[Component]] = {
        ("users", "behaviours"): scenario.users.behaviours,
        ("users", "dynamics"): (*scenario.users.dynamics, *scenario.items.dynamics, *made),
        ("system", "rerankers"): scenario.system.rerankers,
        ("system", "generators"): scenario.system.generators,
        ("interventions",): scenario.interventions,
        ("metrics",): scenario.metrics or (),
    }
    for path, members in lists.items():
        for label, count in Counter(member.label for member in members).items():
            if count > 1:
                yield Problem(path, f"{count} of them are called '{label}'", "give each its own 'name:'")
    for path in (("users", "behaviours"), ("users", "dynamics")):
        for kind, count in Counter(one.kind for one in lists[path] if _remembers(one)).items():
            if count > 1:
                yield Problem(path, f"{count} of '{kind}' would write into the same memory of people", "have only one")
    first, then = scenario.system.warmup.recommender, scenario.system.recommender
    if first.label == then.label and first.kind != then.kind:
        path = ("system", "warmup", "recommender")
        yield Problem(path, f"two kinds of recommender are called '{first.label}'", "give each its own 'name:'")


def _remembers(one: Component) -> bool:
    """Whether it has columns in the tables of the world, which go by their own names."""
    return bool(getattr(one, "columns", {}) or getattr(one, "item_columns", {}))


def _treatment(scenario: Scenario, treatment: Intervention, path: Path) -> Iterator[Problem]:
    monitors = [one.label for one in scenario.interventions if isinstance(one, Watcher)]
    if isinstance(treatment.start, After) and treatment.start.after not in monitors:
        near = nearest(treatment.start.after, monitors)
        hint = meaning_of(near) or f"monitors here: {listed(monitors) or 'none'}"
        yield Problem((*path, "start", "after"), f"no monitor is called '{treatment.start.after}'", hint)
    elif isinstance(treatment.start, After) and waits_for_itself(scenario, treatment):
        text = f"'{treatment.label}' waits for an alarm that waits for '{treatment.label}'"
        yield Problem((*path, "start", "after"), text, "name a monitor that starts by itself")
    if isinstance(treatment, Change):
        yield from _once(treatment, path)
    elif isinstance(treatment.start, int) and treatment.stop is not None and treatment.stop <= treatment.start:
        text = f"{treatment.stop} is not after its start ({treatment.start}), so it never acts"
        yield Problem((*path, "stop"), text, "stop is the first tick on which it no longer acts: write a later one")
    if isinstance(treatment, Watcher) and treatment.watches is not None:
        yield from _monitor(scenario, treatment, treatment.watches, path)
    groups, detectors = [group.name for group in scenario.items.groups], _detectors(scenario)
    named = (("group", groups, "group of items", "groups of items"), ("flagged_by", detectors, "detector", "detectors"))
    for field, known, one, many in named:
        wanted = getattr(treatment, field, None)
        if wanted is not None and wanted not in known:
            hint = meaning_of(nearest(wanted, known)) or f"{many} here: {listed(known) or 'none'}"
            yield Problem((*path, field), f"no {one} is called '{wanted}'", hint)


def _once(change: Change, path: Path) -> Iterator[Problem]:
    """Fields of a schedule that mean nothing where something happens once."""
    for field, value, default in (("every", change.every, 1), ("stop", change.stop, None)):
        if value != default:
            hint = f"leave '{field}' out; to change it back, add another change"
            yield Problem((*path, field), f"a change happens once, so '{field}' means nothing", hint)


def _detectors(scenario: Scenario) -> list[str]:
    """Names of the interventions that accuse items."""
    return [one.label for one in scenario.interventions if "accused" in one.item_columns]


def _monitor(scenario: Scenario, monitor: Watcher, watched: str, path: Path) -> Iterator[Problem]:
    measured = {one.label: type(one) for one in scenario.metrics} if scenario.metrics is not None else Metric.members()
    watchable = [name for name, metric in measured.items() if issubclass(metric, Metric) and metric.platform]
    if watched not in watchable:
        why = "uses the truth, which a platform cannot see" if watched in measured else "is not measured here"
        near = nearest(watched, watchable) if watched not in measured else []
        hint = f"{meaning_of(near)}\na monitor may watch {listed(watchable, 'or') or 'nothing here'}"
        yield Problem((*path, "metric"), f"'{watched}' {why}", hint)
    if isinstance(monitor, Monitor) and monitor.above is None and monitor.below is None:
        yield Problem(path, "a monitor needs a bound", "add 'above: …' or 'below: …'")


def _changes(scenario: Scenario) -> Iterator[Problem]:
    """Carry the changes out one after the other, to see whether each is possible when its turn comes.

    Nobody knows when an alarm comes, so changes that wait for one must be possible before and after all others.
    """
    changes = changes_of(scenario)
    dated = [(index, one) for index, one in changes if isinstance(one.start, int)]
    dated.sort(key=lambda one: _turn(one[1]))
    waiting = [(index, one) for index, one in changes if not isinstance(one.start, int)]
    late = list(_in_order(scenario, [*dated, *waiting]))
    if not (dated and waiting):
        yield from late
        return
    early = list(_in_order(scenario, [*waiting, *dated]))
    for one in late:
        yield one if one in early else one._replace(text=f"{one.text}  ({_ORDER.format('after')})")
    for one in early:
        if one not in late:
            yield one._replace(text=f"{one.text}  ({_ORDER.format('before')})")


_ORDER = "if the alarm comes {} the other changes"


def _in_order(scenario: Scenario, changes: Iterable[tuple[int, Change]]) -> Iterator[Problem]:
    """What goes wrong where changes are carried out in an order."""
    others = tuple(one for one in scenario.interventions if not isinstance(one, Change))
    then = scenario.model_copy(update={"interventions": others, "experiment": None, "claims": ()})  # they name changes
    for index, change in changes:
        here: Path = ("interventions", index)
        try:
            fixed, after = fixed_by(then, change.path, change.value)
            if fixed is None:
                then = after
            else:
                text = f"'{fixed}' cannot be changed in the middle of a run"
                yield Problem((*here, "path"), text, f"fixed are {listed(FIXED)}")
        except NoSuchPath as error:
            yield from (one._replace(path=(*here, "path"), at_key=False) for one in error.problems)
        except ScenarioError as error:
            yield from (_inside(one, (*here, "value"), len(change.path.split("."))) for one in error.problems)


def fixed_by(scenario: Scenario, path: str, value: Any) -> tuple[str | None, Scenario]:
    """What of `FIXED` stands in the way of an override (by its path, or inside a whole section), and its result."""
    named = next((known for known in FIXED if f"{path}.".startswith(f"{known}.")), None)
    if named not in (None, "ticks", "interventions"):
        return named, scenario
    after = scenario.override(path, value)
    one, other = scenario.plain(), after.plain()
    for known in FIXED:
        if _part(one, known) != _part(other, known):
            return known, after
    return named or _resized_memory(scenario, after), after


def _part(plain: Mapping[str, Any], path: str) -> Any:
    """What stands at the path of a section or of one of its fields; None where the section is not there."""
    section, _, field = path.partition(".")
    found = plain.get(section)
    return (found or {}).get(field) if field else found


def _resized_memory(one: Scenario, other: Scenario) -> str | None:
    """The field that says how much people remember, if it differs: what they remember would be lost."""
    others = dict(other.components())
    for path, component in one.components():
        twin = others.get(path)
        columns = (getattr(component, "columns", {}) or {}) | (getattr(component, "item_columns", {}) or {})
        widths = [column.width for column in columns.values() if isinstance(column.width, str)]
        for width in widths if twin is not None and twin.kind == component.kind else ():
            if width in type(component).model_fields and getattr(twin, width) != getattr(component, width):
                return f"{path}.{width}"
    return None


def _turn(change: Change) -> int:
    return change.start if isinstance(change.start, int) else 0


def _inside(problem: Problem, value: Path, steps: int) -> Problem:
    """A problem that a change's value causes, placed in that value as far as it stands there."""
    inner = problem.path[steps:]
    text = problem.text if inner or problem.at_key else f"{problem.dotted}: {problem.text}"
    return problem._replace(path=(*value, *inner), text=text)
