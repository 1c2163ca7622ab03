"""People read a list from the top and stop where they find something."""

from __future__ import annotations

import numpy as np

from recsim.base.component import NonNegative, Number, Share
from recsim.base.draws import Draws
from recsim.base.flow import Bools, Floats
from recsim.world.choice import ChoiceModel, Offer


class Cascade(ChoiceModel):
    """Down the list: like an item with probability 1/(1 + exp(−(appeal − outside)/temperature)), click it and stop.

    Otherwise go on to the next with probability `patience`: P(click at k) = l_k · Π_{j<k} (1 − l_j) · patience^(k−1),
    the cascade of Craswell, Zoeter, Taylor & Ramsey (WSDM 2008), there with patience 1. With several picks people read
    on after a click, a variant of the dependent click model (Guo, Liu & Wang, WSDM 2009). What they meet by themselves
    comes after the list. A click depends on the items above it, so that weighing it by its rank alone undoes no bias.
    """

    temperature: NonNegative = 1.0
    """Noise in liking, in units of appeal; 0: liked is whatever has more appeal than `outside`."""
    outside: Number = 4.0
    """Appeal at which an item is liked half of the time; higher: fewer clicks."""
    patience: Share = 0.9
    """Probability of going on to the next item; larger: people read further down. 0: only the first is read."""

    def chance(self, offer: Offer, draws: Draws) -> tuple[Floats, Floats]:
        """What is read and liked pulls, the first most: picks come in the order of reading; −inf for the rest."""
        luck = draws.uniform(offer.users, offer.items)
        noise = self.temperature * (np.log(luck) - np.log1p(-luck))
        goes_on = draws.of("patience").uniform(offer.users, offer.items) < self.patience
        order = np.argsort(np.where(offer.rank > 0, offer.rank, np.iinfo(np.int32).max), axis=1, kind="stable")
        there, liked, further = (
            np.take_along_axis(cells, order, axis=1)
            for cells in (offer.appeal > -np.inf, offer.appeal + noise > self.outside, goes_on)
        )
        reached = np.empty_like(there)
        np.put_along_axis(reached, order, self._reached(there, liked, further), axis=1)
        wanted = reached & (offer.appeal + noise > self.outside)
        turn = np.empty(order.shape)
        np.put_along_axis(turn, order, np.arange(order.shape[1], 0.0, -1.0)[None].repeat(len(order), axis=0), axis=1)
        return np.where(wanted, self.outside + turn - offer.appeal, -np.inf), np.full(len(offer.appeal), self.outside)

    def _reached(self, there: Bools, liked: Bools, further: Bools) -> Bools:
        """(n, k) which items are looked at, in the order of reading; what is not there costs no patience."""
        patient = np.logical_and.accumulate(further | ~there, axis=1)
        found = np.cumsum(there & liked, axis=1)
        before = np.zeros_like(there)
        most = there.shape[1] if self.picks is None else self.picks
        before[:, :1] = True
        before[:, 1:] = patient[:, :-1] & (found[:, :-1] < most)
        return np.asarray(before & there)
