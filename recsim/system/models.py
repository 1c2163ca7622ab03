"""The models of the platform: what each has learned, when it learns, and how it ranks what it never saw."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from recsim.base.draws import Draws
from recsim.base.flow import Floats, Ints, Slate, Training, Works
from recsim.base.kernels.retrieval import hits
from recsim.system.generators import Generator
from recsim.system.lessons import drawn, lesson
from recsim.system.recommenders import Recommender

if TYPE_CHECKING:
    from recsim.system.service import Service

Model = Recommender | Generator


class Models:
    """Policies by the name of their model, and the schedule of learning.

    Args:
        service: whose log they learn from, and whose interventions have a say.
    """

    def __init__(self, service: Service) -> None:
        self.service = service
        self.policies: dict[str, Any] = {}

    def adopt(self) -> None:
        """Forget what models that are no longer there have learned."""
        self.policies = {home: self.policies[home] for home in self.types() if home in self.policies}

    def types(self) -> dict[str, type]:
        """The kinds of policies that the models of the present scenario learn, by the name they are kept under."""
        section = self.service.section
        models: list[Model] = [section.warmup.recommender, section.recommender, *section.generators]
        return {model.home: model.policy for model in models if model.policy is not None}

    def retrain(self) -> None:
        """Fit what is due; at the end of the warm-up the hold-out is cut first, and what was learned before goes."""
        service, section = self.service, self.service.section
        since, every = service.tick - section.warmup.ticks, section.retrain_every
        if since < 0:
            self.fit(section.warmup.recommender)
            return
        if since == 0:
            stream = service.draws.of("service", "holdout")
            keys = service.public.user_keys, service.public.item_keys
            service.log.hold_out(section.holdout, *keys, stream, section.holdout_by)
            self.policies = {}
        if every != "never" and (since == 0 or (every != "once" and since % every == 0)):
            self.fit(section.recommender)
            for generator in section.generators:
                self.fit(generator)

    def fit_newcomers(self) -> None:
        """Fit who has not learned yet but is about to act: a first recommender, or one that came with a change."""
        service, section = self.service, self.service.section
        generators = () if service.warming or section.retrain_every == "never" else section.generators
        models: list[Model] = [service.recommender, *generators]
        for model in models:
            if model.policy is not None and not self.knows(model):
                self.fit(model, newcomer=True)

    def fit(self, model: Model, *, newcomer: bool = False) -> None:
        """Let a model learn from the log; interventions may change what it learns from, and what comes into force.

        A newcomer learns while its first tick is published: its window ends with the tick before.
        """
        service = self.service
        treated = not (newcomer and service.warming)
        never = service.section.retrain_every == "never" and not service.warming
        window = 0 if never else model.window
        consumer = "recommender" if isinstance(model, Recommender) else model.label
        missed = isinstance(model, Recommender) and model.learns_from_non_clicks
        training = service.log.training(window, service.tick - newcomer, consumer, with_missed=missed)
        training = training._replace(tick=service.tick)
        draws = service.draws.of(model.stream, "fit")
        if isinstance(model, Generator):
            training = lesson(model, training, service, never)
        for treatment in service.treatments("on_training") if treated else ():
            training = treatment.on_training(training, service, service.stream(treatment))
        previous = self.policy(model) if self.knows(model) else None
        policy = self._fitted(model, training, previous, draws)
        for treatment in service.treatments("on_policy") if treated and policy is not None else ():
            policy = treatment.on_policy(policy, model, service, service.stream(treatment))
        if policy is not previous:
            self._note(model, training)
        self.policies[model.home] = policy

    def _note(self, model: Model, training: Training) -> None:
        """Remember what the policy in force was learned from, and how often a generator was trained."""
        service = self.service
        if model.policy is not None:
            weights = np.bincount(training.items, training.weights, len(service.items))
            service.items[f"{model.home}.learned"][:] = weights
        if isinstance(model, Generator):
            service.memory[model.home]["fits"] += 1

    def _fitted(self, model: Model, training: Training, previous: Any, draws: Draws) -> Any:
        """The policy that a model learns from a training."""
        if isinstance(model, Recommender):
            return model.fit(training, self.service.public, previous, draws)
        training = drawn(model, training, self.service, draws.of("training", self.service.tick))
        return model.fit(training, self.service.content(training.items), previous, draws)

    def rank(self, model: Recommender, users: Ints, n: int) -> Slate:
        """A recommender's own lists for these users now.

        Raises:
            TypeError: it returned something else than a slate.
            ValueError: its slate has another shape, or items that there are not.
        """
        request = self.service.request(users, n, model)
        slate = model.rank(self.policy(model), request, self.service.stream(model))
        if not isinstance(slate, Slate):
            raise TypeError(f"rank of '{model.label}' returned a {type(slate).__name__}, not a recsim.base.flow.Slate")
        shape, there = (len(users), n), len(request.public.item_keys)
        if slate.items.shape != shape:
            raise ValueError(
                f"rank of '{model.label}' returned items of shape {slate.items.shape}, not (n, k) = {shape}"
            )
        if slate.items.size and not -1 <= slate.items.min() <= slate.items.max() < there:
            raise ValueError(f"rank of '{model.label}' returned items that are not there; items are 0 to {there - 1}")
        return slate

    def found(self, k: int, policy: Any = None) -> tuple[Ints, Floats, Floats]:
        """Living users with a hold-out, recall@k and nDCG@k of each: of the policy in force, or another one."""
        held_users, held_items = self.service.log.held()
        users = np.unique(held_users[self.service.public.user_alive[held_users]]).astype(np.int32)
        lists = self.lists(users, k, policy) if len(users) else None
        if lists is None:
            return np.zeros(0, np.int32), np.zeros(0), np.zeros(0)
        return users, *hits(lists, users, held_users, held_items, len(self.service.items))

    def lists(self, users: Ints, n: int, policy: Any = None) -> Ints | None:
        """(u, n) how the recommender ranks, for these users, what it was not trained on; None before it has learned.

        The candidates are the items there were at the end of the warm-up, without the pairs the model has learned from;
        the draws are the same at every tick. Nothing that is born later, delisted or re-ranked matters. `policy` is
        another one than that in force.
        """
        service, model = self.service, self.service.section.recommender
        if model.policy is not None and policy is None and not self.knows(model):
            return None
        learned = self.policy(model) if policy is None else policy
        public = service.public
        first = np.flatnonzero(public.born <= service.section.warmup.ticks)
        items = first[np.argsort(public.item_keys[first], kind="stable")].astype(np.int32)
        trained = service.log.history(users, len(public.user_keys), len(public.item_keys), trained=True)
        request = service.request(users, n, model)._replace(history=trained, forbidden=trained, items=items)
        return model.rank(learned, request, service.draws.of(model.stream, "lists")).items

    def make(self, generator: Generator, uploads: int) -> Works | None:
        """This tick's items of a generator; None before it has learned anything.

        Args:
            generator: who makes them.
            uploads: items that people have published this tick.
        """
        policy, arrivals = self.policy(generator), generator.arrivals
        if policy is None:
            return None
        count = generator.per_tick if arrivals is None else arrivals.count(generator, self.service, uploads)
        return generator.sample(policy, count, self.service.stream(generator))

    def generation(self, generator: Generator) -> int:
        """How often a generator has been trained so far; 0 before it has learned anything."""
        return int(self.service.memory[generator.home]["fits"])

    def policy(self, model: Model) -> Any:
        """What a model has learned; None if nothing."""
        return self.policies.get(model.home)

    def knows(self, model: Model) -> bool:
        """Whether a model that learns has learned something."""
        policy = self.policy(model)
        learned = model.policy is not None and isinstance(policy, model.policy)
        return learned and (not isinstance(model, Recommender) or model.fits(policy))
