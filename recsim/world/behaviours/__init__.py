"""What makes people people: how the slate, their past and their clicks change what appeals; one file a mechanism."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Annotated, ClassVar

import numpy as np
from pydantic import Field

from recsim.base.component import Component, import_all
from recsim.base.draws import Draws
from recsim.base.flow import Feedback, Floats, Ints, Slate
from recsim.base.kernels.geometry import units
from recsim.base.table import Column

if TYPE_CHECKING:
    from recsim.world.world import World

Cosine = Annotated[float, Field(ge=-1, le=1)]
"""A likeness from −1 to 1."""


class Behaviour(Component):
    """Family of the mechanisms of a person. Each method is optional."""

    family = "behaviour"
    columns: ClassVar[Mapping[str, Column]] = {}
    """Columns of the users' table that it remembers things in."""
    item_columns: ClassVar[Mapping[str, Column]] = {}
    """Columns of the items' table that it remembers things in."""

    def utility(self, world: World, users: Ints, items: Ints) -> Floats | None:
        """(n, k) what it adds to what users (n,) truly gain from items (n, k), −1 being nothing; None: nothing at all.

        What people gain also appeals to them: it is part of the appeal without `appeal` saying so again. Reads, never
        writes; users differ in nothing but their own rows, so that an ideal recommender may ask about anybody.
        """
        return None

    def appeal(self, world: World, slate: Slate) -> Floats:
        """(n, k) what it adds to the appeal of each item, in units of utility; −inf: not now. Reads, never writes.

        Random numbers of this tick are `world.stream(self)`.
        """
        return np.zeros(slate.items.shape)

    def after(self, world: World, feedback: Feedback, draws: Draws) -> None:
        """What the tick's slates and clicks do to the users; writes columns of `world.users` and of its own."""


FIRST_TASTE = {"first_taste": Column(np.float64, np.nan, "dimensions")}
"""The taste that a user was first seen with, for behaviours that return to it."""


def in_turn(feedback: Feedback) -> Iterator[tuple[Ints, Ints]]:
    """Users (e,) and the items (e,) that they clicked first, then second, …: nobody is named twice at once."""
    for column in range(feedback.picks.shape[1]):
        row = np.flatnonzero(feedback.picks[:, column] >= 0)
        yield feedback.slate.users[row], feedback.slate.items[row, feedback.picks[row, column]]


def directions(world: World, items: Ints) -> Floats:
    """Topics of items of any shape, scaled to length 1: (…, d)."""
    topics = world.items.topics[items]
    return units(topics.reshape(-1, topics.shape[-1])).reshape(topics.shape)


def first_tastes(world: World) -> Floats:
    """(u, d) everybody's `first_taste`; those who have none yet get the taste they have now."""
    unknown = np.isnan(world.users.first_taste[:, 0])
    world.users.first_taste[unknown] = world.users.tastes[unknown]
    return np.asarray(world.users.first_taste)


import_all(__name__, __path__)
