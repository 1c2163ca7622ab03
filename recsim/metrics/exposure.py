"""Who sees what: how far apart groups of people are in what they are shown, and how far it is from what they know."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from recsim.base.component import AtLeastOne
from recsim.base.flow import Ints
from recsim.base.kernels.concentration import entropy
from recsim.base.kernels.geometry import units
from recsim.metrics import Context, Metric, Tick, by_group, logged


class ExposureSegregation(Metric):
    """Mean Jensen–Shannon divergence between what two groups of users are shown this tick, over pairs of groups.

    JS = H((p + q)/2) − (H(p) + H(q))/2 with p and q the shares of the items in the recommendations to each group
    (Lin, IEEE Transactions on Information Theory 1991), in nats: 0 the same items in the same shares, ln 2 no item in
    common. Pairs count alike, however large the groups. Pitfall: from few slots it is far above 0 even for groups that
    are served alike. `chance` beside it is the same of people whose group is shuffled, with slates and sizes of groups
    as they are: compare with it. NaN unless two groups were shown something.
    """

    platform = True
    by_default = False
    unit = "nats, 0 the same … ln 2 nothing in common"
    shuffles: AtLeastOne = 4
    """Over how many shuffles `chance` is a mean; larger: less noise in it, more time."""

    def applies(self, tick: Tick) -> bool:
        """Where users have groups."""
        return len(tick.world.group_names) > 1

    def measure(self, tick: Tick, context: Context) -> dict[str, float]:
        """Over the platform's slots."""
        users = tick.slate.users
        keys, groups = tick.users.key[users], tick.users.group[users]
        draws = tick.world.draws.of("metric", "shuffled groups", tick.number)
        ordered, chance = groups[np.argsort(keys)], []
        for turn in range(self.shuffles):
            shuffled = np.empty_like(groups)
            shuffled[np.argsort(draws.of(turn).uniform(keys))] = ordered
            chance.append(_divergence(tick, shuffled))
        return {"all": _divergence(tick, groups), "chance": float(np.mean(chance))}


def _divergence(tick: Tick, groups: Ints) -> float:
    """Mean Jensen–Shannon divergence of what is shown to users of the slate, in these groups (n,)."""
    items, count = len(tick.items), len(tick.world.group_names)
    shown = tick.slate.by_platform & ((groups >= 0) & (groups < count))[:, None]
    cells = (groups[:, None].astype(np.int64) * items + tick.slate.items)[shown]
    views = np.bincount(cells, minlength=count * items).reshape(count, items)
    seen = views[views.any(axis=1)]
    if len(seen) < 2:
        return float("nan")
    shares = seen / seen.sum(axis=1, keepdims=True)
    own = entropy(shares)
    apart = [
        float(entropy(shares[g] + shares[h])) - (own[g] + own[h]) / 2.0 for g, h in combinations(range(len(own)), 2)
    ]
    return float(np.clip(np.mean(apart), 0.0, np.log(2.0)))


class Unexpectedness(Metric):
    """Mean distance 1 − cosine between the topics of a slate and of what its user clicked before; by group, 0 to 2.

    Over all pairs of a recommended item and a click of the `system.recent` ticks before this one, then over users: the
    expected profile distance of Vargas & Castells (RecSys 2011) without weights of rank and relevance, over true
    topics. This tick's own clicks are left out: they come from the slate. Pitfalls: it is no merit, a random slate is
    most unexpected; it falls as what people have clicked comes to cover everything; clicks of a wide taste are far from
    any slate, even from themselves (`within_user_distance`). Items without direction are left out. NaN for who has no
    clicks in these ticks; human data from a file is none.
    """

    by_default = False
    unit = "1 − cosine, 0 alike … 2 opposed"

    def measure(self, tick: Tick, context: Context) -> dict[str, float]:
        """By the product of two means: no pair is visited."""
        users, clicks = tick.slate.users, tick.service.log.clicks
        rows = logged(tick, max(tick.number - tick.service.section.recent, 1), tick.number - 1)
        place = np.full(len(tick.users), -1, np.int32)
        place[users] = np.arange(len(users), dtype=np.int32)
        who, what = place[clicks.user[rows]], clicks.item[rows]
        row, slot = np.nonzero(tick.slate.by_platform)
        of_slate = _mean_direction(tick, row, tick.slate.items[row, slot], len(users))
        of_clicks = _mean_direction(tick, who[who >= 0], what[who >= 0], len(users))
        return by_group(tick, users, np.maximum(1.0 - np.einsum("nd,nd->n", of_slate, of_clicks), 0.0))


def _mean_direction(tick: Tick, rows: NDArray[Any], items: Ints, n: int) -> NDArray[np.float64]:
    """(n, d) mean unit vector of the items (e,) of each of n rows (e,); NaN for a row without any."""
    topics = units(tick.items.topics)
    keep = topics.any(axis=1)[items]
    rows, y = rows[keep], topics[items[keep]]
    count = np.bincount(rows, minlength=n).astype(np.float64)
    total = np.stack([np.bincount(rows, y[:, one], n) for one in range(y.shape[1])], axis=1)
    return np.asarray(total / np.where(count > 0, count, np.nan)[:, None])
