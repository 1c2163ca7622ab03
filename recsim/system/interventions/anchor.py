"""Data that people are known to have made, mixed into what models learn from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

from recsim.base.component import AtLeastOne, Count, NonNegative, Share
from recsim.base.draws import Draws
from recsim.base.flow import Bools, Catalogue, Instrument, Ints, Training
from recsim.base.table import Column
from recsim.system.interventions import Consumer, Intervention, feeds
from recsim.system.lessons import rows_of, with_rows

if TYPE_CHECKING:
    from recsim.system.service import Service

_UNKNOWN, _HUMAN, _REJECTED = 0, 1, 2


class Anchor(Intervention):
    """Verified human data are a share α of the weight that a model learns from; everything else is 1 − α of it.

    A Gaussian of M samples then keeps a variance above 0 for ever: with fresh data 1 − 1/(Mα(2 − α) + 1 − α) of it;
    with a fixed anchor less, since its own sampling error stays (Alemohammad et al., ICLR 2024; Bertrand et al., ICLR
    2024). Too large an α is as bad as too small a sample (He, Xu & Cheng, "Golden Ratio Weighting", 2025). It goes
    behind filters in the list of interventions if they are not to touch it.
    """

    share: Share = 0.1
    """α: share of the training weight; larger: more of what people made; 1: nothing else."""
    refresh: Literal["fixed", "fresh"] = "fixed"
    """Where it comes from: `fixed`, the human data, known to be so since it is older than the loop, without the pairs
    that are held out; `fresh`, the newest items that were verified, which costs."""
    size: AtLeastOne = 200
    """Rows of the anchor at most: interactions of the human data (the same ones every time), or verified items (for the
    recommender: the newest interactions with such)."""
    consumer: Consumer = "generator"
    """Whose data it is mixed into."""
    budget: Count = 50
    """Items verified each time it acts, the newest first; for `fresh`. The platform's own machines' are left out."""
    sensitivity: Share = 1.0
    """Share of machines' items that verification recognises."""
    false_alarm: Share = 0.0
    """Share of people's items that verification rejects."""
    cost: NonNegative = 1.0
    """Price of verifying one item."""
    null = {"share": 0.0}
    item_columns = {"verified": Column(np.int8, _UNKNOWN)}

    def does(self) -> str:
        """In words."""
        what = "of the human data" if self.refresh == "fixed" else "newly verified"
        return f"{self.share:.3g} of the training weight is {what}, {self.size} rows at most"

    def on_items(self, catalogue: Catalogue, service: Service, draws: Draws) -> Catalogue:
        """Verify some of the newest."""
        if self.due(service):
            self._verify(service)
        return catalogue

    def on_training(self, training: Training, service: Service, draws: Draws) -> Training:
        """Append the anchor."""
        if not self.share or not feeds(training, self.consumer):
            return training
        if not service.items[f"{self.label}.verified"].any():
            self._verify(service)  # the fit at the end of the warm-up comes before its first tick
        is_recommender = training.consumer == "recommender"
        users, items = self._human(service) if self.refresh == "fixed" else self._fresh(service, is_recommender)
        n, total = len(items), float(training.weights.sum())
        if not n:
            return training
        total = total if total > 0 else float(n)
        rows = rows_of(items, self.share * total / n, training)
        lighter = training._replace(weights=training.weights * (1.0 - self.share))
        return with_rows(lighter, rows._replace(users=users) if is_recommender else rows)

    def _human(self, service: Service) -> tuple[Ints, Ints]:
        """Users and items (n,) of the human data; which of it is drawn once and for all."""
        log, public = service.log.clicks, service.public
        rows = np.flatnonzero(log.human & ~log.held)
        fixed = service.draws.of(self.stream, "anchor")
        luck = fixed.uniform(fixed.keys(public.user_keys[log.user[rows]]) ^ public.item_keys[log.item[rows]])
        rows = rows[np.sort(np.argsort(luck, kind="stable")[: self.size])]
        return log.user[rows], log.item[rows]

    def _fresh(self, service: Service, is_recommender: bool) -> tuple[Ints, Ints]:
        """Users and items (n,): newest interactions with verified items, or the newest such items of no user."""
        human = service.items[f"{self.label}.verified"] == _HUMAN
        if is_recommender:
            log, public = service.log.clicks, service.public
            rows = np.flatnonzero(human[log.item] & ~log.held)
            keys = public.item_keys[log.item[rows]], public.user_keys[log.user[rows]]
            rows = rows[np.sort(np.lexsort((*keys, -log.tick[rows]))[: self.size])]
            return log.user[rows], log.item[rows]
        items = _newest(human, service)[: self.size]
        return np.full(len(items), -1, np.int32), items

    def _verify(self, service: Service) -> None:
        """Pay for a look at the newest items that nobody has verified."""
        if self.refresh == "fixed":
            return
        verified = service.items[f"{self.label}.verified"]
        unknown = (verified == _UNKNOWN) & service.public.alive & ~service.items.own
        items = _newest(unknown, service)[: self.budget]
        instrument = Instrument(self.label, "made_by_ai", self.sensitivity, self.false_alarm, self.cost)
        accused = service.inspect(items, instrument).reading
        verified[items] = np.where(accused, _REJECTED, _HUMAN)


def _newest(those: Bools, service: Service) -> Ints:
    """The items marked in (i,), the youngest first."""
    public, items = service.public, np.flatnonzero(those)
    return items[np.lexsort((public.item_keys[items], -public.born[items]))].astype(np.int32)
