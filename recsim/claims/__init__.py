"""What a scenario says must come out, as forms that a machine can check: values in, a finding out. One file a form."""

from __future__ import annotations

import inspect
import itertools
import re
import textwrap
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, NamedTuple, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from pydantic import AfterValidator, model_validator

from recsim.base.component import Component, import_all
from recsim.inference import interval, moments
from recsim.windows import When

if TYPE_CHECKING:
    from recsim.values import Values

Floats = NDArray[np.float64]
_KNOWN = re.compile(r"(holds|fails|undecided), because \S.*", re.DOTALL)


def _known(text: str) -> str:
    if not _KNOWN.fullmatch(text):
        raise ValueError(f"'{text[:60]}' is no verdict with its reason: write such as 'fails, because …'")
    return text


def _said(text: str) -> str:
    if not text.strip():
        raise ValueError("nothing is said: write the claim as a sentence")
    return text


class Finding(NamedTuple):
    """What came out for one claim."""

    estimate: float
    """What the claim is about, as measured; its docstring says what that is. NaN if it is undefined."""
    low: float
    """Its 95 % interval, for this claim and these seeds alone; NaN where there are too few seeds."""
    high: float
    p_holds: float
    """p-value against "the claim does not hold": small speaks for the claim."""
    p_fails: float
    """p-value against "the claim holds": small speaks against it."""
    n: int
    """Seeds in which it is defined."""
    measured: str
    """The same in words."""


class Claim(Component):
    """Family of the claims: a sentence, and what must come out of the arms if it is true. It changes nothing.

    A form gives two p-values over seeds, one against "it does not hold" and one against "it holds". The smaller,
    doubled (so that a verdict agrees with a 95 % interval) and corrected for all claims of the scenario (Holm 1979) and
    for repeated looks, decides: **holds**, **fails**, or **undecided**, which is never evidence that nothing happens.
    All comparisons are paired: arms share their seeds. Below two seeds everything is undecided; differences that are
    all the same, but not 0, count by their signs (p = 2⁻ⁿ), since a metric of few values can be constant by luck.
    """

    family = "claim"
    key = "expect"
    null = "it changes nothing"
    fewest: ClassVar[int] = 0
    """Arms that it must name."""
    most: ClassVar[int | None] = None
    """Arms that it may name; None: any number."""
    points: ClassVar[int] = 0
    """Points that a sweep must have for it, if it goes along one."""

    says: Annotated[str, AfterValidator(_said)]
    """The claim as a sentence."""
    metric: str
    """The metric it is about, by its name as in `metrics`."""
    group: str = "all"
    """The group of the metric's values."""
    arms: tuple[str, ...] = ()
    """The arms it is about; what their order means, each form says."""
    at: When = "last 20 ticks"
    """The window of time, over whose ticks a mean is taken: `last 20 ticks`, `tick 50`, `ticks 30 to 40`, `end`, …"""
    source: str = ""
    """The paper with its equation, table or figure, or what it was derived from."""
    evidence: Literal["published", "replicated", "derived"] = "derived"
    """How well it is known: from a paper, from a paper and others who found the same, or from theory or this model."""
    known: Annotated[str, AfterValidator(_known)] | None = None
    """The verdict to expect in place of `holds`, with its reason: `fails, because …`; default: it holds."""
    broken_by: dict[str, Any] = {}
    """Overrides by path, laid over every arm, under which it must not come out: a deliberate break that shows it can
    fail."""

    @model_validator(mode="after")
    def _fits(self) -> Self:
        wrong = self.misfit()
        if wrong:
            raise ValueError(wrong)
        return self

    def misfit(self) -> str:
        """What does not fit together in it, and what to write; empty if it all does. Forms add what they need."""
        count, few, most = len(self.arms), self.fewest, self.most
        if len(dict.fromkeys(self.arms)) < count:
            return f"'arms' has {next(arm for arm in self.arms if self.arms.count(arm) > 1)} twice: name each once"
        if count < few or (most is not None and count > most):
            wanted = f"{few}" if few == most else f"{few} to {most}" if most is not None else f"{few} or more"
            return f"'{self.kind}' is about {wanted} arm{'s' if wanted != '1' else ''}, and 'arms' names {count}"
        return ""

    def needs(self) -> tuple[str, ...]:
        """The arms that it names; none where it goes along a sweep."""
        return self.arms

    @property
    def written(self) -> str:
        """The verdict that it expects: holds, unless `known` says otherwise."""
        return self.known.split(",")[0] if self.known else "holds"

    @property
    def window(self) -> str:
        """The window of time, as a label."""
        return self.at

    def expected(self) -> str:
        """What must come out, in words: `diverse > baseline in the last 20 ticks`."""
        raise NotImplementedError

    def find(self, values: Values) -> Finding:
        """What did come out.

        Raises:
            NoSuchArm: an arm that was not run.
            NoSuchMetric: a metric that was not measured.
            NoSuchSweep: a parameter that was not swept.
        """
        raise NotImplementedError

    @classmethod
    def example_in_yaml(cls) -> str:
        """The example of its docstring, as it stands in a scenario under `claims:`."""
        found = re.search(r"^ {4}- \{.*?\}$", inspect.getdoc(cls) or "", re.DOTALL | re.MULTILINE)
        return textwrap.dedent(found[0]) if found else ""


# -- what several forms need ----


def finding(sample: ArrayLike, p: tuple[Any, Any], what: str) -> Finding:
    """A finding about the mean of a sample (s,), told as `what 0.031 [0.012, 0.05]`."""
    mean, low, high = (float(one) for one in interval(sample))
    n = int(moments(sample).n)
    return Finding(mean, low, high, float(p[0]), float(p[1]), n, f"{what} {bounds(mean, low, high)}".strip())


def bounds(mean: float, low: float, high: float) -> str:
    """`0.031 [0.012, 0.05]`; without an interval where there is none."""
    if np.isnan(mean):
        return "undefined"
    return f"{number(mean)} (one seed)" if np.isnan(low) else f"{number(mean)} [{number(low)}, {number(high)}]"


def number(value: float) -> str:
    """Three digits: `0.0313`, `1230`."""
    return f"{value:.0f}" if 1000 <= abs(value) < 1e7 else f"{value:.3g}"


def along(claim: Claim, values: Values, over: str | None, metric: str) -> tuple[list[str], Floats]:
    """Labels (m,) and means (m, s) of a metric in the arms of a claim, or at the points of the sweep `over`, in order.

    Arms that have the same value of the parameter count with their mean.
    """
    if over is None:
        return list(claim.arms), np.stack([values.over(arm, metric, claim.at, claim.group) for arm in claim.arms])
    points = values.points(over)
    if len(points) < claim.points:
        raise ValueError(f"'{claim.kind}' needs {claim.points} points along {over}, and there are {len(points)}")
    rows = [np.stack([values.over(arm, metric, claim.at, claim.group) for arm in one.arms]) for one in points]
    return [str(one.value) for one in points], np.stack([its.mean(axis=0) for its in rows])


def unmoved(claim: Claim, values: Values, over: str | None) -> list[bool]:
    """(m − 1,) from which of these to the next nothing at all changes."""
    arms = [(arm,) for arm in claim.arms] if over is None else [one.arms for one in values.points(over)]
    return [all(map(values.same, one, more)) and len(one) == len(more) for one, more in itertools.pairwise(arms)]


def misfit_along(claim: Claim, over: str | None, one_arm_too: bool = False) -> str:
    """What does not fit where arms are named in order, or a sweep in their place."""
    if over is not None and claim.arms:
        return "it has both 'arms' and 'over': name the arms in order, or the swept parameter"
    if over is None and not claim.arms:
        return f"'{claim.kind}' needs 'arms:' or 'over:': arms in order, or the path of a swept parameter"
    if over is None and len(claim.arms) < 3 and not (one_arm_too and len(claim.arms) == 1):
        hint = "over time in one arm, or over three arms or more" if one_arm_too else "of two arms say 'greater'"
        return f"'{claim.kind}' is about three arms or more, and 'arms' names {len(claim.arms)}: {hint}"
    return ""


import_all(__name__, __path__)

from recsim.claims.judging import LOOKS, Looks, Verdict, table, verdicts

__all__ = [
    "LOOKS", "Claim", "Finding", "Looks", "Verdict", "along", "bounds", "finding", "misfit_along", "number", "table",
    "unmoved", "verdicts",
]  # fmt: skip
