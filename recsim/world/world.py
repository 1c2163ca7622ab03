"""The truth of a run: two tables, and the mechanisms that act on them."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from recsim.base.component import Component
from recsim.base.draws import Draws
from recsim.base.flow import (
    Bools,
    Feedback,
    Floats,
    History,
    Inspection,
    Instrument,
    Ints,
    Keys,
    Public,
    Signals,
    Slate,
    Source,
    Truth,
    Works,
)
from recsim.base.table import ENTITY, Column, Table
from recsim.world.dynamics import Dynamics
from recsim.world.sections import Items, Users

USERS, ITEMS = 1000, 500
"""How many there are where neither the scenario nor its data say."""


class World:
    """Users and items as they are, whatever anybody believes of them.

    Args:
        people: the scenario's section `users`.
        catalogue: its section `items`.
        draws: the run's root of random numbers.
        history: the human data, if the scenario has any.
    """

    tick = 0

    def __init__(self, people: Users, catalogue: Items, draws: Draws, history: History | None) -> None:
        self.draws, self.history = draws, history
        width = people.tastes.width
        features = len(history.feature_names) if history is not None else width
        self.users = Table(ENTITY | {"tastes": Column(np.float64, width=width), "home": Column(np.int32)})
        self.items = Table(
            ENTITY
            | {
                "topics": Column(np.float64, width=width),
                "home": Column(np.int32),
                "quality": Column(np.float64),
                "made_by_ai": Column(np.bool_),
                "features": Column(np.float64, width=max(features, 1)),
                "maker": Column(np.int32, -1),
            }
        )
        self._first = list(self.users.arrays()), list(self.items.arrays())  # columns that are always there
        self.adopt(people, catalogue)
        self.fitted = people.tastes.fit(history, self._stream(people.tastes))
        known = (USERS, ITEMS) if history is None else (len(history.user_ids), len(history.item_ids))
        self.add_users(np.arange(people.count or known[0], dtype=np.uint64))
        self.add_items(np.arange(catalogue.count or known[1], dtype=np.uint64))

    def adopt(self, people: Users, catalogue: Items) -> None:
        """Live by these sections from now on; new columns appear with their defaults, idle ones go."""
        self.people, self.catalogue = people, catalogue
        of_users = [*(one.columns for one in people.behaviours), *(one.columns for one in people.dynamics)]
        of_items = [one.columns for one in catalogue.dynamics]
        for table, first, wanted in ((self.users, self._first[0], of_users), (self.items, self._first[1], of_items)):
            table.keep([*first, *(name for columns in wanted for name in columns)])
            for columns in wanted:
                table.require(columns)

    def dynamics(self) -> Iterator[Dynamics]:
        """All births and deaths, users first."""
        yield from self.people.dynamics
        yield from self.catalogue.dynamics

    # -- newcomers ---------------------------------------------------------------------------------------------------

    def add_users(self, keys: Keys) -> Ints:
        """Users with these keys join; returns their rows."""
        tastes = self.people.tastes
        drawn = tastes.users(keys, self.fitted, self._stream(tastes))
        return self.users.grow(len(keys), key=keys, born=self.tick, tastes=drawn.vectors, home=drawn.home)

    def add_items(self, keys: Keys) -> Ints:
        """Items made by people appear; returns their rows."""
        tastes, look = self.people.tastes, self.draws.of("items")
        drawn = tastes.items(keys, self.fitted, self._stream(tastes))
        quality = self.catalogue.quality_mean + self.catalogue.quality_spread * look.of("quality").normal(keys)
        rows = self.items.grow(
            len(keys), key=keys, born=self.tick, topics=drawn.vectors, home=drawn.home, quality=quality
        )
        self._show_features(rows)
        return rows

    def add_works(self, works: Works, keys: Keys) -> Ints:
        """Items made by a machine appear; only the world knows that they are. Returns their rows."""
        rows = self.items.grow(
            len(keys), key=keys, born=self.tick, topics=works.topics, quality=works.quality, made_by_ai=True
        )
        self._show_features(rows)
        return rows

    def _show_features(self, rows: Ints) -> None:
        """What the platform sees of new items: the log's features for its items, else topics with noise."""
        topics = self.items.topics[rows]
        if self.history is not None:
            logged = self.items.key[rows] < len(self.history.item_ids)
            self.items.features[rows[logged]] = self.history.features[self.items.key[rows[logged]].astype(np.int64)]
            return
        noise = self.draws.of("items", "features").normal(self.items.key[rows], np.arange(topics.shape[1]))
        self.items.features[rows] = topics + self.catalogue.feature_noise * noise

    # -- the tick ----------------------------------------------------------------------------------------------------

    def begin(self, tick: int, signals: Signals) -> None:
        """A tick begins: births and deaths."""
        self.tick = tick
        for dynamics in self.dynamics():
            dynamics.step(self, signals, self._stream(dynamics, tick))

    def active(self, users: Ints) -> Bools:
        """(n,) who of these has a session this tick."""
        activity = self.people.activity
        return self.users.alive[users] & activity.active(self, users, self._stream(activity, self.tick))

    def meet(self, slate: Slate) -> Slate:
        """The slate and, in further columns, what these users come across by themselves (nothing twice)."""
        discovery = self.people.discovery
        found = discovery.meet(self, slate.users, self._stream(discovery, self.tick))  # (n, c)
        if not found.shape[1]:
            return slate
        items = np.concatenate([slate.items, found], axis=1)
        for column in range(slate.items.shape[1], items.shape[1]):
            seen = (items[:, :column] == items[:, column, None]).any(axis=1)
            items[seen, column] = -1
        source = np.concatenate([slate.source, np.full(found.shape, Source.ORGANIC, np.int8)], axis=1)
        wide = {
            name: None if array is None else np.concatenate([array, np.full(found.shape, np.nan)], axis=1)
            for name, array in (("scores", slate.scores), ("shown", slate.shown), ("propensity", slate.propensity))
        }
        return Slate(slate.users, items, source, **wide)

    def utility(self, users: Ints, items: Ints) -> Floats:
        """What each of the users (n,) truly gains from each of the items (n, k) → (n, k); −1 gives NaN."""
        liking = self.people.affinity.between(self.users.tastes[users], self.items.topics[items])
        return np.where(items >= 0, liking + self.items.quality[items], np.nan)

    def terms(self, slate: Slate) -> dict[str, Floats]:
        """The parts that make up the appeal of a slate, each (n, k)."""
        parts = {"utility": self.utility(slate.users, slate.items)}
        return parts | {b.label: b.appeal(self, slate) for b in self.people.behaviours}

    def choose(self, slate: Slate) -> Feedback:
        """What these users do with what is in front of them."""
        parts = list(self.terms(slate).values())
        appeal = np.where(slate.items >= 0, sum(parts[1:], parts[0]), -np.inf)  # (n, k)
        choice = self.people.choice
        keys = self.users.key[slate.users], self.items.key[slate.items]
        picks = choice.pick(appeal, *keys, self._stream(choice, self.tick))
        return Feedback(slate, picks, np.ones(picks.shape))

    def evolve(self, feedback: Feedback) -> None:
        """What the tick does to people and items."""
        for behaviour in self.people.behaviours:
            behaviour.after(self, feedback, self._stream(behaviour, self.tick))
        for dynamics in self.dynamics():
            dynamics.after(self, feedback, self._stream(dynamics, self.tick))

    # -- what others may know ----------------------------------------------------------------------------------------

    def public(self) -> Public:
        """What everybody can see; nobody can write into it."""
        users, items = self.users.frozen(), self.items.frozen()
        return Public(users.key, users.alive, items.key, items.features, items.born, items.maker, items.alive)

    def truth(self) -> Truth:
        """What only an ideal recommender may ask."""

        def utility(users: Ints, items: Ints) -> Floats:
            likings = self.people.affinity.table(self.users.tastes[users], self.items.topics[items])
            return np.asarray(likings + self.items.quality[items])  # (n, j)

        return Truth(utility)

    def content(self, items: Ints) -> Works:
        """What a generator may read of items: their content, never who made them."""
        return Works(self.items.topics[items], self.items.quality[items])

    def inspect(self, items: Ints, instrument: Instrument) -> Inspection:
        """Look at items with an instrument that errs; the same look at the same item errs the same way."""
        has = self.items.made_by_ai[items] if instrument.attribute == "made_by_ai" else self.items.quality[items] < 0
        chance = np.where(has, instrument.sensitivity, instrument.false_alarm)
        luck = self.draws.of("instrument", instrument.name).uniform(self.items.key[items])
        return Inspection(items, luck < chance)

    def _stream(self, component: Component, *tick: int) -> Draws:
        return self.draws.of(component.stream, *tick)
