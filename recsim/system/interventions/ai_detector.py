"""A machine that tells machines from people, and errs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

import numpy as np
from pydantic import Field
from scipy.special import expit, logit, ndtr, ndtri

from recsim.base.component import Name, NonNegative, Share
from recsim.base.draws import Draws
from recsim.base.flow import Catalogue, Floats, Instrument, Ints, Training
from recsim.base.table import Column
from recsim.system.interventions import Consumer, Intervention, feeds
from recsim.system.lessons import kept

if TYPE_CHECKING:
    from recsim.system.service import Service


class AIDetector(Intervention):
    """Reads a score z off every item, N(0, 1) for people's work and N(d′, 1) for machines', and accuses where z > θ.

    θ = Φ⁻¹(1 − false alarm) and d′ = Φ⁻¹(sensitivity) + θ; AUC = Φ(d′/√2). An item is looked at once. Where the accused
    are deleted the odds of machines in the data fall by (1 − sensitivity)/(1 − false alarm), and what people see stays
    as it is within the tick; delisting changes that at once. Sources: Drayson, Yilmaz & Lampos (EMNLP 2025) weigh
    instead of deleting; OpenAI's classifier of 2023 had 0.26 and 0.09 (odds by 0.81: next to nothing); seven detectors
    accused 61 % of essays of non-native writers (Liang et al., Patterns 2023): that is what `group` is for.
    """

    sensitivity: Share = 0.8
    """Share of the items made by machines that it accuses; 1: its score tells them apart for certain (d′ is infinite),
    whatever the false alarms."""
    false_alarm: Share = 0.1
    """Share of people's items, outside the group, that it accuses."""
    d_prime: NonNegative | None = None
    """d′, in standard deviations: how far apart the two sorts lie; if it is given, the sensitivity follows from it and
    from the false alarms."""
    group: Name | None = None
    """Name of the group of items, one of `items.groups`, against which it is biased."""
    group_bias: NonNegative = 0.0
    """Standard deviations by which items of that group look more like machines' than they are."""
    action: Literal["delete", "downweight", "delist", "flag"] = "delete"
    """What becomes of it: the accused are deleted from what models learn from; or every item weighs as likely as people
    made it; or the accused are taken off the list for good; or nothing, unless people review them (`flagged_by`)."""
    prior: Annotated[float, Field(ge=0, lt=1)] = 0.5
    """Share of machines that `downweight` presumes: a weight is P(people | z) / (1 − prior); 0: all weights stay."""
    consumer: Consumer = "generator"
    """Whose data is treated, where it deletes or weighs."""
    looks_at: Literal["all", "new"] = "all"
    """Which items: all that there are, or those that are born while it is in force."""
    cost: NonNegative = 0.0
    """Price of one look."""
    null = {"sensitivity": 0.0, "false_alarm": 0.0}
    item_columns = {"score": Column(np.float64, np.nan), "accused": Column(np.bool_)}

    def does(self) -> str:
        """In words."""
        fate = {"delete": "deleted from training data", "delist": "taken off the list", "flag": "marked"}
        rates = f"finds {self.found:.3g} of machines' items, accuses {self.false_alarm:.3g} of people's"
        return f"a detector {rates}: {fate.get(self.action, 'all weighed by how likely people made them')}"

    @property
    def found(self) -> float:
        """The sensitivity in force."""
        return self.sensitivity if self.d_prime is None else float(ndtr(self.d_prime + ndtri(self.false_alarm)))

    def on_items(self, catalogue: Catalogue, service: Service, draws: Draws) -> Catalogue:
        """Look at what it has not seen; delist the accused."""
        if self.due(service):
            since = self.begins(service) if self.looks_at == "new" else None
            new = self._look(service, 0 if since is None else since)
            if self.action == "delist":
                service.items.listed[new[service.items[f"{self.label}.accused"][new]]] = False
        return catalogue

    def on_training(self, training: Training, service: Service, draws: Draws) -> Training:
        """Delete or weigh."""
        if self.action not in ("delete", "downweight") or not feeds(training, self.consumer):
            return training
        if self.looks_at == "all":
            self._look(service)  # the fit at the end of the warm-up comes before its first tick
        if self.action == "downweight":
            return training._replace(weights=training.weights * self.weights(self._score(service)[training.items]))
        accused, missed = service.items[f"{self.label}.accused"], training.unclicked
        apart = ~accused[missed.items]
        missed = missed._replace(**{name: array[apart] for name, array in missed._asdict().items()})
        return kept(training, ~accused[training.items])._replace(unclicked=missed)

    def weights(self, score: Floats) -> Floats:
        """(j,) P(people | z) / (1 − prior) for scores z − θ; 1 for an item that nobody has looked at, which is NaN."""
        hit, alarm = ndtri(self.found), ndtri(self.false_alarm)
        if self.found == self.false_alarm or not self.prior:
            return np.ones(len(score))
        with np.errstate(invalid="ignore"):
            evidence = (hit - alarm) * (score - (hit + alarm) / 2.0)  # log of P(z | machines) / P(z | people)
        evidence = np.where(np.isinf(score), score, evidence)  # an instrument that cannot be wrong
        return np.where(np.isnan(score), 1.0, expit(-evidence - logit(self.prior)) / (1.0 - self.prior))

    def _look(self, service: Service, since: int = 0) -> Ints:
        """Pay for a look at living items, born in this tick or later, that it has not seen; returns them."""
        unseen = np.isnan(self._score(service)) & service.public.alive & (service.public.born >= since)
        items = np.flatnonzero(unseen).astype(np.int32)
        rates = (self.found, self.false_alarm, self.cost, self.group, self.group_bias)
        found = service.inspect(items, Instrument(self.label, "made_by_ai", *rates))
        self._score(service)[items] = found.score
        service.items[f"{self.label}.accused"][items] = found.reading
        return items

    def _score(self, service: Service) -> Floats:
        """(i,) z − θ of every item, NaN of those not looked at."""
        scores: Floats = service.items[f"{self.label}.score"]
        return scores
