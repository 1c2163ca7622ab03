"""Who suggests whom to follow: one file a model. It sees who follows whom and who clicked what, never an opinion."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import numpy as np

from recsim.base.component import AtLeastOne, Component, Share, import_all
from recsim.base.draws import Draws
from recsim.base.flow import Bools, Introductions, Ints
from recsim.base.kernels.ragged import linked

if TYPE_CHECKING:
    from recsim.system.service import Service


class LinkRecommender(Component):
    """Family of the models that introduce people to each other, on each tick after the warm-up.

    Whether somebody then follows is up to people: `users.network.accept`.
    """

    family = "link_recommender"
    needs_network: ClassVar[bool] = True
    null = {"share": 0.0}

    share: Share = 0.1
    """Share of the people who get suggestions on a tick; larger: the network changes faster."""
    count: AtLeastOne = 1
    """Suggestions that each of them gets."""

    def introduce(self, service: Service, draws: Draws) -> Introductions:
        """The suggestions of a tick, to people drawn by their keys."""
        public = service.public
        asked = public.user_alive & (draws.of("asked").uniform(public.user_keys) < self.share)
        users = np.flatnonzero(asked).astype(np.int32)
        others = self.suggest(users, service, draws)  # (n, count)
        return Introductions(np.repeat(users, others.shape[1]), others.ravel())

    def suggest(self, users: Ints, service: Service, draws: Draws) -> Ints:
        """(n, count) whom each of these users (n,) might follow, −1 for nobody."""
        raise NotImplementedError


def strangers(users: Ints, service: Service, draws: Draws, looks: int) -> Ints:
    """(n, looks) living people drawn at random, −1 where it is oneself or somebody followed already."""
    public = service.public
    living = np.flatnonzero(public.user_alive)
    living = living[np.argsort(public.user_keys[living], kind="stable")].astype(np.int32)
    if not len(living) or not len(users):
        return np.full((len(users), looks), -1, np.int32)
    place = draws.of("strangers").uniform(public.user_keys[users], np.arange(looks)) * len(living)
    found = np.asarray(living[place.astype(np.int64)], np.int32)
    return np.where(open_to(users, found, service), found, -1)


def open_to(users: Ints, others: Ints, service: Service) -> Bools:
    """(n, c) whether others are somebody else whom the user does not follow yet."""
    return np.asarray(~linked(service.public.follows, users, others) & (others != users[:, None]))


import_all(__name__, __path__)
