"""Compare what is clicked now with what was clicked at first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field
from scipy.stats import chi2

from recsim.base.component import AtLeastOne
from recsim.base.flow import Floats, Ints
from recsim.system.interventions import Watcher

if TYPE_CHECKING:
    from recsim.system.service import Service


class PSI(Watcher):
    """Population stability index: Σ_b (p_b − q_b) ln(p_b/q_b) of clicks over bins of items, now against a reference.

    If nothing changes it is about (1/N + 1/M) · χ² with B − 1 degrees of freedom, N and M clicks in B bins, so its mean
    is (B − 1)(1/N + 1/M): it sounds above that law's quantile, not above the folklore's 0.1 or 0.25, which at N = M =
    100 and B = 10 noise alone exceeds (Yurdakul & Naranjo, Journal of Risk Model Validation 2020). Empty bins count as
    half a click. Pitfall: clicks of one user hang together, so that it sounds more often than `level` says.
    """

    bins: Literal["groups", "features"] = "features"
    """What items are told apart by: their group, or which of the features that the platform sees is largest."""
    reference: AtLeastOne = 10
    """Ticks from its start on whose clicks are the reference."""
    recent: AtLeastOne = 5
    """Ticks up to now that are compared with them; it cannot sound before these are all after the reference."""
    level: Annotated[float, Field(gt=0, lt=1)] = 0.001
    """Chance of being above the quantile by luck at a report; larger: faster, more false alarms."""
    memory = Watcher.memory | {"was_above": np.bool_(False)}

    @classmethod
    def example(cls) -> PSI:
        """One tick against another."""
        return cls(reference=1, recent=1, level=0.5)

    def does(self) -> str:
        """In words."""
        return f"'{self.label}' sounds when clicks over {self.bins} are not those of its first {self.reference} ticks"

    def notices(self, value: float, memory: dict[str, NDArray[Any]], service: Service) -> bool:
        """Sound when the index rises above its quantile, and again when it has been below."""
        begins = self.begins(service)
        if begins is None or service.tick - self.recent + 1 < begins + self.reference:
            return False
        before = self._counts(service, begins, begins + self.reference)
        above = self.exceeds(before, self._counts(service, service.tick - self.recent + 1, service.tick + 1))
        sounds = above and not memory["was_above"]
        memory["was_above"][...] = above
        return bool(sounds)

    def exceeds(self, before: Ints, now: Ints) -> bool:
        """Whether counts (b,) differ by more than luck explains; never where one of the two is empty."""
        there = before + now > 0
        if there.sum() < 2 or not before.sum() or not now.sum():
            return False
        scale = 1.0 / before.sum() + 1.0 / now.sum()
        return bool(index(before[there], now[there]) > scale * chi2.isf(self.level, there.sum() - 1))

    def _counts(self, service: Service, since: int, until: int) -> Ints:
        """(b,) clicks of the ticks `since` up to but not including `until` in each bin."""
        clicks, public = service.log.clicks, service.public
        rows = slice(*np.searchsorted(clicks.tick, [since, until]))
        bins = public.groups if self.bins == "groups" else public.features.argmax(axis=1)
        size = max(len(public.group_names), 1) if self.bins == "groups" else public.features.shape[1]
        return np.bincount(bins[clicks.item[rows]], minlength=size).astype(np.int32)


def index(before: Ints, now: Ints) -> float:
    """The index of two rows of counts."""
    p, q = (_shares(counts) for counts in (before, now))
    return float(((p - q) * np.log(p / q)).sum())


def _shares(counts: Ints) -> Floats:
    """Of each bin, an empty one as if it held half a click."""
    filled = np.maximum(counts, 0.5)
    return np.asarray(filled / filled.sum(), np.float64)
