"""A generative model that knows genres: how often each was clicked, and where its items lie."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from recsim.base.component import NonNegative, Share
from recsim.base.draws import Draws
from recsim.base.flow import Floats, Ints, Training, Works
from recsim.base.kernels.gaussians import mixture_log_density, mixture_moments
from recsim.system.generators import Generator, anonymous, traits


class Genres(NamedTuple):
    """What `categorical` knows, of the genres it has ever met."""

    names: Ints
    """(g,) their numbers, ascending."""
    shares: Floats
    """(g,) how often each was met, together 1."""
    means: Floats
    """(g, d) mean topic of each."""
    spreads: Floats
    """(g, d) standard deviation of the topics of each, by dimension."""
    traits: Floats
    """(2, 2) mean and standard deviation of quality and of clickbait."""


class Categorical(Generator):
    """Genre ~ the shares it learned, topics ~ N(mean, spread²) of that genre.

    On M samples of its own the shares are a Wright-Fisher process: 1 − E Σp² shrinks by 1 − 1/M per generation, the
    mean of each share stays, and in the end one genre is left (Seddik et al. 2024). A genre that is lost is remembered
    with share 0, so that `smoothing` can bring it back.
    """

    policy = Genres
    temperature: NonNegative = 1.0
    """Exponent 1/temperature of the shares when sampling; below 1: frequent genres more, rare ones less; 0: only the
    most frequent one."""
    smoothing: Share = 0.0
    """Share of the items whose genre is any known one, all equally likely; larger: fewer genres are lost."""

    def fit(self, training: Training, content: Works, previous: Genres | None, draws: Draws) -> Genres | None:
        """Shares and moments by genre; of one that is no longer met the last ones stay."""
        if not training.weights.sum() > 0:
            return previous
        met = training.weights > 0
        genre, topics, weights = content.genre[met], content.topics[met], training.weights[met]
        names = np.unique(genre if previous is None else np.concatenate([previous.names, genre]))
        place = np.searchsorted(names, genre)
        mass = np.bincount(place, weights, len(names))
        met, width = mass > 0, topics.shape[1]
        means, spreads = np.zeros((len(names), width)), np.zeros((len(names), width))
        if previous is not None:
            old = np.searchsorted(names, previous.names)
            means[old], spreads[old] = previous.means, previous.spreads

        def mean(values: Floats) -> Floats:
            sums = [np.bincount(place, weights * values[:, d], len(names)) for d in range(width)]
            return np.asarray(np.stack(sums, axis=1)[met] / mass[met, None])

        means[met] = mean(topics)
        spreads[met] = np.sqrt(mean((topics - means[place]) ** 2))
        return Genres(names, mass / mass.sum(), means, spreads, traits(training, content))

    def sample(self, policy: Genres, n: int, draws: Draws) -> Works:
        """The j-th item comes from the j-th draws of this tick."""
        luck = draws.of("genre").uniform(np.arange(n))
        place = np.searchsorted(self.chances(policy).cumsum()[:-1], luck, side="right")
        shocks = draws.normal(np.arange(n), np.arange(policy.means.shape[1]))
        topics = policy.means[place] + policy.spreads[place] * shocks
        return anonymous(topics, *self.worth(policy.traits, n, draws), policy.names[place].astype(np.int32))

    def chances(self, policy: Genres) -> Floats:
        """(g,) how likely it makes each genre."""
        if self.temperature == 0:
            sharp = (policy.shares == policy.shares.max()).astype(np.float64)
        else:
            sharp = (policy.shares / policy.shares.max()) ** (1.0 / self.temperature)
        return np.asarray((1.0 - self.smoothing) * sharp / sharp.sum() + self.smoothing / len(sharp))

    def log_likelihood(self, policy: Genres, content: Works) -> Floats:
        """Of the topics, whatever the genre is called."""
        return mixture_log_density(content.topics, *self._mixture(policy))[0]

    def moments(self, policy: Genres) -> tuple[Floats, Floats]:
        """Within genres plus between them."""
        return mixture_moments(*self._mixture(policy))

    def _mixture(self, policy: Genres) -> tuple[Floats, Floats, Floats]:
        spreads = np.einsum("gd,de->gde", policy.spreads**2, np.eye(policy.means.shape[1]))
        return self.chances(policy), policy.means, spreads
