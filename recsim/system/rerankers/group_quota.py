"""A share of every list for one group of items."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

import numpy as np

from recsim.base.component import Name, Share
from recsim.base.draws import Draws
from recsim.base.flow import Slate
from recsim.system.rerankers import Reranker

if TYPE_CHECKING:
    from recsim.system.service import Service


class GroupQuota(Reranker):
    """Ranked group fairness: of the first t slots of every slate at least ⌊share · t⌋ hold items of the group.

    Greedy, as FA*IR (Zehlike et al., CIKM 2017), with the exact minimum of Geyik, Ambler & Kenthapadi (KDD 2019) in
    place of FA*IR's statistical test: each slot takes the list's best item, or the group's best where the minimum asks
    for it. Within the group and without it the order stays. Pitfall: it can only raise what is among the candidates, so
    where the group is rare there give `system.candidates` a larger number.
    """

    group: Name
    """Name of the group, one of `items.groups`."""
    share: Share = 0.3
    """Smallest share of every slate, counted from its top; larger: more slots for the group, which may have more."""
    null = {"share": 0.0}

    @classmethod
    def example(cls) -> Self:
        """Half of every slate."""
        return cls(group="niche", share=0.5)

    def does(self) -> str:
        """In words."""
        return f"at least {self.share:.3g} of every slate are items of the group '{self.group}'"

    def on_candidates(self, slate: Slate, service: Service, draws: Draws) -> Slate:
        """Reorder each list; its end beyond the slate keeps its order."""
        n, c = slate.items.shape
        slots, public = min(c, service.slate_size), service.public
        number = public.group_names.index(self.group)
        mine = (slate.items >= 0) & (public.groups[slate.items] == number)  # (n, c)
        left, rows, have = np.ones((n, c), np.bool_), np.arange(n), np.zeros(n, np.int64)
        order = np.empty((n, c), np.int64)
        for slot in range(slots):
            least = np.floor(self.share * (slot + 1) + 1e-9)  # 0.29 · 100 is a little less than 29
            needed = (have < least) & (left & mine).any(axis=1)
            chosen = np.where(needed[:, None], left & mine, left).argmax(axis=1)
            order[:, slot] = chosen
            left[rows, chosen] = False
            have += mine[rows, chosen]
        order[:, slots:] = np.argsort(~left, axis=1, kind="stable")[:, : c - slots]
        return slate.take(order)
