"""The smallest generative model: one Gaussian over topics, refitted on what was clicked."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from recsim.base.component import NonNegative, Number
from recsim.base.draws import Draws
from recsim.base.flow import Floats, Training, Works
from recsim.system.generators import Generator


class Moments(NamedTuple):
    """What `gaussian` knows."""

    mean: Floats
    """(d,) mean topic of the clicks."""
    root: Floats
    """(d, d) R with R R′ their covariance."""
    quality: Floats
    """(2,) mean and standard deviation of their quality."""


class Gaussian(Generator):
    """Topics ~ N(μ, temperature · Σ) with μ, Σ the moments of the clicked items, weighted by clicks (ddof = 0).

    The model of Shumailov et al. (Nature 2024): refitted on its own samples its variance shrinks by 1 − 1/n in
    expectation per generation. Quality is normal as well, less what copying loses.
    """

    policy = Moments
    temperature: NonNegative = 1.0
    """Factor on the covariance when sampling; below 1: safer, more alike."""
    quality_loss: Number = 0.0
    """Quality lost by copying, in units of utility; negative: machines do better than what they learn from."""

    def fit(self, training: Training, content: Works, previous: Moments | None, draws: Draws) -> Moments | None:
        """Weighted moments of the clicks."""
        total = training.weights.sum()
        if not total > 0:
            return previous
        share = training.weights / total
        mean = share @ content.topics
        apart = content.topics - mean
        covariance = (apart * share[:, None]).T @ apart  # (d, d)
        values, vectors = np.linalg.eigh(covariance)
        root = vectors * np.sqrt(np.maximum(values, 0.0))
        quality = share @ content.quality
        return Moments(mean, root, np.array([quality, np.sqrt(share @ (content.quality - quality) ** 2)]))

    def sample(self, policy: Moments, n: int, draws: Draws) -> Works:
        """The j-th item comes from the j-th draws of this tick."""
        noise = draws.normal(np.arange(n), np.arange(len(policy.mean)))
        topics = policy.mean + np.sqrt(self.temperature) * np.einsum("ne,de->nd", noise, policy.root)
        quality = policy.quality[0] - self.quality_loss + policy.quality[1] * draws.of("quality").normal(np.arange(n))
        return Works(topics, quality)
