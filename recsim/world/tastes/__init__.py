"""How tastes, topics and quality are first drawn; newcomers are drawn from the same distribution.

Everything is keyed by the entity's own key, so that a user or item born in the middle of a run is the same one in every
arm of an experiment.
"""

from __future__ import annotations

from typing import ClassVar, NamedTuple

from recsim.base.component import Component, import_all
from recsim.base.draws import Draws
from recsim.base.flow import Floats, History, Ints, Keys


class Drawn(NamedTuple):
    """What a newcomer brings: users use `vectors` as tastes, items as topics."""

    vectors: Floats
    """(n, d) tastes or topics."""
    home: Ints
    """(n,) number of the cluster; 0 where there are none."""
    logged: Ints | None = None
    """(n,) row of the log that the vector is taken from; None where there is no log."""


class Fitted(NamedTuple):
    """What tastes and topics are drawn from."""

    users: Floats
    """(a, d) centres, or the vectors of the users in the log."""
    items: Floats
    """(b, d) likewise for items."""
    centres: Floats
    """(c, d) centres of clusters; none where tastes have no clusters."""
    quality: Floats | None = None
    """(b,) quality of the items in the log, by `logged`; None where all quality is drawn."""
    activity: Floats | None = None
    """(a,) how often each user in the log was active over the average, by `logged`; None where nothing is known."""


class Tastes(Component):
    """Family of the first distributions of tastes and topics."""

    family = "tastes"
    null = "a world needs tastes"
    needs_history: ClassVar[bool] = False
    """True if it can only be fitted to `data:`."""

    @property
    def width(self) -> int:
        """Number of dimensions d."""
        raise NotImplementedError

    def fit(self, history: History | None, draws: Draws) -> Fitted:
        """What all newcomers have in common, found once when the world is built."""
        raise NotImplementedError

    def users(self, keys: Keys, fitted: Fitted, draws: Draws) -> Drawn:
        """Tastes of the users with these keys (n, d)."""
        raise NotImplementedError

    def items(self, keys: Keys, fitted: Fitted, draws: Draws) -> Drawn:
        """Topics of the items with these keys (n, d)."""
        raise NotImplementedError


import_all(__name__, __path__)
