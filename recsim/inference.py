"""What a sample of seeds says about a mean: intervals, one-sided p-values, equivalence, power. One number a seed.

Everywhere the seeds are the last axis, NaN is left out, and what comes before broadcasts. The tests are Student's t:
exact for normal differences, close for others that are not very skewed.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from recsim.base.draws import Draws

Floats = NDArray[np.float64]
LEVEL = 0.95  # of all intervals
ALPHA = 0.05  # chance of a false verdict, or of a sign that is none
POWER = 0.8  # chance to find a sign that is there
RESAMPLES = 9999  # of a bootstrap
FEWEST_TO_RESAMPLE = 8
"""Seeds below which a bootstrap is not tried: it cannot know a tail it has not seen."""


class Moments(NamedTuple):
    """Number, mean and spread of samples."""

    n: NDArray[np.int64]
    mean: Floats
    """NaN for none."""
    sd: Floats
    """Standard deviation, divisor n − 1; NaN below two; exactly 0 where all are the same."""


class Interval(NamedTuple):
    """A mean with its 95 % interval."""

    mean: Floats
    low: Floats
    """NaN below two seeds."""
    high: Floats


def moments(sample: ArrayLike) -> Moments:
    """Number, mean and standard deviation."""
    n, centre, rest = centred(np.asarray(sample, np.float64))
    with np.errstate(invalid="ignore", divide="ignore"):
        variance = (rest**2).sum(axis=-1) / np.where(n > 1, n - 1, np.nan)
    return Moments(n, np.where(n > 0, centre, np.nan), np.sqrt(variance))


def centred(x: Floats) -> tuple[NDArray[np.int64], Floats, Floats]:
    """Number and mean (…), and deviations (…, s), 0 for NaN; exactly 0 where all numbers are the same."""
    there = ~np.isnan(x)
    n = there.sum(axis=-1)
    if not x.shape[-1]:
        return n, np.zeros(n.shape), x
    first = np.take_along_axis(x, there.argmax(axis=-1)[..., None], axis=-1)  # (…, 1)
    rest = np.where(there, x - first, 0.0)
    shift = rest.sum(axis=-1, keepdims=True) / np.maximum(n, 1)[..., None]
    return n, (first + shift)[..., 0], np.where(there, rest - shift, 0.0)


def interval(sample: ArrayLike) -> Interval:
    """Mean and t interval: x̄ ± t(0.975, n − 1)·s/√n."""
    from scipy import special

    n, mean, sd = moments(sample)
    half = special.stdtrit(np.maximum(n - 1, 1), 0.5 + LEVEL / 2) * sd / np.sqrt(np.maximum(n, 1))
    return Interval(mean, mean - half, mean + half)


def welch(this: ArrayLike, that: ArrayLike) -> Interval:
    """Difference of two means as if the samples had nothing to do with each other (Welch 1947).

    df = (v₁ + v₂)²/(v₁²/(n₁ − 1) + v₂²/(n₂ − 1)) with v = s²/n.
    """
    from scipy import special

    (n, mean, sd), (m, other, its) = moments(this), moments(that)
    with np.errstate(invalid="ignore", divide="ignore"):
        v, w = sd**2 / n, its**2 / m
        df = (v + w) ** 2 / (v**2 / (n - 1) + w**2 / (m - 1))
        half = special.stdtrit(np.where(v + w > 0, df, 1.0), 0.5 + LEVEL / 2) * np.sqrt(v + w)
    return Interval(mean - other, mean - other - half, mean - other + half)


def fieller(above: ArrayLike, below: ArrayLike) -> Interval:
    """Ratio of the means of two paired samples (s,), with Fieller's interval (1954).

    All ρ for which the t test does not reject that the mean of above − ρ·below is 0. It has no ends, −∞ and ∞, where
    the mean below may be 0, and the ratio is NaN where it is.
    """
    from scipy import special

    x, y = np.asarray(above, np.float64), np.asarray(below, np.float64)
    both = ~np.isnan(x) & ~np.isnan(y)
    (n, a, across), (_, b, down) = centred(np.where(both, x, np.nan)), centred(np.where(both, y, np.nan))
    ratio = np.where((n > 0) & (b != 0), a / np.where(b == 0, 1.0, b), np.nan)
    q = special.stdtrit(n - 1, 0.5 + LEVEL / 2) ** 2 / (n * (n - 1)) if n > 1 else np.nan
    square, product, rest = b**2 - q * (down**2).sum(), a * b - q * (across * down).sum(), a**2 - q * (across**2).sum()
    if square <= 0:
        return Interval(ratio, np.asarray(-np.inf), np.asarray(np.inf))
    root = np.sqrt(np.maximum(product**2 - square * rest, 0.0))
    return Interval(ratio, (product - root) / square, (product + root) / square)


# -- p-values ----


def tails(sample: ArrayLike, border: float = 0.0) -> tuple[Floats, Floats]:
    """One-sided p-values of the t test: against "the mean is not above the border", and "… not below".

    1 below two seeds. Where all numbers are the same there is no spread to go by, and a metric of few possible values
    may be so by luck: then the signs decide, with p = 2⁻ⁿ for n seeds on one side; on the border both are 1.
    """
    from scipy import special

    n, mean, sd = moments(sample)
    with np.errstate(invalid="ignore", divide="ignore"):
        t = (mean - border) / (sd / np.sqrt(n))
        df, luck = np.maximum(n - 1, 1), 0.5**n
        above, below = special.stdtr(df, -t), special.stdtr(df, t)
    above = np.where(sd == 0, np.where(mean > border, luck, 1.0), above)
    below = np.where(sd == 0, np.where(mean < border, luck, 1.0), below)
    return np.where(n > 1, above, 1.0), np.where(n > 1, below, 1.0)


def positive(sample: ArrayLike, same: ArrayLike = False) -> tuple[Floats, Floats]:
    """p-values against "the mean is not above 0", and against "it is".

    They are the `tails`. Where every number is exactly 0 both are 1, for a rare difference may just not have shown; but
    the second is 0 if what was compared is known to be the `same`, as arms of one scenario are: no effect at all is not
    a small one.
    """
    above, below = tails(sample)
    return above, np.where(_nothing(sample) & np.asarray(same), 0.0, below)


def within(sample: ArrayLike, margin: float, same: ArrayLike = False) -> tuple[Floats, Floats]:
    """p-values against "the mean is not within ± margin", and against "it is".

    The first is two one-sided tests (TOST, Schuirmann 1987): the larger p-value of "above −margin" and "below margin";
    where every number is exactly 0 it is 0 if what was compared is the `same`, else 1, as in `positive`. The second is
    twice the smaller one of "above margin" and "below −margin". With margin 0 this is about the very numbers: p is 0
    for the first if every one is exactly 0, and for the second if any is not; one seed is enough.
    """
    x = np.asarray(sample, np.float64)
    if margin == 0:
        there = ~np.isnan(x)
        other = (there & (x != 0)).any(axis=-1)
        return np.where(there.any(axis=-1) & ~other, 0.0, 1.0), np.where(other, 0.0, 1.0)
    above, not_above = tails(x, -margin)
    not_below, below = tails(x, margin)
    holds = np.where(_nothing(x), np.where(same, 0.0, 1.0), np.maximum(above, below))
    return holds, np.minimum(1.0, 2.0 * np.minimum(not_below, not_above))


def _nothing(sample: ArrayLike) -> NDArray[np.bool_]:
    """Whether there are two numbers or more, and all are exactly 0."""
    x = np.asarray(sample, np.float64)
    there = ~np.isnan(x)
    return np.asarray((there.sum(axis=-1) > 1) & (~there | (x == 0)).all(axis=-1))


# -- how many seeds ----


def seeds_needed(standardized: ArrayLike) -> Floats:
    """Smallest n at which a two-sided paired t test at 5 % finds this sign with a chance of 80 %, by the noncentral t.

    P(T' > t(0.975, n − 1)) ≥ 0.8 with T' of n − 1 degrees of freedom and noncentrality |d|√n, d the mean over the
    standard deviation of the differences. ∞ for 0, NaN for NaN. Above 10 000 the normal approximation. As d is itself
    an estimate, so is this: from ten seeds it is good to a factor of about two.
    """
    from scipy import special

    d = np.abs(np.asarray(standardized, np.float64))
    with np.errstate(divide="ignore"):
        rough = ((special.ndtri(1 - ALPHA / 2) + special.ndtri(POWER)) / d) ** 2
    size, low = np.clip(np.nan_to_num(d, nan=1.0), 0.01, 20.0), np.full(d.shape, 2.0)
    high = np.where(rough < 1e4, np.ceil(rough) + 10, 2.0)
    while (low < high).any():
        n = np.floor((low + high) / 2)
        enough = 1 - special.nctdtr(n - 1, size * np.sqrt(n), special.stdtrit(n - 1, 1 - ALPHA / 2)) >= POWER
        low, high = np.where(enough, low, np.minimum(n + 1, high)), np.where(enough, n, high)
    return np.where(np.isnan(d), np.nan, np.where(rough < 1e4, low, np.ceil(rough)))


# -- skewed samples ----


def skewed(sample: ArrayLike) -> NDArray[np.bool_]:
    """Whether a sample is too skewed to trust its t interval: n ≥ 8 and |G₁| above twice its standard error.

    G₁ = √(n(n − 1))/(n − 2) · m₃/m₂^1.5, s.e. √(6n(n − 1)/((n − 2)(n + 1)(n + 3))) for a normal sample.
    """
    n, _, rest = centred(np.asarray(sample, np.float64))
    n = np.maximum(n, 3)
    with np.errstate(invalid="ignore", divide="ignore"):
        second, third = (rest**2).sum(axis=-1) / n, (rest**3).sum(axis=-1) / n
        skew = np.sqrt(n * (n - 1.0)) / (n - 2) * third / second**1.5
        error = np.sqrt(6.0 * n * (n - 1) / ((n - 2) * (n + 1) * (n + 3)))
    return np.asarray((n >= FEWEST_TO_RESAMPLE) & (np.abs(skew) > 2 * error))


def resampled(sample: ArrayLike, draws: Draws) -> tuple[float, float]:
    """Bias-corrected and accelerated bootstrap interval of the mean (BCa, Efron 1987)."""
    from scipy import stats

    x = np.asarray(sample, np.float64)
    rng = draws.generator()
    with np.errstate(invalid="ignore", divide="ignore"):  # of numbers of all sizes the bounds are NaN
        found = stats.bootstrap(
            (x[~np.isnan(x)],), np.mean, n_resamples=RESAMPLES, confidence_level=LEVEL, method="BCa", rng=rng
        ).confidence_interval
    return float(found.low), float(found.high)
