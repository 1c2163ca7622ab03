"""What people could have had, and who is still there to have it."""

from __future__ import annotations

import numpy as np

from recsim.base.component import AtLeastOne
from recsim.base.flow import Floats, Ints
from recsim.base.kernels.ranking import consumed
from recsim.metrics import Context, Metric, Tick, by_group, gains, picked, picked_utility, ratio_by_group, sampled

_CELLS = 2_000_000
"""Pairs of users and items that are looked at together, for the sake of memory."""


class Regret(Metric):
    """True utility a session could have given minus what it gave, mean over sessions of a sample, by group; 0 upwards.

    max over items (those on offer that the user had not used up, and nothing, worth 0) − gained; with m picks a session
    the m best. The catalogue's best by everybody's true utility is known to no platform. Pitfalls: utility is that at
    the end of the tick, as in `utility`; choice is noisy, so even the best slate leaves regret. NaN without sessions.
    """

    by_default = False
    unit = "utility lost per session"
    sample: AtLeastOne = 200
    """How many of the first users to look at, about; the same ones in all arms."""

    def measure(self, tick: Tick, context: Context) -> dict[str, float]:
        """The truth asked for a block of users at a time."""
        rows = np.flatnonzero(sampled(tick, tick.slate.users, self.sample)).astype(np.int32)
        size = max(_CELLS // max(len(tick.items), 1), 1)
        lost = [self._lost(tick, rows[at : at + size]) for at in range(0, len(rows), size)]
        return by_group(tick, tick.slate.users[rows], np.concatenate([*lost, np.zeros(0)]))

    @staticmethod
    def _lost(tick: Tick, rows: Ints) -> Floats:
        """(n,) regret of these rows of the slate."""
        users, picks, gained = tick.slate.users[rows], picked(tick)[rows], picked_utility(tick)[rows]
        request = tick.service.request(users, 1)
        place = np.full(len(tick.items), -1, np.int32)
        place[request.items] = np.arange(len(request.items), dtype=np.int32)
        worth = np.array(tick.world.truth().utility(users, request.items))  # (n, j)
        worth[consumed(request.forbidden, np.arange(len(users), dtype=np.int32), place)] = 0.0
        row, col = np.nonzero(picks >= 0)  # what was picked now is used up since, but was there
        offered = place[picks[row, col]]
        worth[row[offered >= 0], offered[offered >= 0]] = 0.0
        gained = np.nan_to_num(gained)
        reach = np.maximum(np.concatenate([worth, gained], axis=1), 0.0)
        m = picks.shape[1]
        best = np.partition(reach, reach.shape[1] - m, axis=1)[:, reach.shape[1] - m :].sum(axis=1)
        return np.asarray(np.maximum(best - gained.sum(axis=1), 0.0))


class UtilityIntentionToTreat(Metric):
    """True utility gained this tick per user who was ever there, those who have left counting 0; unbounded, by group.

    `utility` is per session: when unhappy people leave, it rises although nobody gains. This one does not: it is what
    the platform does to those it began with (and to newcomers). Users without a session count 0 too. NaN at tick 0.
    """

    by_default = False
    unit = "utility per user ever"

    def measure(self, tick: Tick, context: Context) -> dict[str, float]:
        """Sum over sessions, over everybody."""
        everybody = np.arange(len(tick.users), dtype=np.int32)
        gained = np.full(len(everybody), np.nan if tick.number == 0 else 0.0)
        gained[tick.slate.users] = gains(tick)
        return by_group(tick, everybody, gained)


class Satisfaction(Metric):
    """Mean of the users' own column `satisfaction` over living users, by group, where a behaviour keeps one.

    What people say of their experience, which platforms do not see; unit and range are those of the behaviour.
    """

    unit = "satisfaction"

    def applies(self, tick: Tick) -> bool:
        """Where a behaviour keeps such a column."""
        return "satisfaction" in tick.users

    def measure(self, tick: Tick, context: Context) -> dict[str, float]:
        """Mean over users."""
        users = np.flatnonzero(tick.users.alive).astype(np.int32)
        known = tick.users.satisfaction[users] if self.applies(tick) else np.full(len(users), np.nan)
        return by_group(tick, users, np.asarray(known, np.float64))


class Retention(Metric):
    """Share of the users of tick 0 who are still there, by group; 0 to 1.

    The survival function S(t); without newcomers nobody is censored before the end (Kaplan & Meier, JASA 1958).
    Everybody counts who was there at the start, so that it is no average over the survivors.
    """

    platform = True
    by_default = False
    unit = "share of the first users"

    def measure(self, tick: Tick, context: Context) -> dict[str, float]:
        """Alive or not."""
        first = np.flatnonzero(tick.users.born == 0).astype(np.int32)
        return by_group(tick, first, tick.users.alive[first].astype(np.float64))


class ActiveUsers(Metric):
    """Share of the users there in this tick who had a session, by group; 0 to 1. NaN at tick 0, and when all have left.

    Those who left at the end of the tick were there.
    """

    platform = True
    by_default = False
    unit = "share of the users"

    def measure(self, tick: Tick, context: Context) -> dict[str, float]:
        """Sessions over users."""
        had = np.zeros(len(tick.users), np.bool_)
        had[tick.slate.users] = True
        there = (tick.users.alive | had) & np.bool_(tick.number > 0)
        return ratio_by_group(tick, np.arange(len(had), dtype=np.int32), had, there)
