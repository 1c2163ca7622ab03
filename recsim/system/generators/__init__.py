"""Models that add items to the catalogue: trained on the log, like the recommender."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np

from recsim.base.component import AtLeastOne, Component, Count, NonNegative, Number, import_all
from recsim.base.draws import Draws
from recsim.base.flow import Floats, Ints, Training, Works
from recsim.system.arrivals import Arrivals


class Generator(Component):
    """Family of the generative models in the loop.

    A policy is what `fit` learned: a NamedTuple of arrays, or None before there is anything to learn from. What it
    learns from: the items of the last `window` ticks, each weighing clicks^engagement, filtered by the interventions,
    then `training_size` of them drawn by weight. The literature's settings: *replace* is a window as long as
    `retrain_every`; *accumulate* is no window; *accumulate and subsample* is no window and a `training_size`
    (Gerstgrasser et al. 2024; Kazdan et al. 2024).
    """

    family = "generator"
    null = {"per_tick": 0, "arrivals": None}
    policy: ClassVar[type | None] = None
    """The NamedTuple that `fit` returns."""
    needs_titles: ClassVar[bool] = False
    """True if it learns from titles, which items then must have."""

    per_tick: Count = 5
    """Items made per tick, from the end of the warm-up."""
    arrivals: Arrivals | None = None
    """How that number changes with time; default: it does not."""
    window: AtLeastOne | None = None
    """Ticks it learns from, counted back from now: of clicks, or of births where clicks do not count; default: all."""
    engagement: NonNegative = 1.0
    """How clicks weigh, ρ: an item counts as its clicks to this power. 1: every click counts; 0: all that is on offer
    counts the same, clicked or not (a scrape of the catalogue); above 1: hits count more than in proportion."""
    training_size: AtLeastOne | None = None
    """Items drawn by weight, with replacement, to learn from; default: all, with their weights. Fewer: more is lost by
    chance at every generation."""
    own_output: bool = True
    """Whether it learns from what the platform's machines made; the platform knows its own, and no others."""
    quality_loss: Number = 0.0
    """Quality lost by copying, in units of utility; negative: machines do better than what they learn from."""

    @property
    def memory(self) -> Mapping[str, Any]:
        """Arrays that the platform remembers of it, with their first values: how often it was trained, and its pace."""
        return {"fits": np.int64(0)} | (dict(self.arrivals.memory) if self.arrivals is not None else {})

    def fit(self, training: Training, content: Works, previous: Any, draws: Draws) -> Any:
        """Learn from interactions and the content of their items, row by row; the policy so far if there is nothing."""
        raise NotImplementedError

    def sample(self, policy: Any, n: int, draws: Draws) -> Works:
        """Make n items."""
        raise NotImplementedError

    def log_likelihood(self, policy: Any, content: Works) -> Floats:
        """(j,) how likely it is to make such items, in nats each (a density's logarithm for what is continuous)."""
        raise NotImplementedError(f"'{self.kind}' does not say how likely items are")

    def perplexity(self, policy: Any, content: Works, floor: float) -> float:
        """Between how many equally likely words it is torn where these titles go on; of models that need titles."""
        raise NotImplementedError(f"'{self.kind}' does not write")

    def moments(self, policy: Any) -> tuple[Floats, Floats]:
        """Mean (d,) and covariance (d, d) of the topics it makes."""
        raise NotImplementedError(f"'{self.kind}' does not say where its items lie")

    def worth(self, policy: Floats, n: int, draws: Draws) -> tuple[Floats, Floats]:
        """Quality and clickbait (n,) of new items: normal with the `Traits` it has learned, less what copying loses."""
        noise = (draws.of(name).normal(np.arange(n)) for name in ("quality", "clickbait"))
        quality, clickbait = (mean + spread * shock for (mean, spread), shock in zip(policy, noise, strict=True))
        return quality - self.quality_loss, clickbait


def traits(training: Training, content: Works) -> Floats:
    """(2, 2) mean and standard deviation of quality and of clickbait, weighted as the training rows are."""
    share = training.weights / training.weights.sum()
    rows = []
    for values in (content.quality, content.clickbait):
        mean = share @ values
        rows.append((mean, np.sqrt(share @ (values - mean) ** 2)))
    return np.array(rows)


def anonymous(topics: Floats, quality: Floats, clickbait: Floats | None = None, genre: Ints | None = None) -> Works:
    """Items without a title that were made after no other item in particular."""
    nobody = np.full(len(topics), -1, np.int32)
    clickbait = np.zeros(len(topics)) if clickbait is None else clickbait
    return Works(
        topics, quality, clickbait, nobody if genre is None else genre, np.zeros((len(topics), 0), np.int32), nobody
    )


import_all(__name__, __path__)
