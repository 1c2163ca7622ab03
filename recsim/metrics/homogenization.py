"""Whether people become alike: in what they click, and in what they like."""

from __future__ import annotations

from typing import Annotated, NamedTuple

import numpy as np
from pydantic import Field

from recsim.base.component import AtLeastOne
from recsim.base.flow import Floats, Ints
from recsim.base.kernels.concentration import entropy, mean
from recsim.base.kernels.geometry import mean_distance, units
from recsim.base.kernels.overlap import expected_jaccard, jaccard, sizes
from recsim.metrics import Context, Metric, Tick, by_group, kinds, sampled, shared, window


class _OfConsumption(Metric):
    """What a sample of the users clicked in the last ticks: abstract."""

    by_default = False
    sample: AtLeastOne = 2000
    """How many of the first users to look at, about; the same ones in all arms."""


class WithinUserDistance(_OfConsumption):
    """Mean distance 1 − cosine between the topics of two items that one user clicked, in the last `recent` ticks.

    Mean over users with two clicks or more, by group; 0 to 2. The within-user part of Holtz et al. (EC 2020): with
    unit vectors it is the variance of a user's clicks, and from different clicks of a pair it needs no correction for
    their number. Less means narrower people; together with a larger `between_user_distance`, balkanisation. Items
    without direction are left out. NaN where nobody has two clicks.
    """

    unit = "1 − cosine, 0 alike … 2 opposed"

    def measure(self, tick: Tick, context: Context) -> dict[str, float]:
        """Mean over users."""
        found = _consumption(tick, self.sample)
        return by_group(tick, found.users, found.within)


class BetweenUserDistance(_OfConsumption):
    """How much farther apart clicks of two users are than of one: the between-user part of all distance, about 0 to 1.

    Mean distance 1 − cosine between the topics of a click of one user and one of another, minus
    `within_user_distance`, in the last `recent` ticks over the same users (Holtz et al., EC 2020): with unit vectors
    the variance of people's own means, without bias by their number of clicks, hence a little below 0 where all are
    the same. By group: between its own people. More: people part; less: homogenisation. NaN for fewer than two users.
    """

    unit = "variance of 1 − cosine, 0 all the same"

    def measure(self, tick: Tick, context: Context) -> dict[str, float]:
        """All pairs at once, by the norm of a sum."""
        found = _consumption(tick, self.sample)
        groups = tick.users.group[found.users]
        parts = {name: groups == number for number, name in enumerate(tick.world.group_names)}
        masks = {"all": np.ones(len(groups), np.bool_)} | parts
        return {name: mean_distance(found.centre[mine]) - mean(found.within[mine]) for name, mine in masks.items()}


class _Consumption(NamedTuple):
    """Clicks of a window, by user."""

    users: Ints
    """(n,) those with two clicks or more."""
    centre: Floats
    """(n, d) mean direction of their clicks."""
    within: Floats
    """(n,) mean distance between two of their clicks."""


def _consumption(tick: Tick, sample: int) -> _Consumption:
    def find() -> _Consumption:
        rows, n = window(tick), len(tick.users)
        who, what = tick.service.log.clicks.user[rows], tick.service.log.clicks.item[rows]
        directions = units(tick.items.topics)
        mine = sampled(tick, np.arange(n, dtype=np.int32), sample)[who] & directions.any(axis=1)[what]
        who, what = who[mine], what[mine]
        count = np.bincount(who, minlength=n)
        users = np.flatnonzero(count > 1).astype(np.int32)
        place = np.full(n, -1, np.int32)
        place[users] = np.arange(len(users))
        rest = place[who] >= 0
        at, y, k = place[who[rest]], directions[what[rest]], count[users].astype(np.float64)
        total = np.stack([np.bincount(at, y[:, one], len(users)) for one in range(y.shape[1])], axis=1)  # (n, d)
        length = np.einsum("nd,nd->n", total, total)
        return _Consumption(users, total / k[:, None], 1.0 - (length - k) / (k * (k - 1.0)))

    return shared(tick, f"consumption of {sample}", find)


class ConsumptionEntropyWindow(_OfConsumption):
    """Entropy −Σ p ln p of the kinds a user clicked in the last `recent` ticks, mean over users; 0 to ln(kinds).

    By group. Kinds are genres where the items have features that are never negative, otherwise true clusters. Pitfall:
    from m clicks it is too low by about (kinds − 1)/(2m) (Miller 1955), so who clicks more looks more diverse;
    `within_user_distance` has no such bias. NaN where nobody clicked, or items have no kinds.
    """

    unit = "nats, 0 one kind"

    def measure(self, tick: Tick, context: Context) -> dict[str, float]:
        """Mean over the sampled users who clicked."""
        rows, mix, n = window(tick), kinds(tick), len(tick.users)
        who, what = tick.service.log.clicks.user[rows], tick.service.log.clicks.item[rows]
        mine = sampled(tick, np.arange(n, dtype=np.int32), self.sample)[who]
        users, at = np.unique(who[mine], return_inverse=True)
        if mix is None:
            return by_group(tick, users, np.full(len(users), np.nan))
        shares = np.stack([np.bincount(at, one, len(users)) for one in mix[what[mine]].T], axis=1)  # (n, g)
        return by_group(tick, users, entropy(shares))


class Homogenization(Metric):
    """Mean Jaccard index |A ∩ B|/|A ∪ B| of all that two users have clicked so far, over fixed random pairs; 0 to 1.

    Chaney, Stewart & Engelhardt (RecSys 2018). The users stand in a random circle, each paired with the next; pairs
    are the same in all arms, so that the change relative to another arm is the difference of the two values. A pair of
    which one has left, or none has clicked, is left out. `chance` is the mean of what random sets of these sizes have
    in common among all items so far, about k/(2n − k) for k of n: the index rises with the clicks even when nobody
    becomes more alike, so compare arms with as many clicks, or subtract it. Human data from a file counts as clicks.
    """

    platform = True
    by_default = False
    unit = "Jaccard, 0 nothing in common"
    sample: AtLeastOne = 2000
    """How many of the first users are compared, at most; as many pairs."""

    def prepare(self, tick: Tick) -> Context:
        """The pairs."""
        circle = _some(tick, self.sample)
        return {"one": circle, "other": np.roll(circle, -1)}

    def measure(self, tick: Tick, context: Context) -> dict[str, float]:
        """Mean over pairs."""
        there = tick.users.alive[context["one"]] & tick.users.alive[context["other"]]
        there &= context["one"] != context["other"]
        users, items = len(tick.users), len(tick.items)
        one, other = (tick.service.log.history(context[name][there], users, items) for name in ("one", "other"))
        return {
            "all": mean(jaccard(one, other, items)),
            "chance": mean(expected_jaccard(sizes(one), sizes(other), items)),
        }


class HomogenizationOfNeighbours(Homogenization):
    """`homogenization` of each user with the one of the sample whose taste was nearest in direction at tick 0; 0 to 1.

    As Chaney et al. compare like-minded people, but by true tastes, so that pairs are the same in all arms: neighbours
    that a model chooses have more in common by construction. `chance` beside it.
    """

    platform = False
    sample: Annotated[int, Field(ge=1, le=3000)] = 1000
    """How many of the first users are compared, at most; as many pairs."""

    def prepare(self, tick: Tick) -> Context:
        """The pairs."""
        one = _some(tick, self.sample)
        tastes = units(tick.users.tastes[one])
        likeness = np.einsum("nd,md->nm", tastes, tastes)
        np.fill_diagonal(likeness, -np.inf)
        return {"one": one, "other": one[likeness.argmax(axis=1)]}


def _some(tick: Tick, size: int) -> Ints:
    """Some of the users of tick 0 in random order, by their keys."""
    draws = tick.world.draws.of("metric", "circle")
    return np.argsort(draws.keys(tick.users.key), kind="stable")[:size].astype(np.int32)


class TasteDistance(Metric):
    """Mean distance 1 − cosine between the tastes of two living users, and of two of each group; 0 to 2.

    True tastes. Less over time: people come to like the same. Those without any taste are left out. NaN for fewer than
    two. Pitfall: groups that part can leave everybody's mean where it was; look at the groups beside it.
    """

    by_default = False
    unit = "1 − cosine, 0 alike … 2 opposed"

    def measure(self, tick: Tick, context: Context) -> dict[str, float]:
        """All pairs at once, by the norm of a sum."""
        tastes = units(tick.users.tastes)
        there = tick.users.alive & tastes.any(axis=1)
        parts = {name: there & (tick.users.group == number) for number, name in enumerate(tick.world.group_names)}
        return {name: mean_distance(tastes[mine]) for name, mine in ({"all": there} | parts).items()}
