"""The smallest generative model: one Gaussian over topics, refitted on what was clicked."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from recsim.base.component import NonNegative
from recsim.base.draws import Draws
from recsim.base.flow import Floats, Training, Works
from recsim.base.kernels.gaussians import log_density, root, weighted_moments
from recsim.system.generators import Generator, anonymous, traits


class Moments(NamedTuple):
    """What `gaussian` knows."""

    mean: Floats
    """(d,) mean topic of what it learned from."""
    root: Floats
    """(d, d) R with R R′ their covariance."""
    traits: Floats
    """(2, 2) mean and standard deviation of quality and of clickbait."""


class Gaussian(Generator):
    """Topics ~ N(μ, temperature · Σ) with μ, Σ the weighted moments of the items it learned from.

    The model of Shumailov et al. (Nature 2024): refitted on M samples of its own its variance shrinks by 1 − 1/M in
    expectation per generation (of an `unbiased` fit the expectation stays, and the median still falls). Quality and
    clickbait are normal as well.
    """

    policy = Moments
    temperature: NonNegative = 1.0
    """Factor on the covariance when sampling; below 1: safer, more alike."""
    noise: NonNegative = 0.0
    """Standard deviation added to every topic that is made, in units of topics; larger: it never collapses entirely."""
    unbiased: bool = False
    """Whether the covariance is divided by n − 1 and not by n, which makes it the likeliest one."""

    def fit(self, training: Training, content: Works, previous: Moments | None, draws: Draws) -> Moments | None:
        """Weighted moments."""
        if not training.weights.sum() > 0:
            return previous
        mean, covariance = weighted_moments(content.topics, training.weights, int(self.unbiased))
        return Moments(mean, root(covariance), traits(training, content))

    def sample(self, policy: Moments, n: int, draws: Draws) -> Works:
        """The j-th item comes from the j-th draws of this tick."""
        shocks = draws.normal(np.arange(n), np.arange(len(policy.mean)))
        topics = policy.mean + np.sqrt(self.temperature) * np.einsum("ne,de->nd", shocks, policy.root)
        if self.noise:
            topics = topics + self.noise * draws.of("noise").normal(np.arange(n), np.arange(len(policy.mean)))
        return anonymous(topics, *self.worth(policy.traits, n, draws))

    def log_likelihood(self, policy: Moments, content: Works) -> Floats:
        """Density of the topics."""
        return log_density(content.topics, *self.moments(policy))

    def moments(self, policy: Moments) -> tuple[Floats, Floats]:
        """Of what it samples."""
        floor = self.noise**2 * np.eye(len(policy.mean))
        return policy.mean, self.temperature * policy.root @ policy.root.T + floor
