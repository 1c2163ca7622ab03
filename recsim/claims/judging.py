"""From findings to verdicts: all claims of a scenario together, looked at up to four times."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal, NamedTuple

from recsim.claims import Claim, Finding
from recsim.inference import ALPHA

if TYPE_CHECKING:
    import pandas as pd

    from recsim.values import Values

LOOKS = (5, 10, 20, 40)
"""Numbers of seeds at which claims are looked at."""
Ruling = Literal["holds", "fails", "undecided"]
COLUMNS = (
    "says", "expect", "expected", "metric", "group", "window", "arms", "n", "estimate", "low", "high", "measured", "p",
    "verdict", "written", "as_written", "evidence", "source",
)  # fmt: skip


class Verdict(NamedTuple):
    """What a claim came to."""

    claim: Claim
    finding: Finding
    """As it was at the look that decided it, or else at the last one."""
    p: float
    """Adjusted for all claims and all looks; decided is what has 0.05 or less."""
    verdict: Ruling
    """What it came to."""

    @property
    def as_written(self) -> bool:
        """Whether it came out as the scenario says, `known` included."""
        return self.verdict == self.claim.written


class Looks:
    """The claims of a scenario, judged again with more seeds until all are decided or the looks are used up.

    The chance that any of them gets a false verdict at any look is at most `alpha`. Each of the K looks may spend
    alpha/K of it (a union bound, so it does not matter that later looks contain the seeds of earlier ones). Within a
    look, Holm's method (1979) over the claims that are still undecided: those decided before stay decided, as in a
    sequentially rejective procedure every set of claims that contains one of them has been rejected already (Maurer &
    Bretz 2013). Both are laid over p = 2·min(p_holds, p_fails) and make no assumption about how claims depend on each
    other. Holm's bound is for claims that are on the border of holding; for a verdict in the wrong direction it is
    proven for independent claims (Shaffer 1980), and otherwise known from simulation only. All of this is as good as
    the t tests are: were all differences as skewed as exponential numbers, a quarter of scenarios would get a false
    verdict. Intervals are not adjusted.

    Args:
        claims: all claims of the scenario.
        looks: numbers of seeds at which to look, ascending.
        alpha: the chance of any false verdict.

    Attributes:
        verdicts: the latest of each claim; none before the first look.
    """

    def __init__(self, claims: Sequence[Claim], looks: Sequence[int] = LOOKS, alpha: float = ALPHA) -> None:
        if not looks or list(looks) != sorted(dict.fromkeys(looks)):
            raise ValueError(f"looks at {list(looks)} seeds: give numbers that grow")
        self.claims, self.looks, self.alpha = tuple(claims), tuple(looks), alpha
        self.verdicts: list[Verdict] = []
        self._taken = 0

    @property
    def wanted(self) -> int | None:
        """Seeds that the next look needs; None when no other look is needed, or none is left."""
        undecided = not self.verdicts or any(one.verdict == "undecided" for one in self.verdicts)
        return self.looks[self._taken] if self.claims and undecided and self._taken < len(self.looks) else None

    def look(self, values: Values) -> list[Verdict]:
        """Judge what is undecided, with the seeds there are now.

        Raises:
            ValueError: all looks have been taken.
        """
        if self._taken == len(self.looks):
            raise ValueError(f"all {self._taken} looks have been taken: another one would make things true by looking")
        self._taken += 1
        kept = {at: one for at, one in enumerate(self.verdicts) if one.verdict != "undecided"}
        left = [at for at in range(len(self.claims)) if at not in kept]
        findings = [self.claims[at].find(values) for at in left]
        adjusted = holm([min(1.0, 2.0 * min(one.p_holds, one.p_fails)) for one in findings])
        for at, found, p in zip(left, findings, adjusted, strict=True):
            spent = min(1.0, len(self.looks) * p)
            kept[at] = Verdict(self.claims[at], found, spent, _ruling(found, spent, self.alpha))
        self.verdicts = [kept[at] for at in range(len(self.claims))]
        return self.verdicts


def _ruling(found: Finding, p: float, alpha: float) -> Ruling:
    if not p <= alpha:
        return "undecided"
    return "holds" if found.p_holds < found.p_fails else "fails"


def holm(p: Sequence[float]) -> list[float]:
    """Adjusted p-values of Holm (1979): the j-th smallest times m − j + 1, never below the one before, at most 1."""
    order = sorted(range(len(p)), key=p.__getitem__)
    adjusted, largest = [1.0] * len(p), 0.0
    for rank, at in enumerate(order):
        largest = max(largest, min(1.0, (len(p) - rank) * p[at]))
        adjusted[at] = largest
    return adjusted


def verdicts(claims: Sequence[Claim], values: Values, alpha: float = ALPHA) -> pd.DataFrame:
    """The table of all claims, judged once with all seeds there are."""
    return table(Looks(claims, (max(len(values.seeds), 1),), alpha).look(values))


def table(judged: Sequence[Verdict]) -> pd.DataFrame:
    """One row a claim.

    `estimate`, `low`, `high` and `measured` are what was found, with an interval for this claim alone; `p` is adjusted
    for all claims and looks; `written` is the verdict that the scenario expects.
    """
    import pandas as pd

    rows = [
        (
            one.claim.says, one.claim.kind, one.claim.expected(), one.claim.metric, one.claim.group, one.claim.window,
            ", ".join(one.claim.needs()), one.finding.n, *one.finding[:3], one.finding.measured, one.p,
            one.verdict, one.claim.written, one.as_written, one.claim.evidence, one.claim.source,
        )
        for one in judged
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=list(COLUMNS))
