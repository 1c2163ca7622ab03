"""People see what those they follow have lately clicked."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np

from recsim.base.component import AtLeastOne, Count
from recsim.base.draws import Draws, mix
from recsim.base.flow import Feedback, Ints, Source
from recsim.base.kernels.ragged import gathered, spread
from recsim.base.table import Column
from recsim.world.discovery import Discovery

if TYPE_CHECKING:
    from recsim.world.world import World


class Feed(Discovery):
    """Each user meets some of what the people they follow clicked in the last ticks, the strongest pick of each.

    The newest first or in random order, nothing twice; equally new ones in an order drawn for each user and friend. A
    follow of `users.network` is a line by which news travel: who is unfollowed is not heard of any more. Nobody ranks
    this feed; for one that a platform ranks by the clicks of friends see the recommender `social`.
    """

    source = Source.FRIEND
    needs_network: ClassVar[bool] = True
    count: Count = 5
    """Most items met per session; larger: people choose from more."""
    window: AtLeastOne = 1
    """Ticks for which a click is told of; larger: older news."""
    order: Literal["newest", "random"] = "newest"
    """Which of the items are met if there are more than `count`."""
    columns = {"told_of": Column(np.int32, -1), "told_at": Column(np.int32, -1)}
    """The item that a user tells of, and since which tick."""
    null = {"count": 0}

    def meet(self, world: World, users: Ints, draws: Draws) -> Ints:
        """What friends tell of, as far as it is still there."""
        row, who = gathered(world.follows, users)
        item, since = world.users.told_of[who], world.users.told_at[who]
        real = (item >= 0) & (since >= world.tick - self.window) & world.items.alive[item]
        row, who, item, since = row[real], who[real], item[real], since[real]
        luck = draws.keys(mix(world.users.key[users[row]], world.users.key[who]))
        rank = np.lexsort((luck, -since, row) if self.order == "newest" else (luck, row))
        _, first = np.unique(row[rank] * np.int64(len(world.items)) + item[rank], return_index=True)
        chosen = rank[np.sort(first)]  # each item where it stands first
        place = np.arange(len(chosen)) - np.searchsorted(row[chosen], row[chosen])
        chosen = chosen[place < self.count]
        return spread(row[chosen], item[chosen], len(users), self.count)

    def after(self, world: World, feedback: Feedback, draws: Draws) -> None:
        """Remember what to tell."""
        row = np.flatnonzero(feedback.picks[:, 0] >= 0)
        users = feedback.slate.users[row]
        world.users.told_of[users] = feedback.slate.items[row, feedback.picks[row, 0]]
        world.users.told_at[users] = world.tick
