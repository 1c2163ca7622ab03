"""Everybody comes as often as in the log."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from recsim.base.component import Share
from recsim.base.draws import Draws
from recsim.base.flow import Bools, Ints
from recsim.world.activity import Activity

if TYPE_CHECKING:
    from recsim.world.world import World


class FromLog(Activity):
    """Each user has a session with a probability in proportion to their number of interactions in the human data.

    P = min(1, share · count / mean count), independently in every tick; newcomers come as often as the user of the log
    whose tastes they were given. Pitfall: nobody can come more than once a tick, so above mean count / largest count
    the cap binds, the mean falls below `share` and the most active differ less from the others than in the log
    (MovieLens latest-small: from 0.06 upwards).
    """

    null = "it says how often people come, and somebody has to"
    needs_history = True

    share: Share = 0.05
    """Probability of a session per tick of a user with the mean count; larger: more sessions."""

    def active(self, world: World, users: Ints, draws: Draws) -> Bools:
        """Keyed by user: raising the share adds sessions and takes none away."""
        activity = world.fitted.activity
        if activity is None:
            kind = world.people.tastes.kind
            raise ValueError(f"activity: from_log needs tastes that know how active people were; '{kind}' do not")
        chance = np.minimum(1.0, self.share * activity[world.users.logged[users]])
        return np.asarray(draws.uniform(world.users.key[users]) < chance)

    def rate(self, users: int) -> float:
        """The share."""
        return self.share
