"""What an arm did, seed by seed, and how much of it is due to which part: differences and Shapley values."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import factorial
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from recsim.base.draws import Draws
from recsim.inference import interval, moments, resampled, seeds_needed, skewed, welch
from recsim.values import Values
from recsim.windows import window

if TYPE_CHECKING:
    import pandas as pd

Floats = NDArray[np.float64]
COLUMNS = (
    "arm", "against", "metric", "group", "window", "n", "mean", "mean_against", "difference", "low", "high",
    "boot_low", "boot_high", "sign_share", "standardized", "seeds_needed", "unpaired_low", "unpaired_high",
    "pairing_gain",
)  # fmt: skip
OF_FACTORS = ("factor", "metric", "group", "window", "n", "contribution", "low", "high", "share")
TOGETHER = "together"
"""The row of all factors at once."""


def effects(values: Values, against: str, whens: Sequence[str]) -> pd.DataFrame:
    """One row for each arm but `against`, metric, group and window.

    The columns, all about the seeds in which both arms are defined:

    - `n`: how many; `mean`, `mean_against`: of the two arms.
    - `difference`, `low`, `high`: mean paired difference arm − against, and its 95 % t interval; NaN below two seeds.
      Where the arms do exactly the same, 0, 0 and 0.
    - `boot_low`, `boot_high`: a BCa bootstrap's interval where the differences are skewed (`recsim.inference.skewed`:
      8 seeds or more and a skewness above twice its standard error), else NaN. It is the same on every run.
    - `sign_share`: share of seeds whose difference has the sign of the mean one; one of exactly 0 has no sign.
    - `standardized`: mean over standard deviation of the differences (d_z of Cohen 1988); ±∞ where they are all the
      same but not 0, NaN where all are 0.
    - `seeds_needed`: for a sign at 5 % with a power of 80 %, were the effect what it seems; ∞ for an effect of 0, NaN
      where `standardized` is.
    - `unpaired_low`, `unpaired_high`: Welch's interval, as if the arms had not shared their seeds.
    - `pairing_gain`: width of the unpaired interval over that of the paired one; as many times narrower is what the
      shared seeds bought. ∞ where only the paired one has no width, NaN where neither has.

    Raises:
        NoSuchArm: `against` was not run.
        ValueError: a window that is none.
    """
    import pandas as pd

    windows = [window(when) for when in whens]
    values.arm(against)
    arms = [arm for arm in values.arms if arm != against]
    labels = _labels(values, windows)
    found: list[dict[str, Any]] = []
    base = _stacked(values, against, windows)  # (names · windows, s)
    for arm in arms if labels else ():
        columns = _compared(_stacked(values, arm, windows), base)
        columns |= _bootstrap(columns.pop("differences"), [(arm, *label) for label in labels])
        rows = [dict(zip(("metric", "group", "window"), label, strict=True)) for label in labels]
        found += [
            {"arm": arm, "against": against} | row | {name: column[at] for name, column in columns.items()}
            for at, row in enumerate(rows)
        ]
    return pd.DataFrame(found, columns=list(COLUMNS))


def _labels(values: Values, windows: Sequence[str]) -> list[tuple[str, str, str]]:
    """Metric, group and window of each row of `_stacked`."""
    return [(metric, group, when) for metric, group in values.names for when in windows]


def _stacked(values: Values, arm: str, windows: Sequence[str]) -> Floats:
    """(names · windows, s) one row a metric, group and window."""
    if not windows:
        return np.zeros((0, len(values.seeds)))
    tables = np.stack([values.table(arm, when) for when in windows], axis=1)  # (names, windows, s)
    return tables.reshape(-1, len(values.seeds))


def _compared(this: Floats, that: Floats) -> dict[str, Any]:
    """The columns of one arm, from rows (r, s) of two."""
    both = ~np.isnan(this) & ~np.isnan(that)
    this, that = np.where(both, this, np.nan), np.where(both, that, np.nan)
    differences = this - that
    (n, _, sd), (mean, low, high) = moments(differences), interval(differences)
    _, unpaired_low, unpaired_high = welch(this, that)
    same_sign = (np.sign(differences) == np.sign(mean)[:, None]) & (differences != 0)
    with np.errstate(invalid="ignore", divide="ignore"):
        standardized = mean / sd
        sign_share = same_sign.sum(axis=1) / np.where(n > 0, n, np.nan)
        gain = (unpaired_high - unpaired_low) / (high - low)
    return {
        "differences": differences,
        "n": n,
        "mean": moments(this).mean,
        "mean_against": moments(that).mean,
        "difference": mean,
        "low": low,
        "high": high,
        "sign_share": sign_share,
        "standardized": standardized,
        "seeds_needed": seeds_needed(standardized),
        "unpaired_low": unpaired_low,
        "unpaired_high": unpaired_high,
        "pairing_gain": gain,
    }


def _bootstrap(differences: Floats, labels: Sequence[tuple[str, ...]]) -> dict[str, Floats]:
    """Intervals of the rows (r, s) that are skewed, each with random numbers of its own."""
    bounds = np.full((len(labels), 2), np.nan)
    for at in np.flatnonzero(skewed(differences)).tolist():
        bounds[at] = resampled(differences[at], Draws(0).of("effects", *labels[at]))
    return {"boot_low": bounds[:, 0], "boot_high": bounds[:, 1]}


# -- what is due to what ----


def shapley(outcomes: ArrayLike) -> NDArray[np.float64]:
    """(k, …) what each of k factors contributes to outcomes (2^k, …) of all their combinations (Shapley 1953).

    φᵢ = Σ over the sets S without i of |S|!(k − |S| − 1)!/k! · (v[S ∪ i] − v[S]): the change that factor i makes,
    averaged over all orders in which factors could be switched on. They add up to v[all] − v[none]; a factor that
    changes nothing in any combination has 0.

    Args:
        outcomes: v; in the combination number b factor i is on if bit i of b is set, so 0 is none and 2^k − 1 all.

    Raises:
        ValueError: their number is no power of two.
    """
    v = np.asarray(outcomes, np.float64)
    k = len(v).bit_length() - 1
    if len(v) != 2**k:
        raise ValueError(f"there are {len(v)} outcomes: k factors have 2^k combinations")
    found = np.zeros((k, *v.shape[1:]))
    for factor in range(k):
        for b in range(2**k):
            if not b >> factor & 1:
                weight = factorial(b.bit_count()) * factorial(k - b.bit_count() - 1) / factorial(k)
                found[factor] += weight * (v[b | 1 << factor] - v[b])
    return found


def attribution(
    values: Values, factors: Sequence[str], arm_of: Callable[[tuple[str, ...]], str], whens: Sequence[str]
) -> pd.DataFrame:
    """What each factor contributes to each metric, group and window, in the order of `factors`, and all `together`.

    The contribution is the mean over seeds of the Shapley value, with its 95 % t interval; `n` counts the seeds in
    which every combination is defined. `share` is its part of the total, that of all factors on minus all off: NaN
    where that is 0, and of little use where the interval of `together` reaches 0.

    Args:
        values: of all the arms.
        factors: names of the parts that are on or off.
        arm_of: the arm in which just these factors are on; asked for all 2^k combinations.
        whens: windows of time.

    Raises:
        NoSuchArm: a combination that was not run.
        ValueError: a window that is none.
    """
    import pandas as pd

    windows = [window(when) for when in whens]
    on = [tuple(one for at, one in enumerate(factors) if b >> at & 1) for b in range(2 ** len(factors))]
    outcomes = np.stack([_stacked(values, arm_of(these), windows) for these in on])  # (2^k, r, s)
    parts = np.concatenate([shapley(outcomes), outcomes[-1:] - outcomes[:1]])  # (k + 1, r, s)
    parts = np.where(np.isnan(outcomes).any(axis=0), np.nan, parts)
    n, (mean, low, high) = moments(parts).n, interval(parts)  # (k + 1, r)
    with np.errstate(invalid="ignore", divide="ignore"):
        share = np.where(mean[-1] == 0, np.nan, mean / mean[-1])
    found = [
        (factor, *label, n[at, row], mean[at, row], low[at, row], high[at, row], share[at, row])
        for row, label in enumerate(_labels(values, windows))
        for at, factor in enumerate((*factors, TOGETHER))
    ]
    return pd.DataFrame(found, columns=list(OF_FACTORS))
