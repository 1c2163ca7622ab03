"""The more clicks, the more chances: exposure in proportion to popularity."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from recsim.base.component import AtLeastOne, NonNegative
from recsim.base.draws import Draws
from recsim.base.flow import Floats, Ints, Public, Request, Slate, Source, Training
from recsim.base.kernels.ranking import Scores, ranked
from recsim.system.recommenders import Recommender, counted, grown, world_of


class Tallies(NamedTuple):
    """What `proportional` knows."""

    clicks: Floats
    """(w, i) weight of the clicks on each item in each world."""


class Proportional(Recommender):
    """Lists drawn without replacement, each time with chances in proportion to (clicks + prior)^exponent.

    An urn: shown in proportion to its clicks and clicked when shown, an item keeps its share on average, and chance
    decides which one wins (Eggenberger & Pólya 1923; with births Simon, Biometrika 1955). Drawn as the largest of
    log weight + Gumbel (Yellott 1977). For lists of one item the propensity is logged; the chance of an item in a lower
    slot of a longer list has no short formula, and is logged as unknown.
    """

    policy = Tallies

    exponent: NonNegative = 1.0
    """Power of the clicks; larger: more to the popular; 0: uniform; above 1 one item takes all in the end."""
    prior: NonNegative = 1.0
    """Clicks that every item is born with; larger: flatter; 0: what nobody has clicked is never shown."""
    worlds: AtLeastOne = 1
    """Number of worlds that users are split into, by key modulo this number; each sees only its own counts."""

    def fit(self, training: Training, public: Public, previous: Any, draws: Draws) -> Tallies:
        """Count the clicks."""
        return Tallies(counted(training, public, self.worlds))

    def fits(self, policy: Tallies) -> bool:
        """One row of counts a world."""
        return len(policy.clicks) == self.worlds

    def rank(self, policy: Tallies, request: Request, draws: Draws) -> Slate:
        """Draw a list for each user; keyed by user and item, so a click more moves few lists."""
        keys = request.public.user_keys
        clicks = grown(policy.clicks.T, len(request.public.item_keys)).T  # (w, i)
        mass = clicks + self.prior
        appeal = np.where(mass > 0, self.exponent * np.log(np.where(mass > 0, mass, 1.0)), -np.inf)
        offered, item_keys = appeal[:, request.items], request.public.item_keys[request.items]  # (w, j), (j,)

        def score(rows: Ints) -> Scores:
            found = offered[world_of(keys[rows], self.worlds)] + draws.gumbel(keys[rows], item_keys)  # (TILE, j)
            return found.astype(np.float32)

        items, _ = ranked(request, score, draws.of("ties"))
        world = world_of(keys[request.users], self.worlds)
        propensity = np.full(items.shape, np.nan)
        if request.n == 1 and len(request.items):
            weight = np.exp(appeal - np.maximum(offered.max(axis=1, keepdims=True), np.finfo(np.float64).min))
            propensity = _chance(items, weight, world, request)
        source = np.full(items.shape, Source.RECOMMENDED, np.int8)
        return Slate(request.users, items, source, propensity=propensity)  # drawn, not sorted: there are no scores


def _chance(items: Ints, weight: Floats, world: NDArray[np.int64], request: Request) -> Floats:
    """(n, 1) the weight of the item over that of all which the user may be shown; weight is (w, i)."""
    offered = np.zeros(weight.shape[1], np.bool_)
    offered[request.items] = True
    row = np.repeat(np.arange(len(items)), np.diff(request.forbidden.indptr))
    gone = weight[world[row], request.forbidden.items] * offered[request.forbidden.items]
    total = weight[:, request.items].sum(axis=1)[world]  # (n,)
    left = total - np.bincount(row, gone, minlength=len(items))
    for who in np.flatnonzero(left < 1e-6 * total):  # rare: nearly all weight is used up, and the difference is noise
        start, end = request.forbidden.indptr[who : who + 2]
        left[who] = weight[world[who], np.setdiff1d(request.items, request.forbidden.items[start:end])].sum()
    chosen = weight[world[:, None], items]
    return np.where(items >= 0, chosen / np.maximum(left[:, None], np.finfo(np.float64).tiny), np.nan)
