"""The platform at work: it exposes, collects and retrains; policies, memory, costs and alarms live here."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from recsim.base.component import Component
from recsim.base.draws import Draws
from recsim.base.flow import (
    Bools,
    Catalogue,
    Feedback,
    History,
    Inspection,
    Instrument,
    Introductions,
    Ints,
    Public,
    Request,
    Rows,
    Signals,
    Slate,
    Truth,
    Works,
)
from recsim.base.kernels.sampling import distinct, free
from recsim.base.table import Column, Table
from recsim.system.interventions import Intervention
from recsim.system.log import Log
from recsim.system.models import Models
from recsim.system.recommenders import Recommender
from recsim.system.sections import MOST_CELLS, System

_SEEN = {"views": Column(np.int64), "clicks": Column(np.int64)}
_ITEMS = _SEEN | {
    "views_now": Column(np.int64),
    "clicks_now": Column(np.int64),
    "views_past": Column(np.int32, width="recent"),
    "clicks_past": Column(np.int32, width="recent"),
    "listed": Column(np.bool_, True),
    "hidden": Column(np.bool_),
    "asked": Column(np.int64),
    "stated": Column(np.float64),
    "own": Column(np.bool_),
}
"""`listed` is for good, `hidden` for this tick; `stated` is the sum of what was said when `asked`; `own`: one of the
platform's generators made it; `…_past` hold the counts of tick t in column t modulo their width."""


class Service:
    """What the platform sees, believes and does.

    Args:
        section: the scenario's section `system`.
        interventions: its section `interventions`.
        draws: the run's root of random numbers.
        inspect: asks the world for a paid look at items.
        content: asks the world for the content of items.
    """

    tick = 0
    public: Public
    _truth: Truth

    def __init__(
        self,
        section: System,
        interventions: tuple[Intervention, ...],
        draws: Draws,
        inspect: Callable[[Ints, Instrument], Inspection],
        content: Callable[[Ints], Works],
    ) -> None:
        self.draws, self._inspect, self.content = draws, inspect, content
        self.users = Table({})
        self.items = Table({})
        self.log = Log(section.keep_exposures)
        self.models = Models(self)
        self.memory: dict[str, dict[str, NDArray[Any]]] = {}
        self.ledger: dict[str, float] = {}
        self.spent: dict[str, float] = {}
        self.alarms: dict[str, int] = {}
        self.adopt(section, interventions)

    def adopt(self, section: System, interventions: tuple[Intervention, ...]) -> None:
        """Work by these sections from now on; new columns and memory appear with their defaults, idle ones go."""
        self.section, self.interventions = section, interventions
        self.models.adopt()
        self.log.keep_exposures = section.keep_exposures
        treatments = (*section.rerankers, *interventions)
        users = {f"{one.label}.{name}": column for one in treatments for name, column in one.user_columns.items()}
        items = {f"{one.label}.{name}": column for one in treatments for name, column in one.item_columns.items()}
        of_items = {name: column.sized(section, 0) for name, column in _ITEMS.items()}
        of_items |= {f"{home}.learned": Column(np.float64) for home in self.models.types()}
        for table, common, own in ((self.users, _SEEN, users), (self.items, of_items, items)):
            table.adopt(common | own)
        remembered, self.memory = self.memory, {}
        remember = {one.label: one.memory for one in treatments} | {one.home: one.memory for one in section.generators}
        for label, first in remember.items():
            fresh = {name: np.array(value) for name, value in first.items()}
            self.memory[label] = fresh | remembered.get(label, {})

    # -- the tick ----------------------------------------------------------------------------------------------------

    @property
    def warming(self) -> bool:
        """Whether the warm-up still goes on."""
        return self.tick <= self.section.warmup.ticks

    @property
    def first_tick(self) -> int:
        """The first tick after the warm-up: nothing is done about the loop before."""
        return self.section.warmup.ticks + 1

    @property
    def slate_size(self) -> int:
        """Slots of a slate on this tick."""
        size = self.section.slate_size
        return len(self._offered) if size == "all" else size

    @property
    def recommender(self) -> Recommender:
        """Who decides what is shown on this tick."""
        return self.section.warmup.recommender if self.warming else self.section.recommender

    def begin(self, tick: int, public: Public, truth: Truth, made: Ints) -> None:
        """A tick begins: learn of newcomers, of whom its own generators made some, and moderate the list.

        Raises:
            ValueError: there are too many to show everybody everything.
        """
        self.tick, self.spent = tick, {}
        self.look(public, truth)
        self.items.own[made] = True
        new = np.flatnonzero(public.born == tick).astype(np.int32)
        catalogue = Catalogue(new, np.ones(len(self.items), np.bool_))
        for treatment in self.treatments("on_items"):
            catalogue = treatment.on_items(catalogue, self, self.stream(treatment))
        self.items.hidden = ~catalogue.listed
        self._offer()
        users, items = int(public.user_alive.sum()), len(self._offered)
        if self.section.slate_size == "all" and users * items > MOST_CELLS:
            text = f"'slate_size: all' is for up to {MOST_CELLS:,} users × items; here are {users:,} × {items:,}"
            raise ValueError(f"{text}; lower users.count or items.count, or write a number")
        self.models.fit_newcomers()

    def look(self, public: Public, truth: Truth) -> None:
        """See the world as it is now; tables grow with it. Needed after whatever moved a table of the world."""
        self.public, self._truth = public, truth
        self.users.grow(len(public.user_keys) - len(self.users))
        self.items.grow(len(public.item_keys) - len(self.items))
        self._offer()

    @property
    def on_offer(self) -> Bools:
        """(i,) True where an item may be recommended: it lives, and is neither off the list nor hidden."""
        return np.asarray(self.public.alive & self.items.listed & ~self.items.hidden)

    def _offer(self) -> None:
        """Note which items may be recommended, in order of their keys: a relabelling of rows then changes nothing."""
        keep = self.on_offer
        order = np.argsort(self.public.item_keys[keep], kind="stable")
        self._offered = np.flatnonzero(keep)[order].astype(np.int32)

    def introductions(self) -> Introductions:
        """Whom the platform suggests to follow this tick, as of what it knew at the end of the last one."""
        people = self.section.people
        if people is None or self.warming:
            return Introductions(np.zeros(0, np.int32), np.zeros(0, np.int32))
        return people.introduce(self, self.stream(people))

    def request(self, users: Ints, n: int, model: Recommender | None = None) -> Request:
        """What is known of these users now, and what they may be shown; the truth only for a model that may see it."""
        clicked = self.log.history(users, len(self.users), len(self.items))
        history = clicked  # without what is held out: a recommender must not learn of it while it serves either
        if self.section.holdout:
            history = self.log.history(users, len(self.users), len(self.items), trained=True)
        nothing = Rows(np.zeros(len(users) + 1, np.int32), np.zeros(0, np.int32))
        forbidden = nothing if self.section.repeats else clicked
        truth = self._truth if model is not None and model.sees_truth else None
        return Request(users, history, forbidden, n, self.tick, self.public, self._offered, truth)

    def candidates(self, users: Ints) -> Slate:
        """The recommender's own lists, before anybody reorders them."""
        section, length = self.section, self.slate_size
        if not self.warming and section.slate_size != "all":
            length = section.candidates or (5 * length if section.rerankers else length)
        return self.models.rank(self.recommender, users, length)

    def expose(self, users: Ints) -> Slate:
        """What these users see: candidates, re-ranked, cut, treated. A pure function of the published tick."""
        slate = self.candidates(users)
        if not self.warming:
            for reranker in self.section.rerankers:
                if reranker.due(self):
                    slate = reranker.on_candidates(slate, self, self.stream(reranker))
        for treatment in self.treatments("on_candidates"):
            slate = treatment.on_candidates(slate, self, self.stream(treatment))
        slate = _cut(slate, self.slate_size)
        for treatment in self.treatments("on_slate"):
            slate = treatment.on_slate(slate, self, self.stream(treatment))
        return self._serve_at_random(slate) if self.section.random_share else slate

    def collect(self, feedback: Feedback) -> None:
        """Write the tick into the log and count it."""
        for treatment in self.treatments("on_feedback"):
            feedback = treatment.on_feedback(feedback, self, self.stream(treatment))
        shown = feedback.slate.by_platform
        self.items.views_now = np.bincount(feedback.slate.items[shown], minlength=len(self.items))
        self.items.clicks_now = np.bincount(feedback.items, minlength=len(self.items))
        self.items.views += self.items.views_now
        self.items.clicks += self.items.clicks_now
        self.items.views_past[:, self.tick % self.section.recent] = self.items.views_now
        self.items.clicks_past[:, self.tick % self.section.recent] = self.items.clicks_now
        if feedback.stated is not None:
            told = ~np.isnan(feedback.answers)
            self.items.asked += np.bincount(feedback.items[told], minlength=len(self.items))
            self.items.stated += np.bincount(feedback.items[told], feedback.answers[told], len(self.items))
        self.users.views[feedback.slate.users] += shown.sum(axis=1)
        self.users.clicks += np.bincount(feedback.users, minlength=len(self.users))
        self.log.append(self.tick, feedback, len(self.users), len(self.items))

    def import_history(self, history: History) -> None:
        """Human data from a file: in the log before anything was shown."""
        self.log.extend(0, history.users, history.items, history.values, len(self.users), len(self.items))

    def retrain(self) -> None:
        """Fit what is due."""
        self.models.retrain()

    @property
    def policies(self) -> dict[str, Any]:
        """What the models have learned, by `family.label`, such as `recommender.als`."""
        return self.models.policies

    def report(self, report: Mapping[str, float]) -> None:
        """Tell those who watch the tick's platform metrics."""
        for treatment in self.treatments("on_report"):
            treatment.on_report(report, self, self.stream(treatment))

    def inspect(self, items: Ints, instrument: Instrument) -> Inspection:
        """A paid look at items; it is booked under the instrument's name."""
        self.spend(instrument.name, instrument.cost * len(items))
        return self._inspect(items, instrument)

    def spend(self, name: str, amount: float) -> None:
        """Book a cost under a name: of this tick, and in the ledger of all ticks."""
        for book in (self.spent, self.ledger):
            book[name] = book.get(name, 0.0) + amount

    def signals(self) -> Signals:
        """Last tick's views and clicks of each item."""
        return Signals(self.items.views_now.copy(), self.items.clicks_now.copy())

    # -- inside ------------------------------------------------------------------------------------------------------

    def treatments(self, hook: str) -> Iterator[Intervention]:
        """The interventions that use a hook and act now; `on_items` is called every tick one is in force.

        The fit at the end of the warm-up is the first of what comes after it.
        """
        first_fit = self.tick == self.first_tick - 1 and hook in ("on_training", "on_policy")
        if self.warming and not first_fit:
            return
        for treatment in self.interventions:
            if getattr(type(treatment), hook) is not getattr(Intervention, hook):
                acts = treatment.in_force if hook == "on_items" else treatment.due
                if treatment.begins(self) == self.first_tick if first_fit else acts(self):
                    yield treatment

    def _serve_at_random(self, slate: Slate) -> Slate:
        """Replace the slates of the randomly served users, and note what would have stood there."""
        keys = self.public.user_keys[slate.users]
        stream = self.draws.of("service", "random_share")
        chosen = stream.uniform(keys)[:, None] < self.section.random_share  # (n, 1)
        intended = np.where(chosen, slate.items, -1)
        request = self.request(slate.users, slate.items.shape[1])
        items = np.where(chosen, distinct(request, stream.of("items", self.tick)), slate.items)
        certain = np.where(slate.items >= 0, 1.0, np.nan) if slate.propensity is None else slate.propensity
        chance = np.where(items >= 0, 1.0 / np.maximum(free(request), 1)[:, None], np.nan)
        scores = None if slate.scores is None else np.where(chosen, np.nan, slate.scores)
        propensity = np.where(chosen, chance, certain)
        return slate._replace(items=items, scores=scores, propensity=propensity, intended=intended)

    def stream(self, component: Component) -> Draws:
        """The random numbers of a component on this tick."""
        return self.draws.of(component.stream, self.tick)


def _cut(slate: Slate, n: int) -> Slate:
    """The first n slots."""
    if slate.items.shape[1] <= n:
        return slate
    return Slate(slate.users, *(None if array is None else array[:, :n] for array in slate[1:]))  # type: ignore[arg-type]
