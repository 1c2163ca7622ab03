"""A generative model with several kinds of items: a mixture of Gaussians over topics."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from recsim.base.component import AtLeastOne, NonNegative
from recsim.base.draws import Draws
from recsim.base.flow import Floats, Training, Works
from recsim.base.kernels.gaussians import mixture_log_density, mixture_moments, symmetric_root
from recsim.system.generators import Generator, anonymous, traits


class Parts(NamedTuple):
    """What `mixture` knows."""

    shares: Floats
    """(c,) share of each component."""
    means: Floats
    """(c, d) their means."""
    roots: Floats
    """(c, d, d) R = R′ with R R the covariance of each."""
    traits: Floats
    """(2, 2) mean and standard deviation of quality and of clickbait."""


class Mixture(Generator):
    """Topics ~ Σ shares · N(μ_c, temperature · Σ_c), fitted by expectation maximisation (Dempster, Laird & Rubin 1977).

    It can keep several kinds of items apart where one Gaussian paints over the gaps between them; trained on its own
    output it still loses them one after the other (Shumailov et al., Nature 2024). It begins at training items that lie
    apart (k-means++, Arthur & Vassilvitskii 2007), or where it stopped the last time. A component that explains nobody
    keeps its place with share 0.
    """

    policy = Parts
    components: AtLeastOne = 4
    """Number of Gaussians."""
    iterations: AtLeastOne = 20
    """Steps of expectation maximisation at each training."""
    temperature: NonNegative = 1.0
    """Factor on the covariances when sampling; below 1: closer to the centres."""
    floor: NonNegative = 1e-3
    """Smallest variance of a component in any direction, in units of topics squared; it keeps one from closing in on a
    single item."""

    def fit(self, training: Training, content: Works, previous: Parts | None, draws: Draws) -> Parts | None:
        """Some steps of EM from the last parts, or from far-apart items."""
        if not training.weights.sum() > 0:
            return previous
        points, weight = content.topics, training.weights / training.weights.sum()
        if previous is None:
            means = self._apart(points, weight, draws)
            spread = np.einsum("n,nd->d", weight, (points - weight @ points) ** 2)
            shares, covariances = np.full(len(means), 1.0 / len(means)), np.tile(np.diag(spread), (len(means), 1, 1))
        else:
            shares, means = previous.shares, previous.means
            covariances = np.einsum("cde,cfe->cdf", previous.roots, previous.roots)
        covariances = covariances + self.floor * np.eye(points.shape[1])
        for _ in range(self.iterations):
            total, parts = mixture_log_density(points, shares, means, covariances)
            belongs = np.exp(parts - total[:, None]) * weight[:, None]  # (n, c)
            shares, means, covariances = self._moved(points, belongs, means, covariances)
        roots = np.stack([symmetric_root(one) for one in covariances])
        return Parts(shares, means, roots, traits(training, content))

    def sample(self, policy: Parts, n: int, draws: Draws) -> Works:
        """The j-th item comes from the j-th draws of this tick."""
        luck = draws.of("component").uniform(np.arange(n))
        part = np.searchsorted(policy.shares.cumsum()[:-1], luck, side="right")  # (n,)
        shocks = draws.normal(np.arange(n), np.arange(policy.means.shape[1]))
        topics = policy.means[part] + np.sqrt(self.temperature) * np.einsum("ne,nde->nd", shocks, policy.roots[part])
        return anonymous(topics, *self.worth(policy.traits, n, draws))

    def log_likelihood(self, policy: Parts, content: Works) -> Floats:
        """Density of the topics."""
        return mixture_log_density(content.topics, policy.shares, policy.means, self._covariances(policy))[0]

    def moments(self, policy: Parts) -> tuple[Floats, Floats]:
        """Within components plus between them."""
        return mixture_moments(policy.shares, policy.means, self._covariances(policy))

    def _covariances(self, policy: Parts) -> Floats:
        """(c, d, d) of what it samples."""
        return np.asarray(self.temperature * np.einsum("cde,cfe->cdf", policy.roots, policy.roots))

    def _moved(self, points: Floats, belongs: Floats, means: Floats, before: Floats) -> tuple[Floats, Floats, Floats]:
        """Shares, means and covariances by who belongs where (n, c); one that nobody belongs to stays."""
        shares = belongs.sum(axis=0)
        means, covariances = means.copy(), before.copy()
        for c in np.flatnonzero(shares > 1e-12):
            share = belongs[:, c] / shares[c]
            means[c] = share @ points
            apart = points - means[c]
            covariances[c] = (apart * share[:, None]).T @ apart + self.floor * np.eye(points.shape[1])
        return shares / shares.sum(), means, covariances

    def _apart(self, points: Floats, weight: Floats, draws: Draws) -> Floats:
        """(c, d) items drawn by weight times the squared distance to those drawn before."""
        order = np.lexsort(points.T)  # how rows are numbered means nothing
        points, weight = points[order], weight[order]
        chosen, luck = [], draws.of("start").uniform(np.arange(self.components))
        nearest = np.ones(len(points))
        for number in range(self.components):
            mass = (weight * nearest).cumsum()
            if not mass[-1] > 0:
                break
            chosen.append(points[min(np.searchsorted(mass, luck[number] * mass[-1], side="right"), len(points) - 1)])
            distance = np.stack([np.einsum("nd,nd->n", points - one, points - one) for one in chosen])
            nearest = distance.min(axis=0)
        return np.stack(chosen)
