"""How attention is spread over the catalogue."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import ive

from recsim.base.kernels.concentration import covered, gini
from recsim.metrics import Context, Metric, Tick, views


class _Gini(Metric):
    """Gini coefficient of some count of each living item: abstract."""

    platform = True
    unit = "Gini, 0 equal … 1 one item has all"

    def counts(self, tick: Tick) -> NDArray[Any]:
        """(i,) of all items."""
        raise NotImplementedError

    def measure(self, tick: Tick, context: Context) -> dict[str, float]:
        """Of the counts, and of chance with the same mean."""
        counts = self.counts(tick)[tick.items.alive]
        return {"all": gini(counts), "chance": poisson_gini(counts.sum() / max(len(counts), 1))}


def poisson_gini(rate: float) -> float:
    """Gini of Poisson counts with this mean, e^(−2λ)(I₀(2λ) + I₁(2λ)) ≈ 1/√(πλ); NaN unless the mean is above 0."""
    return float(ive(0, 2.0 * rate) + ive(1, 2.0 * rate)) if rate > 0 else float("nan")


class ExposureGini(_Gini):
    """Gini coefficient of this tick's recommendations over all living items, zeros included.

    G = Σ (2i − n − 1) x₍ᵢ₎ / (n Σ x), range 0 (all equal) to (n − 1)/n. Pitfall: even uniform exposure has a Gini, that
    of Poisson counts, e^(−2λ)(I₀(2λ) + I₁(2λ)) with λ the mean count: 0.25 at λ = 5. It stands beside the value as
    `chance` (slates without repetition are a little more even, by √(1 − k/n)). NaN if nothing was recommended.
    """

    def counts(self, tick: Tick) -> NDArray[Any]:
        """What the platform showed."""
        return views(tick)


class ClickGini(_Gini):
    """Gini coefficient of this tick's clicks over all living items, zeros included; see `exposure_gini`.

    `chance` beside it is that of as many clicks spread at random: it falls as clicks become more.
    """

    def counts(self, tick: Tick) -> NDArray[Any]:
        """What users chose, found by themselves or recommended."""
        return np.bincount(tick.feedback.items, minlength=len(tick.items))


class ExposureGiniCumulative(_Gini):
    """Gini coefficient of all recommendations so far over all living items, zeros included; see `exposure_gini`.

    Pitfall: it falls merely because counts grow (`chance` falls with it), and rises with every newborn, which had no
    time to be shown; the window version has neither trouble.
    """

    by_default = False

    def counts(self, tick: Tick) -> NDArray[Any]:
        """Since tick 1."""
        return tick.service.items.views


class ClickGiniCumulative(_Gini):
    """Gini coefficient of all clicks so far over all living items, zeros included; see `exposure_gini_cumulative`.

    Human data from a file is no part of it.
    """

    by_default = False

    def counts(self, tick: Tick) -> NDArray[Any]:
        """Since tick 1."""
        return tick.service.items.clicks


class ExposureGiniWindow(_Gini):
    """Gini coefficient of the recommendations of the last `system.recent` ticks over all living items.

    See `exposure_gini`. Totals are equal from tick `system.recent` on, so that its course is no matter of growing data.
    """

    by_default = False

    def counts(self, tick: Tick) -> NDArray[Any]:
        """Of the window."""
        return np.asarray(tick.service.items.views_past.sum(axis=1))


class ClickGiniWindow(_Gini):
    """Gini coefficient of the clicks of the last `system.recent` ticks over all living items; see `exposure_gini`."""

    by_default = False

    def counts(self, tick: Tick) -> NDArray[Any]:
        """Of the window."""
        return np.asarray(tick.service.items.clicks_past.sum(axis=1))


class Coverage(Metric):
    """Share of the living items that were recommended to anybody this tick, 0 to 1.

    Aggregate diversity (Adomavicius & Kwon 2012) over the size of the catalogue. Pitfall: it grows with the number of
    slates; m uniform draws cover n(1 − (1 − 1/n)^m) of n items. NaN if nothing was recommended.
    """

    platform = True
    unit = "share of the catalogue"

    def measure(self, tick: Tick, context: Context) -> float:
        """Items seen at least once."""
        shown = views(tick)
        return float((shown[tick.items.alive] > 0).mean()) if shown.any() else float("nan")


class _CoverageOfMore(Metric):
    """Coverage over several ticks, beside that of as many uniform draws: abstract."""

    platform = True
    by_default = False
    unit = "share of the catalogue"

    def counts(self, tick: Tick) -> NDArray[Any]:
        """(i,) of all items."""
        raise NotImplementedError

    def measure(self, tick: Tick, context: Context) -> dict[str, float]:
        """Items seen at least once; `chance` for m uniform draws from n items."""
        shown = self.counts(tick)[tick.items.alive]
        if not shown.any():
            return {"all": float("nan"), "chance": float("nan")}
        return {"all": float((shown > 0).mean()), "chance": covered(len(shown), float(shown.sum()))}


class CoverageWindow(_CoverageOfMore):
    """Share of the living items that were recommended in the last `system.recent` ticks, 0 to 1; see `coverage`.

    `chance` is 1 − (1 − 1/n)^m, what m uniform draws cover of n items. NaN if nothing was recommended.
    """

    def counts(self, tick: Tick) -> NDArray[Any]:
        """Of the window."""
        return np.asarray(tick.service.items.views_past.sum(axis=1))


class CoverageCumulative(_CoverageOfMore):
    """Share of the living items that have ever been recommended, 0 to 1; see `coverage_window`.

    Pitfall: it can only rise while no items are born and none die, and births lower it.
    """

    def counts(self, tick: Tick) -> NDArray[Any]:
        """Since tick 1."""
        return tick.service.items.views


class FollowersGini(_Gini):
    """Gini coefficient of the number of followers over all living users, zeros included; 0 to (n − 1)/n.

    About 0.8 in simulated networks that nobody ranks (Larooij & Törnberg 2025). `chance` is that of as many follows of
    people drawn with equal chances. NaN where nobody follows anybody.
    """

    by_default = False
    unit = "Gini, 0 equal … 1 one person has all"

    def applies(self, tick: Tick) -> bool:
        """Where people follow each other."""
        return bool(tick.world.people.network.kind != "none")

    def measure(self, tick: Tick, context: Context) -> dict[str, float]:
        """Of the network that the platform sees."""
        public = tick.service.public
        counts = np.bincount(public.follows.users, minlength=len(public.user_alive))[public.user_alive]
        return {"all": gini(counts), "chance": poisson_gini(counts.sum() / max(len(counts), 1))}
