"""What the users who are always served at random tell about the model: accuracy without the loop's own bias."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from recsim.base.flow import Bools, Floats
from recsim.metrics import Context, Metric, Tick, shared


class _OnRandomSlice(Metric):
    """Where `system.random_share` is above 0: abstract."""

    platform = True
    by_default = False

    def applies(self, tick: Tick) -> bool:
        """Where some users are served at random."""
        return tick.service.section.random_share > 0


class RandomSliceRecall(_OnRandomSlice):
    """Share of the clicks on random slates that fell on items the model would have shown that user; 0 to 1.

    `chance` beside it: k/m, were the clicks to know nothing of the model, k being the items it would have shown and m
    those the user could be shown at random. Above it the model knows what people choose, by data that it did not select
    itself. Slates of the warm-up are drawn before the model ranks: there it is about the warm-up's recommender. NaN
    without a click on a random slate.
    """

    unit = "share of random clicks"

    def measure(self, tick: Tick, context: Context) -> dict[str, float]:
        """Over clicks."""
        found = _slice(tick)
        clicks = found.clicked & found.shown
        if not clicks.any():
            return {"all": float("nan"), "chance": float("nan")}
        chance = np.minimum(found.wanted[:, None] * found.propensity, 1.0)
        return {"all": float(found.hit[clicks].mean()), "chance": float(chance[clicks].mean())}


class RandomSliceClickRate(_OnRandomSlice):
    """Click rate per slot that the model would have, estimated from random slates: Σ w c/Σ w over matches; 0 to 1.

    The replay of Li et al. (WSDM 2011): only slots of random slates count that hold an item the model would have shown
    that user, at any rank, each with w = 1/propensity (self-normalised). `random_slice_sample_size` says how many they
    are: below some hundreds the estimate is noise. Pitfall: such an item stood among random ones, where it wins
    more easily than among its like: the estimate is too high where people pick one of the slate. NaN without a match.
    """

    unit = "clicks per slot"

    def measure(self, tick: Tick, context: Context) -> float:
        """Over matching slots."""
        return _replayed(_slice(tick))


class RandomSliceSampleSize(_OnRandomSlice):
    """Effective number of slots that `random_slice_click_rate` rests on, (Σ w)²/Σ w² (Kish 1965); 0 without a match."""

    unit = "slots"

    def measure(self, tick: Tick, context: Context) -> float:
        """Over matching slots."""
        found = _slice(tick)
        weights = 1.0 / found.propensity[found.hit]
        return float(weights.sum() ** 2 / (weights @ weights)) if len(weights) else 0.0


class ClickRateGap(_OnRandomSlice):
    """Logged click rate per slot minus what the random slates say the model would have; −1 to 1.

    `click_through_rate` of those whom the platform serves, minus `random_slice_click_rate`: how far a platform is wrong
    that trusts its own log, with the pitfalls of the latter. NaN without a match.
    """

    unit = "clicks per slot"

    def measure(self, tick: Tick, context: Context) -> float:
        """Of the two groups of users."""
        found = _slice(tick)
        served = tick.slate.by_platform & ~found.shown
        if not served.any():
            return float("nan")
        return float(found.clicked[served].mean()) - _replayed(found)


class _Slice(NamedTuple):
    """The random slates of a tick, as cells of all slates."""

    shown: Bools
    """(n, k) slots of users served at random."""
    hit: Bools
    """(n, k) where such a slot holds an item the model would have shown."""
    clicked: Bools
    """(n, k) what was clicked."""
    propensity: Floats
    """(n, k) probability of this item in this slot."""
    wanted: Floats
    """(n,) how many items the model would have shown to a user served at random."""


def _slice(tick: Tick) -> _Slice:
    def find() -> _Slice:
        slate = tick.slate
        nothing = np.full(slate.items.shape, -1, np.int32)
        intended = nothing if slate.intended is None else slate.intended
        wanted = (intended >= 0).sum(axis=1)
        shown = slate.by_platform & (wanted > 0)[:, None]
        hit, rows = np.zeros(slate.items.shape, np.bool_), np.flatnonzero(wanted)
        hit[rows] = (slate.items[rows][:, :, None] == intended[rows][:, None, :]).any(axis=2) & shown[rows]
        chance = np.full(slate.items.shape, np.nan) if slate.propensity is None else slate.propensity
        return _Slice(shown, hit, tick.feedback.clicked, chance, wanted.astype(np.float64))

    return shared(tick, "random slice", find)


def _replayed(found: _Slice) -> float:
    weights = 1.0 / found.propensity[found.hit]
    return float(weights @ found.clicked[found.hit] / weights.sum()) if len(weights) else float("nan")
