"""The sections `users` and `items` of a scenario: who lives in the world, and what of."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field, model_validator

from recsim.base.component import AtLeastOne, Block, Component, Name, NonNegative, Number, Share
from recsim.world.activity import Activity
from recsim.world.activity.everyone import Everyone
from recsim.world.affinity import Affinity
from recsim.world.affinity.inner_product import InnerProduct
from recsim.world.behaviours import Behaviour
from recsim.world.choice import ChoiceModel
from recsim.world.choice.multinomial_logit import MultinomialLogit
from recsim.world.discovery import Discovery
from recsim.world.discovery.none import NoDiscovery
from recsim.world.dynamics import Dynamics
from recsim.world.network import Network
from recsim.world.network.none import NoNetwork
from recsim.world.response import Response
from recsim.world.response.click import Click
from recsim.world.tastes import Tastes
from recsim.world.tastes.clusters import Clusters
from recsim.world.titles import Titles

Part = Annotated[float, Field(gt=0, le=1)]
"""A share of a whole that is not empty."""


class UserGroup(Block):
    """People who have something in common."""

    name: Name
    """What they are called in the results."""
    share: Part
    """Their share of the users; the shares of all groups make 1."""
    tastes: Tastes | None = None
    """Where their tastes come from; without a 'kind' fields of everybody's `tastes` in which they differ. Default: like
    everybody."""


class ItemGroup(Block):
    """Items that have something in common, such as being made by or for a minority."""

    name: Name
    """What they are called; if a group of users is called the same, its tastes say what their topics are."""
    share: Part
    """Their share of the items; the shares of all groups make 1."""
    quality: Number = 0.0
    """What is added to the quality of each, in units of utility."""


class Survey(Block):
    """Now and then the platform asks people what a click was worth to them, and is told."""

    share: Share = 0.0
    """Share of the clicks that are asked about; larger: more is known of what people gain."""
    noise: NonNegative = 0.5
    """Standard deviation of an answer around what the click was truly worth, in units of utility; larger: less is known
    from one."""


class Users(Block):
    """The people: their tastes, what they meet, how they choose and how they change."""

    count: AtLeastOne | None = None
    """Number of users at the start; default 1000, or with `data` as many as the log has."""
    groups: tuple[UserGroup, ...] = ()
    """Groups of people, by whom results are also told; default: none, or those of the log."""
    tastes: Tastes = Clusters()
    """How tastes and topics are first drawn."""
    activity: Activity = Everyone()
    """Who has a session in a tick; a number is the probability of one."""
    affinity: Affinity = InnerProduct()
    """How a taste and a topic make a liking."""
    network: Network = NoNetwork()
    """Who follows whom at the start; default: nobody anybody."""
    discovery: Discovery = NoDiscovery()
    """What people meet besides the slate."""
    choice: ChoiceModel = MultinomialLogit()
    """How a user picks from what is in front of them."""
    response: Response = Click()
    """What a pick leaves in the platform's log: a click, a rating, the time spent."""
    survey: Survey = Survey()
    """What people say of what they clicked; by default nobody asks."""
    behaviours: tuple[Behaviour, ...] = ()
    """What changes the appeal of items, and the people."""
    dynamics: tuple[Dynamics, ...] = ()
    """Who joins and who leaves."""

    @model_validator(mode="before")
    @classmethod
    def _fill_in(cls, fields: Any) -> Any:
        """A group's tastes without a kind are everybody's, but for the fields that are named."""
        if not isinstance(fields, dict) or not isinstance(fields.get("groups"), (list, tuple)):
            return fields
        common = fields.get("tastes", Clusters())
        common = common.block() if isinstance(common, Component) else common
        common = {"kind": common} if isinstance(common, str) else common
        return fields | {"groups": [_filled(group, common) for group in fields["groups"]]}


class Creators(Block):
    """Those who make what people make: every item that no machine has made lies around the topics of its creator."""

    count: AtLeastOne = 50
    """Number of creators at the start; the items there are at the start are divided among them at random. Their topics
    are drawn as those of items would be without creators."""
    per_tick: NonNegative = 0.1
    """Items that a creator publishes per tick, on average; larger: more supply. `new_items` come on top, by whoever."""
    spread: NonNegative = 0.3
    """Standard deviation of the topics of a creator's items around the creator's own, in every coordinate, in units of
    topics; larger: less specialised."""
    effort: NonNegative = 0.0
    """Effort of each creator at the start: what is added to the quality of their items, in units of utility."""
    dynamics: tuple[Dynamics, ...] = ()
    """What creators make of what they are told of their items: where they move, who gives up, who joins."""


class Items(Block):
    """The catalogue."""

    count: AtLeastOne | None = None
    """Number of items at the start; default 500, or with `data` as many as the log has."""
    quality_mean: Number = 0.0
    """Mean quality: what everybody gains from an item whatever their taste, in units of utility."""
    quality_spread: NonNegative = 0.5
    """Standard deviation of quality between items, in units of utility; with `from_log` tastes on top of the quality
    that is fitted to the log, so that 0 reproduces it."""
    clickbait_mean: Number = 0.0
    """Mean clickbait: how much more an item promises than it keeps, in units of utility; it matters to people with the
    behaviour `clickbait`."""
    clickbait_spread: NonNegative = 0.0
    """Standard deviation of clickbait between items, in units of utility."""
    prominence_spread: NonNegative = 0.0
    """Standard deviation of the logarithm of prominence: how much more visible some items are without a recommender."""
    quality_popularity: Annotated[float, Field(ge=-1, le=1)] = 0.0
    """Correlation of the quality that is drawn with popularity, from −1 to 1: with the logarithm of prominence, or of
    an item's clicks in `data`; movies people rate have about 0.2. What groups add, and what is fitted to a log, stands
    apart."""
    titles: Titles | None = None
    """What items are called, for models that write; an item's genre is then the form of its title. Default: nothing."""
    feature_noise: NonNegative = 0.0
    """Standard deviation of the platform's error about an item's topics; 0: it sees them exactly. Not with `data`."""
    groups: tuple[ItemGroup, ...] = ()
    """Groups of items, such as those made for a minority; the platform knows an item's group."""
    dynamics: tuple[Dynamics, ...] = ()
    """Which items are born, and how they age."""


def _filled(group: Any, common: Any) -> Any:
    tastes = group.get("tastes") if isinstance(group, dict) else None
    if not isinstance(tastes, dict) or "kind" in tastes or not isinstance(common, dict):
        return group
    return group | {"tastes": common | tastes}
