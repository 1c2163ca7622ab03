"""Creators narrow down to what is clicked of the many things they do, or widen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

from recsim.base.component import AtLeastOne, Share
from recsim.base.draws import Draws
from recsim.base.flow import Signals
from recsim.world.dynamics import Dynamics, sums, told

if TYPE_CHECKING:
    from recsim.world.world import World


class Specialise(Dynamics):
    """A creator's items scatter as widely as what was clicked of them: specialists are made by a narrow audience.

    s² ← (1 − rate) · s² + rate · V with V = Σ p |v − Σ p v|²/d/(1 − Σ p²) the variance per coordinate of their recent
    items, each weighed by its share p of the clicks on them: the step of an estimation of distribution (Mühlenbein &
    Paaß, PPSN 1996). Where people choose the nearest with a noise of variance τ², s² rests at the variance of the
    tastes of those who come, less τ²; where that is below 0 the creator ends with one thing only. (In Jagadeesan, Garg
    & Steinhardt, NeurIPS 2023, creators specialise by best response to tastes that they know.) It needs two clicked
    items. `follow_the_audience` moves the middle, this the width.
    """

    about = "creators"
    rate: Share = 0.05
    """Share of the way to the width of what was clicked per tick; larger: quicker to specialise; 0: never."""
    recent: AtLeastOne = 10
    """Age in ticks up to which an item's clicks are looked at; larger: more items, less noise."""
    counts: Literal["clicks", "views"] = "clicks"
    """What they go by: what people click, or what the platform shows."""
    null = {"rate": 0.0}

    def step(self, world: World, signals: Signals, draws: Draws) -> None:
        """By last tick's counts."""
        own, n = world.creators, len(world.creators)
        items, makers, counts = told(world, getattr(signals, self.counts), self.recent)
        total = sums(makers, counts, n)
        share = counts / np.where(total > 0, total, 1.0)[makers]
        topics = world.items.topics[items]
        apart = topics - sums(makers, share[:, None] * topics, n)[makers]
        among = 1.0 - sums(makers, share**2, n)  # 0: all clicks are on one item
        wide = sums(makers, share * np.einsum("jd,jd->j", apart, apart), n) / topics.shape[1]
        moves = own.alive & (total > 0) & (among > 1e-9)
        variance = (1.0 - self.rate) * own.spread[moves] ** 2 + self.rate * wide[moves] / among[moves]
        own.spread[moves] = np.sqrt(variance)
