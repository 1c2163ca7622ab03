"""People know some items, learn of others and forget."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from recsim.base.component import AtLeastOne, Count, Positive, Share
from recsim.base.draws import Draws
from recsim.base.flow import Feedback, Floats, Ints
from recsim.base.kernels.sampling import new_in_row
from recsim.base.table import Column
from recsim.world.discovery import Discovery

if TYPE_CHECKING:
    from recsim.world.world import World

CHUNK = 4096
"""Users who are looked at together; it changes the memory this takes, no result."""


class Awareness(Discovery):
    """Each user meets the items they know, at most `limit`; the one known for longest gives way to a new one.

    With probability `editorial_share` the next item is drawn ∝ prominence, otherwise near the user's taste: one of
    `looks` random items with P ∝ exp(−|taste − topics|²/reach). The awareness of Fleder & Hosanagar (Management Science
    2009; 0.75) and SIREN (Bountouridis et al., FAT* 2019; 0.6, at most 40), who decide about each pair of user and item
    instead, which takes users × items. What the platform showed becomes known too, which is how a recommender leaves
    its trace on people who do not follow it. Met again, an item counts as new; the dead are forgotten.
    """

    limit: AtLeastOne = 40
    """Most items that a user knows; larger: people choose from more."""
    start: Count = 10
    """Draws for somebody who knows nothing yet; items drawn twice count once."""
    per_tick: Count = 2
    """Draws for everybody else on each tick."""
    editorial_share: Share = 0.6
    """Probability of drawing by prominence and not by taste; larger: people know more of the same."""
    reach: Positive = 2.0
    """Squared distance at which nearness has fallen to 1/e, in units of taste²; larger: taste matters less."""
    looks: AtLeastOne = 20
    """Random items among which the nearest are likely; larger: what is met lies closer to the taste."""
    learn: Share = 1.0
    """Probability that an item which the platform showed becomes known; larger: recommendations stay in mind."""
    columns = {"known": Column(np.int32, -1, width="limit")}
    """Items that a user knows, the newest first."""
    null = "somebody who knows something meets something"

    def step(self, world: World, draws: Draws) -> None:
        """Newcomers get to know their first items, everybody else some more."""
        living = _by_prominence(world)
        dead = ~world.items.alive[world.users.known] | (world.users.known < 0)
        fresh = dead.all(axis=1)
        for these, count in ((fresh, self.start), (~fresh, self.per_tick)):
            users = np.flatnonzero(these & world.users.alive).astype(np.int32)
            for some in np.split(users, range(CHUNK, len(users), CHUNK)):
                self._learn(world, some, self._drawn(world, some, *living, count, draws))

    def meet(self, world: World, users: Ints, draws: Draws) -> Ints:
        """What they know, as far as it is still there."""
        known = world.users.known[users]
        return np.where(world.items.alive[known], known, -1)

    def after(self, world: World, feedback: Feedback, draws: Draws) -> None:
        """Slates leave traces."""
        slate = feedback.slate
        noticed = draws.uniform(world.users.key[slate.users], world.items.key[slate.items]) < self.learn
        self._learn(world, slate.users, np.where(slate.by_platform & noticed, slate.items, -1))

    def _learn(self, world: World, users: Ints, items: Ints) -> None:
        """Put items (n, c) before what users (n,) know, and forget what is dead or too much."""
        known = np.concatenate([items, world.users.known[users]], axis=1)  # (n, c + limit)
        keep = (known >= 0) & world.items.alive[known] & new_in_row(known)
        place = keep.cumsum(axis=1) - 1
        row, col = np.nonzero(keep & (place < self.limit))
        left = np.full((len(users), self.limit), -1, np.int32)
        left[row, place[row, col]] = known[row, col]
        world.users.known[users] = left

    def _drawn(self, world: World, users: Ints, living: Ints, ends: Floats, count: int, draws: Draws) -> Ints:
        """(n, count) items that users (n,) get to know."""
        n, keys, turns = len(users), world.users.key[users], np.arange(count)
        if not len(living) or not count:
            return np.full((n, 0), -1, np.int32)
        luck = draws.of("prominent").uniform(keys, turns) * ends[-1]
        prominent = living[np.minimum(np.searchsorted(ends, luck, side="right"), len(living) - 1)]  # (n, count)
        prominent = np.where(ends[-1] > 0, prominent, -1)  # nothing is prominent any more
        turns = np.arange(count * self.looks)
        place = draws.of("look").uniform(keys, turns) * len(living)
        seen = living[place.astype(np.int64)].reshape(n, count, self.looks)
        apart = world.items.topics[seen] - world.users.tastes[users][:, None, None]  # (n, count, looks, d)
        pull = -np.einsum("nckd,nckd->nck", apart, apart) / self.reach
        pull += draws.of("near").gumbel(keys, turns).reshape(pull.shape)
        near = np.take_along_axis(seen, pull.argmax(axis=2)[:, :, None], axis=2)[:, :, 0]  # (n, count)
        by_editor = draws.of("channel").uniform(keys, np.arange(count)) < self.editorial_share
        return np.where(by_editor, prominent, near).astype(np.int32)


def _by_prominence(world: World) -> tuple[Ints, Floats]:
    """Living items in order of their keys (j,), and the ends of their shares of all prominence (j,)."""
    living = np.flatnonzero(world.items.alive)
    living = living[np.argsort(world.items.key[living], kind="stable")]
    return living.astype(np.int32), np.cumsum(world.items.prominence[living])
