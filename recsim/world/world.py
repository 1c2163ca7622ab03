"""The truth of a run: two tables, and the mechanisms that act on them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from recsim.base.component import Component
from recsim.base.draws import Draws
from recsim.base.flow import (
    Bools,
    Feedback,
    Floats,
    Follows,
    History,
    Inspection,
    Instrument,
    Ints,
    Keys,
    Links,
    Public,
    Signals,
    Slate,
    Truth,
    Works,
)
from recsim.base.kernels.sampling import new_in_row
from recsim.base.table import ENTITY, Column, Table
from recsim.world import creators, looking, newcomers, survey
from recsim.world.behaviours import Behaviour
from recsim.world.choice import Offer
from recsim.world.discovery import Discovery
from recsim.world.dynamics import Dynamics
from recsim.world.sections import Creators, Items, Users
from recsim.world.society import Society

USERS, ITEMS = 1000, 500
"""How many there are where neither the scenario nor its data say."""


class World:
    """Users, items and their creators as they are, whatever anybody believes of them.

    Args:
        people: the scenario's section `users`.
        catalogue: its section `items`.
        draws: the run's root of random numbers.
        history: the human data, if the scenario has any.
        makers: its section `creators`, if it has one.
        links: the network read from a file, if the scenario has one.
    """

    tick = 0
    _noted: tuple[Feedback | None, Floats] = None, np.zeros((0, 1))

    def __init__(
        self,
        people: Users,
        catalogue: Items,
        draws: Draws,
        history: History | None,
        makers: Creators | None = None,
        links: Links | None = None,
    ) -> None:
        self.draws, self.history, self.society = draws, history, Society(self, links)
        width = people.tastes.width
        features = len(history.feature_names) if history is not None else width
        of_both = ENTITY | {"home": Column(np.int32), "group": Column(np.int32), "logged": Column(np.int32, -1)}
        self._of_users = of_both | {"tastes": Column(np.float64, width=width)}
        self._of_items = of_both | {
            "topics": Column(np.float64, width=width),
            "quality": Column(np.float64),
            "clickbait": Column(np.float64),
            "genre": Column(np.int32),
            "parent": Column(np.int32, -1),
            "generation": Column(np.int32),
            "prominence": Column(np.float64, 1.0),
            "made_by_ai": Column(np.bool_),
            "features": Column(np.float64, width=max(features, 1)),
            "maker": Column(np.int32, -1),
        }
        if catalogue.titles is not None:
            self._of_items["tokens"] = Column(np.int32, -1, catalogue.titles.width)
        self._of_creators = creators.columns(width)
        self.users, self.items, self.creators = map(Table, (self._of_users, self._of_items, self._of_creators))
        self.adopt(people, catalogue, makers)
        self.fitted = people.tastes.fit(history, self.keyed(people.tastes))
        self.of_groups = {
            group.name: group.tastes.fit(history, self.keyed(group.tastes))
            for group in people.groups
            if group.tastes is not None
        }
        if makers is not None:
            self.add_creators(draws.of("creators").keys(np.arange(makers.count)))
        known = (USERS, ITEMS) if history is None else (len(history.user_ids), len(history.item_ids))
        count = people.count or (known[0] if links is None or history is not None else links.nodes)
        self.add_users(np.arange(count, dtype=np.uint64))
        self.add_items(np.arange(catalogue.count or known[1], dtype=np.uint64))

    def adopt(self, people: Users, catalogue: Items, makers: Creators | None = None) -> None:
        """Live by these sections from now on; new columns appear with their defaults, idle ones go.

        Raises:
            ValueError: two mechanisms want columns of one name that differ.
        """
        self.people, self.catalogue, self.makers = people, catalogue, makers
        self._awake: tuple[int, Bools] = -1, np.zeros(0, np.bool_)
        both: list[Behaviour | Discovery] = [*people.behaviours, people.discovery]
        width = people.tastes.width
        of_users, of_items, of_creators = map(Table, (self._of_users, self._of_items, self._of_creators))
        for one in (*both, *people.dynamics):
            of_users.require({name: column.sized(one, width) for name, column in one.columns.items()})
        for one in both:
            of_items.require({name: column.sized(one, width) for name, column in one.item_columns.items()})
        for dynamics in catalogue.dynamics:
            of_items.require({name: column.sized(dynamics, width) for name, column in dynamics.columns.items()})
        for dynamics in () if makers is None else makers.dynamics:
            of_creators.require({name: column.sized(dynamics, width) for name, column in dynamics.columns.items()})
        self.creators.adopt(of_creators.columns)
        self.users.adopt(of_users.columns)
        self.items.adopt(of_items.columns)

    @property
    def group_names(self) -> tuple[str, ...]:
        """Names of the groups of users, by number; empty where there are none."""
        for told in (self.history, self.society.links):
            if told is not None and told.group_names:
                return told.group_names
        return tuple(group.name for group in self.people.groups)

    @property
    def edges(self) -> Table:
        """All follows there have ever been, a row each."""
        return self.society.edges

    @property
    def follows(self) -> Follows:
        """Who follows whom now."""
        return self.society.follows

    def dynamics(self) -> Iterator[Dynamics]:
        """All births and deaths, users first; creators hear of last tick before anything new is there."""
        yield from self.people.dynamics
        yield from () if self.makers is None else self.makers.dynamics
        yield from self.catalogue.dynamics

    # -- newcomers ---------------------------------------------------------------------------------------------------

    def add_users(self, keys: Keys) -> Ints:
        """Users with these keys join; returns their rows."""
        rows = self.users.grow(len(keys), **newcomers.users(self, keys))
        self.society.welcome(rows)
        return rows

    def add_creators(self, keys: Keys) -> Ints:
        """Creators with these keys join; returns their rows."""
        assert self.makers is not None, "a world without creators"
        return self.creators.grow(len(keys), **creators.arrivals(self, self.makers, keys))

    def add_items(self, keys: Keys, by: Ints | None = None) -> Ints:
        """Items made by people appear, by these creators (n,) or by whoever there is; returns their rows."""
        if self.makers is None:
            columns = newcomers.items(self, keys)
        else:
            by = creators.assigned(self, keys) if by is None else by
            columns = creators.items(self, keys[by >= 0], by[by >= 0])  # where nobody is left, nothing is made
        rows = self.items.grow(len(columns["key"]), **columns)
        for dynamics in () if self.makers is None else self.makers.dynamics:
            dynamics.made(self, rows, self.stream(dynamics))
        self.items.features[rows] = newcomers.features(self, rows)
        return rows

    def add_works(self, works: Works, keys: Keys, generation: int = 1) -> Ints:
        """Items made by a machine appear; only the world knows that they are. Returns their rows.

        Args:
            works: their content.
            keys: (j,) their keys.
            generation: how often their maker has been trained.
        """
        rows = self.items.grow(len(keys), **newcomers.works(self, works, keys), generation=generation)
        self.items.features[rows] = newcomers.features(self, rows)
        return rows

    # -- the tick ----------------------------------------------------------------------------------------------------

    def begin(self, tick: int, signals: Signals) -> None:
        """A tick begins: births and deaths."""
        self.tick = tick
        for dynamics in self.dynamics():
            dynamics.step(self, signals, self.stream(dynamics))
        if self.makers is not None:
            creators.publish(self, self.makers)
        self.people.discovery.step(self, self.stream(self.people.discovery))

    def active(self, users: Ints) -> Bools:
        """(n,) who of these has a session this tick; found for everybody once."""
        if self._awake[0] != self.tick or len(self._awake[1]) != len(self.users):
            everybody, activity = np.arange(len(self.users), dtype=np.int32), self.people.activity
            awake = self.users.alive & activity.active(self, everybody, self.stream(activity))
            for dynamics in self.people.dynamics:
                rested = dynamics.awake(self, everybody)
                awake = awake if rested is None else awake & rested
            self._awake = self.tick, awake
        return self._awake[1][users]

    def meet(self, slate: Slate) -> Slate:
        """The slate and, in further columns, what these users come across by themselves (nothing twice)."""
        discovery = self.people.discovery
        found, why = discovery.come_across(self, slate.users, self.stream(discovery))  # (n, c)
        if not found.shape[1]:
            return slate
        items = np.concatenate([slate.items, found], axis=1)
        again = ~new_in_row(items)
        again[:, : slate.items.shape[1]] = False
        items[again] = -1
        row = np.arange(len(items))[:, None] * len(self.items)
        met = np.isin(row + slate.items, (row + found)[found >= 0]) & slate.by_platform
        source = np.concatenate([slate.source, why], axis=1)
        blank: dict[str, float] = {"scores": np.nan, "shown": np.nan, "propensity": np.nan, "intended": -1}
        wide: dict[str, Any] = {
            name: None if (array := getattr(slate, name)) is None else _widened(array, found.shape[1], fill)
            for name, fill in blank.items()
        }
        return Slate(slate.users, items, source, **wide, met=_widened(met, found.shape[1], False))

    def utility(self, users: Ints, items: Ints) -> Floats:
        """What each of the users (n,) truly gains from each of the items (n, k) → (n, k); −1 gives NaN."""
        liking = self.people.affinity.of_pairs(self, users, items)
        return np.where(items >= 0, liking + self.items.quality[items] + self._gains(users, items), np.nan)

    def gained(self, feedback: Feedback) -> Floats:
        """(n, m) what each user truly gained from each pick when they made it, NaN for none.

        Of feedback that is not this tick's: what they would gain now.
        """
        of, gain = self._noted
        return gain if of is feedback else self._gain(feedback)

    def _gain(self, feedback: Feedback) -> Floats:
        items = np.full(feedback.picks.shape, -1, np.int32)
        items[feedback.picks >= 0] = feedback.items
        return self.utility(feedback.slate.users, items)

    def _gains(self, users: Ints, items: Ints) -> Floats | float:
        """What behaviours add to the utility of items (n, k); 0 where none does."""
        gains = [one.utility(self, users, items) for one in self.people.behaviours]
        return sum(gain for gain in gains if gain is not None)

    def terms(self, slate: Slate) -> dict[str, Floats]:
        """The parts that make up the appeal of a slate, each (n, k).

        Raises:
            ValueError: a behaviour's part has another shape, or is NaN where there is an item.
        """
        parts = {"utility": self.utility(slate.users, slate.items)}
        for one in self.people.behaviours:
            parts[one.label] = part = np.asarray(one.appeal(self, slate))
            if part.shape != slate.items.shape:
                raise ValueError(f"appeal of '{one.label}' has shape {part.shape}, not (n, k) = {slate.items.shape}")
            if np.isnan(part[slate.items >= 0]).any():
                raise ValueError(f"appeal of '{one.label}' is NaN for some items; −inf says that one cannot be picked")
        return parts

    def choose(self, slate: Slate) -> Feedback:
        """What these users do with what is in front of them."""
        parts = list(self.terms(slate).values())
        appeal = np.where(slate.items >= 0, sum(parts[1:], parts[0]), -np.inf)  # (n, k)
        choice = self.people.choice
        return self.respond(slate, choice.pick(self.offer(slate, appeal), self.stream(choice)))

    def respond(self, slate: Slate, picks: Ints) -> Feedback:
        """What picks (n, m) of a slate leave behind, whoever made them."""
        response = self.people.response
        values = response.values(self, slate, picks, self.stream(response))
        return Feedback(slate, picks, values, survey.answers(self, slate, picks))

    def offer(self, slate: Slate, appeal: Floats) -> Offer:
        """A slate as the people see it."""
        users, items, bait = self.users.key[slate.users], self.items.key[slate.items], self.items.clickbait[slate.items]
        return Offer(appeal, slate.seen_ranks, users, items, bait)

    def evolve(self, feedback: Feedback) -> None:
        """What the tick does to people and items; what they gained is noted before anything changes."""
        self._noted = feedback, self._gain(feedback)
        for behaviour in self.people.behaviours:
            behaviour.after(self, feedback, self.stream(behaviour))
        self.people.discovery.after(self, feedback, self.stream(self.people.discovery))
        for dynamics in self.dynamics():
            dynamics.after(self, feedback, self.stream(dynamics))

    # -- what others may know ----------------------------------------------------------------------------------------

    def public(self) -> Public:
        """What everybody can see; nobody can write into it."""
        users, items = self.users.frozen(), self.items.frozen()
        names = tuple(group.name for group in self.catalogue.groups)
        seen = (items.key, items.features, items.born, items.alive, items.group)
        return Public(users.key, users.alive, *seen, names, follows=self.follows)

    def truth(self) -> Truth:
        """What only an ideal recommender may ask."""

        def utility(users: Ints, items: Ints) -> Floats:
            gains = self._gains(users, np.broadcast_to(items, (len(users), len(items))))
            return np.asarray(self.people.affinity.of_all(self, users, items) + self.items.quality[items] + gains)

        return Truth(utility)

    def content(self, items: Ints) -> Works:
        """What a generator may read of items: their content, never who made them, nor after what."""
        table = self.items
        tokens = table.tokens[items] if "tokens" in table else np.zeros((len(items), 0), np.int32)
        own = [column[items] for column in (table.topics, table.quality, table.clickbait, table.genre)]
        return Works._make([*own, tokens, np.full(len(items), -1, np.int32)])

    def inspect(self, items: Ints, instrument: Instrument) -> Inspection:
        """Look at items with an instrument that errs; the same look at the same item errs the same way."""
        return looking.inspect(self, items, instrument)

    def stream(self, component: Component) -> Draws:
        """The random numbers of a component on this tick."""
        return self.draws.of(component.stream, self.tick)

    def keyed(self, component: Component) -> Draws:
        """The random numbers of a component that belong to who is born, not to a tick."""
        return self.draws.of(component.stream)


def _widened(cells: NDArray[Any], more: int, fill: Any) -> NDArray[Any]:
    """Cells (n, k) with `more` columns behind."""
    return np.concatenate([cells, np.full((len(cells), more), fill, cells.dtype)], axis=1)
