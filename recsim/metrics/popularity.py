"""How popular what is recommended already was."""

from __future__ import annotations

import numpy as np

from recsim.base.component import Share
from recsim.base.flow import Bools, Floats
from recsim.base.kernels.concentration import row_means
from recsim.metrics import Context, Metric, Tick, by_group, human, logged, shared


class _OfSlates(Metric):
    """A number of each item, averaged over a user's recommendations and then over users: abstract."""

    platform = True
    by_default = False

    def of_items(self, tick: Tick) -> Floats:
        """(i,) the number."""
        raise NotImplementedError

    def measure(self, tick: Tick, context: Context) -> dict[str, float]:
        """Mean of means, by group of users."""
        slate = tick.slate
        return by_group(tick, slate.users, row_means(self.of_items(tick)[slate.items], slate.by_platform))


class AveragePopularityFrozen(_OfSlates):
    """Average recommendation popularity, mean over users of mean over their slate of nᵢ/U, by group; 0 upwards.

    ARP of Yin et al. (PVLDB 2012) and Abdollahpouri et al. (2019). nᵢ are an item's clicks in the human data (file or
    warm-up, hold-out included) and U the users of that time, frozen at the end of the warm-up: with the popularity of
    today it would rise with any consumption. Items born later have none. NaN during the warm-up.
    """

    unit = "clicks per user at the start"

    def of_items(self, tick: Tick) -> Floats:
        """Frozen."""
        return frozen(tick)


class AveragePopularityCurrent(_OfSlates):
    """Average recommendation popularity with the clicks of today, those of this tick included; 0 upwards, by group.

    Mean over users of mean over their slate of nᵢ/U, U being all users so far. Pitfall: it rises with any consumption;
    see `average_popularity_frozen`.
    """

    unit = "clicks per user so far"

    def of_items(self, tick: Tick) -> Floats:
        """All clicks so far."""
        return _clicks(tick) / len(tick.users)


class Novelty(_OfSlates):
    """Mean self-information −log₂((nᵢ + 1)/(U + 1)) of the slate, mean over users, by group; 0 to log₂(U + 1) bits.

    Zhou et al. (PNAS 2010), Castells & Vargas (2011), smoothed, because nᵢ may be 0. nᵢ are all clicks so far, those of
    this tick included (where repeats make nᵢ > U it counts as U), U all users so far. Pitfall: it falls while clicks
    gather, whatever is shown. What is new to a user is another question.
    """

    unit = "bits, 0 everybody has it"

    def of_items(self, tick: Tick) -> Floats:
        """All clicks so far."""
        users = len(tick.users)
        return -np.log2((np.minimum(_clicks(tick), users) + 1.0) / (users + 1.0))


class LongTailShare(_OfSlates):
    """Share of the slate that is of the long tail, mean over users, by group; 0 to 1.

    APLT of Abdollahpouri et al. (FLAIRS 2019). The head are the items with the most clicks in the human data (of equals
    that with the smaller key), the tail all others and whatever is born later: frozen at the end of the warm-up. Random
    slates have 1 − head. NaN during the warm-up.
    """

    unit = "share of the slate"
    head: Share = 0.2
    """Share of the items there were at the end of the warm-up that are the head."""

    def of_items(self, tick: Tick) -> Floats:
        """1 in the tail."""
        popularity = frozen(tick)
        return np.where(np.isnan(popularity), np.nan, ~head(tick, self.head))


class PopularityLift(Metric):
    """How much more popular the slates of a group are than what its people chose before: GAP_r/GAP_p − 1, −1 upwards.

    ΔGAP of Abdollahpouri et al. (RMSE workshop 2019): GAP_p is the mean over people of the mean popularity of what they
    clicked in the human data, GAP_r that of their present slates; popularity as in `average_popularity_frozen`. A ratio
    of means: the mean of ratios would have a heavy tail. Besides the world's groups there are their `niche people`,
    `diverse people` and `blockbuster people`: the fifth with the smallest share of head items in their human data,
    those between, the fifth with the largest. 0: people get what they had. NaN during the warm-up.
    """

    platform = True
    by_default = False
    unit = "lift, 0 as before"
    head: Share = 0.2
    """Share of the items that are the head, which tells niche people from blockbuster ones."""
    ends: Share = 0.2
    """Share of the people who are niche, and who are blockbuster."""

    def measure(self, tick: Tick, context: Context) -> dict[str, float]:
        """Of those who have human data and a slate."""
        popularity, slate, rows = frozen(tick), tick.slate, human(tick)
        clicks, n = tick.service.log.clicks, len(tick.users)
        who, what = clicks.user[rows], clicks.item[rows]
        count = np.bincount(who, minlength=n)[slate.users]
        profile = np.bincount(who, popularity[what], n)[slate.users] / np.maximum(count, 1)
        niche = np.bincount(who, head(tick, self.head)[what], n)[slate.users] / np.maximum(count, 1)
        served = row_means(popularity[slate.items], slate.by_platform)
        known = (count > 0) & ~np.isnan(served)
        users, (profile, served, niche) = slate.users[known], (x[known] for x in (profile, served, niche))
        before, now = by_group(tick, users, profile), by_group(tick, users, served)
        place = np.empty(len(users))
        place[np.lexsort((tick.users.key[users], niche))] = (np.arange(len(users)) + 0.5) / max(len(users), 1)
        low, high = place < self.ends, place > 1.0 - self.ends
        fifths = {"niche people": low, "diverse people": ~low & ~high, "blockbuster people": high}
        for name, mine in fifths.items():  # with a space, as no group of a scenario can be called
            before[name], now[name] = (x[mine].mean() if mine.any() else np.nan for x in (profile, served))
        return {name: float(now[name] / past - 1.0) if past > 0 else float("nan") for name, past in before.items()}


def _clicks(tick: Tick) -> Floats:
    """(i,) all clicks so far, human data from a file included."""
    of_file = tick.service.log.clicks.item[logged(tick, 0, 0)]
    return np.asarray(tick.service.items.clicks + np.bincount(of_file, minlength=len(tick.items)), np.float64)


def frozen(tick: Tick) -> Floats:
    """(i,) clicks per user in the human data; NaN before the warm-up is over."""

    def count() -> Floats:
        items, last = tick.service.log.clicks.item[human(tick)], tick.service.section.warmup.ticks
        if not len(items):
            return np.full(len(tick.items), np.nan)
        return np.bincount(items, minlength=len(tick.items)) / (tick.users.born <= last).sum()

    return shared(tick, "frozen popularity", count)


def head(tick: Tick, share: float) -> Bools:
    """(i,) the most clicked items of the human data, of those there were then."""
    popularity, last = frozen(tick), tick.service.section.warmup.ticks
    there = np.flatnonzero(tick.items.born <= last)
    best = there[np.lexsort((tick.items.key[there], -popularity[there]))]
    found = np.zeros(len(tick.items), np.bool_)
    found[best[: round(share * len(there))]] = True
    return found
