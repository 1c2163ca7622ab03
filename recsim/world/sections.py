"""The sections `users` and `items` of a scenario: who lives in the world, and what of."""

from __future__ import annotations

from recsim.base.component import AtLeastOne, Block, NonNegative, Number
from recsim.world.activity import Activity, Everyone
from recsim.world.affinity import Affinity, InnerProduct
from recsim.world.behaviours import Behaviour
from recsim.world.choice import ChoiceModel, MultinomialLogit
from recsim.world.discovery import Discovery
from recsim.world.discovery.none import NoDiscovery
from recsim.world.dynamics import Dynamics
from recsim.world.tastes import Clusters, Tastes


class Users(Block):
    """The people: their tastes, what they meet, how they choose and how they change."""

    count: AtLeastOne | None = None
    """Number of users at the start; default 1000, or with `data` as many as the log has."""
    tastes: Tastes = Clusters()
    """How tastes and topics are first drawn."""
    activity: Activity = Everyone()
    """Who has a session in a tick; a number is the probability of one."""
    affinity: Affinity = InnerProduct()
    """How a taste and a topic make a liking."""
    discovery: Discovery = NoDiscovery()
    """What people meet besides the slate."""
    choice: ChoiceModel = MultinomialLogit()
    """How a user picks from what is in front of them."""
    behaviours: tuple[Behaviour, ...] = ()
    """What changes the appeal of items, and the people."""
    dynamics: tuple[Dynamics, ...] = ()
    """Who joins and who leaves."""


class Items(Block):
    """The catalogue."""

    count: AtLeastOne | None = None
    """Number of items at the start; default 500, or with `data` as many as the log has."""
    quality_mean: Number = 0.0
    """Mean quality: what everybody gains from an item whatever their taste, in units of utility."""
    quality_spread: NonNegative = 0.5
    """Standard deviation of quality between items, in units of utility."""
    feature_noise: NonNegative = 0.0
    """Standard deviation of the platform's error about an item's topics; 0: it sees them exactly. Not with `data`."""
    dynamics: tuple[Dynamics, ...] = ()
    """Which items are born."""
