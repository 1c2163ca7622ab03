"""How a user picks from what is in front of them; nothing is always a possible pick."""

from __future__ import annotations

import numpy as np

from recsim.base.component import Component, NonNegative, Number
from recsim.base.draws import Draws, word
from recsim.base.flow import Floats, Ints, Keys

OUTSIDE = np.array([word("nothing")])


class ChoiceModel(Component):
    """Family of the ways in which a user picks."""

    family = "choice"
    null = "a user always picks somehow"

    def pick(self, appeal: Floats, users: Keys, items: Keys, draws: Draws) -> Ints:
        """Columns picked.

        Args:
            appeal: (n, k) pull of each item, −inf for padding.
            users: (n,) keys of the users.
            items: (n, k) keys of the items.
            draws: noise, keyed by user and item: the same pair gets the same shock wherever the item stands.

        Returns:
            (n, m) columns of the slate, −1 for nothing.
        """
        raise NotImplementedError

    def chance(self, users: Keys, items: Keys, draws: Draws) -> tuple[Floats, Floats]:
        """What chance adds to the appeal of each item (n, k), and the pull of choosing nothing (n,); for `trace`."""
        raise NotImplementedError


class MultinomialLogit(ChoiceModel):
    """P(i) ∝ exp(appeal_i / temperature), against nothing with P ∝ exp(outside / temperature).

    Drawn as the argmax of appeal + temperature · Gumbel noise (McFadden 1974; Yellott 1977). Adding or removing another
    item never changes the ratio of two (independence of irrelevant alternatives).
    """

    temperature: NonNegative = 1.0
    """Noise in a choice, in units of appeal; 0: always the most appealing, larger: closer to a coin toss."""
    outside: Number = 4.0
    """Appeal of choosing nothing; higher: fewer clicks. At 4 half of the random slates of the default world win."""

    def pick(self, appeal: Floats, users: Keys, items: Keys, draws: Draws) -> Ints:
        """One pick a session."""
        noise, nothing = self.chance(users, items, draws)
        if not appeal.shape[1]:
            return np.full((len(users), 1), -1, np.int32)
        pull = appeal + noise  # (n, k)
        best = pull.argmax(axis=1)
        top = np.take_along_axis(pull, best[:, None], axis=1)[:, 0]
        return np.where(top > nothing, best, -1).astype(np.int32)[:, None]  # (n, 1)

    def chance(self, users: Keys, items: Keys, draws: Draws) -> tuple[Floats, Floats]:
        """Gumbel noise times the temperature; for nothing, outside plus the same."""
        nothing = draws.gumbel(users, OUTSIDE)[:, 0]
        return self.temperature * draws.gumbel(users, items), self.outside + self.temperature * nothing
