"""People are introduced to anybody."""

from __future__ import annotations

from typing import TYPE_CHECKING

from recsim.base.draws import Draws
from recsim.base.flow import Ints
from recsim.system.people import LinkRecommender, strangers

if TYPE_CHECKING:
    from recsim.system.service import Service


class RandomPerson(LinkRecommender):
    """Anybody whom the user does not follow yet: the control of every other link recommender.

    Who is drawn and followed already gives way to nobody, so that a few suggestions less are made in a dense network.
    """

    def suggest(self, users: Ints, service: Service, draws: Draws) -> Ints:
        """Each living person is equally likely."""
        return strangers(users, service, draws, self.count)
