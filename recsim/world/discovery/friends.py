"""People hear from their friends what is worth a look."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from recsim.base.component import AtLeastOne, Share
from recsim.base.draws import Draws
from recsim.base.flow import Feedback, Floats, Ints, Source
from recsim.base.kernels.sampling import new_in_row
from recsim.base.table import Column
from recsim.world.discovery import Discovery

if TYPE_CHECKING:
    from recsim.world.world import World

Rows = NDArray[np.int64]
_SIDES: tuple[Literal["left", "right"], ...] = ("left", "right")


class Friends(Discovery):
    """Each user meets what their friends picked in their last session with a pick, the strongest pick of each.

    Friends are drawn once, when a user first appears, with replacement, so that some have a few less; a friendship need
    not be mutual. With probability `homophily` a friend is somebody of the same group and cluster of tastes, if there
    is one, else anybody: inbreeding homophily (McPherson, Smith-Lovin & Cook 2001). Friends who have left say nothing.
    What nobody has clicked nobody tells: newcomers among the items need another way in.
    """

    source = Source.FRIEND
    count: AtLeastOne = 5
    """Friends of a user; larger: people meet more."""
    homophily: Share = 0.5
    """Probability that a friend is somebody of the same group and cluster; larger: friends are more alike."""
    columns = {"friends": Column(np.int32, -1, width="count"), "told": Column(np.int32, -1)}
    """Rows of the friends, and the item that a user tells of."""
    null = "somebody with friends hears of something"

    def step(self, world: World, draws: Draws) -> None:
        """Those who are new find friends."""
        new = np.flatnonzero(world.users.alive & (world.users.friends < 0).all(axis=1))
        if len(new):
            world.users.friends[new] = self._drawn(world, new, draws)

    def meet(self, world: World, users: Ints, draws: Draws) -> Ints:
        """One column a friend."""
        friends = world.users.friends[users]  # (n, count)
        told = world.users.told[friends]
        heard = (friends >= 0) & world.users.alive[friends] & (told >= 0) & world.items.alive[told]
        return np.where(heard, told, -1).astype(np.int32)

    def after(self, world: World, feedback: Feedback, draws: Draws) -> None:
        """Remember what to tell."""
        row = np.flatnonzero(feedback.picks[:, 0] >= 0)
        world.users.told[feedback.slate.users[row]] = feedback.slate.items[row, feedback.picks[row, 0]]

    def _drawn(self, world: World, new: Rows, draws: Draws) -> Rows:
        """(n, count) friends of these users, −1 where somebody was drawn twice."""
        users, turns = world.users, np.arange(self.count)
        circles = users.group.astype(np.int64) << 32 | users.home  # (u,) group and cluster
        living = np.flatnonzero(users.alive)
        living = living[np.lexsort((users.key[living], circles[living]))]  # circle after circle, in order of keys
        lo, hi = (np.searchsorted(circles[living], circles[new], side=side) for side in _SIDES)
        luck = draws.uniform(users.key[new], turns)
        fellow, anybody = _other(living, new, lo, hi, luck), _other(living, new, 0 * lo, 0 * hi + len(living), luck)
        close = draws.of("homophily").uniform(users.key[new], turns) < self.homophily
        found = np.where(close & (fellow >= 0), fellow, anybody)
        return np.where(new_in_row(found.astype(np.int32)), found, -1)


def _other(line: Rows, users: Rows, lo: Rows, hi: Rows, luck: Floats) -> Rows:
    """(n, c) somebody from places `lo` to `hi` (n,) of a line, not oneself, each equally likely; −1 if alone."""
    place = np.zeros(max(line.max(initial=0), users.max(initial=0)) + 1, np.int64)
    place[line] = np.arange(len(line))
    others = (hi - lo - 1)[:, None]
    chosen = lo[:, None] + np.minimum((luck * others).astype(np.int64), others - 1)
    chosen += chosen >= place[users][:, None]
    return np.where(others > 0, line[np.minimum(chosen, len(line) - 1)], -1)
