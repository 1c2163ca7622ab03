"""People go on because it is worth it, or because they cannot stop."""

from __future__ import annotations

import numpy as np

from recsim.base.component import AtLeastOne, NonNegative, Number, Share
from recsim.base.draws import Draws
from recsim.base.flow import Bools, Floats
from recsim.world.choice import ChoiceModel, Offer


class TwoSystems(ChoiceModel):
    """Down the list, item by item: consumed is everything up to the first one that neither of two systems wants.

    System 2 values an item if appeal + noise > outside, with logistic noise of scale `temperature`; System 1 finds it
    moreish, whatever it is worth, with logit P = logit(moreish) + lure · clickbait (Kleinberg, Mullainathan & Raghavan,
    Management Science 2024). With probabilities q and p a session consumes 1/((1 − p)(1 − q)) items on average, which
    all take time: engagement tells p and q apart only by what people gain. What an item gives is its utility, the time
    it takes is what `dissatisfaction.outside` holds against each; those who gain too little quit there. Not together
    with the behaviour `clickbait`, unless baits are to fool both systems. What people meet by themselves comes after
    the list.
    """

    picks: AtLeastOne | None = None
    """Most items that are consumed in a session; null: as many as the list has."""
    moreish: Share = 0.3
    """Probability that an item without clickbait is moreish; larger: longer sessions that are worth less."""
    lure: NonNegative = 1.0
    """Rise of the log-odds of being moreish per unit of clickbait; 0: all items are alike in that."""
    temperature: NonNegative = 1.0
    """Noise in what is valued, in units of appeal; 0: valued is whatever has more appeal than `outside`."""
    outside: Number = 4.0
    """Appeal at which an item is valued half of the time; higher: people are harder to please."""

    def chance(self, offer: Offer, draws: Draws) -> tuple[Floats, Floats]:
        """What is consumed pulls, the first most, so that picks come in the order of reading; −inf for the rest."""
        order = np.argsort(np.where(offer.rank > 0, offer.rank, np.iinfo(np.int32).max), axis=1, kind="stable")
        there = np.take_along_axis(offer.appeal > -np.inf, order, axis=1)
        goes_on = np.take_along_axis(self.valued(offer, draws) | self.hooked(offer, draws), order, axis=1)
        before = np.ones_like(there)  # whether nothing above has ended the session; what is not there ends none
        before[:, 1:] = np.logical_and.accumulate(goes_on | ~there, axis=1)[:, :-1]
        turn = np.where(before & there, np.arange(order.shape[1], 0.0, -1.0), -np.inf)
        pull = np.empty_like(turn)
        np.put_along_axis(pull, order, turn, axis=1)
        return np.where(pull > 0, pull - np.where(pull > 0, offer.appeal, 0.0), -np.inf), np.zeros(len(offer.appeal))

    def valued(self, offer: Offer, draws: Draws) -> Bools:
        """(n, k) what System 2 wants."""
        luck = draws.of("valued").uniform(offer.users, offer.items)
        return np.asarray(offer.appeal + self.temperature * (np.log(luck) - np.log1p(-luck)) > self.outside)

    def hooked(self, offer: Offer, draws: Draws) -> Bools:
        """(n, k) what System 1 cannot leave alone."""
        bait = np.zeros(offer.appeal.shape) if offer.clickbait is None else offer.clickbait
        rise = np.exp(np.clip(self.lure * bait, -300.0, 300.0))
        odds = self.moreish * rise / (1.0 - self.moreish + self.moreish * rise)
        return np.asarray(draws.of("moreish").uniform(offer.users, offer.items) < odds)
