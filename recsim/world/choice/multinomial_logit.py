"""A choice that is mostly, but not always, the best."""

from __future__ import annotations

from recsim.base.component import NonNegative, Number
from recsim.base.draws import Draws
from recsim.base.flow import Floats
from recsim.world.choice import OUTSIDE, ChoiceModel, Offer


class MultinomialLogit(ChoiceModel):
    """P(i) ∝ exp(appeal_i / temperature), against nothing with P ∝ exp(outside / temperature).

    Drawn as the argmax of appeal + temperature · Gumbel noise (McFadden 1974; Yellott 1977). Adding or removing another
    item never changes the ratio of two (independence of irrelevant alternatives). With several picks they follow each
    other without replacement (Plackett–Luce) until nothing is picked.
    """

    temperature: NonNegative = 1.0
    """Noise in a choice, in units of appeal; 0: always the most appealing, larger: closer to a coin toss."""
    outside: Number = 4.0
    """Appeal of choosing nothing; higher: fewer clicks. At 4 six in ten random slates of the default world win."""

    def chance(self, offer: Offer, draws: Draws) -> tuple[Floats, Floats]:
        """Gumbel noise times the temperature; for nothing, outside plus the same."""
        nothing = draws.gumbel(offer.users, OUTSIDE)[:, 0]
        noise = draws.gumbel(offer.users, offer.items)
        return self.temperature * noise, self.outside + self.temperature * nothing
