"""People are introduced to those who click the same."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import csr_matrix

from recsim.base.component import AtLeastOne
from recsim.base.draws import Draws
from recsim.base.flow import Floats, Ints
from recsim.base.kernels.ragged import best, spread
from recsim.system.people import LinkRecommender, strangers

if TYPE_CHECKING:
    from recsim.system.service import Service


class Similar(LinkRecommender):
    """Of some people drawn at random, those whose clicks are the most similar to the user's: the largest cosine.

    cos = Σ xᵢyᵢ/(|x||y|) over the clicks on each item in the log, what is held out excepted. The platform need not know
    an opinion to bring people of one mind together. Whoever has clicked nothing is like nobody, and people who have no
    click in common are not introduced.
    """

    looks: AtLeastOne = 50
    """People among whom the most similar are sought; larger: they are more similar."""

    def suggest(self, users: Ints, service: Service, draws: Draws) -> Ints:
        """Pairs of users and strangers, one by one."""
        found = strangers(users, service, draws, self.looks)
        row, col = np.nonzero(found >= 0)
        who, keys = found[row, col], service.public.user_keys
        like = _cosines(users[row], who, service)
        real = like > 0
        _, first = np.unique(row[real] * len(keys) + who[real], return_index=True)  # nobody twice
        row, who, like = row[real][first], who[real][first], like[real][first]
        luck = draws.of("ties").keys(keys[users][row] ^ draws.of("other").keys(keys[who]))
        chosen = best(row, np.rint(like * 2.0**32), luck, self.count)  # equal up to rounding is equal
        return spread(row[chosen], who[chosen], len(users), self.count)


def _cosines(users: Ints, others: Ints, service: Service) -> Floats:
    """(e,) similarity of the clicks of users (e,) and others (e,)."""
    clicks, shape = service.log.training(None, service.tick, "people"), (len(service.users), len(service.items))
    counts = csr_matrix((np.ones(len(clicks.users)), (clicks.users, clicks.items)), shape=shape)  # whole: exact sums
    length = np.sqrt(np.asarray(counts.multiply(counts).sum(axis=1)).ravel())
    dots = np.asarray(counts[users].multiply(counts[others]).sum(axis=1)).ravel()
    below = length[users] * length[others]
    return np.asarray(np.divide(dots, below, out=np.zeros(len(dots)), where=below > 0))
