"""A machine that rewrites what is there: every item it makes has a twin."""

from __future__ import annotations

from typing import Annotated, NamedTuple

import numpy as np
from pydantic import Field

from recsim.base.component import NonNegative, Number
from recsim.base.draws import Draws
from recsim.base.flow import Floats, Ints, Training, Works
from recsim.base.kernels.gaussians import JITTER, kernel_log_density
from recsim.system.generators import Generator


class Originals(NamedTuple):
    """What `rewrite` knows: items to rewrite."""

    items: Ints
    """(m,) their numbers."""
    topics: Floats
    """(m, d) their topics."""
    worth: Floats
    """(m, 2) their quality and clickbait."""
    genre: Ints
    """(m,) their genres."""
    tokens: Ints
    """(m, w) their titles."""
    shares: Floats
    """(m,) how likely each is to be rewritten."""


class Rewrite(Generator):
    """Each item is a rewrite of one that it learned from, drawn by weight: topics + spread · N(0, I), the rest alike.

    With spread 0, no loss and no added clickbait an item and its rewrite are twins: whatever treats them differently is
    a bias for or against the source (Dai et al., KDD 2024; Zhou et al., SIGIR 2025). See the metric `twin_gap`. At most
    `memory_size` originals are kept, those with the largest weights first.
    """

    policy = Originals
    spread: NonNegative = 0.0
    """Standard deviation of a rewrite around its original, in units of topics; 0: twins."""
    clickbait_gain: Number = 0.0
    """Clickbait that a rewrite adds, in units of utility."""
    memory_size: Annotated[int, Field(ge=1, le=1_000_000)] = 4096
    """Most originals that are kept."""

    def fit(self, training: Training, content: Works, previous: Originals | None, draws: Draws) -> Originals | None:
        """Sum the weights of each item."""
        if not training.weights.sum() > 0:
            return previous
        items, first, which = np.unique(training.items, return_index=True, return_inverse=True)
        order = np.lexsort((first, *content.topics[first].T))  # copies as the rows come: numbers mean nothing
        items, first, mass = items[order], first[order], np.bincount(which, training.weights)[order]
        kept = np.sort(np.argsort(-mass, kind="stable")[: self.memory_size])
        kept = kept[mass[kept] > 0]
        row = first[kept]
        worth = np.stack([content.quality[row], content.clickbait[row]], axis=1)
        shares = mass[kept] / mass[kept].sum()
        return Originals(items[kept], content.topics[row], worth, content.genre[row], content.tokens[row], shares)

    def sample(self, policy: Originals, n: int, draws: Draws) -> Works:
        """The j-th item comes from the j-th draws of this tick."""
        luck = draws.of("original").uniform(np.arange(n))
        row = np.searchsorted(policy.shares.cumsum()[:-1], luck, side="right")
        topics = policy.topics[row]
        if self.spread:
            topics = topics + self.spread * draws.normal(np.arange(n), np.arange(topics.shape[1]))
        quality, clickbait = policy.worth[row, 0] - self.quality_loss, policy.worth[row, 1] + self.clickbait_gain
        parents = policy.items[row].astype(np.int32)
        return Works(topics, quality, clickbait, policy.genre[row], policy.tokens[row], parents)

    def log_likelihood(self, policy: Originals, content: Works) -> Floats:
        """A kernel density around the originals; its variance is that of a rewrite, or Scott's (1992) if larger."""
        (_, covariance), d = self.moments(policy), policy.topics.shape[1]
        effective = 1.0 / (policy.shares @ policy.shares)
        scott = np.trace(covariance) / d * effective ** (-2.0 / (d + 4))
        return kernel_log_density(content.topics, policy.shares, policy.topics, max(self.spread**2, scott, JITTER))

    def moments(self, policy: Originals) -> tuple[Floats, Floats]:
        """Of the originals, and the scatter of the rewrites."""
        mean = policy.shares @ policy.topics
        apart = policy.topics - mean
        spread = self.spread**2 * np.eye(len(mean))
        return mean, (apart * policy.shares[:, None]).T @ apart + spread
