"""A new policy goes live only if it is not worse than the old one on what it never saw."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from recsim.base.component import AtLeastOne, Name, NonNegative
from recsim.base.draws import Draws
from recsim.system.interventions import Consumer, Intervention

if TYPE_CHECKING:
    from recsim.system.models import Model
    from recsim.system.service import Service


class Gate(Intervention):
    """Benchmark gate with roll-back: a policy whose score on the frozen human hold-out is below reference − tolerance.

    It does not go live then; the one in force stays, and learning goes on from that. A recommender's score is its nDCG
    or recall at k of the hold-out, a generator's the mean log-likelihood of the hold-out's items. Nothing is rejected
    where there is no hold-out or nothing in force yet. A generator is scored on content as it reads it, without the
    noise of features. Pitfalls: with `previous` every step may be worse by the tolerance, so that small losses add up;
    and a hold-out of the past holds on to the past, where tastes move on.
    """

    tolerance: NonNegative = 0.0
    """How much worse a policy may be and still go live: in shares for a recommender, in nats for a generator (of topics
    or of whole titles: have a gate for each `model`); larger: more passes."""
    reference: Literal["previous", "first", "best"] = "previous"
    """What it must not be worse than: the policy in force, the first one, or the best that went live."""
    measure: Literal["ndcg", "recall"] = "ndcg"
    """What a recommender's lists are scored by."""
    k: AtLeastOne = 10
    """Length of these lists."""
    consumer: Consumer = "all"
    """Whose policies are tested."""
    model: Name | None = None
    """Name of the one model whose policies are tested; null: those of all that `consumer` names."""
    cost: NonNegative = 0.0
    """Price of testing one policy."""
    null = {"tolerance": 1e15}
    memory = {"rejections": np.int64(0)}

    def does(self) -> str:
        """In words."""
        return f"policies more than {self.tolerance:.3g} worse than the {self.reference} on the hold-out do not go live"

    def on_policy(self, policy: Any, model: Model, service: Service, draws: Draws) -> Any:
        """Test, and keep the old one where the new one fails."""
        if self.consumer not in ("all", model.family) or self.model not in (None, model.label):
            return policy
        score = self.score(policy, model, service)
        if np.isnan(score):
            return policy
        service.spend(self.label, self.cost)
        memory, place = service.memory[self.label], model.home
        in_force = service.models.policy(model) if service.models.knows(model) else None
        if in_force is None:
            memory[place] = np.full(2, score)
            return policy
        if place not in memory:  # it starts when a model lives already, which then is the first, and the best so far
            memory[place] = np.full(2, self.score(in_force, model, service))
        if score < self._reference(memory[place], in_force, model, service) - self.tolerance:
            memory["rejections"] += 1
            return in_force
        memory[place][1] = max(memory[place][1], score)
        return policy

    def _reference(self, known: NDArray[Any], in_force: Any, model: Model, service: Service) -> float:
        """The score that is to be reached; `known` are those of the first and of the best."""
        if self.reference == "previous":
            return self.score(in_force, model, service)
        return float(known[0] if self.reference == "first" else known[1])

    def score(self, policy: Any, model: Model, service: Service) -> float:
        """Of a policy on the hold-out; NaN where there is none."""
        if model.family == "generator":
            items = service.log.held()[1]
            found = model.log_likelihood(policy, service.content(items)) if len(items) else np.zeros(0)  # type: ignore[union-attr]
        else:
            found = service.models.found(self.k, policy)[1 + (self.measure == "ndcg")]
        real = found[~np.isnan(found)]
        return float(real.mean()) if len(real) else float("nan")
