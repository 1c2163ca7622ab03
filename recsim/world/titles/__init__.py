"""What items are called; one file a mechanism."""

from __future__ import annotations

from recsim.base.component import Component, import_all
from recsim.base.corpus import Written
from recsim.base.draws import Draws
from recsim.base.flow import Ints, Keys


class Titles(Component):
    """Family of the titles that people give to what they make."""

    family = "titles"
    null = "an item without a title has none to be taken away"

    @property
    def width(self) -> int:
        """Most tokens of a title."""
        raise NotImplementedError

    def draw(self, keys: Keys, home: Ints | None, draws: Draws) -> tuple[Ints, Ints]:
        """Titles (n, width) of new items with these keys, and their forms (n,), numbered as in `recsim.base.corpus`.

        Args:
            keys: (n,) of the items.
            home: (n,) the cluster of tastes that each belongs to; None where there are none.
            draws: what all titles are drawn from.
        """
        raise NotImplementedError

    def held_out(self) -> Written:
        """Human titles that no item carries, to examine models of language on."""
        raise NotImplementedError


import_all(__name__, __path__)
