"""What no single field of an experiment can know: arms that are no scenario, claims about what is not measured."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from recsim.arms import BASELINE, MOST_FACTORS, SHARED, Changes, Design, changes_of, generated, plainly, turned_off
from recsim.claims import Claim
from recsim.metrics import Metric
from recsim.problems import NoSuchPath, Problem, ScenarioError, listed, shown
from recsim.problems.wording import meaning_of, nearest

if TYPE_CHECKING:
    from recsim.scenario import Scenario

Path = tuple[str | int, ...]


def experiments(scenario: Scenario) -> Iterator[Problem]:
    """All of them."""
    found = list(_arms(scenario)) if scenario.experiment is not None else []
    yield from found
    if not found:
        yield from _claims(scenario)


def _arms(scenario: Scenario) -> Iterator[Problem]:
    design = scenario.experiment
    assert design is not None, "asked of scenarios with an experiment only"
    for arm, changes in design.arms.items():
        yield from _misfits(scenario, changes, ("experiment", "arms", arm))
    yield from _names(scenario, design)
    yield from _references(scenario, design)
    for path, values in design.sweep.items():
        for index, value in enumerate(values):
            yield from _swept(scenario, path, value, ("experiment", "sweep", path), index)
    yield from _factors(scenario, design)
    names = list(changes_of(scenario)) if not any(True for _ in _factors(scenario, design)) else list(design.arms)
    if design.against not in (*names, BASELINE):
        hint = meaning_of(nearest(design.against, names)) or f"arms here: {listed(names)}"
        yield Problem(("experiment", "against"), f"no arm is called {shown(design.against)}", hint)


def _names(scenario: Scenario, design: Design) -> Iterator[Problem]:
    """Arms that would be one folder."""
    taken: dict[str, str] = {}
    for number, name in enumerate((*design.arms, *generated(scenario))):
        other = taken.setdefault(name.casefold(), name)
        if number >= len(taken):
            text = f"two arms are called {shown(name)}, or differ in capitals only"
            yield Problem(("experiment", "arms", other), text, "give this one another name", at_key=True)
            return


def _references(scenario: Scenario, design: Design) -> Iterator[Problem]:
    """Metrics that compare with more than one arm: each of these would have to run before the other."""
    listed_in = [scenario.metrics or (), *(changes.get("metrics") or () for changes in design.arms.values())]
    names = [str(reference) for metrics in listed_in for one in metrics if (reference := _reference(one))]
    if len(dict.fromkeys(names)) > 1:
        text = f"metrics compare with {listed(dict.fromkeys(names))}"
        yield Problem(("metrics",), text, "all metrics of an experiment compare with one arm: write one 'reference'")


def _reference(metric: Any) -> Any:
    return metric.get("reference") if isinstance(metric, Mapping) else getattr(metric, "reference", None)


def _factors(scenario: Scenario, design: Design) -> Iterator[Problem]:
    if len(design.attribution) > MOST_FACTORS:
        text = f"{len(design.attribution)} factors make {2 ** len(design.attribution)} arms"
        yield Problem(("experiment", "attribution"), text, f"name at most {MOST_FACTORS}")
    for name, factor in design.attribution.items():
        here: Path = ("experiment", "attribution", name)
        try:
            changes = turned_off(scenario, factor)
        except ValueError as error:
            hint = "name a component that has a strength, or values to turn it off: {system.recommender: uniform}"
            yield Problem(here, str(error), hint)
        else:
            yield from _misfits(scenario, changes, here)


def _swept(scenario: Scenario, path: str, value: Any, here: Path, index: int) -> Iterator[Problem]:
    for problem in _misfits(scenario, {path: value}, here[:-1]):
        inner = problem.path[len(here) :]
        yield problem if problem.at_key else problem._replace(path=(*here, index, *inner))


def _misfits(scenario: Scenario, changes: Changes, here: Path) -> Iterator[Problem]:
    """What keeps the scenario with some changes from being one, placed at those changes."""
    for path in changes:
        shared = next((known for known in SHARED if f"{path}.".startswith(f"{known}.")), None)
        if shared is not None:
            text = f"'{shared}' is the same in all arms"
            yield Problem((*here, path), text, "change it for the scenario as a whole", at_key=True)
            return
    try:
        plainly(scenario).override_all(changes)
    except ScenarioError as error:
        for problem in error.problems:
            yield _placed(problem, changes, here, lost=isinstance(error, NoSuchPath))


def _placed(problem: Problem, changes: Iterable[str], here: Path, *, lost: bool) -> Problem:
    """A problem of an arm at the change that causes it, as far as that can be told."""
    cause = next((path for path in changes if _leads(path.split("."), problem.path)), None)
    if cause is None:
        return problem._replace(path=here, text=f"{problem.dotted}: {problem.text}", at_key=True)
    steps = len(cause.split("."))
    inner = problem.path[steps:]
    here_already = problem.at_key or len(problem.path) >= steps
    text = problem.text if here_already else f"{problem.dotted}: {problem.text}"
    return problem._replace(path=(*here, cause, *inner), text=text, at_key=lost or problem.at_key)


def _leads(steps: list[str], path: Path) -> bool:
    """Whether a path as written leads to (or above) a place; members of lists go by number there."""
    return all(isinstance(there, int) or there == step for step, there in zip(steps, path, strict=False))


def _claims(scenario: Scenario) -> Iterator[Problem]:
    design = scenario.experiment
    if scenario.claims and design is None:
        yield Problem(("claims",), "claims are about arms, and there is no experiment", "add 'experiment: {arms: …}'")
        return
    arms = list(changes_of(scenario))
    measured = [one.label for one in scenario.metrics] if scenario.metrics is not None else list(Metric.members())
    for index, claim in enumerate(scenario.claims):
        here: Path = ("claims", index)
        for arm in claim.needs():
            if arm not in arms:
                hint = meaning_of(nearest(arm, arms)) or f"arms here: {listed(arms)}"
                yield Problem((*here, "arms"), f"no arm is called {shown(arm)}", hint)
        yield from _about(claim, measured, design.sweep if design is not None else {}, here)
        yield from _misfits(scenario, claim.broken_by, (*here, "broken_by"))


def _about(claim: Claim, measured: list[str], swept: Mapping[str, list[Any]], here: Path) -> Iterator[Problem]:
    """What a claim is about and nobody knows of."""
    for field in ("metric", "other"):
        name = getattr(claim, field, None)
        if name is not None and name not in measured:
            hint = meaning_of(nearest(name, measured)) or f"measured are {listed(measured)}"
            yield Problem((*here, field), f"{shown(name)} is not measured here", hint)
    over = getattr(claim, "over", None)
    if over is not None and over not in swept:
        hint = meaning_of(nearest(over, swept)) or f"swept are {listed(swept) or 'none'}: see experiment.sweep"
        yield Problem((*here, "over"), f"{shown(over)} is not swept here", hint)
    elif over is not None and len(swept[over]) < claim.points:
        text = f"{shown(over)} is swept over {len(swept[over])} values, and '{claim.kind}' needs {claim.points}"
        yield Problem((*here, "over"), text, "add values to experiment.sweep")
