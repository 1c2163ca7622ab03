"""Sweeps: a grid of values, or points spread over ranges, as the arms of an experiment."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import product
from typing import Any, Literal

from recsim.arms import Changes, Design, points
from recsim.base.draws import Draws
from recsim.problems import Place, Problem, ScenarioError, clean
from recsim.reading import value
from recsim.scenario import Scenario

MOST = 2000
"""Points of a sweep: its scenario has to stay a file that can be read."""
Sample = Literal["latin", "sobol"]
_NUMBER = r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?"
_RANGE = re.compile(rf"({_NUMBER})\s*\.\.\s*({_NUMBER})(\s+log)?")
_MEANT = re.compile(rf"{_NUMBER}\s*\.\.")
"""How a text begins that was meant as a range."""


class Range:
    """Numbers from `low` to `high`; of two integers integers, both included.

    Args:
        low: the smallest.
        high: the largest.
        log: whether they are spread evenly by their logarithm.

    Raises:
        ValueError: there is nothing between the two, or no logarithm.
    """

    def __init__(self, low: float, high: float, *, log: bool = False) -> None:
        if not low < high or (log and low <= 0):
            raise ValueError(f"{low:g}..{high:g} is no range{' of positive numbers' if log else ''}: low comes first")
        self.low, self.high, self.log = low, high, log
        self.whole = isinstance(low, int) and isinstance(high, int)

    def at(self, share: float) -> float:
        """The number at a share from 0 to 1 of the way."""
        high = self.high + 1 if self.whole else self.high
        found = self.low * (high / self.low) ** share if self.log else self.low + (high - self.low) * share
        return min(math.floor(found), int(self.high)) if self.whole else float(f"{found:.6g}")


Values = Sequence[Any] | Range


def swept(
    scenario: Scenario,
    over: Mapping[str, Values],
    *,
    seeds: int | None = None,
    sample: Sample | None = None,
    count: int = 32,
) -> Scenario:
    """The scenario with one arm a point: every combination of the values, or a sample of the space they span.

    Args:
        scenario: what to sweep; its own arms and claims are left out.
        over: values by path, or a `Range`.
        seeds: how many; default: as many as the scenario's experiment has.
        sample: `latin` (McKay, Beckman & Conover 1979) or `sobol` (Sobol' 1967, scrambled: Owen 1998) points, the same
            for the same scenario's seed.
        count: how many points are sampled; for `sobol` best a power of 2.

    Raises:
        ScenarioError: a value that does not fit, or a range without a sample.
    """
    for path, values in over.items():
        if isinstance(values, Range) and sample is None:
            raise _wrong(path, "a range has no end of values", "name values (1,2,5), or sample: --sample sobol")
        if not isinstance(values, Range) and not len(values):
            raise _wrong(path, "names no values", "name those to try")
    if not over:
        raise _wrong("", "nothing is swept", "name values by path, such as system.slate_size: [5, 10]")
    design = scenario.experiment or Design()
    arms = _grid(over) if sample is None else _sampled(over, sample, count, scenario.seed)
    fields = {"seeds": seeds or design.seeds, "windows": design.windows, "arms": arms, "against": next(iter(arms))}
    if len(arms) > MOST:
        raise _wrong(next(iter(over)), f"{len(arms)} points are more than {MOST}", "sweep in several parts")
    alone = scenario.model_copy(update={"experiment": None, "claims": ()})
    try:
        return Scenario.parse({**alone.plain(), "experiment": fields})
    except ScenarioError as error:
        raise ScenarioError(_told(error.problems, over)) from None


def _told(problems: Iterable[Problem], over: Iterable[str]) -> list[Problem]:
    """What does not fit, at the paths that are swept: once, however many points have it."""
    found: dict[tuple[object, ...], Problem] = {}
    for one in problems:
        cause = str(one.path[3]) if len(one.path) > 3 and one.path[:2] == ("experiment", "arms") else ""
        if cause in over:
            one = one._replace(path=one.path[4:], place=Place(f"--over {cause}", 0, 0))
        found.setdefault((cause, one.path, one.text), one)
    return list(found.values())


def _grid(over: Mapping[str, Values]) -> dict[str, Changes]:
    """Every combination, the last path changing fastest."""
    named = [points(path, list(values), list(over)) for path, values in over.items() if not isinstance(values, Range)]
    found = {
        "+".join(name for name, _ in combination): dict(zip(over, (value for _, value in combination), strict=True))
        for combination in product(*named)
    }
    return _numbered(found)


def _sampled(over: Mapping[str, Values], sample: Sample, count: int, seed: int) -> dict[str, Changes]:
    from scipy.stats import qmc

    key = int(Draws(seed).of("sweep", sample).keys(0))
    if sample == "latin":
        shares = qmc.LatinHypercube(len(over), rng=key).random(count)
    else:
        shares = qmc.Sobol(len(over), rng=key).random_base2((count - 1).bit_length())[:count]
    return {
        f"point-{number}": {path: _at(values, share) for (path, values), share in zip(over.items(), row, strict=True)}
        for number, row in enumerate(shares.tolist(), 1)
    }


def _at(values: Values, share: float) -> Any:
    return values.at(share) if isinstance(values, Range) else values[min(int(share * len(values)), len(values) - 1)]


def _numbered(arms: Mapping[str, Changes]) -> dict[str, Changes]:
    """The same with numbers for names where a name would be too long."""
    if all(len(name) <= 64 for name in arms):
        return dict(arms)
    return {f"point-{number}": changes for number, changes in enumerate(arms.values(), 1)}


def over(assignments: Iterable[str]) -> dict[str, Values]:
    """What to sweep, from `path=a,b,c` and `path=low..high` (` log` behind it).

    Raises:
        ScenarioError: an assignment that is none, or values that are not YAML.
    """
    found: dict[str, Values] = {}
    for one in assignments:
        path, sign, text = (part.strip() for part in one.partition("="))
        if not (path and sign and text):
            raise _wrong(
                clean(one), "names no values", "write --over path=value,value, as in --over system.slate_size=5,10"
            )
        if path in found:
            raise _wrong(path, "is swept twice", "name all its values in one --over")
        if match := _RANGE.fullmatch(text):
            low, high = (value(number, f"--over {clean(path)}") for number in match.groups()[:2])
            try:
                found[path] = Range(low, high, log=bool(match[3]))
            except ValueError as error:
                raise _wrong(path, str(error), "write low..high, such as 0.01..1") from None
        elif _MEANT.match(text):
            hint = "write low..high, such as 0.01..1, or '0.01..1 log'; or values: 0.01,0.1,1"
            raise _wrong(path, f"'{clean(text, 40)}' is no range of numbers", hint)
        else:
            values = value(f"[{text}]", f"--over {clean(path)}")
            found[path] = values
    return found


def _wrong(path: str, text: str, hint: str) -> ScenarioError:
    return ScenarioError([Problem((), text, hint, place=Place(f"--over {path}", 0, 0))])
