"""People are introduced to those whom the people they follow follow."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix, hstack, identity, vstack

from recsim.base.draws import Draws
from recsim.base.flow import Ints
from recsim.base.kernels.ragged import best
from recsim.system.people import LinkRecommender

if TYPE_CHECKING:
    from recsim.system.service import Service


class FriendOfFriend(LinkRecommender):
    """Those who are followed by most of the people that the user follows; of equals some at random.

    The number of common neighbours (Liben-Nowell & Kleinberg 2007; "people you may know"). It closes triangles, and by
    that alone divides people whose network is divided (Santos, Lelkes & Levin, PNAS 2021). Somebody who follows nobody
    gets no suggestion.
    """

    def suggest(self, users: Ints, service: Service, draws: Draws) -> Ints:
        """By a product of sparse matrices, in which oneself and whom one follows already count below 0."""
        follows, keys = service.public.follows, service.public.user_keys
        n = len(follows.indptr) - 1
        ones = np.ones(len(follows.users), np.int32)
        ties = csr_matrix((ones, follows.users, follows.indptr), shape=(n, n))
        mine, self_only = (
            ties[users],
            csr_matrix((np.ones(len(users), np.int32), (np.arange(len(users)), users)), (len(users), n)),
        )
        never = identity(n, np.int32, format="csr") * np.int32(-n)
        common = csr_matrix(hstack([mine, mine + self_only]) @ vstack([ties, never]))
        others = np.full((len(users), self.count), -1, np.int32)
        for turn in range(self.count):
            row, place = _most(common)
            if not len(row):
                break
            luck = draws.of("ties").keys(keys[users[row]] ^ draws.of("other").keys(keys[common.indices[place]]))
            place = place[best(row, np.zeros(len(row)), luck, 1)]
            others[np.unique(row), turn] = common.indices[place]
            common.data[place] = 0
        return others


def _most(counts: csr_matrix) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Rows (b,) and places in the data (b,) of what is the largest of its row, and above 0."""
    lengths = np.diff(counts.indptr)
    row = np.repeat(np.arange(len(lengths)), lengths)
    top = np.zeros(len(lengths), np.int64)
    top[lengths > 0] = np.maximum.reduceat(counts.data, counts.indptr[:-1][lengths > 0]) if len(row) else 0
    place = np.flatnonzero((counts.data == top[row]) & (counts.data > 0))
    return row[place], place
