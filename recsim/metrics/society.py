"""Whether people of one mind keep to themselves: opinions along the follows between people, each held against chance.

An opinion is a coordinate of the true tastes, the `axis`. What chance gives is an expectation over all ways in which
the same opinions, or groups, could have been dealt out to the same people: the network stays, so its shape cannot
pretend to be homophily.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from recsim.base.component import Count, Number
from recsim.base.flow import Floats
from recsim.base.kernels.ragged import whole
from recsim.metrics import ALL, CHANCE, START, Context, Metric, Tick, by_group

NAN = float("nan")


class _OfOpinions(Metric):
    """Something about opinions: abstract."""

    by_default = False
    axis: Count = 0
    """The coordinate of the tastes that is the opinion; the first is 0."""


class _OfFollows(_OfOpinions):
    """Something about opinions along follows: abstract."""

    def applies(self, tick: Tick) -> bool:
        """Where people follow each other."""
        return bool(tick.world.people.network.kind != "none")


class OpinionVariance(_OfOpinions):
    """Variance of opinions over living users, Σ(x − x̄)²/n, by group of users; 0 upwards.

    The polarisation of Musco, Musco & Tsourakakis (WWW 2018) per head. The group `start` is the variance of tick 0.
    Pitfall: a wide crowd and two camps can have the same; see `taste_bimodality`.
    """

    unit = "squared units of taste"

    def prepare(self, tick: Tick) -> Context:
        """The variance of tick 0."""
        return {"start": np.array(_variance(opinions(tick, self.axis)[tick.users.alive]))}

    def measure(self, tick: Tick, context: Context) -> dict[str, float]:
        """Within each group about its own mean."""
        mine, alive = opinions(tick, self.axis), tick.users.alive
        parts = {
            name: _variance(mine[alive & (tick.users.group == n)]) for n, name in enumerate(tick.world.group_names)
        }
        return {ALL: _variance(mine[alive])} | parts | {START: float(context["start"])}


class NeighbourCorrelation(_OfFollows):
    """Correlation between the opinions of follower and followed: Moran's I over all follows; about −1 to 1.

    I = (n/m) Σ (xᵢ − x̄)(xⱼ − x̄) / Σ(x − x̄)² over the m follows between n living users (Moran, Biometrika 1950).
    `chance` is what opinions dealt out at random have: −1/(n − 1), whatever the network. NaN without a follow, or where
    all think alike.
    """

    unit = "correlation, 1 all of one mind with their friends"

    def measure(self, tick: Tick, context: Context) -> dict[str, float]:
        """Over all follows."""
        mine, (one, other) = opinions(tick, self.axis), ends(tick)
        living = mine[tick.users.alive]
        n, spread = len(living), _variance(living)
        if n < 2 or not len(one) or not _differ(living):
            return {ALL: NAN, CHANCE: NAN}
        apart = mine - living.mean()
        return {ALL: float((apart[one] * apart[other]).mean() / spread), CHANCE: -1.0 / (n - 1.0)}


class Disagreement(_OfFollows):
    """Mean squared difference of opinion between follower and followed; 0 upwards.

    Σ(xᵢ − xⱼ)²/m over the m follows (Musco, Musco & Tsourakakis, WWW 2018, per follow). `chance` is that of two people
    drawn at random, 2n/(n − 1) times the variance. Pitfall: it falls when everybody agrees and when camps close; the
    ratio to chance tells these apart. NaN without a follow.
    """

    unit = "squared units of taste"

    def measure(self, tick: Tick, context: Context) -> dict[str, float]:
        """Over all follows."""
        mine, (one, other) = opinions(tick, self.axis), ends(tick)
        living = mine[tick.users.alive]
        if not len(one):
            return {ALL: NAN, CHANCE: NAN}
        n = len(living)
        return {ALL: float(((mine[one] - mine[other]) ** 2).mean()), CHANCE: 2.0 * n * _variance(living) / (n - 1.0)}


class _OfCamps(_OfFollows):
    """Something about camps: abstract."""

    by: Literal["side", "group"] = "side"
    """What makes a camp: the side of the axis that the opinion is on, or the group of users."""
    centre: Number = 0.0
    """Where the sides meet, in units of taste; somebody there is on the upper side."""

    def camps(self, tick: Tick) -> NDArray[np.int64]:
        """(u,) number of everybody's camp."""
        if self.by == "group":
            return tick.users.group.astype(np.int64)
        return (opinions(tick, self.axis) >= self.centre).astype(np.int64)


class EIIndex(_OfCamps):
    """Share of follows across camps minus share within: −1 all within, 1 all across.

    (E − I)/(E + I) over all follows (Krackhardt & Stern, Social Psychology Quarterly 1988). `chance` is what camps of
    these sizes have if dealt out at random: 1 − 2 Σ n_c(n_c − 1)/(n(n − 1)), so that a small minority meets others
    without any open mind. NaN without a follow.
    """

    kind = "ei_index"
    unit = "−1 all within camps … 1 all across"

    def measure(self, tick: Tick, context: Context) -> dict[str, float]:
        """Over all follows."""
        camps, (one, other) = self.camps(tick), ends(tick)
        if not len(one):
            return {ALL: NAN, CHANCE: NAN}
        within = float((camps[one] == camps[other]).mean())
        return {ALL: 1.0 - 2.0 * within, CHANCE: 1.0 - 2.0 * float(_alike(camps[tick.users.alive]).sum())}


class Modularity(_OfCamps):
    """Share of follows within camps beyond what the numbers of followers and followed explain; −1 to 1.

    Q = Σ_c [m_c/m − out_c in_c/m²] (Newman, PNAS 2006; of directed networks Leicht & Newman, PRL 2008): unlike
    `ei_index` it knows that a camp of sociable people meets itself often. `chance` is the mean over all ways of dealing
    the camps out to these people, a little below 0. NaN without a follow.
    """

    unit = "share of follows beyond chance"

    def measure(self, tick: Tick, context: Context) -> dict[str, float]:
        """Over all follows."""
        camps, (one, other), alive = self.camps(tick), ends(tick), tick.users.alive
        m, size = float(len(one)), int(camps.max(initial=0)) + 1
        if not m:
            return {ALL: NAN, CHANCE: NAN}
        sent, got = (np.bincount(camps[end], minlength=size) / m for end in (one, other))
        within = np.bincount(camps[one[camps[one] == camps[other]]], minlength=size) / m
        outs, ins = (np.bincount(end, minlength=len(camps)) / m for end in (one, other))
        own = float((outs * ins).sum())  # somebody is in the same camp as themselves
        share, alike = np.bincount(camps[alive], minlength=size) / alive.sum(), _alike(camps[alive], size)
        dealt = alike - own * share - (1.0 - own) * alike
        return {ALL: float((within - sent * got).sum()), CHANCE: float(dealt.sum())}


class CrossCuttingExposure(_OfOpinions):
    """Share of what the platform shows people that lies on the other side of the axis from their opinion, by group.

    0 to 1; cross-cutting content as in Bakshy, Messing & Adamic (Science 2015), by true topics. `chance` is the same
    share of the living catalogue, averaged over the same slots. NaN if nothing is shown.
    """

    unit = "share of what is shown"
    centre: Number = 0.0
    """Where the sides meet, in units of taste; what lies there is on the upper side."""

    def measure(self, tick: Tick, context: Context) -> dict[str, float]:
        """Slot by slot."""
        slate, upper = tick.slate, tick.items.topics[:, self.axis] >= self.centre
        shown, mine = slate.by_platform, (opinions(tick, self.axis) >= self.centre)[slate.users]
        across = (upper[slate.items] != mine[:, None]) & shown
        row = np.nonzero(shown)[0]
        share = float(upper[tick.items.alive].mean()) if tick.items.alive.any() else NAN
        expected = np.where(mine, 1.0 - share, share)[row]
        told = by_group(tick, slate.users[row], across[shown].astype(np.float64))
        return told | {CHANCE: float(expected.mean()) if len(row) else NAN}


def opinions(tick: Tick, axis: int) -> Floats:
    """(u,) everybody's opinion."""
    return np.asarray(tick.users.tastes[:, axis])


def ends(tick: Tick) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """Follower (e,) and followed (e,) of each living follow between living people."""
    return whole(tick.world.follows), tick.world.follows.users


def _variance(values: Floats) -> float:
    return float(((values - values.mean()) ** 2).mean()) if len(values) else NAN


def _differ(values: Floats) -> bool:
    """Whether values differ by more than rounding."""
    return _variance(values) > 1e-24 * float((values**2).mean())


def _alike(camps: NDArray[np.int64], size: int = 0) -> Floats:
    """(c,) chance that two people drawn at random are both of each camp; NaN for fewer than two people."""
    sizes, n = np.bincount(camps, minlength=size).astype(np.float64), len(camps)
    return sizes * (sizes - 1.0) / (n * (n - 1.0)) if n > 1 else np.full(len(sizes), NAN)
