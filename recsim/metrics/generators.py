"""What a generative model has become, beside the human data it began with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from recsim.base.component import Share
from recsim.base.flow import Floats, Ints
from recsim.base.kernels.concentration import entropy
from recsim.base.kernels.gaussians import JITTER, weighted_moments
from recsim.metrics import Context, Metric, Tick, machines, shared

if TYPE_CHECKING:
    from recsim.system.generators import Generator


class _OfGenerators(Metric):
    """A number of each generator from the end of the warm-up on, by label, and their mean: abstract.

    Compared with the topics of the human data's clicks, file or warm-up.
    """

    by_default = False

    def applies(self, tick: Tick) -> bool:
        """Where a generator makes items."""
        return bool(tick.service.section.generators)

    def of(self, tick: Tick, generator: Generator, policy: Any) -> float:
        """The number of one."""
        raise NotImplementedError

    def measure(self, tick: Tick, context: Context) -> dict[str, float]:
        """One by one; NaN of those that have not learned yet, and so of the mean."""
        models, found = tick.service.models, {}
        for generator in machines(tick):
            policy = models.policy(generator)
            found[generator.label] = float("nan") if policy is None else self.of(tick, generator, policy)
        return {"all": float(np.mean(list(found.values()))) if found else float("nan")} | found


class GeneratorVariance(_OfGenerators):
    """tr Σ of the topics a generator makes over tr Σ of the human clicks; 0 upwards, 1: as diverse as those.

    The total variance of Shumailov et al. (Nature 2024): 0 is model collapse. NaN without human data.
    """

    unit = "variance relative to people's"

    def of(self, tick: Tick, generator: Generator, policy: Any) -> float:
        """Ratio of two traces."""
        spread = np.trace(_human(tick)[1])
        return float(np.trace(generator.moments(policy)[1]) / spread) if spread > 0 else float("nan")


class GeneratorRank(_OfGenerators):
    """Effective rank exp H(λ/Σλ) of the covariance of the topics a generator makes; 1 to the number of dimensions.

    In how many directions its items differ (Roy & Vetterli, EUSIPCO 2007). NaN of one that makes only one item.
    """

    unit = "directions"

    def of(self, tick: Tick, generator: Generator, policy: Any) -> float:
        """Entropy of the spectrum, rounding errors left out."""
        mean, covariance = generator.moments(policy)
        values = np.linalg.eigvalsh(covariance)
        return float(np.exp(entropy(np.where(values > 1e-28 * (1.0 + mean @ mean), values, 0.0))))


class GeneratorShift(_OfGenerators):
    """Distance of the mean topic of what a generator makes from that of the human clicks, over √tr Σ of these; from 0.

    Trained on its own samples a model loses variance and gains as much shift. NaN without human data.
    """

    unit = "human standard deviations"

    def of(self, tick: Tick, generator: Generator, policy: Any) -> float:
        """Length of a difference."""
        mean, covariance = _human(tick)
        spread = np.trace(covariance)
        apart = generator.moments(policy)[0] - mean
        return float(np.sqrt(apart @ apart / spread)) if spread > 0 else float("nan")


class GeneratorKL(_OfGenerators):
    """KL(N(μ_h, Σ_h) ‖ N(μ, Σ)) in nats from the human clicks' topics to those a generator makes, by their moments.

    ½ [tr Σ⁻¹Σ_h − d + (μ − μ_h)′Σ⁻¹(μ − μ_h) + ln det Σ − ln det Σ_h], from 0 upwards. Pitfalls: only two moments
    count, so a mixture is taken for one Gaussian; 1e-9 is added to all variances, since some may have collapsed. NaN
    without human data.
    """

    kind = "generator_kl"
    unit = "nats"

    def of(self, tick: Tick, generator: Generator, policy: Any) -> float:
        """The closed form."""
        mean, human = _human(tick)
        own_mean, own = generator.moments(policy)
        return divergence(mean, human, own_mean, own)


class GeneratorLikelihood(_OfGenerators):
    """Mean log-likelihood that a generator gives the items of the human hold-out, in nats per item; unbounded.

    Higher: it still makes what people chose. The pairs never train anybody, but other people's clicks on the same items
    do. For topics it is a density, so that only differences mean anything; titles have `title_perplexity`. NaN without
    a hold-out.
    """

    platform = True
    unit = "nats per item"

    def of(self, tick: Tick, generator: Generator, policy: Any) -> float:
        """Over the pairs that are held out."""
        items = tick.service.log.held()[1]
        if not len(items):
            return float("nan")
        return float(generator.log_likelihood(policy, tick.service.content(items)).mean())


class MachineTailMass(Metric):
    """Share of the items machines made this tick that lie where people's rarest clicks did; 0 to 1, `chance` = `tail`.

    Far out: Mahalanobis distance from the human clicks' mean above the (1 − tail) quantile of theirs. Tails go first
    when a model collapses (Shumailov et al., Nature 2024: early collapse). NaN when machines made nothing.
    """

    by_default = False
    unit = "share of the machine-made"
    tail: Share = 0.1
    """Share of the human clicks that counts as their tail."""

    def applies(self, tick: Tick) -> bool:
        """Where a generator makes items."""
        return bool(tick.service.section.generators)

    def measure(self, tick: Tick, context: Context) -> dict[str, float]:
        """Against the frozen human data."""
        made = tick.items.topics[tick.items.made_by_ai & (tick.items.born == tick.number)]
        clicks = tick.service.log.clicks
        people = tick.items.topics[clicks.item[clicks.human]]
        if not (len(made) and len(people) and tick.number):
            return {"all": float("nan"), "chance": self.tail}
        mean, covariance = _human(tick)
        border = np.quantile(_distance(people, mean, covariance), 1.0 - self.tail)
        return {"all": float((_distance(made, mean, covariance) > border).mean()), "chance": self.tail}


class GenreEntropy(Metric):
    """Shannon entropy in nats of the genres of the items on offer, by source `human` and `machine`; 0 to ln(genres).

    Items of no genre are left out. Pitfall: with few items it is low by about (genres − 1)/(2 items) (Miller 1955). NaN
    of a source without items.
    """

    by_default = False
    unit = "nats"

    def applies(self, tick: Tick) -> bool:
        """Where items have genres."""
        return bool(tick.items.genre.any())

    def measure(self, tick: Tick, context: Context) -> dict[str, float]:
        """Over living items."""
        genre, machine, alive = tick.items.genre, tick.items.made_by_ai, tick.items.alive & (tick.items.genre >= 0)
        return {
            "all": _entropy(genre[alive]),
            "human": _entropy(genre[alive & ~machine]),
            "machine": _entropy(genre[alive & machine]),
        }


def divergence(mean: Floats, covariance: Floats, own_mean: Floats, own: Floats) -> float:
    """KL in nats from the first normal to the second; NaN where the first has no variance."""
    if not np.trace(covariance) > 0:
        return float("nan")
    floor = JITTER * np.eye(len(mean))  # of both: where neither goes they do not differ
    covariance, own = covariance + floor, own + floor
    inverse, apart = np.linalg.inv(own), own_mean - mean
    volume = np.linalg.slogdet(own)[1] - np.linalg.slogdet(covariance)[1]
    return float(0.5 * (np.trace(inverse @ covariance) - len(mean) + apart @ inverse @ apart + volume))


def _human(tick: Tick) -> tuple[Floats, Floats]:
    """Moments of the topics of the human clicks; of no variance where there are none yet."""

    def moments() -> tuple[Floats, Floats]:
        clicks = tick.service.log.clicks
        counts = np.bincount(clicks.item[clicks.human], minlength=len(tick.items)).astype(np.float64)
        if not counts.any():
            width = tick.items.topics.shape[1]
            return np.zeros(width), np.zeros((width, width))
        return weighted_moments(tick.items.topics, counts)

    return shared(tick, "human topics", moments)


def _distance(points: Floats, mean: Floats, covariance: Floats) -> Floats:
    """(n,) squared Mahalanobis distance."""
    scaled = (points - mean) @ np.linalg.inv(covariance + JITTER * np.eye(len(mean)))
    return np.asarray(np.einsum("nd,nd->n", scaled, points - mean))


def _entropy(genre: Ints) -> float:
    return float(entropy(np.unique(genre, return_counts=True)[1])) if len(genre) else float("nan")
