"""The arms of an experiment: the scenario again, with something changed. They share seeds, so they share all luck."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain, combinations
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field

from recsim.base.component import ArmName, AtLeastOne, Block, Component, Name
from recsim.problems import shown
from recsim.windows import When

if TYPE_CHECKING:
    from recsim.scenario import Scenario

BASELINE = "baseline"
SHARED = ("seed", "ticks", "measure_every", "experiment", "claims")
"""What no arm may change: arms are compared seed by seed and tick by tick."""
MOST_FACTORS = 6
"""Factors of an attribution; each doubles the number of arms."""
_LONGEST = 64
"""Letters of an arm's name, which is also the name of a folder."""
Changes = dict[str, Any]
"""Values by path, as in `--set`."""


class Design(Block):
    """What else would have happened: the scenario again with something changed, on the same seeds.

    The scenario as it stands is the arm `baseline`. Random numbers belong to whom and what they are about, so arms are
    the same world, the same people and the same dice until the first tick on which something is different.

    Example:
        experiment:
          seeds: 20
          arms:
            diverse: {system.rerankers: [{kind: diversity, strength: 0.4}]}
            random: {system.recommender: uniform}
          windows: [last 20 ticks, end]
    """

    seeds: AtLeastOne = 10
    """How many seeds every arm runs on, counted up from the scenario's own."""
    arms: dict[ArmName, Changes] = {}
    """What each arm changes, by its name: values by path, as in `--set`. An arm called `baseline` says what the others
    are compared with; default: the scenario as it stands."""
    sweep: dict[str, Annotated[list[Any], Field(min_length=1)]] = {}
    """Values to try, by path: an arm each, called such as `slate_size=5`, for claims and pictures along them."""
    attribution: dict[Name, str | Changes] = {}
    """What an outcome may be due to, by name: the path of a component that can be turned off, or the values by path
    that turn it off. Every combination is an arm; `attribution.csv` holds the Shapley values."""
    against: ArmName = BASELINE
    """The arm that all others are compared with in `effects.csv`; `baseline` is the scenario as it stands, unless an
    arm of that name says otherwise."""
    windows: tuple[When, ...] = ("last 20 ticks",)
    """The spans of time whose means are compared, such as `last 20 ticks`, `tick 50`, `ticks 30 to 40`, `end`."""


def changes_of(scenario: Scenario) -> dict[str, Changes]:
    """What each arm changes, by its name; the baseline comes first, and is the only one without an experiment."""
    design = scenario.experiment or Design(seeds=1)
    first: dict[str, Changes] = {BASELINE: {}} if design.against == BASELINE or design.attribution else {}
    found = first | design.arms
    for path, values in design.sweep.items():
        found |= {name: {path: value} for name, value in points(path, values, list(design.sweep))}
    for off in list(_subsets(list(design.attribution)))[1:]:
        turned = [turned_off(scenario, design.attribution[factor]) for factor in off]
        found[without(off)] = design.arms.get(BASELINE, {}) | {path: its for one in turned for path, its in one.items()}
    return found


def generated(scenario: Scenario) -> list[str]:
    """The names of the arms that nobody wrote: those of a sweep and of an attribution."""
    design = scenario.experiment or Design(seeds=1)
    swept = [name for path, its in design.sweep.items() for name, _ in points(path, its, list(design.sweep))]
    return swept + [without(off) for off in list(_subsets(list(design.attribution)))[1:]]


def arms_of(scenario: Scenario) -> dict[str, Scenario]:
    """The scenario of each arm, by its name; none has an experiment of its own.

    Raises:
        ScenarioError: a change that does not fit.
    """
    alone = plainly(scenario)
    return {name: alone.override_all(changes) if changes else alone for name, changes in changes_of(scenario).items()}


def plainly(scenario: Scenario) -> Scenario:
    """The scenario as a single run: without its experiment and its claims."""
    if scenario.experiment is None and not scenario.claims:
        return scenario
    return scenario.model_copy(update={"experiment": None, "claims": ()})


def points(path: str, values: Sequence[Any], paths: Sequence[str]) -> list[tuple[str, Any]]:
    """The names of a swept path's arms, each with its value."""
    short = _suffix(path, paths)
    names = [f"{short}={_letters(value)}" for value in values]
    if len(set(names)) < len(names) or any(len(name) > _LONGEST for name in names):
        names = [f"{short[: _LONGEST - 8]}-{number}" for number in range(1, len(values) + 1)]
    return list(zip(names, values, strict=True))


def without(factors: Sequence[str]) -> str:
    """The name of the arm in which these factors are turned off; the baseline if there are none."""
    return f"without-{'+'.join(factors)}" if factors else BASELINE


def turned_off(scenario: Scenario, factor: str | Changes) -> Changes:
    """The changes that turn a factor of an attribution off.

    Raises:
        ValueError: it is a path to nothing, or to a component that no field turns off.
    """
    if not isinstance(factor, str):
        return factor
    places = dict(plainly(scenario).components())
    found = places.get(factor) or next((one for path, one in places.items() if _bare(path, one) == factor), None)
    if found is None:
        raise ValueError(f"no component stands at {shown(factor)}")
    if not isinstance(found.null, Mapping):
        raise ValueError(f"'{factor}' cannot be turned off by a field: {found.null}")
    return {f"{factor}.{name}": value for name, value in found.null.items()}


def _bare(path: str, one: Component) -> str:
    """The path of a component in a list, by its kind in place of its name."""
    return f"{path.removesuffix(one.label)}{one.kind}"


def _subsets(names: Sequence[str]) -> Iterator[tuple[str, ...]]:
    """All of them, the empty one first."""
    return chain.from_iterable(combinations(names, size) for size in range(len(names) + 1))


def _suffix(path: str, paths: Sequence[str]) -> str:
    """The shortest end of a path that no other one has."""
    steps = path.split(".")
    for length in range(1, len(steps)):
        end = ".".join(steps[-length:])
        if sum(f".{other}".endswith(f".{end}") for other in paths) == 1:
            return end
    return path


def _letters(value: Any) -> str:
    """A value in the name of an arm."""
    kind = value.get("kind") if isinstance(value, Mapping) and len(value) == 1 else value
    text = shown(kind).strip("'") if isinstance(kind, (str, bool, int, float)) else "…"
    return "".join(one if one.isalnum() or one in "._=,+-" else "-" for one in text)
